/** Graph launches that left no trace: what is known all the same, against runs of which all is known. */
import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { differences } from '../../../src/analysis/compare/comparability';
import { snapshotOfAnalysis } from '../../../src/analysis/compare/from-analysis';
import { snapshotOfSummary } from '../../../src/analysis/compare/from-summary';
import type { Snapshot } from '../../../src/analysis/compare/snapshot';
import { captureGaps, findings } from '../../../src/analysis/findings';
import { graphs } from '../../../src/analysis/graphs';
import { isInGraph } from '../../../src/analysis/selection';
import { overview } from '../../../src/analysis/overview';
import { phaseBreakdown } from '../../../src/analysis/phases';
import { utilisation } from '../../../src/analysis/utilisation';
import { unrecordedLaunches } from '../../../src/analysis/unrecorded';
import type { KernelTable, Profile } from '../../../src/profile/model';
import { summarise } from '../../../src/report/summary';
import { resultsOf } from '../../../src/cli/results';
import { call, kernel, operator, readEvents } from '../torch/read';
import { analysed } from './analysed';
import { buildProfile, type ProfileSpec } from './build';

/** The profile as a profiler that dropped some rows of the kernel table would have written it. */
function without(profile: Profile, isDropped: (row: number) => boolean): Profile {
  const isKept = (_: number, row: number): boolean => !isDropped(row);
  const columns = Object.entries(profile.kernels).map(([name, column]: [string, unknown]) => [
    name,
    ArrayBuffer.isView(column) ? (column as Float64Array).filter(isKept) : column,
  ]);
  const { start } = profile.kernels;
  const kernels = Object.fromEntries(columns) as KernelTable;
  return { ...profile, kernels: { ...kernels, length: start.filter(isKept).length } };
}

/** The n-th distinct replay in order of the file, by row. */
function replays(profile: Profile): (row: number) => number {
  const numbers = new Map<string, number>();
  const { kernels, streams } = profile;
  const of = Int32Array.from({ length: kernels.length }, (_, row) => {
    if (!isInGraph(profile, row)) return -1;
    const key = `${streams[kernels.stream[row]].process} ${kernels.correlation[row]}`;
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
  return (row) => of[row];
}

describe('graph launches that left no trace', () => {
  const hide = async (isHidden: (replay: number) => boolean) => {
    const { analysis: whole, truth } = await analysed({ graphs: 'node', steps: 60 });
    const replay = replays(whole.profile);
    const profile = without(whole.profile, (row) => replay(row) >= 0 && isHidden(replay(row)));
    return { whole, truth, analysis: new Analysis(profile) };
  };

  /** What is said to be busy and idle holds, whatever the graphs ran. */
  const holds = (analysis: Analysis, whole: Analysis): void => {
    const known = utilisation(whole, {}).devices;
    const scope = { window: [-1e15, 1e15] as const };
    const full = utilisation(whole, scope).devices;
    for (const found of utilisation(analysis, {}).devices) {
      const { busy, idle } = known.find(({ device }) => device === found.device)!;
      assert.ok(found.busy <= busy, 'busy at least');
      assert.ok(found.idle <= idle, `idle at least: ${found.idle} of ${idle}`);
      assert.equal(found.busy + found.idle + found.unknown, found.span);
    }
    for (const found of utilisation(analysis, scope).devices) {
      const { busy } = full.find(({ device }) => device === found.device)!;
      assert.ok(found.busy <= busy && busy <= found.busy + found.unknown, 'busy at most');
    }
    const steps = phaseBreakdown(whole, {}).phases;
    for (const row of phaseBreakdown(analysis, {}).phases) {
      assert.ok(row.idle <= steps.find(({ phase }) => phase === row.phase)!.idle + 1, row.phase);
    }
  };

  it('all of them: how many, the bounds of busy, and no idle that may have been work', async () => {
    const { whole, truth, analysis } = await hide(() => true);
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'hidden');
    assert.equal(result.unrecorded, truth.graphs.launchCalls);
    holds(analysis, whole);
    const { busyShare, busyAtMost, phases } = overview(analysis, {});
    assert.equal(phases.unrecordedGraphs, truth.graphs.launchCalls);
    assert.ok(busyShare! < busyAtMost! && busyAtMost! <= 1);
    const all = (['prefill', 'decode', 'mixed', 'unattributed'] as const).map(
      (phase) => graphs(analysis, { phase }).unrecorded,
    );
    assert.equal(
      all.reduce((a, b) => a + b, 0),
      result.unrecorded,
    );
    assert.ok(all[1] > 0);
  });

  it('says so first, and leaves out what is a share of the rest', async () => {
    const { whole, analysis } = await hide(() => true);
    const [first, ...others] = findings(analysis, {});
    assert.deepEqual(
      [first.id, first.severity, first.view],
      ['graphs-unrecorded', 'problem', 'graphs'],
    );
    assert.match(first.advice, /--cuda-graph-trace=node.*nsys.*as new as.*driver/);
    assert.match(first.detail, /busy [\d.]+ % of the time at least, and [\d.]+ % at most/);
    for (const { id } of others) {
      assert.doesNotMatch(id, /share|coverage|small-batches|products|exposed/);
    }
    assert.ok(!findings(whole, {}).some(({ id }) => id === 'graphs-unrecorded'));
    assert.ok(captureGaps(analysis).some(({ id }) => id === 'graphs-hidden'));
  });

  it('some of them: each that is missing, and no share of time in graphs', async () => {
    const { whole, truth, analysis } = await hide((replay) => replay % 3 === 1);
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'node');
    // Missing at a process's end may be what the capture did not wait for.
    const missing = truth.graphs.replays - result.replays;
    assert.ok(result.unrecorded <= missing && result.unrecorded >= missing - 2);
    assert.deepEqual([result.coverage, result.graphs[0].share], [undefined, undefined]);
    holds(analysis, whole);
    assert.equal(findings(analysis, {})[0].id, 'graphs-unrecorded');
    assert.equal(findings(analysis, {})[0].severity, 'warning');
    assert.match(
      captureGaps(analysis).find(({ id }) => id === 'graphs-hidden')!.text,
      /^What \d+ /,
    );
  });

  it('makes a run incomparable with one that holds them, read from the file or its summary', async () => {
    const { whole, analysis } = await hide((replay) => replay % 3 === 1);
    const text = ([baseline, current]: Snapshot[]): string | undefined =>
      differences([baseline], [current], new Set()).find(({ kind }) => kind === 'capture')?.text;
    const snapshots = [whole, analysis].map((one) => snapshotOfAnalysis(one, { label: '' }));
    assert.match(
      text(snapshots)!,
      /kernel by kernel in the baseline, kernel by kernel, but not all/,
    );
    assert.equal(text([snapshots[1], snapshots[1]]), undefined);
    const told = snapshotOfSummary(summarise(resultsOf(analysis.profile), '0'), { label: '' });
    assert.equal(text([snapshots[1], told]), undefined);
    assert.equal(told.identity.captureMode, 'part');
  });

  it('a few, and those at the end, are lost by any capture', async () => {
    const { whole } = await hide(() => false);
    assert.equal(graphs(whole, {}).unrecorded, 0);
    const last = graphs(whole, {}).replays - 1;
    const { analysis } = await hide((replay) => replay === last);
    assert.equal(graphs(analysis, {}).unrecorded, 0);
    assert.notEqual(graphs(analysis, {}).coverage, undefined);
  });

  const GRAPH = 'cudaGraphLaunch_v10000';
  const spec: ProfileSpec = {
    kernels: [
      { start: 2, end: 10, correlation: 1 },
      { start: 100, end: 110, correlation: 3 },
      { start: 150, end: 160, correlation: 4 },
    ],
    api: [
      { start: 0, end: 1, correlation: 1 },
      { start: 12, end: 20, correlation: 2, name: GRAPH },
      { start: 30, end: 31, correlation: 3 },
      { start: 32, end: 33, correlation: 4 },
    ],
  };

  it('knows when a graph cannot have run: before its launch, and after the next kernel', () => {
    const { devices, gaps } = utilisation(new Analysis(buildProfile(spec)), {});
    const [{ busy, idle, unknown, span, gaps: count }] = devices;
    assert.deepEqual([busy, idle, unknown, span, count], [28, 2 + 40, 88, 158, 2]);
    assert.deepEqual(
      gaps.map(({ start, duration }) => [start, duration]),
      [
        [110, 40],
        [10, 2],
      ],
    );
  });

  it('counts a driver’s call inside the runtime’s once, and no launch whose kernels name no call', () => {
    const inner = { start: 13, end: 19, correlation: 9, name: 'cuGraphLaunch' };
    const missed = (change: ProfileSpec): number[] => [
      ...unrecordedLaunches(new Analysis(buildProfile({ ...spec, ...change }))),
    ];
    assert.deepEqual(missed({}), [1]);
    assert.deepEqual(missed({ api: [...spec.api!, inner] }), [1]);
    const inside = { start: 40, end: 50, correlation: 9, graphNode: 1, graphId: 1 };
    assert.deepEqual(
      missed({ api: [...spec.api!, inner], kernels: [...spec.kernels!, inside] }),
      [],
    );
    // Its call was not recorded: it may be this one's.
    assert.deepEqual(missed({ kernels: [...spec.kernels!, inside] }), []);
    const copy = { start: 40, end: 50, correlation: 2 };
    assert.deepEqual(missed({ memcpys: [copy] }), []);
    assert.deepEqual(missed({ graphTraces: [{ ...copy, graphId: 1 }] }), []);
    assert.deepEqual(
      missed({ graphTraces: [{ start: 0, end: 0, correlation: 2, graphId: 1 }] }),
      [1],
    );
  });

  it('in a trace of PyTorch, in its own words', async () => {
    const events = [
      operator({ cat: 'user_annotation', name: 'execute_context_0(0)_generation_4(4)', dur: 1e3 }),
      call({ ts: 10 }, { correlation: 5 }),
      kernel({ ts: 20 }, { correlation: 5 }),
      call({ name: 'cudaGraphLaunch', ts: 40 }, { correlation: 6 }),
      call({ ts: 60 }, { correlation: 7 }),
      kernel({ ts: 90 }, { correlation: 7 }),
    ];
    const analysis = new Analysis(await readEvents(...events));
    const [first] = findings(analysis, {});
    assert.equal(first.id, 'graphs-unrecorded');
    assert.equal(first.title, 'What a launch of a CUDA graph ran was not recorded');
    assert.match(first.advice, /PyTorch/);
    assert.doesNotMatch(first.advice, /nsys|--cuda/);
    const recorded = kernel({ ts: 50 }, { correlation: 6, 'graph id': 1, 'graph node id': 3 });
    const whole = new Analysis(await readEvents(...events, recorded));
    assert.ok(!findings(whole, {}).some(({ id }) => id === 'graphs-unrecorded'));
  });
});
