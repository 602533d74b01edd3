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

export const CLIENT_SCHEMA_VERSION = 1;

export interface Distribution {
  readonly mean: number;
  /** Of the population, as NumPy's. */
  readonly std: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A figure that the source did not give is undefined, never 0. */
export interface ClientFigures {
  readonly schema_version: typeof CLIENT_SCHEMA_VERSION;
  readonly source: 'profilemate' | 'vllm bench serve';
  readonly model?: string;
  /** Seconds from the first request's start to the last one's end. */
  readonly duration_s?: number;
  readonly requests?: number;
  readonly completed?: number;
  readonly failed?: number;
  /** Why requests failed, and how many did for each. */
  readonly errors?: Readonly<Record<string, number>>;
  readonly prompt_tokens?: number;
  readonly output_tokens?: number;
  /** Per second. */
  readonly request_throughput?: number;
  readonly output_throughput?: number;
  readonly total_token_throughput?: number;
  /** Milliseconds. */
  readonly ttft_ms?: Partial<Distribution>;
  readonly tpot_ms?: Partial<Distribution>;
  readonly itl_ms?: Partial<Distribution>;
  readonly latency_ms?: Partial<Distribution>;
  /** How busy the client itself was: near 1, or with long delays, the figures are its own limits. */
  readonly client?: { readonly cpu_share: number; readonly delay_p99_ms: number };
  readonly each?: readonly RequestRecord[];
}

export interface RequestRecord {
  /** Seconds after the load's start. */
  readonly start_s: number;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  readonly ttft_ms?: number;
  readonly tpot_ms?: number;
  readonly latency_ms?: number;
  readonly error?: string;
}

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
  readonly durationS: number;
  readonly each: readonly RequestRecord[];
  /** Of all requests that completed, in milliseconds. */
  readonly interTokenMs: Float64Array;
  readonly client: NonNullable<ClientFigures['client']>;
}

export function clientFigures({
  model,
  durationS,
  each,
  interTokenMs,
  client,
}: Measured): ClientFigures {
  const done = each.filter(({ error }) => error === undefined);
  const values = (name: 'ttft_ms' | 'tpot_ms' | 'latency_ms'): Float64Array =>
    Float64Array.from(done.map((request) => request[name]).filter((value) => value !== undefined));
  const total = (name: 'prompt_tokens' | 'output_tokens'): number =>
    done.reduce((sum, request) => sum + request[name], 0);
  const errors: Record<string, number> = {};
  for (const { error } of each) if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1;
  const [prompts, outputs] = [total('prompt_tokens'), total('output_tokens')];
  const perSecond = (count: number): number | undefined =>
    durationS > 0 ? count / durationS : undefined;
  return {
    schema_version: CLIENT_SCHEMA_VERSION,
    source: 'profilemate',
    model,
    duration_s: durationS,
    requests: each.length,
    completed: done.length,
    failed: each.length - done.length,
    errors,
    prompt_tokens: prompts,
    output_tokens: outputs,
    request_throughput: perSecond(done.length),
    output_throughput: perSecond(outputs),
    total_token_throughput: perSecond(prompts + outputs),
    ttft_ms: distribution(values('ttft_ms')),
    tpot_ms: distribution(values('tpot_ms')),
    itl_ms: distribution(interTokenMs),
    latency_ms: distribution(values('latency_ms')),
    client,
    each,
  };
}

/** The result file of `vllm bench serve --save-result`; undefined for any other document. */
export function fromBenchServe(document: unknown): ClientFigures | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const fields = document as Record<string, unknown>;
  const number = (name: string): number | undefined => {
    const value = fields[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  if (number('completed') === undefined || number('duration') === undefined) return undefined;
  const spread = (name: string): Partial<Distribution> | undefined => {
    const found = {
      mean: number(`mean_${name}_ms`),
      std: number(`std_${name}_ms`),
      // Its p50 is its median, and there only if asked for.
      p50: number(`median_${name}_ms`) ?? number(`p50_${name}_ms`),
      p90: number(`p90_${name}_ms`),
      p95: number(`p95_${name}_ms`),
      p99: number(`p99_${name}_ms`),
    };
    const given = Object.entries(found).filter(([, value]) => value !== undefined);
    return given.length === 0 ? undefined : Object.fromEntries(given);
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
    prompt_tokens: number('total_input_tokens'),
    output_tokens: number('total_output_tokens'),
    request_throughput: number('request_throughput'),
    output_throughput: number('output_throughput'),
    total_token_throughput: number('total_token_throughput'),
    ttft_ms: spread('ttft'),
    tpot_ms: spread('tpot'),
    itl_ms: spread('itl'),
    latency_ms: spread('e2el'),
  };
}
