import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { Runs, SLOW } from './runs';

describe('profilemate report', function () {
  this.timeout(120_000);
  let runs: Runs;
  before(() => {
    build();
    runs = new Runs();
  });
  after(() => runs.remove());

  it('writes one page of a timeline, a baseline, a session and a client', () => {
    mkdirSync(runs.path('session'));
    writeFileSync(
      runs.path('session', 'kv_cache_usage.csv'),
      'timestamp_sec,usage_pct\n1,"<b>20</b>"\n',
    );
    const client = runs.json('load.json', { ttft_ms: { p50: 33.3 } });
    const page = runs.path('report.html');
    const { status, stderr } = profilemate(
      'report',
      '--nsys',
      runs.slower,
      '--baseline',
      runs.baseline,
      '--session',
      runs.path('session'),
      '--client',
      client,
      '-o',
      page,
    );
    assert.equal(status, 0, stderr);
    const text = readFileSync(page, 'utf8');
    assert.match(text, /^<!doctype html>/);
    assert.ok(text.includes(`Regressed; the kernel that explains most: ${SLOW}`));
    assert.match(text, /33\.3 ms/);
    assert.match(text, /&lt;b&gt;20&lt;\/b&gt;/);
  });

  it('says in one sentence what is wrong', () => {
    const page = runs.path('none.html');
    for (const [args, message] of [
      [['-o', page], /expects --nsys, --ncu, --session or --client/],
      [['--nsys', runs.same], /expects -o FILE/],
      [['--nsys', runs.path('none'), '-o', page], /there is no such file/],
      [['--client', runs.json('x.json', {}), '-o', page], /holds no figures of a client/],
      [['--session', runs.path('nowhere'), '-o', page], /Cannot look into the session/],
      [
        ['--client', runs.json('x.json', {}), '--baseline', runs.same, '-o', page],
        /name it with --nsys/,
      ],
    ] as const) {
      const { status, stderr } = profilemate('report', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });
});
