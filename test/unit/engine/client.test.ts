import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ProfileClient } from '../../../src/engine/client';
import { ProfileRegistry } from '../../../src/engine/registry';
import type { EngineEvent } from '../../../src/protocol/messages';
import type { Stage } from '../../../src/protocol/requests';
import { toFile } from '../../data/sqlite';
import { vllm } from '../../data/vllm';

describe('a profile open in its own thread', function () {
  let folder: string;
  let worker: string;
  let file: string;
  let kernels: number;
  const clients: ProfileClient[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'profilemate-client-'));
    worker = join(folder, 'worker.js');
    // As it ships: one file with the SQLite engine beside it.
    await build({
      entryPoints: ['src/engine/worker.ts'],
      outfile: worker,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
    });
    copyFileSync('node_modules/sql.js/dist/sql-wasm.wasm', join(folder, 'sql-wasm.wasm'));
    file = join(folder, 'run.nsys.sqlite');
    const truth = toFile(file, (sink) => vllm(sink, { steps: 10 }));
    kernels = truth.counts.kernels;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const client of clients.splice(0)) client.dispose();
  });

  function open(path: string): ProfileClient {
    const client = new ProfileClient(worker, { path, rules: [] });
    clients.push(client);
    return client;
  }

  const count = async (client: ProfileClient): Promise<number> => {
    const page = await client.call('kernels', {
      scope: {},
      filter: '',
      offset: 0,
      limit: 1000,
      grouping: 'kernel',
    });
    return page.rows.reduce((sum, { instances }) => sum + instances, 0);
  };

  it('goes through its stages and answers', async () => {
    const client = open(file);
    const stages: Stage[] = [];
    client.onEvent((event) => {
      if (event.kind === 'stage') stages.push(event.status.stage);
    });
    assert.equal(await count(client), kernels);
    const memory = await client.call('memory', { scope: {} });
    assert.ok(memory.transfers.length > 0);
    assert.deepEqual(stages, ['facts', 'kernels', 'complete']);
    assert.equal(client.status?.stage, 'complete');
    const missed = client.missedEvents().map(({ kind }) => kind);
    assert.ok(missed.includes('stage') && !missed.includes('failed'));
  });

  it('rejects what is not wanted any more', async () => {
    const client = open(file);
    const stop = new AbortController();
    const call = client.call('memory', { scope: {} }, stop.signal);
    stop.abort();
    await assert.rejects(call, { code: 'cancelled' });
    assert.equal(await count(client), kernels);
  });

  it('reads again, from the start', async () => {
    const client = open(file);
    await client.call('memory', { scope: {} });
    const open1 = client.call('memory', { scope: {} });
    client.reload();
    await assert.rejects(open1, { code: 'cancelled' });
    assert.equal(client.status, undefined);
    assert.equal(await count(client), kernels);
  });

  it('says in a sentence what can not be read', async () => {
    const text = join(folder, 'notes.sqlite');
    writeFileSync(text, 'not a database '.repeat(400));
    const client = open(text);
    const failed = new Promise<EngineEvent>((done) =>
      client.onEvent((event) => event.kind === 'failed' && done(event)),
    );
    await assert.rejects(client.call('memory', { scope: {} }), {
      code: 'not-sqlite',
      name: 'RequestFailure',
    });
    await failed;
    assert.equal(client.failure?.code, 'not-sqlite');
    assert.match(client.failure.message, /notes\.sqlite/);
  });

  it('outlives a thread that dies', async () => {
    const broken = join(folder, 'broken-worker.cjs');
    writeFileSync(broken, 'setTimeout(() => { throw new Error("out of luck"); }, 50);');
    const client = new ProfileClient(broken, { path: file, rules: [] });
    clients.push(client);
    await assert.rejects(client.call('memory', { scope: {} }), {
      code: 'internal',
      message: /out of luck/,
    });
    await assert.rejects(client.call('memory', { scope: {} }), { code: 'internal' });
    assert.equal(client.failure?.code, 'internal');
  });

  it('is shared by those who have it open, and ends with the last', async () => {
    const registry = new ProfileRegistry(worker);
    try {
      const one = registry.acquire(file);
      const two = registry.acquire(file);
      assert.equal(one.client, two.client);
      assert.equal(registry.size, 1);
      one.dispose();
      one.dispose();
      assert.equal(await count(two.client), kernels);
      two.dispose();
      assert.equal(registry.size, 0);
      await assert.rejects(two.client.call('memory', { scope: {} }), { code: 'cancelled' });
      const three = registry.acquire(file);
      assert.notEqual(three.client, two.client);
    } finally {
      registry.dispose();
    }
  });
});
