import assert from 'node:assert/strict';
import {
  endOf,
  lengthOf,
  orderBy,
  OverlapLength,
  UnionInBins,
  UnionLength,
} from '../../../src/analysis/intervals';
import { randomNumbers } from './build';

interface Interval {
  start: number;
  end: number;
  lane: number;
  key: number;
}

/** Few whole numbers, so that each moment can be counted by itself. */
function someIntervals(seed: number): Interval[] {
  const random = randomNumbers(seed);
  return Array.from({ length: random.whole(0, 40) }, () => {
    const start = random.whole(0, 100);
    const lane = random.whole(0, 5);
    return { start, end: start + random.whole(0, 12), lane, key: lane % 2 };
  }).sort((a, b) => a.start - b.start);
}

/** How many lanes of a key are busy in [moment, moment + 1). */
const busyLanes = (intervals: Interval[], key: number, moment: number): number =>
  new Set(
    intervals
      .filter((i) => i.key === key && i.start <= moment && moment < i.end)
      .map((i) => i.lane),
  ).size;

const moments = Array.from({ length: 113 }, (_, moment) => moment);

describe('intervals', () => {
  it('gives an interval without an end, or with one before its start, no length at its start', () => {
    assert.equal(lengthOf(5, 3), 0);
    assert.equal(lengthOf(5, NaN), 0);
    assert.equal(lengthOf(NaN, 3), 0);
    assert.equal(lengthOf(-5, 3), 8);
    assert.equal(endOf(5, 3), 5);
    assert.equal(endOf(5, NaN), 5);
    assert.equal(endOf(5, 8), 8);
  });

  it('measures unions and overlaps as counting every moment does', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const intervals = someIntervals(seed);
      const union = new UnionLength(2);
      const overlap = new OverlapLength(2, 6);
      let grown = 0;
      for (const { start, end, lane, key } of intervals) {
        grown += union.add(key, start, end);
        overlap.add(key, lane, start, end);
      }
      for (const key of [0, 1]) {
        const busy = moments.map((moment) => busyLanes(intervals, key, moment));
        assert.equal(union.length[key], busy.filter((lanes) => lanes > 0).length);
        assert.equal(overlap.length[key], busy.filter((lanes) => lanes > 1).length, `seed ${seed}`);
      }
      assert.equal(union.total, grown);
    }
  });

  it('spreads a union over bins, cutting off what lies outside', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const intervals = someIntervals(seed);
      const inBins = new UnionInBins(2, 20, 90, 7);
      for (const { start, end, key } of intervals) inBins.add(key, start, end);
      for (const key of [0, 1]) {
        for (let bin = 0; bin < 7; bin++) {
          const expected = moments.filter(
            (moment) =>
              moment >= 20 + bin * 10 &&
              moment < 30 + bin * 10 &&
              busyLanes(intervals, key, moment) > 0,
          ).length;
          assert.equal(inBins.lengths[key * 7 + bin], expected, `seed ${seed}`);
        }
      }
    }
  });

  it('loses nothing in bins whose width is no whole number', () => {
    const inBins = new UnionInBins(1, 0.1, 1000.3, 333);
    inBins.add(0, -50, 400.7);
    inBins.add(0, 300, 5000);
    const total = inBins.lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(Math.abs(total - 1000.2) < 1e-9);
    const width = 1000.2 / 333;
    assert.ok(inBins.lengths.every((length) => Math.abs(length - width) < 1e-9));
  });

  it('covers nothing where the bins have no width', () => {
    const inBins = new UnionInBins(1, 5, 5, 3);
    inBins.add(0, 0, 10);
    assert.deepEqual([...inBins.lengths], [0, 0, 0]);
  });

  it('orders rows as a comparator does, however many, however ordered', () => {
    const random = randomNumbers(7);
    const columns: Record<string, Float64Array> = {
      empty: new Float64Array(0),
      few: Float64Array.from([3, 1, NaN, 2, 1, Infinity]),
      ordered: Float64Array.from({ length: 70_000 }, (_, i) => i),
      whole: Float64Array.from({ length: 70_000 }, () => random.whole(0, 2 ** 45)),
      fractions: Float64Array.from({ length: 70_000 }, () => random.next() * 1e9),
      equal: Float64Array.from({ length: 140_000 }, () => random.whole(0, 3)),
      negative: Float64Array.from({ length: 70_000 }, () => random.whole(-1000, 1000)),
      negativeZero: Float64Array.from({ length: 70_000 }, (_, i) => (i % 9 === 0 ? -0 : i % 100)),
      holes: Float64Array.from({ length: 140_000 }, () =>
        random.next() < 0.3 ? NaN : random.whole(0, 2 ** 40),
      ),
    };
    for (const [name, column] of Object.entries(columns)) {
      const expected = Array.from(column.keys())
        .filter((row) => !Number.isNaN(column[row]))
        .sort((a, b) => (column[a] === column[b] ? a - b : column[a] - column[b]));
      assert.deepEqual(Array.from(orderBy(column)), expected, name);
    }
  });

  it('orders a view into a larger buffer', () => {
    const random = randomNumbers(3);
    const column = Float64Array.from({ length: 70_001 }, () => random.whole(0, 1e9)).subarray(1);
    const rows = orderBy(column);
    assert.ok(rows.every((row, i) => i === 0 || column[rows[i - 1]] <= column[row]));
  });
});
