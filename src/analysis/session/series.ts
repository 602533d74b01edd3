/** A column over time in a screenful of bins. */
import type { Nanoseconds } from '../../profile/units';

export interface Series {
  /** Start of the first bin, and the length of each. */
  readonly start: Nanoseconds;
  readonly width: Nanoseconds;
  /** NaN where a bin has no row. */
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly count: Uint32Array;
}

export interface Window {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
}

/** From the first to the last time there is, or undefined where there is none. */
export function extent(times: Iterable<Float64Array>): Window | undefined {
  let start = Infinity;
  let end = -Infinity;
  for (const column of times) {
    for (let row = 0; row < column.length; row++) {
      const at = column[row];
      if (at < start) start = at;
      if (at > end) end = at;
    }
  }
  return start <= end ? { start, end } : undefined;
}

export function binned(
  times: Float64Array,
  values: Float64Array,
  bins: number,
  window: Window,
  keep: (row: number) => boolean = () => true,
): Series {
  const width = Math.max((window.end - window.start) / bins, 1);
  const mean = new Float64Array(bins);
  const min = new Float64Array(bins).fill(NaN);
  const max = new Float64Array(bins).fill(NaN);
  const count = new Uint32Array(bins);
  for (let row = 0; row < times.length; row++) {
    const value = values[row];
    const at = times[row];
    if (Number.isNaN(value) || !(at >= window.start && at <= window.end) || !keep(row)) continue;
    const bin = Math.min(bins - 1, Math.floor((at - window.start) / width));
    mean[bin] += value;
    count[bin]++;
    if (!(min[bin] <= value)) min[bin] = value;
    if (!(max[bin] >= value)) max[bin] = value;
  }
  for (let bin = 0; bin < bins; bin++) mean[bin] = count[bin] > 0 ? mean[bin] / count[bin] : NaN;
  return { start: window.start, width, mean, min, max, count };
}

/** Rows in the order of time; the columns themselves keep the order of their files. */
export function inTime(times: Float64Array, keep?: (row: number) => boolean): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < times.length; row++) {
    if (!Number.isNaN(times[row]) && (keep === undefined || keep(row))) rows.push(row);
  }
  return Uint32Array.from(rows).sort((a, b) => times[a] - times[b] || a - b);
}

/** Values of the rows that have one. */
export function known(values: Float64Array, keep?: (row: number) => boolean): Float64Array {
  let count = 0;
  const kept = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    if (!Number.isNaN(values[row]) && (keep === undefined || keep(row)))
      kept[count++] = values[row];
  }
  return kept.slice(0, count);
}
