/** A session and a report of the real Nsight Systems of one run: that their clocks agree. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { offsetTo, StepIndex } from '../../../src/analysis/session/cross-reference';
import type { Profile } from '../../../src/profile/model';
import type { Session } from '../../../src/profile/session';
import { openProfile } from '../../../src/readers/open';
import { readSession } from '../../../src/readers/session';
import { realNsys } from '../capture/stand-in';
import { interpreters, Run } from '../python/standin';
import { Folder } from './folders';

const STEP_SECONDS = 0.04;
/**
 * A quarter of a step, in ns: enough to find the step of any launch. Between the layer's clock and
 * the range's lie some 50 µs of Python; the rest is for a machine that puts a process aside between
 * two readings, or sets its clock.
 */
const MOST_APART = (STEP_SECONDS * 1e9) / 4;

const python = interpreters().values().next().value;

describe('clocks of a session and of Nsight Systems', function () {
  this.timeout(180_000);
  const folder = new Folder();
  let run: Run | undefined;
  let session: Session;
  let profile: Profile;

  before(async function () {
    const nsys = await realNsys('a session beside a real report of the same run');
    if (python === undefined) {
      console.warn('    NOT TESTED: a session beside a real report, for there is no Python 3.9.');
    }
    if (nsys === undefined || python === undefined) this.skip();
    const report = path.join(folder.path, 'timeline');
    run = new Run({
      python,
      runner: 'V2',
      args: [
        '--tp',
        '2',
        '--start',
        'spawn',
        '--requests',
        '30',
        '--step-seconds',
        `${STEP_SECONDS}`,
      ],
      under: [
        ...[nsys, 'profile', '--trace=nvtx', '--sample=none', '--cpuctxsw=none'],
        ...['--export=sqlite', `--output=${report}`],
      ],
    });
    assert.equal(await run.wait(), 0, run.stderr);
    session = await readSession(run.session);
    profile = await openProfile(`${report}.sqlite`);
  });
  after(() => {
    run?.done();
    folder.remove();
  });

  /** The ranges that vLLM opens around the steps of a process, in the order of time. */
  function stepRanges(pid: number): readonly { readonly start: number; readonly end: number }[] {
    const { ranges, threads, processes, strings } = profile;
    return Array.from({ length: ranges.length }, (_, row) => row)
      .filter((row) => {
        const { process } = threads[ranges.thread[row]];
        const name = strings.get(ranges.name[row]);
        return processes[process].pid === pid && name.startsWith('execute_context_');
      })
      .map((row) => ({ start: ranges.start[row], end: ranges.end[row] }))
      .sort((a, b) => a.start - b.start);
  }

  it('each step of the layer is the range of the same step, to a part of it', () => {
    const offset = offsetTo(session, profile.capture.utcEpoch)!;
    const workers = [...session.processes.entries()].filter(([, { rank }]) => rank !== undefined);
    assert.deepEqual(workers.map(([, { rank }]) => rank).sort(), [0, 1]);
    for (const [process, { pid }] of workers) {
      const steps = new StepIndex(session, process);
      const ranges = stepRanges(pid!);
      assert.ok(ranges.length > 20);
      assert.equal(steps.length, ranges.length);
      const places = ranges.map((_, place) => place);
      // As launches are looked up: by their time, amid the step.
      const amid = Float64Array.from(ranges, ({ start, end }) => (start + end) / 2);
      assert.deepEqual([...steps.assign(amid, offset)], places);
      const apart = Float64Array.from(
        places,
        (place) => ranges[place].start - (steps.step(place).start + offset),
      ).sort();
      const median = apart[apart.length >> 1];
      assert.ok(Math.abs(median) < MOST_APART, `${median} ns apart`);
    }
  });

  it('and takes as long', () => {
    const { forward } = session;
    for (const [process, { pid, rank }] of session.processes.entries()) {
      if (rank === undefined) continue;
      const ranges = stepRanges(pid!);
      const steps = new StepIndex(session, process);
      const apart = Float64Array.from(
        ranges,
        ({ start, end }, place) => forward.duration[steps.step(place).row] - (end - start),
      ).sort();
      const median = apart[apart.length >> 1];
      assert.ok(Math.abs(median) < MOST_APART, `${median} ns more or less`);
    }
  });
});
