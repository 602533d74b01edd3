/**
 * Whole runs. What a real nsys does is done by the real nsys; what it can do
 * wrong is done by a stand-in for it.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { commandAnalyser } from '../../../src/capture/analyse';
import type { ClientFigures } from '../../../src/capture/client-figures';
import { type CaptureEvent, failureLines, stageLine } from '../../../src/capture/events';
import { readBalance } from '../../../src/capture/expert-balance';
import { asFailure } from '../../../src/capture/failure';
import type { StageId } from '../../../src/capture/plan';
import { isFree } from '../../../src/capture/ports';
import { type Analyser, capture, type CaptureResult } from '../../../src/capture/run';
import { parseRun, type RunRecord, safeName } from '../../../src/capture/run-folder';
import type { CaptureSettings } from '../../../src/capture/settings';
import type { Summary } from '../../../src/profile/summary';
import { hasPython, realNsys, Server, VLLM, Workplace } from './stand-in';

/** The command as it stands in the sources. */
const profilemate = {
  program: process.execPath,
  args: ['--import', 'tsx', resolve('src/cli/main.ts')],
  env: {},
};

/** For runs that are not about analysis. */
const noAnalysis: Analyser = {
  timeline: () => Promise.resolve({ headline: {}, kernels: [] }),
  kernels: () => Promise.resolve({}),
};

describe('a run', function () {
  let place: Workplace;
  let nsys: string | undefined;

  before(async function () {
    if (!hasPython('runs of the stand-in for vLLM')) this.skip();
    nsys = await realNsys('runs under the real nsys');
  });
  beforeEach(() => (place = new Workplace()));
  afterEach(() => {
    const left = place.leftOver();
    place.remove();
    assert.deepEqual(left, [], 'processes are left over');
  });

  interface Watched {
    readonly result: CaptureResult;
    readonly events: readonly CaptureEvent[];
  }

  /**
   * A run to its end. On a busy machine the agent of the real nsys dies now and then, which is
   * no fault of ours: then it is said, and the run is started again.
   */
  async function start(...args: Parameters<typeof startOnce>): Promise<Watched> {
    const watched = await startOnce(...args);
    const { result } = watched;
    if (args[0].nsys !== nsys || result.state !== 'failed') return watched;
    if (result.failure.text.why !== 'nsys itself broke down.') return watched;
    console.warn(`    STARTED AGAIN: ${result.failure.message}`);
    if (result.folder !== undefined) rmSync(result.folder, { recursive: true });
    return startOnce(...args);
  }

  async function startOnce(
    settings: CaptureSettings,
    onEvent: (event: CaptureEvent, cancel: () => void) => void = () => undefined,
    analyser = noAnalysis,
  ): Promise<Watched> {
    const stop = new AbortController();
    const events: CaptureEvent[] = [];
    const result = await capture(settings, {
      cancel: stop.signal,
      analyser,
      version: '0.0.0',
      onEvent(event) {
        events.push(event);
        onEvent(event, () => stop.abort());
      },
    });
    return { result, events };
  }

  /** The sentence of a run that fails, and where it failed. */
  async function failure(
    settings: CaptureSettings,
  ): Promise<{ text: string; stage: StageId | undefined; record: RunRecord; folder: string }> {
    const { result } = await start(settings);
    if (result.state !== 'failed') assert.fail(`the run is ${result.state}`);
    const folder = result.folder ?? '';
    const record = parseRun(readFileSync(join(folder, 'run.json'), 'utf8'));
    assert.ok(record, 'there is a record of the failed run');
    assert.equal(record.state, 'failed');
    assert.equal(record.failure?.what, result.failure.text.what);
    return { text: result.failure.message, stage: result.failure.stage, record, folder };
  }

  const ended = (events: readonly CaptureEvent[]): readonly string[] =>
    events.flatMap((event) =>
      event.type === 'stage' && event.state !== 'started' ? [`${event.stage} ${event.state}`] : [],
    );

  describe('under the real nsys', () => {
    beforeEach(function () {
      if (nsys === undefined) this.skip();
    });

    it('goes from a model to a profile with phases in it', async () => {
      const settings = place.settings({ nsys, env: { HF_TOKEN: 'sesame-open-123' } });
      const { result, events } = await start(settings, undefined, commandAnalyser(profilemate));
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      assert.deepEqual(
        ended(events),
        [
          'check',
          'start',
          'ready',
          'warm-up',
          'profile-on',
          'load',
          'profile-off',
          'shut-down',
          'export',
          'analyse',
        ].map((id) => `${id} done`),
      );
      const inFolder = (name: string): string => readFileSync(join(result.folder, name), 'utf8');
      assert.deepEqual(place.runs(), [result.folder.split('/').at(-1)]);
      assert.match(place.runs()[0], /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_Tiny-1B$/);
      assert.deepEqual(readdirSync(result.folder).sort(), [
        'client.json',
        'logs',
        'parsed',
        'run.json',
        'timeline.nsys-rep',
        'timeline.nsys.sqlite',
      ]);

      // The steps that nsys recorded made the tokens that the client received.
      const summary = JSON.parse(inFolder('parsed/summary.json')) as Summary;
      const client = JSON.parse(inFolder('client.json')) as ClientFigures;
      const [prefill, decode, mixed] = summary.phases;
      assert.ok(prefill.steps > 0 && decode.steps > 0);
      const first =
        (prefill.requests ?? 0) + (mixed.requests ?? 0) - (mixed.generation_tokens ?? 0);
      assert.equal(first, 12, 'each request has one step that reads its prompt');
      assert.equal(
        first + (decode.generation_tokens ?? 0) + (mixed.generation_tokens ?? 0),
        client.output_tokens,
      );
      assert.deepEqual([client.completed, client.output_tokens], [12, 96]);

      const record = parseRun(inFolder('run.json'));
      assert.deepEqual(
        [record?.state, record?.headline.decode_steps, record?.headline.requests],
        ['done', decode.steps, 12],
      );
      assert.equal(record?.versions.vLLM, '0.14.0');
      assert.match(record?.git?.commit ?? '', /^[0-9a-f]{40}$/);
      assert.ok(record?.commands.every(({ exit_status }) => exit_status === 0));
      for (const name of ['run.json', 'logs/server.log', 'logs/nsys.log']) {
        assert.ok(!inFolder(name).includes('sesame'), `${name} tells the secret`);
        assert.ok(name !== 'run.json' || !/\/\.\d{4}-/.test(inFolder(name)), 'names that are gone');
      }
      assert.ok(!JSON.stringify(events).includes('sesame'), 'events tell the secret');
    });

    it('records what a range of the program’s own encloses, each time anew', async () => {
      const settings = place.settings({ nsys, captureRange: 'nvtx:profilemate' });
      const { result } = await start(settings);
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      assert.deepEqual(result.record.files.reports, ['timeline.nsys-rep']);
      assert.deepEqual(result.record.files.timelines, ['timeline.nsys.sqlite']);
    });

    it('keeps what was recorded of a server that dies under load', async () => {
      const settings = place.settings({ nsys }, { fault: 'die-mid-load:12' });
      const found = await failure({ ...settings, load: { ...settings.load, warmup: 0 } });
      assert.match(
        found.text,
        /ended (under load|while it was profiled)\. The GPU ran out.* is kept: timeline\.nsys-rep\.$/,
      );
      assert.deepEqual(found.record.files.reports, ['timeline.nsys-rep']);
      const [name] = place.runs();
      const exported = join(place.folder, 'exported.sqlite');
      execFileSync(
        nsys ?? '',
        [
          ...['export', '--type', 'sqlite', '-o', exported],
          join(place.folder, 'profiles', name, 'timeline.nsys-rep'),
        ],
        { stdio: 'ignore' },
      );
      assert.ok(existsSync(exported), 'the report is whole');
    });

    for (const { version, across } of [
      { version: '0.12.0', across: 'layers' },
      { version: '0.28.0', across: 'gpus' },
    ])
      it(`keeps what the log of vLLM ${version} tells of the balance of experts`, async () => {
        const settings = place.settings({
          nsys,
          mode: 'moe',
          engineArgs: ['--tensor-parallel-size', '2'],
          // Of any number of tokens a whole number is the most: how requests fall into steps is open.
          env: { STAND_IN_BALANCE: '1:0' },
        });
        // Also asked for its version.
        process.env.STAND_IN_VERSION = version;
        const { result } = await start({
          ...settings,
          load: { ...settings.load, output: { kind: 'fixed', value: 80 } },
        }).finally(() => delete process.env.STAND_IN_VERSION);
        if (result.state !== 'done') assert.fail(JSON.stringify(result));
        assert.equal(result.record.files.balance, 'expert_balance.json');
        const balance = await readBalance(join(result.folder, 'expert_balance.json'));
        assert.equal(balance?.across, across);
        const [{ balancedness, samples }] = balance?.models ?? [];
        // Half of the tokens on average, all of them at most.
        assert.equal(balancedness, 1 / 2);
        // Of some 240 steps every 32nd at least.
        assert.ok(samples.length >= 3, `${samples.length} samples`);
        const shown = result.record.headline.expert_balance;
        assert.equal(shown, across === 'gpus' ? balancedness : undefined);
      });

    it('profiles an offline run', async () => {
      const settings = place.settings({ nsys, target: { kind: 'bench', what: 'latency' } });
      const { result } = await start(settings, undefined, commandAnalyser(profilemate));
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      // One batch of four; its first step reads, seven more write.
      assert.equal(result.record.headline.prefill_steps, 1);
      assert.equal(result.record.headline.decode_steps, 7);
    });

    it('profiles a script', async () => {
      const file = join(place.folder, 'my script.py');
      writeFileSync(file, 'import sys, time\ntime.sleep(0.1)\nprint(sys.argv[1:])\n');
      const target = { kind: 'script', file, args: ['a b', '$(id)'] } as const;
      const { result } = await start(place.settings({ nsys, target }));
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      assert.match(
        readFileSync(join(result.folder, 'logs/program.log'), 'utf8'),
        /\['a b', '\$\(id\)'\]/,
      );
    });

    it('ends a server that ignores being asked, and still has its report', async () => {
      // Time for it to end when asked, and as much for nsys to write its report.
      const settings = place.settings({ nsys, finaliseTimeout: 20 }, { fault: 'ignore-sigint' });
      const { result } = await start({
        ...settings,
        env: { ...settings.env, STAND_IN_CHILD: '1' },
      });
      assert.equal(result.state, 'done', JSON.stringify(result));
    });

    for (const id of ['start', 'ready', 'load', 'profile-off', 'shut-down', 'export'] as const) {
      it(`cancelled in stage ${id}, leaves nothing behind`, async () => {
        const faults = id === 'ready' ? { fault: 'slow-ready:60' } : { stepMs: 20 };
        // Where nsys collects into: not the folder of the run.
        const aside = join(place.folder, 'aside');
        mkdirSync(aside);
        const settings = place.settings({ nsys }, faults);
        const { result, events } = await start(
          { ...settings, env: { ...settings.env, TMPDIR: aside } },
          (event, cancel) => {
            if (event.type !== 'stage' || event.stage !== id || event.state !== 'started') return;
            setTimeout(cancel, id === 'export' || id === 'shut-down' ? 0 : 150);
          },
        );
        assert.equal(result.state, 'cancelled', JSON.stringify(ended(events)));
        assert.deepEqual(place.runs(), []);
        assert.deepEqual(place.leftOver(), []);
        const raw = readdirSync(aside).filter((name) => name.endsWith('.qdstrm'));
        assert.deepEqual(raw, [], 'what nsys had collected');
      });
    }
  });

  describe('without nsys', () => {
    const torch = { mode: 'torch' } as const;

    it('has a trace of the PyTorch profiler', async () => {
      const { result } = await start(place.settings(torch));
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      const [trace] = result.record.files.torch;
      assert.match(trace, /^torch\/.*\.pt\.trace\.json\.gz$/);
      assert.ok(existsSync(join(result.folder, trace)));
    });

    it('has what the runtime layer wrote, and says so where it wrote nothing', async () => {
      const layer = join(place.folder, 'layer');
      mkdirSync(layer);
      const runtime = place.settings({ mode: 'runtime', runtimeLayer: layer });
      const nothing = await failure(runtime);
      assert.match(nothing.text, /The runtime layer wrote nothing/);

      writeFileSync(
        join(layer, 'sitecustomize.py'),
        [
          'import os',
          'folder = os.environ["PROFILEMATE_SESSION_DIR"]',
          'os.makedirs(folder, exist_ok=True)',
          'open(os.path.join(folder, "metadata.json"), "w").write("{}")',
        ].join('\n'),
      );
      const { result } = await start(runtime);
      assert.equal(result.state, 'done', JSON.stringify(result));
      if (result.state !== 'done') return;
      assert.equal(result.record.files.runtime, 'runtime');
      assert.ok(existsSync(join(result.folder, 'runtime', 'metadata.json')));
    });

    it('leaves nothing of a program that ends badly and whose workers would go on', async () => {
      const file = join(place.folder, 'script.py');
      writeFileSync(
        file,
        [
          'import subprocess, sys',
          'sleep = "import time; time.sleep(60)"',
          'subprocess.Popen([sys.executable, "-c", sleep], start_new_session=True)',
          'sys.exit(3)',
        ].join('\n'),
      );
      const target = { kind: 'script', file, args: [] } as const;
      const { text } = await failure(
        place.settings({ mode: 'runtime', target, runtimeLayer: place.folder }),
      );
      assert.match(text, /The program ended with status 3/);
      assert.deepEqual(place.leftOver(), []);
    });

    it('asks a server that runs already, and leaves it running', async () => {
      const server = await Server.start({}, '--profiler-config.profiler', 'cuda');
      try {
        const target = { kind: 'running', url: server.url } as const;
        const { result } = await start(place.settings({ target }));
        assert.equal(result.state, 'done', JSON.stringify(result));
        assert.ok((await server.metric('generation_tokens_total')) > 96);
      } finally {
        server.stop();
      }
    });

    it('collects what a running server’s profiler has written', async () => {
      const profiles = join(place.folder, 'traces');
      const config = JSON.stringify({ profiler: 'torch', torch_profiler_dir: profiles });
      const server = await Server.start({}, '--profiler-config', config);
      try {
        const target = { kind: 'running', url: server.url, profiles } as const;
        const { result } = await start(place.settings({ ...torch, target }));
        assert.equal(result.state, 'done', JSON.stringify(result));
        if (result.state === 'done') assert.equal(result.record.files.torch.length, 1);
      } finally {
        server.stop();
      }
    });

    describe('says what failed, why, and what to try', () => {
      const serverFails: [fault: string, stage: StageId, text: RegExp, timeout?: number][] = [
        [
          'oom',
          'ready',
          /ended before it was ready\. The GPU ran out of memory\. Lower --gpu-memory/,
        ],
        [
          'no-model',
          'ready',
          /ended before it was ready\. There is no such model\. Check the name/,
        ],
        ['die', 'ready', /ended before it was ready\. Its log tells more/],
        ['die-mid-load:12', 'load', /ended under load\. The GPU ran out of memory/],
        ['hang-mid-load:12', 'load', /hangs: no answer within 2 s to any of \d+ requests/, 2],
      ];
      for (const [fault, stage, text, timeout = 60] of serverFails) {
        it(`a server with ${fault}`, async () => {
          const settings = place.settings(torch, { fault });
          const found = await failure({
            ...settings,
            load: { ...settings.load, timeout, warmup: 0, output: { kind: 'fixed', value: 30 } },
          });
          assert.match(found.text, text);
          assert.equal(found.stage, stage);
          assert.ok(found.record.failure?.log !== undefined);
        });
      }

      it('an option that this version does not know', async () => {
        const found = await failure(place.settings({ ...torch, serverArgs: ['--no-such-thing'] }));
        assert.match(found.text, /does not know the option --no-such-thing.*profilemate doctor/);
      });

      it('a server that never becomes healthy', async () => {
        const found = await failure(
          place.settings({ ...torch, readyTimeout: 8 }, { fault: 'hang' }),
        );
        assert.match(found.text, /not healthy after 8 s: \/health says 503.*--ready-timeout/);
      });

      it('a server without a profiler', async () => {
        const server = await Server.start();
        try {
          const target = { kind: 'running', url: server.url } as const;
          const found = await failure(place.settings({ target }));
          assert.match(
            found.text,
            /no \/start_profile\. It was started without a profiler\. Start it with/,
          );
          assert.equal(found.stage, 'profile-on');
        } finally {
          server.stop();
        }
      });

      it('an address where nobody answers', async () => {
        const target = { kind: 'running', url: 'http://127.0.0.1:9' } as const;
        const found = await failure(place.settings({ target, readyTimeout: 1 }));
        assert.match(
          found.text,
          /No healthy server at http:\/\/127\.0\.0\.1:9: it does not answer/,
        );
      });

      it('a port that is taken', async () => {
        const server = net.createServer();
        await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
        const { port } = server.address() as net.AddressInfo;
        assert.equal(await isFree('127.0.0.1', port), false);
        try {
          const found = await failure(place.settings({ ...torch, port }));
          assert.match(found.text, new RegExp(`Port ${port} is taken by another program`));
          assert.equal(found.stage, 'check');
        } finally {
          server.close();
        }
      });

      it('a missing tool', async () => {
        const found = await failure(place.settings({ nsys: '/nowhere/nsys' }));
        assert.match(
          found.text,
          /Nsight Systems: nothing that runs at \/nowhere\/nsys\. Correct the place/,
        );
      });

      it('requests for a model that is not served', async () => {
        const settings = place.settings(torch, { fault: 'refuse:1' });
        const found = await failure(settings);
        assert.match(found.text, /None of 2 requests was answered: HTTP 500: EngineCore is busy/);
      });

      it('a server that asks for a key', async () => {
        const server = await Server.start({}, '--api-key', 'sesame-open-123');
        try {
          const target = { kind: 'running', url: server.url } as const;
          const found = await failure(place.settings({ target }));
          assert.match(found.text, /HTTP 401\. It asks for an API key\. Set VLLM_API_KEY/);
          assert.equal(found.stage, 'ready');
        } finally {
          server.stop();
        }
      });

      it('a dataset that cannot be used, before anything is started', async () => {
        const settings = place.settings(torch);
        const dataset = join(place.folder, 'prompts.jsonl');
        writeFileSync(dataset, '{"prompt":"one"}\nnot json\n');
        const found = await failure({ ...settings, load: { ...settings.load, dataset } });
        assert.match(found.text, /prompts\.jsonl cannot be used\. Line 2 is not JSON/);
        assert.deepEqual([found.stage, found.record.commands], ['check', []]);
      });

      it('a host that this machine is not', async () => {
        const found = await failure(place.settings({ ...torch, host: '192.0.2.1' }));
        assert.match(found.text, /No server can listen on the host 192\.0\.2\.1.*--host/);
        assert.equal(found.stage, 'check');
      });

      it('a folder that cannot be made', async () => {
        writeFileSync(join(place.folder, 'profiles'), 'in the way');
        for (const [outputDir, why] of [
          ['profiles', /It is a file\./],
          ['profiles/below', /Above it is a file\./],
        ] as const) {
          const settings = place.settings({ ...torch, outputDir: join(place.folder, outputDir) });
          const { result } = await start(settings);
          if (result.state !== 'failed') assert.fail(`the run is ${result.state}`);
          assert.match(result.failure.message, why);
          assert.match(result.failure.message, /could not be made.*Name a folder that you may/);
        }
      });

      // Whatever is written to /dev/full finds no space, as on a full disk.
      for (const name of ['logs/server.log', 'client.json'])
        it(`a disk that is full when ${name} is written`, async () => {
          const { result } = await start(place.settings(torch), (event) => {
            if (event.type !== 'plan') return;
            symlinkSync('/dev/full', join(dirname(event.plan.output.timeline), name));
          });
          if (result.state !== 'failed') assert.fail(`the run is ${result.state}`);
          assert.equal(
            result.failure.message,
            'The results could not be written. The disk is full. ' +
              'Free some space, or name another folder for the results.',
          );
          assert.deepEqual(place.leftOver(), []);
        });

      it('a record that can not be written either: nothing is left', async () => {
        let folder = '';
        const { result } = await start(place.settings(torch, { fault: 'die' }), (event) => {
          if (event.type === 'plan') folder = dirname(event.plan.output.timeline);
          if (event.type === 'stage' && event.state === 'failed')
            rmSync(folder, { recursive: true });
        });
        if (result.state !== 'failed') assert.fail(`the run is ${result.state}`);
        assert.match(result.failure.message, /ended before it was ready/);
        assert.equal(result.folder, undefined);
        assert.deepEqual(place.runs(), []);
      });

      it('a folder where nothing may be written', () => {
        const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
        assert.match(asFailure(error).message, /could not be written.*Name a folder that you may/);
      });
    });

    describe('an nsys that fails', () => {
      /** Starts the program behind its options, and then does as told. */
      function toolThat(after: string): string {
        const file = join(place.folder, 'nsys');
        writeFileSync(
          file,
          [
            '#!/bin/bash',
            'if [ "$1" = --version ]; then echo "NVIDIA Nsight Systems version 2025.1.1.1"; exit; fi',
            'case "$1" in profile|launch) ;; *) exit 0;; esac',
            'for a in "$@"; do case "$a" in --output=*) out="${a#--output=}";; esac; done',
            'shift; while [[ "$1" == -* ]]; do shift; done',
            '"$@"',
            after,
            '',
          ].join('\n'),
        );
        chmodSync(file, 0o755);
        return file;
      }

      const wholeBench = (tool: string): CaptureSettings =>
        place.settings({
          nsys: tool,
          captureRange: 'whole',
          target: { kind: 'bench', what: 'latency' },
        });

      it('writes no report', async () => {
        const found = await failure(place.settings({ nsys: toolThat('exit 0') }));
        assert.match(found.text, /nsys wrote no report\. If collection never began/);
        assert.equal(found.stage, 'shut-down');
      });

      it('has no importer: what it collected is kept', async () => {
        const tool = toolThat('echo collected > "$out.qdstrm"');
        const settings = wholeBench(tool);
        const found = await failure(settings);
        assert.match(found.text, /nsys collected the run, and could not make a report of it\./);
        assert.match(found.text, /Nsight Systems 2025\.1\.1 .* QdstrmImporter .* timeline\.qdstrm/);
        assert.equal(
          readFileSync(join(found.folder, 'timeline.qdstrm'), 'utf8'),
          'collected\n',
          'nothing of a run is lost',
        );
      });

      it('has no space left', async () => {
        const tool = toolThat('echo "Failed to write: No space left on device" >&2; exit 1');
        const found = await failure(place.settings({ nsys: tool }));
        assert.match(found.text, /nsys wrote no report\. The disk is full\./);
      });

      it('does not finish', async () => {
        const tool = toolThat('mkfifo "$0.pipe"; read -rt 300 <> "$0.pipe"');
        const found = await failure(place.settings({ nsys: tool, finaliseTimeout: 2 }));
        assert.match(found.text, /nsys did not finish its report within 2 s/);
        assert.ok(found.record.files.client !== undefined, 'what the client measured is kept');
      });

      it('cannot export: the report is kept', async () => {
        const tool = toolThat('echo report > "$out.nsys-rep"');
        const settings = wholeBench(tool);
        writeFileSync(
          tool,
          readFileSync(tool, 'utf8').replace('*) exit 0', '*) echo "Importer error"; exit 3'),
        );
        const found = await failure(settings);
        assert.match(found.text, /could not export timeline\.nsys-rep.*The report itself is kept/);
        const [name] = place.runs();
        assert.ok(existsSync(join(place.folder, 'profiles', name, 'timeline.nsys-rep')));
        assert.equal(found.record.commands.at(-1)?.exit_status, 3);
      });
    });

    it('is two runs where two are started in the same second', async () => {
      const settings = place.settings({
        ...torch,
        load: { ...place.settings().load, warmup: 0, requests: 1 },
      });
      const [one, two] = await Promise.all([start(settings), start(settings)]);
      assert.deepEqual([one.result.state, two.result.state], ['done', 'done']);
      assert.equal(place.runs().length, 2);
    });
  });

  it('from the shell: lines of stages, a folder, an exit status', async () => {
    const args = ['capture', '--model', 'org/Tiny-1B', '--mode', 'torch', '--vllm', VLLM];
    const load = ['-n', '6', '--warmup', '1', '--prompt-tokens', '20', '--output-tokens', '4'];
    const out = ['-o', join(place.folder, 'profiles')];
    const shell = (...more: string[]) =>
      new Promise<{ status: number | null; stdout: string; stderr: string }>((done) => {
        const { program, args: before } = profilemate;
        const child = spawn(program, [...before, ...args, ...load, ...out, ...more]);
        let [stdout, stderr, interrupted] = ['', '', false];
        child.stdout.on('data', (text) => (stdout += String(text)));
        child.stderr.on('data', (text) => {
          stderr += String(text);
          if (interrupted || !more.includes('STAND_IN_FAULT=slow-ready:60')) return;
          // Once: a second one ends whatever there is at once.
          interrupted = stderr.includes('Start the server') && child.kill('SIGINT');
        });
        child.on('close', (status) => done({ status, stdout, stderr }));
      });
    const dry = await shell('--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stdout, /vllm serve org\/Tiny-1B/);
    assert.deepEqual(place.runs(), []);

    const done = await shell();
    assert.equal(done.status, 0, done.stderr);
    assert.deepEqual(done.stdout.trim().split('/').at(-1), place.runs()[0]);
    assert.match(done.stderr, /✔ +\d+\.\d s {2}Load: 6 requests: 6 answered, \d+ tokens\/s/);

    const failed = await shell('--env', 'STAND_IN_FAULT=oom');
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /✖ .*Wait until it is healthy/);
    assert.match(
      failed.stderr,
      /profilemate: The server ended before it was ready\. The GPU ran out/,
    );

    const cancelled = await shell('--env', 'STAND_IN_FAULT=slow-ready:60');
    assert.equal(cancelled.status, 1);
    assert.match(cancelled.stderr, /Cancelled\. Nothing is left behind/);
    assert.equal(place.runs().length, 2, 'the finished and the failed one');

    assert.equal((await shell('--mode', 'fast')).status, 2);
  });
});

describe('names and lines', () => {
  it('a folder’s name has nothing to stumble over', () => {
    assert.equal(safeName('meta-llama/Llama-3.1-8B'), 'Llama-3.1-8B');
    assert.equal(safeName('/models/my model/'), 'my-model');
    assert.equal(safeName('../..'), 'run');
    assert.equal(safeName('a/$(rm -rf ~)\n'), 'rm--rf');
    assert.equal(safeName('/models/it\'s "größer" 模型'), 'it-s-größer-模型');
    assert.equal(safeName('x'.repeat(59) + '-y'), 'x'.repeat(59));
    assert.equal(safeName(''), 'run');
  });

  it('a stage is one line with a mark and a time', () => {
    const line = (ms: number): string | undefined =>
      stageLine({
        type: 'stage',
        at: 0,
        stage: 'load',
        title: 'Load',
        state: 'done',
        ms,
        detail: 'x',
      });
    assert.equal(line(1234), '✔      1.2 s  Load: x');
    assert.equal(line(185_000), '✔  3 min 5 s  Load: x');
    assert.equal(line(119_700), '✔  2 min 0 s  Load: x');
  });

  it('the end of a log is the program’s, as a terminal would show it, and not the profiler’s', () => {
    const log =
      'loading 10%\rloading 100%\nRuntimeError: bad\n' +
      "Generating '/tmp/nsys-report-1.qdstrm'\n[1/1] [0%   ] t.nsys-rep\r[1/1] [==100%] t.nsys-rep\n" +
      'Generated:\n    /runs/.x.part/t.nsys-rep\n';
    assert.deepEqual(failureLines({ what: 'It ended.', advice: 'Look.', log }), [
      'It ended. Look.',
      '    loading 100%',
      '    RuntimeError: bad',
    ]);
  });

  it('a record of another kind, or of a later version, is none', () => {
    for (const text of ['', '{', '[]', 'null', '{"schema_version":2,"state":"done"}'])
      assert.equal(parseRun(text), undefined);
  });
});
