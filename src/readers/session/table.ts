/** Rows of text into columns that grow; a view of them stays valid as they do. */
import type { StringTable } from '../../profile/strings';
import type { Column, FileSpec } from './files';

/** More rows than any view needs; what is beyond is counted, not kept. */
export const MOST_ROWS = 5_000_000;

type Array_ = Float64Array | Uint32Array | Int32Array;

export class GrowingTable {
  length = 0;
  leftOut = 0;
  private capacity = 0;
  private columns: Record<string, Array_> = { process: new Int32Array(0) };

  constructor(readonly spec: FileSpec) {
    for (const [name, { kind }] of Object.entries(spec.columns)) {
      this.columns[name] = kind === 'number' ? new Float64Array(0) : new Uint32Array(0);
    }
  }

  clear(): void {
    this.length = 0;
    this.leftOut = 0;
    // Views given out before keep their rows.
    this.capacity = 0;
  }

  /** A place for one more row, or -1 where there is no room. */
  add(): number {
    if (this.length >= MOST_ROWS) {
      this.leftOut++;
      return -1;
    }
    if (this.length === this.capacity) this.grow(Math.max(64, this.capacity * 2));
    return this.length++;
  }

  column(name: string): Array_ {
    return this.columns[name];
  }

  view(): Record<string, Array_ | number> {
    const view: Record<string, Array_ | number> = { length: this.length };
    for (const [name, column] of Object.entries(this.columns)) {
      view[name] = column.subarray(0, this.length);
    }
    return view;
  }

  private grow(capacity: number): void {
    for (const [name, column] of Object.entries(this.columns)) {
      const grown = new (column.constructor as new (n: number) => Array_)(capacity);
      grown.set(column.subarray(0, this.length));
      this.columns[name] = grown;
    }
    this.capacity = capacity;
  }
}

/** Where each column is in a file, by its header. */
export class Layout {
  private readonly places: readonly (readonly [string, Column, number])[];
  readonly width: number;

  private constructor(
    header: readonly string[],
    readonly spec: FileSpec,
  ) {
    this.width = header.length;
    this.places = Object.entries(spec.columns).map(
      ([name, column]) =>
        [name, column, header.findIndex((cell) => column.from.includes(cell))] as const,
    );
  }

  /** Undefined where the header lacks what such a file must have. */
  static of(cells: readonly string[], spec: FileSpec): Layout | undefined {
    const header = cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
    return spec.needs.every((name) => header.includes(name)) ? new Layout(header, spec) : undefined;
  }

  /** Files one row; false where it is none. */
  row(
    cells: readonly string[],
    into: GrowingTable,
    process: number,
    strings: StringTable,
  ): boolean {
    // A row of the original tool may be shorter than ours, never than its own header.
    if (cells.length !== this.width) return false;
    const row = into.add();
    if (row < 0) return true;
    into.column('process')[row] = process;
    for (const [name, column, place] of this.places) {
      if (column.kind === 'text') {
        into.column(name)[row] = place < 0 ? 0 : strings.intern(cells[place]);
      } else {
        into.column(name)[row] =
          place < 0 ? NaN : (toNumber(cells[place]) * column.factor) / column.divisor;
      }
    }
    return true;
  }
}

/** Also what Python writes of a truth value; all that is no finite number is NaN. */
function toNumber(cell: string): number {
  if (cell === '' || cell === 'None') return NaN;
  if (cell === 'True') return 1;
  if (cell === 'False') return 0;
  const value = Number(cell);
  return Number.isFinite(value) ? value : NaN;
}
