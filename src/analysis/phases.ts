/** Prefill, decode, mixed, and what no step explains. */
import type { Nanoseconds, Share } from '../profile/units';
import type { Phase, Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import type { Component } from './components';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface ComponentTime {
  readonly component: Component;
  /** Kernels, copies and fills. */
  readonly instances: number;
  /** Sum of durations. Concurrent streams count twice here, never in `busy`. */
  readonly total: Nanoseconds;
  /** Of the sum over all components of the same phase and scope. */
  readonly share: Share;
}

export interface PhaseRow {
  readonly phase: Phase;
  /** Steps of the lead rank of each engine, so that tensor-parallel ranks count once. 0 for unattributed. */
  readonly steps: number;
  /** Undefined where the step names do not say. */
  readonly requests?: number;
  readonly contextTokens?: number;
  readonly generationTokens?: number;
  /** Union of the phase's activities on each device, summed over devices. */
  readonly busy: Nanoseconds;
  /** Of `PhaseBreakdown.busy`. */
  readonly share: Share;
  /** Sum of durations of all activities (kernels, copies, fills, graph traces). */
  readonly total: Nanoseconds;
  /** Sum over the lead ranks' steps of (last activity's end - first activity's start), on the lead rank's device. */
  readonly span: Nanoseconds;
  /** Within those spans: no activity of the step running on that device. */
  readonly idle: Nanoseconds;
  /** Scheduled tokens (context + generation) / span, in tokens per second. */
  readonly tokensPerSecond?: number;
  /** Span of a step. */
  readonly stepTime?: Percentiles;
  readonly components: readonly ComponentTime[];
  readonly topKernels: readonly { name: string; component: Component; instances: number; total: Nanoseconds; share: Share }[];
  /** Steps by number of requests scheduled together. */
  readonly batchSizes: readonly { requests: number; steps: number; stepTime: Nanoseconds }[];
}

export interface PhaseBreakdown {
  /** Why there are no steps, or undefined where there are. */
  readonly missing?: 'no-ranges' | 'no-step-ranges' | 'no-activities';
  readonly stepFormat?: string;
  readonly ranks: number;
  readonly engines: number;
  /** GPU busy time in scope: union per device, summed over devices. */
  readonly busy: Nanoseconds;
  /** Busy time explained by a step, of `busy`. */
  readonly coverage: Share;
  /** All four phases, always, in the order of PHASES. */
  readonly phases: readonly PhaseRow[];
}

/** One step as a row for the step-time chart; times from first to last activity. */
export interface StepPoint {
  readonly step: number;
  readonly phase: Phase;
  readonly engine: number;
  readonly start: Nanoseconds;
  readonly span: Nanoseconds;
  readonly busy: Nanoseconds;
  readonly requests: number;
  readonly tokens: number;
  readonly name: string;
}

export declare function phaseBreakdown(analysis: Analysis, scope: Scope): PhaseBreakdown;

/** Steps of the lead ranks in order of start. */
export declare function stepPoints(analysis: Analysis, scope: Scope): readonly StepPoint[];

/** Components over everything in scope, in the order of COMPONENTS, `other` always there. */
export declare function componentBreakdown(analysis: Analysis, scope: Scope): readonly ComponentTime[];
