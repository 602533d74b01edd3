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

/**
 * Rows in the order of time; the columns themselves keep the order of their files. A
 * process writes in the order of time, so that there are few runs, which are merged.
 */
export function inTime(times: Float64Array, keep?: (row: number) => boolean): Uint32Array {
  const all = new Uint32Array(times.length);
  let length = 0;
  for (let row = 0; row < times.length; row++) {
    if (!Number.isNaN(times[row]) && (keep === undefined || keep(row))) all[length++] = row;
  }
  let rows = all.slice(0, length);
  let ends = runEnds(rows, times);
  let merged = ends.length > 1 ? new Uint32Array(length) : rows;
  while (ends.length > 1) {
    const longer: number[] = [];
    let start = 0;
    for (let run = 0; run < ends.length; run += 2) {
      const middle = ends[run];
      const end = ends.at(run + 1) ?? middle;
      merge(rows, merged, times, start, middle, end);
      longer.push(end);
      start = end;
    }
    [rows, merged, ends] = [merged, rows, longer];
  }
  return rows;
}

/** Where each stretch of rows that is in the order of time ends. */
function runEnds(rows: Uint32Array, times: Float64Array): number[] {
  const ends: number[] = [];
  for (let place = 1; place < rows.length; place++) {
    if (times[rows[place]] < times[rows[place - 1]]) ends.push(place);
  }
  ends.push(rows.length);
  return ends;
}

/** Of the same time, the row that came first stays first. */
function merge(
  from: Uint32Array,
  to: Uint32Array,
  times: Float64Array,
  start: number,
  middle: number,
  end: number,
): void {
  let one = start;
  let other = middle;
  for (let place = start; place < end; place++) {
    const takeOne = one < middle && (other >= end || times[from[one]] <= times[from[other]]);
    to[place] = takeOne ? from[one++] : from[other++];
  }
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
