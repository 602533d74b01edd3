/** Copies and fills: how much, which way, how fast, from which kind of memory. */
import { CopyKind, MemoryKind, NONE, type Profile } from '../profile/model';
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { lengthOf, orderBy, UnionLength } from './intervals';
import { ACTIVITY_KINDS, deviceOfStream, inScope, sweepActivities } from './selection';

/**
 * No device moves bytes faster: the fastest memory on one does some 8 TB/s, the largest
 * caches below twice that. What comes out above has a size or a time that was recorded
 * wrong, as nsys does of some fills.
 */
export const FASTEST_MEMORY: BytesPerSecond = 20e12;

export interface TransferRow {
  /** `Host-to-Device`, `Device-to-Host`, `Device-to-Device`, `Peer-to-Peer`, `memset`, … as nsys names them. */
  readonly operation: string;
  /** Source and target kind, e.g. `pageable → device`; empty for fills. */
  readonly memory: string;
  readonly pageable: boolean;
  readonly count: number;
  /** Of those whose size was recorded; undefined where none was. */
  readonly bytes?: Bytes;
  readonly total: Nanoseconds;
  /** Of the time of all transfers in scope. */
  readonly share: Share;
  /** Sum of bytes / sum of time of those with a size; undefined where that time is 0. */
  readonly bandwidth?: BytesPerSecond;
  /** The bandwidth is what was recorded, and above {@link FASTEST_MEMORY}. */
  readonly impossible: boolean;
  readonly average: Nanoseconds;
  readonly max: Nanoseconds;
  readonly averageSize?: Bytes;
}

export interface MemoryResult {
  /** By time, descending. */
  readonly transfers: readonly TransferRow[];
  /**
   * Allocation trace, absent where the capture has none (--cuda-memory-usage).
   * What was allocated before the capture shows only once it is freed, so the
   * figures are a lower bound.
   */
  readonly allocated?: {
    readonly peak: Bytes;
    readonly end: Bytes;
    /** At most 1000 points of bytes held on the device over time. */
    readonly series: readonly { readonly time: Nanoseconds; readonly bytes: Bytes }[];
  };
  /** Waits recorded on the device side; empty within a phase, as they belong to no step. */
  readonly synchronizations: readonly { kind: string; count: number; total: Nanoseconds }[];
}

const COPY_NAMES: Readonly<Record<number, string>> = {
  [CopyKind.HostToDevice]: 'Host-to-Device',
  [CopyKind.DeviceToHost]: 'Device-to-Host',
  [CopyKind.HostToArray]: 'Host-to-Array',
  [CopyKind.ArrayToHost]: 'Array-to-Host',
  [CopyKind.ArrayToArray]: 'Array-to-Array',
  [CopyKind.ArrayToDevice]: 'Array-to-Device',
  [CopyKind.DeviceToArray]: 'Device-to-Array',
  [CopyKind.DeviceToDevice]: 'Device-to-Device',
  [CopyKind.HostToHost]: 'Host-to-Host',
  [CopyKind.PeerToPeer]: 'Peer-to-Peer',
  [CopyKind.UnifiedHostToDevice]: 'Unified Host-to-Device',
  [CopyKind.UnifiedDeviceToHost]: 'Unified Device-to-Host',
  [CopyKind.UnifiedDeviceToDevice]: 'Unified Device-to-Device',
};

const MEMORY_NAMES: Readonly<Record<number, string>> = {
  [MemoryKind.Pageable]: 'pageable',
  [MemoryKind.Pinned]: 'pinned',
  [MemoryKind.Device]: 'device',
  [MemoryKind.Array]: 'array',
  [MemoryKind.Managed]: 'managed',
  [MemoryKind.DeviceStatic]: 'device static',
  [MemoryKind.ManagedStatic]: 'managed static',
};

const SYNCHRONIZATION_NAMES: Readonly<Record<number, string>> = {
  1: 'Event sync',
  2: 'Stream wait sync',
  3: 'Stream sync',
  4: 'Context sync',
};

/** nsys's label of a copy kind, without `[CUDA memcpy …]`. */
export function copyName(kind: number): string {
  return COPY_NAMES[kind] ?? 'Unknown';
}

/** The driver moves unified memory on its own account, and nsys records no kind with it. */
function memoryName(kind: number, copy: number): string {
  return MEMORY_NAMES[kind] ?? (copyName(copy).startsWith('Unified') ? 'managed' : 'unknown');
}

interface Sum {
  count: number;
  bytes: Bytes;
  /** Number and time of those whose size is known. */
  sized: number;
  sizedTime: Nanoseconds;
  total: Nanoseconds;
  max: Nanoseconds;
}

function add(sums: Map<number, Sum>, key: number, time: Nanoseconds, bytes: Bytes): void {
  let sum = sums.get(key);
  if (!sum) sums.set(key, (sum = { count: 0, bytes: 0, sized: 0, sizedTime: 0, total: 0, max: 0 }));
  sum.count += 1;
  sum.total += time;
  if (bytes >= 0) {
    sum.bytes += bytes;
    sum.sized += 1;
    sum.sizedTime += time;
  }
  if (time > sum.max) sum.max = time;
}

const row = (
  operation: string,
  memory: string,
  pageable: boolean,
  sum: Sum,
  all: Nanoseconds,
): TransferRow => {
  const bandwidth = sum.sizedTime > 0 ? sum.bytes / (sum.sizedTime * 1e-9) : undefined;
  return {
    operation,
    memory,
    pageable,
    count: sum.count,
    bytes: sum.sized > 0 ? sum.bytes : undefined,
    total: sum.total,
    share: all > 0 ? sum.total / all : 0,
    bandwidth,
    impossible: bandwidth !== undefined && bandwidth > FASTEST_MEMORY,
    average: sum.total / sum.count,
    max: sum.max,
    averageSize: sum.sized > 0 ? sum.bytes / sum.sized : undefined,
  };
};

function transferRows(analysis: Analysis, scope: Scope): TransferRow[] {
  const { memcpys, memsets } = analysis.profile;
  const copies = new Map<number, Sum>();
  const fills = new Map<number, Sum>();
  const copyScope = inScope(analysis, 'memcpys', scope);
  for (let i = 0; i < memcpys.length; i++) {
    if (copyScope && !copyScope[i]) continue;
    const key = (memcpys.kind[i] << 16) | (memcpys.source[i] << 8) | memcpys.target[i];
    add(copies, key, lengthOf(memcpys.start[i], memcpys.end[i]), memcpys.bytes[i]);
  }
  const fillScope = inScope(analysis, 'memsets', scope);
  for (let i = 0; i < memsets.length; i++) {
    if (fillScope && !fillScope[i]) continue;
    add(fills, 0, lengthOf(memsets.start[i], memsets.end[i]), memsets.bytes[i]);
  }

  let all = 0;
  for (const sums of [copies, fills]) for (const sum of sums.values()) all += sum.total;
  const rows: TransferRow[] = [];
  for (const [key, sum] of copies) {
    const [source, target]: MemoryKind[] = [(key >> 8) & 0xff, key & 0xff];
    const copy = key >> 16;
    const memory = `${memoryName(source, copy)} → ${memoryName(target, copy)}`;
    const pageable = source === MemoryKind.Pageable || target === MemoryKind.Pageable;
    rows.push(row(copyName(copy), memory, pageable, sum, all));
  }
  for (const sum of fills.values()) rows.push(row('memset', '', false, sum, all));
  return rows.sort((a, b) => b.total - a.total || b.count - a.count || compare(a, b));
}

const compare = (a: TransferRow, b: TransferRow): number =>
  a.operation + a.memory < b.operation + b.memory ? -1 : 1;

const SERIES_POINTS = 1000;

/** Host memory appears in the same trace, and is not held on the device. */
const onDevice = (kind: MemoryKind): boolean =>
  kind !== MemoryKind.Pageable && kind !== MemoryKind.Pinned;

function allocated(profile: Profile, scope: Scope): MemoryResult['allocated'] {
  const { allocations } = profile;
  if (!profile.has.allocations) return undefined;
  const devices = scope.devices && new Set(scope.devices);
  const order = orderBy(allocations.time).filter(
    (i) =>
      onDevice(allocations.kind[i]) &&
      allocations.bytes[i] >= 0 &&
      (!devices || devices.has(allocations.device[i])),
  );

  let held = 0;
  let lowest = 0;
  for (const i of order) {
    held += allocations.operation[i] === 1 ? -allocations.bytes[i] : allocations.bytes[i];
    if (held < lowest) lowest = held;
  }
  // A block freed without having been allocated was there before the capture.
  held = -lowest;
  let before = held;
  const points: { time: Nanoseconds; bytes: Bytes }[] = [];
  const [from, to] = scope.window ?? [-Infinity, Infinity];
  for (const i of order) {
    const time = allocations.time[i];
    if (time >= to) break;
    held += allocations.operation[i] === 1 ? -allocations.bytes[i] : allocations.bytes[i];
    if (time < from) before = held;
    else points.push({ time, bytes: held });
  }
  let peak = before;
  for (const point of points) if (point.bytes > peak) peak = point.bytes;
  return { peak, end: held, series: thin(points) };
}

/** Keeps the highest and the lowest point of each stretch, so that no peak disappears. */
function thin<P extends { bytes: Bytes }>(points: readonly P[]): readonly P[] {
  if (points.length <= SERIES_POINTS) return points;
  const kept: P[] = [];
  const stretches = SERIES_POINTS / 2;
  for (let s = 0; s < stretches; s++) {
    const first = Math.floor((s * points.length) / stretches);
    const last = Math.floor(((s + 1) * points.length) / stretches);
    let [low, high] = [first, first];
    for (let i = first; i < last; i++) {
      if (points[i].bytes < points[low].bytes) low = i;
      if (points[i].bytes >= points[high].bytes) high = i;
    }
    for (const i of new Set([Math.min(low, high), Math.max(low, high)])) kept.push(points[i]);
  }
  return kept;
}

function synchronizations(profile: Profile, scope: Scope): MemoryResult['synchronizations'] {
  if (scope.phase) return [];
  const table = profile.synchronizations;
  const devices = scope.devices && new Set(scope.devices);
  const [from, to] = scope.window ?? [-Infinity, Infinity];
  const sums = new Map<number, Sum>();
  for (let i = 0; i < table.length; i++) {
    const start = table.start[i];
    if (!(start >= from && start < to) && scope.window) continue;
    if (devices && !devices.has(profile.streams[table.stream[i]]?.device ?? -1)) continue;
    add(sums, table.kind[i], lengthOf(start, table.end[i]), 0);
  }
  return [...sums]
    .map(([kind, sum]) => ({
      kind: SYNCHRONIZATION_NAMES[kind] ?? 'Unknown',
      count: sum.count,
      total: sum.total,
    }))
    .sort((a, b) => b.total - a.total || b.count - a.count);
}

export function memory(analysis: Analysis, scope: Scope): MemoryResult {
  return analysis.scoped('memory', scope, () => ({
    transfers: transferRows(analysis, scope),
    allocated: allocated(analysis.profile, scope),
    synchronizations: synchronizations(analysis.profile, scope),
  }));
}

/**
 * Time in which copies that belong to steps are all that runs on their device.
 * Pageable memory is left out: what it costs is the CPU's staging, told apart
 * by {@link TransferRow.pageable}.
 */
export function soleCopyTime(analysis: Analysis, scope: Scope): Nanoseconds {
  return analysis.scoped('soleCopyTime', scope, () => {
    const { memcpys, devices } = analysis.profile;
    const deviceOf = deviceOfStream(analysis);
    const streams = ACTIVITY_KINDS.map((kind) => analysis.profile[kind].stream);
    const stepOf = analysis.attribution.memcpys;
    const others = new UnionLength(devices.length);
    const all = new UnionLength(devices.length);
    sweepActivities(analysis, scope, (kind, row, start, end) => {
      const device = deviceOf[streams[kind][row]];
      all.add(device, start, end);
      const isCopyOfStep =
        ACTIVITY_KINDS[kind] === 'memcpys' &&
        stepOf[row] !== NONE &&
        memcpys.source[row] !== Number(MemoryKind.Pageable) &&
        memcpys.target[row] !== Number(MemoryKind.Pageable);
      if (!isCopyOfStep) others.add(device, start, end);
    });
    return all.total - others.total;
  });
}
