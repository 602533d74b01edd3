/** What lies inside what on a CPU thread: calls within calls, by time. */
import { NONE, type Ids } from '../profile/model';
import { orderBy, sortOuterFirst } from './intervals';

export interface Intervals {
  readonly length: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly thread: Ids;
}

/** Rows of several tables as the rows of one, those of the first table first. */
export function concatenate(tables: readonly Intervals[]): Intervals {
  const length = tables.reduce((sum, table) => sum + table.length, 0);
  const all = {
    length,
    start: new Float64Array(length),
    end: new Float64Array(length),
    thread: new Uint32Array(length),
  };
  let at = 0;
  for (const table of tables) {
    all.start.set(table.start, at);
    all.end.set(table.end, at);
    all.thread.set(table.thread, at);
    at += table.length;
  }
  return all;
}

export interface Nesting {
  /** The row it lies in directly, on the same thread; NONE at the top. */
  readonly parent: Int32Array;
  /** Rows so that each comes after the one it lies in. */
  readonly order: Uint32Array;
}

/**
 * @param strict whether what ends after the row around it lies in no part of it,
 *   as PyTorch has it (`EventList._populate_cpu_children`); else where it begins decides
 */
export function nest(rows: Intervals, threads: number, strict: boolean): Nesting {
  const { start, end, thread } = rows;
  const order = orderBy(start);
  sortOuterFirst(order, start, (row) => end[row]);
  const parent = new Int32Array(rows.length).fill(NONE);
  /** The row that was entered last on each thread; its parents are those below it. */
  const top = new Int32Array(threads).fill(NONE);
  for (const row of order) {
    let around = top[thread[row]];
    while (around !== NONE && (start[row] >= end[around] || (strict && end[row] > end[around]))) {
      around = parent[around];
    }
    parent[row] = around;
    top[thread[row]] = row;
  }
  return { parent, order };
}

/**
 * For moments on threads, the innermost row that is open then; NONE where none is.
 * @param moments with rows of both sorted together, in n·log n
 */
export function innermostAt(
  rows: Intervals,
  { parent, order }: Nesting,
  threads: number,
  moments: { readonly length: number; readonly time: Float64Array; readonly thread: Ids },
): Int32Array {
  const innermost = new Int32Array(moments.length).fill(NONE);
  const top = new Int32Array(threads).fill(NONE);
  let next = 0;
  for (const moment of orderBy(moments.time.subarray(0, moments.length))) {
    const time = moments.time[moment];
    for (; next < order.length && rows.start[order[next]] <= time; next++) {
      top[rows.thread[order[next]]] = order[next];
    }
    let row = top[moments.thread[moment]];
    while (row !== NONE && !(time < rows.end[row])) row = parent[row];
    innermost[moment] = row;
  }
  return innermost;
}
