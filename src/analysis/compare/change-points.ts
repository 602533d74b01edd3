/**
 * Where a series of runs changed its level.
 *
 * Optimal partitioning (Jackson et al., 2005): the segments of constant mean
 * with the least squared error, with a penalty for each change of
 * 8 σ² ln n: a page has dozens of series, and of twenty values that only differ
 * by normal noise seven in a thousand are then said to have changed (with the
 * usual 3, nine in a hundred). σ is estimated from the median step between neighbours, which a few
 * changes of level do not move. Segments have at least two runs, so that one
 * odd run is no change. O(n²) in the runs, of which there are hundreds.
 */

export const CHANGE_POINT_METHOD =
  'optimal partitioning of the mean, penalty 8 σ² ln n, σ from the median step between neighbours';

export interface ChangePoint {
  /** The first value of the new level. */
  readonly index: number;
  /** Mean levels before and after. */
  readonly from: number;
  readonly to: number;
}

const SHORTEST = 2;
const PENALTY = 8;
/** Of the median value: timings closer than that are not told apart, were they ever so even. */
const RESOLUTION = 0.005;
/** Median of |x - y| for two draws of a normal distribution, in σ. */
const MEDIAN_STEP = 0.9539;

export function changePoints(values: readonly number[]): readonly ChangePoint[] {
  const n = values.length;
  if (n < 2 * SHORTEST) return [];
  const sigma = noise(values);
  if (sigma === 0) return [];
  const penalty = PENALTY * sigma * sigma * Math.log(n);
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  // Around the first value, so that squares of large numbers do not swallow small changes.
  values.forEach((value, i) => {
    const x = value - values[0];
    sums[i + 1] = sums[i] + x;
    squares[i + 1] = squares[i] + x * x;
  });
  const cost = (from: number, to: number): number => {
    const sum = sums[to] - sums[from];
    return squares[to] - squares[from] - (sum * sum) / (to - from);
  };
  const best = new Float64Array(n + 1).fill(Infinity);
  const previous = new Int32Array(n + 1);
  best[0] = -penalty;
  for (let to = SHORTEST; to <= n; to++) {
    for (let from = 0; from <= to - SHORTEST; from++) {
      const total = best[from] + cost(from, to) + penalty;
      if (total < best[to]) {
        best[to] = total;
        previous[to] = from;
      }
    }
  }
  const starts: number[] = [];
  for (let at = n; at > 0; at = previous[at]) starts.unshift(previous[at]);
  const mean = (from: number, to: number): number =>
    values[0] + (sums[to] - sums[from]) / (to - from);
  return starts.slice(1).map((index, i) => ({
    index,
    from: mean(starts[i], index),
    to: mean(index, starts[i + 2] ?? n),
  }));
}

function noise(values: readonly number[]): number {
  const steps = Float64Array.from(values.slice(1), (value, i) =>
    Math.abs(value - values[i]),
  ).sort();
  const size = Float64Array.from(values, Math.abs).sort();
  const middle = (sorted: Float64Array): number => sorted[sorted.length >> 1];
  return Math.max(middle(steps) / MEDIAN_STEP, RESOLUTION * middle(size));
}
