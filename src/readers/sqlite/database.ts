/**
 * An SQLite database read lazily through sql.js, for scanning whole tables.
 *
 * Rows are stepped through SQLite's C functions themselves, which is two to
 * three times as fast as sql.js's own row objects; nothing is sorted, grouped
 * or paged in SQL. Only what is a real table is ever read: a view or virtual
 * table in a hostile file could compute anything.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import initSqlJs from 'sql.js';
import { LazyFile } from './lazy-file';

const CORRUPT = 11;
const ROW = 100;
const DONE = 101;

/** sqlite3_column_type */
const INTEGER = 1;
const FLOAT = 2;
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

/** The current row of a scan, by column number of the SELECT. */
export class Row {
  constructor(
    private readonly sqlite: SqliteModule,
    private readonly statement: number,
  ) {}

  /** As a double; NULL and text that is no number are 0. */
  number(column: number): number {
    return this.sqlite._sqlite3_column_double(this.statement, column);
  }

  /** As a double, or NaN where the value is NULL or not a number. */
  checked(column: number): number {
    const value = this.sqlite._sqlite3_column_double(this.statement, column);
    // Only a zero can stand for something else, so only zeros pay for the look.
    if (value !== 0) return value;
    const type = this.sqlite._sqlite3_column_type(this.statement, column);
    return type === INTEGER || type === FLOAT ? 0 : NaN;
  }

  text(column: number): string {
    return this.sqlite.UTF8ToString(this.sqlite._sqlite3_column_text(this.statement, column));
  }

  isNull(column: number): boolean {
    return this.sqlite._sqlite3_column_type(this.statement, column) === NULL;
  }
}

export interface ScanOptions {
  /** Called between batches of rows, at most some thirty times a second; may throw to stop. */
  onPause?(): void;
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
        throw error;
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
    const [row] = this.all(`SELECT max(rowid) FROM ${identifier(table)}`);
    const rows = Number(row?.[0] ?? 0);
    // A row takes some ten bytes at the very least; a damaged id must not make us allocate the world.
    return Number.isFinite(rows) ? Math.max(0, Math.min(rows, Math.ceil(this.size / 10))) : 0;
  }

  /** All rows of a small query as text (null for NULL). For facts, never for events. */
  all(sql: string, limit = 100_000): (string | null)[][] {
    const rows: (string | null)[][] = [];
    const { statement, pointer } = this.prepare(sql);
    try {
      const row = new Row(this.sqlite, pointer);
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
   * Steps through a query's rows in the file's order, letting other work in
   * between batches.
   * @throws SqliteError where the file is damaged
   */
  async scan(sql: string, onRow: (row: Row) => void, options: ScanOptions = {}): Promise<void> {
    const { sqlite } = this;
    const { statement, pointer } = this.prepare(sql);
    // A damaged tree can lead to the same page for ever; no row is smaller than this.
    const most = Math.ceil(this.size / 4) + 1;
    try {
      const row = new Row(sqlite, pointer);
      let paused = performance.now();
      for (let count = 0; ;) {
        for (const batch = count + BATCH; count < batch; count++) {
          const code = sqlite._sqlite3_step(pointer);
          if (code === DONE) return;
          if (code !== ROW) throw this.error(code);
          onRow(row);
        }
        if (count > most) throw new SqliteError(CORRUPT, 'database disk image is malformed');
        if (performance.now() - paused > PAUSE_MS) {
          options.onPause?.();
          await new Promise((resolve) => setImmediate(resolve));
          paused = performance.now();
        }
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

/** A name for use in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
