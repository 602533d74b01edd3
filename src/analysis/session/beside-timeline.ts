/** A session beside a timeline of the same run: whose kernels a graph's steps ran, what the experts' kernels took. */
import { NONE } from '../../profile/model';
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import type { Analysis } from '../analysis';
import { COMPONENTS } from '../components';
import { isInGraph } from '../selection';
import { lengthOf } from '../intervals';
import { lastAtOrBefore, offsetTo, StepIndex } from './cross-reference';
import type { SessionScope } from './scope';

export interface DescriptorKernels {
  readonly descriptor: string;
  /** Ids of the timeline's graphs, most replayed first. */
  readonly graphs: readonly number[];
  readonly launches: number;
  /** Over all launches; undefined where the timeline has graphs as a whole. */
  readonly kernelTime?: Nanoseconds;
  /** Longest first, the {@link MOST_KERNELS} that take most. */
  readonly kernels: readonly {
    readonly name: string;
    readonly count: number;
    readonly total: Nanoseconds;
    /** Of the descriptor's kernel time. */
    readonly share: Share;
  }[];
}

/** Between two readings of the experts' counters, in the session's time. */
export interface MoeInterval {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  /** Standard deviation of the loads against their mean, of the worst layer; NaN where it is not told. */
  readonly deviation: Share;
  /** Busiest against least busy, of the worst layer; NaN where one had nothing. */
  readonly ratio: number;
  readonly launches: number;
  readonly kernelTime: Nanoseconds;
  /** A launch, on average; NaN without one. */
  readonly average: Nanoseconds;
}

export interface BesideTimeline {
  /** Why the two cannot be lined up. */
  readonly problem?: 'no-session-clock' | 'no-profile-clock' | 'apart';
  /** What to add to a session's time to have the profile's. */
  readonly offset?: Nanoseconds;
  /** From the timeline's first kernel to its last, in the session's time. */
  readonly extent?: readonly [start: Nanoseconds, end: Nanoseconds];
  /** Most launched first. */
  readonly descriptors: readonly DescriptorKernels[];
  readonly moe: readonly MoeInterval[];
}

const MOST_KERNELS = 12;
/** A launch so long after a process's last step is of something else. */
const SLACK = 1e9;

/** @param span of the session, as `sessionExtent` has it */
export function besideTimeline(
  session: Session,
  analysis: Analysis,
  span: readonly [Nanoseconds, Nanoseconds] | undefined,
  scope: SessionScope = {},
): BesideTimeline {
  const { capture, kernels } = analysis.profile;
  const nothing = { descriptors: [], moe: [] };
  if (session.utcEpoch === undefined) return { problem: 'no-session-clock', ...nothing };
  const offset = offsetTo(session, capture.utcEpoch);
  if (offset === undefined) return { problem: 'no-profile-clock', ...nothing };
  let [first, last] = [Infinity, -Infinity];
  for (let row = 0; row < kernels.length; row++) {
    first = Math.min(first, kernels.start[row]);
    last = Math.max(last, kernels.end[row]);
  }
  const extent = [first - offset, last - offset] as const;
  if (span === undefined || !(extent[0] <= span[1] && extent[1] >= span[0])) {
    return { problem: 'apart', offset, ...nothing };
  }
  return {
    offset,
    extent,
    descriptors: descriptors(session, analysis, offset, scope),
    moe: moeIntervals(session, analysis, offset, extent, scope),
  };
}

interface Tally {
  readonly graphs: Map<number, number>;
  readonly kernels: Map<number, { count: number; total: number }>;
  launches: number;
  kernelTime: number;
}

/**
 * Each graph launch is of the step under way when its call began, in the process of the
 * same pid; where the session knows none of the pids (another namespace), in the one process
 * that ran steps, if it is one.
 */
function descriptors(
  session: Session,
  analysis: Analysis,
  offset: Nanoseconds,
  { process: only, window }: SessionScope,
): readonly DescriptorKernels[] {
  const { profile, launches } = analysis;
  const { api, kernels, graphTraces, streams } = profile;
  const indices = session.processes
    .map((_, process) => new StepIndex(session, process))
    .filter(({ length, process }) => length > 0 && (only === undefined || process === only));
  const same = profile.processes.map(({ pid }) =>
    indices.find(({ process }) => session.processes[process].pid === pid),
  );
  const strange = same.every((index) => index === undefined) && indices.length === 1;
  const indexOf = strange ? same.map(() => indices[0]) : same;
  const tallies = new Map<string, Tally>();
  // All kernels of a replay share their call: what is known of it is looked up once.
  const known = new Map<number, Tally | undefined>();
  const tallyOf = (call: number, stream: number, graph: number): Tally | undefined => {
    if (call === NONE) return undefined;
    if (known.has(call)) return known.get(call);
    const index = indexOf[streams[stream].process];
    const time = api.start[call] - offset;
    const inWindow = window === undefined || (time >= window[0] && time <= window[1]);
    const [place] =
      index === undefined || !inWindow
        ? [-1]
        : index.assign(Float64Array.of(api.start[call]), offset, SLACK);
    const descriptor = place < 0 ? '' : index!.step(place).descriptor;
    let tally: Tally | undefined;
    if (descriptor !== '' && descriptor !== 'NONE') {
      tally = tallies.get(descriptor);
      if (tally === undefined) {
        tally = { graphs: new Map(), kernels: new Map(), launches: 0, kernelTime: 0 };
        tallies.set(descriptor, tally);
      }
      tally.launches++;
      tally.graphs.set(graph, (tally.graphs.get(graph) ?? 0) + 1);
    }
    known.set(call, tally);
    return tally;
  };
  for (let row = 0; row < kernels.length; row++) {
    if (!isInGraph(profile, row)) continue;
    const graph = kernels.graphId?.[row] ?? 0;
    const tally = tallyOf(launches.kernels[row], kernels.stream[row], graph);
    if (tally === undefined) continue;
    const time = lengthOf(kernels.start[row], kernels.end[row]);
    const { name } = profile.shapes[kernels.shape[row]];
    const sum = tally.kernels.get(name);
    if (sum === undefined) tally.kernels.set(name, { count: 1, total: time });
    else {
      sum.count++;
      sum.total += time;
    }
    tally.kernelTime += time;
  }
  for (let row = 0; row < graphTraces.length; row++) {
    const graph = graphTraces.graphId[row] || graphTraces.graphExecId[row];
    tallyOf(launches.graphTraces[row], graphTraces.stream[row], graph);
  }
  return [...tallies]
    .map(([descriptor, tally]) => ({
      descriptor,
      graphs: [...tally.graphs].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([id]) => id),
      launches: tally.launches,
      ...(tally.kernels.size > 0 && { kernelTime: tally.kernelTime }),
      kernels: [...tally.kernels]
        .sort((a, b) => b[1].total - a[1].total)
        .slice(0, MOST_KERNELS)
        .map(([name, { count, total }]) => ({
          name: profile.strings.get(name),
          count,
          total,
          share: tally.kernelTime > 0 ? total / tally.kernelTime : 0,
        })),
    }))
    .sort((a, b) => b.launches - a.launches);
}

/** Only intervals that the timeline covers from end to end: of others it has a part of the kernels. */
function moeIntervals(
  session: Session,
  analysis: Analysis,
  offset: Nanoseconds,
  [from, to]: readonly [Nanoseconds, Nanoseconds],
  { window }: SessionScope,
): readonly MoeInterval[] {
  const { imbalance } = session;
  const worst = new Map<number, { deviation: number; ratio: number }>();
  for (let row = 0; row < imbalance.length; row++) {
    const time = imbalance.time[row];
    if (Number.isNaN(time)) continue;
    const at = worst.get(time) ?? { deviation: NaN, ratio: NaN };
    const deviation = imbalance.deviation[row] / imbalance.mean[row];
    if (!(at.deviation >= deviation) && !Number.isNaN(deviation)) at.deviation = deviation;
    if (!(at.ratio >= imbalance.ratio[row]) && !Number.isNaN(imbalance.ratio[row]))
      at.ratio = imbalance.ratio[row];
    worst.set(time, at);
  }
  const times = Float64Array.from(worst.keys()).sort();
  const launches = new Uint32Array(times.length);
  const kernelTime = new Float64Array(times.length);
  const { profile, classes } = analysis;
  const moe = COMPONENTS.indexOf('moe');
  const { kernels } = profile;
  for (let row = 0; row < kernels.length; row++) {
    if (classes.component[kernels.shape[row]] !== moe) continue;
    const place = lastAtOrBefore(times, kernels.start[row] - offset);
    if (place < 0) continue;
    launches[place]++;
    kernelTime[place] += lengthOf(kernels.start[row], kernels.end[row]);
  }
  // A row is of what came since the one before: the kernels from `place` belong to the next row.
  return Array.from({ length: Math.max(0, times.length - 1) }, (_, place) => ({
    start: times[place],
    end: times[place + 1],
    ...worst.get(times[place + 1])!,
    launches: launches[place],
    kernelTime: kernelTime[place],
    average: launches[place] > 0 ? kernelTime[place] / launches[place] : NaN,
  })).filter(
    ({ start, end }) =>
      start >= from &&
      end <= to &&
      (window === undefined || (start >= window[0] && end <= window[1])),
  );
}
