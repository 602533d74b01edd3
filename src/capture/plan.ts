/** From what is wanted and what is installed to the stages of a run. Nothing is run here. */
import path from 'node:path';
import { type CommandLine, displayCommand } from './command';
import { meanLength } from './load-settings';
import { type Ncu, ncuStart, ncuTable } from './ncu-command';
import { exportArguments, formatVersion, isOlder, type Nsys, type Version } from './nsys-export';
import { nsysStart, type NsysOptions, type Range, sessionStart, sessionStop } from './nsys-command';
import type { CaptureSettings } from './settings';
import { describeFeature, type Feature, flagsFor } from './vllm-flags';

export type StageId =
  | 'check'
  | 'start'
  | 'ready'
  | 'warm-up'
  | 'profile-on'
  | 'load'
  | 'profile-off'
  | 'shut-down'
  | 'run'
  | 'collect'
  | 'export'
  | 'analyse'
  | 'kernels'
  | 'kernel-table'
  | 'kernel-analysis'
  | 'save';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
}

export interface Stage {
  readonly id: StageId;
  readonly title: string;
  readonly why: string;
  /** Run in this order; those of `start`, `run` and `kernels` are the programs under a profiler. */
  readonly commands: readonly CommandLine[];
  readonly requests: readonly HttpRequest[];
}

/** What there is on this machine. */
export interface Facts {
  readonly vllm: Version | undefined;
  readonly nsys?: Nsys;
  readonly ncu?: Ncu;
  readonly gpus: number;
  readonly programs: { readonly vllm: string; readonly python: string };
  /** Where the server will listen. */
  readonly port: number;
  /** Where the run writes. */
  readonly folder: string;
  /** Letters and digits that no other run has. */
  readonly id: string;
  /** PYTHONPATH as it is. */
  readonly pythonPath?: string;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /** What a version, or this machine, cannot give, and what was done about it. */
  readonly notes: readonly string[];
  /** Address of the server, if there is one. */
  readonly url?: string;
  readonly range?: Range;
  readonly output: {
    /** Reports of nsys, without an extension. */
    readonly timeline: string;
    readonly torch: string;
    readonly runtime: string;
    /** Report of ncu, without an extension. */
    readonly kernels: string;
  };
}

/** Since then /start_profile starts CUDA's profiler in the workers. */
const STEPS_SINCE: Version = [0, 11, 1];

/** Engine steps from one line about the balance of experts to the next: a load has some dozens. */
const BALANCE_STEPS = 20;

export function plan(settings: CaptureSettings, facts: Facts): Plan {
  return new Planner(settings, facts).plan();
}

class Planner {
  private readonly notes: string[] = [];
  private readonly output: Plan['output'];
  private readonly timeline: boolean;

  constructor(
    private readonly settings: CaptureSettings,
    private readonly facts: Facts,
  ) {
    const inFolder = (name: string): string => path.join(facts.folder, name);
    this.output = {
      timeline: inFolder('timeline'),
      torch: inFolder('torch'),
      runtime: inFolder('runtime'),
      kernels: inFolder('kernels'),
    };
    this.timeline = settings.mode !== 'torch' && settings.mode !== 'runtime';
  }

  plan(): Plan {
    const { target } = this.settings;
    const url = this.url();
    const range = this.range();
    const stages = [
      stage('check', 'Check the environment', 'tools, versions, disk and permissions'),
      ...(target.kind === 'serve' || target.kind === 'running'
        ? this.server(url, range)
        : this.offline(range)),
      ...this.results(),
      ...(this.settings.mode === 'full' ? this.kernels() : []),
      stage('save', 'Save the run', 'one folder that tells how to repeat it'),
    ];
    return {
      stages,
      notes: this.notes,
      ...(target.kind === 'serve' || target.kind === 'running' ? { url } : {}),
      ...(this.timeline && target.kind !== 'running' ? { range } : {}),
      output: this.output,
    };
  }

  private url(): string {
    const { target, host } = this.settings;
    if (target.kind === 'running') return target.url.replace(/\/+$/, '');
    // A server that listens everywhere is asked at home.
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${this.facts.port}`;
  }

  private range(): Range {
    const { captureRange: wanted, target } = this.settings;
    const { vllm, gpus, id } = this.facts;
    if (wanted.startsWith('nvtx:')) return { kind: 'nvtx', name: wanted.slice(5) };
    const requestable = vllm === undefined || !isOlder(vllm, STEPS_SINCE);
    const server = target.kind === 'serve';
    if (wanted === 'cuda') return { kind: 'cuda' };
    if (wanted === 'auto' && gpus > 0 && requestable && target.kind !== 'script')
      return { kind: 'cuda' };
    if (server && wanted !== 'whole') {
      if (this.timeline && wanted === 'auto')
        this.notes.push(
          gpus > 0
            ? `vLLM ${version(vllm)} cannot start CUDA’s profiler on request: nsys starts and stops collection from outside.`
            : 'There is no GPU here: nsys starts and stops collection from outside, and there will be no kernels.',
        );
      return { kind: 'session', session: `profilemate${id}` };
    }
    if (wanted === 'session')
      this.notes.push(
        'Only a server can be told from outside when to be profiled: this run is recorded as a whole.',
      );
    return { kind: 'whole' };
  }

  private nsys(range: Range): NsysOptions {
    const { nsys = { path: 'nsys', version: undefined }, gpus } = this.facts;
    const { osRuntime, env } = this.settings;
    const { TMPDIR: temporary } = env;
    return { nsys, output: this.output.timeline, range, cuda: gpus > 0, osRuntime, temporary };
  }

  /** vLLM's own flags for the mode. */
  private flags(offline: boolean): CommandLine {
    const { settings, facts } = this;
    const args: string[] = [];
    const env: Record<string, string> = { ...settings.env };
    const want = (feature: Feature, value?: string): void => {
      const flags = flagsFor(feature, facts.vllm, value);
      if (flags) {
        args.push(...flags.args);
        Object.assign(env, flags.env);
      } else {
        this.note(`${capital(describeFeature(feature))}; here is ${version(facts.vllm)}.`);
      }
    };
    if (offline) want('spawn');
    if (settings.mode === 'torch') this.torch(want);
    if (this.timeline) {
      // Also what makes the workers name their steps.
      want('cudaProfiler');
      want('nvtxScopes');
      if (settings.layerwise) {
        want('layerwiseNvtx');
        this.note(
          'A range for each module turns compilation and CUDA graphs off: compare times within this run only.',
        );
      }
    }
    if (settings.mode === 'moe') {
      if (settings.engineArgs.some((arg) => arg.startsWith('--eplb-config')))
        this.note('The balance of experts is logged as your --eplb-config says.');
      else if (this.parallel() > 1) want('expertBalanceLog', String(BALANCE_STEPS));
      else
        this.note('The log of expert balance needs more than one GPU (tensor or data parallel).');
      want('iterationLog');
    }
    if (settings.mode === 'runtime') {
      for (const feature of [
        'iterationLog',
        'cudaGraphMetrics',
        'kvCacheMetrics',
        'mfuMetrics',
      ] as const)
        want(feature);
    }
    if (settings.mode === 'moe' || settings.mode === 'runtime') this.runtimeLayer(env);
    return { program: facts.programs.vllm, args, env };
  }

  private torch(want: (feature: Feature, value?: string) => void): void {
    const { torch, iterations } = this.settings;
    want('torchProfiler', this.output.torch);
    if (torch === 'light') {
      want('torchWithoutStack');
      want('torchIgnoreFrontend');
    } else {
      want('torchRecordShapes');
      want('torchWithStack');
    }
    if (torch === 'deep') {
      want('torchWithMemory');
      want('torchWithFlops');
    }
    if (iterations.delay > 0) want('delayIterations', String(iterations.delay));
    if (iterations.max > 0) want('maxIterations', String(iterations.max));
  }

  private runtimeLayer(env: Record<string, string>): void {
    const { runtimeLayer, mode } = this.settings;
    if (runtimeLayer === undefined) {
      this.note('The runtime layer is not installed here: experts are not tracked.');
      return;
    }
    const before = env.PYTHONPATH ?? this.facts.pythonPath;
    env.PYTHONPATH = before ? `${runtimeLayer}${path.delimiter}${before}` : runtimeLayer;
    env.PROFILEMATE_RUNTIME = '1';
    env.PROFILEMATE_SESSION_DIR = this.output.runtime;
    // Adds kernels of its own to the graphs: only where experts are what is looked at.
    if (mode === 'moe') env.PROFILEMATE_MOE = '1';
  }

  /** GPUs the engine is spread over. */
  private parallel(): number {
    const sizes = ['--tensor-parallel-size', '-tp', '--data-parallel-size', '-dp'];
    return this.settings.engineArgs.reduce((product, arg, i, all) => {
      const [name, value = all[i + 1]] = arg.split('=', 2);
      return sizes.includes(name) && Number(value) > 1 ? product * Number(value) : product;
    }, 1);
  }

  private server(url: string, range: Range): readonly Stage[] {
    const { settings, facts } = this;
    const { load, target } = settings;
    const profiled = settings.mode !== 'runtime';
    const running = target.kind === 'running';
    const session =
      this.timeline && !running && range.kind === 'session' ? range.session : undefined;
    const options = this.nsys(range);
    // A server that was not started with a profiler has no such addresses.
    const onRequest =
      profiled &&
      (running ||
        flagsFor(settings.mode === 'torch' ? 'torchProfiler' : 'cudaProfiler', facts.vllm) !==
          undefined);
    const post = (name: string): readonly HttpRequest[] =>
      onRequest ? [{ method: 'POST', url: `${url}/${name}` }] : [];
    const stages: Stage[] = [];
    if (!running) {
      const flags = this.flags(false);
      const serve: CommandLine = {
        ...flags,
        args: [
          'serve',
          settings.model,
          '--host',
          settings.host,
          '--port',
          String(facts.port),
          ...settings.engineArgs,
          ...settings.serverArgs,
          ...flags.args,
        ],
      };
      stages.push(
        stage('start', 'Start the server', startReason(this.timeline, range, STARTED_BY_REQUEST), {
          commands: [this.timeline ? nsysStart(options, serve) : serve],
        }),
      );
    }
    stages.push(
      stage(
        'ready',
        'Wait until it is healthy',
        'loading, compiling and capturing graphs take minutes',
        {
          requests: [{ method: 'GET', url: `${url}/health` }],
        },
      ),
    );
    if (load.warmup > 0)
      stages.push(
        stage(
          'warm-up',
          `Warm up: ${load.warmup} requests`,
          'the first requests are slower than all others',
        ),
      );
    if (profiled && (onRequest || session !== undefined))
      stages.push(
        stage('profile-on', 'Start profiling', 'only the load is recorded', {
          commands: session === undefined ? [] : [sessionStart(options, session)],
          requests: post('start_profile'),
        }),
      );
    stages.push(stage('load', `Load: ${load.requests} requests`, 'what the profile is of'));
    if (profiled && (onRequest || session !== undefined))
      stages.push(
        stage('profile-off', 'Stop profiling', 'writes out what was recorded', {
          commands: session === undefined ? [] : [sessionStop(options, session)],
          requests: post('stop_profile'),
        }),
      );
    if (!running)
      stages.push(
        stage(
          'shut-down',
          'Shut the server down',
          this.timeline ? 'nsys finishes its report when the server has ended' : 'frees the GPU',
        ),
      );
    else if (target.profiles !== undefined)
      stages.push(
        stage(
          'collect',
          'Collect the profile',
          `from ${target.profiles}, where the server’s profiler writes`,
        ),
      );
    else
      this.note(
        'The server’s profiler writes on its own side; name that folder to have the profile collected.',
      );
    return stages;
  }

  private offline(range: Range): readonly Stage[] {
    const target = this.offlineTarget();
    const { load } = this.settings;
    if (
      this.settings.target.kind === 'bench' &&
      (load.dataset !== undefined || load.rate !== undefined)
    )
      this.note(
        'An offline run makes requests of its own, all at once: of the load it takes the lengths and the number, not the dataset or the rate.',
      );
    return [
      stage(
        'run',
        'Run under the profiler',
        startReason(this.timeline, range, STARTED_BY_PROGRAM),
        {
          commands: [this.timeline ? nsysStart(this.nsys(range), target) : target],
        },
      ),
    ];
  }

  private offlineTarget(): CommandLine {
    const { settings, facts } = this;
    const { target, load, model } = settings;
    if (target.kind === 'script') {
      const env: Record<string, string> = { ...settings.env };
      for (const feature of ['spawn', 'nvtxScopes'] as const)
        Object.assign(env, flagsFor(feature, facts.vllm)?.env);
      if (settings.mode === 'runtime') this.runtimeLayer(env);
      return { program: facts.programs.python, args: [target.file, ...target.args], env };
    }
    const what = target.kind === 'bench' ? target.what : 'latency';
    const flags = this.flags(true);
    const profiler = settings.mode === 'torch' ? 'torchProfiler' : 'cudaProfiler';
    const profile =
      (this.timeline || settings.mode === 'torch') && flagsFor(profiler, facts.vllm)
        ? (flagsFor('offlineProfile', facts.vllm)?.args ?? [])
        : [];
    const size =
      what === 'latency'
        ? ['--batch-size', String(load.concurrency)]
        : ['--num-prompts', String(load.requests)];
    return {
      ...flags,
      args: [
        'bench',
        what,
        '--model',
        model,
        '--input-len',
        String(meanLength(load.prompt)),
        '--output-len',
        String(meanLength(load.output)),
        ...size,
        ...settings.engineArgs,
        ...flags.args,
        ...profile,
      ],
    };
  }

  private results(): readonly Stage[] {
    const { target, mode } = this.settings;
    const analyse = stage('analyse', 'Analyse', 'phases, components, kernels');
    if (mode === 'runtime' || (target.kind === 'running' && target.profiles === undefined))
      return [];
    if (!this.timeline) return [analyse];
    const { nsys } = this.nsys({ kind: 'whole' });
    const report = `${this.output.timeline}.nsys-rep`;
    return [
      stage('export', 'Export the timeline', 'the report as a database', {
        commands: [
          {
            program: nsys.path,
            args: exportArguments(report, `${this.output.timeline}.nsys.sqlite`),
            env: {},
          },
        ],
      }),
      analyse,
    ];
  }

  /** ncu measures each kernel by running it again and again: one small batch, without a server to time out. */
  private kernels(): readonly Stage[] {
    const { settings, facts, output } = this;
    const { target, load, ncuSettings } = settings;
    const ncu = facts.ncu ?? { path: 'ncu', version: undefined };
    let program: CommandLine;
    let onRequest: boolean;
    if (target.kind === 'script') {
      program = this.offlineTarget();
      onRequest = settings.captureRange === 'cuda';
    } else {
      const flags = this.flags(true);
      onRequest = flagsFor('cudaProfiler', facts.vllm) !== undefined;
      const profile = onRequest ? flagsFor('offlineProfile', facts.vllm) : undefined;
      program = {
        ...flags,
        args: [
          'bench',
          'latency',
          '--model',
          settings.model,
          '--input-len',
          String(meanLength(load.prompt)),
          '--output-len',
          '4',
          '--batch-size',
          String(Math.min(load.concurrency, 8)),
          '--num-iters-warmup',
          '1',
          '--num-iters',
          '1',
          ...settings.engineArgs,
          ...flags.args,
          ...(profile?.args ?? []),
        ],
      };
    }
    if (this.parallel() > 1)
      this.note(
        'Kernels that wait for other GPUs are left out: ncu runs each kernel several times, and they would wait for ever.',
      );
    return [
      stage('kernels', 'Measure the kernels', 'those that the timeline says matter', {
        commands: [
          ncuStart({ ncu, settings: ncuSettings, output: output.kernels, onRequest }, program),
        ],
      }),
      stage('kernel-table', 'Export the kernel metrics', 'the report as a table', {
        commands: [ncuTable(ncu, `${output.kernels}.ncu-rep`)],
      }),
      stage(
        'kernel-analysis',
        'Analyse the kernel metrics',
        'bandwidth, roofline, what holds each back',
      ),
    ];
  }

  private note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}

function stage(
  id: StageId,
  title: string,
  why: string,
  more: Partial<Pick<Stage, 'commands' | 'requests'>> = {},
): Stage {
  return { id, title, why, commands: [], requests: [], ...more };
}

const STARTED_BY_REQUEST = '/start_profile to start CUDA’s profiler in the workers';
const STARTED_BY_PROGRAM = 'the program to start CUDA’s profiler';

function startReason(timeline: boolean, range: Range, starts: string): string {
  if (!timeline) return 'with what the mode needs configured';
  switch (range.kind) {
    case 'cuda':
      return `under nsys, which waits for ${starts}`;
    case 'session':
      return 'under nsys, which waits to be told';
    case 'nvtx':
      return `under nsys, which waits for the range '${range.name}'`;
    case 'whole':
      return 'under nsys, from start to end';
  }
}

const version = (found: Version | undefined): string =>
  found ? formatVersion(found) : 'of unknown version';
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** All of it, for reading: what `--dry-run` prints. */
export function describePlan({ stages, notes }: Plan): string {
  const lines: string[] = [];
  stages.forEach(({ id, title, why, commands, requests }, i) => {
    lines.push(`${i + 1}. ${title}: ${why}`);
    const asked = requests.map(({ method, url }) => `${method} ${url}`);
    const run = commands.map(displayCommand);
    // The profiler around the program is up first and ends last.
    const order = id === 'profile-off' ? [...asked, ...run] : [...run, ...asked];
    for (const action of order) lines.push(`     ${action}`);
  });
  for (const note of notes) lines.push(`Note: ${note}`);
  return lines.join('\n') + '\n';
}
