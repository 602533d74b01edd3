/**
 * A comparison as a document: what `profilemate check --json` prints and the
 * editor shows. Plain data; what is not known is null. Described in docs/check.md.
 */
import type { Phase } from '../../profile/scope';
import type { Difference } from './comparability';
import type { KernelChange } from './kernels';
import type { MetricDefinition } from './metrics';
import type { MemoryLevel, Roof } from '../ncu/roofs';
import type { RooflineArrow } from './rooflines';
import type { Per, RunIdentity, Snapshot } from './snapshot';
import type { CopySides, PhaseSides } from './totals';
import type { Basis, Judged, Verdict } from './verdict';
import type { Waterfall, WaterfallBar } from './waterfall';

export interface DocumentRun extends RunIdentity {
  readonly label: string;
  readonly source: Snapshot['source'];
}

export interface DocumentMetric extends Judged {
  readonly name: string;
  readonly title: string;
  readonly group: MetricDefinition['group'];
  readonly phase: Phase | null;
  readonly unit: MetricDefinition['unit'];
  readonly better: MetricDefinition['better'];
  /** What `change` is told in: per cent of the baseline, or points. */
  readonly changeIn: MetricDefinition['change'];
  readonly threshold: number;
  readonly gates: boolean;
}

export interface DocumentKernel extends Omit<KernelChange, 'formerName' | 'time' | 'call'> {
  readonly formerName: string | null;
  readonly time: Judged | null;
  readonly call: Judged | null;
}

export interface DocumentAnswer {
  /** Names; null where nothing decided. */
  readonly metric: string | null;
  readonly kernel: string | null;
  /** See {@link Answer.share}. */
  readonly share: number | null;
}

export interface DocumentRoofline {
  readonly level: MemoryLevel;
  readonly baselineFile: string;
  readonly currentFile: string;
  /** Of the current results. */
  readonly roofs: readonly Roof[];
  readonly arrows: readonly RooflineArrow[];
  /** What is missing, and what the figures may not be compared with. */
  readonly notes: readonly string[];
}

export interface ComparisonDocument {
  readonly schema_version: number;
  readonly generator: { readonly name: string; readonly version: string };
  readonly verdict: Verdict;
  readonly answer: DocumentAnswer;
  readonly basis: Basis;
  readonly method: string;
  readonly threshold: number;
  readonly per: Per;
  readonly baseline: readonly DocumentRun[];
  readonly current: readonly DocumentRun[];
  readonly differences: readonly Difference[];
  readonly messages: readonly {
    readonly verdict: 'regressed' | 'improved';
    readonly text: string;
    readonly subject: string;
  }[];
  readonly metrics: readonly DocumentMetric[];
  readonly phases: readonly PhaseSides[];
  readonly copies: readonly CopySides[] | null;
  /** The largest change first. */
  readonly kernels: readonly DocumentKernel[];
  /** How many kernels there are; more than are listed, perhaps. */
  readonly kernelCount: number;
  readonly waterfall: Omit<Waterfall, 'bars'> & {
    readonly bars: readonly Omit<WaterfallBar, 'change'>[];
  };
  /** Null where one side has no results of Nsight Compute beside it. */
  readonly rooflines: readonly DocumentRoofline[] | null;
}
