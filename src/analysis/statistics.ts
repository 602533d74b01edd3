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
  sortNumbers(values);
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

/** Fewer are sorted as fast by the engine. */
const FEW = 256;
const DIGIT_BITS = 11;
/** Made once: a profile has tens of thousands of groups to sort. */
const places = new Uint32Array(1 << DIGIT_BITS);

/**
 * Sorts as `sort()` does, several times as fast where all are whole numbers below
 * 2^32, as times in ns and sizes are: they are dealt out by 11 bits at a time,
 * lowest first. They take half of the room the doubles took, so that they go to
 * and fro between the halves of it.
 */
export function sortNumbers(values: Float64Array): void {
  const { length } = values;
  let most = 0;
  let whole = length >= FEW;
  for (let i = 0; i < length && whole; i++) {
    const value = values[i];
    whole = value >>> 0 === value;
    if (value > most) most = value;
  }
  if (!whole) {
    values.sort();
    return;
  }
  const { buffer, byteOffset } = values;
  let from = new Uint32Array(buffer, byteOffset, length);
  let to = new Uint32Array(buffer, byteOffset + 4 * length, length);
  // None is overwritten before it is read: a place is never behind that of its double.
  for (let i = 0; i < length; i++) from[i] = values[i];
  const mask = places.length - 1;
  for (let shift = 0; shift < 32 && most >>> shift > 0; shift += DIGIT_BITS) {
    places.fill(0);
    for (let i = 0; i < length; i++) places[(from[i] >>> shift) & mask]++;
    for (let digit = 0, place = 0; digit <= mask; digit++) {
      const count = places[digit];
      places[digit] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) to[places[(from[i] >>> shift) & mask]++] = from[i];
    [from, to] = [to, from];
  }
  // Nor here: from the last where they are in the lower half, else from the first.
  if (from.byteOffset === byteOffset) {
    for (let i = length - 1; i >= 0; i--) values[i] = from[i];
  } else {
    for (let i = 0; i < length; i++) values[i] = from[i];
  }
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
