import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, beforeEach, describe, it } from 'mocha';
import initSqlJs from 'sql.js';
import { openHistory } from '../../../src/history/open';
import { behavesAsHistory } from './contract';
import { madeUp } from './run';

interface Writer {
  readonly child: ChildProcess;
  /** The runs it says are in. */
  readonly said: () => string[];
  readonly end: Promise<number | null>;
}

describe('a history in one file', function () {
  let folder: string;
  let file: string;
  let number = 0;
  before(() => (folder = mkdtempSync(join(os.tmpdir(), 'profilemate history '))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => (file = join(folder, `${++number}`, 'history.sqlite')));

  behavesAsHistory((fresh) => {
    if (fresh) file = join(folder, `${++number}`, 'history.sqlite');
    return openHistory(file);
  });

  it('is not made by looking at it', async () => {
    const history = await openHistory(join(folder, 'none.sqlite'));
    assert.deepEqual(await history.list(), []);
    assert.ok(!readdirSync(folder).includes('none.sqlite'));
  });

  it('is an ordinary SQLite database', async () => {
    await (await openHistory(file)).add(madeUp('one', { decode: 250 }));
    const { Database } = await initSqlJs();
    const database = new Database(readFileSync(file));
    const [rows] = database.exec(
      "SELECT model, value FROM profile_runs JOIN profile_metrics ON run_id = id WHERE name = 'decode.step_ms'",
    );
    assert.deepEqual(rows.values, [['org/model', 2.5]]);
    database.close();
  });

  it('refuses a file that is something else, and leaves it alone', async () => {
    const other = join(folder, 'other.sqlite');
    writeFileSync(other, 'not a database at all, and long enough to be looked at'.repeat(20));
    const history = await openHistory(other);
    await assert.rejects(history.add(madeUp('x')), /is no history/);
    assert.match(readFileSync(other, 'utf8'), /^not a database/);
  });

  it('refuses the database of another program, as a profile is one', async () => {
    const { Database } = await initSqlJs();
    const profile = new Database();
    profile.run('CREATE TABLE StringIds (id INTEGER, value TEXT)');
    const bytes = profile.export();
    profile.close();
    const other = join(folder, 'profile.sqlite');
    writeFileSync(other, bytes);
    const history = await openHistory(other);
    await assert.rejects(history.add(madeUp('x')), /is no history: .*another program/);
    assert.deepEqual(new Uint8Array(readFileSync(other)), bytes);
  });

  it('brings tables of the first version up to date, with what measured each run', async () => {
    const summary = JSON.stringify({ ...(madeUp('x').summary as object) });
    const { Database } = await initSqlJs();
    const first = new Database();
    first.run(`CREATE TABLE profile_history (version INTEGER NOT NULL);
      INSERT INTO profile_history VALUES (1);
      CREATE TABLE profile_runs (
        id TEXT PRIMARY KEY, added_at TEXT NOT NULL, captured_at TEXT, model TEXT, gpu TEXT,
        git_hash TEXT, branch TEXT, label TEXT NOT NULL, note TEXT,
        is_baseline INTEGER NOT NULL, summary BLOB NOT NULL, client BLOB);
      CREATE TABLE profile_metrics (run_id TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL,
        value REAL NOT NULL, PRIMARY KEY (run_id, name));
      CREATE TABLE profile_kernels (run_id TEXT NOT NULL, place INTEGER NOT NULL,
        kernel_name TEXT NOT NULL, component TEXT, step_ms REAL NOT NULL, step_calls REAL NOT NULL,
        PRIMARY KEY (run_id, place));
      INSERT INTO profile_metrics VALUES ('a', 'decode.step_ms', 'ms', 2.5)`);
    const insert =
      'INSERT INTO profile_runs VALUES (?, ?, NULL, ?, NULL, NULL, NULL, ?, NULL, 0, ?, NULL)';
    const ours = { schema_version: 1, profile: { format: 'torch' }, prefill_decode: {} };
    const day = '2026-01-01T00:00:00.000Z';
    first.run(insert, ['a', day, 'org/model', 'a', gzipSync(summary)]);
    first.run(insert, ['b', day, 'org/model', 'b', gzipSync(JSON.stringify(ours))]);
    mkdirSync(dirname(file));
    writeFileSync(file, first.export());
    first.close();
    const history = await openHistory(file);
    await history.add(madeUp('c'));
    assert.deepEqual(
      (await history.list({ model: 'org/model' }))
        .map(({ id, measure }) => [id, measure])
        .slice(0, 2),
      [
        ['a', 'ranges'],
        ['b', 'torch'],
      ],
    );
    assert.equal((await history.list({ measure: 'ranges' })).length, 2);
    assert.equal((await history.list())[0].metrics['decode.step_ms'], 2.5);
  });

  const writer = (name: string, runs: number): Writer => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/unit/history/writer.mts', file, name, String(runs)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    child.stdout.on('data', (piece) => (text += String(piece)));
    return { child, said: () => text.split('\n').slice(0, -1), end: ended(child) };
  };
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((done) => child.once('close', (status) => done(status)));

  /** Everything that was acknowledged is there, and the file is whole. */
  async function whole(acknowledged: readonly string[]): Promise<void> {
    const { Database } = await initSqlJs();
    const database = new Database(readFileSync(file));
    assert.equal(database.exec('PRAGMA integrity_check')[0].values[0][0], 'ok');
    database.close();
    const labels = new Set((await (await openHistory(file)).list()).map(({ label }) => label));
    for (const name of acknowledged) assert.ok(labels.has(name), `${name} is lost`);
    assert.ok(!readdirSync(join(file, '..')).some((name) => name.endsWith('.lock')));
  }

  it('loses nothing when several processes write at once', async () => {
    const writers = ['a', 'b', 'c'].map((name) => writer(name, 8));
    assert.deepEqual(await Promise.all(writers.map(({ end }) => end)), [0, 0, 0]);
    const said = writers.flatMap((each) => each.said());
    assert.equal(said.length, 24);
    await whole(said);
    assert.equal((await (await openHistory(file)).list()).length, 24);
  });

  it('loses nothing when writers are killed in the middle', async () => {
    const killed = ['x', 'y', 'z'].map((name) => writer(name, 500));
    const steady = writer('steady', 20);
    // Each at another moment of its writing.
    for (const [i, { child, said, end }] of killed.entries()) {
      while (said().length < 3 + 2 * i) await new Promise((done) => setTimeout(done, 7 + 3 * i));
      child.kill('SIGKILL');
      await end;
    }
    assert.equal(await steady.end, 0);
    // What was killed last may have held the lock, and left it to whoever comes next.
    await (await openHistory(file)).add(madeUp('afterwards'));
    await whole([...killed.flatMap((each) => each.said()), ...steady.said(), 'afterwards']);
    assert.ok(!readdirSync(join(file, '..')).some((name) => name.endsWith('.tmp')));
  });

  it('takes over the lock of a process that is gone, and waits for one that lives', async () => {
    await (await openHistory(file)).add(madeUp('first'));
    const lock = `${file}.lock`;
    const gone = spawn(process.execPath, ['-e', '']);
    await ended(gone);
    const read = (path: string): string => readFileSync(path, 'utf8').trim();
    const owner = {
      token: 'other',
      host: os.hostname(),
      boot: read('/proc/sys/kernel/random/boot_id'),
      space: (await import('node:fs')).readlinkSync('/proc/self/ns/pid'),
      pid: gone.pid,
      started: '1',
    };
    writeFileSync(lock, JSON.stringify(owner));
    await (await openHistory(file)).add(madeUp('second'));
    // The number of a process that lives, given again after its owner had gone.
    writeFileSync(lock, JSON.stringify({ ...owner, pid: process.pid }));
    await (await openHistory(file)).add(madeUp('third'));
    // From before the machine was started again.
    writeFileSync(
      lock,
      JSON.stringify({ ...owner, boot: 'earlier', pid: process.pid, started: '' }),
    );
    await (await openHistory(file)).add(madeUp('fourth'));
    // One that lives.
    writeFileSync(lock, JSON.stringify({ ...owner, pid: process.pid, started: '' }));
    let done = false;
    const waiting = openHistory(file)
      .then((history) => history.add(madeUp('fifth')))
      .then(() => (done = true));
    await new Promise((later) => setTimeout(later, 300));
    assert.equal(done, false);
    rmSync(lock);
    await waiting;
    assert.equal((await (await openHistory(file)).list()).length, 5);
  });
});
