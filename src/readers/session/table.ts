/** Rows of text into columns that grow; a view of them stays valid as they do. */
import type { StringTable } from '../../profile/strings';
import type { Column, FileSpec } from './files';

/** More rows than any view needs, of all processes together. Beyond, the newest are kept. */
export const MOST_ROWS = 2_000_000;

type Array_ = Float64Array | Uint32Array | Int32Array;

/** The column that tells which rows are old; undefined where the file is replaced whole. */
const momentOf = ({ grows, columns }: FileSpec): string | undefined =>
  grows ? ['time', 'finished'].find((name) => name in columns) : undefined;

export class GrowingTable {
  length = 0;
  leftOut = 0;
  /** Rows of before were left out, in ns of the session; undefined where all are kept. */
  from: number | undefined;
  private readonly moment: string | undefined;
  private capacity = 0;
  private columns: Record<string, Array_> = { process: new Int32Array(0) };

  constructor(
    readonly spec: FileSpec,
    private readonly mostRows = MOST_ROWS,
  ) {
    this.moment = momentOf(spec);
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

  /**
   * A place for one more row, or -1 where there is no room, or where it is older than rows
   * that were left out: every process is kept from the same time on.
   */
  add(at?: number): number {
    if (this.length >= this.mostRows && this.moment !== undefined) this.letGo(this.moment);
    if (this.length >= this.mostRows || (this.from !== undefined && !(at! >= this.from))) {
      this.leftOut++;
      return -1;
    }
    if (this.length === this.capacity)
      this.grow(Math.min(this.mostRows, Math.max(64, this.capacity * 2)));
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

  /** Lets go of the older half. Views given out before keep their rows. */
  private letGo(moment: string): void {
    const times = this.columns[moment].subarray(0, this.length);
    const sorted = times.slice().sort();
    this.from = sorted[sorted.length >> 1];
    const { from } = this;
    const all = Uint32Array.from({ length: times.length }, (_, row) => row);
    const newer = all.filter((row) => times[row] >= from);
    // Where all are of one time, by their order.
    const kept = newer.length < all.length ? newer : all.subarray(all.length >> 1);
    for (const [name, column] of Object.entries(this.columns)) {
      const left = new (column.constructor as new (n: number) => Array_)(this.capacity);
      kept.forEach((row, place) => (left[place] = column[row]));
      this.columns[name] = left;
    }
    this.leftOut += this.length - kept.length;
    this.length = kept.length;
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

/** A column, and where it is in a file; -1 where it is not. */
type Place = readonly [name: string, column: Column, place: number];

/** Where each column is in a file, by its header. */
export class Layout {
  private readonly places: readonly Place[];
  private readonly moment: Place | undefined;
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
    this.moment = this.places.find(([name]) => name === momentOf(spec));
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
    const row = into.add(this.moment && numberAt(cells, this.moment));
    if (row < 0) return true;
    into.column('process')[row] = process;
    for (const place of this.places) {
      const [name, { kind }, cell] = place;
      if (kind === 'number') into.column(name)[row] = numberAt(cells, place);
      else into.column(name)[row] = cell < 0 ? 0 : strings.intern(cells[cell]);
    }
    return true;
  }
}

function numberAt(cells: readonly string[], [, column, place]: Place): number {
  if (place < 0 || column.kind === 'text') return NaN;
  return (toNumber(cells[place]) * column.factor) / column.divisor;
}

/** Also what Python writes of a truth value; all that is no finite number is NaN. */
function toNumber(cell: string): number {
  if (cell === '' || cell === 'None') return NaN;
  if (cell === 'True') return 1;
  if (cell === 'False') return 0;
  const value = Number(cell);
  return Number.isFinite(value) ? value : NaN;
}
