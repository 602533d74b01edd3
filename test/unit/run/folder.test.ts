/** The generated run: its parts are what the readers and the definitions say they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StepIndex } from '../../../src/analysis/session/cross-reference';
import { clientFigures, fromBenchServe } from '../../../src/capture/client-figures';
import { parseRun } from '../../../src/capture/run-folder';
import type { ClientFigures, Distribution } from '../../../src/profile/client-figures';
import { openProfile } from '../../../src/readers/open';
import { readNcu } from '../../../src/readers/ncu';
import { readSession } from '../../../src/readers/session';
import { benchServe, runFolder, type RunTruth } from '../../data/run';

const DISTRIBUTIONS = ['ttft_ms', 'tpot_ms', 'itl_ms', 'latency_ms'] as const;

describe('a generated run', () => {
  let place: string;
  let truth: RunTruth;

  before(() => {
    place = mkdtempSync(path.join(tmpdir(), 'profilemate run '));
    truth = runFolder(path.join(place, 'run'));
  });
  after(() => rmSync(place, { recursive: true, force: true }));

  function assertClose(found: ClientFigures, expected: ClientFigures): void {
    for (const name of DISTRIBUTIONS) {
      for (const [point, value] of Object.entries(expected[name] as Distribution)) {
        const got = found[name]?.[point as keyof Distribution];
        assert.ok(Math.abs((got ?? NaN) - value) < 1e-9, `${name} ${point}: ${got}, not ${value}`);
      }
    }
  }

  it('has the client’s figures that follow from its requests', () => {
    const { client } = truth;
    const itl = (client.each ?? []).flatMap(({ tpot_ms }) =>
      tpot_ms === undefined ? [] : new Array<number>(10).fill(tpot_ms),
    );
    const found = clientFigures({
      model: client.model!,
      startUtcMs: client.start_utc_ms!,
      durationS: 2,
      each: client.each!,
      interTokenMs: Float64Array.from(itl),
      client: client.client!,
    });
    assertClose(found, client);
    const { ttft_ms, tpot_ms, itl_ms, latency_ms, ...rest } = found;
    const { ttft_ms: a, tpot_ms: b, itl_ms: c, latency_ms: d, ...expected } = client;
    assert.deepEqual(rest, expected);
    assert.equal([ttft_ms, tpot_ms, itl_ms, latency_ms, a, b, c, d].includes(undefined), false);
  });

  it('is told by vllm bench serve with the same figures', () => {
    const { client } = truth;
    const brief = fromBenchServe(benchServe(client))!;
    assert.equal(brief.ttft_ms?.p99, client.ttft_ms?.p99);
    assert.equal(brief.ttft_ms?.p90, undefined, 'what was not asked for is not known');
    assert.equal(brief.latency_ms, undefined);
    assert.equal(brief.each, undefined);

    const detailed = fromBenchServe(benchServe(client, true))!;
    assertClose(detailed, client);
    assert.deepEqual(detailed.errors, client.errors);
    assert.equal(detailed.each?.length, client.each?.length);
    const { start_s, ...request } = client.each![7];
    assert.ok(start_s! > 0);
    for (const [name, value] of Object.entries(request)) {
      const got = detailed.each![7][name as keyof typeof request];
      assert.ok(Math.abs(Number(got) - Number(value)) < 1e-9, name);
    }
  });

  it('has no latency where vllm bench serve writes 0, as there was nothing to measure', () => {
    // Of answers of one token there is no time between two.
    const none = ['itl', 'tpot'].flatMap((name) =>
      ['mean', 'std', 'median', 'p99'].map((of) => [`${of}_${name}_ms`, 0] as const),
    );
    const found = fromBenchServe({ ...benchServe(truth.client), ...Object.fromEntries(none) })!;
    assert.deepEqual([found.itl_ms, found.tpot_ms], [undefined, undefined]);
    assert.equal(found.ttft_ms?.p99, truth.client.ttft_ms?.p99);
    // Equal latencies do spread by nothing.
    const even = fromBenchServe({ ...benchServe(truth.client), std_ttft_ms: 0 })!;
    assert.equal(even.ttft_ms?.std, 0);
  });

  it('has a record, a timeline, kernels and a session that happen at the same time', async () => {
    const inFolder = (name: string): string => path.join(truth.folder, name);
    assert.deepEqual(parseRun(readFileSync(inFolder('run.json'), 'utf8')), truth.record);
    const timeline = await openProfile(inFolder('timeline.nsys.sqlite'));
    assert.equal(timeline.kernels.length, truth.timeline.counts.kernels);
    assert.ok((await readNcu(inFolder('kernels.csv'))).launches.length > 0);

    const session = await readSession(inFolder('runtime'));
    const offset = session.utcEpoch! - timeline.capture.utcEpoch!;
    assert.ok(Math.abs(offset - truth.sessionOffset) <= 512, 'doubles of ns since 1970');
    const index = new StepIndex(session, 0);
    assert.equal(index.length, truth.steps.length);
    for (const [i, step] of truth.steps.entries()) {
      const middle = (step.rangeStart + step.rangeEnd) / 2;
      const found = index.at(middle - offset);
      assert.equal(found?.step, i);
      assert.equal(found?.phase, step.phase);
    }
    // A record keeps milliseconds.
    const load = truth.record.stages.find(({ stage }) => stage === 'load')!;
    const start = Date.parse(load.started) * 1e6 - timeline.capture.utcEpoch!;
    assert.ok(Math.abs(start - truth.load[0]) < 1e6);
  });
});
