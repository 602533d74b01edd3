/**
 * Writes SQLite databases without SQLite: tables of rows appended once, page
 * by page, to memory or to a file, in the format of sqlite.org/fileformat2.html.
 * A million rows take a second or two, memory stays at a few pages a table,
 * and, unlike SQLite, it will write any value into any column, which is what
 * tests of a reader of untrusted files want.
 *
 * Not supported, because no profile has them: indexes, WITHOUT ROWID, updates.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

export type Value = null | number | bigint | string | Uint8Array;
export type Row = readonly Value[];

/** Where rows go: a database being written, or {@link MemoryTables}. */
export interface TableSink {
  table(name: string, columns: readonly string[]): RowSink;
}
export interface RowSink {
  /** Takes the first `columns.length` values; the caller may reuse the array. */
  insert(values: Row): void;
}

const PAGE = 4096;
/** SQLite locks bytes at 1 GiB; the page that holds them stays unused. */
const LOCK_PAGE = 0x40000000 / PAGE + 1;
const LEAF = 13;
const INTERIOR = 5;

/** Pages in the order of the file, except the first, which comes last. */
interface PageSink {
  append(page: Buffer): void;
  first(page: Buffer): void;
}

class MemoryPages implements PageSink {
  private readonly pages: Buffer[] = [Buffer.alloc(PAGE)];
  append(page: Buffer): void {
    this.pages.push(Buffer.from(page));
  }
  first(page: Buffer): void {
    this.pages[0] = Buffer.from(page);
  }
  bytes(): Buffer {
    return Buffer.concat(this.pages);
  }
}

class FilePages implements PageSink {
  private readonly chunk = Buffer.alloc(PAGE * 256);
  private used = PAGE;
  private written: number;
  private readonly file: number;
  /** @param hole pages left out after the first: a file of that size that takes no room on the disk */
  constructor(path: string, hole = 0) {
    this.file = openSync(path, 'w');
    this.written = hole * PAGE;
  }
  append(page: Buffer): void {
    if (this.used === this.chunk.length) this.flush();
    page.copy(this.chunk, this.used);
    this.used += PAGE;
  }
  first(page: Buffer): void {
    this.flush();
    writeSync(this.file, page, 0, PAGE, 0);
    closeSync(this.file);
  }
  private flush(): void {
    for (let at = 0; at < this.used;)
      at += writeSync(this.file, this.chunk, at, this.used - at, this.written + at);
    this.written += this.used;
    this.used = 0;
  }
}

/** Gives out page numbers in the order in which pages reach the sink. */
class Pager {
  count: number;
  constructor(
    readonly sink: PageSink,
    hole: number,
  ) {
    this.count = 1 + hole;
  }
  /** Writes a page and says which number it got. */
  append(page: Buffer): number {
    if (this.next() !== this.count + 1) {
      this.sink.append(Buffer.alloc(PAGE));
      this.count++;
    }
    this.sink.append(page);
    return ++this.count;
  }
  /** The number that the next page will get. */
  next(after = this.count): number {
    return after + 1 === LOCK_PAGE ? after + 2 : after + 1;
  }
}

function varint(into: Buffer, at: number, value: number): number {
  if (value < 0x80) {
    into[at] = value;
    return at + 1;
  }
  const groups: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    groups.push(rest % 128);
    if (rest < 128) break;
  }
  for (let i = groups.length - 1; i >= 0; i--) into[at++] = groups[i] | (i > 0 ? 0x80 : 0);
  return at;
}

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
};

/** Encodes rows as SQLite records. */
class RecordEncoder {
  private header = Buffer.alloc(1024);
  private body = Buffer.alloc(1 << 16);
  private headerEnd = 0;
  private bodyEnd = 0;

  /** Size of the record of the values; {@link copy} gives its bytes. */
  encode(values: Row, count: number, rowidColumn: number): number {
    if (this.header.length < count * 9) this.header = Buffer.alloc(count * 9);
    this.headerEnd = 0;
    this.bodyEnd = 0;
    for (let i = 0; i < count; i++) this.value(i === rowidColumn ? null : (values[i] ?? null));
    let size = this.headerEnd + 1;
    if (size > 127) size = this.headerEnd + varintSize(this.headerEnd + 2);
    return size + this.bodyEnd;
  }

  copy(into: Buffer, at: number): void {
    const size = this.headerEnd + (this.headerEnd + 1 > 127 ? varintSize(this.headerEnd + 2) : 1);
    at = varint(into, at, size);
    this.header.copy(into, at, 0, this.headerEnd);
    this.body.copy(into, at + this.headerEnd, 0, this.bodyEnd);
  }

  private value(value: Value): void {
    if (typeof value === 'number') {
      if (Number.isNaN(value)) this.header[this.headerEnd++] = 0;
      else if (Number.isSafeInteger(value)) this.integer(value);
      else {
        this.header[this.headerEnd++] = 7;
        this.bodyEnd = this.room(8).writeDoubleBE(value, this.bodyEnd);
      }
    } else if (value === null) this.header[this.headerEnd++] = 0;
    else if (typeof value === 'string') {
      const size = Buffer.byteLength(value);
      this.headerEnd = varint(this.header, this.headerEnd, 13 + 2 * size);
      this.bodyEnd += this.room(size).write(value, this.bodyEnd);
    } else if (typeof value === 'bigint') {
      this.header[this.headerEnd++] = 6;
      this.bodyEnd = this.room(8).writeBigInt64BE(BigInt.asIntN(64, value), this.bodyEnd);
    } else {
      this.headerEnd = varint(this.header, this.headerEnd, 12 + 2 * value.length);
      this.room(value.length).set(value, this.bodyEnd);
      this.bodyEnd += value.length;
    }
  }

  private integer(value: number): void {
    const size = value < 0 ? -(value + 1) : value;
    if (size < 0x80) {
      // 0 and 1 have types of their own and no body.
      if (value === 0 || value === 1) {
        this.header[this.headerEnd++] = 8 + value;
        return;
      }
      this.header[this.headerEnd++] = 1;
      this.bodyEnd = this.room(1).writeInt8(value, this.bodyEnd);
    } else if (size < 0x8000) {
      this.header[this.headerEnd++] = 2;
      this.bodyEnd = this.room(2).writeInt16BE(value, this.bodyEnd);
    } else if (size < 0x80000000) {
      this.header[this.headerEnd++] = 4;
      this.bodyEnd = this.room(4).writeInt32BE(value, this.bodyEnd);
    } else if (size < 0x800000000000) {
      this.header[this.headerEnd++] = 5;
      this.bodyEnd = this.room(6).writeIntBE(value, this.bodyEnd, 6);
    } else {
      this.header[this.headerEnd++] = 6;
      this.bodyEnd = this.room(8).writeBigInt64BE(BigInt(value), this.bodyEnd);
    }
  }

  /** The body, long enough for `more` bytes. */
  private room(more: number): Buffer {
    if (this.bodyEnd + more > this.body.length) {
      const longer = Buffer.alloc(2 * (this.bodyEnd + more));
      this.body.copy(longer, 0, 0, this.bodyEnd);
      this.body = longer;
    }
    return this.body;
  }
}

interface Child {
  readonly page: number;
  readonly lastRowid: number;
}

/** One table's b-tree, filled from the left. */
class TableTree implements RowSink {
  private readonly encoder = new RecordEncoder();
  private page = Buffer.alloc(PAGE);
  private cells = 0;
  private content = PAGE;
  private rowid: number;
  private readonly leaves: Child[] = [];
  private readonly rowidColumn: number;

  constructor(
    readonly name: string,
    readonly columns: readonly string[],
    private readonly pager: Pager,
    /** Bytes at the start of the root page that are not the tree's: 100 on page 1. */
    private readonly rootOffset = 0,
  ) {
    this.rowidColumn = columns.findIndex((column) => /\bINTEGER\b.*\bPRIMARY KEY\b/i.test(column));
    this.rowid = this.rowidColumn < 0 ? 0 : -1;
  }

  get sql(): string {
    return `CREATE TABLE ${this.name} (${this.columns.join(', ')})`;
  }

  insert(values: Row): void {
    const rowid = this.rowidColumn < 0 ? this.rowid + 1 : Number(values[this.rowidColumn]);
    if (!(rowid > this.rowid)) throw new Error(`${this.name}: row ids must grow`);
    const size = this.encoder.encode(values, this.columns.length, this.rowidColumn);
    const local = localSize(size);
    const cell = varintSize(size) + varintSize(rowid) + local + (local < size ? 4 : 0);
    if (this.content - cell < 8 + 2 * (this.cells + 1)) this.flushLeaf();
    this.rowid = rowid;
    this.content -= cell;
    this.page.writeUInt16BE(this.content, 8 + 2 * this.cells++);
    const at = varint(this.page, varint(this.page, this.content, size), rowid);
    if (local === size) this.encoder.copy(this.page, at);
    else {
      const record = Buffer.alloc(size);
      this.encoder.copy(record, 0);
      record.copy(this.page, at, 0, local);
      this.page.writeUInt32BE(this.overflow(record.subarray(local)), at + local);
    }
  }

  /** Writes what is left and says which page is the root; on page 1, returns its content. */
  finish(): { root: number; rootPage?: Buffer } {
    const onFirstPage = this.rootOffset > 0;
    // What may become page 1 is kept back until it is known to have no siblings.
    if (
      onFirstPage &&
      this.leaves.length === 0 &&
      this.content - this.rootOffset >= 8 + 2 * this.cells
    )
      return { root: 1, rootPage: this.shifted() };
    this.flushLeaf();
    let level = this.leaves;
    for (;;) {
      if (level.length === 1 && !onFirstPage) return { root: level[0].page };
      const above: Child[] = [];
      for (let from = 0; from < level.length;) {
        const offset = onFirstPage && fitsOne(level, this.rootOffset) ? this.rootOffset : 0;
        const { page, taken } = interior(level, from, offset);
        from += taken;
        if (offset > 0) return { root: 1, rootPage: page };
        above.push({ page: this.pager.append(page), lastRowid: level[from - 1].lastRowid });
      }
      level = above;
    }
  }

  private flushLeaf(): void {
    header(this.page, 0, LEAF, this.cells, this.content);
    this.leaves.push({ page: this.pager.append(this.page), lastRowid: this.rowid });
    this.page.fill(0);
    this.cells = 0;
    this.content = PAGE;
  }

  /** The only leaf, moved down by the file header. */
  private shifted(): Buffer {
    const page = Buffer.alloc(PAGE);
    this.page.copy(page, this.content, this.content);
    this.page.copy(page, this.rootOffset + 8, 8, 8 + 2 * this.cells);
    header(page, this.rootOffset, LEAF, this.cells, this.content);
    return page;
  }

  private overflow(rest: Buffer): number {
    const first = this.pager.next();
    const page = Buffer.alloc(PAGE);
    for (let at = 0; at < rest.length; at += PAGE - 4) {
      page.fill(0);
      rest.copy(page, 4, at, at + PAGE - 4);
      const own = this.pager.next();
      page.writeUInt32BE(at + PAGE - 4 < rest.length ? this.pager.next(own) : 0, 0);
      this.pager.append(page);
    }
    return first;
  }
}

/** How many bytes of a record stay in the leaf; the rest goes to overflow pages. */
function localSize(size: number): number {
  if (size <= PAGE - 35) return size;
  const least = Math.floor(((PAGE - 12) * 32) / 255) - 23;
  const most = least + ((size - least) % (PAGE - 4));
  return most <= PAGE - 35 ? most : least;
}

function header(page: Buffer, at: number, type: number, cells: number, content: number): void {
  page[at] = type;
  page.writeUInt16BE(0, at + 1);
  page.writeUInt16BE(cells, at + 3);
  page.writeUInt16BE(content, at + 5);
  page[at + 7] = 0;
}

const fitsOne = (level: readonly Child[], offset: number): boolean =>
  level.reduce((sum, child) => sum + 6 + varintSize(child.lastRowid), 0) <= PAGE - offset - 12;

/** An interior page over as many children from `from` as fit. */
function interior(
  level: readonly Child[],
  from: number,
  offset: number,
): { page: Buffer; taken: number } {
  const page = Buffer.alloc(PAGE);
  let content = PAGE;
  let cells = 0;
  let at = from;
  // The last child has no cell, it is the page's right-most pointer; never leave one child over.
  for (; at < level.length - 1; at++) {
    const size = 4 + varintSize(level[at].lastRowid);
    if (content - size < offset + 12 + 2 * (cells + 2)) break;
    content -= size;
    page.writeUInt32BE(level[at].page, content);
    varint(page, content + 4, level[at].lastRowid);
    page.writeUInt16BE(content, offset + 12 + 2 * cells++);
  }
  if (at < level.length - 1 && at === level.length - 2) {
    // Leaves two for the next page instead of one.
    at--;
    cells--;
    content += 4 + varintSize(level[at].lastRowid);
  }
  header(page, offset, INTERIOR, cells, content);
  page.writeUInt32BE(level[at].page, offset + 8);
  return { page, taken: at - from + 1 };
}

/** A database being written. Call {@link finish} once. */
export class SqliteWriter implements TableSink {
  private readonly tables: TableTree[] = [];
  private readonly pager: Pager;

  /** @param hole pages after the first that no table uses */
  constructor(
    private readonly sink: PageSink,
    hole = 0,
  ) {
    this.pager = new Pager(sink, hole);
  }

  table(name: string, columns: readonly string[]): RowSink {
    const tree = new TableTree(name, columns, this.pager);
    this.tables.push(tree);
    return tree;
  }

  finish(): void {
    const schema = new TableTree(
      'sqlite_master',
      ['type', 'name', 'tbl_name', 'rootpage', 'sql'],
      this.pager,
      100,
    );
    for (const table of this.tables)
      schema.insert(['table', table.name, table.name, table.finish().root, table.sql]);
    const page = schema.finish().rootPage!;
    page.write('SQLite format 3\0', 0, 'latin1');
    page.writeUInt16BE(PAGE, 16);
    page.set([1, 1, 0, 64, 32, 32], 18);
    page.writeUInt32BE(1, 24); // change counter
    page.writeUInt32BE(this.pager.count, 28);
    page.writeUInt32BE(1, 40); // schema cookie
    page.writeUInt32BE(4, 44); // schema format
    page.writeUInt32BE(1, 56); // UTF-8
    page.writeUInt32BE(1, 92); // the size above is valid for this change counter
    page.writeUInt32BE(3_040_000, 96);
    this.sink.first(page);
  }
}

/** Tables kept as rows, to be looked at or spoilt before they are written. */
export class MemoryTables implements TableSink {
  readonly tables = new Map<string, { columns: string[]; rows: Value[][] }>();

  table(name: string, columns: readonly string[]): RowSink {
    const table = { columns: [...columns], rows: [] as Value[][] };
    this.tables.set(name, table);
    return { insert: (values) => table.rows.push(values.slice(0, columns.length)) };
  }

  /** The whole database as bytes. */
  bytes(): Buffer {
    return inMemory((database) => this.copyTo(database));
  }

  /** @param hole bytes that the file is larger than its rows need */
  write(path: string, hole = 0): void {
    toFile(path, (database) => this.copyTo(database), hole);
  }

  private copyTo(database: TableSink): void {
    for (const [name, { columns, rows }] of this.tables) {
      const sink = database.table(name, columns);
      for (const row of rows) sink.insert(row);
    }
  }
}

export function inMemory(fill: (database: TableSink) => void): Buffer {
  const pages = new MemoryPages();
  const database = new SqliteWriter(pages);
  fill(database);
  database.finish();
  return pages.bytes();
}

export function toFile<T>(path: string, fill: (database: TableSink) => T, hole = 0): T {
  const pages = Math.ceil(hole / PAGE);
  const database = new SqliteWriter(new FilePages(path, pages), pages);
  const result = fill(database);
  database.finish();
  return result;
}
