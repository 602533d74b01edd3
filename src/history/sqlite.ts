/**
 * A history in one SQLite file that several programs may write to at once.
 *
 * By SQLite's WebAssembly build, which runs wherever Node 20 and VS Code do:
 * their Node has no SQLite of its own yet, a native module breaks with every
 * Electron, and all writers must keep to one kind of lock, so that it is the
 * same for each of them. That build works in memory. So a writer takes a lock
 * beside the file, reads the file, does its transaction, writes a new file
 * beside it, has it flushed to the disk, and renames it: readers need no lock, a
 * writer that is killed leaves the old file as it was, and what was once
 * acknowledged is on the disk. A history has some kilobytes a run; rewriting
 * thousands takes a fraction of a second.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import { makeFolder } from '../disk/make-folder';
import { HistoryFailure } from './failure';
import { withLock } from './lock';
import { replaceFile } from './replace-file';
import type { Query, SqlDatabase, SqlRow } from './sql-store';

let loading: Promise<SqlJsStatic> | undefined;

/** The wasm lies beside the bundle; run from source it comes from the package. */
function wasmBinary(): Uint8Array {
  try {
    return readFileSync(path.join(__dirname, 'sql-wasm.wasm'));
  } catch {
    const require = createRequire(path.join(__dirname, 'sqlite.js'));
    return readFileSync(path.join(path.dirname(require.resolve('sql.js')), 'sql-wasm.wasm'));
  }
}

const sqlite = (): Promise<SqlJsStatic> =>
  (loading ??= initSqlJs({ wasmBinary: wasmBinary() as unknown as ArrayBuffer }));

export class SqliteFile implements SqlDatabase {
  readonly types = { real: 'REAL', bytes: 'BLOB' };

  constructor(readonly place: string) {}

  async read<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const database = await this.open();
    try {
      return await work(queryOf(database));
    } finally {
      database.close();
    }
  }

  async write<T>(work: (query: Query) => Promise<T>): Promise<T> {
    await makeFolder(path.dirname(this.place));
    return withLock(`${this.place}.lock`, async (lock) => {
      await this.tidy();
      const database = await this.open();
      try {
        database.run('PRAGMA foreign_keys = ON');
        database.run('BEGIN');
        const result = await work(queryOf(database));
        database.run('COMMIT');
        await replaceFile(this.place, database.export(), () => lock.verify());
        return result;
      } finally {
        database.close();
      }
    });
  }

  async close(): Promise<void> {
    // Nothing is held between calls.
  }

  /** Only who holds the lock writes beside the file: what lies there is of a writer that was killed. */
  private async tidy(): Promise<void> {
    const folder = path.dirname(path.resolve(this.place));
    const start = `.${path.basename(this.place)}.`;
    for (const name of await readdir(folder)) {
      if (name.startsWith(start) && name.endsWith('.tmp')) {
        await rm(path.join(folder, name), { force: true });
      }
    }
  }

  private async open(): Promise<Database> {
    const { Database } = await sqlite();
    const bytes = await readFile(this.place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new HistoryFailure(`Cannot read the history ${this.place}: ${error.message}.`);
    });
    const database = new Database(bytes);
    try {
      // The first look at the file.
      const tables = database.exec("SELECT name FROM sqlite_master WHERE type = 'table'");
      const names = tables.flatMap(({ values }) => values.map(([name]) => name));
      // A profile may be one, and writing would change each of its bytes.
      if (names.length > 0 && !names.includes('profile_history')) {
        throw new Error('it is the database of another program');
      }
    } catch (error) {
      database.close();
      throw new HistoryFailure(
        `${this.place} is no history: ${(error as Error).message}. Name another file with --store.`,
      );
    }
    return database;
  }
}

const queryOf =
  (database: Database): Query =>
  // A promise, so that what SQLite throws reaches whoever waits.
  // eslint-disable-next-line @typescript-eslint/require-await
  async (sql, values = []) => {
    const statement = database.prepare(sql);
    try {
      statement.bind([...values]);
      const rows: SqlRow[] = [];
      while (statement.step()) rows.push(statement.getAsObject());
      return rows;
    } finally {
      statement.free();
    }
  };
