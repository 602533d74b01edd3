/**
 * An SQLite database read lazily, for scanning whole tables.
 *
 * Facts and schema come through sql.js. The rows of a plain table are read from
 * its pages; those of any other are stepped through by SQLite's C functions,
 * which is two to three times as fast as sql.js's own row objects. Nothing is
 * sorted, grouped or paged in SQL. Only what is a real table is ever read: a
 * view or virtual table in a hostile file could compute anything.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import initSqlJs from 'sql.js';
import type { Texts } from '../texts';
import { LazyFile } from './lazy-file';
import { DamagedPage, pageFile, scanPages } from './pages';
import { numberOfText, PART_SQL, type Column, type Row } from './row';

export type { Column, Row } from './row';

const CORRUPT = 11;
const MALFORMED = 'database disk image is malformed';
const ROW = 100;
const DONE = 101;

/** sqlite3_column_type */
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const NULL = 5;

/** The parts of sql.js's module that scanning uses; not in its published types. */
interface SqliteModule {
  Database: new (data: unknown) => Handle;
  _sqlite3_step(stmt: number): number;
  _sqlite3_column_double(stmt: number, column: number): number;
  _sqlite3_column_type(stmt: number, column: number): number;
  _sqlite3_column_text(stmt: number, column: number): number;
  _sqlite3_column_count(stmt: number): number;
  _sqlite3_errmsg(db: number): number;
  UTF8ToString(pointer: number): string;
}

interface Handle {
  readonly db: number;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  close(): void;
}

interface Statement {
  free(): void;
}

let loading: Promise<SqliteModule> | undefined;

/** The wasm lies beside the bundle; run from source it comes from the package. */
function wasmBinary(): Uint8Array {
  try {
    return readFileSync(join(__dirname, 'sql-wasm.wasm'));
  } catch {
    const require = createRequire(join(__dirname, 'database.js'));
    return readFileSync(join(dirname(require.resolve('sql.js')), 'sql-wasm.wasm'));
  }
}

function sqlite(): Promise<SqliteModule> {
  loading ??= initSqlJs({
    wasmBinary: wasmBinary() as unknown as ArrayBuffer,
  }) as unknown as Promise<SqliteModule>;
  return loading;
}

/** What SQLite said; `code` is its result code (11 corrupt, 26 not a database, …). */
export class SqliteError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'SqliteError';
  }
}

/** A row that SQLite stepped to. */
class StatementRow implements Row {
  constructor(
    private readonly sqlite: SqliteModule,
    private readonly statement: number,
  ) {}

  number(column: number): number {
    return this.checked(column) || 0;
  }

  checked(column: number): number {
    const type = this.sqlite._sqlite3_column_type(this.statement, column);
    if (type === INTEGER || type === FLOAT) {
      return this.sqlite._sqlite3_column_double(this.statement, column);
    }
    // SQLite would make a number of a text that begins with one.
    return type === TEXT ? numberOfText(this.text(column)) : NaN;
  }

  text(column: number): string {
    return this.sqlite.UTF8ToString(this.sqlite._sqlite3_column_text(this.statement, column));
  }

  textId(column: number, texts: Texts): number {
    return texts.strings.intern(this.text(column));
  }

  isNull(column: number): boolean {
    return this.sqlite._sqlite3_column_type(this.statement, column) === NULL;
  }
}

export interface ScanOptions {
  /** Called between batches of rows, at most some thirty times a second; may throw to stop. */
  onPause?(): void;
  /** Leave the rows to SQLite, whatever the table is like: for tests, which compare the two. */
  bySqlite?: boolean;
}

const BATCH = 4096;
/** Long enough to be cheap, short enough that a waiting question is answered at once. */
const PAUSE_MS = 25;

export class Database {
  private readonly names: ReadonlySet<string>;
  private readonly columnNames = new Map<string, ReadonlySet<string>>();

  private constructor(
    private readonly sqlite: SqliteModule,
    private readonly handle: Handle,
    private readonly file: LazyFile,
  ) {
    this.names = new Set(
      this.all(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
      ).map(([name]) => name!),
    );
  }

  /** @throws SqliteError, or the file system's own error. */
  static async open(path: string): Promise<Database> {
    const module = await sqlite();
    const file = new LazyFile(path);
    try {
      const handle = new module.Database(file);
      try {
        handle.exec('PRAGMA query_only = 1; PRAGMA trusted_schema = 0; PRAGMA cache_size = -8192;');
        return new Database(module, handle, file);
      } catch (error) {
        handle.close();
        // sql.js throws plain errors; those of the file system have a code.
        if (error instanceof SqliteError || (error as NodeJS.ErrnoException).code) throw error;
        throw new SqliteError(CORRUPT, error instanceof Error ? error.message : String(error));
      }
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get size(): number {
    return this.file.length;
  }

  get bytesRead(): number {
    return this.file.bytesRead;
  }

  get tables(): Iterable<string> {
    return this.names;
  }

  has(table: string): boolean {
    return this.names.has(table);
  }

  /** Names of a table's stored columns; generated ones are left out, as they run code of the file's. */
  columns(table: string): ReadonlySet<string> {
    let columns = this.columnNames.get(table);
    if (!columns) {
      columns = new Set(
        this.has(table)
          ? this.all(`PRAGMA table_info(${identifier(table)})`).map((row) => row[1]!)
          : [],
      );
      this.columnNames.set(table, columns);
    }
    return columns;
  }

  /** Highest row id: the number of rows of a table that was only ever appended to. A guess, never more. */
  rowEstimate(table: string): number {
    const [row] = this.hasRowIds(table)
      ? this.all(`SELECT max(rowid) FROM ${identifier(table)}`)
      : this.all(`SELECT count(*) FROM ${identifier(table)}`);
    const rows = Number(row?.[0] ?? 0);
    // A row takes some ten bytes at the very least; a damaged id must not make us allocate the world.
    return Number.isFinite(rows) ? Math.max(0, Math.min(rows, Math.ceil(this.size / 10))) : 0;
  }

  private hasRowIds(table: string): boolean {
    const without = this.all(
      `SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ${literal(table)} AND wr = 1`,
    );
    return without.length === 0;
  }

  /** All rows of a small query as text (null for NULL). For facts, never for events. */
  all(sql: string, limit = 100_000): (string | null)[][] {
    const rows: (string | null)[][] = [];
    const { statement, pointer } = this.prepare(sql);
    try {
      const row = new StatementRow(this.sqlite, pointer);
      const columns = this.sqlite._sqlite3_column_count(pointer);
      while (rows.length < limit && this.step(pointer)) {
        rows.push(Array.from({ length: columns }, (_, i) => (row.isNull(i) ? null : row.text(i))));
      }
    } finally {
      statement.free();
    }
    return rows;
  }

  /**
   * Calls `onRow` for every row of a table in the file's order, letting other
   * work in between batches.
   * @throws SqliteError where the file is damaged
   */
  async scan(
    table: string,
    columns: readonly Column[],
    onRow: (row: Row) => void,
    options: ScanOptions = {},
  ): Promise<void> {
    const rows =
      (options.bySqlite ? undefined : this.byPages(table, columns, onRow)) ??
      this.byStatement(table, columns, onRow);
    let paused = performance.now();
    try {
      for (;;) {
        if (rows.next().done) return;
        if (performance.now() - paused < PAUSE_MS) continue;
        options.onPause?.();
        await new Promise((resolve) => setImmediate(resolve));
        paused = performance.now();
      }
    } catch (error) {
      throw error instanceof DamagedPage ? new SqliteError(CORRUPT, MALFORMED) : error;
    } finally {
      rows.return();
    }
  }

  /** Straight from the pages where the table is a plain one, else undefined. */
  private byPages(
    table: string,
    columns: readonly Column[],
    onRow: (row: Row) => void,
  ): Generator<void, void, void> | undefined {
    const source = pageFile(this.file);
    const info = this.all(`PRAGMA table_xinfo(${identifier(table)})`);
    // cid, name, type, notnull, dflt_value, pk, hidden: a key may live in the
    // row id, and defaults and computed columns are not in the record.
    const plain = info.every((row) => row[4] === null && row[5] === '0' && row[6] === '0');
    const root = Number(
      this.all(
        `SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ${literal(table)}`,
      )[0]?.[0],
    );
    if (!source || !plain || !(root > 0)) return undefined;
    const position = new Map(info.map((row, index) => [row[1]!, index]));
    return scanPages(
      source,
      root,
      columns,
      columns.map((column) => position.get(nameOf(column)) ?? -1),
      onRow,
    );
  }

  private *byStatement(
    table: string,
    columns: readonly Column[],
    onRow: (row: Row) => void,
  ): Generator<void, void, void> {
    const { sqlite } = this;
    const { statement, pointer } = this.prepare(select(this, table, columns));
    // A damaged tree can lead to the same page for ever; no row is smaller than this.
    const most = Math.ceil(this.size / 4) + 1;
    try {
      const row = new StatementRow(sqlite, pointer);
      for (let count = 0; ;) {
        for (const batch = count + BATCH; count < batch; count++) {
          const code = sqlite._sqlite3_step(pointer);
          if (code === DONE) return;
          if (code !== ROW) throw this.error(code);
          onRow(row);
        }
        if (count > most) throw new SqliteError(CORRUPT, MALFORMED);
        yield;
      }
    } finally {
      statement.free();
    }
  }

  close(): void {
    this.handle.close();
    this.file.close();
  }

  private step(statement: number): boolean {
    const code = this.sqlite._sqlite3_step(statement);
    if (code === ROW) return true;
    if (code === DONE) return false;
    throw this.error(code);
  }

  private prepare(sql: string): { readonly statement: Statement; readonly pointer: number } {
    let statement: Statement;
    try {
      statement = this.handle.prepare(sql);
    } catch (error) {
      throw new SqliteError(CORRUPT, error instanceof Error ? error.message : String(error));
    }
    // Its minified object holds two numbers, a position and the statement's
    // address in the heap; the address is by far the greater.
    const numbers = Object.values(statement).filter((value) => typeof value === 'number');
    return { statement, pointer: Math.max(...numbers) };
  }

  private error(code: number): SqliteError {
    const message = this.sqlite.UTF8ToString(this.sqlite._sqlite3_errmsg(this.handle.db));
    return new SqliteError(code & 0xff, message);
  }
}

const nameOf = (column: Column): string => (typeof column === 'string' ? column : column.column);

/**
 * A SELECT of these columns in this order. nsys creates columns only when there
 * is data for them and renames them between versions: one that is absent is NULL.
 */
export function select(db: Database, table: string, columns: readonly Column[]): string {
  const present = db.columns(table);
  const list = columns.map((column) => {
    const name = nameOf(column);
    if (!present.has(name)) return 'NULL';
    const stored = identifier(name);
    if (typeof column === 'string') return stored;
    if ('part' in column) return PART_SQL[column.part].replace('?', () => stored);
    return `${stored} - (${column.since})`;
  });
  return `SELECT ${list.join(', ')} FROM ${identifier(table)}`;
}

/** A name for use in SQL. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text for use in SQL. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
