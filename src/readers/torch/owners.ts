/** Whose the streams are: a GPU's events do not name their process. */
import type { ActivityTable } from '../../profile/model';
import type { Identities } from './identities';

/** Activities of a stream that are asked after the call that launched them. */
const ASKED = 64;

/**
 * The process of each stream. Of several processes in one file (traces that
 * someone merged) it is the one whose calls have the correlation ids of the
 * stream's first activities; else the one that called most.
 */
export function processOfStreams(
  identities: Identities,
  activities: readonly ActivityTable[],
  api: { readonly length: number; readonly thread: Uint32Array; readonly correlation: Uint32Array },
): (stream: number) => number {
  const callers = identities.calls.filter((calls) => calls > 0).length;
  // A file without calls may have no process either: then its events are of one without a number.
  if (identities.calls.length === 0) identities.process(0);
  const most = identities.calls.indexOf(Math.max(...identities.calls));
  if (callers < 2) return () => most;

  const asked = new Map<number, Set<number>>();
  const perStream = new Uint32Array(identities.streams.length);
  for (const { length, stream, correlation } of activities) {
    for (let row = 0; row < length; row++) {
      if (correlation[row] === 0 || perStream[stream[row]] >= ASKED) continue;
      perStream[stream[row]]++;
      const streams = asked.get(correlation[row]) ?? new Set();
      asked.set(correlation[row], streams.add(stream[row]));
    }
  }
  const votes = identities.streams.map(() => new Map<number, number>());
  for (let row = 0; row < api.length; row++) {
    const process = identities.threads[api.thread[row]].process;
    for (const stream of asked.get(api.correlation[row]) ?? []) {
      votes[stream].set(process, (votes[stream].get(process) ?? 0) + 1);
    }
  }
  const owner = votes.map((vote) => [...vote].sort((a, b) => b[1] - a[1])[0]?.[0] ?? most);
  return (stream) => owner[stream];
}
