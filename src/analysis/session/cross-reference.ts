/**
 * A session and a profile of the same run, lined up by their wall clocks.
 *
 * Both name the wall clock of their time 0, each as a double of nanoseconds since 1970
 * (good to some 200 ns), as read at different moments; a clock that was set in between
 * shifts them. With a report of the real nsys, steps were within 40 µs of their ranges (the
 * median, the layer's own work between the two with it). Steps are milliseconds long, so
 * that is enough to find a step, and not to compare the ends of two events.
 */
import type { Session } from '../../profile/session';
import type { Nanoseconds } from '../../profile/units';
import { inTime } from './series';

/** What to add to a session's time to have the profile's; undefined where either has no clock. */
export function offsetTo(
  session: Session,
  profileUtcEpoch: Nanoseconds | undefined,
): Nanoseconds | undefined {
  if (session.utcEpoch === undefined || profileUtcEpoch === undefined) return undefined;
  return session.utcEpoch - profileUtcEpoch;
}

export interface SessionStep {
  /** Row of {@link Session.graphSteps} or {@link Session.forward}. */
  readonly row: number;
  readonly step?: number;
  readonly start: Nanoseconds;
  readonly phase?: string;
  readonly requests?: number;
  readonly tokens?: number;
  /** The batch descriptor of the graph it replayed; empty where it is not known. */
  readonly descriptor: string;
}

/** The steps of one process in the order of time; each lasts until the next begins. */
export class StepIndex {
  private readonly rows: Uint32Array;
  private readonly starts: Float64Array;
  private readonly descriptors: ReadonlyMap<number, number>;

  constructor(
    private readonly session: Session,
    readonly process: number,
  ) {
    const { forward, graphSteps } = session;
    this.rows = inTime(forward.time, (row) => forward.process[row] === process);
    this.starts = Float64Array.from(this.rows, (row) => forward.time[row]);
    // Both files have a row a step with the same start.
    const descriptors = new Map<number, number>();
    for (let row = 0; row < graphSteps.length; row++) {
      if (graphSteps.process[row] === process) {
        descriptors.set(graphSteps.time[row], graphSteps.descriptor[row]);
      }
    }
    this.descriptors = descriptors;
  }

  get length(): number {
    return this.rows.length;
  }

  /** The place of the last step that began at or before a time of the session, or -1. */
  placeAt(time: Nanoseconds): number {
    return lastAtOrBefore(this.starts, time);
  }

  /** The last step that began at or before a time of the session, or undefined before the first. */
  at(time: Nanoseconds): SessionStep | undefined {
    const place = this.placeAt(time);
    return place < 0 ? undefined : this.step(place);
  }

  step(place: number): SessionStep {
    const { forward, strings } = this.session;
    const row = this.rows[place];
    return {
      row,
      step: Number.isNaN(forward.step[row]) ? undefined : forward.step[row],
      start: this.starts[place],
      phase: strings.get(forward.phase[row]) || undefined,
      requests: forward.requests[row],
      tokens: forward.tokens[row],
      descriptor: strings.get(this.descriptors.get(this.starts[place]) ?? 0),
    };
  }

  /**
   * For each graph launch of a profile (its call's start, in the profile's time) the
   * place of the step it belongs to, or -1. Launches before the first step, or later
   * than `slack` after the last, are warm-up, capture, or another process's.
   */
  assign(launches: Float64Array, offset: Nanoseconds, slack: Nanoseconds = 1e9): Int32Array {
    const places = new Int32Array(launches.length);
    const last = this.starts.length - 1;
    for (let launch = 0; launch < launches.length; launch++) {
      const time = launches[launch] - offset;
      const place = lastAtOrBefore(this.starts, time);
      places[launch] = place === last && time > this.starts[last] + slack ? -1 : place;
    }
    return places;
  }
}

export interface DescriptorGraphs {
  readonly descriptor: string;
  /** Of the profile, with how many launches fell into the descriptor's steps. */
  readonly graphs: readonly { readonly graphId: number; readonly launches: number }[];
  readonly launches: number;
}

/**
 * Which graphs of a profile a batch descriptor stands for. A full graph is one graph;
 * a piecewise one as many as the model has pieces. Launches of other models in the same
 * steps (drafting, sampling) are among them, with their own graphs.
 */
export function graphsOfDescriptors(
  steps: StepIndex,
  launches: { readonly start: Float64Array; readonly graphId: ArrayLike<number> },
  offset: Nanoseconds,
): readonly DescriptorGraphs[] {
  const places = steps.assign(launches.start, offset);
  const found = new Map<string, Map<number, number>>();
  for (let launch = 0; launch < places.length; launch++) {
    if (places[launch] < 0) continue;
    const { descriptor } = steps.step(places[launch]);
    if (descriptor === '' || descriptor === 'NONE') continue;
    const graphs = found.get(descriptor) ?? new Map<number, number>();
    found.set(descriptor, graphs);
    const id = launches.graphId[launch];
    graphs.set(id, (graphs.get(id) ?? 0) + 1);
  }
  return [...found]
    .map(([descriptor, graphs]) => ({
      descriptor,
      graphs: [...graphs]
        .map(([graphId, count]) => ({ graphId, launches: count }))
        .sort((a, b) => b.launches - a.launches || a.graphId - b.graphId),
      launches: [...graphs.values()].reduce((sum, count) => sum + count, 0),
    }))
    .sort((a, b) => b.launches - a.launches);
}

/** The place of the last value at or before a time, or -1. */
export function lastAtOrBefore(sorted: Float64Array, time: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
