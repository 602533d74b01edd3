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
import { numberOfText, type Column, type Part, type Row } from './row';

const INTERIOR = 0x05;
const LEAF = 0x0d;
const DEEPEST = 24;

/** Part of a number that is wanted, or the halves of the number it is counted from. */
type Take = Part | { readonly high: number; readonly low: number } | undefined;

function takeOf(column: Column): Take {
  if (typeof column === 'string') return undefined;
  if ('part' in column) return column.part;
  return { high: Number(column.since >> 32n), low: Number(BigInt.asUintN(32, column.since)) };
}

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

/** The current row of a scan over pages: for each column of the record its serial type and place. */
class PageRow implements Row {
  /** The record: a page, or the payload put together from overflow pages. */
  bytes: Uint8Array = new Uint8Array(0);
  /** By column of the table; one more, of type NULL, stands for columns it does not have. */
  readonly types: Int32Array;
  readonly places: Int32Array;
  /** Position in the table of each column asked for. */
  private readonly columns: Int32Array;

  constructor(
    columns: readonly number[],
    private readonly takes: readonly Take[],
    /** How many columns of the record matter. */
    readonly width: number,
  ) {
    this.types = new Int32Array(width + 1);
    this.places = new Int32Array(width + 1);
    this.columns = Int32Array.from(columns, (column) => (column < 0 ? width : column));
  }

  number(result: number): number {
    const column = this.columns[result];
    const type = this.types[column];
    const at = this.places[column];
    const b = this.bytes;
    const take = this.takes[result];
    if (type >= 12) return this.spelled(result) || 0;
    if (take !== undefined) return taken(take, b, type, at);
    switch (type) {
      case 1:
        return (b[at] << 24) >> 24;
      case 2:
        return ((b[at] << 24) | (b[at + 1] << 16)) >> 16;
      case 3:
        return ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8)) >> 8;
      case 4:
        return i32(b, at);
      case 5:
        return (((b[at] << 24) | (b[at + 1] << 16)) >> 16) * 0x100000000 + u32(b, at + 2);
      case 6:
        return i32(b, at) * 0x100000000 + u32(b, at + 4);
      case 7:
        return f64(b, at);
      case 9:
        return 1;
      default:
        return 0;
    }
  }

  checked(result: number): number {
    const type = this.types[this.columns[result]];
    if (type >= 12) return this.spelled(result);
    return type === 0 || type > 9 ? NaN : this.number(result);
  }

  /** The number that a text is, or what is wanted of it. */
  private spelled(result: number): number {
    const isText = this.types[this.columns[result]] % 2 === 1;
    const text = isText ? this.text(result) : '';
    const value = numberOfText(text);
    const take = this.takes[result];
    if (take === undefined || Number.isNaN(value)) return value;
    const whole = BigInt(/^[^.]*/.exec(text)![0]);
    return ofHalves(take, Number(whole >> 32n), Number(BigInt.asUintN(32, whole)));
  }

  text(result: number): string {
    const column = this.columns[result];
    const type = this.types[column];
    // Text is odd from 13 on, blobs even from 12 on; NULL and numbers have no text here.
    if (type < 12) return type === 0 ? '' : String(this.number(result));
    const from = this.bytes.byteOffset + this.places[column];
    return untilNul(Buffer.from(this.bytes.buffer, from, (type - 12) >>> 1).toString('utf8'));
  }

  textId(result: number, texts: Texts): number {
    const column = this.columns[result];
    const type = this.types[column];
    return type < 12
      ? texts.strings.intern(this.text(result))
      : texts.intern(this.bytes, this.places[column], (type - 12) >>> 1);
  }

  isNull(result: number): boolean {
    return this.types[this.columns[result]] === 0;
  }
}

/** Of a 64-bit number, which as a whole may not fit a double. */
function taken(take: NonNullable<Take>, b: Uint8Array, type: number, at: number): number {
  let high = 0;
  let low = 0;
  switch (type) {
    case 6:
      high = i32(b, at);
      low = u32(b, at + 4);
      break;
    case 5:
      high = ((b[at] << 24) | (b[at + 1] << 16)) >> 16;
      low = u32(b, at + 2);
      break;
    case 4:
      low = i32(b, at);
      break;
    case 3:
      low = ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8)) >> 8;
      break;
    case 2:
      low = ((b[at] << 24) | (b[at + 1] << 16)) >> 16;
      break;
    case 1:
      low = (b[at] << 24) >> 24;
      break;
    case 7: {
      const value = f64(b, at);
      if (!Number.isFinite(value)) return 0;
      if (typeof take === 'object') return value - (take.high * 0x100000000 + take.low);
      high = Math.floor(value / 0x100000000);
      low = value - high * 0x100000000;
      break;
    }
    case 9:
      low = 1;
  }
  if (low < 0) {
    high = -1;
    low += 0x100000000;
  }
  return ofHalves(take, high, low);
}

/** @param low from 0 to 2^32 - 1 */
function ofHalves(take: NonNullable<Take>, high: number, low: number): number {
  if (typeof take === 'object') return (high - take.high) * 0x100000000 + (low - take.low);
  switch (take) {
    case 'process':
      return high * 256 + (low >>> 24);
    case 'thread':
      return low & 0xffffff;
    case 'high':
      return high;
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
  const row = new PageRow(positions, columns.map(takeOf), Math.max(-1, ...positions) + 1);
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
  const { types, places, width } = row;
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
    types[column] = type;
    places[column] = value;
    value += type < 12 ? SIZES[type] : Math.floor((type - 12) / 2);
  }
  if (value > end) throw new DamagedPage();
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
