/**
 * Which ranges are in which, and which a call is in: one sweep over ranges and
 * calls in order of time, with a stack per thread.
 *
 * Push-pop ranges of one NVTX domain nest. Ranges of different domains and
 * start-end ranges may cross, so the stack is a list of the ranges that are
 * open, and "encloses" is tested, never taken for granted.
 */
import { type ApiTable, NONE, RangeKind, type Profile, type RangeTable } from '../profile/model';
import type { Analysis } from './analysis';
import { sortOuterFirst } from './intervals';

/** `push-pop`: ranges that form a stack of a thread; `all`: start-end ranges too, as nsys's projections count them. */
export type RangeSelection = 'push-pop' | 'all';
export type RangeStyle = 'PushPop' | 'StartEnd';

/** As narrow as the deepest level asks for. */
type Levels = Int8Array | Int32Array;
const DEEPEST_BYTE = 127;

/**
 * Columns by row of `profile.ranges`, except {@link stack} (row of `profile.api`)
 * and the lists.
 *
 * A range takes part when it ends on the thread that began it and does not
 * end before it begins; marks never do. One still open ends at {@link horizon}.
 *
 * The ranges around a call are a linked list, innermost (latest begun) first:
 *
 *     for (let f = p.stack[call]; f !== NONE; f = p.listNext[f]) visit(p.rangeOf(f));
 *
 * Element `f < profile.ranges.length` is the range of that row followed by the
 * ranges around it; further elements exist only where ranges cross.
 */
export interface RangeProjection {
  /** Ranges that take part, by thread, then start; a range comes after those around it. */
  readonly order: Uint32Array;
  /** The shortest range around this one on its thread; NONE at the top and for ranges that take no part. */
  readonly parent: Int32Array;
  /** 0 at the top; NONE for ranges that take no part. */
  readonly level: Levels;
  /** End of a range; {@link horizon} for one that is open. */
  readonly endOf: (range: number) => number;
  /** Latest start or end of the ranges selected; 0 without any. */
  readonly horizon: number;
  /** Per API call: its list of ranges (`start <= call.start` and `call.end <= end`, same thread), or NONE. */
  readonly stack: Int32Array;
  readonly rangeOf: (element: number) => number;
  readonly listNext: Int32Array;
  /** Elements beyond those of the ranges: for each, how many of {@link order} were opened before it. */
  readonly extraAfter: Ints;
}

/** Computed once per analysis and selection. Linear after sorting; see {@link RangeProjection}. */
export function rangeProjection(analysis: Analysis, selection: RangeSelection): RangeProjection {
  return analysis.once(`range-projection ${selection}`, () => {
    const sweep = new Sweep(analysis.profile, selection);
    sweep.run();
    return sweep.projection();
  });
}

/**
 * Adds every element to its next, youngest first, then those beyond the ranges
 * to the range they are of. Where each call has added to the head of its list,
 * each range has then what all calls inside it added: a list holds a range once.
 */
export function addUp(
  { order, rangeOf, listNext, extraAfter, parent }: RangeProjection,
  add: (from: number, to: number) => void,
): void {
  const own = parent.length;
  let extra = extraAfter.length - 1;
  for (let opened = order.length; opened >= 0; opened--) {
    for (; extra >= 0 && extraAfter.at(extra) >= opened; extra--) {
      const next = listNext[own + extra];
      if (next !== NONE) add(own + extra, next);
    }
    if (opened === 0) break;
    const range = order[opened - 1];
    if (listNext[range] !== NONE) add(range, listNext[range]);
  }
  for (let f = own; f < own + extraAfter.length; f++) add(f, rangeOf(f));
}

/** Far beyond any real capture; reached only by ranges that cross a thousandfold, in memory before time. */
const MAX_EXTRA_ELEMENTS = 50_000_000;

class Sweep {
  private readonly ranges: RangeTable;
  private readonly horizon: number;
  private readonly endOf: (range: number) => number;
  private readonly order: Uint32Array;
  /** Bounds of each thread in {@link order}. */
  private readonly bounds: Uint32Array;
  /** The same array as {@link ownNext} until ranges cross: inside one another, the next is the parent. */
  private parent: Int32Array;
  private level: Levels;
  private readonly stack: Int32Array;

  /** Ranges opened so far: all in {@link order} before it. */
  private opened = 0;
  /**
   * For each of the further elements, how many ranges were opened before it: with
   * that, elements can be met in order of creation, in which one comes after its next.
   */
  private readonly extraAfter = new Ints();
  private readonly ownNext: Int32Array;
  private readonly extraRange = new Ints();
  private readonly extraNext = new Ints();

  /** The open ranges in order of start, and the list that begins with each. */
  private active: number[] = [];
  private lists: number[] = [];
  /** Neighbours in {@link active} of which the later one ends later. 0: every range is inside the one before. */
  private crossings = 0;

  constructor(
    private readonly profile: Profile,
    selection: RangeSelection,
  ) {
    const { ranges } = profile;
    this.ranges = ranges;
    const selected = (row: number): boolean => isSelected(ranges.kind[row], selection);
    let horizon = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < ranges.length; i++) {
      if (!selected(i)) continue;
      horizon = Math.max(horizon, ranges.start[i]);
      if (ranges.end[i] > horizon) horizon = ranges.end[i]!;
    }
    this.horizon = Number.isFinite(horizon) ? horizon : 0;
    this.endOf = rangeEnds(ranges, this.horizon);
    const grouped = byThreadAndStart(
      profile.threads.length,
      ranges,
      this.endOf,
      (i) => selected(i) && ranges.endThread[i] === ranges.thread[i],
    );
    this.order = grouped.order;
    this.bounds = grouped.bounds;
    this.ownNext = new Int32Array(ranges.length).fill(NONE);
    this.parent = this.ownNext;
    this.level = new Int8Array(ranges.length).fill(NONE);
    this.stack = new Int32Array(profile.api.length).fill(NONE);
  }

  run(): void {
    const { api, threads } = this.profile;
    const { bounds, order } = this;
    const hasRanges = (t: number): boolean => bounds[t + 1] > bounds[t];
    const calls = byThreadAndStart(
      threads.length,
      api,
      (i) => api.end[i],
      (i) => hasRanges(api.thread[i]),
    );
    for (let t = 0; t < threads.length; t++) {
      this.active = [];
      this.lists = [];
      this.crossings = 0;
      let c = calls.bounds[t];
      const lastCall = calls.bounds[t + 1];
      for (let r = bounds[t]; r < bounds[t + 1]; r++) {
        const range = order[r];
        const start = this.ranges.start[range];
        for (; c < lastCall && api.start[calls.order[c]] < start; c++) this.call(calls.order[c]);
        this.open(range);
      }
      for (; c < lastCall && this.active.length > 0; c++) this.call(calls.order[c]);
    }
  }

  private open(range: number): void {
    const end = this.endOf(range);
    this.close(this.ranges.start[range]);
    const around = this.enclosing(end);
    const parent = this.shortest(around);
    if (parent !== around && this.parent === this.ownNext) this.parent = this.ownNext.slice();
    this.ownNext[range] = around;
    this.parent[range] = parent;
    this.opened++;
    const level = parent === NONE ? 0 : this.level[parent] + 1;
    if (level > DEEPEST_BYTE && this.level instanceof Int8Array) {
      this.level = Int32Array.from(this.level);
    }
    this.level[range] = level;
    this.push(range, around);
  }

  private call(row: number): void {
    const { api } = this.profile;
    this.close(api.start[row]);
    this.stack[row] = this.enclosing(api.end[row]);
  }

  /** Puts a range on top. `around`: the list of the ranges around it, where known. */
  private push(range: number, around: number): void {
    const below = this.lists.length > 0 ? this.lists[this.lists.length - 1] : NONE;
    const top = this.active[this.active.length - 1];
    if (top !== undefined && this.endOf(top) < this.endOf(range)) this.crossings++;
    this.active.push(range);
    this.lists.push(around === below ? range : this.extra(range, below));
  }

  /** Drops what ended before `time`. */
  private close(time: number): void {
    const { active, lists } = this;
    if (this.crossings === 0) {
      while (active.length > 0 && this.endOf(active[active.length - 1]) < time) {
        active.pop();
        lists.pop();
      }
      return;
    }
    const from = active.findIndex((range) => this.endOf(range) < time);
    if (from < 0) return;
    const above = active.slice(from).filter((range) => this.endOf(range) >= time);
    active.length = from;
    lists.length = from;
    this.crossings = 0;
    for (let i = 1; i < from; i++) {
      if (this.endOf(active[i - 1]) < this.endOf(active[i])) this.crossings++;
    }
    for (const range of above) this.push(range, this.ownNext[range]);
  }

  /** The list of the open ranges that end at `time` or later. */
  private enclosing(time: number): number {
    const { active, lists } = this;
    if (this.crossings === 0) {
      let top = active.length - 1;
      while (top >= 0 && this.endOf(active[top]) < time) top--;
      return top < 0 ? NONE : lists[top];
    }
    let from = 0;
    while (from < active.length && this.endOf(active[from]) >= time) from++;
    let list = from > 0 ? lists[from - 1] : NONE;
    for (let i = from + 1; i < active.length; i++) {
      if (this.endOf(active[i]) >= time) list = this.extra(active[i], list);
    }
    return list;
  }

  private shortest(list: number): number {
    let best = NONE;
    let length = Number.POSITIVE_INFINITY;
    for (let f = list; f !== NONE; f = this.next(f)) {
      const range = this.rangeOf(f);
      const own = this.endOf(range) - this.ranges.start[range];
      if (own < length) {
        best = range;
        length = own;
      }
      // Inside one another, the innermost is the shortest.
      if (this.crossings === 0) break;
    }
    return best;
  }

  private extra(range: number, next: number): number {
    if (this.extraRange.length >= MAX_EXTRA_ELEMENTS) {
      throw new Error('The ranges of this profile cross each other too often to be attributed.');
    }
    const element = this.ranges.length + this.extraRange.length;
    this.extraRange.push(range);
    this.extraNext.push(next);
    this.extraAfter.push(this.opened);
    return element;
  }

  private rangeOf(element: number): number {
    const own = this.ranges.length;
    return element < own ? element : this.extraRange.at(element - own);
  }

  private next(element: number): number {
    const own = this.ranges.length;
    return element < own ? this.ownNext[element] : this.extraNext.at(element - own);
  }

  projection(): RangeProjection {
    const own = this.ranges.length;
    const size = own + this.extraRange.length;
    let listNext = this.ownNext;
    if (size > own) {
      listNext = new Int32Array(size);
      for (let f = 0; f < size; f++) listNext[f] = this.next(f);
    }
    // The sweep itself, with what it no longer needs, is not kept by this.
    const { extraRange } = this;
    return {
      order: this.order,
      parent: this.parent,
      level: this.level,
      endOf: this.endOf,
      horizon: this.horizon,
      stack: this.stack,
      rangeOf: (element) => (element < own ? element : extraRange.at(element - own)),
      listNext,
      extraAfter: this.extraAfter,
    };
  }
}

/** Not a column, which would be another of millions of rows for a few that are open. */
function rangeEnds({ end }: RangeTable, horizon: number): (range: number) => number {
  return (range) => (Number.isNaN(end[range]) ? horizon : end[range]);
}

const isSelected = (kind: RangeKind, selection: RangeSelection): boolean => {
  const style = rangeStyle(kind);
  return style === 'PushPop' || (style === 'StartEnd' && selection === 'all');
};

/** nsys's word for the kind of a range; undefined for a mark. */
export function rangeStyle(kind: RangeKind): RangeStyle | undefined {
  switch (kind) {
    case RangeKind.PushPop:
    case RangeKind.ImportedPushPop:
      return 'PushPop';
    case RangeKind.StartEnd:
    case RangeKind.ImportedStartEnd:
      return 'StartEnd';
    default:
      return undefined;
  }
}

/**
 * Rows by thread, then start, then end descending. Left out are rows of
 * `thread >= threads`, those that end before they begin, and what is not included.
 */
function byThreadAndStart(
  threads: number,
  { length, start, thread }: Pick<ApiTable, 'length' | 'start' | 'thread'>,
  endOf: (row: number) => number,
  include: (row: number) => boolean,
): { order: Uint32Array; bounds: Uint32Array } {
  const bounds = new Uint32Array(threads + 1);
  const takesPart = (row: number): boolean =>
    thread[row] < threads && endOf(row) >= start[row] && include(row);
  for (let row = 0; row < length; row++) if (takesPart(row)) bounds[thread[row] + 1]++;
  for (let t = 0; t < threads; t++) bounds[t + 1] += bounds[t];
  const order = new Uint32Array(bounds[threads]);
  const next = bounds.slice();
  for (let row = 0; row < length; row++) if (takesPart(row)) order[next[thread[row]]++] = row;
  for (let t = 0; t < threads; t++) {
    sortOuterFirst(order.subarray(bounds[t], bounds[t + 1]), start, endOf);
  }
  return { order, bounds };
}

/** A growing Int32Array. */
class Ints {
  private values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Int32Array(this.values.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  at(index: number): number {
    return this.values[index];
  }
}
