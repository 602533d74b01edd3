/** Events put into numbered groups, and what nsys computes of each group. */
import type { EventTable } from '../../profile/model';
import { summarize, type Summary } from '../statistics';

export interface GroupSummary extends Summary {
  readonly count: number;
}

/** Rows of a table: which group each is in (negative: none), and its value. */
export interface GroupedValues {
  readonly length: number;
  group(row: number): number;
  value(row: number): number;
}

/** Values of as many groups at once, though those of one group always. */
const MOST_VALUES = 1 << 21;

/**
 * Count and statistics of each group; undefined for a group without values.
 * Values are taken in order of the tables and their rows, as nsys meets them.
 * Of many millions it takes some groups at a time, to need memory for those alone.
 */
export function summarizeGroups(
  groups: number,
  ...tables: readonly GroupedValues[]
): (GroupSummary | undefined)[] {
  const counts = new Uint32Array(groups);
  for (const table of tables) {
    for (let i = 0; i < table.length; i++) {
      const group = table.group(i);
      if (group >= 0) counts[group]++;
    }
  }
  const summaries: (GroupSummary | undefined)[] = [];
  let room = new Float64Array(0);
  while (summaries.length < groups) {
    const from = summaries.length;
    let to = from + 1;
    let values = counts[from];
    while (to < groups && values + counts[to] <= MOST_VALUES) values += counts[to++];
    if (values > room.length) room = new Float64Array(values);
    const samples = new Samples(counts.subarray(from, to), room);
    for (const table of tables) {
      for (let i = 0; i < table.length; i++) {
        const group = table.group(i);
        if (group >= from && group < to) samples.add(group - from, table.value(i));
      }
    }
    for (const summary of samples.summaries()) summaries.push(summary);
  }
  return summaries;
}

/** Values of groups whose sizes are known beforehand, in one array. */
export class Samples {
  private readonly values: Float64Array;
  /** Where the next value of each group goes; its end, once all are there. */
  private readonly next: Float64Array;

  /** @param room for the values, used again by whoever takes some groups after others */
  constructor(
    private readonly counts: ArrayLike<number>,
    room?: Float64Array,
  ) {
    this.next = new Float64Array(counts.length);
    let length = 0;
    for (let group = 0; group < counts.length; group++) {
      this.next[group] = length;
      length += counts[group];
    }
    this.values = room ?? new Float64Array(length);
  }

  add(group: number, value: number): void {
    this.values[this.next[group]++] = value;
  }

  /** Once every value was added. */
  summaries(): (GroupSummary | undefined)[] {
    return Array.from(this.counts, (count, group) => {
      if (count === 0) return undefined;
      const end = this.next[group];
      return { count, ...summarize(this.values.subarray(end - count, end)) };
    });
  }
}

/** Durations of a table's rows, as {@link GroupedValues}. */
export const durations = (table: EventTable, group: (row: number) => number): GroupedValues => ({
  length: table.length,
  group,
  value: (row) => table.end[row] - table.start[row],
});

/** Gives texts numbers from 0 in order of first use. */
export class TextIndex {
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();

  id(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.texts.push(text) - 1;
      this.ids.set(text, id);
    }
    return id;
  }
}

/**
 * Gives pairs of 32-bit integers numbers from 0 in order of first use. A hash
 * table with linear probing: a Map would need an object or a text a pair.
 */
export class PairIndex {
  length = 0;
  private firsts = new Int32Array(512);
  private seconds = new Int32Array(512);
  private slots = new Int32Array(2048).fill(-1);

  id(first: number, second: number): number {
    const mask = this.slots.length - 1;
    let slot = hash(first, second) & mask;
    for (let id = this.slots[slot]; id >= 0; id = this.slots[slot]) {
      if (this.firsts[id] === first && this.seconds[id] === second) return id;
      slot = (slot + 1) & mask;
    }
    const id = this.length++;
    if (id === this.firsts.length) {
      this.firsts = doubled(this.firsts);
      this.seconds = doubled(this.seconds);
    }
    this.firsts[id] = first;
    this.seconds[id] = second;
    this.slots[slot] = id;
    if (this.length * 2 > this.slots.length) this.rehash();
    return id;
  }

  first(id: number): number {
    return this.firsts[id];
  }

  second(id: number): number {
    return this.seconds[id];
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.length; id++) {
      let slot = hash(this.firsts[id], this.seconds[id]) & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(values.length * 2);
  grown.set(values);
  return grown;
}

/** Two odd multipliers, and MurmurHash3's last steps to carry the high bits down. */
function hash(first: number, second: number): number {
  let h = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x7feb352d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/**
 * Order of two texts as SQLite's BINARY collation has it: by the bytes of their
 * UTF-8, which is by code point, not by JavaScript's UTF-16 units.
 *
 * It decides among rows that tie. nsys's queries sort by total only, but SQLite
 * has sorted the groups by their keys before, its sorter is stable, and so ties
 * come out in order of the keys.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all that one unit can hold. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
