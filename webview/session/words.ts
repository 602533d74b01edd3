/** How things of a session are called, the same in every view. */
import type { SessionView } from '../../src/analysis/session/findings';
import type { HealthyFigure, HealthyRange } from '../../src/analysis/session/healthy';
import { formatNumber, formatShare, formatTime } from '../../src/profile/format';
import type { SessionFacts, SessionProcessName, SessionTab } from '../../src/protocol/session';
import { t } from '../strings';
import type { Mark } from '../ui/marks';
import { phaseLabel, phaseMark } from '../ui/marks';

export function tabLabel(tab: SessionTab): string {
  switch (tab) {
    case 'overview':
      return t('Overview');
    case 'kv-cache':
      return t('KV Cache');
    case 'graphs':
      return t('CUDA Graphs');
    case 'batches':
      return t('Batches');
    case 'latency':
      return t('Latency');
    case 'cpu':
      return t('CPU');
    case 'requests':
      return t('Requests');
    case 'experts':
      return t('Experts');
    case 'steps':
      return t('Steps and Timeline');
    case 'run':
      return t('Run');
  }
}

/** What the session may have recorded or not. */
export const viewLabel = (view: SessionView): string =>
  view === 'components' ? t('Encoder and decoder') : tabLabel(view);

/** Where a view is shown. */
export const tabOf = (view: SessionView): SessionTab => (view === 'components' ? 'latency' : view);

export function processLabel({ pid, rank, roles }: SessionProcessName): string {
  const parts = [
    roles.includes('engine') ? t('engine') : undefined,
    rank !== undefined ? t('rank {0}', rank) : roles.includes('worker') ? t('worker') : undefined,
  ].filter((part) => part !== undefined);
  const name = parts.length > 0 ? parts.join(' + ') : t('process');
  return pid === undefined ? name : `${name} (${pid})`;
}

export const processName = (facts: SessionFacts | undefined, process: number): string =>
  facts?.processes[process] ? processLabel(facts.processes[process]) : t('process');

export { markOf } from '../ui/marks';

const KNOWN_PHASES = ['prefill', 'decode', 'mixed'] as const;
const isPhase = (phase: string): phase is (typeof KNOWN_PHASES)[number] =>
  (KNOWN_PHASES as readonly string[]).includes(phase);

/** The original tool may write others. */
export const sessionPhaseLabel = (phase: string): string =>
  isPhase(phase) ? phaseLabel(phase) : phase || t('unknown');
export const sessionPhaseMark = (phase: string): Mark =>
  phaseMark(isPhase(phase) ? phase : 'unattributed');

export function healthyLabel(figure: HealthyFigure): string {
  switch (figure) {
    case 'kvUse':
      return t('KV cache in use, on average');
    case 'kvFullTime':
      return t('Time in which the KV cache is nearly full');
    case 'evictionLifetime':
      return t('Lifetime of evicted blocks, p50');
    case 'graphCoverage':
      return t('Steps that replay a graph');
    case 'graphPadding':
      return t('Padding among the tokens of graphs');
    case 'graphsUnused':
      return t('Captured graphs that are never replayed');
    case 'underusedSteps':
      return t('Half-empty steps while requests wait');
    case 'schedulingShare':
      return t('Scheduling and output handling, of the engine’s time');
    case 'preempted':
      return t('Requests that were preempted');
    case 'expertCoverage':
      return t('Experts that are used, of the layer that uses least');
    case 'expertRatio':
      return t('Busiest against least busy expert, of the worst layer');
    case 'expertDeviation':
      return t('Deviation of the experts’ loads from their mean, of the worst layer');
  }
}

const formatIn: Readonly<Record<HealthyRange['unit'], (value: number | undefined) => string>> = {
  share: formatShare,
  time: formatTime,
  number: formatNumber,
};

export function measuredText({ unit, measured, healthy }: HealthyRange): string {
  // A ratio to nothing has no number, and is judged all the same.
  if (measured === undefined && healthy !== undefined) return '∞';
  return formatIn[unit](measured);
}

export function rangeText({ unit, from, to }: HealthyRange): string {
  const format = formatIn[unit];
  if (from !== undefined && to !== undefined) return t('{0} to {1}', format(from), format(to));
  return from === undefined ? t('at most {0}', format(to)) : t('at least {0}', format(from));
}
