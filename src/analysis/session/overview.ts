/** What a session says at a glance. */
import type { ExpertBalance } from '../../profile/expert-balance';
import type { Diagnostic } from '../../profile/model';
import type { Session, SessionProcess } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { batchTotals } from './batches';
import { experts } from './experts';
import { sessionFindings, type SessionFinding } from './findings';
import { sessionGraphs } from './graphs';
import { healthyRanges, type HealthyRange } from './healthy';
import { kvCacheTotals } from './kv-cache';
import { forwardLatency, type PhaseLatency } from './latency';
import { recorded, type Recorded } from './recorded';
import { requestTotals } from './requests';
import { extent, type Window } from './series';

export interface SessionOverview {
  readonly processes: readonly SessionProcess[];
  readonly host?: string;
  readonly format: Session['format'];
  /** From the first row to the last; undefined where no row has a time. */
  readonly span?: readonly [start: Nanoseconds, end: Nanoseconds];
  /** Of the engine that has most, or of the graphs where no engine wrote any. */
  readonly steps: number;
  readonly kv?: {
    readonly mean: Share;
    readonly peak: Share;
    readonly totalBlocks?: number;
    readonly engines: number;
  };
  readonly graphs?: {
    readonly coverage?: Share;
    readonly padding?: Share;
    readonly captured: number;
    readonly steps: number;
  };
  readonly batches?: { readonly meanRunning?: number; readonly mostWaiting?: number };
  /** Of the first process that ran the model; decode where it decoded. */
  readonly latency?: Pick<PhaseLatency, 'phase' | 'timing' | 'steps'> & {
    readonly p50: Nanoseconds;
    readonly p99: Nanoseconds;
  };
  readonly requests?: {
    readonly finished: number;
    readonly preempted?: Share;
    readonly p50?: Nanoseconds;
  };
  /** Of the layer whose experts are loaded least evenly. */
  readonly experts?: { readonly layers: number; readonly deviation?: Share };
  readonly findings: readonly SessionFinding[];
  readonly ranges: readonly HealthyRange[];
  readonly recorded: readonly Recorded[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param scoped the part of `session` that the figures are of
 * @param balance what the log of its run told, of the whole load
 */
export function sessionOverview(
  session: Session,
  scoped: Session = session,
  balance?: ExpertBalance,
): SessionOverview {
  const uses = kvCacheTotals(scoped);
  const fullest = uses.reduce<(typeof uses)[number] | undefined>(
    (most, use) => (most === undefined || use.mean > most.mean ? use : most),
    undefined,
  );
  const graphs = sessionGraphs(scoped);
  const batches = batchTotals(scoped);
  const busiest = batches.reduce<(typeof batches)[number] | undefined>(
    (most, use) => (most === undefined || use.steps > most.steps ? use : most),
    undefined,
  );
  const phases = forwardLatency(scoped).filter(({ times }) => times !== undefined);
  const latency = phases.find(({ phase }) => phase === 'decode') ?? phases.at(0);
  const requests = requestTotals(scoped);
  const { layers } = experts(scoped);
  const span = sessionExtent(scoped);
  return {
    processes: session.processes,
    host: session.host,
    format: session.format,
    ...(span && { span: [span.start, span.end] as const }),
    steps: busiest?.steps ?? graphs.steps,
    ...(fullest && {
      kv: {
        mean: fullest.mean,
        peak: fullest.peak,
        totalBlocks: fullest.totalBlocks,
        engines: uses.length,
      },
    }),
    ...((graphs.steps > 0 || graphs.captured > 0) && {
      graphs: {
        coverage: graphs.coverage,
        padding: graphs.padding,
        captured: graphs.captured,
        steps: graphs.steps,
      },
    }),
    ...(busiest && {
      batches: {
        meanRunning: orUndefined(busiest.meanRunning),
        mostWaiting: orUndefined(busiest.mostWaiting),
      },
    }),
    ...(latency?.times && {
      latency: {
        phase: latency.phase,
        timing: latency.timing,
        steps: latency.steps,
        p50: latency.times.p50,
        p99: latency.times.p99,
      },
    }),
    ...(requests.requests > 0 && {
      requests: {
        finished: requests.requests,
        preempted: requests.preempted,
        p50: requests.total?.p50,
      },
    }),
    ...(layers.length > 0 && {
      experts: { layers: layers.length, deviation: worst(layers.map((one) => one.deviation)) },
    }),
    findings: sessionFindings(scoped, balance),
    ranges: healthyRanges(scoped),
    recorded: recorded(session, scoped),
    diagnostics: session.diagnostics,
  };
}

/** From the first row to the last; undefined where no row has a time. */
export const sessionExtent = (session: Session): Window | undefined =>
  extent([
    session.kvUsage.time,
    session.evictions.time,
    session.batch.time,
    session.forward.time,
    session.cpu.time,
    session.graphSteps.time,
    session.preemptions.time,
    session.lifecycle.finished,
    session.components.time,
    session.imbalance.time,
  ]);

const orUndefined = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : value;

function worst(values: readonly number[]): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? undefined : Math.max(...known);
}
