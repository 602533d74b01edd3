/**
 * What the client of a run measured, defined as `vllm bench serve` defines it:
 *
 * TTFT   from sending a request to the first piece of its answer
 * ITL    between two pieces of an answer; all of all requests are taken together
 * latency from sending to the last piece (E2EL)
 * TPOT   (latency - TTFT) / (output tokens - 1), of answers of two tokens and more
 *
 * Requests that failed are counted and are in no other figure. Percentiles are
 * interpolated linearly, as NumPy does by default.
 */

import {
  CLIENT_SCHEMA_VERSION,
  type ClientFigures,
  type Distribution,
  type RequestRecord,
} from '../profile/client-figures';

export type { ClientFigures, RequestRecord } from '../profile/client-figures';

/** Of sorted values; linear between the two nearest. */
export function percentile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** Undefined where there are no values. */
export function distribution(values: Float64Array): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.slice().sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  const mean = sum / sorted.length;
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  return {
    mean,
    std: Math.sqrt(squares / sorted.length),
    min: sorted[0],
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted[sorted.length - 1],
  };
}

export interface Measured {
  readonly model: string;
  /** Wall clock of the load's start, in ms since 1970. */
  readonly startUtcMs: number;
  readonly durationS: number;
  readonly each: readonly RequestRecord[];
  /** Of all requests that completed, in milliseconds. */
  readonly interTokenMs: Float64Array;
  readonly client: NonNullable<ClientFigures['client']>;
}

/** Of the requests that were answered and have it. */
const valuesOf = (
  each: readonly RequestRecord[],
  name: 'ttft_ms' | 'tpot_ms' | 'latency_ms',
): Float64Array =>
  Float64Array.from(
    each
      .filter(({ error }) => error === undefined)
      .map((request) => request[name])
      .filter((value) => value !== undefined),
  );

function errorsOf(each: readonly RequestRecord[]): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const { error } of each) if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1;
  return errors;
}

export function clientFigures({
  model,
  startUtcMs,
  durationS,
  each,
  interTokenMs,
  client,
}: Measured): ClientFigures {
  const done = each.filter(({ error }) => error === undefined);
  const total = (name: 'prompt_tokens' | 'output_tokens'): number =>
    done.reduce((sum, request) => sum + request[name], 0);
  const [prompts, outputs] = [total('prompt_tokens'), total('output_tokens')];
  const perSecond = (count: number): number | undefined =>
    durationS > 0 ? count / durationS : undefined;
  return {
    schema_version: CLIENT_SCHEMA_VERSION,
    source: 'profilemate',
    model,
    start_utc_ms: startUtcMs,
    duration_s: durationS,
    requests: each.length,
    completed: done.length,
    failed: each.length - done.length,
    errors: errorsOf(each),
    prompt_tokens: prompts,
    output_tokens: outputs,
    request_throughput: perSecond(done.length),
    output_throughput: perSecond(outputs),
    total_token_throughput: perSecond(prompts + outputs),
    ttft_ms: distribution(valuesOf(each, 'ttft_ms')),
    tpot_ms: distribution(valuesOf(each, 'tpot_ms')),
    itl_ms: distribution(interTokenMs),
    latency_ms: distribution(valuesOf(each, 'latency_ms')),
    client,
    each,
  };
}

/**
 * The result file of `vllm bench serve --save-result`; undefined for any other document.
 * Where it has its requests one by one (`--save-detailed`), figures that it was not
 * asked for are those of its requests.
 */
export function fromBenchServe(document: unknown): ClientFigures | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const fields = document as Record<string, unknown>;
  const number = (name: string): number | undefined => numeric(fields[name]);
  if (number('completed') === undefined || number('duration') === undefined) return undefined;
  const details = detailsOf(fields);
  const spread = (name: string): Partial<Distribution> | undefined => {
    // It writes 0 where there was nothing to measure, as the time between tokens of answers of one.
    const number = (field: string): number | undefined => numeric(fields[field]) || undefined;
    const mean = number(`mean_${name}_ms`);
    const found = {
      mean,
      ...(mean !== undefined && { std: numeric(fields[`std_${name}_ms`]) }),
      // Its p50 is its median, and there only if asked for.
      p50: number(`median_${name}_ms`) ?? number(`p50_${name}_ms`),
      p90: number(`p90_${name}_ms`),
      p95: number(`p95_${name}_ms`),
      p99: number(`p99_${name}_ms`),
    };
    const given = Object.entries(found).filter(([, value]) => value !== undefined);
    const all = { ...details?.spread(name), ...Object.fromEntries(given) };
    return Object.keys(all).length === 0 ? undefined : all;
  };
  const requests = number('num_prompts');
  const completed = number('completed');
  const failed =
    number('failed') ??
    (requests !== undefined && completed !== undefined ? requests - completed : undefined);
  return {
    schema_version: CLIENT_SCHEMA_VERSION,
    source: 'vllm bench serve',
    model: typeof fields.model_id === 'string' ? fields.model_id : undefined,
    duration_s: number('duration'),
    requests,
    completed,
    failed,
    ...(details && { errors: errorsOf(details.each) }),
    prompt_tokens: number('total_input_tokens'),
    output_tokens: number('total_output_tokens'),
    request_throughput: number('request_throughput'),
    output_throughput: number('output_throughput'),
    total_token_throughput: number('total_token_throughput'),
    ttft_ms: spread('ttft'),
    tpot_ms: spread('tpot'),
    itl_ms: spread('itl'),
    latency_ms: spread('e2el'),
    ...(details && { each: details.each }),
  };
}

const numeric = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

interface Details {
  readonly each: readonly RequestRecord[];
  spread(name: string): Distribution | undefined;
}

/** Its lists, an entry a request; times in seconds, and 0 for a request that failed. */
function detailsOf(fields: Record<string, unknown>): Details | undefined {
  const list = (name: string): readonly unknown[] | undefined =>
    Array.isArray(fields[name]) ? (fields[name] as readonly unknown[]) : undefined;
  const ttfts = list('ttfts');
  const itls = list('itls');
  if (!ttfts || !itls || itls.length !== ttfts.length) return undefined;
  const [inputs, outputs, errors] = ['input_lens', 'output_lens', 'errors'].map(list);
  const gaps = itls.map((gap) =>
    Float64Array.from(
      (Array.isArray(gap) ? gap : []).map((value) => (numeric(value) ?? NaN) * 1e3),
    ),
  );
  const each = ttfts.map((first, i): RequestRecord => {
    const tokens = {
      prompt_tokens: numeric(inputs?.[i]) ?? 0,
      output_tokens: numeric(outputs?.[i]) ?? gaps[i].length + 1,
    };
    const error = errors?.[i];
    if (typeof error === 'string' && error !== '') return { ...tokens, error: lastLine(error) };
    const ttft = (numeric(first) ?? NaN) * 1e3;
    const rest = gaps[i].reduce((sum, gap) => sum + gap, 0);
    return {
      ...tokens,
      ttft_ms: ttft,
      latency_ms: ttft + rest,
      ...(tokens.output_tokens > 1 && { tpot_ms: rest / (tokens.output_tokens - 1) }),
    };
  });
  const answered = each.map(({ error }) => error === undefined);
  const names = { ttft: 'ttft_ms', tpot: 'tpot_ms', e2el: 'latency_ms' } as const;
  return {
    each,
    spread: (name) =>
      distribution(
        name === 'itl'
          ? Float64Array.from(gaps.filter((_, i) => answered[i]).flatMap((of) => [...of]))
          : valuesOf(each, names[name as keyof typeof names]),
      ),
  };
}

/** A broken connection comes with Python's stack, whose last line says what it was. */
const lastLine = (error: string): string => error.trim().split('\n').at(-1)!.slice(0, 300);
