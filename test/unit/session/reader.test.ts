import assert from 'node:assert/strict';
import { appendFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { experts } from '../../../src/analysis/session/experts';
import { sessionGraphs } from '../../../src/analysis/session/graphs';
import { forwardLatency } from '../../../src/analysis/session/latency';
import { ReadFailure } from '../../../src/readers/failure';
import { findSession, readSession, SessionReader } from '../../../src/readers/session';
import { Folder, originalSession } from './folders';
import { cost } from '../../harness/cost';

const KV = 'timestamp_sec,usage_pct,num_blocks,total_blocks,rank,pid\n';

describe('session reader', () => {
  let folder: Folder;
  beforeEach(() => (folder = new Folder()));
  afterEach(() => folder.remove());

  describe("the original tool's folder", () => {
    beforeEach(() => originalSession(folder));

    it('is read from its documented columns', async () => {
      const session = await readSession(folder.path);
      assert.equal(session.format, 'original');
      assert.equal(session.processes.length, 1);
      assert.deepEqual([...session.kvUsage.blocks], [625, 1329, 2381]);
      assert.ok(Math.abs(session.kvUsage.usage[2] - 0.5812) < 1e-12);
      assert.ok(Math.abs(session.kvUsage.time[0] - 123e6) < 1);
      assert.deepEqual([...session.captures.requests], [128, 256, NaN]);
      assert.deepEqual([...session.captures.uniform], [1, 1, 0]);
      assert.ok(session.captures.pieces.every(Number.isNaN), 'not told is not zero');
      assert.deepEqual(session.diagnostics, []);
      assert.ok(session.missing.includes('cpu'));
      assert.ok(!session.missing.includes('evictions'), 'an empty table is there');
    });

    it('gives the figures that can be had, and no others', async () => {
      const session = await readSession(folder.path);
      const graphs = sessionGraphs(session);
      assert.equal(graphs.steps, 5432 + 3210);
      assert.equal(graphs.coverage, undefined, 'it never counted steps without a graph');
      assert.equal(graphs.padding, undefined);
      assert.equal(graphs.neverUsed, 1);
      assert.ok(Math.abs(graphs.neverUsedTime - 4.567e9) < 1);
      const [prefill, decode] = forwardLatency(session);
      assert.equal(prefill.phase, 'prefill');
      assert.equal(decode.times?.p50, 11e6);
      assert.ok(Math.abs(decode.tokensPerSecond! - 8 / 0.022) < 1e-6);
      const [layer] = experts(session).layers;
      assert.deepEqual([...layer.counts], [15234, 18932, 0, 14521]);
      assert.equal(layer.coverage, 0.75);
      assert.equal(layer.ratio, Infinity);
    });

    it('opens by the folder, its metadata, or any of its files', async () => {
      for (const name of [
        '',
        'metadata.json',
        'kv_cache_usage.csv',
        'moe_expert_tracking',
        'moe_expert_tracking/moe_load_imbalance.csv',
      ]) {
        assert.equal(await findSession(path.join(folder.path, name)), folder.path, name);
      }
      assert.equal(await findSession(folder.write('other.csv', 'a,b\n')), undefined);
    });
  });

  it('opens with any one file alone', async () => {
    folder.write(
      'cpu_operations_timing.csv',
      'timestamp_sec,operation,duration_ms,context\n1,schedule,0.5,\n',
    );
    const session = await readSession(folder.path);
    assert.equal(session.cpu.length, 1);
    assert.equal(session.cpu.duration[0], 0.5e6);
  });

  it('refuses in one sentence what is none', async () => {
    await assert.rejects(readSession(folder.path), (error: unknown) => {
      assert.ok(error instanceof ReadFailure);
      assert.equal(error.code, 'not-a-profile');
      return true;
    });
    await assert.rejects(readSession(path.join(folder.path, 'nothing')), { code: 'not-found' });
  });

  it('survives hostile files, and says what it left out', async () => {
    folder.write(
      'kv_cache_usage.csv',
      `${KV}1,50,5,10,0,1\nNaN,Infinity,-5,1e999,0,1\n2,60\n"3,70,7,10,0,1\n`,
    );
    folder.write('batch_utilization.csv', 'what,is,this\n1,2,3\n');
    folder.write(
      'cuda_graph_usage.csv',
      `runtime_mode,replay_count\n=cmd(),-7\n${'x'.repeat(3 << 20)}`,
    );
    folder.write('forward_pass_timing.csv', `${Buffer.alloc(4096).toString()}\n`);
    folder.write('metadata.json', '{"pid": {"a": []}');
    const session = await readSession(folder.path);
    assert.equal(session.kvUsage.blocks[0], 5);
    assert.ok(Number.isNaN(session.kvUsage.time[1]));
    assert.ok(Number.isNaN(session.kvUsage.usage[1]));
    assert.equal(session.batch.length, 0);
    const said = session.diagnostics.map(({ text }) => text).join('\n');
    assert.match(said, /rows of kv_cache_usage\.csv are damaged/);
    assert.match(said, /batch_utilization\.csv has not the columns/);
    assert.match(said, /forward_pass_timing\.csv has not the columns/);
  });

  describe('while it is written', () => {
    const about = (pid: number): object => ({ schema: 'profilemate-process', pid, rank: 0 });

    beforeEach(() => {
      folder.json('metadata.json', {
        schema: 'profilemate-session',
        schema_version: 1,
        start_wall_ns: 1_700_000_000_000_000_000,
      });
      folder.json('p10-abcdef/metadata.json', about(10));
      folder.write('p10-abcdef/kv_cache_usage.csv', `${KV}1,10,1,10,0,10\n`);
    });

    it('takes only whole rows, and each once', async () => {
      const reader = await SessionReader.open(folder.path);
      assert.equal(await reader.refresh(), true);
      const before = reader.session();
      assert.deepEqual([...before.kvUsage.blocks], [1]);
      const file = path.join(folder.path, 'p10-abcdef/kv_cache_usage.csv');
      appendFileSync(file, '2,20,2,10,0,10\n3,3');
      assert.equal(await reader.refresh(), true);
      assert.deepEqual([...reader.session().kvUsage.blocks], [1, 2]);
      assert.equal(await reader.refresh(), false);
      appendFileSync(file, '0,3,10,0,10\n');
      await reader.refresh();
      assert.deepEqual([...reader.session().kvUsage.usage], [0.1, 0.2, 0.3]);
      assert.equal(reader.session().diagnostics.length, 0);
      assert.deepEqual([...before.kvUsage.blocks], [1], 'what was given out stays');
    });

    it('reads no byte twice', async () => {
      const reader = await SessionReader.open(folder.path);
      await reader.refresh();
      const { size } = reader.session();
      await reader.refresh();
      await reader.refresh();
      assert.equal(reader.session().size, size);
    });

    it('follows a file through its rotation', async () => {
      const reader = await SessionReader.open(folder.path);
      await reader.refresh();
      const file = path.join(folder.path, 'p10-abcdef/kv_cache_usage.csv');
      appendFileSync(file, '2,20,2,10,0,10\n');
      renameSync(file, file.replace('.csv', '.000001.csv'));
      folder.write('p10-abcdef/kv_cache_usage.csv', `${KV}3,30,3,10,0,10\n`);
      await reader.refresh();
      assert.deepEqual([...reader.session().kvUsage.blocks], [1, 2, 3]);
      assert.deepEqual([...(await readSession(folder.path)).kvUsage.blocks], [1, 2, 3]);
    });

    it('holds the newest rows of all processes alike, and says from when on', async () => {
      const rows = (pid: number, from: number, to: number): string =>
        Array.from(
          { length: to - from },
          (_, at) => `${from + at},10,${from + at},10,0,${pid}\n`,
        ).join('');
      const [first, second] = ['p10-abcdef', 'p11-abcdef'].map(
        (name) => `${name}/kv_cache_usage.csv`,
      );
      folder.write(first, KV + rows(10, 0, 60));
      folder.json('p11-abcdef/metadata.json', about(11));
      folder.write(second, KV + rows(11, 0, 60));
      const reader = await SessionReader.open(folder.path, 100);
      await reader.refresh();
      const before = reader.session();
      const whole = { times: [...before.kvUsage.time], processes: [...before.kvUsage.process] };
      const since = Math.min(...whole.times);
      for (const process of [0, 1]) {
        const times = whole.times.filter((_, row) => whole.processes[row] === process);
        assert.deepEqual(
          times,
          Array.from({ length: 60 - since / 1e9 }, (_, at) => since + at * 1e9),
          'of each process all rows from the same time on',
        );
      }
      assert.ok(whole.times.length > 25 && whole.times.length <= 100);
      assert.match(
        before.diagnostics.map(({ text }) => text).join(),
        new RegExp(
          `the newest ${whole.times.length} are shown, those from ${since / 1e9}\\.0 s on; ${120 - whole.times.length} older`,
        ),
      );
      appendFileSync(path.join(folder.path, first), rows(10, 60, 200));
      await reader.refresh();
      const { kvUsage } = reader.session();
      assert.equal(kvUsage.time.at(-1), 199e9, 'what has just come is there');
      assert.ok(kvUsage.length <= 100);
      assert.deepEqual([...before.kvUsage.time], whole.times, 'what was given out stays');
    });

    it('tells the size of what it holds, however often a file is replaced', async () => {
      const reader = await SessionReader.open(folder.path);
      await reader.refresh();
      const { size } = reader.session();
      const text = 'runtime_mode,num_tokens,replay_count\nFULL,8,1\n';
      for (const count of ['1', '2', '3']) {
        folder.write('p10-abcdef/cuda_graph_usage.csv', text.replace(/1\n$/, `${count}\n`));
        await reader.refresh();
        assert.equal(reader.session().size, size + text.length);
      }
    });

    it('sees processes that come later, and files that are replaced', async () => {
      const reader = await SessionReader.open(path.join(folder.path, 'p10-abcdef'));
      await reader.refresh();
      const head = 'runtime_mode,num_tokens,replay_count\n';
      folder.write('p10-abcdef/cuda_graph_usage.csv', `${head}FULL,8,1\n`);
      await reader.refresh();
      folder.write('p10-abcdef/cuda_graph_usage.csv', `${head}FULL,8,50\nFULL,16,2\n`);
      folder.json('p11-abcdef/metadata.json', { ...about(11), state: 'finished' });
      folder.write('p11-abcdef/cuda_graph_usage.csv', `${head}FULL,8,9\n`);
      folder.json('not-ours/metadata.json', about(12));
      await reader.refresh();
      const session = reader.session();
      assert.deepEqual(
        session.processes.map(({ pid }) => pid),
        [10, 11],
      );
      assert.deepEqual([...session.graphUsage.replays], [50, 2, 9]);
      assert.deepEqual([...session.graphUsage.process], [0, 0, 1]);
      assert.equal(session.utcEpoch, 1.7e18);
    });
  });

  it('reads a million rows in little time', async () => {
    const rows: string[] = [];
    for (let row = 0; row < 1_000_000; row++)
      rows.push(`${row / 1000},${row % 100},${row % 100},100,0,1\n`);
    folder.write('kv_cache_usage.csv', KV + rows.join(''));
    const ms = await cost(async () => {
      const session = await readSession(folder.path);
      assert.equal(session.kvUsage.length, 1_000_000);
      assert.equal(session.kvUsage.blocks[999_999], 99);
    });
    assert.ok(ms < 30_000, `${ms} ms`);
  });
});
