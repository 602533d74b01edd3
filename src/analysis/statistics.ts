/** The statistics of a column of figures, defined once. */

export interface Summary {
  readonly total: number;
  readonly average: number;
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
  /** Sample standard deviation (n - 1); 0 for one value. */
  readonly stddev: number;
}

/**
 * Summary of at least one value; leaves the values sorted.
 *
 * Mean and deviation are what SQLite's `avg` and its extension's `stdev` make of
 * them (sum / n; Welford's recurrence), so that they print as in `nsys stats`.
 */
export function summarize(values: Float64Array): Summary {
  const count = values.length;
  let total = 0;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    total += value;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  values.sort();
  return {
    total,
    average: total / count,
    median: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    min: values[0],
    max: values[count - 1],
    stddev: count > 1 ? Math.sqrt(squares / (count - 1)) : 0,
  };
}

/**
 * Value at a fraction of the way through sorted values, interpolated between the
 * two nearest (Hyndman and Fan's type 7, the default of numpy and of Excel's
 * PERCENTILE.INC); at 0.5 it is the median. NaN where there are no values.
 */
export function percentile(sorted: Float64Array, fraction: number): number {
  if (sorted.length === 0) return NaN;
  const place = fraction * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** Counts between edges: `edges.length === counts.length + 1`. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

const MOST_BINS = 40;

/**
 * Bins of equal ratio between the least (at least 1, so of times 1 ns) and the
 * most of at least one value; what is less falls into the first.
 */
export function logHistogram(values: Float64Array, min: number, max: number): Histogram {
  const low = Math.max(min, 1);
  if (!(max > low)) return { edges: [min, max], counts: [values.length] };
  const bins = Math.min(MOST_BINS, Math.max(1, Math.ceil(2 * Math.sqrt(values.length))));
  const ratio = Math.log(max / low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => low * Math.exp(ratio * i));
  edges[0] = min;
  edges[bins] = max;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(Math.log(Math.max(value, low) / low) / ratio);
    counts[Math.min(bin, bins - 1)]++;
  }
  return { edges, counts };
}
