import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { measured, rawPage } from '../../data/ncu';
import type { TrendsDocument } from '../../../src/protocol/trends';
import { older, Runs, SLOW } from './runs';

const runsOf = (document: string): readonly unknown[] =>
  (JSON.parse(document) as { runs: readonly unknown[] }).runs;

describe('profilemate history', function () {
  let runs: Runs;
  let store: string;
  before(() => {
    build();
    runs = new Runs();
    store = runs.path('kept', 'history.sqlite');
  });
  after(() => runs.remove());
  const history = (...args: string[]) => profilemate('history', ...args, '--store', store);

  it('has nothing to show before there is anything, and makes nothing', () => {
    const { status, stderr } = history('list');
    assert.equal(status, 1);
    assert.match(stderr, /No runs in/);
    assert.ok(!existsSync(store));
  });

  it('adds profiles, summaries and older summaries, each once', () => {
    const old = runs.json('old.json', older({}));
    const first = history('add', runs.baseline, old, '--commit', 'abc123', '--baseline');
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /^[0-9a-f]{16} added: .*\n[0-9a-f]{16} added: /);
    assert.match(history('add', runs.baseline).stdout, /is there already/);
    const { schema_version, runs: runsKept } = JSON.parse(history('list', '--json').stdout) as {
      schema_version: number;
      runs: { model: string; commit: string }[];
    };
    assert.equal(schema_version, 1);
    assert.equal(runsKept.length, 2);
    assert.ok(runsKept.some(({ model }) => model === 'meta-llama/Llama-3.2-1B-Instruct'));
    assert.ok(runsKept.every(({ commit }) => commit === 'abc123'));
    assert.match(history('list').stdout, /abc123.*baseline/);
  });

  it('shows trends and exports figures', () => {
    assert.equal(history('add', runs.same, runs.slower).status, 0);
    const { stdout } = history('trends');
    assert.match(
      stdout,
      /== meta-llama\/Llama-3\.2-1B-Instruct on NVIDIA H100.*, measured by Nsight Systems, 3 runs ==/,
    );
    assert.match(stdout, /decode\.step_ms +ms/);
    const csv = history('export').stdout.split('\n');
    assert.match(csv[0], /^id,captured_at,.*decode\.step_ms/);
    assert.equal(csv.length, 1 + 4 + 1);
    assert.equal(runsOf(history('export', '--json').stdout).length, 4);
  });

  it('draws trends on a page that asks for nothing, with commits and the baseline', () => {
    const file = runs.path('trends.html');
    assert.equal(history('trends', '--html', file, '--since', '9999d').status, 0);
    const page = readFileSync(file, 'utf8');
    assert.match(page, /<h2>meta-llama\/Llama-3\.2-1B-Instruct on NVIDIA H100/);
    assert.match(page, /<h3>decode\.step_ms<\/h3>/);
    assert.match(page, /class="tick">abc123</);
    assert.match(page, />baseline</);
    assert.equal([...page.matchAll(/<circle /g)].length > 10, true);
    assert.doesNotMatch(page, /NaN|undefined|<script|\s(src|href)=/);
    const none = history('trends', '--gpu', 'another GPU');
    assert.equal(none.status, 1);
    assert.match(none.stdout, /No runs/);
  });

  it('forgets old runs and keeps baselines', () => {
    assert.match(history('prune', '--keep', '1').stdout, /^1 run forgotten/);
    assert.equal(runsOf(history('list', '--json').stdout).length, 3);
    assert.equal(history('prune').status, 2);
  });

  it('makes a baseline that check holds runs against', () => {
    const file = runs.path('model.profile-baseline.json');
    const made = profilemate('history', 'baseline', runs.baseline, '-o', file, '--commit', 'abc');
    assert.equal(made.status, 0, made.stderr);
    assert.equal(profilemate('check', '--current', runs.same, '--baseline', file).status, 0);
    const slower = profilemate('check', '--current', runs.slower, '--baseline', file);
    assert.equal(slower.status, 1, slower.stdout);
    assert.match(slower.stdout.split('\n')[1], new RegExp(`^❌ Kernel time regression: .*${SLOW}`));
    assert.equal(profilemate('history', 'baseline', runs.slower, '-o', file).status, 0);
    const { history: before, provenance } = JSON.parse(readFileSync(file, 'utf8')) as {
      history: { provenance: { commit: string } }[];
      provenance: { run: string };
    };
    assert.equal(before[0].provenance.commit, 'abc');
    assert.match(provenance.run, /slower/);
    assert.equal(profilemate('check', '--current', runs.slower, '--baseline', file).status, 0);
  });

  it('keeps a session, a client’s figures and a page of ncu, each a series of its own', () => {
    const place = runs.path('alone', 'history.sqlite');
    const own = (...args: string[]) => profilemate('history', ...args, '--store', place);
    const session = (name: string, ms: number): string => {
      mkdirSync(runs.path(name));
      writeFileSync(
        runs.path(name, 'forward_pass_timing.csv'),
        `timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,throughput_tokens_per_sec\n0,decode,4,4,${ms},400\n1,decode,4,4,${ms},400\n`,
      );
      writeFileSync(
        runs.path(name, 'kv_cache_usage.csv'),
        'timestamp_sec,usage_pct,num_blocks,total_blocks\n0,20,20,100\n1,60,60,100\n2,60,60,100\n',
      );
      return runs.path(name);
    };
    const page = (name: string, ns: number): string => {
      const launch = measured({ name: 'gemm', ns, bytes: 1e8, fma: 1e9, memory: 70, sm: 40 });
      writeFileSync(runs.path(name), rawPage([launch]));
      return runs.path(name);
    };
    const bench = (name: string, tpot: number): string =>
      runs.json(name, {
        model_id: 'org/model',
        date: '20260301-101112',
        duration: 10,
        completed: 10,
        output_throughput: 100,
        median_tpot_ms: tpot,
      });
    const places = [
      session('fast session', 10),
      session('slow session', 12),
      bench('bench.json', 10),
      bench('bench2.json', 12),
      page('a.ncu.csv', 40e3),
      page('b.ncu.csv', 50e3),
    ];
    const added = own('add', ...places);
    assert.equal(added.status, 0, added.stderr);
    assert.match(own('add', ...places).stdout, /^(.* is there already: .*\n){6}$/);
    const { groups: series } = JSON.parse(own('trends', '--json').stdout) as TrendsDocument;
    const values = (measure: string, name: string) => {
      const trend = series
        .find((one) => one.measure === measure)!
        .trends.find((one) => one.name === name)!;
      return [trend.unit, ...trend.points.map(({ value }) => value)];
    };
    assert.equal(series.length, 3);
    assert.deepEqual(values('session', 'decode.step_ms'), ['ms', 10, 12]);
    assert.deepEqual(values('session', 'serving.kv_peak_percent'), ['%', 60, 60]);
    assert.deepEqual(values('client', 'client.tpot_p50_ms'), ['ms', 10, 12]);
    assert.deepEqual(values('kernels', 'kernel:gemm'), ['ms', 0.04, 0.05]);
    assert.deepEqual(values('kernels', 'kernel.memory:gemm'), ['%', 70, 70]);
    assert.match(own('trends').stdout, /== org\/model, measured by the load’s client, 2 runs ==/);

    // A baseline of each is held against the newest of its kind, and names what became slower.
    for (const [i, worse] of [
      [0, /Decode time regression: \+20\.0%/],
      [2, /Time per output token, p50 regression: \+20\.0%/],
      [4, /Kernel time regression: \+25\.0% \(gemm\) 0\.0400ms → 0\.0500ms per launch/],
    ] as const) {
      const baseline = runs.path(`${i}.profile-baseline.json`);
      assert.equal(profilemate('history', 'baseline', places[i], '-o', baseline).status, 0);
      const check = profilemate('check', '--baseline', baseline, '--history', place);
      assert.equal(check.status, 1, check.stderr);
      assert.match(check.stdout, worse);
    }
  });

  it('says in one sentence what is wrong', () => {
    for (const [args, message] of [
      [[], /expects one of add, list/],
      [['fly'], /expects one of add, list.*got fly/],
      [['add'], /expects runs/],
      [['add', runs.path('none')], /there is no such file/],
      [['list', 'x'], /takes options only/],
      [['list', '--since', 'soon'], /--since expects a date/],
      [['list', '--store', 'mysql://x'], /A history is a file or postgresql/],
      [['baseline', runs.baseline], /expects one run, and -o/],
    ] as const) {
      const { status, stderr } = profilemate('history', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });
});
