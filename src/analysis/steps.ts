/**
 * Engine steps, from the ranges vLLM (every format of 0.11 and later, forks),
 * SGLang, or a person ("prefill", "decode") put into the capture, and which
 * work on the device belongs to which step.
 */
import type { Profile } from '../profile/model';
import type { Phase } from '../profile/scope';
import type { LaunchLinks } from './launches';

/** A step's range name, taken apart. */
export interface StepName {
  readonly format: 'vllm' | 'vllm-detailed' | 'vllm-0.11' | 'sglang' | 'plain';
  readonly phase: Exclude<Phase, 'unattributed'>;
  /** NaN where the name does not say. */
  readonly contextRequests: number;
  readonly contextTokens: number;
  readonly generationRequests: number;
  readonly generationTokens: number;
}

/** Steps as columns, ordered by thread, then start. */
export interface StepTable {
  readonly length: number;
  /** Row of `profile.ranges`. */
  readonly range: Uint32Array;
  readonly thread: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Index into PHASES (0 prefill, 1 decode, 2 mixed). */
  readonly phase: Uint8Array;
  readonly contextRequests: Float64Array;
  readonly contextTokens: Float64Array;
  readonly generationRequests: Float64Array;
  readonly generationTokens: Float64Array;
  /** Ranks (threads) whose steps are the same work: one engine. Index of the engine. */
  readonly engine: Uint16Array;
  /** The rank whose steps are counted for its engine, one thread an engine. */
  readonly leads: readonly number[];
  readonly format: StepName['format'] | undefined;
}

/** Row of {@link StepTable} for each activity, NONE (-1) outside any step. */
export interface StepAttribution {
  readonly kernels: Int32Array;
  readonly memcpys: Int32Array;
  readonly memsets: Int32Array;
  readonly graphTraces: Int32Array;
}

export declare function parseStepName(name: string): StepName | undefined;
export declare function findSteps(profile: Profile): StepTable;
export declare function attributeSteps(
  profile: Profile,
  steps: StepTable,
  launches: LaunchLinks,
): StepAttribution;
