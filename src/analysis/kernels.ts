/** The kernel table: where the GPU's time went, by kernel, by geometry, by component. */
import type { Bytes, Nanoseconds, Share } from '../profile/units';
import { NONE, type LaunchShape } from '../profile/model';
import { PHASES, type Phase, type Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { COMPONENTS, type Component } from './components';
import { lengthOf } from './intervals';
import { inScope, startOrder } from './selection';
import { logHistogram, summarize, type Histogram } from './statistics';

export type KernelGrouping = 'kernel' | 'shortName' | 'geometry' | 'component';

export interface KernelRow {
  /** Names the row within its grouping; stable between requests and sessions. */
  readonly key: string;
  readonly name: string;
  readonly shortName: string;
  readonly component: Component;
  readonly instances: number;
  readonly total: Nanoseconds;
  /** Of the summed time of all kernels in scope. */
  readonly share: Share;
  readonly average: Nanoseconds;
  readonly median: Nanoseconds;
  readonly p95: Nanoseconds;
  readonly min: Nanoseconds;
  readonly max: Nanoseconds;
  /** Sample standard deviation (n - 1), as nsys prints it; 0 for one instance. */
  readonly stddev: Nanoseconds;
  /** Grid and block where all instances agree. */
  readonly grid?: readonly [x: number, y: number, z: number];
  readonly block?: readonly [x: number, y: number, z: number];
  /** How many distinct grid × block the instances have. */
  readonly geometries: number;
  readonly registers?: number;
  readonly staticSharedMemory?: Bytes;
  readonly dynamicSharedMemory?: Bytes;
  /** Rows of `profile.streams`. */
  readonly streams: readonly number[];
  readonly devices: readonly number[];
  /** Of the row's total time: spent in kernels launched by a CUDA graph. */
  readonly graphShare: Share;
  /**
   * Launch overhead, as nsys's cuda_kern_exec_sum defines it: mean time in the
   * launching call, over the instances that have one; mean time from its end to
   * the kernel's start, over those that did not start before it ended. Undefined
   * where there is no such instance.
   */
  readonly apiTime?: Nanoseconds;
  readonly queueTime?: Nanoseconds;
}

export interface KernelDetail {
  readonly row: KernelRow;
  readonly byPhase: readonly { phase: Phase; instances: number; total: Nanoseconds }[];
  readonly byStream: readonly {
    /** Row of `profile.streams`, and the number CUDA gives the stream. */
    stream: number;
    streamId: number;
    device: number;
    instances: number;
    total: Nanoseconds;
  }[];
  readonly byGeometry: readonly {
    grid: readonly [number, number, number];
    block: readonly [number, number, number];
    registers?: number;
    sharedMemory?: Bytes;
    instances: number;
    total: Nanoseconds;
  }[];
  /** Durations, logarithmic bins: `edges.length === counts.length + 1`. */
  readonly histogram: Histogram;
}

/** Kernel rows, by total time descending, ties by name. */
export function kernelTable(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
): readonly KernelRow[] {
  return analysis.scoped(`kernelTable ${grouping}`, scope, () => {
    const groups = groupShapes(analysis, grouping);
    const sums = new GroupSums(analysis, scope, groups);
    const table: KernelRow[] = [];
    for (let group = 0; group < groups.keys.length; group++) {
      if (sums.instancesOf(group) > 0) table.push(rowOf(analysis, groups, sums, group));
    }
    const all = table.reduce((sum, row) => sum + row.total, 0);
    return table
      .map((row) => ({ ...row, share: all > 0 ? row.total / all : 0 }))
      .sort((a, b) => b.total - a.total || compare(a.name, b.name) || compare(a.key, b.key));
  });
}

/** Rows of `profile.kernels` behind a {@link KernelRow}, in order of start. */
export function kernelInstances(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
  key: string,
): Uint32Array {
  const { groupOfShape, keys } = groupShapes(analysis, grouping);
  const group = keys.indexOf(key);
  if (group < 0) return new Uint32Array(0);
  const { shape } = analysis.profile.kernels;
  const mask = inScope(analysis, 'kernels', scope);
  return startOrder(analysis, 'kernels').filter(
    (row) => groupOfShape[shape[row]] === group && (!mask || mask[row] === 1),
  );
}

/** Undefined where nothing in scope has that key. */
export function kernelDetail(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
  key: string,
): KernelDetail | undefined {
  const row = kernelTable(analysis, scope, grouping).find((r) => r.key === key);
  if (!row) return undefined;
  const { kernels, streams, shapes } = analysis.profile;
  const { phase } = analysis.steps;
  const stepOf = analysis.attribution.kernels;
  const rows = kernelInstances(analysis, scope, grouping, key);
  const durations = Float64Array.from(rows, (r) => lengthOf(kernels.start[r], kernels.end[r]));
  const tally = <K>(keyOf: (row: number) => K) => tallyBy(rows, durations, keyOf);

  const unattributed = PHASES.indexOf('unattributed');
  const phases = tally((r) => (stepOf[r] === NONE ? unattributed : phase[stepOf[r]]));
  const geometries = new Map<string, { shape: LaunchShape; instances: number; total: number }>();
  for (const [index, { instances, total }] of tally((r) => kernels.shape[r])) {
    const shape = shapes[index];
    const text = `${geometryKey(shape)} ${shape.registers} ${sharedMemoryOf(shape)}`;
    const known = geometries.get(text) ?? { shape, instances: 0, total: 0 };
    known.instances += instances;
    known.total += total;
    geometries.set(text, known);
  }
  return {
    row,
    byPhase: [...phases]
      .sort((a, b) => a[0] - b[0])
      .map(([index, sums]) => ({ phase: PHASES[index], ...sums })),
    byStream: [...tally((r) => kernels.stream[r])]
      .map(([stream, sums]) => ({
        stream,
        streamId: streams[stream].id,
        device: streams[stream].device,
        ...sums,
      }))
      .sort((a, b) => b.total - a.total || a.stream - b.stream),
    byGeometry: [...geometries.values()]
      .map(({ shape, instances, total }) => ({
        grid: gridOf(shape),
        block: blockOf(shape),
        registers: shape.registers,
        sharedMemory: sharedMemoryOf(shape),
        instances,
        total,
      }))
      .sort((a, b) => b.total - a.total || b.instances - a.instances),
    histogram: logHistogram(durations, row.min, row.max),
  };
}

/** The groups of a grouping, each a set of launch shapes. */
interface ShapeGroups {
  readonly keys: readonly string[];
  readonly names: readonly string[];
  readonly shortNames: readonly string[];
  readonly groupOfShape: Uint32Array;
  /** Shapes of each group. */
  readonly members: readonly (readonly number[])[];
}

function groupShapes(analysis: Analysis, grouping: KernelGrouping): ShapeGroups {
  return analysis.once(`shapeGroups ${grouping}`, () => {
    const { shapes, strings } = analysis.profile;
    const keys: string[] = [];
    const names: string[] = [];
    const shortNames: string[] = [];
    const members: number[][] = [];
    const known = new Map<string, number>();
    const groupOfShape = Uint32Array.from(shapes, (shape, i) => {
      const full = strings.get(shape.name);
      const short = strings.get(shape.shortName);
      const component = COMPONENTS[analysis.classes.component[i]];
      const { key, name, shortName } = {
        kernel: { key: full, name: full, shortName: short },
        shortName: { key: short, name: short, shortName: short },
        geometry: { key: `${geometryKey(shape)} ${full}`, name: full, shortName: short },
        component: { key: component, name: component, shortName: component },
      }[grouping];
      let group = known.get(key);
      if (group === undefined) {
        group = keys.push(key) - 1;
        names.push(name);
        shortNames.push(shortName);
        members.push([]);
        known.set(key, group);
      }
      members[group].push(i);
      return group;
    });
    return { keys, names, shortNames, members, groupOfShape };
  });
}

/**
 * What is summed over the kernels of each group, in two passes over the table:
 * one counts, one deals the durations out by group (a counting sort) and sums
 * the rest. Both read the columns from front to back; going group by group
 * instead would cost a cache miss a kernel and column.
 */
class GroupSums {
  /** Durations, group after group, in the order of the file within one. */
  private readonly durations: Float64Array;
  private readonly offsets: Uint32Array;
  readonly timeOfShape: Float64Array;
  readonly instancesOfShape: Uint32Array;
  readonly streams: readonly Set<number>[];
  readonly timeInGraphs: Float64Array;
  /** Kernels with a launching call, and the time of those calls. */
  readonly calls: Uint32Array;
  readonly callTime: Float64Array;
  /** Kernels that did not start before the call ended, and the time in between. */
  readonly queued: Uint32Array;
  readonly queueTime: Float64Array;

  constructor(analysis: Analysis, scope: Scope, { keys, groupOfShape }: ShapeGroups) {
    const { kernels, api, shapes } = analysis.profile;
    const { length, shape, stream, start, end, graphNode } = kernels;
    const mask = inScope(analysis, 'kernels', scope);
    const launches = analysis.launches.kernels;
    this.timeOfShape = new Float64Array(shapes.length);
    this.instancesOfShape = new Uint32Array(shapes.length);
    this.streams = keys.map(() => new Set());
    this.timeInGraphs = new Float64Array(keys.length);
    this.calls = new Uint32Array(keys.length);
    this.callTime = new Float64Array(keys.length);
    this.queued = new Uint32Array(keys.length);
    this.queueTime = new Float64Array(keys.length);

    for (let row = 0; row < length; row++) {
      if (!mask || mask[row]) this.instancesOfShape[shape[row]]++;
    }
    this.offsets = new Uint32Array(keys.length + 1);
    groupOfShape.forEach((group, i) => (this.offsets[group + 1] += this.instancesOfShape[i]));
    for (let group = 0; group < keys.length; group++)
      this.offsets[group + 1] += this.offsets[group];
    this.durations = new Float64Array(this.offsets[keys.length]);

    const next = this.offsets.slice();
    const latestStream = new Int32Array(keys.length).fill(NONE);
    for (let row = 0; row < length; row++) {
      if (mask && !mask[row]) continue;
      const group = groupOfShape[shape[row]];
      const duration = lengthOf(start[row], end[row]);
      this.durations[next[group]++] = duration;
      this.timeOfShape[shape[row]] += duration;
      if (graphNode !== undefined && graphNode[row] !== 0) this.timeInGraphs[group] += duration;
      if (latestStream[group] !== stream[row]) {
        latestStream[group] = stream[row];
        this.streams[group].add(stream[row]);
      }
      const call = launches[row];
      if (call === NONE) continue;
      this.calls[group]++;
      this.callTime[group] += lengthOf(api.start[call], api.end[call]);
      const queue = start[row] - api.end[call];
      if (queue >= 0) {
        this.queued[group]++;
        this.queueTime[group] += queue;
      }
    }
  }

  instancesOf(group: number): number {
    return this.offsets[group + 1] - this.offsets[group];
  }

  durationsOf(group: number): Float64Array {
    return this.durations.subarray(this.offsets[group], this.offsets[group + 1]);
  }
}

/** The row of a group that has instances; its share still has to be filled in. */
function rowOf(analysis: Analysis, groups: ShapeGroups, sums: GroupSums, group: number): KernelRow {
  const { streams } = analysis.profile;
  const summary = summarize(sums.durationsOf(group));
  const own = [...sums.streams[group]].sort((a, b) => a - b);
  const calls = sums.calls[group];
  const queued = sums.queued[group];
  return {
    key: groups.keys[group],
    name: groups.names[group],
    shortName: groups.shortNames[group],
    ...commonFacts(analysis, sums, groups.members[group]),
    instances: sums.instancesOf(group),
    share: 0,
    ...summary,
    streams: own,
    devices: [...new Set(own.map((stream) => streams[stream].device))].sort((a, b) => a - b),
    graphShare: summary.total > 0 ? sums.timeInGraphs[group] / summary.total : 0,
    apiTime: calls > 0 ? sums.callTime[group] / calls : undefined,
    queueTime: queued > 0 ? sums.queueTime[group] / queued : undefined,
  };
}

/** What those of a group's shapes that were launched have in common. */
function commonFacts({ profile, classes }: Analysis, sums: GroupSums, members: readonly number[]) {
  const launched = members.filter((i) => sums.instancesOfShape[i] > 0);
  const shapes = launched.map((i) => profile.shapes[i]);
  const common = <T>(value: (shape: LaunchShape) => T): T | undefined => {
    const first = value(shapes[0]);
    return shapes.every((shape) => value(shape) === first) ? first : undefined;
  };
  const same = (size: (shape: LaunchShape) => readonly number[]): boolean =>
    common((shape) => size(shape).join()) !== undefined;
  // Short names can be shared by kernels of several components: the one with the most time.
  const times = new Float64Array(COMPONENTS.length);
  for (const i of launched) times[classes.component[i]] += sums.timeOfShape[i];
  const component = launched
    .map((i) => classes.component[i])
    .reduce((most, other) => (times[other] > times[most] ? other : most));
  return {
    component: COMPONENTS[component],
    grid: same(gridOf) ? gridOf(shapes[0]) : undefined,
    block: same(blockOf) ? blockOf(shapes[0]) : undefined,
    geometries: new Set(shapes.map(geometryKey)).size,
    registers: common((shape) => shape.registers),
    staticSharedMemory: common((shape) => shape.staticSharedMemory),
    dynamicSharedMemory: common((shape) => shape.dynamicSharedMemory),
  };
}

function tallyBy<K>(rows: Uint32Array, durations: Float64Array, keyOf: (row: number) => K) {
  const sums = new Map<K, { instances: number; total: number }>();
  rows.forEach((row, i) => {
    const key = keyOf(row);
    const sum = sums.get(key) ?? { instances: 0, total: 0 };
    sum.instances++;
    sum.total += durations[i];
    sums.set(key, sum);
  });
  return sums;
}

function gridOf(shape: LaunchShape) {
  return [shape.gridX, shape.gridY, shape.gridZ] as const;
}

function blockOf(shape: LaunchShape) {
  return [shape.blockX, shape.blockY, shape.blockZ] as const;
}

function geometryKey(shape: LaunchShape): string {
  return `${gridOf(shape).join()}×${blockOf(shape).join()}`;
}

function sharedMemoryOf(shape: LaunchShape): Bytes | undefined {
  if (shape.staticSharedMemory === undefined && shape.dynamicSharedMemory === undefined) {
    return undefined;
  }
  return (shape.staticSharedMemory ?? 0) + (shape.dynamicSharedMemory ?? 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
