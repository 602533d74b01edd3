/**
 * Healthy ranges. They are rules of thumb, not limits of the hardware: a finding that
 * rests on one says so. Each states what is true of vLLM where the usual advice is not.
 */
import type { Nanoseconds, Share } from '../../profile/units';

export const THRESHOLDS = {
  /**
   * Below, the KV cache is larger than the load needs. The pool's size follows
   * gpu_memory_utilization and the KV cache memory; max_model_len does not change it.
   */
  kvOverProvisioned: 0.4 as Share,
  kvGoodFrom: 0.6 as Share,
  kvGoodTo: 0.8 as Share,
  /** Above, the next request may have to wait, or push another out. */
  kvUnderProvisioned: 0.9 as Share,
  /** Of the time, above that. */
  kvFullTime: 0.05 as Share,
  /**
   * An eviction is a cached prefix that gives way to a new block. Blocks that lived
   * shorter than this were hardly there to be hit. How long is long depends on how far
   * apart requests with the same prefix come.
   */
  evictionLifetime: 10e9 as Nanoseconds,
  /** Idle for longer before eviction: prefixes stay until room is needed, as they should. */
  evictionIdle: 5e9 as Nanoseconds,
  /** Share of decode steps that replay a graph. */
  graphCoverage: 0.7 as Share,
  /** Share of the tokens that graphs compute and nobody asked for. */
  paddingWaste: 0.2 as Share,
  /** Captured graphs that no step replays, of all. */
  unusedGraphs: 0.5 as Share,
  /**
   * The busiest expert of a layer against the least busy. It is of models with few experts:
   * among hundreds the two extremes lie further apart, and a finding asks for the deviation too.
   */
  expertRatio: 2,
  /** Standard deviation of experts' loads against their mean. */
  expertDeviation: 0.3,
  expertCoverage: 1 as Share,
  /** Tokens of the average GPU against those of the busiest: below, a fifth of the experts' time is waiting. */
  gpuBalance: 0.8 as Share,
  /** Scheduling and output handling against the engine's whole time. */
  cpuOverhead: 0.1 as Share,
  preemptionRate: 0.05 as Share,
  /** Sequences and tokens both below, while requests wait. */
  underused: 0.5 as Share,
  /** Steps that are so, of all. */
  underusedSteps: 0.1 as Share,
} as const;
