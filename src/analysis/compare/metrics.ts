/** The named figures of a run that a baseline keeps and a comparison judges. */
import { PHASES, type Phase } from '../../profile/scope';
import { canonicalName } from '../ncu/kernel-names';
import { LATENCIES, type Latency } from './client';
import {
  stepsOf,
  tokensOf,
  type KernelSnapshot,
  type PhaseSnapshot,
  type ServingSnapshot,
  type Snapshot,
} from './snapshot';

export type MetricUnit = 'ms' | 'µs' | '%' | 'tokens/s' | 'requests/s' | 'requests';

export interface MetricDefinition {
  /** Stable; what `--metric-threshold` and baseline files name. */
  readonly name: string;
  readonly title: string;
  readonly group:
    'phase' | 'whole' | 'component' | 'kernel' | 'graphs' | 'copies' | 'client' | 'serving';
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher';
  /** How a change is told: of the baseline's value, or in points of per cent. */
  readonly change: 'relative' | 'points';
  /** Whether it decides; the others are shown, and decide when the person says so. */
  readonly gates: boolean;
  readonly phase?: Phase;
  /** The kernel that it is a figure of. */
  readonly kernel?: string;
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

/** What depends on the load as much as on the engine: shown, and deciding only where a person says so. */
const serving = (
  name: string,
  title: string,
  unit: '%' | 'requests',
  better: MetricDefinition['better'],
  value: (of: ServingSnapshot) => number | null,
): MetricDefinition => ({
  name: `serving.${name}`,
  title,
  group: 'serving',
  unit,
  better,
  change: unit === '%' ? 'points' : 'relative',
  gates: false,
  value: (run) => (run.serving ? value(run.serving) : null),
});

const SERVING: readonly MetricDefinition[] = [
  serving('kv_mean_percent', 'KV cache in use', '%', 'lower', (of) => of.kvMeanPercent),
  serving('kv_peak_percent', 'KV cache in use, at most', '%', 'lower', (of) => of.kvPeakPercent),
  serving(
    'running_requests',
    'Requests in a step',
    'requests',
    'higher',
    (of) => of.runningRequests,
  ),
  serving('preempted_percent', 'Requests preempted', '%', 'lower', (of) => of.preemptedPercent),
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
  ['running_requests', 'requests'],
];

/** Figures of one kernel, by what their names begin with. */
const KERNEL_FIGURES = {
  'kernel:': { unit: 'ms', title: '' },
  'kernel.memory:': { unit: '%', title: ', memory throughput of peak' },
  'kernel.compute:': { unit: '%', title: ', SM throughput of peak' },
  'kernel.occupancy:': { unit: '%', title: ', achieved occupancy' },
} as const satisfies Readonly<Record<string, { unit: MetricUnit; title: string }>>;
type KernelPrefix = keyof typeof KERNEL_FIGURES;

const KERNEL_PREFIXES = Object.keys(KERNEL_FIGURES) as readonly KernelPrefix[];
const KERNEL_PREFIX: KernelPrefix = 'kernel:';

const kernelPrefix = (name: string): KernelPrefix | undefined =>
  KERNEL_PREFIXES.find((prefix) => name.startsWith(prefix));

/** The unit of a metric of that name, which the name ends with; of a kernel's, begins with. */
export function unitOf(name: string): MetricUnit | '' {
  const prefix = kernelPrefix(name);
  if (prefix !== undefined) return KERNEL_FIGURES[prefix].unit;
  return UNITS.find(([ending]) => name.endsWith(ending))?.[1] ?? '';
}

/** The name of the metric that is a kernel's time: per step; of a kernel report, per launch. */
export const kernelMetricName = (kernel: string): string => KERNEL_PREFIX + kernel;

/** The kernel whose figure a metric of that name is. */
export const kernelOfMetric = (name: string): string | undefined => {
  const prefix = kernelPrefix(name);
  return prefix && name.slice(prefix.length);
};

/** Of kernel reports: per cent of peaks of the kernels with most time, by name, as a history keeps them. */
export const launchMetricNames = ({ kernels }: Snapshot, most: number): readonly string[] =>
  [...kernels]
    .filter(({ launch }) => launch)
    .sort((a, b) => b.totalMs - a.totalMs)
    .slice(0, most)
    .flatMap(({ name }) =>
      KERNEL_PREFIXES.filter((prefix) => prefix !== KERNEL_PREFIX).map((prefix) => prefix + name),
    );

/** Undefined where the name is not one of a kernel's metric. */
export function kernelMetric(name: string): MetricDefinition | undefined {
  const prefix = kernelPrefix(name);
  if (prefix === undefined) return undefined;
  const kernel = name.slice(prefix.length);
  const wanted = canonicalName(kernel);
  const spelt = ({ kernels }: Snapshot): readonly KernelSnapshot[] =>
    kernels.filter((row) => canonicalName(row.name) === wanted);
  const { unit, title } = KERNEL_FIGURES[prefix];
  const time = unit === 'ms';
  return {
    name,
    title: kernel + title,
    group: 'kernel',
    unit,
    better: time ? 'lower' : 'higher',
    change: time ? 'relative' : 'points',
    gates: false,
    kernel,
    value: (run) => {
      const same = spelt(run);
      if (run.source === 'kernels') return launchFigure(prefix, same);
      if (!time || same.length === 0) return null;
      return perStep(() => same.reduce((ms, { totalMs }) => ms + totalMs, 0))(run);
    },
  };
}

/** Several spellings of one kernel: the one measured most often stands for it. */
function launchFigure(prefix: KernelPrefix, same: readonly KernelSnapshot[]): number | null {
  const [most] = [...same].sort((a, b) => b.count - a.count);
  const launch = most?.launch;
  if (launch === undefined) return null;
  switch (prefix) {
    case 'kernel:':
      return launch.ms;
    case 'kernel.memory:':
      return launch.memoryPercent;
    case 'kernel.compute:':
      return launch.computePercent;
    case 'kernel.occupancy:':
      return launch.occupancyPercent;
  }
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
    ...SERVING,
    ...components.map(componentMetric),
    ...named.map(kernelMetric).filter((metric) => metric !== undefined),
  ].filter((metric) => runs.some((run) => metric.value(run) !== null));
}
