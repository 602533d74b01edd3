/**
 * Intervals of time on the device: how much they cover together, how they
 * overlap, how they fall into bins. Everything here is one sweep over intervals
 * in order of start; nothing compares an interval with all others.
 *
 * One rule for what a capture should not hold: an interval that ends before it
 * starts, or has no end, has no length and lies at its start; one without a
 * start is nowhere, and is left out by whoever feeds the sweep.
 */
import type { Nanoseconds } from '../profile/units';

/** Where an interval ends, by the rule above. */
export function endOf(start: Nanoseconds, end: Nanoseconds): Nanoseconds {
  return end > start ? end : start;
}

/** Length of an interval, by the rule above; 0 where it has no start. */
export function lengthOf(start: Nanoseconds, end: Nanoseconds): Nanoseconds {
  return end > start ? end - start : 0;
}

/** Rows in order of a column, equal ones in order of row; rows with NaN are left out. */
export function orderBy(column: Float64Array): Uint32Array {
  let length = 0;
  for (let row = 0; row < column.length; row++) if (!Number.isNaN(column[row])) length++;
  const rows = new Uint32Array(length);
  for (let row = 0, i = 0; row < column.length; row++) {
    if (!Number.isNaN(column[row])) rows[i++] = row;
  }
  sortBy(rows, column);
  return rows;
}

/**
 * Puts rows in order of a column that is a number in each of them; equal ones
 * stay in their order. Rows that are in order already, as those of most exports,
 * cost one look.
 *
 * A comparator costs a call a comparison, a second for a few million rows. The
 * bits of positive doubles order as the doubles do, so the rows are dealt out by
 * 16 bits at a time instead, lowest first: at most four passes, and fewer in
 * practice, since whole nanoseconds leave the lowest bits 0.
 */
export function sortBy(rows: Uint32Array, column: Float64Array): void {
  const { length } = rows;
  let ordered = true;
  let negative = false;
  let previous = -Infinity;
  for (let i = 0; i < length; i++) {
    const value = column[rows[i]];
    if (value < previous) ordered = false;
    if (value < 0 || Object.is(value, -0)) negative = true;
    previous = value;
  }
  if (ordered) return;
  if (length < DIGITS || negative) {
    rows.sort((a, b) => column[a] - column[b]);
    return;
  }

  const digits = new Uint16Array(column.buffer, column.byteOffset, column.length * 4);
  let from = rows;
  let to: Uint32Array = new Uint32Array(length);
  const places = new Uint32Array(DIGITS);
  for (const part of littleEndian ? [0, 1, 2, 3] : [3, 2, 1, 0]) {
    places.fill(0);
    for (let i = 0; i < length; i++) places[digits[from[i] * 4 + part]]++;
    if (places[digits[from[0] * 4 + part]] === length) continue;
    for (let digit = 0, place = 0; digit < DIGITS; digit++) {
      const count = places[digit];
      places[digit] = place;
      place += count;
    }
    for (let i = 0; i < length; i++) to[places[digits[from[i] * 4 + part]]++] = from[i];
    [from, to] = [to, from];
  }
  if (from !== rows) rows.set(from);
}

/** Puts rows in order of start: of those that start at once the longest first. */
export function sortOuterFirst(
  rows: Uint32Array,
  start: Float64Array,
  endOf: (row: number) => number,
): void {
  sortBy(rows, start);
  for (let first = 0; first < rows.length;) {
    let past = first + 1;
    while (past < rows.length && start[rows[past]] === start[rows[first]]) past++;
    if (past - first > 1) rows.subarray(first, past).sort((a, b) => endOf(b) - endOf(a) || a - b);
    first = past;
  }
}

const DIGITS = 1 << 16;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Length of the union of the intervals of each key; feed in order of start. */
export class UnionLength {
  /** Union of what was added so far. */
  readonly length: Float64Array;
  /** Latest end so far, -Infinity before the first. */
  readonly end: Float64Array;

  constructor(keys: number) {
    this.length = new Float64Array(keys);
    this.end = new Float64Array(keys).fill(-Infinity);
  }

  /** @returns by how much the union grew */
  add(key: number, start: Nanoseconds, end: Nanoseconds): Nanoseconds {
    const from = start > this.end[key] ? start : this.end[key];
    const grown = end > from ? end - from : 0;
    this.length[key] += grown;
    // An interval of no length moves the end too: nothing before it can come any more.
    if (end > this.end[key]) this.end[key] = end;
    return grown;
  }

  /** Over all keys. */
  get total(): Nanoseconds {
    return this.length.reduce((sum, length) => sum + length, 0);
  }
}

/** As {@link UnionLength}, spread over equal bins of a stretch of time; what lies outside it is cut off. */
export class UnionInBins {
  /** Length of the union in each bin, the bins of key 0 first. */
  readonly lengths: Float64Array;
  private readonly ends: Float64Array;
  private readonly width: Nanoseconds;

  constructor(
    keys: number,
    private readonly start: Nanoseconds,
    private readonly end: Nanoseconds,
    private readonly bins: number,
  ) {
    this.lengths = new Float64Array(keys * bins);
    this.ends = new Float64Array(keys).fill(start);
    this.width = (end - start) / bins;
  }

  add(key: number, start: Nanoseconds, end: Nanoseconds): void {
    let from = start > this.ends[key] ? start : this.ends[key];
    const to = end < this.end ? end : this.end;
    if (!(to > from)) return;
    this.ends[key] = to;
    let bin = Math.min(Math.floor((from - this.start) / this.width), this.bins - 1);
    while (from < to) {
      const edge = bin === this.bins - 1 ? this.end : this.start + (bin + 1) * this.width;
      const until = edge < to ? edge : to;
      if (until > from) {
        this.lengths[key * this.bins + bin] += until - from;
        from = until;
      }
      bin++;
    }
  }
}

/**
 * Time in which two or more lanes (streams) of a key (device) are busy at once;
 * feed in order of start. Intervals that overlap within a lane count once.
 */
export class OverlapLength {
  readonly length: Float64Array;
  private readonly laneEnd: Float64Array;
  /** Latest end of any lane of the key. */
  private readonly busyEnd: Float64Array;
  /** Up to where overlap has been counted. */
  private readonly counted: Float64Array;

  constructor(keys: number, lanes: number) {
    this.length = new Float64Array(keys);
    this.laneEnd = new Float64Array(lanes).fill(-Infinity);
    this.busyEnd = new Float64Array(keys).fill(-Infinity);
    this.counted = new Float64Array(keys).fill(-Infinity);
  }

  /** @param lane of one key only */
  add(key: number, lane: number, start: Nanoseconds, end: Nanoseconds): void {
    // What the lane was busy with before is counted already, whichever lanes it met.
    const from = Math.max(start, this.laneEnd[lane], this.counted[key]);
    const to = Math.min(end, this.busyEnd[key]);
    if (to > from) {
      this.length[key] += to - from;
      this.counted[key] = to;
    }
    if (end > this.laneEnd[lane]) this.laneEnd[lane] = end;
    if (end > this.busyEnd[key]) this.busyEnd[key] = end;
  }
}
