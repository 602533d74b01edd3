/** The results a session's part of a report is made of; whoever makes one asks analysis for them. */
import type { BatchUse } from '../analysis/session/batches';
import type { Experts } from '../analysis/session/experts';
import type { SessionFinding } from '../analysis/session/findings';
import type { SessionGraphs } from '../analysis/session/graphs';
import type { Evictions, KvCacheUse } from '../analysis/session/kv-cache';
import type { ComponentSplit, OperationTime, PhaseLatency } from '../analysis/session/latency';
import type { RequestTimeline } from '../analysis/session/requests';
import type { Series } from '../analysis/session/series';
import type { ExpertBalance } from '../profile/expert-balance';
import type { Session, SessionProcess } from '../profile/session';

export interface SessionResults {
  readonly name: string;
  readonly format: Session['format'];
  readonly utcEpoch?: number;
  readonly processes: readonly SessionProcess[];
  readonly findings: readonly SessionFinding[];
  readonly kvCache: readonly KvCacheUse[];
  readonly evictions: Evictions;
  readonly graphs: SessionGraphs;
  readonly batches: readonly BatchUse[];
  readonly latency: readonly PhaseLatency[];
  readonly operations: readonly OperationTime[];
  /** Without its rows. */
  readonly requests: RequestTimeline;
  readonly components: readonly ComponentSplit[];
  readonly experts: Experts;
  /** What the log of the session's run told of them. */
  readonly balance?: LoggedBalance;
}

export interface LoggedBalance {
  /** In a sentence or two, with what it does not tell. */
  readonly answer: string;
  readonly models: ExpertBalance['models'];
  /** Of each model, over time. */
  readonly series: readonly Series[];
}

/** `worker rank 0 4711`, as far as the session says. */
export function processName({ pid, rank, roles }: SessionProcess): string {
  const parts = [roles.join('+') || 'process', rank === undefined ? '' : `rank ${rank}`, pid ?? ''];
  return parts.filter((part) => part !== '').join(' ');
}
