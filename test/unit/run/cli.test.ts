/** The command on a run's folder, as a process. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runFolder, RUN_SECRETS, type RunTruth } from '../../data/run';
import { build, profilemate } from '../cli/run';

describe('the command on a run’s folder', function () {
  let place: string;
  let truth: RunTruth;

  before(() => {
    build();
    place = mkdtempSync(path.join(tmpdir(), 'profilemate run '));
    truth = runFolder(path.join(place, 'run'));
  });
  after(() => rmSync(place, { recursive: true, force: true }));

  it('analyses it as one: the run, its client, its timeline, its kernels beside that', () => {
    const { status, stdout, stderr } = profilemate('analyze', truth.folder);
    assert.equal(status, 0, stderr);
    const [run, client] = stdout.split('\n');
    assert.match(run, /^Run: meta-llama\/Llama-3\.2-1B-Instruct · mode full · .* · done$/);
    assert.match(client, /101 of 103 requests answered · TTFT p50 70\.0 ms, p99 119 ms · /);
    const at = (name: string): number => stdout.indexOf(`\n${path.join(truth.folder, name)}\n`);
    assert.ok(at('timeline.nsys.sqlite') > 0 && at('kernels.csv') > at('timeline.nsys.sqlite'));
    assert.match(stdout.slice(at('kernels.csv')), /Not on the timeline: 1 kernel\./);
    for (const secret of RUN_SECRETS) assert.equal(stdout.includes(secret), false);
  });

  it('shows its session', () => {
    const own = profilemate('session', path.join(truth.folder, 'runtime'), '--json');
    const ofRun = profilemate('session', truth.folder, '--json');
    assert.equal(ofRun.status, 0, ofRun.stderr);
    assert.equal(ofRun.stdout, own.stdout);
  });

  it('says why a run has nothing to show, in one line', () => {
    const failed = runFolder(path.join(place, 'failed'), { failed: true, parts: [] });
    const record = {
      ...failed.record,
      failure: { ...failed.record.failure, what: 'No \u001b[2J.' },
    };
    for (const [command, what] of [
      ['analyze', 'profile'],
      ['session', 'session of the runtime layer'],
    ]) {
      writeFileSync(path.join(failed.folder, 'run.json'), JSON.stringify(failed.record));
      const { status, stdout, stderr } = profilemate(command, failed.folder);
      assert.deepEqual([status, stdout], [2, '']);
      assert.ok(stderr.includes(`has no ${what}. The run failed at “Wait until it is healthy”`));
      assert.equal(stderr.trim().split('\n').length, 1);
      writeFileSync(path.join(failed.folder, 'run.json'), JSON.stringify(record));
      assert.equal(profilemate(command, failed.folder).stderr.includes('\u001b'), false);
    }
  });
});
