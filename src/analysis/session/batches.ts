/** How full batches are, and who waits. */
import type { Session } from '../../profile/session';
import type { Share } from '../../profile/units';
import { once } from './once';
import { binned, extent, known, type Series, type Window } from './series';
import { THRESHOLDS } from './thresholds';

export interface BatchUse {
  readonly process: number;
  readonly steps: number;
  readonly phases: readonly { readonly phase: string; readonly steps: number }[];
  /** Means over steps; undefined where the limit is not told. */
  readonly requestShare?: Share;
  readonly tokenShare?: Share;
  readonly maxRequests?: number;
  readonly maxTokens?: number;
  readonly meanRunning: number;
  readonly meanWaiting: number;
  readonly mostWaiting: number;
  /** Steps in which requests wait though sequences and tokens are both below half. */
  readonly underused: Share;
  readonly series: {
    readonly requests: Series;
    readonly tokens: Series;
    readonly running: Series;
    readonly waiting: Series;
  };
}

export function batchUse(session: Session, bins = 600, window?: Window): readonly BatchUse[] {
  const { batch, strings } = session;
  const whole = window ?? extent([batch.time]);
  if (whole === undefined) return [];
  return session.processes.flatMap((_, process) => {
    const keep = (row: number): boolean => batch.process[row] === process;
    const phases = new Map<number, number>();
    let steps = 0;
    let underused = 0;
    let requestShare = 0;
    let tokenShare = 0;
    for (let row = 0; row < batch.length; row++) {
      if (!keep(row)) continue;
      steps++;
      phases.set(batch.phase[row], (phases.get(batch.phase[row]) ?? 0) + 1);
      const requests = batch.requests[row] / batch.maxRequests[row];
      const tokens = batch.tokens[row] / batch.maxTokens[row];
      requestShare += requests;
      tokenShare += tokens;
      if (
        batch.waiting[row] > 0 &&
        requests < THRESHOLDS.underused &&
        tokens < THRESHOLDS.underused
      )
        underused++;
    }
    if (steps === 0) return [];
    const running = known(batch.running, keep);
    const waiting = known(batch.waiting, keep);
    return [
      {
        process,
        steps,
        phases: [...phases]
          .map(([phase, count]) => ({ phase: strings.get(phase), steps: count }))
          .sort((a, b) => b.steps - a.steps),
        requestShare: finite(requestShare / steps),
        tokenShare: finite(tokenShare / steps),
        maxRequests: finite(largest(known(batch.maxRequests, keep))),
        maxTokens: finite(largest(known(batch.maxTokens, keep))),
        meanRunning: mean(running),
        meanWaiting: mean(waiting),
        mostWaiting: largest(waiting),
        underused: underused / steps,
        series: {
          requests: binned(batch.time, batch.requests, bins, whole, keep),
          tokens: binned(batch.time, batch.tokens, bins, whole, keep),
          running: binned(batch.time, batch.running, bins, whole, keep),
          waiting: binned(batch.time, batch.waiting, bins, whole, keep),
        },
      },
    ];
  });
}

/** Without their course over time. */
export const batchTotals = once((session) => batchUse(session, 1));

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
const mean = (values: Float64Array): number =>
  values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
const largest = (values: Float64Array): number =>
  values.length === 0 ? NaN : values.reduce((most, value) => (value > most ? value : most));
