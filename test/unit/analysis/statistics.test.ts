import assert from 'node:assert/strict';
import { percentile, summarize } from '../../../src/analysis/statistics';

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
});
