/** Of the document that `profilemate check --json` prints, what the editor shows. */
import type { Verdict } from '../../analysis/compare';

export interface ShownMetric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly baseline: number;
  readonly current: number;
  /** Per cent, or points where the unit is %; null where the baseline is zero. */
  readonly change: number | null;
  readonly verdict: Verdict;
  readonly gates: boolean;
}

export interface ShownKernel {
  readonly name: string;
  readonly formerName: string | null;
  readonly baseline: { readonly ms: number } | null;
  readonly current: { readonly ms: number } | null;
  readonly time: { readonly change: number | null } | null;
  readonly verdict: Verdict;
  readonly gates: boolean;
  readonly because: string;
}

export interface ShownComparison {
  readonly verdict: Verdict;
  readonly per: 'step' | 'run';
  readonly method: string;
  readonly current: readonly { readonly label: string; readonly capturedAt: string | null }[];
  readonly differences: readonly { readonly text: string; readonly allowed: boolean }[];
  readonly metrics: readonly ShownMetric[];
  /** The largest change first. */
  readonly kernels: readonly ShownKernel[];
}

export const metricOf = (comparison: ShownComparison, name: string): ShownMetric | undefined =>
  comparison.metrics.find((metric) => metric.name === name);

/** Kernels that decided against the run, the one that explains most first. */
export const culprits = ({ kernels }: ShownComparison): readonly ShownKernel[] =>
  kernels.filter((kernel) => kernel.gates && kernel.verdict === 'regressed');

/** Tells one run from another, for what was dismissed. */
export const runMark = ({ current: [run] }: ShownComparison): string =>
  `${run.label} ${run.capturedAt ?? ''}`;
