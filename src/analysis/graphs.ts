/** CUDA graphs: how they were traced, how much of the work they carry. */
import type { ActivityTable, EventTable, Profile } from '../profile/model';
import type { Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { lengthOf } from './intervals';
import { inScope, isInGraph, isTimed } from './selection';
import { graphLaunches, unrecordedIn } from './unrecorded';

/**
 * How the capture shows graphs. `node`: their kernels one by one; `graph`: a
 * row a launch, kernels hidden; `mixed`: both; `none`: no graph was launched;
 * `hidden`: graphs were launched (API calls) and the capture has no trace of what ran.
 */
export type GraphTraceMode = 'node' | 'graph' | 'mixed' | 'none' | 'hidden';

/** Up to this part of graph launches may be missing without making shares of GPU time untrue. */
const MISSED: Share = 0.1;

/** Whether the capture holds the work of all but a few of the graphs that were launched. */
export const isWhole = (graphs: {
  readonly unrecorded: number;
  readonly launchCalls: number;
}): boolean => graphs.unrecorded <= MISSED * graphs.launchCalls;

export interface GraphRow {
  /** The capture's own number of the graph; where it has none, its lowest node's number. */
  readonly graphId: number;
  /** Graph numbers are unique within a process only. */
  readonly pid: number;
  /** Launches: distinct (process, correlation). */
  readonly replays: number;
  /** Undefined in graph mode. */
  readonly kernelsPerReplay?: number;
  readonly kernels: number;
  /** Node mode: sum of kernel durations; graph mode: sum of launch durations. Undefined where a launch was not timed. */
  readonly total?: Nanoseconds;
  readonly averageReplay?: Nanoseconds;
  readonly share?: Share;
}

export interface GraphsResult {
  /** Of the capture as a whole, whatever the scope. */
  readonly mode: GraphTraceMode;
  /** cudaGraphLaunch, cuGraphLaunch and hipGraphLaunch calls recorded. */
  readonly launchCalls: number;
  readonly replays: number;
  readonly distinctGraphs: number;
  readonly kernelsInside: number;
  readonly kernelsOutside: number;
  readonly timeInside: Nanoseconds;
  readonly timeOutside: Nanoseconds;
  /** Replays of which the launch is known and the time is not: they are in no sum of times. */
  readonly untimed: number;
  /** Launches of which no time was recorded, be it with a row or without: see `unrecorded.ts`. */
  readonly unrecorded: number;
  /** timeInside / (timeInside + timeOutside): of the GPU's kernel (and graph) time. Undefined where there is none, or not all of it is known. */
  readonly coverage?: Share;
  /** Of the API time: mean time in the launching call. */
  readonly launchTime?: Nanoseconds;
  /** By time, descending. */
  readonly graphs: readonly GraphRow[];
}

const CORRELATIONS = 2 ** 32;

function traceMode(analysis: Analysis): GraphTraceMode {
  return analysis.once('graphs.mode', () => {
    const { kernels, graphTraces } = analysis.profile;
    let node = false;
    for (let i = 0; i < kernels.length && !node; i++) node = isInGraph(analysis.profile, i);
    if (node) return graphTraces.length > 0 ? 'mixed' : 'node';
    if (graphTraces.length > 0) return 'graph';
    return graphLaunches(analysis).length > 0 ? 'hidden' : 'none';
  });
}

interface GraphSum {
  readonly process: number;
  readonly graphId: number;
  /** Whether its kernels were seen one by one. */
  readonly nodes: boolean;
  replays: number;
  untimed: number;
  kernels: number;
  total: Nanoseconds;
}

const length = (table: EventTable, i: number): Nanoseconds =>
  lengthOf(table.start[i], table.end[i]);

/** A key of (process, correlation): one replay. Exact: both fit into 53 bits. */
const replayKey = (profile: Profile, table: ActivityTable, i: number): number =>
  profile.streams[table.stream[i]].process * CORRELATIONS + table.correlation[i];

/**
 * Replays as rows: all kernels of one replay share a correlation id, and lie
 * mostly side by side, so that neighbours are put together before sorting.
 */
function sumKernels(analysis: Analysis, scope: Scope, sums: Map<string, GraphSum>) {
  const { profile } = analysis;
  const { kernels } = profile;
  const scoped = inScope(analysis, 'kernels', scope);
  const outside = { kernels: 0, time: 0 };
  if (!kernels.graphNode && !kernels.graphId) {
    for (let i = 0; i < kernels.length; i++) {
      if (scoped && !scoped[i]) continue;
      outside.kernels += 1;
      outside.time += length(kernels, i);
    }
    return outside;
  }

  let runs = 0;
  let previous = -1;
  for (let i = 0; i < kernels.length; i++) {
    if ((scoped && !scoped[i]) || !isInGraph(profile, i)) continue;
    const key = replayKey(profile, kernels, i);
    if (key !== previous) runs += 1;
    previous = key;
  }
  const sorted = new Float64Array(runs);
  previous = -1;
  runs = 0;
  for (let i = 0; i < kernels.length; i++) {
    if ((scoped && !scoped[i]) || !isInGraph(profile, i)) continue;
    const key = replayKey(profile, kernels, i);
    if (key !== previous) sorted[runs++] = key;
    previous = key;
  }
  sorted.sort();
  let replays = 0;
  for (const key of sorted) {
    if (replays === 0 || sorted[replays - 1] !== key) sorted[replays++] = key;
  }
  const keys = sorted.subarray(0, replays);

  const count = new Uint32Array(replays);
  const time = new Float64Array(replays);
  const graph = new Float64Array(replays);
  const lowestNode = new Float64Array(replays).fill(Infinity);
  let replay = -1;
  previous = -1;
  for (let i = 0; i < kernels.length; i++) {
    if (scoped && !scoped[i]) continue;
    if (!isInGraph(profile, i)) {
      outside.kernels += 1;
      outside.time += length(kernels, i);
      continue;
    }
    const key = replayKey(profile, kernels, i);
    if (key !== previous) replay = search(keys, key);
    previous = key;
    count[replay] += 1;
    time[replay] += length(kernels, i);
    graph[replay] = kernels.graphId?.[i] || graph[replay];
    const node = kernels.graphNode?.[i] ?? 0;
    if (node > 0 && node < lowestNode[replay]) lowestNode[replay] = node;
  }
  for (let r = 0; r < replays; r++) {
    const sum = sumOf(sums, Math.floor(keys[r] / CORRELATIONS), graph[r] || lowestNode[r], true);
    sum.replays += 1;
    sum.kernels += count[r];
    sum.total += time[r];
  }
  return outside;
}

function search(keys: Float64Array, key: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sumOf(
  sums: Map<string, GraphSum>,
  process: number,
  graphId: number,
  nodes: boolean,
): GraphSum {
  const key = `${process} ${graphId} ${nodes}`;
  let sum = sums.get(key);
  if (!sum) {
    sums.set(
      key,
      (sum = { process, graphId, nodes, replays: 0, untimed: 0, kernels: 0, total: 0 }),
    );
  }
  return sum;
}

function sumGraphTraces(analysis: Analysis, scope: Scope, sums: Map<string, GraphSum>): void {
  const { graphTraces, streams } = analysis.profile;
  const scoped = inScope(analysis, 'graphTraces', scope);
  for (let i = 0; i < graphTraces.length; i++) {
    if (scoped && !scoped[i]) continue;
    const graphId = graphTraces.graphId[i] || graphTraces.graphExecId[i];
    const sum = sumOf(sums, streams[graphTraces.stream[i]].process, graphId, false);
    sum.replays += 1;
    if (isTimed(graphTraces, i)) sum.total += length(graphTraces, i);
    else sum.untimed += 1;
  }
}

/** Launch calls in scope: within the window, and of work in scope where the scope is by device or phase. */
function launchCalls(analysis: Analysis, scope: Scope): { count: number; time?: Nanoseconds } {
  const { api, kernels, graphTraces } = analysis.profile;
  const rows = graphLaunches(analysis);
  let launched: Uint8Array | undefined;
  if (scope.devices || scope.phase) {
    launched = new Uint8Array(api.length);
    const links = analysis.launches;
    for (const [kind, table] of [
      ['kernels', kernels],
      ['graphTraces', graphTraces],
    ] as const) {
      const scoped = inScope(analysis, kind, scope);
      for (let i = 0; i < table.length; i++) {
        const call = links[kind][i];
        if (call >= 0 && (!scoped || scoped[i])) launched[call] = 1;
      }
    }
    for (const call of unrecordedIn(analysis, scope)) launched[call] = 1;
  }
  let count = 0;
  let time = 0;
  for (const i of rows) {
    const start = api.start[i];
    if (
      launched
        ? !launched[i]
        : scope.window && !(start >= scope.window[0] && start < scope.window[1])
    ) {
      continue;
    }
    count += 1;
    time += length(api, i);
  }
  return { count, time: count > 0 ? time / count : undefined };
}

export function graphs(analysis: Analysis, scope: Scope): GraphsResult {
  return analysis.scoped('graphs', scope, () => {
    const mode = traceMode(analysis);
    const sums = new Map<string, GraphSum>();
    const outside = sumKernels(analysis, scope, sums);
    sumGraphTraces(analysis, scope, sums);

    let timeInside = 0;
    let kernelsInside = 0;
    let replays = 0;
    let untimed = 0;
    for (const sum of sums.values()) {
      untimed += sum.untimed;
      timeInside += sum.total;
      kernelsInside += sum.kernels;
      replays += sum.replays;
    }
    const all = timeInside + outside.time;
    const calls = launchCalls(analysis, scope);
    const unrecorded = unrecordedIn(analysis, scope).length;
    const complete = mode !== 'hidden' && untimed === 0 && unrecorded === 0;
    const rows = [...sums.values()].map((sum): GraphRow => ({
      graphId: sum.graphId,
      pid: analysis.profile.processes[sum.process]?.pid ?? 0,
      replays: sum.replays,
      kernelsPerReplay: sum.nodes ? sum.kernels / sum.replays : undefined,
      kernels: sum.kernels,
      ...(sum.untimed === 0 && {
        total: sum.total,
        averageReplay: sum.total / sum.replays,
        ...(untimed === 0 && unrecorded === 0 && { share: all > 0 ? sum.total / all : 0 }),
      }),
    }));
    return {
      mode,
      launchCalls: calls.count,
      replays,
      distinctGraphs: sums.size,
      kernelsInside,
      kernelsOutside: outside.kernels,
      timeInside,
      timeOutside: outside.time,
      untimed,
      unrecorded,
      coverage: complete && all > 0 ? timeInside / all : undefined,
      launchTime: calls.time,
      graphs: rows.sort(
        (a, b) => (b.total ?? 0) - (a.total ?? 0) || a.pid - b.pid || a.graphId - b.graphId,
      ),
    };
  });
}
