import assert from 'node:assert/strict';
import { linkLaunches } from '../../../src/analysis/launches';
import { buildProfile, randomNumbers } from './build';

describe('launches', () => {
  it('links within a process only', () => {
    const profile = buildProfile({
      processes: [{}, {}],
      threads: [{ process: 0 }, { process: 1 }],
      streams: [{ process: 0 }, { process: 1 }],
      kernels: [
        { start: 0, end: 1, stream: 0, correlation: 7 },
        { start: 0, end: 1, stream: 1, correlation: 7 },
        { start: 0, end: 1, stream: 1, correlation: 8 },
      ],
      memcpys: [{ start: 0, end: 1, stream: 0, correlation: 9 }],
      memsets: [{ start: 0, end: 1, stream: 1, correlation: 9 }],
      graphTraces: [{ start: 0, end: 0, stream: 0, correlation: 7 }],
      api: [
        { start: 0, end: 1, thread: 1, correlation: 7 },
        { start: 0, end: 1, thread: 0, correlation: 7 },
        { start: 0, end: 1, thread: 0, correlation: 9 },
      ],
    });
    const links = linkLaunches(profile);
    assert.deepEqual([...links.kernels], [1, 0, -1]);
    assert.deepEqual([...links.memcpys], [2]);
    assert.deepEqual([...links.memsets], [-1]);
    assert.deepEqual([...links.graphTraces], [1]);
  });

  it('never links the unknown correlation id 0', () => {
    const profile = buildProfile({
      kernels: [{ start: 0, end: 1 }],
      api: [{ start: 0, end: 1 }],
    });
    assert.deepEqual([...linkLaunches(profile).kernels], [-1]);
  });

  it('takes the launching call of several with one id, then the earlier, then the first', () => {
    const links = (names: [string, number][]) =>
      linkLaunches(
        buildProfile({
          kernels: [{ start: 0, end: 1, correlation: 5 }],
          api: names.map(([name, start]) => ({ start, end: 9, correlation: 5, name })),
        }),
      ).kernels[0];
    assert.equal(
      links([
        ['cudaStreamSynchronize', 0],
        ['cuLaunchKernel', 4],
      ]),
      1,
    );
    assert.equal(
      links([
        ['cuLaunchKernel', 4],
        ['cudaLaunchKernel_v7000', 3],
      ]),
      1,
    );
    assert.equal(
      links([
        ['cudaLaunchKernel', 3],
        ['cuLaunchKernel', 3],
      ]),
      0,
    );
  });

  it('agrees with a search through all rows, for compact and for scattered ids', () => {
    for (const [seed, highest] of [
      [1, 60],
      [2, 600],
      [3, 0xffff_ffff],
    ]) {
      const random = randomNumbers(seed);
      const ids = Array.from({ length: 80 }, () => random.whole(1, highest));
      const profile = buildProfile({
        processes: [{}, {}, {}],
        threads: [{ process: 2 }, { process: 0 }, { process: 1 }, { process: 0 }],
        streams: [{ process: 0 }, { process: 1 }, { process: 2 }],
        kernels: Array.from({ length: 300 }, () => ({
          start: 0,
          end: 1,
          stream: random.whole(0, 2),
          correlation: random.next() < 0.8 ? random.pick(ids) : random.whole(1, highest),
        })),
        api: Array.from({ length: 200 }, (_, start) => ({
          start,
          end: start + 1,
          thread: random.whole(0, 3),
          correlation: random.pick(ids),
        })),
      });
      const { api, kernels, threads, streams } = profile;
      const expected = Array.from(kernels.correlation, (id, row) => {
        for (let call = 0; call < api.length; call++) {
          const process = threads[api.thread[call]].process;
          if (api.correlation[call] === id && process === streams[kernels.stream[row]].process) {
            return call;
          }
        }
        return -1;
      });
      assert.deepEqual([...linkLaunches(profile).kernels], expected);
      assert.ok(expected.some((row) => row >= 0) && expected.some((row) => row < 0));
    }
  });
});
