/** How the figures of a comparison are told: titles, units, changes, verdicts. */
import type { DocumentKernel, DocumentMetric, Per, Verdict } from '../../src/analysis/compare';
import { readableKernelName } from '../../src/profile/kernel-name';
import { COMPONENT_CHOICES } from '../../src/protocol/filter';
import type { Component } from '../../src/analysis/components';
import type { Phase } from '../../src/profile/scope';
import { formatNumber, formatShare, formatTime, UNKNOWN } from '../../src/profile/format';
import { t } from '../strings';
import { componentLabel, phaseLabel } from '../ui/labels';

export function verdictLabel(verdict: Verdict): string {
  switch (verdict) {
    case 'regressed':
      return t('regressed');
    case 'improved':
      return t('improved');
    case 'within noise':
      return t('within noise');
    case 'not comparable':
      return t('not comparable');
  }
}

/** As a filter names them. */
export function verdictChoice(verdict: Verdict): string {
  switch (verdict) {
    case 'within noise':
      return 'noise';
    case 'not comparable':
      return 'incomparable';
    default:
      return verdict;
  }
}

export const isComponent = (name: string | null): name is Component =>
  name !== null && COMPONENT_CHOICES.includes(name);

/** Engine steps are of one of these. */
const PHASES = ['prefill', 'decode', 'mixed'] as const satisfies readonly Phase[];

const LATENCIES = { ttft: 'TTFT', tpot: 'TPOT', itl: 'ITL', e2e: 'E2E' } as const;

export const metricLabel = ({ name, title }: Pick<DocumentMetric, 'name' | 'title'>): string =>
  figureLabel(name) ?? title;

/** Of a figure by its name, as in baseline files; undefined of one that is not known here. */
export function figureLabel(name: string): string | undefined {
  const phase = PHASES.find((known) => name.startsWith(`${known}.`));
  if (phase) return phaseFigureLabel(name.slice(phase.length + 1), phaseLabel(phase));
  const kernel = /^kernel(?:\.(\w+))?:(.*)$/s.exec(name);
  if (kernel) return kernelFigureLabel(kernel[1], readableKernelName(kernel[2]));
  const component = /^component\.(.*)\.step_ms$/.exec(name)?.[1] ?? null;
  if (isComponent(component)) return componentLabel(component);
  const latency = /^client\.(ttft|tpot|itl|e2e)_(p\d+)_ms$/.exec(name);
  if (latency) {
    return t('{0} {1}, client', LATENCIES[latency[1] as keyof typeof LATENCIES], latency[2]);
  }
  switch (name) {
    case 'gpu.work_step_ms':
      return t('GPU work');
    case 'gpu.busy_step_ms':
      return t('GPU busy time');
    case 'gpu.idle_step_ms':
      return t('GPU idle time');
    case 'gpu.busy_percent':
      return t('GPU busy share');
    case 'graphs.coverage_percent':
      return t('CUDA graph coverage');
    case 'copies.step_ms':
      return t('Copies and fills');
    case 'copies.pageable_step_ms':
      return t('Copies of pageable memory');
    case 'serving.kv_mean_percent':
      return t('KV cache in use');
    case 'serving.kv_peak_percent':
      return t('KV cache in use, at most');
    case 'serving.running_requests':
      return t('Requests in a step');
    case 'serving.preempted_percent':
      return t('Requests preempted');
    case 'client.output_tokens_per_second':
      return t('Output throughput, client');
    case 'client.requests_per_second':
      return t('Request throughput, client');
    default:
      return undefined;
  }
}

function kernelFigureLabel(what: string | undefined, kernel: string): string {
  switch (what) {
    case 'memory':
      return t('{0}, memory of its peak', kernel);
    case 'compute':
      return t('{0}, SMs of their peak', kernel);
    case 'occupancy':
      return t('{0}, occupancy', kernel);
    default:
      return kernel;
  }
}

function phaseFigureLabel(what: string, phase: string): string | undefined {
  switch (what) {
    case 'step_ms':
      return t('{0} step', phase);
    case 'token_us':
      return t('{0}, per token', phase);
    case 'step_p50_ms':
      return t('{0} step, median', phase);
    case 'step_p95_ms':
      return t('{0} step, 95th percentile', phase);
    case 'idle_step_ms':
      return t('{0}, idle within the step', phase);
    case 'tokens_per_second':
      return t('{0} throughput', phase);
    default:
      return undefined;
  }
}

/** In nanoseconds, where the metric is a time. */
export function nanoseconds(value: number, unit: string): number | undefined {
  if (unit === 'ms') return value * 1e6;
  return unit === 'µs' ? value * 1e3 : undefined;
}

export function metricValue(value: number, unit: string): string {
  const time = nanoseconds(value, unit);
  if (time !== undefined) return formatTime(time);
  return unit === '%' ? formatShare(value / 100) : `${formatNumber(value)} ${unit}`.trimEnd();
}

/** `+12.3 %`, `-4.0 points`; per cent of the baseline, or points. */
export function changeText(
  change: number | null | undefined,
  changeIn: DocumentMetric['changeIn'] = 'relative',
): string {
  if (change === null || change === undefined) return UNKNOWN;
  const size = Math.abs(change).toFixed(1);
  // What rounds to nothing has no direction.
  const text = size === '0.0' ? size : `${change < 0 ? '−' : '+'}${size}`;
  return changeIn === 'points' ? t('{0} points', text) : `${text} %`;
}

export function signedTime(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${formatTime(Math.abs(ms) * 1e6)}`;
}

export function intervalText(
  interval: DocumentMetric['interval'],
  changeIn: DocumentMetric['changeIn'] = 'relative',
): string {
  if (!interval) return '';
  const { low, high, confidence } = interval;
  return t(
    '{0} to {1}, at {2} %',
    changeText(low, changeIn),
    changeText(high, changeIn),
    Math.floor(confidence * 100),
  );
}

export function kindLabel(kind: DocumentKernel['kind']): string {
  switch (kind) {
    case 'same':
      return t('in both');
    case 'renamed':
      return t('renamed');
    case 'new':
      return t('new');
    case 'gone':
      return t('gone');
  }
}

/** The analysis says why in words of its own. */
export function becauseLabel(because: string): string {
  switch (because) {
    case 'each call is slower':
      return t('each call is slower');
    case 'each call is faster':
      return t('each call is faster');
    case 'called more often':
      return t('called more often');
    case 'called less often':
      return t('called less often');
    case 'new':
      return t('new');
    case 'gone':
      return t('gone');
    default:
      return because;
  }
}

export function perLabel(per: Per): string {
  switch (per) {
    case 'step':
      return t('per engine step');
    case 'run':
      return t('over the whole run');
    case 'launch':
      return t('per launch, under Nsight Compute');
  }
}
