/** From a path to the run it belongs to. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failureLines } from '../../../src/capture/events';
import { readRunAbout } from '../../../src/capture/run-about';
import { DEFAULTS } from '../../../src/capture/settings';
import { readRuns, resultOf, stagesBefore } from '../../../src/vscode/capture/runs';
import { benchServe, RUN_SECRETS, runFolder, type RunTruth } from '../../data/run';

describe('what is known of a run', () => {
  let place: string;
  let truth: RunTruth;

  beforeEach(() => {
    place = mkdtempSync(path.join(tmpdir(), 'profilemate run '));
    truth = runFolder(path.join(place, 'run'), { timeline: { steps: 6, layers: 1, ranks: 1 } });
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const inRun = (name: string): string => path.join(truth.folder, name);
  const change = (record: unknown): void =>
    writeFileSync(inRun('run.json'), JSON.stringify(record));

  it('is the same from its folder, its record, and whatever lies in it', async () => {
    const about = await readRunAbout(truth.folder);
    for (const name of ['run.json', 'timeline.nsys.sqlite', 'logs', 'logs/server.log', 'runtime'])
      assert.deepEqual(await readRunAbout(inRun(name)), about, name);
    const of = 'runtime/p4117-0a1b2c/kv_cache_usage.csv';
    assert.deepEqual(await readRunAbout(inRun(of)), about);
    assert.equal(about?.folder, truth.folder);
    assert.equal(await readRunAbout(path.join(place, 'nowhere')), undefined);
    assert.equal(await readRunAbout(place), undefined, 'the folder of runs is none');
  });

  it('tells what ran, what is there, and what the client measured', async () => {
    const about = (await readRunAbout(truth.folder))!;
    const { record } = truth;
    assert.deepEqual(about.profiles, [
      { kind: 'timeline', file: 'timeline.nsys.sqlite' },
      { kind: 'kernels', file: 'kernels.csv' },
    ]);
    assert.equal(about.session, 'runtime');
    assert.deepEqual(about.logs, ['logs/nsys.log', 'logs/server.log']);
    assert.deepEqual(
      about.clients.map(({ file }) => file),
      ['client.json'],
    );
    assert.deepEqual(about.clients[0].figures, JSON.parse(JSON.stringify(truth.client)));
    const facts = about.record!;
    assert.equal(facts.model, record.model);
    assert.deepEqual(facts.git, record.git);
    assert.deepEqual(
      facts.stages.map(({ id, seconds }) => [id, seconds]),
      record.stages.map(({ stage, seconds }) => [stage, seconds]),
    );
    assert.deepEqual(
      facts.commands.map(({ stage, exitStatus }) => [stage, exitStatus]),
      [['Start the server', 0]],
    );
    assert.match(facts.commands[0].text, /^\/usr\/bin\/nsys profile .*--api-key '\*\*\*'$/);
    const settings = Object.fromEntries(facts.settings.map(({ name, value }) => [name, value]));
    assert.equal(settings['load.requests'], '64');
    assert.equal(settings.engineArgs, '--max-model-len 8192');
  });

  it('never tells of the environment, nor a secret that a record should not hold', async () => {
    change({
      ...truth.record,
      commands: [{ ...truth.record.commands[0], args: ['serve', '--api-key', 'sesame-open-42'] }],
      settings: { ...truth.record.settings, serverArgs: ['--api-key=sesame-open-42'] },
    });
    const told = JSON.stringify(await readRunAbout(truth.folder));
    for (const secret of [...RUN_SECRETS, 'sesame-open-42', 'HF_TOKEN', 'SOME_KEY'])
      assert.equal(told.includes(secret), false, secret);
  });

  it('names no file outside the folder, and none that is gone', async () => {
    writeFileSync(path.join(place, 'other.sqlite'), '');
    const timelines = ['../other.sqlite', path.join(place, 'other.sqlite'), '.', 'gone.sqlite'];
    change({ ...truth.record, files: { ...truth.record.files, timelines, kernels: '../x.csv' } });
    const about = (await readRunAbout(truth.folder))!;
    assert.deepEqual(about.profiles, []);
  });

  it('takes a record as far as it can be understood', async () => {
    const { schema_version, state, model, started } = truth.record;
    const core = { schema_version, state, model, started };
    for (const odd of [{}, { files: 3, stages: 'x', commands: [{}], settings: null, gpus: {} }]) {
      change({ ...core, ...odd });
      const about = (await readRunAbout(truth.folder))!;
      assert.equal(about.record?.model, model);
      assert.deepEqual([about.profiles, about.record.stages, about.record.gpus], [[], [], []]);
    }
    change({ ...core, schema_version: 2 });
    assert.equal((await readRunAbout(truth.folder))?.record, undefined, 'of a later version');
  });

  it('and the list of runs take it in the same way, whatever each part of it is', async () => {
    const failed = runFolder(path.join(place, 'hostile'), { failed: true, parts: ['client'] });
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const odd = [
      undefined,
      null,
      7,
      NaN,
      '',
      'x',
      true,
      [],
      [null],
      [[{}]],
      {},
      { a: null },
      'DEEP',
    ];
    const whole: Record<string, unknown> = { ...failed.record };
    const records = Object.entries(whole).flatMap(([name, part]) => {
      // The part itself, then one after the other of what lies in it, or in the first of a list.
      const first: unknown = Array.isArray(part) ? part[0] : part;
      const inner = Object.keys(typeof first === 'object' && first !== null ? first : {});
      const spoilt = inner.flatMap((key) =>
        odd.map((value) => ({ ...(first as object), [key]: value })),
      );
      return [...odd, ...spoilt.map((value) => (Array.isArray(part) ? [value] : value))].map(
        (value) => ({ ...whole, [name]: value }),
      );
    });
    assert.ok(records.length > 500);
    for (const record of records) {
      const text = JSON.stringify(record).replace('"DEEP"', deep);
      writeFileSync(path.join(failed.folder, 'run.json'), text);
      const about = await readRunAbout(failed.folder);
      const [run, ...none] = await readRuns([place]).then((runs) =>
        runs.filter(({ folder }) => folder === failed.folder),
      );
      assert.deepEqual(none, []);
      assert.equal(about?.record === undefined, run === undefined, text.slice(0, 200));
      if (!run) continue;
      const { failure, mode, model, headline } = run.record;
      for (const line of failure ? failureLines(failure) : []) assert.equal(typeof line, 'string');
      for (const shown of [mode, model, failure?.what ?? '']) assert.equal(typeof shown, 'string');
      for (const figure of Object.values(headline))
        assert.match(typeof figure, /^(string|number)$/);
      assert.equal(resultOf(run), undefined);
      assert.ok(stagesBefore([run], { ...DEFAULTS, model }).every(({ seconds }) => seconds >= 0));
    }
  }).timeout(60_000);

  it('says of a failed run what failed', async () => {
    const failed = runFolder(path.join(place, 'failed'), { failed: true, parts: [] });
    const about = (await readRunAbout(failed.folder))!;
    assert.equal(about.record?.state, 'failed');
    assert.equal(about.record.failure?.stage, 'Wait until it is healthy');
    assert.deepEqual([about.profiles, about.clients, about.session], [[], [], undefined]);
  });

  it('is a client’s figures beside a profile where there is no record', async () => {
    const loose = path.join(place, 'loose');
    mkdirSync(loose);
    const profile = path.join(loose, 'report1.sqlite');
    copyFileSync(inRun('timeline.nsys.sqlite'), profile);
    assert.equal(await readRunAbout(profile), undefined);
    writeFileSync(path.join(loose, 'notes.json'), '{"duration": 3}');
    writeFileSync(path.join(loose, 'broken.json'), '{"completed": 3, "duration": ');
    assert.equal(await readRunAbout(profile), undefined);

    const bench = 'vllm-infqps-Llama-3.2-1B-20260225-061322.json';
    writeFileSync(path.join(loose, bench), JSON.stringify(benchServe(truth.client)));
    const about = (await readRunAbout(profile))!;
    assert.equal(about.record, undefined);
    assert.deepEqual(
      about.clients.map(({ file, figures }) => [file, figures.source, figures.completed]),
      [[bench, 'vllm bench serve', 101]],
    );
    // Another one beside it is told as well: the newest comes first.
    writeFileSync(path.join(loose, 'a.json'), readFileSync(inRun('client.json')));
    const both = (await readRunAbout(profile))!;
    assert.deepEqual(both.clients.map(({ file }) => file).sort(), ['a.json', bench]);
  });
});
