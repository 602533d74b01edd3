/**
 * What the load's client saw: time to first token, time per output token,
 * inter-token latency, end to end, and throughput.
 *
 * Reads a document with percentiles per metric, and what `vllm bench serve
 * --save-result` writes (`median_ttft_ms`, `p99_tpot_ms`, `output_throughput`).
 */
import { isObject, type Json } from './json';

export const LATENCIES = ['ttft', 'tpot', 'itl', 'e2e'] as const;
export type Latency = (typeof LATENCIES)[number];

export interface LatencyFigures {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** The figures that are compared, of whatever client wrote them down. */
export interface ComparedClient {
  /** In milliseconds. */
  readonly latencies: Readonly<Partial<Record<Latency, LatencyFigures>>>;
  /** Output tokens per second, over the whole load. */
  readonly outputTokensPerSecond: number | null;
  readonly requestsPerSecond: number | null;
  readonly requests: number | null;
  readonly failed: number | null;
  /** Of a request that was answered, on average; absent in what earlier versions kept. */
  readonly promptTokens?: number | null;
  readonly outputTokens?: number | null;
  /** The most requests at a time that the client was told to have. */
  readonly concurrency?: number | null;
}

const NAMES: Readonly<Record<Latency, readonly string[]>> = {
  ttft: ['ttft', 'time_to_first_token'],
  tpot: ['tpot', 'time_per_output_token'],
  itl: ['itl', 'inter_token_latency'],
  e2e: ['e2e', 'e2el', 'e2e_latency', 'end_to_end', 'request_latency', 'latency'],
};
const UNITS: readonly (readonly [suffix: string, toMs: number])[] = [
  ['_ms', 1],
  ['', 1],
  ['_s', 1e3],
  ['_us', 1e-3],
];
const POINTS: Readonly<Record<keyof LatencyFigures, readonly string[]>> = {
  mean: ['mean', 'avg', 'average'],
  p50: ['p50', 'median', '50'],
  p90: ['p90', '90'],
  p95: ['p95', '95'],
  p99: ['p99', '99'],
};

const finite = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

const own = (from: Json, key: string): unknown =>
  Object.hasOwn(from, key) ? from[key] : undefined;

function firstNumber(from: Json, keys: readonly string[]): number | null {
  for (const key of keys) {
    const value = finite(own(from, key));
    if (value !== null) return value;
  }
  return null;
}

function latencyOf(document: Json, metrics: Json, latency: Latency): LatencyFigures | undefined {
  for (const name of NAMES[latency]) {
    for (const [suffix, toMs] of UNITS) {
      const whole = own(metrics, name + suffix) ?? own(document, name + suffix);
      const point = (aliases: readonly string[]): number | null => {
        const value = isObject(whole)
          ? firstNumber(whole, [
              ...aliases.map((alias) => alias + suffix),
              ...aliases,
              ...aliases.map((alias) => `${alias}_ms`),
            ])
          : firstNumber(
              document,
              aliases.flatMap((alias) => [
                `${alias}_${name}${suffix}`,
                `${name}_${alias}${suffix}`,
              ]),
            );
        // vLLM writes 0 where it measured none: no request is answered in no time.
        return value === null || value <= 0 ? null : value * toMs;
      };
      const figures: LatencyFigures = {
        mean: point(POINTS.mean),
        p50: point(POINTS.p50),
        p90: point(POINTS.p90),
        p95: point(POINTS.p95),
        p99: point(POINTS.p99),
      };
      if (Object.values(figures).some((value) => value !== null)) return figures;
    }
  }
  return undefined;
}

/** A total over the requests that were answered. */
function each(document: Json, ...names: readonly string[]): number | null {
  const total = firstNumber(document, names);
  const answered = finite(own(document, 'completed'));
  return total === null || answered === null || answered <= 0 ? null : total / answered;
}

/** Undefined where the document holds no figure of a client. */
export function readClient(document: unknown): ComparedClient | undefined {
  if (!isObject(document)) return undefined;
  const nested = ['metrics', 'latency', 'latencies', 'percentiles']
    .map((key) => own(document, key))
    .find(isObject);
  const metrics = nested ?? document;
  const latencies: Partial<Record<Latency, LatencyFigures>> = {};
  for (const latency of LATENCIES) {
    const figures = latencyOf(document, metrics, latency);
    if (figures !== undefined) latencies[latency] = figures;
  }
  const anywhere = (...keys: string[]): number | null =>
    firstNumber(document, keys) ?? firstNumber(metrics, keys);
  const figures: ComparedClient = {
    latencies,
    outputTokensPerSecond: anywhere(
      'output_tokens_per_second',
      'output_throughput',
      'tokens_per_second',
    ),
    requestsPerSecond: anywhere('requests_per_second', 'request_throughput'),
    requests: anywhere('completed', 'requests', 'num_requests'),
    failed: anywhere('failed', 'errors'),
    promptTokens: each(document, 'prompt_tokens', 'total_input_tokens'),
    outputTokens: each(document, 'output_tokens', 'total_output_tokens'),
    concurrency: finite(own(document, 'max_concurrency')),
  };
  const some = Object.keys(latencies).length > 0 || figures.outputTokensPerSecond !== null;
  return some ? figures : undefined;
}
