import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { Runs, SLOW } from './runs';

describe('profilemate report', function () {
  let runs: Runs;
  before(() => {
    build();
    runs = new Runs();
  });
  after(() => runs.remove());

  it('writes one page of a timeline, a baseline, a session and a client', () => {
    mkdirSync(runs.path('session'));
    writeFileSync(
      runs.path('session', 'cuda_graph_usage.csv'),
      'runtime_mode,num_tokens,replay_count\n"<b>20</b>",4,7\n',
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

  it('takes all that lies in the folder of a run, and nothing of any environment', () => {
    const TOKEN = 'hf_plantedplantedplanted';
    const run = runs.path('2026-01-01_model');
    mkdirSync(`${run}/runtime`, { recursive: true });
    copyFileSync(runs.baseline, `${run}/timeline.sqlite`);
    writeFileSync(
      `${run}/runtime/kv_cache_usage.csv`,
      'timestamp_sec,usage_pct,num_blocks,total_blocks\n1,20,2,10\n2,90,9,10\n',
    );
    writeFileSync(`${run}/runtime/metadata.json`, JSON.stringify({ environment: { T: TOKEN } }));
    writeFileSync(`${run}/client.json`, JSON.stringify({ ttft_ms: { p50: 44.4 } }));
    const page = runs.path('run.html');
    const write = () => {
      const { status, stderr } = profilemate('report', run, '-o', page);
      assert.equal(status, 0, stderr);
      const text = readFileSync(page, 'utf8');
      for (const title of ['Prefill and decode', 'Runtime session runtime', 'What the client saw'])
        assert.match(text, new RegExp(`<h2 id="[\\w-]+">${title}</h2>`));
      assert.ok(!text.includes(TOKEN));
      return text;
    };
    write();
    writeFileSync(
      `${run}/run.json`,
      JSON.stringify({
        schema_version: 1,
        state: 'done',
        model: 'org/model',
        mode: 'quick',
        started: '2026-01-01T00:00:00Z',
        seconds: 3,
        gpus: ['H100'],
        versions: { vllm: '0.27.0' },
        notes: [],
        commands: [{ text: `HF_TOKEN=${TOKEN} vllm serve`, args: [], env: { HF_TOKEN: TOKEN } }],
        settings: { env: { HF_TOKEN: TOKEN } },
        files: {
          timelines: ['timeline.sqlite', '../same.nsys.sqlite'],
          reports: [],
          torch: [],
          client: 'client.json',
          runtime: 'runtime',
        },
      }),
    );
    assert.match(write(), /org\/model[\s\S]*0\.27\.0/);
  });

  it('says in one sentence what is wrong', () => {
    const page = runs.path('none.html');
    mkdirSync(runs.path('empty'));
    for (const [args, message] of [
      [['-o', page], /expects the folder of a run, --nsys, --torch, --ncu, --session or --client/],
      [['--nsys', runs.same], /expects -o FILE/],
      [[runs.same, runs.same, '-o', page], /takes one run, and further files by their kind/],
      [['--nsys', runs.path('none'), '-o', page], /there is no such file/],
      [[runs.path('session'), '--nsys', runs.path('none'), '-o', page], /there is no such file/],
      [[runs.same, '-o', page], /is a file, and what is expected is the folder of a run/],
      [['--torch', runs.same, '-o', page], /is no trace of the PyTorch profiler/],
      [[runs.path('empty'), '-o', page], /There is nothing in .*empty that a report/],
      [['--client', runs.json('x.json', {}), '-o', page], /holds no figures of a client/],
      [['--session', runs.path('nowhere'), '-o', page], /nowhere does not exist/],
      [
        ['--client', runs.json('x.json', {}), '--baseline', runs.same, '-o', page],
        /name it with --nsys or --torch/,
      ],
    ] as const) {
      const { status, stderr } = profilemate('report', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
  });
});
