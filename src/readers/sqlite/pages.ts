/**
 * The rows of an SQLite table read from its pages, without SQLite.
 *
 * A table of an export is a b-tree whose leaves hold the rows in order, and a
 * scan needs nothing else of a database engine: walking the leaves takes a
 * third of the time of stepping through a statement. What is not that simple
 * (other text encodings, tables keyed by something else, column defaults) is
 * left to SQLite: see {@link Database.scan}.
 *
 * Source: "Database File Format", sections 1.6 (b-tree pages), 2.1 (record
 * format), 1.5 (varints), 1.7 (overflow), sqlite.org.
 */
import { untilNul, type Texts } from '../texts';
import type { LazyFile } from './lazy-file';
import { numberOfText, type Column, type Row } from './row';

const INTERIOR = 0x05;
const LEAF = 0x0d;
const DEEPEST = 24;

/** Says that the file contradicts itself; SQLite would call it malformed. */
export class DamagedPage extends Error {}

export interface PageFile {
  readonly file: LazyFile;
  readonly pageSize: number;
  /** Page size less the bytes reserved at its end. */
  readonly usable: number;
  readonly pages: number;
}

/** The page layout of a file, or undefined where rows must be left to SQLite. */
export function pageFile(file: LazyFile): PageFile | undefined {
  const head = file.subarray(0, 100);
  if (head.length < 100) return undefined;
  const size = u16(head, 16);
  const pageSize = size === 1 ? 65536 : size;
  const utf8 = u32(head, 56) <= 1;
  if (!utf8 || pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  return {
    file,
    pageSize,
    usable: pageSize - head[20],
    pages: Math.ceil(file.length / pageSize),
  };
}

/**
 * The current row of a scan over pages. Numbers are decoded as the record is
 * gone through, into one column of doubles: nearly all are asked for, and a
 * number that a large function gives back would be an object of the heap.
 */
class PageRow implements Row {
  /** The record: a page, or the payload put together from overflow pages. */
  bytes: Uint8Array = new Uint8Array(0);
  /** How many columns of the record matter. */
  readonly width: number;
  /** By column of the table: its number among those that are wanted, or -1. */
  readonly wanted: Int32Array;
  /** By number: serial type and place; one more, of type NULL, stands for columns the table lacks. */
  readonly types: Int32Array;
  readonly places: Int32Array;
  /** By result: the number of its column, and what of it is wanted. */
  private readonly sources: Int32Array;
  private readonly parts: Uint8Array;
  private readonly sinceHigh: Float64Array;
  private readonly sinceLow: Float64Array;
  /** By result: its value; NaN where it is not stored as a number. */
  private readonly values: Float64Array;

  /** @param positions of the columns in the table, -1 for one it lacks */
  constructor(columns: readonly Column[], positions: readonly number[]) {
    this.width = Math.max(-1, ...positions) + 1;
    this.wanted = new Int32Array(this.width).fill(-1);
    const distinct = [...new Set(positions)].filter((position) => position >= 0);
    distinct.forEach((position, number) => (this.wanted[position] = number));
    this.types = new Int32Array(distinct.length + 1);
    this.places = new Int32Array(distinct.length + 1);
    this.sources = Int32Array.from(positions, (position) =>
      position < 0 ? distinct.length : this.wanted[position],
    );
    this.parts = Uint8Array.from(columns, partOf);
    const since = columns.map((column) =>
      typeof column === 'object' && 'since' in column ? column.since : 0n,
    );
    this.sinceHigh = Float64Array.from(since, highOf);
    this.sinceLow = Float64Array.from(since, lowOf);
    this.values = new Float64Array(columns.length);
  }

  /** Once {@link types} and {@link places} are those of a record in {@link bytes}. */
  decode(): void {
    const { bytes: b, types, places, sources, values } = this;
    for (let result = 0; result < values.length; result++) {
      const type = types[sources[result]];
      const at = places[sources[result]];
      let high = 0;
      let low = 0;
      switch (type) {
        case 1:
          low = (b[at] << 24) >> 24;
          high = low >> 31;
          break;
        case 2:
          low = ((b[at] << 24) | (b[at + 1] << 16)) >> 16;
          high = low >> 31;
          break;
        case 3:
          low = ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8)) >> 8;
          high = low >> 31;
          break;
        case 4:
          low = i32(b, at);
          high = low >> 31;
          break;
        case 5:
          high = ((b[at] << 24) | (b[at + 1] << 16)) >> 16;
          low = i32(b, at + 2);
          break;
        case 6:
          high = i32(b, at);
          low = i32(b, at + 4);
          break;
        case 8:
          break;
        case 9:
          low = 1;
          break;
        default:
          values[result] = type === 7 ? this.ofDouble(result, f64(b, at)) : NaN;
          continue;
      }
      values[result] = this.ofHalves(result, high, low >>> 0);
    }
  }

  /** What is wanted of a 64-bit number, which as a whole may not fit a double. */
  private ofHalves(result: number, high: number, low: number): number {
    switch (this.parts[result]) {
      case WHOLE:
        return (high - this.sinceHigh[result]) * 0x100000000 + (low - this.sinceLow[result]);
      case PROCESS:
        return high * 256 + (low >>> 24);
      case THREAD:
        return low & 0xffffff;
      default:
        return high;
    }
  }

  private ofDouble(result: number, value: number): number {
    if (this.parts[result] === WHOLE) {
      return value - (this.sinceHigh[result] * 0x100000000 + this.sinceLow[result]);
    }
    if (!Number.isFinite(value)) return 0;
    const high = Math.floor(value / 0x100000000);
    return this.ofHalves(result, high, value - high * 0x100000000);
  }

  /** Of a text that is a number, else NaN. */
  private ofText(result: number): number {
    const isText = this.types[this.sources[result]] % 2 === 1;
    const text = isText ? this.text(result) : '';
    const value = numberOfText(text);
    if (Number.isNaN(value)) return NaN;
    const isWhole = this.parts[result] === WHOLE;
    if (isWhole && this.sinceHigh[result] === 0 && this.sinceLow[result] === 0) return value;
    const whole = BigInt(/^[^.]*/.exec(text)![0]);
    return this.ofHalves(result, highOf(whole), lowOf(whole));
  }

  number(result: number): number {
    return this.checked(result) || 0;
  }

  checked(result: number): number {
    const value = this.values[result];
    const stored = value === value || this.types[this.sources[result]] < 12;
    return stored ? value : this.ofText(result);
  }

  text(result: number): string {
    const source = this.sources[result];
    const type = this.types[source];
    // Text is odd from 13 on, blobs even from 12 on; NULL and numbers have no text here.
    if (type < 12) return type === 0 ? '' : String(this.number(result));
    const from = this.bytes.byteOffset + this.places[source];
    return untilNul(Buffer.from(this.bytes.buffer, from, (type - 12) >>> 1).toString('utf8'));
  }

  textId(result: number, texts: Texts): number {
    const source = this.sources[result];
    const type = this.types[source];
    return type < 12
      ? texts.strings.intern(this.text(result))
      : texts.intern(this.bytes, this.places[source], (type - 12) >>> 1);
  }

  isNull(result: number): boolean {
    return this.types[this.sources[result]] === 0;
  }
}

const highOf = (whole: bigint): number => Number(whole >> 32n);
const lowOf = (whole: bigint): number => Number(BigInt.asUintN(32, whole));

const WHOLE = 0;
const PROCESS = 1;
const THREAD = 2;
const HIGH = 3;

function partOf(column: Column): number {
  if (typeof column === 'string' || !('part' in column)) return WHOLE;
  switch (column.part) {
    case 'process':
      return PROCESS;
    case 'thread':
      return THREAD;
    case 'high':
      return HIGH;
  }
}

/**
 * The rows of the table rooted at `root`, a page at a time: the generator gives
 * control back after each leaf, with `onRow` called for every row of it.
 * @param positions of the columns in the table, -1 for one it lacks
 * @throws DamagedPage
 */
export function* scanPages(
  source: PageFile,
  root: number,
  columns: readonly Column[],
  positions: readonly number[],
  onRow: (row: Row) => void,
): Generator<void, void, void> {
  const row = new PageRow(columns, positions);
  const walk: { page: number; depth: number }[] = [{ page: root, depth: 0 }];
  let visited = 0;
  while (walk.length > 0) {
    const { page: number, depth } = walk.pop()!;
    // A tree has each page once; one that goes in circles would never end.
    if (++visited > source.pages || depth > DEEPEST) throw new DamagedPage();
    const page = readPage(source, number);
    const at = number === 1 ? 100 : 0;
    const cells = u16(page, at + 3);
    if (page[at] === INTERIOR) {
      if (at + 12 + cells * 2 > source.usable) throw new DamagedPage();
      const children: number[] = [];
      for (let i = 0; i < cells; i++) {
        const cell = u16(page, at + 12 + i * 2);
        if (cell < at + 12 + cells * 2 || cell + 4 > source.usable) throw new DamagedPage();
        children.push(u32(page, cell));
      }
      children.push(u32(page, at + 8));
      for (let i = children.length - 1; i >= 0; i--) {
        walk.push({ page: children[i], depth: depth + 1 });
      }
    } else if (page[at] === LEAF) {
      if (at + 8 + cells * 2 > source.usable) throw new DamagedPage();
      for (let i = 0; i < cells; i++) {
        const cell = u16(page, at + 8 + i * 2);
        if (cell < at + 8 + cells * 2 || cell >= source.usable) throw new DamagedPage();
        readRecord(source, page, cell, row);
        onRow(row);
      }
      yield;
    } else {
      throw new DamagedPage();
    }
  }
}

function readPage(source: PageFile, number: number): Uint8Array {
  if (number < 1 || number > source.pages) throw new DamagedPage();
  const from = (number - 1) * source.pageSize;
  const page = source.file.subarray(from, from + source.pageSize);
  if (page.length < source.pageSize) throw new DamagedPage();
  return page;
}

/** The end of the varint read last; a field of the module as it is read after every one of them. */
let next = 0;

/** A varint of at most nine bytes, as a double: sizes and types fit one in any file that is whole. */
function varint(bytes: Uint8Array, at: number): number {
  let value = bytes[at];
  if (value < 0x80) {
    next = at + 1;
    return value;
  }
  value &= 0x7f;
  for (let i = 1; i < 9; i++) {
    const byte = bytes[at + i];
    if (i === 8) {
      next = at + 9;
      return value * 256 + byte;
    }
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      next = at + i + 1;
      return value;
    }
  }
  return value;
}

/** Bytes of a value by its serial type, below 12. */
const SIZES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0);

/** Points the row at the values of the record in the cell at `cell`. */
function readRecord(source: PageFile, page: Uint8Array, cell: number, row: PageRow): void {
  const payload = varint(page, cell);
  varint(page, next);
  let at = next;
  const { usable } = source;
  let bytes = page;
  let end = at + payload;
  if (payload > usable - 35) {
    bytes = spilled(source, page, at, payload);
    at = 0;
    end = payload;
  } else if (end > usable) {
    throw new DamagedPage();
  }
  row.bytes = bytes;
  const headerEnd = at + varint(bytes, at);
  let header = next;
  let value = headerEnd;
  if (headerEnd > end) throw new DamagedPage();
  const { wanted, types, places, width } = row;
  for (let column = 0; column < width; column++) {
    // A record may be shorter than the table has columns: the rest is NULL.
    let type = 0;
    if (header < headerEnd) {
      type = bytes[header]!;
      if (type < 0x80) header++;
      else {
        type = varint(bytes, header);
        header = next;
      }
    }
    const number = wanted[column];
    if (number >= 0) {
      types[number] = type;
      places[number] = value;
    }
    value += type < 12 ? SIZES[type] : Math.floor((type - 12) / 2);
  }
  if (value > end) throw new DamagedPage();
  row.decode();
}

/** A payload too long for its page, put together from the page and its overflow chain. */
function spilled(source: PageFile, page: Uint8Array, at: number, payload: number): Uint8Array {
  const { usable, file } = source;
  if (payload > file.length) throw new DamagedPage();
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const surplus = least + ((payload - least) % (usable - 4));
  const local = surplus <= usable - 35 ? surplus : least;
  if (at + local + 4 > usable) throw new DamagedPage();
  const whole = new Uint8Array(payload);
  whole.set(page.subarray(at, at + local));
  let overflow = u32(page, at + local);
  for (let got = local; got < payload;) {
    const part = readPage(source, overflow);
    const take = Math.min(payload - got, usable - 4);
    whole.set(part.subarray(4, 4 + take), got);
    overflow = u32(part, 0);
    got += take;
  }
  return whole;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function i32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function u32(bytes: Uint8Array, at: number): number {
  return i32(bytes, at) >>> 0;
}

function f64(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0);
}
