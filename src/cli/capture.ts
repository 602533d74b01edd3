/** `profilemate capture`: profiles a run of vLLM, from the check of the machine to a folder of results. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { stderr } from 'node:process';
import { version } from '../../package.json';
import { commandAnalyser } from '../capture/analyse';
import { type CaptureEvent, failureLines, stageLine } from '../capture/events';
import { CaptureFailure } from '../capture/failure';
import { type Lengths, type LoadSettings, parseLengths, PRESETS } from '../capture/load-settings';
import { describePlan } from '../capture/plan';
import { capture as runCapture, preview } from '../capture/run';
import {
  type CaptureSettings,
  DEFAULTS,
  MODES,
  NCU_SETS,
  type Target,
  TORCH_LEVELS,
} from '../capture/settings';
import { readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { checkLines } from './doctor';
import { CliFailure } from './failure';
import { note, print } from './output';

const help = `Usage: profilemate capture --model M [OPTION…] [-- ENGINE-ARGUMENT…]
       profilemate capture --script FILE [OPTION…] [-- ARGUMENT…]
       profilemate capture --server URL [OPTION…]

Profiles vLLM: starts it under the profiler, waits until it is healthy, warms it
up, records a load, shuts it down, exports and analyses. All results are in one
folder, with run.json to repeat it by.

What
  -m, --model M          a name on Hugging Face, or a folder
      --mode MODE        quick    phases, kernels, graphs (Nsight Systems); the default
                         full     and metrics of the kernels that matter (Nsight Compute)
                         moe      quick, with expert tracking and balance
                         torch    the PyTorch profiler
                         runtime  the runtime layer alone
      --bench WHAT       an offline run, vllm bench latency or throughput, instead of
                         a server
      --script FILE      a Python script instead of a server
      --server URL       a server that runs already, started with a profiler
      --server-profiles D  where that server's profiler writes
  -o, --output-dir D     where the run's folder goes; ${DEFAULTS.outputDir} where left out
      --dry-run          print every command and request, and run nothing

Load
      --load PRESET      ${Object.keys(PRESETS).join(', ')}
  -n, --requests N       --concurrency N   --rate R (per second, Poisson arrivals)
      --prompt-tokens L  --output-tokens L   512, 128-1024 or normal:512,128
      --dataset FILE     prompts from JSONL or ShareGPT's JSON
      --warmup N         --seed N   --timeout S   --api completions|chat
      --no-stream        answers as a whole: no time to the first token
      --served-model M   its name in requests

How
      --capture-range R  auto, cuda, session, whole or nvtx:NAME
      --layerwise        a range for each module (eager, slow)
      --os-runtime       trace calls of the operating system too
      --torch LEVEL      ${TORCH_LEVELS.join(', ')}
      --delay-iterations N   --max-iterations N   engine steps, in mode torch
      --ncu-set S        ${NCU_SETS.join(', ')}
      --ncu-kernels RE   --ncu-skip N   --ncu-count N   --ncu-nvtx R   --ncu-clocks base|none
      --host H   --port P   --server-arg A (repeatable; for vllm serve alone)
      --env NAME=VALUE   (repeatable)
      --vllm P   --nsys P   --ncu P   --python P   where a program is
      --runtime-layer D  folder of another runtime layer than ours
      --ready-timeout S  --finalise-timeout S
  -v, --verbose          show the commands and what the programs write
  -h, --help             print this

Exit status: 0 done, 1 the run failed or was cancelled, 2 the arguments are bad.
`;

const options = {
  model: { type: 'string', short: 'm' },
  mode: { type: 'string' },
  bench: { type: 'string' },
  script: { type: 'string' },
  server: { type: 'string' },
  'server-profiles': { type: 'string' },
  'output-dir': { type: 'string', short: 'o' },
  'dry-run': { type: 'boolean' },
  load: { type: 'string' },
  requests: { type: 'string', short: 'n' },
  concurrency: { type: 'string' },
  rate: { type: 'string' },
  'prompt-tokens': { type: 'string' },
  'output-tokens': { type: 'string' },
  dataset: { type: 'string' },
  warmup: { type: 'string' },
  seed: { type: 'string' },
  timeout: { type: 'string' },
  api: { type: 'string' },
  'no-stream': { type: 'boolean' },
  'served-model': { type: 'string' },
  'capture-range': { type: 'string' },
  layerwise: { type: 'boolean' },
  'os-runtime': { type: 'boolean' },
  torch: { type: 'string' },
  'delay-iterations': { type: 'string' },
  'max-iterations': { type: 'string' },
  'ncu-set': { type: 'string' },
  'ncu-kernels': { type: 'string' },
  'ncu-skip': { type: 'string' },
  'ncu-count': { type: 'string' },
  'ncu-nvtx': { type: 'string' },
  'ncu-clocks': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'server-arg': { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  vllm: { type: 'string' },
  nsys: { type: 'string' },
  ncu: { type: 'string' },
  python: { type: 'string' },
  'runtime-layer': { type: 'string' },
  'ready-timeout': { type: 'string' },
  'finalise-timeout': { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

type Values = ReturnType<typeof readArgs<typeof options>>['values'];

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  all: readonly T[],
  otherwise: T,
): T {
  if (value === undefined) return otherwise;
  const found = all.find((each) => each === value);
  if (found) return found;
  throw new CliFailure(`--${name} is one of ${all.join(', ')}, not '${value}'.`);
}

function numberOf(
  name: string,
  value: string | undefined,
  otherwise: number,
  whole?: boolean,
): number;
function numberOf(
  name: string,
  value: string | undefined,
  otherwise: undefined,
  whole?: boolean,
): number | undefined;
function numberOf(
  name: string,
  value: string | undefined,
  otherwise: number | undefined,
  whole = true,
): number | undefined {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (
    value.trim() !== '' &&
    number >= 0 &&
    (whole ? Number.isInteger(number) : Number.isFinite(number))
  )
    return number;
  throw new CliFailure(`--${name} is a ${whole ? 'whole ' : ''}number, not '${value}'.`);
}

function lengths(name: string, value: string | undefined, otherwise: Lengths): Lengths {
  if (value === undefined) return otherwise;
  const found = parseLengths(value);
  if (found) return found;
  throw new CliFailure(`--${name} is like 512, 128-1024 or normal:512,128, not '${value}'.`);
}

function loadOf(values: Values): LoadSettings {
  const names = Object.keys(PRESETS) as (keyof typeof PRESETS)[];
  const preset: LoadSettings = PRESETS[oneOf('load', values.load, names, 'mixed')];
  return {
    ...preset,
    requests: numberOf('requests', values.requests, preset.requests),
    concurrency: numberOf('concurrency', values.concurrency, preset.concurrency),
    rate: numberOf('rate', values.rate, undefined, false),
    prompt: lengths('prompt-tokens', values['prompt-tokens'], preset.prompt),
    output: lengths('output-tokens', values['output-tokens'], preset.output),
    dataset: values.dataset,
    api: oneOf('api', values.api, ['completions', 'chat'], preset.api),
    stream: !values['no-stream'],
    warmup: numberOf('warmup', values.warmup, preset.warmup),
    seed: numberOf('seed', values.seed, preset.seed),
    timeout: numberOf('timeout', values.timeout, preset.timeout, false),
    servedModel: values['served-model'],
  };
}

function targetOf(values: Values, rest: readonly string[]): Target {
  const { bench, script, server } = values;
  const given = [bench, script, server].filter((value) => value !== undefined);
  if (given.length > 1)
    throw new CliFailure('Only one of --bench, --script and --server can be profiled.');
  if (script !== undefined) return { kind: 'script', file: script, args: rest };
  if (server !== undefined)
    return { kind: 'running', url: server, profiles: values['server-profiles'] };
  if (bench !== undefined)
    return { kind: 'bench', what: oneOf('bench', bench, ['latency', 'throughput'], 'latency') };
  return { kind: 'serve' };
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name, value] = pair.split(/=(.*)/s, 2);
      if (value !== undefined) return [name, value];
      throw new CliFailure(`--env is NAME=VALUE, not '${pair}'.`);
    }),
  );
}

function rangeOf(value: string | undefined): CaptureSettings['captureRange'] {
  if (value?.startsWith('nvtx:')) return `nvtx:${value.slice(5)}`;
  return oneOf('capture-range', value, ['auto', 'cuda', 'session', 'whole'] as const, 'auto');
}

function settingsOf(values: Values, rest: readonly string[]): CaptureSettings {
  const target = targetOf(values, rest);
  if (target.kind === 'running' && rest.length > 0)
    throw new CliFailure('A server that runs already takes no arguments.');
  const name =
    values.model ??
    (target.kind === 'script' ? target.file : target.kind === 'running' ? 'server' : '');
  if (name === '')
    throw new CliFailure('Which model? Name one with --model. See: profilemate capture --help');
  const { ncuSettings: ncu } = DEFAULTS;
  return {
    model: name,
    mode: oneOf('mode', values.mode, MODES, DEFAULTS.mode),
    target,
    outputDir: values['output-dir'] ?? DEFAULTS.outputDir,
    vllm: values.vllm,
    nsys: values.nsys,
    ncu: values.ncu,
    python: values.python,
    host: values.host ?? DEFAULTS.host,
    port: numberOf('port', values.port, undefined),
    engineArgs: target.kind === 'script' ? [] : rest,
    serverArgs: values['server-arg'] ?? [],
    env: environmentOf(values.env ?? []),
    captureRange: rangeOf(values['capture-range']),
    layerwise: values.layerwise ?? false,
    osRuntime: values['os-runtime'] ?? false,
    torch: oneOf('torch', values.torch, TORCH_LEVELS, DEFAULTS.torch),
    iterations: {
      delay: numberOf('delay-iterations', values['delay-iterations'], DEFAULTS.iterations.delay),
      max: numberOf('max-iterations', values['max-iterations'], DEFAULTS.iterations.max),
    },
    ncuSettings: {
      set: oneOf('ncu-set', values['ncu-set'], NCU_SETS, ncu.set),
      launchSkip: numberOf('ncu-skip', values['ncu-skip'], ncu.launchSkip),
      launchCount: numberOf('ncu-count', values['ncu-count'], ncu.launchCount),
      clockControl: oneOf('ncu-clocks', values['ncu-clocks'], ['base', 'none'], ncu.clockControl),
      kernels: values['ncu-kernels'],
      nvtx: values['ncu-nvtx'],
    },
    load: loadOf(values),
    runtimeLayer: values['runtime-layer'] ?? ownRuntimeLayer(),
    readyTimeout: numberOf('ready-timeout', values['ready-timeout'], DEFAULTS.readyTimeout, false),
    finaliseTimeout: numberOf(
      'finalise-timeout',
      values['finalise-timeout'],
      DEFAULTS.finaliseTimeout,
      false,
    ),
  };
}

/** The layer that comes with us: beside the bundle, or with the sources. */
function ownRuntimeLayer(): string | undefined {
  return ['../python', '../../python']
    .map((place) => path.join(__dirname, place))
    .find((folder) => existsSync(path.join(folder, 'sitecustomize.py')));
}

const CLEAR_LINE = '\r\u001b[K';

/** Stages as lines on standard error; on a terminal the one under way is shown, too. */
function teller(verbose: boolean): (event: CaptureEvent) => void {
  const live = stderr.isTTY;
  let title = '';
  const status = (text: string): void => {
    if (live) stderr.write(`${CLEAR_LINE}${text.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  const line = (text: string): void => void stderr.write(`${live ? CLEAR_LINE : ''}${text}\n`);
  return (event) => {
    const ended = stageLine(event);
    if (ended !== undefined) line(ended);
    else if (event.type === 'stage') status(`… ${(title = event.title)}`);
    else if (event.type === 'progress') status(`… ${title}: ${event.text}`);
    else if (event.type === 'plan') for (const text of event.plan.notes) line(`! ${text}`);
    else if (verbose && event.type === 'command') line(`$ ${event.text}`);
    else if (verbose && event.type === 'log') stderr.write(event.text);
  };
}

/** Once asks for an orderly end, as no process may be left. */
async function untilInterrupted<T>(work: (cancel: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

async function whereItIs(folder: string): Promise<string> {
  const logs = await readdir(path.join(folder, 'logs')).catch(() => []);
  return logs.length > 0 ? `Its logs are in ${folder}/logs` : `Its record is ${folder}/run.json`;
}

/** This very program, for the analysis in a process of its own. */
const itself = {
  program: process.execPath,
  args: [...process.execArgv, process.argv[1]],
  env: {},
};

export const capture: Command = {
  name: 'capture',
  summary: 'profile a run of vLLM: server, offline run or script',
  help,
  async run(args) {
    const { values, positionals } = readArgs('capture', args, options);
    const settings = settingsOf(values, positionals);
    try {
      if (values['dry-run']) {
        const { plan, checks } = await preview(settings);
        await print(describePlan(plan) + '\n' + checkLines(checks));
        return ExitStatus.Done;
      }
    } catch (error) {
      if (error instanceof CaptureFailure) throw new CliFailure(error.message);
      throw error;
    }
    const result = await untilInterrupted((cancel) =>
      runCapture(settings, {
        cancel,
        version,
        analyser: commandAnalyser(itself),
        onEvent: teller(values.verbose ?? false),
      }),
    );
    if (result.state === 'done') {
      await print(`${result.folder}\n`);
      return ExitStatus.Done;
    }
    if (result.state === 'cancelled') {
      note('profilemate: Cancelled. Nothing is left behind.');
      return ExitStatus.No;
    }
    const [sentence, ...log] = failureLines(result.failure.text);
    note([`profilemate: ${sentence}`, ...log].join('\n'));
    if (result.folder !== undefined) note(await whereItIs(result.folder));
    return result.failure.stage === undefined ? ExitStatus.BadInput : ExitStatus.No;
  },
};
