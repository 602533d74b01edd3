/** Which rows of an activity table a scope holds, and all activities as one sweep. */
import { NONE, type ActivityTable, type EventTable, type Profile } from '../profile/model';
import { PHASES, type Scope } from '../profile/scope';
import type { Nanoseconds } from '../profile/units';
import type { Analysis } from './analysis';
import { endOf, orderBy } from './intervals';

export type ActivityKind = 'kernels' | 'memcpys' | 'memsets' | 'graphTraces';

export const ACTIVITY_KINDS: readonly ActivityKind[] = [
  'kernels',
  'memcpys',
  'memsets',
  'graphTraces',
];

/** Whether a row of the kernel table was launched by a graph. */
export function isInGraph(profile: Profile, kernel: number): boolean {
  const { graphNode, graphId } = profile.kernels;
  return (graphNode !== undefined && graphNode[kernel] > 0) || (graphId?.[kernel] ?? 0) > 0;
}

/** False where no work on a GPU was recorded: its figures are not known then, and no zeros. */
export const hasActivities = (profile: Profile): boolean =>
  ACTIVITY_KINDS.some((kind) => profile[kind].length > 0);

export function activityTable(analysis: Analysis, kind: ActivityKind): ActivityTable {
  return analysis.profile[kind];
}

/** Tells for each row whether it is in scope; undefined means that all are. */
export function inScope(
  analysis: Analysis,
  kind: ActivityKind,
  scope: Scope,
): Uint8Array | undefined {
  if (!scope.devices && !scope.window && !scope.phase) return undefined;
  return analysis.mask(kind, scope, () => selectRows(analysis, kind, scope));
}

function selectRows(analysis: Analysis, kind: ActivityKind, scope: Scope): Uint8Array {
  const { profile } = analysis;
  const { length, start, stream } = activityTable(analysis, kind);
  const mask = new Uint8Array(length).fill(1);
  if (scope.devices) {
    const wanted = new Set(scope.devices);
    const streamWanted = Uint8Array.from(profile.streams, (s) => (wanted.has(s.device) ? 1 : 0));
    for (let row = 0; row < length; row++) mask[row] &= streamWanted[stream[row]];
  }
  if (scope.window) {
    const [from, to] = scope.window;
    for (let row = 0; row < length; row++) {
      if (!(start[row] >= from && start[row] < to)) mask[row] = 0;
    }
  }
  if (scope.phase) {
    const wanted = PHASES.indexOf(scope.phase);
    const unattributed = PHASES.indexOf('unattributed');
    const step = analysis.attribution[kind];
    const { phase } = analysis.steps;
    for (let row = 0; row < length; row++) {
      if ((step[row] === NONE ? unattributed : phase[step[row]]) !== wanted) mask[row] = 0;
    }
  }
  return mask;
}

/** Rows of an activity table in order of start, whatever the scope. */
export function startOrder(analysis: Analysis, kind: ActivityKind): Uint32Array {
  return analysis.once(`order:${kind}`, () => orderBy(activityTable(analysis, kind).start));
}

/** Device of each stream: the way from an activity to the device it ran on. */
export function deviceOfStream(analysis: Analysis): Uint32Array {
  return Uint32Array.from(analysis.profile.streams, (stream) => stream.device);
}

/**
 * @param kind index into {@link ACTIVITY_KINDS}
 * @param end never before `start`
 */
export type VisitActivity = (
  kind: number,
  row: number,
  start: Nanoseconds,
  end: Nanoseconds,
) => void;

/** Whether a graph trace has a time: where only the launch is known, start and end are 0. */
export const isTimed = ({ start, end }: EventTable, row: number): boolean =>
  start[row] !== 0 || end[row] !== 0;

/**
 * Visits kernels, copies, fills and graph traces in scope as one sequence in
 * order of start; what starts at once, in the order of the kinds, then of the
 * file. Left out is what has no time: a row without a start, and a graph trace
 * that {@link isTimed} says has none.
 */
export function sweepActivities(analysis: Analysis, scope: Scope, visit: VisitActivity): void {
  const lanes = ACTIVITY_KINDS.map((kind) => ({
    table: activityTable(analysis, kind),
    order: startOrder(analysis, kind),
    mask: inScope(analysis, kind, scope),
    next: 0,
  }));
  for (;;) {
    let first = NONE;
    let earliest = Infinity;
    let until = Infinity;
    for (let kind = 0; kind < lanes.length; kind++) {
      const { table, order, next } = lanes[kind];
      if (next === order.length) continue;
      const start = table.start[order[next]];
      if (first === NONE || start < earliest) {
        if (first !== NONE) until = earliest;
        earliest = start;
        first = kind;
      } else if (start < until) {
        until = start;
      }
    }
    if (first === NONE) return;
    // One kind goes on alone until another has something that starts as early.
    const lane = lanes[first];
    const { table, order, mask } = lane;
    const timeless = ACTIVITY_KINDS[first] === 'graphTraces';
    do {
      const row = order[lane.next++];
      const start = table.start[row];
      const end = endOf(start, table.end[row]);
      if ((!mask || mask[row]) && (!timeless || isTimed(table, row))) {
        visit(first, row, start, end);
      }
    } while (lane.next < order.length && table.start[order[lane.next]] < until);
  }
}
