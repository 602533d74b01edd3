import assert from 'node:assert/strict';
import { percentile, sortNumbers, summarize } from '../../../src/analysis/statistics';
import { randomNumbers } from './build';

describe('statistics', () => {
  it('interpolates percentiles as numpy does', () => {
    // numpy.percentile([1, 2, 4, 8, 16], [0, 10, 50, 90, 95, 99, 100])
    const sorted = Float64Array.of(1, 2, 4, 8, 16);
    const expected: [number, number][] = [
      [0, 1],
      [0.1, 1.4],
      [0.5, 4],
      [0.9, 12.8],
      [0.95, 14.4],
      [0.99, 15.68],
      [1, 16],
    ];
    for (const [fraction, value] of expected) {
      assert.ok(Math.abs(percentile(sorted, fraction) - value) < 1e-12, String(fraction));
    }
    assert.equal(percentile(Float64Array.of(7), 0.95), 7);
    assert.ok(Number.isNaN(percentile(new Float64Array(0), 0.5)));
  });

  it('summarizes, with the deviation of a sample', () => {
    // The example of Wikipedia's "Standard deviation": 2 of a population, √(32/7) of a sample.
    const summary = summarize(Float64Array.of(9, 4, 2, 4, 5, 4, 7, 5));
    assert.deepEqual(
      [summary.total, summary.average, summary.median, summary.min, summary.max],
      [40, 5, 4.5, 2, 9],
    );
    assert.ok(Math.abs(summary.stddev - Math.sqrt(32 / 7)) < 1e-12);
    assert.equal(summarize(Float64Array.of(3)).stddev, 0);
  });

  it('loses no precision to large values', () => {
    const { stddev } = summarize(Float64Array.of(1e15 + 1, 1e15 + 2, 1e15 + 3));
    assert.ok(Math.abs(stddev - 1) < 1e-9);
  });

  it('sorts as the engine does, whatever the numbers are and where they lie', () => {
    const { next, whole } = randomNumbers(7);
    const kinds: Record<string, () => number> = {
      'one digit': () => whole(0, 2000),
      'two digits': () => whole(0, 4_000_000),
      'three digits': () => Math.floor(next() * 2 ** 32),
      'too large': () => Math.floor(next() * 2 ** 40),
      negative: () => whole(-50, 50),
      fractions: () => next() * 100,
      'a few holes': () => (next() < 0.01 ? NaN : whole(0, 100)),
      equal: () => 7,
    };
    for (const [kind, number] of Object.entries(kinds)) {
      for (const length of [0, 1, 255, 256, 3001]) {
        const all = Float64Array.from({ length: length + 2 }, number);
        const expected = all.slice(1, -1).sort();
        const [before, after] = [all[0], all.at(-1)];
        sortNumbers(all.subarray(1, -1));
        assert.deepEqual(all.subarray(1, -1), expected, `${length} of ${kind}`);
        assert.deepEqual([all[0], all.at(-1)], [before, after]);
      }
    }
  });
});
