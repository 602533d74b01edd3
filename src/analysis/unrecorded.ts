/**
 * CUDA graphs that were launched and left no trace on the GPU: whole captures of them where the
 * profiler is older than the driver, single ones where a profiler loses events. What they ran is
 * in no sum; when they ran is known from both sides.
 */
import { NONE } from '../profile/model';
import type { Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import { PHASES } from '../profile/scope';
import type { Analysis } from './analysis';
import { endOf, orderBy } from './intervals';
import { ACTIVITY_KINDS, activityTable, isInGraph, isTimed } from './selection';
import { stepsOfCalls } from './steps';

const GRAPH_LAUNCH = /^(cu(da)?|hip)GraphLaunch(?![A-Za-z])/;

/** Rows of `profile.api` that launch a graph; by name, so once for the whole profile. */
export function graphLaunches(analysis: Analysis): Uint32Array {
  return analysis.once('graphLaunches', () => {
    const { api, strings } = analysis.profile;
    const isLaunch = new Uint8Array(strings.length);
    for (let id = 0; id < strings.length; id++) {
      if (GRAPH_LAUNCH.test(strings.get(id))) isLaunch[id] = 1;
    }
    const rows: number[] = [];
    for (let i = 0; i < api.length; i++) if (isLaunch[api.name[i]]) rows.push(i);
    return Uint32Array.from(rows);
  });
}

/** Fewer than these are lost at the ends of any capture. */
const FEW: Share = 0.01;

/**
 * Graph launches of which no activity has a time, as rows of `profile.api` in order of start.
 *
 * A call inside another launch of its thread (a driver's inside the runtime's) is the same launch.
 * Left out are processes whose graphs' kernels name no launching call, and, where others left a
 * trace, calls after the last of these: the capture had ended before their work began.
 */
export function unrecordedLaunches(analysis: Analysis): Uint32Array {
  return analysis.once('unrecordedLaunches', () => {
    const { profile, launches } = analysis;
    const { api, threads } = profile;
    const calls = graphLaunches(analysis);
    if (calls.length === 0) return calls;
    const seen = new Uint8Array(api.length);
    const vague = new Uint8Array(profile.processes.length);
    for (const kind of ACTIVITY_KINDS) {
      const table = activityTable(analysis, kind);
      for (let row = 0; row < table.length; row++) {
        const call = launches[kind][row];
        if (call !== NONE) {
          if (kind !== 'graphTraces' || isTimed(table, row)) seen[call] = 1;
        } else if (kind === 'graphTraces' || (kind === 'kernels' && isInGraph(profile, row))) {
          vague[profile.streams[table.stream[row]].process] = 1;
        }
      }
    }

    const order = orderBy(Float64Array.from(calls, (row) => api.start[row]));
    const outermost: number[] = [];
    const last = new Int32Array(threads.length).fill(NONE);
    for (const place of order) {
      const row = calls[place];
      const outer = last[api.thread[row]];
      if (outer !== NONE && api.start[row] < endOf(api.start[outer], api.end[outer])) {
        seen[outer] |= seen[row];
        continue;
      }
      last[api.thread[row]] = row;
      outermost.push(row);
    }
    const ends = new Float64Array(profile.processes.length).fill(-Infinity);
    const processOf = (row: number): number => threads[api.thread[row]].process;
    for (const row of outermost) if (seen[row]) ends[processOf(row)] = api.start[row];
    const missed = outermost.filter((row) => {
      const process = processOf(row);
      if (seen[row] || vague[process]) return false;
      return ends[process] === -Infinity || api.start[row] < ends[process];
    });
    return Uint32Array.from(missed.length < FEW * outermost.length ? [] : missed);
  });
}

/** Those of {@link unrecordedLaunches} that a scope holds: by the moment of the call, and its step. */
export function unrecordedIn(analysis: Analysis, scope: Scope): Uint32Array {
  const rows = unrecordedLaunches(analysis);
  if (rows.length === 0) return rows;
  const { api } = analysis.profile;
  const devices = scope.devices && new Set(scope.devices);
  const [from, to] = scope.window ?? [-Infinity, Infinity];
  const stepOf = scope.phase && stepsOfCalls(analysis.profile, analysis.steps);
  const phaseOf = (row: number): string => {
    const step = stepOf![row];
    return step === NONE ? 'unattributed' : PHASES[analysis.steps.phase[step]];
  };
  const hidden = hiddenTime(analysis);
  return rows.filter(
    (row, i) =>
      api.start[row] >= from &&
      api.start[row] < to &&
      (!devices || hidden.devices[i] === NONE || devices.has(hidden.devices[i])) &&
      (!stepOf || phaseOf(row) === scope.phase),
  );
}

/** When graphs of which nothing was recorded may have run, by device. */
export interface HiddenTime {
  /** Of each of {@link unrecordedLaunches}; NONE where nothing else of its process tells. */
  readonly devices: Int32Array;
  /** Nothing is hidden on any device. */
  readonly empty: boolean;
  /** The parts of a stretch of time in which none of them can have run, in order. */
  known(
    device: number,
    start: Nanoseconds,
    end: Nanoseconds,
  ): readonly (readonly [start: Nanoseconds, end: Nanoseconds])[];
}

/**
 * A graph runs after the call that launches it begins, and before the next kernel that its thread
 * launches: engines launch from one thread to one stream. Where no kernel follows, it may have run
 * until the end.
 */
export function hiddenTime(analysis: Analysis): HiddenTime {
  return analysis.once('hiddenTime', () => {
    const { profile } = analysis;
    const { api, kernels, streams } = profile;
    const rows = unrecordedLaunches(analysis);
    const next = nextKernels(analysis, rows);
    const usual = new Int32Array(profile.processes.length).fill(NONE);
    for (const { device, process } of streams) if (usual[process] === NONE) usual[process] = device;
    const devices = Int32Array.from(rows, (row, i) => {
      if (next[i] !== NONE) return streams[kernels.stream[next[i]]].device;
      return usual[profile.threads[api.thread[row]].process];
    });

    const stretches: { start: Nanoseconds; end: Nanoseconds }[][] = profile.devices.map(() => []);
    rows.forEach((row, i) => {
      if (devices[i] === NONE) return;
      const start = api.start[row];
      const end = next[i] === NONE ? Infinity : kernels.start[next[i]];
      const own = stretches[devices[i]];
      const before = own.at(-1);
      if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end);
      else if (end > start) own.push({ start, end });
    });
    return {
      devices,
      empty: stretches.every((own) => own.length === 0),
      known: (device, start, end) => without(stretches[device], start, end),
    };
  });
}

/** For each launch the kernel that its thread launched next; NONE where there is none. */
function nextKernels(of: Analysis, rows: Uint32Array): Int32Array {
  const { api, kernels, threads } = of.profile;
  const byThread = threads.map((): { at: number; place: number }[] => []);
  rows.forEach((row, place) => byThread[api.thread[row]].push({ at: api.start[row], place }));
  const next = new Int32Array(rows.length).fill(NONE);
  const earliest = new Float64Array(rows.length).fill(Infinity);
  if (rows.length === 0) return next;
  for (let kernel = 0; kernel < kernels.length; kernel++) {
    const call = of.launches.kernels[kernel];
    if (call === NONE) continue;
    const own = byThread[api.thread[call]];
    const following = firstNot(own, ({ at }) => at < api.start[call]);
    if (following === 0) continue;
    const { place } = own[following - 1];
    if (api.start[call] < earliest[place]) {
      earliest[place] = api.start[call];
      next[place] = kernel;
    } else if (
      api.start[call] === earliest[place] &&
      kernels.start[kernel] < kernels.start[next[place]]
    ) {
      // Of a graph's kernels, which share a call, the first.
      next[place] = kernel;
    }
  }
  // Of launches that follow each other the last one's holds for all.
  for (const own of byThread) {
    for (let i = own.length - 2; i >= 0; i--) {
      if (next[own[i].place] === NONE) next[own[i].place] = next[own[i + 1].place];
    }
  }
  return next;
}

/** Index of the first for which something does not hold that holds for all before it. */
function firstNot<T>(sorted: readonly T[], holds: (each: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

function without(
  stretches: readonly { start: Nanoseconds; end: Nanoseconds }[],
  start: Nanoseconds,
  end: Nanoseconds,
): (readonly [Nanoseconds, Nanoseconds])[] {
  const first = firstNot(stretches, (each) => each.end <= start);
  const parts: (readonly [Nanoseconds, Nanoseconds])[] = [];
  let from = start;
  for (let i = first; i < stretches.length && stretches[i].start < end; i++) {
    if (stretches[i].start > from) parts.push([from, stretches[i].start]);
    from = Math.max(from, stretches[i].end);
  }
  if (from < end) parts.push([from, end]);
  return parts;
}
