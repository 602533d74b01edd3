import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { graphs } from '../../../src/analysis/graphs';
import { overview } from '../../../src/analysis/overview';
import { buildProfile, randomNumbers, type KernelSpec } from './build';
import { analysed } from './analysed';

describe('CUDA graphs', () => {
  it('counts what a run with node-level graphs is known to hold', async () => {
    const { analysis, truth } = await analysed({ graphs: 'node' });
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'node');
    assert.equal(result.launchCalls, truth.graphs.launchCalls);
    assert.equal(result.replays, truth.graphs.replays);
    assert.equal(result.distinctGraphs, truth.graphs.distinct);
    assert.equal(result.kernelsInside, truth.graphs.kernelsInside);
    assert.equal(result.kernelsOutside, truth.graphs.kernelsOutside);
    assert.equal(result.timeInside, truth.graphs.timeInside);
    assert.equal(result.timeOutside, truth.graphs.timeOutside);
    const { timeInside, timeOutside } = truth.graphs;
    assert.equal(result.coverage, timeInside / (timeInside + timeOutside));
  });

  it('counts launches of graphs traced as a whole', async () => {
    const { analysis, truth } = await analysed({ graphs: 'graph' });
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'graph');
    assert.equal(result.replays, truth.graphs.replays);
    assert.equal(result.distinctGraphs, truth.graphs.distinct);
    assert.equal(result.kernelsInside, 0);
    assert.equal(result.timeInside, truth.graphs.timeInside);
    assert.ok(result.graphs.every((row) => row.kernelsPerReplay === undefined));
  });

  it('finds no graph in a run without', async () => {
    const { analysis } = await analysed({ graphs: 'none', steps: 10 });
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'none');
    assert.equal(result.coverage, 0);
    assert.equal(result.launchTime, undefined);
  });

  it('says that graphs are hidden where only their launches were recorded', () => {
    const analysis = new Analysis(
      buildProfile({
        kernels: [{ start: 0, end: 5, correlation: 1 }],
        api: [
          { start: 0, end: 1, correlation: 1 },
          { start: 2, end: 6, correlation: 2, name: 'cudaGraphLaunch_v10000' },
          { start: 7, end: 9, correlation: 3, name: 'cudaGraphLaunchSomethingElse' },
        ],
      }),
    );
    const result = graphs(analysis, {});
    assert.equal(result.mode, 'hidden');
    assert.equal(result.launchCalls, 1);
    assert.equal(result.launchTime, 4);
    assert.equal(result.coverage, undefined);
  });

  it('knows no share and no time of replays that were not timed', () => {
    const analysis = new Analysis(
      buildProfile({
        kernels: [{ start: 5, end: 10, correlation: 9 }],
        graphTraces: [
          { start: 0, end: 0, correlation: 1, graphId: 4 },
          { start: 20, end: 50, correlation: 2, graphId: 4 },
          { start: 60, end: 80, correlation: 3, graphId: 5 },
        ],
      }),
    );
    const result = graphs(analysis, {});
    assert.deepEqual([result.replays, result.untimed, result.coverage], [3, 1, undefined]);
    assert.deepEqual(
      result.graphs.map((row) => [row.graphId, row.replays, row.total, row.share]),
      [
        [5, 1, 20, undefined],
        [4, 2, undefined, undefined],
      ],
    );
    const { busyShare, gaps, duration } = overview(analysis, {});
    assert.equal(busyShare, 55 / 75);
    assert.equal(duration, 75);
    assert.match(gaps.find((gap) => gap.id === 'graphs-untimed')!.text, /^1 graph launch was /);
  });

  it('agrees with a recount row by row, with and without graph numbers, in and out of scope', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = randomNumbers(seed);
      const hasIds = random.next() < 0.5;
      const streams = [
        { device: 0, process: 0 },
        { device: 1, process: 1 },
        { device: 0, process: 1 },
      ];
      const kernels = Array.from({ length: 80 }, (): KernelSpec => {
        const graph = random.whole(0, 3);
        const start = random.whole(0, 1000);
        return {
          start,
          end: start + random.whole(-3, 20),
          stream: random.whole(0, 2),
          // One graph a correlation, so that a replay is of one graph.
          correlation: graph * 10 + random.whole(0, 5),
          graphNode: graph === 0 ? 0 : graph * 1000 + random.whole(0, 1),
          graphId: hasIds ? graph : 0,
        };
      });
      const analysis = new Analysis(
        buildProfile({ processes: [{}, {}], devices: [{}, {}], streams, kernels }),
      );
      for (const scope of [{}, { devices: [0] }, { window: [100, 700] as const }]) {
        const replays = new Set<string>();
        let [inside, outside, timeInside, timeOutside] = [0, 0, 0, 0];
        for (const kernel of kernels) {
          const stream = streams[kernel.stream!];
          if (scope.devices && stream.device !== 0) continue;
          if (scope.window && !(kernel.start >= 100 && kernel.start < 700)) continue;
          const time = Math.max(0, kernel.end - kernel.start);
          if (kernel.graphNode === 0) {
            outside++;
            timeOutside += time;
          } else {
            inside++;
            timeInside += time;
            replays.add(`${stream.process} ${kernel.correlation}`);
          }
        }
        const result = graphs(analysis, scope);
        assert.equal(result.replays, replays.size);
        assert.equal(result.kernelsInside, inside);
        assert.equal(result.kernelsOutside, outside);
        assert.equal(result.timeInside, timeInside);
        assert.equal(result.timeOutside, timeOutside);
        assert.equal(
          result.graphs.reduce((sum, row) => sum + row.replays, 0),
          replays.size,
        );
      }
    }
  });
});
