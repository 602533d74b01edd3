/** The figures of a comparison in words; text, Markdown, annotations and HTML all use these. */
import type {
  Comparison,
  Judged,
  KernelChange,
  KernelFigures,
  Measure,
  MetricChange,
  Per,
  PhaseTotals,
  Verdict,
} from '../analysis/compare';
import {
  formatCount,
  formatNumber,
  formatShare,
  formatTime,
  shortenMiddle,
  UNKNOWN,
} from '../profile/format';

export const VERDICT_MARK: Readonly<Record<Verdict, string>> = {
  regressed: '❌',
  improved: '✅',
  'within noise': '·',
  'not comparable': '⚠️',
};

/** Who measured the runs of a series. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  nsys: 'Nsight Systems',
  torch: 'PyTorch’s profiler',
  gpu: 'a profiler',
  ranges: 'an older script',
  session: 'the runtime layer',
  client: 'the load’s client',
  kernels: 'Nsight Compute',
};

/** What a series of runs is of: `MODEL on GPU, measured by Nsight Systems`. */
export function seriesOf(of: {
  readonly model: string | null;
  readonly gpu: string | null;
  readonly measure: Measure;
}): string {
  // A client and the runtime layer do not see the GPU.
  const unseen = of.gpu === null && (of.measure === 'client' || of.measure === 'session');
  const where = unseen ? '' : ` on ${of.gpu ?? 'unknown GPU'}`;
  return `${of.model ?? 'Unknown model'}${where}, measured by ${MEASURE_NAMES[of.measure]}`;
}

/** Two decimals at least, as people compare times; more where a figure is small. */
export function formatValue(value: number, unit: string): string {
  if (unit === '%') return `${value.toFixed(1)}%`;
  if (unit === 'ms') return `${milliseconds(value)}ms`;
  return unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

/** `1.23`; of small times, three figures that are not zeros. */
export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || size >= 0.1) return value.toFixed(2);
  return value.toFixed(Math.min(6, 2 - Math.floor(Math.log10(size))));
}

/** `+12.3%`, `-4.0 points`. */
export function formatChange(
  change: number | null,
  kind: 'relative' | 'points' = 'relative',
): string {
  if (change === null) return UNKNOWN;
  // What rounds to nothing has no sign of less.
  const text = change.toFixed(1).replace(/^-(?=0\.0$)/, '');
  return `${text.startsWith('-') ? '' : '+'}${text}${kind === 'points' ? ' points' : '%'}`;
}

/** `[+11.2%, +17.9%] at 97 %`; empty where the noise was not measured. */
export function formatInterval({ interval }: Judged, kind: 'relative' | 'points' = 'relative') {
  if (!interval) return '';
  const { low, high, confidence } = interval;
  return `[${formatChange(low, kind)}, ${formatChange(high, kind)}] at ${Math.floor(confidence * 100)} %`;
}

export interface Message {
  readonly verdict: 'regressed' | 'improved';
  readonly text: string;
  /** What it is about: the name of a metric, or of a kernel. */
  readonly subject: string;
}

const NAME_WIDTH = 160;
/** How scripts that read older summaries cut names. */
const OLD_NAME_WIDTH = 40;

/** One line for each figure that decided: the worse ones first, as metrics, then kernels. */
export function messages(comparison: Comparison): readonly Message[] {
  const old = comparison.baseline.every(({ source }) => source === 'ranges');
  const decided = (row: MetricChange | KernelChange): boolean =>
    row.gates && (row.verdict === 'regressed' || row.verdict === 'improved');
  return [
    ...comparison.metrics
      .filter(decided)
      // A kernel that decided is told below, with its cause.
      .filter(
        ({ metric }) =>
          metric.group !== 'kernel' ||
          !comparison.kernels.some((row) => decided(row) && named(row, metric.title)),
      )
      .map((change) => ({
        verdict: change.verdict as Message['verdict'],
        subject: change.metric.name,
        text: metricMessage(change, comparison),
      })),
    ...comparison.kernels.filter(decided).map((change) => ({
      verdict: change.verdict as Message['verdict'],
      subject: change.name,
      text: old ? oldKernelMessage(change, comparison) : kernelMessage(change, comparison.per),
    })),
  ].sort((a, b) => Number(b.verdict === 'regressed') - Number(a.verdict === 'regressed'));
}

const named = (row: KernelChange, name: string): boolean =>
  row.name === name || row.formerName === name;

function metricMessage(change: MetricChange, comparison: Comparison): string {
  const { metric } = change;
  if (metric.name === 'graphs.coverage_percent') {
    const way = change.verdict === 'regressed' ? 'decreased' : 'increased';
    return `CUDA graph coverage ${way}: ${change.baseline.toFixed(1)}% → ${change.current.toFixed(1)}%`;
  }
  const what = change.verdict === 'regressed' ? 'regression' : 'improvement';
  const [from, to, per] = metric.name.endsWith('.step_ms')
    ? timesOf(change, comparison)
    : [formatValue(change.baseline, metric.unit), formatValue(change.current, metric.unit), ''];
  const noise = formatInterval(change, metric.change);
  return `${metric.title} ${what}: ${formatChange(change.change, metric.change)} (${from} → ${to}${per})${noise && ` ${noise}`}`;
}

/** Of runs of one length the whole times, which older reports show; else a step's. */
function timesOf(change: MetricChange, { baseline, current, per }: Comparison) {
  const { phase } = change.metric;
  const rows = [...baseline, ...current].map((run) => run.phases.find((r) => r.phase === phase));
  const [from, to] = rows;
  const old = [...baseline, ...current].every(({ source }) => source === 'ranges');
  if (rows.length === 2 && from && to && old && from.steps === to.steps) {
    return [`${milliseconds(from.busyMs)}ms`, `${milliseconds(to.busyMs)}ms`, ''];
  }
  return [
    `${milliseconds(change.baseline)}ms`,
    `${milliseconds(change.current)}ms`,
    per === 'step' ? ' per step' : '',
  ];
}

function kernelMessage(change: KernelChange, per: Per): string {
  const what = change.verdict === 'regressed' ? 'regression' : 'improvement';
  const { baseline, current, time } = change;
  const name = shortenMiddle(change.name, NAME_WIDTH);
  const figures = `${milliseconds(baseline!.ms)}ms → ${milliseconds(current!.ms)}ms per ${per}`;
  const noise = formatInterval(time!);
  return `Kernel time ${what}: ${formatChange(time!.change)} (${name}) ${figures}${change.because && `, ${change.because}`}${noise && ` ${noise}`}`;
}

function oldKernelMessage(change: KernelChange, { current }: Comparison): string {
  const what = change.verdict === 'regressed' ? 'regression' : 'improvement';
  const top = current[0].kernels[0]?.name === change.name ? 'Top kernel' : 'Kernel';
  return `${top} time ${what}: ${formatChange(change.time!.change)} (${change.name.slice(0, OLD_NAME_WIDTH)})`;
}

/** What times were divided by, so that runs of different length can be compared. */
export function normalised({ per, phases, baseline, current }: Comparison): string {
  if (per === 'launch') {
    return 'Times are of the median launch of each kernel, at the clock and with the cold caches that Nsight Compute measures with: they are no part of a run’s time.';
  }
  const runs = [...baseline, ...current];
  if (runs.every(({ source }) => source === 'client')) {
    return 'Figures are those of the whole load, as its client measured them.';
  }
  if (per === 'run') return 'Times are those of whole runs: not all of them have engine steps.';
  const all = (side: 'baseline' | 'current', what: 'steps' | 'busyMs'): number =>
    phases.reduce((sum, row) => sum + (row[side]?.[what] ?? 0), 0);
  const text = (side: 'baseline' | 'current'): string =>
    `${formatCount(all(side, 'steps'))} steps and ${formatTime(all(side, 'busyMs') * 1e6)} of GPU time`;
  return `Times are per engine step, unless they say otherwise: ${text('baseline')} in the baseline, ${text('current')} now.`;
}

/** Steps, tokens and time of each phase in all; these are not judged, as runs may differ in length. */
export const TOTAL_COLUMNS = [
  'phase',
  'steps, baseline',
  'now',
  'tokens, baseline',
  'now',
  'GPU time, baseline',
  'now',
] as const;

export function totalRows({ phases }: Comparison): readonly (readonly string[])[] {
  return phases.map(({ phase, baseline, current }) => {
    const both = (format: (side: PhaseTotals) => string): string[] =>
      [baseline, current].map((side) => (side === null ? UNKNOWN : format(side)));
    return [
      phase,
      ...both(({ steps }) => (phase === 'unattributed' ? UNKNOWN : formatCount(steps))),
      ...both(({ tokens }) => formatCount(tokens ?? undefined)),
      ...both(({ busyMs }) => formatTime(busyMs * 1e6)),
    ];
  });
}

/** Of kernel reports: kernels that both have, what they were held by, and what of their peaks they reach. */
export const LAUNCH_COLUMNS = [
  'kernel',
  'time',
  'change',
  'memory of peak',
  'SM of peak',
  'held by',
  'verdict',
] as const;

/** @param most the largest change first */
export function launchRows(
  { per, kernels }: Comparison,
  most: number,
): readonly (readonly string[])[] {
  if (per !== 'launch') return [];
  return kernels.slice(0, most).map((row) => {
    const both = (format: (side: KernelFigures) => string): string =>
      [row.baseline, row.current]
        .map((side) => (side === null ? UNKNOWN : format(side)))
        .join(' → ');
    const share = (value: number | null | undefined): string =>
      typeof value === 'number' ? formatShare(value / 100) : UNKNOWN;
    return [
      row.name,
      both(({ ms }) => formatTime(ms * 1e6)),
      formatChange(row.time?.change ?? null),
      both(({ launch }) => share(launch?.memoryPercent)),
      both(({ launch }) => share(launch?.computePercent)),
      both(({ launch }) => launch?.bound ?? UNKNOWN),
      row.time ? row.verdict : row.because,
    ];
  });
}

/** The outcome in one sentence. */
export function headline({ verdict, differences, kernels }: Comparison): string {
  switch (verdict) {
    case 'regressed': {
      const first = kernels.find((row) => row.gates && row.verdict === 'regressed');
      return first === undefined
        ? 'Regressed.'
        : `Regressed; the kernel that explains most: ${shortenMiddle(first.name, NAME_WIDTH)}.`;
    }
    case 'improved':
      return 'Improved.';
    case 'within noise':
      return 'No significant changes detected.';
    case 'not comparable':
      return `Not comparable: ${differences
        .filter(({ allowed }) => !allowed)
        .map(({ text }) => text)
        .join(' ')}`;
  }
}

/** Why a kernel's time changed; nothing where it hardly did. */
export function explained(change: KernelChange | undefined): string {
  if (change === undefined || change.verdict === 'within noise') {
    return change?.because === 'new' || change?.because === 'gone' ? change.because : '';
  }
  const renamed = change.kind === 'renamed' ? `was ${shortenMiddle(change.formerName!, 60)}` : '';
  return [change.because, renamed].filter((part) => part !== '').join(', ');
}
