import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { Client } from 'pg';
import { openHistory } from '../../../src/history/open';
import { behavesAsHistory } from './contract';
import { postgresPrograms, startPostgres } from './postgres';
import { madeUp } from './run';

const programs = postgresPrograms();

describe('a history on a PostgreSQL server', function () {
  if (programs === undefined) {
    it('is NOT tested: install the package postgresql', function () {
      console.log(
        '\n  ============================================================\n' +
          '  No PostgreSQL server here: 7 tests of its store did NOT run.\n' +
          '  ============================================================\n',
      );
      this.skip();
    });
    return;
  }

  let server: { url: string; stop(): Promise<void> };
  let url: string;
  let number = 0;
  before(async () => {
    server = await startPostgres(programs);
    url = server.url;
  });
  after(() => server.stop());

  const ask = async (sql: string, at = url) => {
    const client = new Client({ connectionString: at });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const freshDatabase = async (): Promise<string> => {
    const name = `history_${++number}`;
    await ask(`CREATE DATABASE ${name}`, server.url);
    return server.url.replace(/postgres$/, name);
  };

  behavesAsHistory(async (fresh) => {
    if (fresh) url = await freshDatabase();
    return openHistory(url);
  });

  it('makes its tables once, whoever comes first', async () => {
    url = await freshDatabase();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openHistory(url)));
    await Promise.all(
      stores.flatMap((store, s) => [0, 1, 2].map((i) => store.add(madeUp(`${s} ${i}`)))),
    );
    assert.equal((await stores[0].list()).length, 15);
    assert.deepEqual(await ask('SELECT version FROM profile_history'), [
      { version: 1 },
      { version: 2 },
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('refuses tables of a version to come', async () => {
    url = await freshDatabase();
    const history = await openHistory(url);
    await history.add(madeUp('one'));
    await ask('INSERT INTO profile_history VALUES (99)');
    await assert.rejects(history.list(), /has version 99/);
    await assert.rejects(history.add(madeUp('two')), /has version 99/);
    await history.close();
  });

  it('shows no password, not even when it cannot connect', async () => {
    const history = await openHistory(url);
    assert.doesNotMatch(history.place, /hunter2/);
    await history.close();
    const closed = await openHistory('postgresql://u:hunter2@127.0.0.1:1/x');
    await assert.rejects(closed.list(), (error: Error) => {
      assert.match(error.message, /Cannot open the history at postgresql:\/\/127\.0\.0\.1:1\/x/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });
});
