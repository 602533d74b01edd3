/** What the runtime layer wrote of a run, as a {@link Snapshot}: times of the model's steps, graphs, KV cache, batches. */
import type { Session } from '../../profile/session';
import { PHASES } from '../../profile/scope';
import { forwardLatency, type PhaseLatency } from '../session/latency';
import { sessionOverview } from '../session/overview';
import type { Beside } from './from-summary';
import {
  NO_GPU_WORK,
  SNAPSHOT_VERSION,
  UNKNOWN_RUN,
  type PhaseSnapshot,
  type Snapshot,
} from './snapshot';

const ms = (nanoseconds: number): number => nanoseconds / 1e6;

/** Undefined where the session recorded nothing that runs are compared by. */
export function snapshotOfSession(session: Session, beside: Beside): Snapshot | undefined {
  const rows = forwardLatency(session).filter(({ times }) => times !== undefined);
  const { kv, batches, requests, graphs } = sessionOverview(session);
  const percent = (share: number | undefined): number | null =>
    share === undefined ? null : share * 100;
  const serving = {
    kvMeanPercent: percent(kv?.mean),
    kvPeakPercent: percent(kv?.peak),
    runningRequests: batches?.meanRunning ?? null,
    preemptedPercent: percent(requests?.preempted),
  };
  const graphCoverage = percent(graphs?.coverage);
  const told = [...Object.values(serving), graphCoverage].some((value) => value !== null);
  if (rows.length === 0 && !told) return undefined;
  // Ranks run the same steps: the process with the most stands for all.
  const counts = new Map<number, number>();
  for (const { process, steps } of rows) {
    counts.set(process, (counts.get(process) ?? 0) + steps);
  }
  const lead = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).at(0)?.[0];
  return {
    version: SNAPSHOT_VERSION,
    source: 'session',
    label: beside.label,
    identity: {
      ...UNKNOWN_RUN,
      model: beside.model ?? null,
      capturedAt:
        session.utcEpoch === undefined ? null : new Date(session.utcEpoch / 1e6).toISOString(),
      commit: beside.commit ?? null,
    },
    ...NO_GPU_WORK,
    phases: rows.filter(({ process }) => process === lead).flatMap(phase),
    graphCoverage,
    client: beside.client ?? null,
    serving,
  };
}

/** Of the timed steps; which tokens a mixed step had is not told apart. */
function phase({ phase: named, steps, untimed, times, tokens, tokensPerSecond }: PhaseLatency) {
  const name = PHASES.find((known) => known === named);
  if (name === undefined || name === 'unattributed') return [];
  const all = tokens * (steps - untimed);
  const row: PhaseSnapshot = {
    phase: name,
    steps: steps - untimed,
    contextTokens: name === 'prefill' ? all : name === 'decode' ? 0 : null,
    generationTokens: name === 'decode' ? all : name === 'prefill' ? 0 : null,
    busyMs: ms(times!.total),
    idleMs: null,
    stepMs: { p50: ms(times!.p50), p95: ms(times!.p95) },
    tokensPerSecond: tokensPerSecond ?? null,
  };
  return [row];
}
