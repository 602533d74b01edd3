/** The command on a run's folder, as a process. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  it('tells of a session what the log of its run told of the balance of experts', () => {
    for (const across of ['gpus', 'layers', undefined] as const) {
      const { folder } = runFolder(path.join(place, `experts ${across}`), {
        parts: ['session', 'balance'],
        across,
      });
      const session = path.join(folder, 'runtime');
      const json = JSON.parse(profilemate('session', session, '--json').stdout) as {
        experts: { logged: object };
        findings: readonly { id: string }[];
      };
      assert.deepEqual(json.experts.logged, {
        schema_version: 1,
        ...(across && { across }),
        models: [{ balancedness: 0.75, p50: 0.75, min: 0.5, steps: 40 }],
      });
      const uneven = json.findings.some(({ id }) => id === 'expert-imbalance');
      assert.equal(uneven, across === 'gpus');
      const page = path.join(place, 'experts.html');
      for (const source of [[folder], ['--session', session]]) {
        assert.equal(profilemate('report', ...source, '-o', page).status, 0);
        const html = readFileSync(page, 'utf8');
        const part = html.slice(html.indexOf('id="session-experts"')).replace(/\s+/g, ' ');
        const said = {
          gpus: 'the average GPU had 75.0 % of the tokens of the busiest',
          layers: 'up to 0.27 it compares layers, not GPUs',
          unknown: 'the version of vLLM is not known',
        }[across ?? 'unknown'];
        for (const text of [said, '>40</td>', '0.500'])
          assert.ok(part.includes(text), `${across}: ${text}`);
        assert.equal(html.includes('href="#session-experts"'), uneven);
      }
    }
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
