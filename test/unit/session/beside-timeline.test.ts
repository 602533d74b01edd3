/** Against a generated timeline: steps are laid over its graph launches, and counted again by hand. */
import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { COMPONENTS } from '../../../src/analysis/components';
import { isInGraph } from '../../../src/analysis/selection';
import { besideTimeline } from '../../../src/analysis/session/beside-timeline';
import { sessionExtent } from '../../../src/analysis/session/overview';
import type { Session } from '../../../src/profile/session';
import { openProfile } from '../../../src/readers/open';
import { readSession } from '../../../src/readers/session';
import { Folder } from './folders';
import { twoGpus } from '../../harness/two-gpus';

const TIMELINE = twoGpus();

describe('a session beside a timeline', () => {
  let folder: Folder;
  let analysis: Analysis;
  /** Of one rank: when its graph launches began, in the timeline's own time. */
  let launches: readonly number[];
  let pid: number;
  let allLaunches: number;
  const LATER = 5e9;
  const pidOf = (kernel: number): number => {
    const { processes, streams, kernels } = analysis.profile;
    return processes[streams[kernels.stream[kernel]].process].pid;
  };

  before(async () => {
    analysis = new Analysis(await openProfile(TIMELINE));
    const { profile } = analysis;
    const calls = new Set<number>();
    const own = new Set<number>();
    for (let row = 0; row < profile.kernels.length; row++) {
      if (!isInGraph(profile, row)) continue;
      const call = analysis.launches.kernels[row];
      calls.add(call);
      pid ??= pidOf(row);
      if (pidOf(row) === pid) own.add(call);
    }
    allLaunches = calls.size;
    launches = [...own].map((call) => profile.api.start[call]).sort((a, b) => a - b);
    assert.ok(launches.length > 10, 'the timeline has graph launches');
  });
  beforeEach(() => (folder = new Folder()));
  afterEach(() => folder.remove());

  /** A step begins a microsecond before each launch; the session's clock began later than the profile's. */
  async function session(options: { pid?: number; epoch?: number | null } = {}): Promise<Session> {
    const { profile } = analysis;
    const epoch = options.epoch === undefined ? profile.capture.utcEpoch! - LATER : options.epoch;
    folder.json('metadata.json', {
      schema: 'profilemate-session',
      ...(epoch !== null && { start_wall_ns: epoch }),
    });
    folder.json('p1-000001/metadata.json', {
      schema: 'profilemate-process',
      pid: options.pid ?? pid,
    });
    const at = (time: number): string => ((time + LATER) / 1e9 - 1e-6).toFixed(9);
    const name = (step: number): string =>
      step % 2 === 0 ? 'FULL num_tokens=8 ' : 'FULL num_tokens=16 ';
    folder.write(
      'p1-000001/forward_pass_timing.csv',
      `timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,step\n${launches
        .map((time, step) => `${at(time)},decode,8,8,1,${step}\n`)
        .join('')}`,
    );
    folder.write(
      'p1-000001/cuda_graph_timeline.csv',
      `timestamp_sec,descriptor,step\n${launches
        .map((time, step) => `${at(time)},${name(step)},${step}\n`)
        .join('')}`,
    );
    return readSession(folder.path);
  }

  const beside = (of: Session, scope = {}) => {
    const span = sessionExtent(of);
    return besideTimeline(of, analysis, span && [span.start, span.end], scope);
  };

  it('gives every graph launch to the step it is of, with its kernels', async () => {
    const result = beside(await session());
    assert.equal(result.problem, undefined);
    // Doubles of nanoseconds since 1970 are good to some 200 ns.
    assert.ok(Math.abs(result.offset! + LATER) < 1000, String(result.offset));
    const by = new Map(result.descriptors.map((one) => [one.descriptor.trim(), one]));
    assert.deepEqual([...by.keys()].sort(), ['FULL num_tokens=16', 'FULL num_tokens=8']);
    const even = by.get('FULL num_tokens=8')!;
    const odd = by.get('FULL num_tokens=16')!;
    assert.equal(even.launches, Math.ceil(launches.length / 2));
    assert.equal(odd.launches, Math.floor(launches.length / 2));

    // By hand: kernels of graphs, and of the even launches alone.
    const { profile } = analysis;
    let all = 0;
    let evens = 0;
    for (let row = 0; row < profile.kernels.length; row++) {
      if (!isInGraph(profile, row) || pidOf(row) !== pid) continue;
      const time = profile.kernels.end[row] - profile.kernels.start[row];
      const launch = launches.indexOf(profile.api.start[analysis.launches.kernels[row]]);
      all += time;
      if (launch % 2 === 0) evens += time;
    }
    assert.ok(Math.abs(even.kernelTime! - evens) < 1);
    assert.ok(Math.abs(even.kernelTime! + odd.kernelTime! - all) < 1);
    const [first] = even.kernels;
    assert.ok(first.total >= even.kernels[1].total);
    assert.ok(Math.abs(first.share - first.total / evens) < 1e-9);
  });

  it('takes the one process that ran steps where pids are of another namespace', async () => {
    const result = beside(await session({ pid: 4_000_000 }));
    assert.equal(
      result.descriptors.reduce((sum, one) => sum + one.launches, 0),
      allLaunches,
    );
  });

  it('narrows to a window of the session', async () => {
    const of = await session();
    const [start, end] = [launches[3] + LATER, launches[6] + LATER];
    const { descriptors } = beside(of, { window: [start - 1000, end + 1000] });
    assert.equal(
      descriptors.reduce((sum, one) => sum + one.launches, 0),
      4,
    );
  });

  it('says why the two cannot be lined up', async () => {
    assert.equal(beside(await session({ epoch: null })).problem, 'no-session-clock');
    folder.remove();
    folder = new Folder();
    const apart = await session({ epoch: analysis.profile.capture.utcEpoch! + 1e15 });
    assert.equal(beside(apart).problem, 'apart');
  });

  it('sets experts’ imbalance beside what MoE kernels took between two readings', async () => {
    const { profile, classes } = analysis;
    const { kernels } = profile;
    const [first, last] = [kernels.start[0], kernels.end[kernels.length - 1]];
    const times = [0.25, 0.5, 0.75].map((part) => first + (last - first) * part);
    const of = await session();
    folder.write(
      'p1-000001/moe_expert_tracking/moe_load_imbalance.csv',
      `layer_idx,timestamp_sec,std_dev,max_min_ratio,mean\n${times
        .flatMap((time) =>
          [0, 1].map(
            (layer) =>
              `${layer},${((time + LATER) / 1e9).toFixed(9)},${layer + 1},${layer + 2},10\n`,
          ),
        )
        .join('')}`,
    );
    const again = await readSession(of.path);
    const { moe } = beside(again);
    assert.equal(moe.length, 2, 'only between readings');
    for (const [interval, { launches: count, kernelTime, deviation, ratio }] of moe.entries()) {
      let time = 0;
      let seen = 0;
      for (let row = 0; row < kernels.length; row++) {
        if (COMPONENTS[classes.component[kernels.shape[row]]] !== 'moe') continue;
        if (kernels.start[row] < times[interval] || kernels.start[row] >= times[interval + 1])
          continue;
        time += kernels.end[row] - kernels.start[row];
        seen++;
      }
      assert.equal(count, seen);
      assert.ok(Math.abs(kernelTime - time) < 1);
      assert.deepEqual([deviation, ratio], [0.2, 3], 'of the worst layer');
    }
  });
});
