import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import {
  ACTIVITY_KINDS,
  activityTable,
  inScope,
  sweepActivities,
  type ActivityKind,
} from '../../../src/analysis/selection';
import type { Scope } from '../../../src/profile/scope';
import { buildProfile, randomNumbers, type ProfileSpec } from './build';

const RUN: ProfileSpec = {
  devices: [{}, {}],
  streams: [{ device: 0 }, { device: 1 }],
  ranges: [
    { name: 'prefill', start: 0, end: 10 },
    { name: 'decode', start: 20, end: 30 },
  ],
  api: [
    { start: 5, end: 6, correlation: 1 },
    { start: 25, end: 26, correlation: 2 },
  ],
  kernels: [
    { start: 10, end: 15, stream: 0, correlation: 1 },
    { start: 20, end: 25, stream: 1, correlation: 1 },
    { start: 30, end: 35, stream: 0, correlation: 2 },
    { start: 40, end: 45, stream: 1 },
  ],
};

describe('selection', () => {
  const analysis = new Analysis(buildProfile(RUN));
  const rows = (scope: Scope) => {
    const mask = inScope(analysis, 'kernels', scope);
    return mask && [...mask.keys()].filter((row) => mask[row]);
  };

  it('is everything where nothing is asked for', () => {
    assert.equal(rows({}), undefined);
  });

  it('goes by device, window and phase, and by all of them', () => {
    assert.deepEqual(rows({ devices: [1] }), [1, 3]);
    assert.deepEqual(rows({ devices: [] }), []);
    assert.deepEqual(rows({ devices: [7] }), []);
    assert.deepEqual(rows({ window: [20, 40] }), [1, 2], 'start inside, end left out');
    assert.deepEqual(rows({ window: [40, 20] }), []);
    assert.deepEqual(rows({ phase: 'prefill' }), [0, 1]);
    assert.deepEqual(rows({ phase: 'decode' }), [2]);
    assert.deepEqual(rows({ phase: 'mixed' }), []);
    assert.deepEqual(rows({ phase: 'unattributed' }), [3]);
    assert.deepEqual(rows({ devices: [0], window: [5, 35], phase: 'prefill' }), [0]);
  });
});

describe('sweep over activities', () => {
  const visits = (spec: ProfileSpec, scope: Scope = {}) => {
    const seen: { kind: ActivityKind; row: number; start: number; end: number }[] = [];
    sweepActivities(new Analysis(buildProfile(spec)), scope, (kind, row, start, end) =>
      seen.push({ kind: ACTIVITY_KINDS[kind], row, start, end }),
    );
    return seen;
  };

  it('visits all that is in scope once, in order of start, then kind, then row', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomNumbers(seed);
      const some = () =>
        Array.from({ length: random.whole(0, 20) }, () => {
          const start = random.whole(1, 30);
          return { start, end: random.whole(0, 40) };
        });
      const spec = { kernels: some(), memcpys: some(), memsets: some(), graphTraces: some() };
      const scope: Scope = seed % 2 ? {} : { window: [5, 20] };
      const expected = ACTIVITY_KINDS.flatMap((kind) =>
        spec[kind].map(({ start, end }, row) => ({ kind, row, start, end: Math.max(start, end) })),
      ).filter(({ start }) => seed % 2 || (start >= 5 && start < 20));
      // Sorting is stable, and keeps kinds and rows in order.
      assert.deepEqual(
        visits(spec, scope),
        expected.sort((a, b) => a.start - b.start),
      );
    }
  });

  it('leaves out what has no time', () => {
    const seen = visits({
      kernels: [{ start: 0, end: 0 }],
      memcpys: [{ start: NaN, end: 4 }],
      graphTraces: [
        { start: 0, end: 0 },
        { start: 0, end: 5 },
      ],
    });
    assert.deepEqual(seen, [
      { kind: 'kernels', row: 0, start: 0, end: 0 },
      { kind: 'graphTraces', row: 1, start: 0, end: 5 },
    ]);
  });
});

describe('analysis', () => {
  it('computes what questions share once, and forgets scopes asked for longest ago', () => {
    const analysis = new Analysis(buildProfile(RUN));
    let computed = 0;
    const ask = (scope: Scope) => analysis.scoped('x', scope, () => ++computed);
    assert.equal(ask({}), 1);
    assert.equal(ask({}), 1);
    for (let i = 0; i < 63; i++) ask({ window: [i, i + 1] });
    assert.equal(ask({}), 1, 'still kept');
    for (let i = 0; i < 64; i++) ask({ window: [i, i + 2] });
    assert.equal(ask({}), computed, 'computed again');
    assert.equal(computed, 1 + 63 + 64 + 1);
    assert.equal(analysis.steps, analysis.steps);
    assert.equal(activityTable(analysis, 'kernels'), analysis.profile.kernels);
  });
});
