/** What the client of a run measured; `src/capture/client-figures.ts` says how each is defined. */

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
  /** Wall clock of the load's start, in ms since 1970. */
  readonly start_utc_ms?: number;
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
  /** Seconds after the load's start, where the source says. */
  readonly start_s?: number;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  readonly ttft_ms?: number;
  readonly tpot_ms?: number;
  readonly latency_ms?: number;
  readonly error?: string;
}

/** What is known of requests one by one. */
export const REQUEST_MEASURES = ['ttft_ms', 'tpot_ms', 'latency_ms'] as const;
export type RequestMeasure = (typeof REQUEST_MEASURES)[number];
