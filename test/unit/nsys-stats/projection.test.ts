import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import {
  rangeProjection,
  rangeStyle,
  type RangeProjection,
} from '../../../src/analysis/range-projection';
import { kernelsInside, rangeWork } from '../../../src/analysis/nsys-stats/range-work';
import { NONE, RangeKind, type Profile } from '../../../src/profile/model';
import { buildProfile, randomNumbers, type ApiSpec, type RangeSpec } from '../analysis/build';
import { cost } from '../../harness/cost';

/** What a range and a call have to do with each other, by the definition and nothing else. */
function recount(profile: Profile, projection: RangeProjection) {
  const { ranges, api, kernels, memcpys } = profile;
  const takesPart = (r: number): boolean =>
    rangeStyle(ranges.kind[r]) !== undefined && projection.endOf(r) >= ranges.start[r];
  const around = (thread: number, start: number, end: number): number[] =>
    [...ranges.start.keys()].filter(
      (r) =>
        takesPart(r) &&
        ranges.thread[r] === thread &&
        ranges.start[r] <= start &&
        projection.endOf(r) >= end,
    );
  return {
    takesPart,
    aroundCall: (c: number) => around(api.thread[c], api.start[c], api.end[c]),
    aroundRange: (r: number) =>
      around(ranges.thread[r], ranges.start[r], projection.endOf(r)).filter((other) => other !== r),
    work: (r: number) => {
      const calls = [...api.start.keys()].filter((c) =>
        around(api.thread[c], api.start[c], api.end[c]).includes(r),
      );
      const [launched, copied] = [kernels, memcpys].map((table) =>
        [...table.start.keys()]
          .filter((i) => calls.some((c) => api.correlation[c] === table.correlation[i]))
          .map((i) => ({
            start: table.start[i],
            end: table.end[i],
            correlation: table.correlation[i],
          })),
      );
      const work = [...launched, ...copied];
      return {
        first: work.length ? Math.min(...work.map(({ start }) => start)) : NaN,
        last: work.length ? Math.max(...work.map(({ end }) => end)) : NaN,
        kernels: launched.length,
        calls: new Set(work.map(({ correlation }) => correlation)).size,
      };
    },
  };
}

function listed({ stack, rangeOf, listNext }: RangeProjection, call: number): number[] {
  const ranges: number[] = [];
  for (let f = stack[call]; f !== NONE; f = listNext[f]) ranges.push(rangeOf(f));
  return ranges;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Times are small, so that bounds meet, coincide and have no length between them. */
function randomProfile(seed: number, shape: 'nested' | 'crossing'): Profile {
  const { whole, pick, next } = randomNumbers(seed);
  const span = pick([12, 40, 200]);
  const ranges: RangeSpec[] = [];
  const api: ApiSpec[] = [];
  for (let thread = 0; thread < 2; thread++) {
    const nest = (from: number, to: number, depth: number): void => {
      for (let now = from; now < to && depth < 5;) {
        const start = whole(now, to);
        const end = whole(start, to);
        ranges.push({ name: pick(['a', 'b', 'c']), thread, start, end });
        nest(start, end, depth + 1);
        now = end + whole(0, 2);
        if (next() < 0.3) break;
      }
    };
    nest(0, span, 0);
    for (let i = shape === 'crossing' ? 12 : 0; i > 0; i--) {
      const start = whole(0, span);
      const kind = pick([RangeKind.PushPop, RangeKind.StartEnd, RangeKind.Mark]);
      ranges.push({ name: 'x', thread, start, end: pick([NaN, start + whole(0, span)]), kind });
    }
    for (let i = 0; i < 25; i++) {
      const start = whole(0, span);
      api.push({ thread, start, end: start + whole(0, 6), correlation: api.length + 1 });
    }
  }
  if (next() < 0.5) ranges.sort((a, b) => a.start - b.start);
  const work = (): { start: number; end: number; correlation: number } => {
    const start = whole(0, 300);
    return { start, end: start + whole(0, 50), correlation: whole(1, api.length + 3) };
  };
  return buildProfile({
    threads: [{}, {}],
    ranges,
    api,
    kernels: Array.from({ length: 30 }, work),
    memcpys: Array.from({ length: 10 }, work),
  });
}

describe('projection of ranges', () => {
  for (const shape of ['nested', 'crossing'] as const) {
    it(`agrees with a recount of ${shape} ranges`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const profile = randomProfile(seed, shape);
        const analysis = new Analysis(profile);
        const projection = rangeProjection(analysis, 'all');
        const { calls, first, last } = rangeWork(analysis);
        const kernels = kernelsInside(analysis);
        const truth = recount(profile, projection);
        const at = `seed ${seed}`;
        for (let c = 0; c < profile.api.length; c++) {
          assert.deepEqual(sorted(listed(projection, c)), truth.aroundCall(c), `${at}, call ${c}`);
        }
        const length = (r: number): number => projection.endOf(r) - profile.ranges.start[r];
        const place = new Map([...projection.order].map((r, i) => [r, i]));
        for (let r = 0; r < profile.ranges.length; r++) {
          assert.equal(place.has(r), truth.takesPart(r));
          if (!truth.takesPart(r)) {
            assert.deepEqual([projection.parent[r], projection.level[r]], [NONE, NONE]);
            assert.equal(calls[r], 0);
            continue;
          }
          // Of ranges with the same bounds, one is around the other, whichever.
          const around = truth
            .aroundRange(r)
            .filter((o) => length(o) > length(r) || place.get(o)! < place.get(r)!);
          const parent = projection.parent[r];
          if (around.length === 0) assert.equal(parent, NONE, `${at}, range ${r}`);
          else {
            assert.ok(around.includes(parent), `${at}, range ${r}`);
            assert.equal(length(parent), Math.min(...around.map(length)), `${at}, range ${r}`);
          }
          const level = parent === NONE ? 0 : projection.level[parent] + 1;
          assert.equal(projection.level[r], level);
          assert.deepEqual(
            { first: first(r), last: last(r), kernels: kernels[r], calls: calls[r] },
            truth.work(r),
            `${at}, range ${r}`,
          );
        }
      }
    });
  }

  it('leaves start-end ranges out where only a stack is asked for', () => {
    const profile = buildProfile({
      ranges: [
        { name: 'pushed', start: 0, end: 100 },
        { name: 'started', start: 10, end: 200, kind: RangeKind.StartEnd },
      ],
      api: [{ start: 20, end: 30, correlation: 1 }],
      kernels: [{ start: 40, end: 50, correlation: 1 }],
    });
    const analysis = new Analysis(profile);
    assert.deepEqual(listed(rangeProjection(analysis, 'push-pop'), 0), [0]);
    assert.deepEqual(listed(rangeProjection(analysis, 'all'), 0), [1, 0]);
  });

  it('takes time in proportion to ranges that are never closed', async () => {
    const count = 100_000;
    const profile = buildProfile({
      ranges: Array.from({ length: count }, (_, i) => ({ name: 'leak', start: i * 10, end: NaN })),
      api: Array.from({ length: count }, (_, i) => ({
        start: i * 10 + 1,
        end: i * 10 + 5,
        correlation: i + 1,
      })),
      kernels: Array.from({ length: count }, (_, i) => ({
        start: i * 10 + 3,
        end: i * 10 + 9,
        correlation: i + 1,
      })),
    });
    const analysis = new Analysis(profile);
    const ms = await cost(() => rangeWork(analysis));
    const { level } = rangeProjection(analysis, 'all');
    // The last call ends after the last range began, which is where open ranges end.
    assert.equal(rangeWork(analysis).calls[0], count - 1);
    assert.equal(level[count - 1], count - 1);
    assert.ok(ms < 5_000, `${ms} ms`);
  });

  it('takes no part of what ends before it begins, or has no time', () => {
    const profile = buildProfile({
      ranges: [
        { name: 'backwards', start: 100, end: 0 },
        { name: 'nowhere', start: NaN, end: 50 },
        { name: 'huge', start: -1e18, end: 1e18 },
      ],
      api: [
        { start: 20, end: 30, correlation: 1 },
        { start: 30, end: 20, correlation: 2 },
        { start: NaN, end: NaN, correlation: 3 },
      ],
      kernels: [1, 2, 3].map((correlation) => ({ start: 40, end: 50, correlation })),
    });
    const analysis = new Analysis(profile);
    const projection = rangeProjection(analysis, 'all');
    assert.deepEqual([...projection.order], [2]);
    assert.deepEqual([...projection.stack], [2, NONE, NONE]);
    assert.equal(rangeWork(analysis).calls[2], 1);
  });
});
