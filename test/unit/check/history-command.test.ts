import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { older, Runs, SLOW } from './runs';

describe('profilemate history', function () {
  this.timeout(120_000);
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
    const runsKept = JSON.parse(history('list', '--json').stdout) as {
      model: string;
      commit: string;
    }[];
    assert.equal(runsKept.length, 2);
    assert.ok(runsKept.some(({ model }) => model === 'meta-llama/Llama-3.2-1B-Instruct'));
    assert.ok(runsKept.every(({ commit }) => commit === 'abc123'));
    assert.match(history('list').stdout, /abc123.*baseline/);
  });

  it('shows trends and exports figures', () => {
    assert.equal(history('add', runs.same, runs.slower).status, 0);
    const { stdout } = history('trends');
    assert.match(stdout, /== meta-llama\/Llama-3\.2-1B-Instruct on NVIDIA H100.*, 3 runs ==/);
    assert.match(stdout, /decode\.step_ms +ms/);
    const csv = history('export').stdout.split('\n');
    assert.match(csv[0], /^id,captured_at,.*decode\.step_ms/);
    assert.equal(csv.length, 1 + 4 + 1);
    assert.equal((JSON.parse(history('export', '--json').stdout) as unknown[]).length, 4);
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
    assert.equal((JSON.parse(history('list', '--json').stdout) as unknown[]).length, 3);
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
