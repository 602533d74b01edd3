/** One case: a sound export, spoilt as its number says, read and computed as a user's would be. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import initSqlJs from 'sql.js';
import { readNsys } from '../../src/readers/nsys';
import { ReadFailure } from '../../src/readers/failure';
import type { Profile } from '../../src/profile/model';
import { Random } from '../data/random';
import { MemoryTables } from '../data/sqlite';
import { vllm, type VllmOptions } from '../data/vllm';
import { checkReading, checkResults, totalTime } from './expect';
import { BYTE_MUTATIONS, TABLE_MUTATIONS } from './mutations';

/** Small, and of every version and graph mode. */
const SOUND: readonly Partial<VllmOptions>[] = [
  {},
  { graphs: 'graph', version: '2024.6' },
  { graphs: 'none', version: '2020', operatorRanges: true },
  { version: '2022', ranks: 1, stepFormat: 'plain' },
  { hardwareId: 200, ownOrdinals: true, engines: 2, ranks: 1 },
];
const SQLITE = initSqlJs();
const written = new Map<Partial<VllmOptions>, MemoryTables>();

function sound(options: Partial<VllmOptions>): MemoryTables {
  let tables = written.get(options);
  if (!tables) {
    vllm((tables = new MemoryTables()), { steps: 5, layers: 2, ...options });
    written.set(options, tables);
  }
  const copy = new MemoryTables();
  for (const [name, { columns, rows }] of tables.tables)
    copy.tables.set(name, { columns: [...columns], rows: rows.map((row) => [...row]) });
  return copy;
}

export interface Outcome {
  /** What was done to the file. */
  readonly mutations: readonly string[];
  /** `read`: figures came out, and were right; else the code of the refusal. */
  readonly end: string;
  /** What was wrong, if anything. */
  readonly failure?: string;
}

/** @param path where the file may be written */
export async function runCase(seed: number, index: number, path: string): Promise<Outcome> {
  const random = new Random(seed * 1_000_003 + index);
  const tables = sound(random.pick(SOUND));
  const mutations: string[] = [];
  let structural = false;
  const inBytes = index % 2 === 1;
  if (!inBytes)
    for (let n = random.int(1, 3); n > 0; n--) {
      const mutation = random.pick(TABLE_MUTATIONS);
      mutations.push(mutation.name);
      structural ||= mutation.structural ?? false;
      mutation.apply(tables.tables, random);
    }
  const file = { bytes: tables.bytes() };
  if (inBytes)
    for (let n = random.int(1, 2); n > 0 && file.bytes.length > 0; n--) {
      const mutation = random.pick(BYTE_MUTATIONS);
      mutations.push(mutation.name);
      mutation.apply(file, random);
    }
  writeFileSync(path, file.bytes);
  try {
    let profile: Profile;
    try {
      profile = await readNsys(path);
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error;
      assert.ok(inBytes || structural, `a sound file was refused: ${error.message}`);
      assert.ok(error.message.includes(path) && !error.message.includes('\n'), error.message);
      return { mutations, end: error.code };
    }
    if (inBytes) await checkAgainstSqlite(file.bytes, profile);
    else checkReading(tables, profile);
    checkResults(profile);
    return { mutations, end: 'read' };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { mutations, end: 'failed', failure };
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * A damaged file's kernels must be those that SQLite finds. Where a page is
 * beyond repair the two may part: SQLite gives up or guesses, and a reader may
 * leave rows out, if it says so.
 */
async function checkAgainstSqlite(bytes: Buffer, profile: Profile): Promise<void> {
  const SQL = await SQLITE;
  const database = new SQL.Database(bytes);
  try {
    const query = (sql: string): unknown => database.exec(sql)[0].values[0];
    const told = profile.diagnostics.some(({ text }) => /left out/.test(text));
    if (told && String(query('PRAGMA integrity_check(1)')) !== 'ok') return;
    const isTime = (column: string): string =>
      `typeof(${column}) IN ('integer', 'real') AND abs(CAST(${column} AS REAL)) <= ${Number.MAX_SAFE_INTEGER}`;
    const expected = query(
      `SELECT count(*), total(max(0, end - start)) FROM CUPTI_ACTIVITY_KIND_KERNEL
       WHERE ${isTime('start')} AND ${isTime('end')}`,
    );
    assert.deepEqual([profile.kernels.length, totalTime(profile.kernels)], expected, 'kernels');
  } catch (error) {
    // The table or a column of it may have lost its name.
    if (!/^no such /.test((error as Error).message)) throw error;
  } finally {
    database.close();
  }
}
