import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { Database, SqliteError, type Column } from '../../../src/readers/sqlite/database';
import { MemoryTables } from '../../data/sqlite';
import { realProfiles } from '../real';

/** Every value of a table as a scan gives it, in three ways of asking. */
async function rows(db: Database, table: string, bySqlite: boolean): Promise<unknown[][]> {
  const info = db.all(`PRAGMA table_info("${table}")`);
  const names = info.map((row) => row[1]!);
  // Ids are integers: what the parts of a text or a fraction would be matters to nobody.
  const ids = info.filter((row) => row[2] === 'INTEGER').map((row) => row[1]!);
  const parts = (['process', 'thread', 'high'] as const).flatMap((part) =>
    ids.map((column) => ({ column, part })),
  );
  // A moment of today counted in nanoseconds from 1970.
  const since = ids.map((column) => ({ column, since: 1_795_780_107_693_423_329n }));
  const columns: Column[] = [...names, ...parts, ...since];
  const found: unknown[][] = [];
  await db.scan(
    table,
    columns,
    (row) =>
      found.push(
        columns.map((_, i) => {
          if (row.isNull(i)) return null;
          const number = row.checked(i);
          return Number.isNaN(number) && i < names.length ? row.text(i) : number;
        }),
      ),
    { bySqlite },
  );
  return found;
}

async function compare(path: string): Promise<number> {
  const db = await Database.open(path);
  let compared = 0;
  try {
    for (const table of db.tables) {
      const expected = await rows(db, table, true);
      assert.deepEqual(await rows(db, table, false), expected, `${path}: ${table}`);
      compared += expected.length;
    }
  } finally {
    db.close();
  }
  return compared;
}

describe('rows read from pages', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'profilemate-pages-'))));
  after(() => rmSync(folder, { recursive: true }));

  async function make(sql: string, pageSize = 4096): Promise<string> {
    const SQL = await initSqlJs();
    const db = new SQL.Database();
    db.run(`PRAGMA page_size = ${pageSize}; VACUUM;`);
    db.run(sql);
    const path = join(folder, `${Math.random().toString(36).slice(2)}.sqlite`);
    writeFileSync(path, db.export());
    db.close();
    return path;
  }

  const VALUES = [0, 1, 127, -128, 32767, -32768, 8388607, -8388608, 2147483647, -2147483648];
  const WIDE = [
    '140737488355327',
    '-140737488355328',
    '9007199254740991',
    '-9007199254740991',
    '1795780107693423331',
    '1795780103398456033',
  ];

  for (const pageSize of [512, 1024, 4096, 65536]) {
    it(`are those of SQLite, with pages of ${pageSize} bytes`, async () => {
      const texts = [
        "''",
        "'x'",
        `'${'long '.repeat(400)}'`,
        `'${'é'.repeat(3000)}'`,
        'NULL',
        '1.5',
      ];
      const inserts = [...VALUES, ...WIDE].flatMap((value) =>
        texts.map((text) => `INSERT INTO t VALUES (${value}, ${text}, ${value}.25);`),
      );
      const many =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, i || '-', i * 0.5 FROM n;";
      const path = await make(
        `CREATE TABLE t (a INTEGER, b TEXT, c REAL); ${inserts.join('')} ${many}`,
        pageSize,
      );
      assert.equal(await compare(path), 96 + 5000);
    });
  }

  it('are those of SQLite beyond 4 GiB, where no 32 bits reach', async function () {
    if (process.platform === 'win32') return this.skip();
    const tables = new MemoryTables();
    const table = tables.table('t', ['a INTEGER', 'b TEXT']);
    for (let i = 0; i < 5000; i++) table.insert([i * 2 ** 33, `row ${i}`]);
    const path = join(folder, 'sparse.sqlite');
    tables.write(path, 5 * 2 ** 30);
    assert.ok(statSync(path).size > 5 * 2 ** 30);
    assert.equal(await compare(path), 5000);
  });

  it('are left to SQLite where a table is keyed, computed or has defaults', async () => {
    const path = await make(`
      CREATE TABLE keyed (id INTEGER PRIMARY KEY, v TEXT);
      INSERT INTO keyed VALUES (7, 'seven'), (9, 'nine');
      CREATE TABLE flat (k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID;
      INSERT INTO flat VALUES ('b', 2), ('a', 1);
      CREATE TABLE late (a INTEGER);
      INSERT INTO late VALUES (1);
      ALTER TABLE late ADD COLUMN b INTEGER DEFAULT 5;
      CREATE TABLE sum (a INTEGER, b INTEGER AS (a + 1) STORED);
      INSERT INTO sum (a) VALUES (1);`);
    assert.equal(await compare(path), 6);
  });

  it('read short records as NULL, and absent columns too', async () => {
    const path = await make(
      'CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (3); ALTER TABLE t ADD COLUMN b INTEGER;',
    );
    const db = await Database.open(path);
    const found: unknown[] = [];
    await db.scan('t', ['b', 'nowhere', 'a'], (row) =>
      found.push(row.isNull(0), row.checked(0), row.isNull(1), row.number(1), row.number(2)),
    );
    db.close();
    assert.deepEqual(found, [true, NaN, true, 0, 3]);
  });

  it('end with an error where pages go in circles', async () => {
    const path = await make(
      `CREATE TABLE t (a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
       INSERT INTO t SELECT 'row number ' || i FROM n;`,
    );
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(path);
    // Page 2 is the table's root: let all its children be itself.
    const root = 4096;
    assert.equal(bytes[root], 5);
    for (let i = 0; i < bytes.readUInt16BE(root + 3); i++) {
      bytes.writeUInt32BE(2, root + bytes.readUInt16BE(root + 12 + i * 2));
    }
    bytes.writeUInt32BE(2, root + 8);
    writeFileSync(path, bytes);
    const db = await Database.open(path);
    await assert.rejects(
      db.scan('t', ['a'], () => {}),
      SqliteError,
    );
    db.close();
  });

  it('are those of SQLite in every table of every real profile', async function () {
    const files = realProfiles('nsys', '.sqlite', 'every table by pages and by SQLite');
    if (files.length === 0) return this.skip();
    let compared = 0;
    for (const file of files) compared += await compare(file);
    assert.ok(compared > 100_000, `${compared} rows`);
  });

  it('leave nothing beside the file and do not touch it', async () => {
    const path = await make('CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1);');
    const before = readdirSync(folder).sort();
    await compare(path);
    assert.deepEqual(readdirSync(folder).sort(), before);
  });
});
