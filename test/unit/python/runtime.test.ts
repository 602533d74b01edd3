import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../harness/patience';
import { interpreters, LAYER, type ProcessFolder, Run, STANDIN, type Truth } from './standin';

const pythons = interpreters();
const python = pythons.values().next().value;

const FAMILIES = [
  ['0.11.0', 'V1'],
  ['0.12.0', 'V1'],
  ['0.14.0', 'V1'],
  ['0.14.0', 'V2'],
  ['0.16.0', 'V1'],
  ['0.17.0', 'V2'],
  ['0.18.0', 'V2'],
  ['0.20.0', 'V1'],
  ['0.20.0', 'V2'],
  ['0.27.0', 'V1'],
  ['0.27.0', 'V2'],
] as const;

const count = (values: readonly unknown[] | undefined): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values ?? []) {
    const key = JSON.stringify(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};
const sorted = <T>(map: Map<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** Everything the scheduler's process writes, against what its methods counted of themselves. */
function checkEngine(folder: ProcessFolder, truth: Truth): void {
  const { counts, lists } = truth;
  const batches = (lists.batches ?? []) as [string, number, number, number, number, number][];

  const utilisation = folder.rows('batch_utilization.csv');
  assert.deepEqual(
    utilisation.map((row) => [
      row.phase,
      Number(row.num_seqs),
      Number(row.num_tokens),
      Number(row.running_queue_len),
      Number(row.waiting_queue_len),
    ]),
    batches.map((batch) => batch.slice(0, 5)),
  );
  for (const row of utilisation) {
    assert.equal(row.max_num_seqs, '4');
    assert.ok(Math.abs(Number(row.seq_utilization_pct) - (100 * Number(row.num_seqs)) / 4) < 1e-3);
    assert.ok(
      Math.abs(Number(row.token_utilization_pct) - (100 * Number(row.num_tokens)) / 64) < 1e-3,
    );
  }
  const summary = folder.json('batch_utilization_summary.json') as Record<string, unknown>;
  assert.equal(summary.steps, counts.steps);
  assert.equal(summary.empty_steps, counts.empty_steps ?? 0);

  const usage = folder.rows('kv_cache_usage.csv');
  assert.deepEqual(
    usage.map((row) => Number(row.num_blocks)).slice(0, batches.length),
    batches.map((batch) => batch[5]),
  );
  assert.ok(usage.every((row) => row.total_blocks === '16'));
  assert.match(folder.text('kv_cache_summary.txt'), /Total blocks: 16\n/);

  const evictions = folder.rows('kv_cache_evictions.csv');
  const true_evictions = (lists.evictions ?? []) as [number, number, number][];
  assert.equal(evictions.length, true_evictions.length);
  assert.ok(evictions.length > 0, 'the load evicts');
  // The stand-in reads its clock a moment after or before the layer does; a busy machine may
  // put the process aside between the two, but not at every one.
  const off = evictions.map((row, index) => {
    const [block, lifetime, idle] = true_evictions[index];
    assert.equal(Number(row.block_id), block);
    assert.ok(Number(row.idle_sec) <= Number(row.lifetime_sec));
    return Math.max(
      Math.abs(Number(row.lifetime_sec) - lifetime),
      Math.abs(Number(row.idle_sec) - idle),
    );
  });
  const near = off.filter((seconds) => seconds < 0.05).length;
  assert.ok(near >= 0.8 * off.length, `${near} of ${off.length} are near: ${off.join(', ')}`);

  const events = folder.rows('preemption_events.csv');
  const preempted = events.filter((row) => row.event === 'preempted');
  assert.deepEqual(
    preempted.map((row) => row.request_id),
    lists.preempted ?? [],
  );
  assert.equal(events.filter((row) => row.event === 'resumed').length, counts.resumed ?? 0);

  const lifecycle = folder.rows('request_lifecycle.csv');
  assert.deepEqual(
    lifecycle.map((row) => [row.request_id, row.finish_reason, Number(row.preemptions)]),
    lists.finished,
  );
  for (const row of lifecycle) {
    assert.ok(Number(row.queued_sec) <= Number(row.started_sec));
    assert.ok(Number(row.started_sec) < Number(row.finished_sec));
    assert.equal(row.preempted_sec === '', row.preemptions === '0');
  }
  const requests = folder.json('preemption_summary.json') as Record<string, number>;
  assert.equal(requests.preemptions, (lists.preempted ?? []).length);
  assert.equal(requests.requests_finished, (lists.finished ?? []).length);
  assert.equal(requests.requests_preempted, new Set(lists.preempted).size);

  const operations = count(folder.rows('cpu_operations_timing.csv').map((row) => row.operation));
  assert.equal(operations.get('"schedule"'), counts.schedule_calls);
  assert.equal(operations.get('"update_from_output"'), counts.schedule_calls);
}

/** Everything a worker's process writes. */
function checkWorker(folder: ProcessFolder, truth: Truth, version: string, runner: string): void {
  const { counts, lists } = truth;
  const replayed = (lists.replayed ?? []) as [string, number | null, number][];

  const captures = count(lists.captures);
  const rows = folder.rows('cuda_graph_captures.csv');
  const known = new Map<string, number>();
  for (const row of rows) {
    const key = [
      row.runtime_mode,
      Number(row.num_tokens),
      row.num_reqs === 'None' ? null : Number(row.num_reqs),
    ];
    known.set(JSON.stringify(key), Number(row.pieces));
    assert.ok(Number(row.capture_time_sec) > 0, 'each capture has its time');
  }
  assert.deepEqual(sorted(known), sorted(captures));

  const usage = folder.rows('cuda_graph_usage.csv');
  const expected = count(replayed.map(([mode, size]) => [mode, size]));
  assert.deepEqual(
    sorted(
      new Map(
        usage.map((row) => [
          JSON.stringify([row.runtime_mode, row.num_tokens === '' ? null : Number(row.num_tokens)]),
          Number(row.replay_count),
        ]),
      ),
    ),
    sorted(expected),
  );
  for (const row of usage) {
    const steps = replayed.filter(
      ([mode, size]) => mode === row.runtime_mode && String(size ?? '') === row.num_tokens,
    );
    const unpadded = steps.reduce((sum, [, , tokens]) => sum + tokens, 0);
    assert.equal(Number(row.tokens_unpadded), unpadded);
    const padded = steps.reduce((sum, [, size, tokens]) => sum + (size ?? tokens), 0);
    assert.equal(Number(row.tokens_padded), padded);
  }
  const captured = new Set(rows.map((row) => row.runtime_mode + row.num_tokens + row.num_reqs));
  for (const row of usage) {
    if (row.runtime_mode === 'NONE') continue;
    assert.ok(
      captured.has(row.runtime_mode + row.num_tokens + row.num_reqs),
      'a replayed graph is found among the captured ones',
    );
  }

  const timeline = folder.rows('cuda_graph_timeline.csv');
  assert.equal(timeline.length, counts.worker_steps);
  assert.deepEqual(
    timeline.map((row) => [row.runtime_mode, Number(row.num_tokens_unpadded)]),
    replayed.map(([mode, , tokens]) => [mode, tokens]),
  );

  const forward = folder.rows('forward_pass_timing.csv');
  assert.equal(forward.length, counts.worker_steps);
  assert.equal(
    forward.reduce((sum, row) => sum + Number(row.num_tokens), 0),
    counts.worker_tokens,
  );
  const timed = forward.filter((row) => row.forward_time_ms !== '');
  // Only what the device has not been seen to finish at the very end has no time.
  assert.ok(forward.length - timed.length <= 2);
  assert.ok(timed.every((row) => row.timing === 'cuda_events' && Number(row.forward_time_ms) > 0));
  assert.ok(forward.every((row) => row.rank === String(folder.metadata.rank)));

  const operations = count(folder.rows('cpu_operations_timing.csv').map((row) => row.operation));
  assert.equal(operations.get('"execute_model"'), counts.worker_steps);
  assert.equal(operations.get('"sample_tokens"'), counts.sampled);
  assert.equal(counts.sampled === undefined, version === '0.11.0');
  assert.equal(folder.metadata.model_runner, runner);
  assert.deepEqual((lists.forbidden ?? []).flat(), [], 'nothing waited, nothing broke a capture');
}

function checkEncoder(folder: ProcessFolder, truth: Truth): void {
  const rows = folder.rows('encoder_decoder_timing.csv');
  const encoded = rows.filter((row) => row.component === 'encoder');
  assert.deepEqual(
    encoded.map((row) => row.context),
    (truth.lists.encoded ?? []).map((inputs) => `inputs=${inputs}`),
  );
  assert.ok(encoded.length > 0);
  assert.equal(rows.filter((row) => row.component === 'decoder').length, encoded.length);
}

/** Rows of each step, padding included, by the rule of the stand-in's router. */
function checkExperts(folder: ProcessFolder, truth: Truth): void {
  const [layers, experts, topK] = [2, 4, 2];
  const expected = Array.from({ length: layers }, () => new Array<number>(experts).fill(0));
  const pairs = new Map<string, number>();
  for (const [, size, tokens] of (truth.lists.replayed ?? []) as [
    string,
    number | null,
    number,
  ][]) {
    for (let layer = 0; layer < layers; layer++) {
      for (let row = 0; row < (size ?? tokens); row++) {
        const chosen = Array.from(
          { length: topK },
          (_, choice) => (row + layer + choice) % experts,
        );
        for (const expert of chosen) expected[layer][expert]++;
        const [low, high] = [...chosen].sort((a, b) => a - b);
        const key = `${layer} ${low} ${high}`;
        pairs.set(key, (pairs.get(key) ?? 0) + 1);
      }
    }
  }
  const found = Array.from({ length: layers }, () => new Array<number>(experts).fill(0));
  for (const row of folder.rows('moe_expert_tracking/moe_expert_activations.csv')) {
    found[Number(row.layer_idx)][Number(row.expert_id)] = Number(row.activation_count);
  }
  assert.deepEqual(found, expected);
  assert.deepEqual(
    sorted(
      new Map(
        folder
          .rows('moe_expert_tracking/moe_expert_coselection.csv')
          .map((row) => [
            `${row.layer_idx} ${row.expert_id_1} ${row.expert_id_2}`,
            Number(row.coselection_count),
          ]),
      ),
    ),
    sorted(pairs),
  );
  const weights = folder.rows('moe_expert_tracking/moe_routing_weights_hist.csv');
  const total = expected.flat().reduce((sum, each) => sum + each, 0);
  assert.equal(
    weights.reduce((sum, row) => sum + Number(row.count), 0),
    total,
  );
  // Weights are 2/3 and 2/5, in buckets of a twentieth.
  assert.deepEqual([...new Set(weights.map((row) => row.weight_low))].sort(), ['0.4000', '0.6500']);
  const imbalance = folder.rows('moe_expert_tracking/moe_load_imbalance.csv');
  assert.equal(
    imbalance.reduce((sum, row) => sum + Number(row.activations), 0),
    total,
    'the differences between readings add up',
  );
  const summary = folder.json('moe_expert_tracking/moe_summary.json') as Record<
    string,
    { total_activations: number; num_experts: number }
  >;
  assert.equal(summary.layer_1.num_experts, experts);
  assert.equal(
    summary.layer_0.total_activations,
    expected[0].reduce((sum, each) => sum + each, 0),
  );
}

function noFailures(run: Run): void {
  for (const folder of run.processes()) {
    const hooks = folder.metadata.hooks as Record<string, { failures: number; last_error: string }>;
    for (const [name, hook] of Object.entries(hooks)) {
      assert.equal(hook.failures, 0, `${name}: ${hook.last_error}`);
    }
    assert.equal(folder.metadata.dropped_rows, 0);
  }
}

describe('runtime layer', function () {
  const runs: Run[] = [];
  const begin = (options: ConstructorParameters<typeof Run>[0]): Run => {
    const run = new Run({ python, ...options });
    runs.push(run);
    return run;
  };

  before(function () {
    if (python === undefined) {
      console.warn('NO PYTHON 3.9 OR LATER: every test of the runtime layer is left out.');
      this.skip();
    }
    console.log(`      with Python ${[...pythons.keys()].join(', ')}`);
  });
  afterEach(() => {
    for (const run of runs.splice(0)) run.done();
  });

  describe('writes what happened', () => {
    for (const [version, runner] of FAMILIES) {
      it(`vLLM ${version}, runner ${runner}`, async () => {
        const run = begin({
          version,
          runner,
          args: ['--images', '--abort'],
          environment: { PROFILEMATE_MOE: '1', PROFILEMATE_MOE_SECONDS: '0' },
        });
        assert.equal(await run.wait(), 0, run.stderr);
        const [truth, ...others] = run.truth();
        assert.equal(others.length, 0);
        const folder = run.processOf(truth.pid);
        assert.equal(folder.metadata.state, 'finished');
        assert.equal(folder.metadata.vllm_version, version);
        noFailures(run);
        checkEngine(folder, truth);
        checkWorker(folder, truth, version, runner);
        checkEncoder(folder, truth);
        checkExperts(folder, truth);
        assert.equal(run.stderr, '');
      });
    }

    for (const version of ['0.18.0', '0.20.0', '0.27.0']) {
      it(`the graph that data-parallel ranks agreed on, vLLM ${version}, runner V2`, async () => {
        const run = begin({ version, runner: 'V2', args: ['--dp', '2', '--images'] });
        assert.equal(await run.wait(), 0, run.stderr);
        const [truth] = run.truth();
        const modes = count((truth.lists.replayed ?? []).map(([mode]) => mode as unknown));
        assert.ok(modes.get('"NONE"')! >= 5 && modes.get('"FULL"')! >= 5, 'both are seen');
        noFailures(run);
        checkWorker(run.processOf(truth.pid), truth, version, 'V2');
      });
    }

    for (const [version, runner] of [
      ['0.11.0', 'V1'],
      ['0.27.0', 'V1'],
      ['0.27.0', 'V2'],
    ] as const) {
      it(`steps that Ray runs past the worker, vLLM ${version}, runner ${runner}`, async () => {
        const run = begin({ version, runner, args: ['--ray'] });
        assert.equal(await run.wait(), 0, run.stderr);
        const [truth] = run.truth();
        const folder = run.processOf(truth.pid);
        noFailures(run);
        assert.equal(folder.metadata.rank, 0);
        assert.equal(folder.metadata.model_runner, runner);
        const forward = folder.rows('forward_pass_timing.csv');
        assert.equal(forward.length, truth.counts.worker_steps);
        assert.deepEqual(
          folder.rows('cuda_graph_timeline.csv').map((row) => [row.runtime_mode, row.num_tokens]),
          ((truth.lists.replayed ?? []) as [string, number | null, number][]).map(
            ([mode, size]) => [mode, String(size ?? '')],
          ),
        );
        assert.match(JSON.stringify(folder.metadata.limits), /Ray's compiled graph samples/);
      });
    }

    it('the experts the engine returns, exactly', async () => {
      const run = begin({
        args: ['--return-experts'],
        environment: { PROFILEMATE_MOE: '1' },
      });
      assert.equal(await run.wait(), 0, run.stderr);
      const [truth] = run.truth();
      const folder = run.processOf(truth.pid);
      noFailures(run);
      const expected = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
      for (const tokens of (truth.lists.routed ?? []) as number[][][][]) {
        for (const token of tokens) {
          token.forEach((chosen, layer) => chosen.forEach((expert) => expected[layer][expert]++));
        }
      }
      const found = [new Array<number>(4).fill(0), new Array<number>(4).fill(0)];
      for (const row of folder.rows('moe_expert_tracking/moe_expert_activations.csv')) {
        found[Number(row.layer_idx)][Number(row.expert_id)] = Number(row.activation_count);
      }
      assert.deepEqual(found, expected);
    });

    it('preemptions by a reset of the prefix cache, as such', async () => {
      const run = begin({ args: ['--reset'] });
      assert.equal(await run.wait(), 0, run.stderr);
      const [truth] = run.truth();
      const events = run
        .processOf(truth.pid)
        .rows('preemption_events.csv')
        .filter((row) => row.event === 'preempted');
      assert.deepEqual(
        events.map((row) => row.request_id),
        truth.lists.preempted,
      );
      assert.ok(events.some((row) => row.reason === 'prefix_cache_reset'));
    });

    it('in every Python there is', async () => {
      for (const [version, interpreter] of pythons) {
        const run = begin({ python: interpreter, args: ['--tp', '2', '--start', 'spawn'] });
        assert.equal(await run.wait(), 0, `${version}: ${run.stderr}`);
        noFailures(run);
        for (const truth of run.truth()) {
          const folder = run.processOf(truth.pid);
          if (truth.counts.schedule_calls !== undefined) checkEngine(folder, truth);
          else checkWorker(folder, truth, '0.27.0', 'V1');
        }
      }
    });
  });

  describe('processes', () => {
    for (const [engine, start] of [
      ['here', 'fork'],
      ['here', 'spawn'],
      ['here', 'forkserver'],
      ['fork', 'fork'],
      ['spawn', 'fork'],
      ['spawn', 'spawn'],
    ]) {
      it(`engine ${engine}, workers ${start}: a folder each`, async () => {
        const run = begin({ args: ['--engine', engine, '--tp', '2', '--start', start] });
        assert.equal(await run.wait(), 0, run.stderr);
        const truths = run.truth();
        assert.equal(truths.length, 3);
        assert.equal(run.processes().length, 3);
        noFailures(run);
        const ranks = new Set<unknown>();
        for (const truth of truths) {
          const folder = run.processOf(truth.pid);
          assert.equal(folder.metadata.state, 'finished');
          if (truth.counts.schedule_calls !== undefined) {
            checkEngine(folder, truth);
            assert.deepEqual(folder.rows('forward_pass_timing.csv'), []);
          } else {
            checkWorker(folder, truth, '0.27.0', 'V1');
            ranks.add(folder.metadata.rank);
            assert.deepEqual(folder.rows('batch_utilization.csv'), []);
          }
        }
        assert.deepEqual([...ranks].sort(), [0, 1]);
        const clocks = run.processes().map((folder) => folder.metadata.anchors as Anchor[]);
        for (const [anchor] of clocks) {
          const other = clocks[0][0];
          const wall = (anchor.wall_ns - other.wall_ns) / 1e9;
          // The same zero for all of them: times differ as the wall's do.
          assert.ok(Math.abs(anchor.timestamp_sec - other.timestamp_sec - wall) < 0.02);
        }
      });
    }

    for (const handled of ['none', 'default', 'handler']) {
      it(`workers ended by ${handled === 'none' ? 'message' : `SIGTERM (${handled})`} lose nothing`, async () => {
        const run = begin({
          args: ['--tp', '2', '--start', 'fork'],
          // No flush but the last: what is in the files was written at the end.
          environment: { STANDIN_SIGNAL: handled, PROFILEMATE_FLUSH_SECONDS: '3000' },
        });
        assert.equal(await run.wait(), 0, run.stderr);
        for (const truth of run.truth()) {
          const folder = run.processOf(truth.pid);
          assert.equal(folder.metadata.state, 'finished');
          if (truth.counts.worker_steps !== undefined) {
            checkWorker(folder, truth, '0.27.0', 'V1');
          }
        }
      });
    }

    it('one killed with -9 loses only what has come since it last wrote', async () => {
      const run = begin({
        args: ['--say', '--requests', '2000', '--step-seconds', '0.005'],
        environment: { PROFILEMATE_FLUSH_SECONDS: '0.2' },
      });
      const child = run.start();
      const closed = new Promise((resolve) => child.on('close', resolve));
      const written = (more: number): Promise<number> =>
        eventually(() => {
          const found = run.processes()[0].rows('batch_utilization.csv').length;
          assert.ok(found > more, `no more than ${found} rows`);
          return found;
        });
      // Of its own accord, and again.
      const seen = await written(await written(0));
      child.kill('SIGKILL');
      await closed;
      const [folder] = run.processes();
      const rows = folder.rows('batch_utilization.csv').length;
      const last = Number([...run.stdout.matchAll(/^step (\d+) /gm)].at(-1)![1]);
      assert.ok(seen <= rows && rows <= last + 1, `${rows} rows, ${seen} seen, of ${last} steps`);
      assert.equal(folder.metadata.state, 'running');
      for (const name of readdirSync(folder.folder)) {
        if (name.endsWith('.json')) folder.json(name);
      }
    });

    it('a row that comes while others are written is written with the next', () => {
      const script = `
import sys, tempfile
sys.path.insert(0, sys.argv[1])
from profilemate_runtime.tables import Table
with tempfile.TemporaryDirectory() as folder:
    table = Table("a.csv", "number", "%d")
    table.add((1,))
    # A thread that has been put aside between looking up the method and calling it.
    append = table.rows.append
    table.flush(folder, "\\n", 1e6, 2)
    append((2,))
    table.flush(folder, "\\n", 1e6, 2)
    print(open(folder + "/a.csv").read().split(), table.written)
`;
      const { stdout, stderr } = spawnSync(python!, ['-B', '-c', script, LAYER], {
        encoding: 'utf8',
      });
      assert.equal(stdout, "['number,rank,pid', '1', '2'] 2\n", stderr);
    });
  });

  describe('keeps out of the way', () => {
    const plain = (args: readonly string[], environment: Record<string, string> = {}) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-plain-'));
      try {
        const result = spawnSync(python!, [...args], {
          encoding: 'utf8',
          env: {
            ...process.env,
            PYTHONPATH: [LAYER, STANDIN].join(path.delimiter),
            PYTHONDONTWRITEBYTECODE: '1',
            PROFILEMATE_OUTPUT_DIR: path.join(folder, 'out'),
            ...environment,
          },
        });
        return { ...result, wrote: existsSync(path.join(folder, 'out')) };
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    const LOADED = `
import sys, json, decimal, email.message
print([name for name in sys.modules if name.startswith("profilemate")])
print([name for name in ("threading", "socket", "csv") if name in sys.modules])
`;

    it('a process that is no vLLM loads nothing, starts nothing, writes nothing', () => {
      const { stdout, stderr, status, wrote } = plain(['-c', LOADED]);
      assert.equal(status, 0, stderr);
      assert.equal(stdout.split('\n')[0], '[]');
      assert.equal(stderr, '');
      assert.equal(wrote, false);
    });

    it('importing vLLM alone writes nothing', () => {
      const { stdout, status, wrote } = plain(['-c', 'import vllm; print(vllm.__version__)']);
      assert.equal(status, 0);
      assert.equal(stdout, '0.27.0\n');
      assert.equal(wrote, false);
    });

    for (const flags of [['-O'], ['-S'], ['-I'], ['-E'], ['-W', 'error'], ['-B', '-X', 'dev']]) {
      it(`python ${flags.join(' ')} says nothing`, () => {
        const { stderr, status } = plain([...flags, '-c', 'import json']);
        assert.equal(status, 0, stderr);
        assert.equal(stderr, '');
      });
    }

    it('switched off, it is off', async () => {
      const run = begin({ environment: { PROFILEMATE_RUNTIME: '0' } });
      assert.equal(await run.wait(), 0);
      assert.equal(existsSync(run.session), false);
    });

    it('switched off, vLLM finds no plugin either', () => {
      const { stdout, status, stderr } = plain(
        [
          '-c',
          `
import sys
from vllm.plugins import load_plugins_by_group
print(load_plugins_by_group("vllm.general_plugins"), load_plugins_by_group("vllm.stat_logger_plugins"))
print([name for name in sys.modules if name.startswith("profilemate")])
`,
        ],
        { PROFILEMATE_RUNTIME: 'off' },
      );
      assert.equal(status, 0, stderr);
      assert.equal(stdout, '{} {}\n[]\n');
    });

    it('is written for Python 3.9 and leans on nothing that a later one has dropped', () => {
      const { stdout, status, stderr } = plain([
        '-c',
        `
import ast, pathlib, sys
DROPPED = {"aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils",
  "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd",
  "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib", "pkg_resources"}
files = sorted(pathlib.Path(${JSON.stringify(LAYER)}).rglob("*.py"))
wanted = set()
for file in files:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 9))
    for node in ast.walk(tree):
        # feature_version lets these through; both are of 3.10.
        assert not isinstance(node, getattr(ast, "Match", ())), (file, node.lineno)
        if isinstance(node, ast.Import):
            wanted.update(each.name.split(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            wanted.add(node.module.split(".")[0])
    if any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.BitOr) for n in ast.walk(tree)):
        assert "from __future__ import annotations" in file.read_text(encoding="utf-8"), file
known = getattr(sys, "stdlib_module_names", wanted)
print(len(files), sorted(wanted & DROPPED), sorted(name for name in wanted if name not in known))
`,
      ]);
      assert.equal(status, 0, stderr);
      const [, count, rest] = /^(\d+) (.*)\n$/.exec(stdout)!;
      assert.ok(Number(count) > 25, 'all files are read');
      assert.equal(rest, "[] ['profilemate_runtime', 'vllm']");
    });

    it('a tracker that is off writes no file and hooks nothing', async () => {
      const run = begin({
        environment: {
          PROFILEMATE_KV_CACHE: '0',
          PROFILEMATE_CUDA_GRAPHS: 'off',
          PROFILEMATE_FORWARD_PASS: 'maybe',
        },
      });
      assert.equal(await run.wait(), 0);
      const [folder] = run.processes();
      assert.equal(folder.has('kv_cache_usage.csv'), false);
      assert.equal(folder.has('cuda_graph_usage.csv'), false);
      assert.equal(folder.has('forward_pass_timing.csv'), true);
      const { hooks, settings } = folder.metadata as {
        hooks: object;
        settings: { problems: string[] };
      };
      assert.ok(!Object.keys(hooks).some((name) => name.startsWith('BlockPool')));
      assert.match(settings.problems[0], /PROFILEMATE_FORWARD_PASS='maybe'/);
    });

    it('what fails inside hooks is counted and changes nothing for vLLM', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-other-'));
      writeFileSync(
        path.join(folder, 'sitecustomize.py'),
        `
import os
if os.environ.get("BREAK"):
    import profilemate_runtime.steps, profilemate_runtime.tables, profilemate_runtime.recorder
    def broken(*args, **kwargs):
        raise ValueError("broken on purpose")
    profilemate_runtime.steps.StepReader.read = broken
    import profilemate_runtime.trackers.kv_cache as kv
    kv.KvCache.evict = broken
    kv.KvCache.allocated = broken
print("other sitecustomize ran")
`,
      );
      try {
        const right = begin({ environment: { PROFILEMATE_RUNTIME: '0' } });
        assert.equal(await right.wait(), 0);
        // Behind ours on the path: Python itself would never have run it.
        const run = begin({
          environment: {
            BREAK: '1',
            PYTHONPATH: [LAYER, folder, STANDIN].join(path.delimiter),
          },
        });
        assert.equal(await run.wait(), 0, run.stderr);
        assert.match(run.stdout, /other sitecustomize ran/);
        const [truth] = run.truth();
        const strip = ({ counts, lists }: Truth): unknown => [
          counts,
          lists.batches,
          lists.finished,
          lists.preempted,
          lists.replayed,
        ];
        assert.deepEqual(strip(truth), strip(right.truth()[0]));
        const hooks = run.processOf(truth.pid).metadata.hooks as Record<
          string,
          { failures: number; last_error: string }
        >;
        assert.equal(hooks['Scheduler.schedule'].failures, truth.counts.schedule_calls);
        assert.equal(hooks['Scheduler.schedule'].last_error, 'ValueError: broken on purpose');
        assert.equal(run.stderr.match(/hook Scheduler\.schedule failed/g)?.length, 1);
        // The rest goes on.
        assert.equal(
          run.processOf(truth.pid).rows('request_lifecycle.csv').length,
          truth.lists.finished?.length,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it("another sitecustomize's error is still its own", () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-other-'));
      try {
        writeFileSync(path.join(folder, 'sitecustomize.py'), 'raise RuntimeError("mine")\n');
        const ours = plain(['-c', 'print(1)'], {
          PYTHONPATH: [LAYER, folder].join(path.delimiter),
        });
        const theirs = plain(['-c', 'print(1)'], { PYTHONPATH: folder });
        assert.equal(ours.status, theirs.status);
        assert.equal(ours.stdout, theirs.stdout);
        assert.equal(ours.stderr, theirs.stderr);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('a folder that cannot be written costs one line', async () => {
      const run = begin({ environment: { PROFILEMATE_SESSION_DIR: '/proc/nowhere/session' } });
      assert.equal(await run.wait(), 0, run.stderr);
      assert.equal(run.stderr.match(/nothing is tracked/g)?.length, 1);
    });

    it('another import hook that asks all finders is no trap', () => {
      const { stdout, stderr, status } = plain([
        '-c',
        `
import sys, importlib.util
class Asks:
    busy = set()
    def find_spec(self, name, path=None, target=None):
        if name in self.busy: return None
        self.busy.add(name)
        try: return importlib.util.find_spec(name)
        finally: self.busy.discard(name)
sys.meta_path.insert(0, Asks())
import vllm.v1.core.block_pool as module
print(module.BlockPool.get_new_blocks.__profilemate_hook__)
import vllm.v1.core.sched.scheduler
assert type(module.__loader__).__name__ == "SourceFileLoader"
assert "exec_module" not in vars(module.__loader__)
`,
      ]);
      assert.equal(status, 0, stderr);
      assert.equal(stdout, 'BlockPool.get_new_blocks\n');
    });

    it('vLLM finds the plugins, and without the path hook they do the same', async () => {
      const run = begin({ pythonArgs: ['-S'] });
      assert.equal(await run.wait(), 0, run.stderr);
      const [truth] = run.truth();
      checkEngine(run.processOf(truth.pid), truth);
      const { stdout, status, stderr } = plain([
        '-c',
        `
from vllm.v1.metrics.loggers import load_stat_logger_plugin_factories
print([each.__name__ for each in load_stat_logger_plugin_factories()])
`,
      ]);
      assert.equal(status, 0, stderr);
      assert.equal(stdout, "['RequestStatLogger']\n");
    });
  });

  describe('stays small', () => {
    it('rotates a file and keeps the newest', async () => {
      const run = begin({
        args: ['--requests', '300', '--say'],
        environment: {
          PROFILEMATE_FLUSH_SECONDS: '0.05',
          PROFILEMATE_MAX_FILE_MB: '0.004',
          PROFILEMATE_KEEP_FILES: '3',
        },
      });
      assert.equal(await run.wait(), 0, run.stderr);
      const [truth] = run.truth();
      const folder = run.processOf(truth.pid);
      const parts = readdirSync(folder.folder).filter((name) => /^batch_util.*\.csv$/.test(name));
      assert.ok(parts.length <= 3, parts.join());
      const newest = folder.rows('batch_utilization.csv').at(-1)!;
      const last = (truth.lists.batches ?? []).at(-1) as [string, number, number];
      assert.deepEqual([newest.phase, Number(newest.num_tokens)], [last[0], last[2]]);
      const tables = folder.metadata.tables as Record<string, { rows: number }>;
      assert.equal(tables['batch_utilization.csv'].rows, truth.counts.steps);
      for (const part of parts) {
        assert.match(
          readFileSync(path.join(folder.folder, part), 'utf8'),
          /^timestamp_sec,num_seqs/,
        );
      }
    });

    it('samples rows, never counts', async () => {
      const run = begin({ environment: { PROFILEMATE_SAMPLE_EVERY: '5' } });
      assert.equal(await run.wait(), 0, run.stderr);
      const [truth] = run.truth();
      const folder = run.processOf(truth.pid);
      const forward = folder.rows('forward_pass_timing.csv');
      assert.equal(forward.length, Math.ceil(truth.counts.worker_steps! / 5));
      assert.ok(forward.every((row) => Number(row.step) % 5 === 0));
      const usage = folder.rows('cuda_graph_usage.csv');
      assert.equal(
        usage.reduce((sum, row) => sum + Number(row.replay_count), 0),
        truth.counts.worker_steps,
      );
    });

    it('tells its figures to Prometheus on the loopback interface', async () => {
      const run = begin({
        args: ['--say', '--requests', '2000', '--step-seconds', '0.005'],
        environment: { PROFILEMATE_METRICS_PORT: '19470', PROFILEMATE_FLUSH_SECONDS: '0.1' },
      });
      const child = run.start();
      const closed = new Promise((resolve) => child.on('close', resolve));
      try {
        while (!/step 60 /.test(run.stdout)) await new Promise((go) => setTimeout(go, 10));
        const port = await eventually(() => {
          const { metrics_port } = run.processes()[0].metadata;
          assert.ok(typeof metrics_port === 'number');
          return metrics_port;
        });
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        assert.match(text, /^# TYPE profilemate_forward_steps_total counter$/m);
        assert.match(text, /^profilemate_kv_cache_total_blocks\{pid="\d+",rank="0"\} 16\.0$/m);
        for (const line of text.trimEnd().split('\n')) {
          assert.match(line, /^(#|[a-z_]+\{([a-z_]+="[^"]*",?)*\} [\d.e+-]+$)/);
        }
      } finally {
        child.kill('SIGKILL');
        await closed;
      }
    });
  });
});

interface Anchor {
  readonly wall_ns: number;
  readonly timestamp_sec: number;
}
