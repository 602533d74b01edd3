/** How evenly the GPUs of an expert-parallel engine were loaded, as vLLM's own log tells it. */

export const BALANCE_SCHEMA_VERSION = 1;

/** Of one engine step; tokens are counted once for each expert they are routed to, over all layers. */
export interface BalanceSample {
  /** When the log said it, in ms since 1970. */
  readonly at_utc_ms: number;
  /** Engine steps since the experts were last moved, where the log counts them. */
  readonly step?: number;
  readonly avg_tokens: number;
  readonly max_tokens: number;
}

export interface ModelBalance {
  /** A draft model has experts of its own; undefined where the log does not name it. */
  readonly model?: string;
  /** Σ average / Σ most tokens, of all samples: 1 is even. */
  readonly balancedness: number;
  /** Of the samples' own average / most. */
  readonly p50: number;
  readonly min: number;
  readonly samples: readonly BalanceSample[];
}

export interface ExpertBalance {
  readonly schema_version: typeof BALANCE_SCHEMA_VERSION;
  /**
   * What average and most are taken over. Up to 0.27 vLLM takes them over the
   * layers, by mistake; undefined where its version is not known.
   */
  readonly across?: 'gpus' | 'layers';
  /** The served model first. */
  readonly models: readonly ModelBalance[];
}
