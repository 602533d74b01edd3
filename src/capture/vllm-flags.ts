/**
 * How each version of vLLM is told what to do, as data. Where a row has several
 * forms, the first whose versions include the one at hand is taken.
 */
import type { Version } from './nsys-export';
import { isOlder } from './nsys-export';

export type Feature =
  | 'cudaProfiler'
  | 'torchProfiler'
  | 'torchRecordShapes'
  | 'torchWithStack'
  | 'torchWithoutStack'
  | 'torchWithMemory'
  | 'torchWithFlops'
  | 'torchIgnoreFrontend'
  | 'delayIterations'
  | 'maxIterations'
  | 'nvtxScopes'
  | 'layerwiseNvtx'
  | 'iterationLog'
  | 'cudaGraphMetrics'
  | 'kvCacheMetrics'
  | 'mfuMetrics'
  | 'expertBalanceLog'
  | 'offlineProfile'
  | 'spawn';

interface Form {
  /** The first version that has it; any, where left out. */
  readonly from?: Version;
  /** The first that has it no more. */
  readonly before?: Version;
  readonly args?: (value: string) => readonly string[];
  readonly env?: (value: string) => Readonly<Record<string, string>>;
}

interface Row {
  /** In words, for the note where a version has none of the forms. */
  readonly what: string;
  readonly forms: readonly Form[];
}

const profilerOption = (
  name: string,
  env: string,
  envFrom: Version,
  value?: string,
): readonly Form[] => [
  { from: [0, 13], args: (given) => [`--profiler-config.${name}`, value ?? given] },
  { from: envFrom, before: [0, 13], env: (given) => ({ [env]: flag(value ?? given) }) },
];
const flag = (value: string): string => (value === 'true' ? '1' : value === 'false' ? '0' : value);
const always =
  (...args: string[]) =>
  (): readonly string[] =>
    args;

/** In some release between 0.13 and this one the log learnt to skip steps. */
const EVERY_SO_MANY: Version = [0, 17];

const logBalance = (more: Readonly<Record<string, number>>): readonly string[] => [
  '--enable-expert-parallel',
  '--enable-eplb',
  '--eplb-config',
  JSON.stringify({ log_balancedness: true, ...more }),
];

/** Releases as in vLLM's history; the variables of 0.13 to 0.15 only warn, and are gone in 0.16. */
const ROWS: Readonly<Record<Feature, Row>> = {
  cudaProfiler: {
    what: 'profiling on request with CUDA’s profiler API',
    forms: [
      { from: [0, 13], args: always('--profiler-config.profiler', 'cuda') },
      { from: [0, 11, 1], before: [0, 13], env: () => ({ VLLM_TORCH_CUDA_PROFILE: '1' }) },
    ],
  },
  torchProfiler: {
    what: 'the PyTorch profiler',
    forms: [
      {
        from: [0, 13],
        args: (folder) => [
          '--profiler-config.profiler',
          'torch',
          '--profiler-config.torch_profiler_dir',
          folder,
        ],
      },
      { before: [0, 13], env: (folder) => ({ VLLM_TORCH_PROFILER_DIR: folder }) },
    ],
  },
  torchRecordShapes: {
    what: 'shapes of tensors',
    forms: profilerOption(
      'torch_profiler_record_shapes',
      'VLLM_TORCH_PROFILER_RECORD_SHAPES',
      [0, 10, 1],
      'true',
    ),
  },
  torchWithStack: {
    what: 'Python stacks',
    forms: profilerOption(
      'torch_profiler_with_stack',
      'VLLM_TORCH_PROFILER_WITH_STACK',
      [0, 10, 1],
      'true',
    ),
  },
  torchWithoutStack: {
    what: 'leaving Python stacks out',
    forms: profilerOption(
      'torch_profiler_with_stack',
      'VLLM_TORCH_PROFILER_WITH_STACK',
      [0, 10, 1],
      'false',
    ),
  },
  torchWithMemory: {
    what: 'memory of tensors',
    forms: profilerOption(
      'torch_profiler_with_memory',
      'VLLM_TORCH_PROFILER_WITH_PROFILE_MEMORY',
      [0, 10, 1],
      'true',
    ),
  },
  torchWithFlops: {
    what: 'estimated FLOPs',
    forms: profilerOption(
      'torch_profiler_with_flops',
      'VLLM_TORCH_PROFILER_WITH_FLOPS',
      [0, 10, 1],
      'true',
    ),
  },
  torchIgnoreFrontend: {
    what: 'leaving the API server out',
    forms: profilerOption(
      'ignore_frontend',
      'VLLM_TORCH_PROFILER_DISABLE_ASYNC_LLM',
      [0, 12],
      'true',
    ),
  },
  delayIterations: {
    what: 'a delay in engine steps',
    forms: profilerOption('delay_iterations', 'VLLM_PROFILER_DELAY_ITERS', [0, 12]),
  },
  maxIterations: {
    what: 'a limit in engine steps',
    forms: profilerOption('max_iterations', 'VLLM_PROFILER_MAX_ITERS', [0, 12]),
  },
  nvtxScopes: {
    what: 'NVTX ranges of scheduler and model runner',
    // An integer: anything else is an error at the start.
    forms: [{ from: [0, 11], env: () => ({ VLLM_NVTX_SCOPES_FOR_PROFILING: '1' }) }],
  },
  layerwiseNvtx: {
    what: 'an NVTX range for each module',
    // Its hooks do not run inside compiled code or on graph replay.
    forms: [{ from: [0, 13], args: always('--enable-layerwise-nvtx-tracing', '--enforce-eager') }],
  },
  iterationLog: {
    what: 'a log line for each engine step',
    forms: [{ from: [0, 14], args: always('--enable-logging-iteration-details') }],
  },
  cudaGraphMetrics: {
    what: 'the table of CUDA graph use',
    forms: [{ from: [0, 13], args: always('--cudagraph-metrics') }],
  },
  kvCacheMetrics: {
    what: 'lifetimes of KV-cache blocks',
    forms: [{ from: [0, 12], args: always('--kv-cache-metrics') }],
  },
  mfuMetrics: {
    what: 'the estimate of FLOPs and bytes',
    forms: [{ from: [0, 14], args: always('--enable-mfu-metrics') }],
  },
  expertBalanceLog: {
    what: 'the log of expert balance',
    forms: [
      {
        from: EVERY_SO_MANY,
        args: (interval) => logBalance({ log_balancedness_interval: Number(interval) }),
      },
      // Each step, which is slower; a key that it does not know is an error at the start.
      { from: [0, 10, 2], before: EVERY_SO_MANY, args: () => logBalance({}) },
    ],
  },
  offlineProfile: {
    what: 'profiling one batch of an offline run',
    forms: [{ args: always('--profile') }],
  },
  spawn: {
    what: 'starting workers afresh',
    // A worker forked from an initialised process is not followed by the profiler.
    forms: [{ env: () => ({ VLLM_WORKER_MULTIPROC_METHOD: 'spawn' }) }],
  },
};

export interface Flags {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Undefined where that version has no such thing. A version that is not known is taken for the newest. */
export function flagsFor(
  feature: Feature,
  version: Version | undefined,
  value = '',
): Flags | undefined {
  const form = ROWS[feature].forms.find(({ from, before }) =>
    !version
      ? before === undefined
      : !(from && isOlder(version, from)) && (before === undefined || isOlder(version, before)),
  );
  return form && { args: form.args?.(value) ?? [], env: form.env?.(value) ?? {} };
}

/** In words: what, and since which version. */
export function describeFeature(feature: Feature): string {
  const { what, forms } = ROWS[feature];
  const since = forms.at(-1)?.from;
  return since ? `${what} needs vLLM ${since.join('.')} or newer` : what;
}
