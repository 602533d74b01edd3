/** What a load is made of: how many requests, how fast, how long. */

/** Numbers of tokens, drawn for each request. */
export type Lengths =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number };

export interface LoadSettings {
  readonly requests: number;
  /** Requests under way at most. */
  readonly concurrency: number;
  /** Requests per second, arriving as a Poisson process; as fast as concurrency lets, where left out. */
  readonly rate?: number;
  readonly prompt: Lengths;
  readonly output: Lengths;
  /** A JSONL file with prompts, or ShareGPT's JSON; `prompt` is not used then. */
  readonly dataset?: string;
  /** Which API is asked: completions takes prompts of exactly so many tokens. */
  readonly api: 'completions' | 'chat';
  readonly stream: boolean;
  /** Requests before the profiled ones, unmeasured. */
  readonly warmup: number;
  /** Requests are drawn from this, the same for the same number. */
  readonly seed: number;
  /** For a whole request, in seconds. */
  readonly timeout: number;
  /** Name of the model in requests, where the server serves it under another one. */
  readonly servedModel?: string;
}

const BASE = {
  concurrency: 16,
  api: 'completions',
  stream: true,
  warmup: 8,
  seed: 0,
  timeout: 600,
} as const;

export const PRESETS = {
  /** Long prompts, short answers: the work of reading. */
  'prefill-heavy': {
    ...BASE,
    requests: 64,
    prompt: { kind: 'uniform', min: 1024, max: 3072 },
    output: { kind: 'fixed', value: 16 },
  },
  /** Short prompts, long answers: the work of writing. */
  'decode-heavy': {
    ...BASE,
    requests: 64,
    prompt: { kind: 'uniform', min: 32, max: 128 },
    output: { kind: 'fixed', value: 256 },
  },
  mixed: {
    ...BASE,
    requests: 64,
    prompt: { kind: 'uniform', min: 128, max: 1024 },
    output: { kind: 'uniform', min: 32, max: 256 },
  },
} as const satisfies Record<string, LoadSettings>;

/** `512`, `128-1024`, `normal:512,128`; undefined for anything else. */
export function parseLengths(text: string): Lengths | undefined {
  const [, fixed] = /^(\d+)$/.exec(text) ?? [];
  if (fixed && Number(fixed) > 0) return { kind: 'fixed', value: Number(fixed) };
  const [, min, max] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (min && Number(min) > 0 && Number(min) <= Number(max))
    return { kind: 'uniform', min: Number(min), max: Number(max) };
  const [, mean, deviation] = /^normal:(\d+),(\d+)$/.exec(text) ?? [];
  if (mean && Number(mean) > 0)
    return { kind: 'normal', mean: Number(mean), deviation: Number(deviation) };
  return undefined;
}

export function meanLength(lengths: Lengths): number {
  if (lengths.kind === 'fixed') return lengths.value;
  return lengths.kind === 'normal' ? lengths.mean : Math.round((lengths.min + lengths.max) / 2);
}
