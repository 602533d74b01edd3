import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { runFolder } from '../../data/run';
import { build, profilemate } from '../cli/run';
import { Runs, SLOW } from './runs';
import { runAction } from './steps';

describe('in CI', function () {
  let runs: Runs;
  let baseline: string;
  before(() => {
    build();
    runs = new Runs();
    baseline = runs.path('model.profile-baseline.json');
    assert.equal(profilemate('history', 'baseline', runs.baseline, '-o', baseline).status, 0);
  });
  after(() => runs.remove());

  it('the action passes a run that is no worse, and leaves its report', () => {
    const { status, stdout, summary, outputs } = runAction(runs.folder, {
      baseline,
      current: runs.same,
    });
    assert.equal(status, 0, stdout);
    assert.equal(outputs.check.verdict, 'none');
    assert.match(summary, /No significant changes detected/);
    assert.match(readFileSync(outputs.report.report, 'utf8'), /Against the baseline/);
  });

  it('the action fails a run that is worse, with table and causes in the job summary', () => {
    const { status, stdout, summary, outputs } = runAction(runs.folder, {
      baseline,
      current: runs.slower,
    });
    assert.equal(status, 1, stdout);
    assert.equal(outputs.check.verdict, 'regression');
    assert.match(stdout, new RegExp(`::error .*${SLOW}`));
    assert.match(summary, /\| Figure \| Baseline \| Current \| Change \|/);
    assert.match(summary, /#### Where the change comes from/);
    assert.ok(summary.replaceAll('\\', '').includes(SLOW));
    const document = JSON.parse(readFileSync(outputs.check.comparison, 'utf8')) as {
      verdict: string;
    };
    assert.equal(document.verdict, 'regressed');
    assert.ok(existsSync(outputs.report.report));
  });

  it('the action reports all that lies in the folder of a run', () => {
    const current = runs.path('run');
    runFolder(current);
    const { status, stdout, outputs } = runAction(runs.folder, { baseline: current, current });
    assert.equal(status, 0, stdout);
    const report = readFileSync(outputs.report.report, 'utf8');
    for (const part of ['phases', 'client', 'roofline', 'session'])
      assert.match(report, new RegExp(`id="${part}`), part);
  });

  it('the action only tells, where it is asked to', () => {
    const { status, outputs } = runAction(runs.folder, {
      baseline,
      current: runs.slower,
      'fail-on-regression': 'false',
    });
    assert.equal(status, 0);
    assert.equal(outputs.check.verdict, 'regression');
  });

  it('the action takes repeats, one a line, and summaries', () => {
    const made = profilemate('analyze', runs.slower, '-o', runs.path('slower run'));
    assert.equal(made.status, 0);
    const { status, summary } = runAction(runs.folder, {
      baseline: `${runs.baseline}\n${runs.same}\n`,
      current: `${runs.path('slower run', 'summary.json')}\n${runs.slower}`,
    });
    assert.equal(status, 1);
    assert.match(summary, /2 baseline runs against 2/);
  });

  it('the action refuses to go without a run, and runs nothing that a name says', () => {
    assert.equal(runAction(runs.folder, { baseline }).status, 2);
    const marker = runs.path('made');
    const { status, outputs } = runAction(runs.folder, {
      baseline,
      current: `$(touch '${marker}')"; touch '${marker}'; #`,
    });
    assert.equal(status, 2);
    assert.equal(outputs.check.verdict, 'not-comparable');
    assert.ok(!existsSync(marker));
  });

  it("GitLab's job does the same, with JUnit", () => {
    const text = readFileSync('docs/ci/gitlab.yml', 'utf8');
    const script = /script:\n {4}- \|\n([\s\S]*?)\n {2}artifacts:/
      .exec(text)![1]
      .replace(/^ {6}/gm, '');
    const run = (current: string) =>
      spawnSync('bash', ['-c', script], {
        encoding: 'utf8',
        cwd: runs.folder,
        env: { ...process.env, PROFILEMATE: resolve('.'), CURRENT: current, BASELINE: baseline },
      });
    assert.equal(run(runs.same).status, 0);
    const slower = run(runs.slower);
    assert.equal(slower.status, 1, slower.stderr);
    assert.match(
      readFileSync(runs.path('results', 'junit.xml'), 'utf8'),
      new RegExp(`<testcase [^>]*name="${SLOW}"><failure`),
    );
    assert.ok(existsSync(runs.path('results', 'report.html')));
  });
});
