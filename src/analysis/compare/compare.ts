/** Two runs, or two groups of repeated runs, and whether the current one is worse. */
import { differences, MIX_TOLERANCE, type Difference, type DifferenceKind } from './comparability';
import { divisor, kernelChanges, meanWork, MINIMUM_SHARE, type KernelChange } from './kernels';
import { canonicalName } from '../ncu/kernel-names';
import { kernelMetricName, metricsOf, type MetricDefinition } from './metrics';
import { SHIFT_METHOD } from './shift';
import { perOf, type Per, type Snapshot } from './snapshot';
import { phaseSides, type PhaseSides } from './totals';
import { basisOf, judge, type Basis, type Judged, type Verdict } from './verdict';
import { waterfall, type Level, type Waterfall } from './waterfall';

export interface CompareOptions {
  /** Per cent (points for what is in per cent); default 10. */
  readonly threshold?: number;
  /** By {@link MetricDefinition.name}; a metric named here decides. */
  readonly metricThresholds?: Readonly<Record<string, number>>;
  /** Of metrics, these alone decide (and those with a threshold of their own); default: what the metrics say. */
  readonly only?: readonly string[];
  /** What a person wrote down for a metric of the baseline, in place of what its run says. */
  readonly baselineValues?: Readonly<Record<string, number>>;
  /** Differences between the runs that do not matter. */
  readonly allow?: readonly DifferenceKind[];
  /** Kernels below this share of the work do not decide; default 0.01. */
  readonly minimumKernelShare?: number;
}

export const DEFAULT_THRESHOLD = 10;

export interface MetricChange extends Judged {
  readonly metric: Omit<MetricDefinition, 'value'>;
  readonly threshold: number;
  /** Whether it decides. */
  readonly gates: boolean;
}

export interface Comparison {
  readonly verdict: Verdict;
  readonly basis: Basis;
  /** How the verdict was reached, in a sentence or two. */
  readonly method: string;
  /** What everything that is per step was divided by. */
  readonly per: Per;
  /** Steps, tokens and time of each side in all. */
  readonly phases: readonly PhaseSides[];
  readonly baseline: readonly Snapshot[];
  readonly current: readonly Snapshot[];
  readonly threshold: number;
  readonly differences: readonly Difference[];
  readonly metrics: readonly MetricChange[];
  /** The largest change per step first. */
  readonly kernels: readonly KernelChange[];
  readonly waterfall: Waterfall;
}

/** @param baseline at least one run @param current at least one run */
export function compare(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  options: CompareOptions = {},
): Comparison {
  const threshold = options.threshold ?? DEFAULT_THRESHOLD;
  const runs = [...baseline, ...current];
  const per = perOf(runs);
  const found = differences(baseline, current, new Set(options.allow));
  const blocked = found.filter(({ allowed }) => !allowed);
  const metrics = confirmedByMedian(
    metricsOf(runs, options.only).flatMap((metric) =>
      metricChange(metric, baseline, current, options, threshold, blocked),
    ),
    blocked,
  );
  const kernels = kernelChanges(baseline, current, {
    per,
    threshold: (name) => options.metricThresholds?.[kernelMetricName(name)],
    defaultThreshold: threshold,
    minimumShare: options.minimumKernelShare ?? MINIMUM_SHARE,
    comparable: (name) =>
      !blocked.some(
        (difference) =>
          touchesWhole(difference, runs) || difference.kernels?.includes(name) === true,
      ),
  });
  const basis = basisOf(baseline.length, current.length);
  const deciding = confirmed(kernels, metrics, runs);
  return {
    verdict: overall(metrics, deciding),
    basis,
    method: methodOf(basis, threshold, baseline.length, current.length),
    per,
    phases: phaseSides(baseline, current),
    baseline,
    current,
    threshold,
    differences: found,
    metrics,
    kernels: deciding,
    waterfall:
      per === 'launch'
        ? { per, from: 0, to: 0, bars: [] }
        : waterfall(per, level(baseline, per), level(current, per), kernels),
  };
}

/** Whether a difference spoils figures of the whole run; of a phase with hardly any time it does not. */
function touchesWhole({ phases, client, kernels }: Difference, runs: readonly Snapshot[]): boolean {
  if (client || kernels) return false;
  if (phases === undefined) return true;
  return runs.some((run) => {
    const all = run.phases.reduce((sum, { busyMs }) => sum + busyMs, 0);
    const own = run.phases.reduce((sum, r) => sum + (phases.includes(r.phase) ? r.busyMs : 0), 0);
    return own > MIX_TOLERANCE * all;
  });
}

function touches(difference: Difference, metric: MetricDefinition, runs: readonly Snapshot[]) {
  switch (difference.kind) {
    case 'gpu':
    case 'model':
    case 'flags':
    case 'measure':
    case 'profiler':
    case 'kernels':
    case 'clock':
      return true;
    case 'geometry':
    case 'sections':
      return difference.kernels?.some((name) => sameKernel(name, metric.kernel)) === true;
    case 'length':
      return metric.group !== 'client';
    case 'capture':
      // Busy time is the same however the graphs were traced; what is inside them is not seen.
      return metric.group === 'component' || metric.group === 'graphs';
    case 'tokens':
      if (difference.client) return metric.group === 'client';
      return metric.phase === undefined
        ? touchesWhole(difference, runs)
        : difference.phases?.includes(metric.phase) === true;
  }
}

const sameKernel = (name: string, other: string | undefined): boolean =>
  other !== undefined && canonicalName(name) === canonicalName(other);

function metricChange(
  metric: MetricDefinition,
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  options: CompareOptions,
  threshold: number,
  blocked: readonly Difference[],
): MetricChange[] {
  const known = (runs: readonly Snapshot[]): number[] =>
    runs.map((run) => metric.value(run)).filter((value) => value !== null);
  const written = options.baselineValues?.[metric.name];
  const from = written === undefined ? known(baseline) : [written];
  const to = known(current);
  if (from.length === 0 || to.length === 0) return [];
  const own = options.metricThresholds?.[metric.name];
  const judged = judge(from, to, {
    better: metric.better,
    change: metric.change,
    threshold: own ?? threshold,
  });
  const comparable = !blocked.some((d) => touches(d, metric, [...baseline, ...current]));
  const { value: _value, ...definition } = metric;
  return [
    {
      ...judged,
      verdict: comparable ? judged.verdict : 'not comparable',
      metric: definition,
      threshold: own ?? threshold,
      gates: own !== undefined || (options.only?.includes(metric.name) ?? metric.gates),
    },
  ];
}

/**
 * Where the load differs in other phases, what happens to fall into a phase
 * differs too (a long copy in one step of thirty): a mean that the median step
 * does not confirm says nothing.
 */
function confirmedByMedian(
  metrics: readonly MetricChange[],
  blocked: readonly Difference[],
): readonly MetricChange[] {
  if (!blocked.some(({ kind, client }) => kind === 'tokens' && !client)) return metrics;
  const verdicts = new Map(metrics.map(({ metric, verdict }) => [metric.name, verdict]));
  return metrics.map((change) => {
    const { phase, name } = change.metric;
    if (phase === undefined || name !== `${phase}.step_ms`) return change;
    const median = verdicts.get(`${phase}.step_p50_ms`);
    const doubtful = change.verdict === 'regressed' || change.verdict === 'improved';
    return doubtful && median !== change.verdict ? { ...change, verdict: 'within noise' } : change;
  });
}

/**
 * A kernel that is only called more often is a cause, not yet a regression:
 * it may have taken over another's work. It counts where the work as a whole
 * has grown with it, or where nothing is known of the whole.
 */
function confirmed(
  kernels: readonly KernelChange[],
  metrics: readonly MetricChange[],
  runs: readonly Snapshot[],
): readonly KernelChange[] {
  if (runs.every(({ source }) => source === 'ranges')) return kernels;
  const whole = metrics.find(({ metric }) => metric.name === 'gpu.work_step_ms');
  return kernels.map((kernel) => {
    const { verdict, call } = kernel;
    if (verdict !== 'regressed' && verdict !== 'improved') return kernel;
    const gates = kernel.gates && (call?.verdict === verdict || whole?.verdict === verdict);
    return { ...kernel, gates };
  });
}

function overall(
  metrics: readonly MetricChange[],
  kernels: readonly KernelChange[],
): Comparison['verdict'] {
  const verdicts = [...metrics, ...kernels].filter(({ gates }) => gates).map((row) => row.verdict);
  if (verdicts.includes('regressed')) return 'regressed';
  // What could be compared was not worse; but where hardly anything could, that says nothing.
  const timed = metrics.filter(({ gates, metric }) => gates && metric.group !== 'graphs');
  const blind = timed.length > 0 ? timed : metrics;
  const seen = (rows: readonly { readonly verdict: Verdict }[]): boolean =>
    rows.some(({ verdict }) => verdict !== 'not comparable');
  if (metrics.length === 0 && !seen(kernels.filter(({ time }) => time))) return 'not comparable';
  if (metrics.length > 0 && !seen(blind)) return seen(kernels) ? 'within noise' : 'not comparable';
  return verdicts.includes('improved') ? 'improved' : 'within noise';
}

function level(runs: readonly Snapshot[], per: Per): Level {
  const copies = runs.map(
    (run) => (run.copies ?? []).reduce((ms, { totalMs }) => ms + totalMs, 0) / divisor(run, per),
  );
  return {
    work: meanWork(runs, per),
    copies: copies.reduce((sum, ms) => sum + ms, 0) / runs.length,
  };
}

function methodOf(basis: Basis, threshold: number, before: number, now: number): string {
  switch (basis) {
    case 'repeated':
      return `${before} baseline runs against ${now}: a change counts above ${threshold} % and where its interval leaves out zero (${SHIFT_METHOD}).`;
    case 'one of several':
      return `${before} baseline ${before === 1 ? 'run' : 'runs'} against ${now}: a change counts above ${threshold} % and where the single run lies outside of all of the others.`;
    case 'single':
      return `One run each: the noise is not known, and the threshold of ${threshold} % alone decides. Repeat the runs to measure it.`;
  }
}
