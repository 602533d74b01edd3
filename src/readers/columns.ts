/** Columns that grow while rows arrive, and are cut to length when they are whole. */

import type { Ids } from '../profile/model';

type Growable = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** Columns of one table, filled row by row: first `add()`, which may move them, then `columns`. */
export class TableBuilder<C extends Record<string, Growable>> {
  length = 0;
  private capacity: number;

  /** @param expected rows; a good guess saves copying, a bad one costs nothing but that */
  constructor(
    readonly columns: C,
    expected: number,
  ) {
    this.capacity = 0;
    this.reserve(Math.max(expected, 16));
  }

  /** Makes room for a row and returns its number. */
  add(): number {
    if (this.length === this.capacity) this.reserve(this.capacity * 2);
    return this.length++;
  }

  /** The columns at their true length. Room left over is given back where it is worth a copy. */
  finish(): C & { readonly length: number } {
    const waste = this.capacity - this.length > this.capacity / 8;
    const done: Record<string, Growable> = {};
    for (const [name, column] of Object.entries(this.columns)) {
      done[name] = waste ? column.slice(0, this.length) : column.subarray(0, this.length);
    }
    return { ...(done as C), length: this.length };
  }

  private reserve(capacity: number): void {
    for (const [name, column] of Object.entries(this.columns)) {
      const grown = new (column.constructor as new (n: number) => Growable)(capacity);
      grown.set(column);
      (this.columns as Record<string, Growable>)[name] = grown;
    }
    this.capacity = capacity;
  }
}

/** A table whose ids may be in narrower columns. */
type Compact<T> = { [K in keyof T]: T[K] extends Uint32Array ? Ids : T[K] };

/** The table with its ids in bytes or 16 bits where they fit, as most columns name one of a few things. */
export function compact<T extends object>(table: T): Compact<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, column]: [string, unknown]) => [
      name,
      column instanceof Uint32Array ? narrowed(column) : column,
    ]),
  ) as Compact<T>;
}

function narrowed(ids: Uint32Array): Ids {
  let most = 0;
  for (let row = 0; row < ids.length && most <= 0xffff; row++) {
    if (ids[row] > most) most = ids[row];
  }
  if (most <= 0xff) return new Uint8Array(ids);
  return most <= 0xffff ? new Uint16Array(ids) : ids;
}

/** Empty columns, as a start for a {@link TableBuilder}. */
export const f64 = (): Float64Array => new Float64Array(0);
export const u32 = (): Uint32Array => new Uint32Array(0);
export const i32 = (): Int32Array => new Int32Array(0);
export const u8 = (): Uint8Array => new Uint8Array(0);
