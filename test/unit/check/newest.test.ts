import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { Runs, SLOW } from './runs';

interface Document {
  readonly verdict: string;
  readonly current: readonly { readonly label: string }[];
  readonly kernels: readonly { readonly name: string }[];
}

describe('profilemate check --history', function () {
  let runs: Runs;
  let baseline: string;
  let store: string;
  before(() => {
    build();
    runs = new Runs();
    baseline = runs.path('model.profile-baseline.json');
    store = runs.path('history.sqlite');
    assert.equal(profilemate('history', 'baseline', runs.baseline, '-o', baseline).status, 0);
  });
  after(() => runs.remove());
  const check = (...args: string[]) =>
    profilemate('check', '--history', store, '--baseline', baseline, '--json', ...args);
  const keep = (...args: string[]) => profilemate('history', 'add', ...args, '--store', store);

  it('says so where no run is kept', () => {
    const { status, stdout, stderr } = check();
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /No run of meta-llama.* on .*H100.* is kept/);
  });

  it('takes the newest run, and passes over those of other models', () => {
    keep(runs.same);
    assert.equal(check().status, 0);
    keep(runs.slower);
    keep(runs.same, '--model', 'another');
    const { status, stdout } = check();
    assert.equal(status, 1);
    const { verdict, current, kernels } = JSON.parse(stdout) as Document;
    assert.equal(verdict, 'regressed');
    assert.deepEqual(
      current.map(({ label }) => label),
      [runs.slower],
    );
    assert.equal(kernels[0].name, SLOW);
  });

  it('writes a page that begins with the cause and loads nothing', () => {
    const page = runs.path('comparison.html');
    check('--html', page);
    const html = readFileSync(page, 'utf8');
    const cause = html.indexOf(SLOW.slice(0, 20));
    assert.ok(cause > 0 && cause < html.indexOf('<svg'), 'the headline names no kernel');
    assert.match(html, /default-src &#39;none&#39;; style-src &#39;/);
  });

  it('wants a baseline file, and no other run', () => {
    assert.match(
      profilemate('check', '--history', store, '--baseline', runs.same).stderr,
      /--history needs one baseline file/,
    );
    assert.match(check('--current', runs.same).stderr, /one may be chosen/);
  });
});
