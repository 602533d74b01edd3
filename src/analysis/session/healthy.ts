/** The healthy ranges of each view, and where this session lies. */
import type { Session } from '../../profile/session';
import { batchTotals } from './batches';
import { experts } from './experts';
import type { SessionView } from './findings';
import { sessionGraphs } from './graphs';
import { evictionTotals, kvCacheTotals } from './kv-cache';
import { schedulingShare } from './latency';
import { requestTotals } from './requests';
import { THRESHOLDS } from './thresholds';

export type HealthyFigure =
  | 'kvUse'
  | 'kvFullTime'
  | 'evictionLifetime'
  | 'graphCoverage'
  | 'graphPadding'
  | 'graphsUnused'
  | 'underusedSteps'
  | 'schedulingShare'
  | 'preempted'
  | 'expertCoverage'
  | 'expertRatio'
  | 'expertDeviation';

export interface HealthyRange {
  readonly figure: HealthyFigure;
  readonly view: SessionView;
  readonly unit: 'share' | 'time' | 'number';
  /** Undefined where the session does not tell it. */
  readonly measured?: number;
  readonly from?: number;
  readonly to?: number;
  /** Undefined where nothing was measured. */
  readonly healthy?: boolean;
}

/** All of them are rules of thumb; where there are several processes or layers, of the worst. */
export function healthyRanges(session: Session): readonly HealthyRange[] {
  const uses = kvCacheTotals(session);
  const graphs = sessionGraphs(session);
  const { layers } = experts(session);
  const range = (
    view: SessionView,
    figure: HealthyFigure,
    unit: HealthyRange['unit'],
    value: number | undefined,
    { from, to }: { readonly from?: number; readonly to?: number },
  ): HealthyRange => {
    const known = value !== undefined && !Number.isNaN(value);
    const inside = known && value >= (from ?? -Infinity) && value <= (to ?? Infinity);
    // A ratio to nothing is no figure, and outside all the same.
    const measured = known && Number.isFinite(value) ? value : undefined;
    return { figure, view, unit, measured, from, to, ...(known && { healthy: inside }) };
  };
  return [
    range('kv-cache', 'kvUse', 'share', largest(uses.map(({ mean }) => mean)), {
      from: THRESHOLDS.kvGoodFrom,
      to: THRESHOLDS.kvGoodTo,
    }),
    range('kv-cache', 'kvFullTime', 'share', largest(uses.map(({ aboveUnder }) => aboveUnder)), {
      to: THRESHOLDS.kvFullTime,
    }),
    range('kv-cache', 'evictionLifetime', 'time', evictionTotals(session).lifetime?.p50, {
      from: THRESHOLDS.evictionLifetime,
    }),
    range('graphs', 'graphCoverage', 'share', graphs.coverage, { from: THRESHOLDS.graphCoverage }),
    range('graphs', 'graphPadding', 'share', graphs.padding, { to: THRESHOLDS.paddingWaste }),
    range(
      'graphs',
      'graphsUnused',
      'share',
      graphs.captured > 0 ? graphs.neverUsed / graphs.captured : undefined,
      { to: THRESHOLDS.unusedGraphs },
    ),
    range(
      'batches',
      'underusedSteps',
      'share',
      largest(batchTotals(session).map(({ underused }) => underused)),
      { to: THRESHOLDS.underusedSteps },
    ),
    range('cpu', 'schedulingShare', 'share', schedulingShare(session), {
      to: THRESHOLDS.cpuOverhead,
    }),
    range('requests', 'preempted', 'share', requestTotals(session).preempted, {
      to: THRESHOLDS.preemptionRate,
    }),
    range('experts', 'expertCoverage', 'share', smallest(layers.map((one) => one.coverage)), {
      from: THRESHOLDS.expertCoverage,
    }),
    range('experts', 'expertRatio', 'number', largest(layers.map((one) => one.ratio)), {
      to: THRESHOLDS.expertRatio,
    }),
    range('experts', 'expertDeviation', 'share', largest(layers.map((one) => one.deviation)), {
      to: THRESHOLDS.expertDeviation,
    }),
  ];
}

const knownOf = (values: readonly number[]): readonly number[] =>
  values.filter((value) => !Number.isNaN(value));
function largest(values: readonly number[]): number | undefined {
  const known = knownOf(values);
  return known.length === 0 ? undefined : Math.max(...known);
}
function smallest(values: readonly number[]): number | undefined {
  const known = knownOf(values);
  return known.length === 0 ? undefined : Math.min(...known);
}
