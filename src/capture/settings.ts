/** What a person chooses about a run. The same for the command line and the editor. */
import type { LoadSettings } from './load-settings';
import { PRESETS } from './load-settings';

export const MODES = ['quick', 'full', 'moe', 'torch', 'runtime'] as const;
export type Mode = (typeof MODES)[number];

export const TORCH_LEVELS = ['light', 'detailed', 'deep'] as const;
export type TorchLevel = (typeof TORCH_LEVELS)[number];

export const NCU_SETS = ['basic', 'detailed', 'full', 'roofline'] as const;
export type NcuSet = (typeof NCU_SETS)[number];

export type Target =
  /** `vllm serve MODEL`, under the profiler, with our own requests. */
  | { readonly kind: 'serve' }
  /** `vllm bench latency` or `throughput`: one process, no server. */
  | { readonly kind: 'bench'; readonly what: 'latency' | 'throughput' }
  /** A person's own Python script. */
  | { readonly kind: 'script'; readonly file: string; readonly args: readonly string[] }
  /** A server that runs already, started with a profiler configured. */
  | {
      readonly kind: 'running';
      readonly url: string;
      /** Where that server's profiler writes, if this machine can see it. */
      readonly profiles?: string;
    };

/**
 * What starts and ends collection:
 * `cuda`: cudaProfilerStart and -Stop, which /start_profile calls in the workers;
 * `session`: nsys's own start and stop, from outside;
 * `nvtx:NAME`: a range of that name in the program;
 * `whole`: from the program's start to its end;
 * `auto`: the first of cuda, session, whole that this machine and version can do.
 */
export type CaptureRange = 'auto' | 'cuda' | 'session' | 'whole' | `nvtx:${string}`;

export interface NcuSettings {
  readonly set: NcuSet;
  /** Of the matching launches of each process. */
  readonly launchSkip: number;
  readonly launchCount: number;
  /** `base` locks the clocks, so that figures can be compared; `none` leaves them alone. */
  readonly clockControl: 'base' | 'none';
  /** Kernels by regular expression; those that the timeline says matter, where left out. */
  readonly kernels?: string;
  /** Only inside this NVTX range. */
  readonly nvtx?: string;
}

export interface CaptureSettings {
  /** A name on Hugging Face or a folder. */
  readonly model: string;
  readonly mode: Mode;
  readonly target: Target;
  /** Runs are folders in this one. */
  readonly outputDir: string;
  /** Where the programs are, if not where they usually are. */
  readonly vllm?: string;
  readonly nsys?: string;
  readonly ncu?: string;
  readonly python?: string;
  /** The server listens here. A free port is taken where none is given. */
  readonly host: string;
  readonly port?: number;
  /** Arguments of vLLM's engine, for server and offline runs alike. */
  readonly engineArgs: readonly string[];
  /** Arguments of `vllm serve` alone. */
  readonly serverArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly captureRange: CaptureRange;
  /** A range for each module. Slow: without CUDA graphs and compilation. */
  readonly layerwise: boolean;
  /** Also what the operating system was asked to do. */
  readonly osRuntime: boolean;
  readonly torch: TorchLevel;
  /** Engine steps before recording begins, and how many are recorded; 0 is no limit. */
  readonly iterations: { readonly delay: number; readonly max: number };
  readonly ncuSettings: NcuSettings;
  readonly load: LoadSettings;
  /** Folder with the runtime layer, for PYTHONPATH. */
  readonly runtimeLayer?: string;
  /** How long the server may take to become healthy, and nsys to finish its report, in seconds. */
  readonly readyTimeout: number;
  readonly finaliseTimeout: number;
}

export const DEFAULTS: Omit<CaptureSettings, 'model'> = {
  mode: 'quick',
  target: { kind: 'serve' },
  outputDir: 'profiles',
  host: '127.0.0.1',
  engineArgs: [],
  serverArgs: [],
  env: {},
  captureRange: 'auto',
  layerwise: false,
  osRuntime: false,
  torch: 'light',
  iterations: { delay: 0, max: 0 },
  ncuSettings: { set: 'detailed', launchSkip: 0, launchCount: 20, clockControl: 'base' },
  load: PRESETS.mixed,
  readyTimeout: 1800,
  finaliseTimeout: 900,
};

/** What is wrong with settings that a person or a file gave, in a sentence each. */
export function settingsProblems(settings: CaptureSettings): readonly string[] {
  const { target, mode, port, captureRange, load } = settings;
  const problems: string[] = [];
  const say = (wrong: boolean, text: string): void => void (wrong && problems.push(text));
  say(
    settings.model.trim() === '' && (target.kind === 'serve' || target.kind === 'bench'),
    'No model is named.',
  );
  say(settings.model.startsWith('-'), 'The name of a model does not begin with a dash.');
  say(
    port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536),
    `There is no port ${port}.`,
  );
  say(captureRange === 'nvtx:', 'The NVTX range that starts collection needs a name: nvtx:NAME.');
  say(
    target.kind === 'running' && mode === 'full',
    'Kernel metrics need a process that ncu itself starts; a server that runs already can only be asked to profile itself. Take mode quick or torch, or a target that is started.',
  );
  say(
    target.kind === 'running' && (mode === 'runtime' || mode === 'moe'),
    'The runtime layer has to be there when a server starts; one that runs already cannot take it in.',
  );
  say(
    target.kind === 'running' && !/^https?:\/\/[^/]/.test(target.url),
    'The address of a server begins with http:// or https://.',
  );
  say(
    target.kind === 'running' && !URL.canParse(target.url),
    target.kind === 'running' ? `'${target.url}' is no address.` : '',
  );
  say(
    mode === 'runtime' && settings.runtimeLayer === undefined,
    'Mode runtime needs the runtime layer, which is not installed here.',
  );
  say(
    target.kind === 'script' && (mode === 'torch' || mode === 'moe'),
    `Mode ${mode} sets options of vLLM's own, which a script decides for itself. Take mode quick or full.`,
  );
  say(!(load.requests > 0), 'A load has at least one request.');
  say(!(load.concurrency > 0), 'A load has at least one request at a time.');
  say(load.rate !== undefined && !(load.rate > 0), 'A rate is more than 0 requests per second.');
  const times = [load.timeout, settings.readyTimeout, settings.finaliseTimeout];
  say(
    times.some((seconds) => !(seconds > 0)),
    'A timeout is more than 0 seconds.',
  );
  const ours = Object.keys(settings.env).find((name) => !/^[A-Za-z_]\w*$/.test(name));
  say(ours !== undefined, `'${ours}' is not the name of an environment variable.`);
  return problems;
}
