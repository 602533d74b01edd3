import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { EDGES } from '../../data/edge';
import { MemoryTables, inMemory, toFile, type TableSink, type Value } from '../../data/sqlite';
import { vllm } from '../../data/vllm';

/** Rows that meet every way a value can be stored, and every size a record can have. */
const VALUES: readonly (readonly Value[])[] = [
  [null, 0, 1, 2, -1],
  [127, 128, -128, -129, 32_767],
  [32_768, -32_768, -32_769, 2 ** 31 - 1, 2 ** 31],
  [-(2 ** 31), -(2 ** 31) - 1, 2 ** 47 - 1, 2 ** 47, -(2 ** 47) - 1],
  [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 60, 0.5, -1e300],
  [2n ** 63n - 1n, -(2n ** 63n), 0n, 'text', ''],
  ['é🜲\n\0x', 'x'.repeat(126), 'x'.repeat(5_000), new Uint8Array([0, 255]), new Uint8Array(9_000)],
];

function fill(database: TableSink, rows: number): void {
  const keyed = database.table('keyed', ['id INTEGER NOT NULL PRIMARY KEY', 'value TEXT']);
  const plain = database.table('plain', ['a INTEGER', 'b']);
  for (let i = 0; i < rows; i++) {
    // Sizes around a page's end, where records begin to overflow.
    keyed.insert([i * 3, 'v'.repeat(i % 97 === 0 ? 3_980 + (i % 200) : i % 60)]);
    plain.insert([i, -i]);
  }
  // More schema than one page holds.
  for (let i = 0; i < 70; i++)
    database.table(
      `table_${i}`,
      Array.from({ length: 20 }, (_, n) => `a_long_column_name_${n} INTEGER NOT NULL`),
    );
}

describe('data/sqlite: a writer of SQLite files', () => {
  let SQL: Awaited<ReturnType<typeof initSqlJs>>;
  let folder: string;
  before(async () => {
    SQL = await initSqlJs();
    folder = mkdtempSync(join(tmpdir(), 'profilemate-data-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function query(bytes: Uint8Array, sql: string): unknown[][] {
    const database = new SQL.Database(bytes);
    try {
      return database.exec(sql)[0]?.values ?? [];
    } finally {
      database.close();
    }
  }

  for (const rows of [0, 1, 50, 70_000]) {
    it(`passes SQLite's integrity check with ${rows} rows`, () => {
      const bytes = inMemory((database) => fill(database, rows));
      assert.deepEqual(query(bytes, 'PRAGMA integrity_check'), [['ok']]);
      const lengths = Array.from({ length: rows }, (_, i) =>
        i % 97 === 0 ? 3_980 + (i % 200) : i % 60,
      );
      assert.deepEqual(query(bytes, 'SELECT count(*), total(length(value)), max(id) FROM keyed'), [
        [rows, lengths.reduce((a, b) => a + b, 0), rows === 0 ? null : (rows - 1) * 3],
      ]);
      assert.deepEqual(query(bytes, 'SELECT count(*), total(a + b), max(rowid) FROM plain'), [
        [rows, 0, rows === 0 ? null : rows],
      ]);
      assert.deepEqual(query(bytes, 'SELECT count(*) FROM sqlite_master'), [[72]]);
    });
  }

  it('writes the same bytes to a file as to memory', () => {
    const path = join(folder, 'same.db');
    toFile(path, (database) => fill(database, 3_000));
    const bytes = inMemory((database) => fill(database, 3_000));
    assert.ok(bytes.equals(readFileSync(path)));
  });

  it('stores every kind of value as SQLite reads it back', () => {
    const bytes = inMemory((database) => {
      const table = database.table('t', ['a', 'b', 'c', 'd', 'e']);
      for (const row of VALUES) table.insert(row);
    });
    assert.deepEqual(query(bytes, 'PRAGMA integrity_check'), [['ok']]);
    // As text, because sql.js gives 64-bit integers as doubles.
    const read = query(
      bytes,
      `SELECT ${['a', 'b', 'c', 'd', 'e'].map((c) => `CASE typeof(${c}) WHEN 'text' THEN ${c} WHEN 'blob' THEN hex(${c}) WHEN 'real' THEN ${c} ELSE CAST(${c} AS TEXT) END`).join(', ')} FROM t`,
    );
    const expected = VALUES.map((row) =>
      row.map((value) =>
        value instanceof Uint8Array
          ? Buffer.from(value).toString('hex').toUpperCase()
          : typeof value === 'number' && !Number.isSafeInteger(value)
            ? value
            : value === null
              ? null
              : String(value),
      ),
    );
    assert.deepEqual(read, expected);
  });

  it('leaves the page free that SQLite locks, in files over 1 GiB', function () {
    if (process.env.PROFILEMATE_LARGE_FILES !== '1') {
      console.log('      not run: 1 test writes over 1 GiB; set PROFILEMATE_LARGE_FILES=1');
      this.skip();
    }
    const path = join(folder, 'large.db');
    const text = 'x'.repeat(1 << 20);
    toFile(path, (database) => {
      const table = database.table('t', ['v TEXT']);
      for (let i = 0; i < 1_100; i++) table.insert([text]);
    });
    const script =
      'import sqlite3,sys; print(*sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone())';
    assert.equal(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }).trim(), 'ok');
  });

  it('refuses row ids that do not grow', () => {
    assert.throws(
      () =>
        inMemory((database) => {
          const table = database.table('t', ['id INTEGER PRIMARY KEY']);
          table.insert([5]);
          table.insert([5]);
        }),
      /row ids must grow/,
    );
  });

  it('keeps rows in memory to be spoilt before they are written', () => {
    const tables = new MemoryTables();
    const row: Value[] = [1, 'a'];
    const sink = tables.table('t', ['a INTEGER NOT NULL', 'b TEXT']);
    sink.insert(row);
    row[1] = 'b';
    sink.insert(row);
    tables.tables.get('t')!.rows[0][0] = 'not a number';
    assert.deepEqual(query(tables.bytes(), 'SELECT a, b FROM t'), [
      ['not a number', 'a'],
      [1, 'b'],
    ]);
  });

  it('gives scenarios that SQLite accepts, strange ones too', () => {
    const tables = new MemoryTables();
    vllm(tables, { steps: 4, layers: 2 });
    assert.deepEqual(query(tables.bytes(), 'PRAGMA integrity_check'), [['ok']]);
    for (const [name, edge] of Object.entries(EDGES)) {
      const problems = query(edge.build().bytes(), 'PRAGMA integrity_check').flat() as string[];
      // Values of the wrong type are the point of some; damaged pages are of none.
      const damage = problems.filter(
        (text) => !/^(ok$|NULL value in |TEXT value in |NUMERIC value in )/.test(text),
      );
      assert.deepEqual(damage, [], name);
    }
  });
});
