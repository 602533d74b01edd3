/** The named figures of a run that a baseline keeps and a comparison judges. */
import { PHASES, type Phase } from '../../profile/scope';
import { canonicalName } from '../ncu/kernel-names';
import { LATENCIES, type Latency } from './client';
import { stepsOf, tokensOf, type PhaseSnapshot, type Snapshot } from './snapshot';

export type MetricUnit = 'ms' | 'µs' | '%' | 'tokens/s' | 'requests/s';

export interface MetricDefinition {
  /** Stable; what `--metric-threshold` and baseline files name. */
  readonly name: string;
  readonly title: string;
  readonly group: 'phase' | 'whole' | 'component' | 'kernel' | 'graphs' | 'copies' | 'client';
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher';
  /** How a change is told: of the baseline's value, or in points of per cent. */
  readonly change: 'relative' | 'points';
  /** Whether it decides; the others are shown, and decide when the person says so. */
  readonly gates: boolean;
  readonly phase?: Phase;
  readonly value: (run: Snapshot) => number | null;
}

const over = (amount: number | null, count: number | null | undefined): number | null =>
  amount === null || count === null || count === undefined || !(count > 0) ? null : amount / count;

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

function phaseMetrics(phase: Phase): MetricDefinition[] {
  const of =
    (value: (row: PhaseSnapshot) => number | null) =>
    (run: Snapshot): number | null => {
      const row = run.phases.find((candidate) => candidate.phase === phase);
      return row && row.steps > 0 ? value(row) : null;
    };
  /** Older scripts may not say how many ranges there were: there the whole time stands. */
  const time = (run: Snapshot): number | null => {
    const row = run.phases.find((candidate) => candidate.phase === phase);
    if (run.source === 'ranges' && row?.steps === 0) return row.busyMs;
    return of((known) => over(known.busyMs, known.steps))(run);
  };
  const common = { group: 'phase', phase, change: 'relative' } as const;
  const name = capital(phase);
  return [
    {
      ...common,
      name: `${phase}.step_ms`,
      title: `${name} time`,
      unit: 'ms',
      better: 'lower',
      gates: true,
      value: time,
    },
    {
      ...common,
      name: `${phase}.token_us`,
      title: `${name} time per token`,
      unit: 'µs',
      better: 'lower',
      gates: false,
      value: of((row) => over(row.busyMs * 1e3, tokensOf(row))),
    },
    {
      ...common,
      name: `${phase}.step_p50_ms`,
      title: `${name} step, median`,
      unit: 'ms',
      better: 'lower',
      gates: false,
      value: of((row) => row.stepMs?.p50 ?? null),
    },
    {
      ...common,
      name: `${phase}.step_p95_ms`,
      title: `${name} step, 95th percentile`,
      unit: 'ms',
      better: 'lower',
      gates: false,
      value: of((row) => row.stepMs?.p95 ?? null),
    },
    {
      ...common,
      name: `${phase}.idle_step_ms`,
      title: `${name} idle time within the step`,
      unit: 'ms',
      better: 'lower',
      gates: false,
      value: of((row) => over(row.idleMs, row.steps)),
    },
    {
      ...common,
      name: `${phase}.tokens_per_second`,
      title: `${name} throughput`,
      unit: 'tokens/s',
      better: 'higher',
      gates: false,
      value: of((row) => row.tokensPerSecond),
    },
  ];
}

/** Total over steps; over the run where there are no steps. */
const perStep =
  (value: (run: Snapshot) => number | null) =>
  (run: Snapshot): number | null =>
    over(value(run), stepsOf(run) ?? 1);

const WHOLE: readonly MetricDefinition[] = [
  {
    name: 'gpu.work_step_ms',
    title: 'GPU work',
    group: 'whole',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: true,
    value: (run) => (run.source === 'gpu' ? perStep(({ workMs }) => workMs)(run) : null),
  },
  {
    name: 'gpu.busy_step_ms',
    title: 'GPU busy time',
    group: 'whole',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: false,
    value: perStep(({ busyMs }) => busyMs),
  },
  {
    name: 'gpu.idle_step_ms',
    title: 'GPU idle time',
    group: 'whole',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: false,
    value: perStep(({ idleMs }) => idleMs),
  },
  {
    name: 'gpu.busy_percent',
    title: 'GPU busy share',
    group: 'whole',
    unit: '%',
    better: 'higher',
    change: 'points',
    gates: false,
    value: ({ busyPercent }) => busyPercent,
  },
  {
    name: 'graphs.coverage_percent',
    title: 'CUDA graph coverage',
    group: 'graphs',
    unit: '%',
    better: 'higher',
    change: 'points',
    gates: true,
    value: ({ graphCoverage }) => graphCoverage,
  },
  {
    name: 'copies.step_ms',
    title: 'Copies and fills',
    group: 'copies',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: false,
    value: perStep(({ copies }) => copies?.reduce((ms, { totalMs }) => ms + totalMs, 0) ?? null),
  },
  {
    name: 'copies.pageable_step_ms',
    title: 'Copies of pageable memory',
    group: 'copies',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: false,
    value: perStep(
      ({ copies }) =>
        copies?.reduce((ms, { totalMs, pageable }) => ms + (pageable ? totalMs : 0), 0) ?? null,
    ),
  },
];

const LATENCY_TITLES: Readonly<Record<Latency, string>> = {
  ttft: 'Time to first token',
  tpot: 'Time per output token',
  itl: 'Inter-token latency',
  e2e: 'End-to-end latency',
};

const CLIENT: readonly MetricDefinition[] = [
  ...LATENCIES.flatMap((latency) =>
    (['p50', 'p95', 'p99'] as const).map((point): MetricDefinition => ({
      name: `client.${latency}_${point}_ms`,
      title: `${LATENCY_TITLES[latency]}, ${point}`,
      group: 'client',
      unit: 'ms',
      better: 'lower',
      change: 'relative',
      // The tails of one run are noise more than anything.
      gates: point === 'p50',
      value: ({ client }) => client?.latencies[latency]?.[point] ?? null,
    })),
  ),
  {
    name: 'client.output_tokens_per_second',
    title: 'Output throughput',
    group: 'client',
    unit: 'tokens/s',
    better: 'higher',
    change: 'relative',
    gates: true,
    value: ({ client }) => client?.outputTokensPerSecond ?? null,
  },
  {
    name: 'client.requests_per_second',
    title: 'Request throughput',
    group: 'client',
    unit: 'requests/s',
    better: 'higher',
    change: 'relative',
    gates: false,
    value: ({ client }) => client?.requestsPerSecond ?? null,
  },
];

const componentMetric = (component: string): MetricDefinition => ({
  name: `component.${component}.step_ms`,
  title: capital(component.replaceAll('_', ' ')),
  group: 'component',
  unit: 'ms',
  better: 'lower',
  change: 'relative',
  gates: false,
  value: perStep(({ components }) =>
    Object.hasOwn(components, component) ? components[component] : null,
  ),
});

const UNITS: readonly (readonly [ending: string, unit: MetricUnit])[] = [
  ['_ms', 'ms'],
  ['_us', 'µs'],
  ['_percent', '%'],
  ['tokens_per_second', 'tokens/s'],
  ['requests_per_second', 'requests/s'],
];

/** The unit of a metric of that name, which the name ends with; of a kernel's, ms. */
export function unitOf(name: string): MetricUnit | '' {
  if (name.startsWith(KERNEL_PREFIX)) return 'ms';
  return UNITS.find(([ending]) => name.endsWith(ending))?.[1] ?? '';
}

const KERNEL_PREFIX = 'kernel:';

/** The name of the metric that is a kernel's time per step. */
export const kernelMetricName = (kernel: string): string => KERNEL_PREFIX + kernel;

/** Undefined where the name is not one of a kernel's metric. */
export function kernelMetric(name: string): MetricDefinition | undefined {
  if (!name.startsWith(KERNEL_PREFIX)) return undefined;
  const kernel = name.slice(KERNEL_PREFIX.length);
  const wanted = canonicalName(kernel);
  return {
    name,
    title: kernel,
    group: 'kernel',
    unit: 'ms',
    better: 'lower',
    change: 'relative',
    gates: false,
    value: perStep(({ kernels }) => {
      const same = kernels.filter((row) => canonicalName(row.name) === wanted);
      return same.length === 0 ? null : same.reduce((ms, { totalMs }) => ms + totalMs, 0);
    }),
  };
}

/**
 * Every metric that one of the runs has, in the order they are shown.
 * @param named metrics of kernels that are wanted too
 */
export function metricsOf(
  runs: readonly Snapshot[],
  named: readonly string[] = [],
): readonly MetricDefinition[] {
  const components = [...new Set(runs.flatMap((run) => Object.keys(run.components)))];
  return [
    ...PHASES.slice(0, 3).flatMap(phaseMetrics),
    ...WHOLE,
    ...CLIENT,
    ...components.map(componentMetric),
    ...named.map(kernelMetric).filter((metric) => metric !== undefined),
  ].filter((metric) => runs.some((run) => metric.value(run) !== null));
}
