/** Figures over the runs of one model, with the places where their level changed. */
import {
  changePoints,
  kernelMetricName,
  kernelOfMetric,
  unitOf,
  type ChangePoint,
  type Measure,
} from '../analysis/compare';
import { timeOf, type RunRecord } from './store';

export interface TrendPoint {
  readonly run: string;
  /** ISO 8601. */
  readonly time: string;
  readonly commit: string | null;
  readonly value: number;
}

export interface Trend {
  /** Of a metric, or `kernel:NAME`. */
  readonly name: string;
  readonly unit: string;
  readonly points: readonly TrendPoint[];
  /** Value of the latest run that is marked as baseline. */
  readonly baseline: number | null;
  /** Their index is one of `points`. */
  readonly changes: readonly ChangePoint[];
}

export interface ModelTrends {
  readonly model: string | null;
  readonly gpu: string | null;
  readonly measure: Measure;
  readonly runs: readonly RunRecord[];
  readonly trends: readonly Trend[];
}

const KERNELS = 5;
const SHOWN = [
  /^(prefill|decode|mixed)\.(step_ms|tokens_per_second)$/,
  /^gpu\.(work|busy|idle)_step_ms$/,
  /^graphs\.coverage_percent$/,
  /^serving\./,
  /^client\.(.*_p50_ms|output_tokens_per_second)$/,
];

/** Runs of one model on one kind of GPU, measured by the same, are one history; others have their own. */
export function trendsOf(runs: readonly RunRecord[]): readonly ModelTrends[] {
  const groups = new Map<string, RunRecord[]>();
  // Of one time, in the order in which they were added.
  const order = (a: RunRecord, b: RunRecord) =>
    timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0;
  for (const run of [...runs].sort(order)) {
    const key = JSON.stringify([run.model, run.gpu, run.measure]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((own) => {
    const names = [...new Set(own.flatMap(({ metrics }) => Object.keys(metrics)))];
    return {
      model: own[0].model,
      gpu: own[0].gpu,
      measure: own[0].measure,
      runs: own,
      trends: [
        ...names
          .filter((name) => SHOWN.some((pattern) => pattern.test(name)))
          .map((name) => trend(name, unitOf(name), own, ({ metrics }) => metrics[name])),
        ...topKernels(own).flatMap((kernel) => [
          trend(
            kernelMetricName(kernel),
            'ms',
            own,
            ({ kernels }) => kernels.find(({ name }) => name === kernel)?.ms,
          ),
          ...names
            .filter((name) => name.startsWith('kernel.') && kernelOfMetric(name) === kernel)
            .map((name) => trend(name, unitOf(name), own, ({ metrics }) => metrics[name])),
        ]),
      ],
    };
  });
}

function trend(
  name: string,
  unit: string,
  runs: readonly RunRecord[],
  valueOf: (run: RunRecord) => number | undefined,
): Trend {
  const points = runs.flatMap((run) => {
    const value = valueOf(run);
    if (value === undefined) return [];
    return [{ run: run.id, time: timeOf(run), commit: run.commit, value }];
  });
  const marked = runs.filter((run) => run.baseline && valueOf(run) !== undefined).at(-1);
  return {
    name,
    unit,
    points,
    baseline: marked === undefined ? null : valueOf(marked)!,
    changes: changePoints(points.map(({ value }) => value)),
  };
}

/** Those of the latest runs that take the most time. */
function topKernels(runs: readonly RunRecord[]): string[] {
  const sums = new Map<string, number>();
  for (const { kernels } of runs.slice(-10)) {
    for (const { name, ms } of kernels) sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, KERNELS)
    .map(([name]) => name);
}
