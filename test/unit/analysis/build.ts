/** Profiles in memory, written as rows, for tests of the analysis. */
import {
  MemoryKind,
  RangeKind,
  type Device,
  type Domain,
  type LaunchShape,
  type Process,
  type Profile,
  type Stream,
  type Thread,
  type TraceKind,
} from '../../../src/profile/model';
import { StringTable } from '../../../src/profile/strings';

interface EventRow {
  start: number;
  end: number;
}

interface ActivityRow extends EventRow {
  stream?: number;
  correlation?: number;
}

export interface KernelSpec extends ActivityRow {
  name?: string;
  shortName?: string;
  grid?: readonly [number, number, number];
  block?: readonly [number, number, number];
  registers?: number;
  staticSharedMemory?: number;
  dynamicSharedMemory?: number;
  graphNode?: number;
  graphId?: number;
}

export interface MemcpySpec extends ActivityRow {
  bytes?: number;
  kind?: number;
  source?: MemoryKind;
  target?: MemoryKind;
}

export interface MemsetSpec extends ActivityRow {
  bytes?: number;
  kind?: MemoryKind;
}

export interface GraphTraceSpec extends ActivityRow {
  graphId?: number;
  graphExecId?: number;
}

export interface ApiSpec extends EventRow {
  thread?: number;
  correlation?: number;
  name?: string;
}

export interface RangeSpec extends EventRow {
  name: string;
  thread?: number;
  kind?: RangeKind;
  domain?: number;
}

export interface AllocationSpec {
  time: number;
  bytes: number;
  operation?: 0 | 1;
  device?: number;
  process?: number;
  kind?: MemoryKind;
}

export interface SynchronizationSpec extends ActivityRow {
  kind?: number;
}

/** What is left out is one process, thread, default domain, device and stream; and no rows. */
export interface ProfileSpec {
  processes?: readonly Partial<Process>[];
  threads?: readonly Partial<Thread>[];
  devices?: readonly Partial<Device>[];
  streams?: readonly Partial<Stream>[];
  domains?: readonly Partial<Domain>[];
  kernels?: readonly KernelSpec[];
  memcpys?: readonly MemcpySpec[];
  memsets?: readonly MemsetSpec[];
  graphTraces?: readonly GraphTraceSpec[];
  synchronizations?: readonly SynchronizationSpec[];
  api?: readonly ApiSpec[];
  ranges?: readonly RangeSpec[];
  allocations?: readonly AllocationSpec[];
  has?: Partial<Record<TraceKind, boolean>>;
  capture?: Partial<Profile['capture']>;
}

export function buildProfile(spec: ProfileSpec): Profile {
  const strings = new StringTable();
  const shapes: LaunchShape[] = [];
  const shapeIndex = new Map<string, number>();
  const shapeOf = (kernel: KernelSpec): number => {
    const name = kernel.name ?? 'kernel';
    const shape: LaunchShape = {
      name: strings.intern(name),
      shortName: strings.intern(kernel.shortName ?? name),
      mangledName: 0,
      gridX: kernel.grid?.[0] ?? 1,
      gridY: kernel.grid?.[1] ?? 1,
      gridZ: kernel.grid?.[2] ?? 1,
      blockX: kernel.block?.[0] ?? 32,
      blockY: kernel.block?.[1] ?? 1,
      blockZ: kernel.block?.[2] ?? 1,
      registers: kernel.registers,
      staticSharedMemory: kernel.staticSharedMemory,
      dynamicSharedMemory: kernel.dynamicSharedMemory,
    };
    const key = JSON.stringify(shape);
    let index = shapeIndex.get(key);
    if (index === undefined) {
      index = shapes.length;
      shapes.push(shape);
      shapeIndex.set(key, index);
    }
    return index;
  };

  const kernels = spec.kernels ?? [];
  const memcpys = spec.memcpys ?? [];
  const memsets = spec.memsets ?? [];
  const graphTraces = spec.graphTraces ?? [];
  const synchronizations = spec.synchronizations ?? [];
  const api = spec.api ?? [];
  const ranges = spec.ranges ?? [];
  const allocations = spec.allocations ?? [];
  const inGraph = kernels.some((row) => row.graphNode !== undefined);

  return {
    source: { format: 'nsys', path: 'memory', size: 0, generated: true },
    capture: { traces: [], ...spec.capture },
    strings,
    processes: (spec.processes ?? [{}]).map((process, i) => ({
      pid: 100 + i,
      name: 'python',
      key: 100 + i,
      ...process,
    })),
    threads: (spec.threads ?? [{}]).map((thread, i) => ({
      process: 0,
      tid: 100 + i,
      name: '',
      ...thread,
    })),
    devices: (spec.devices ?? [{}]).map((device, i) => ({ id: i, name: 'GPU', ...device })),
    streams: (spec.streams ?? [{}]).map((stream, i) => ({
      device: 0,
      process: 0,
      ordinal: 0,
      context: 1,
      id: 7 + i,
      ...stream,
    })),
    shapes,
    domains: (spec.domains ?? [{}]).map((domain) => ({ process: 0, id: 0, name: '', ...domain })),
    kernels: {
      ...activities(kernels),
      shape: Uint32Array.from(kernels, shapeOf),
      graphNode: inGraph ? Float64Array.from(kernels, (row) => row.graphNode ?? 0) : undefined,
      graphId: inGraph ? Uint32Array.from(kernels, (row) => row.graphId ?? 0) : undefined,
    },
    memcpys: {
      ...activities(memcpys),
      bytes: Float64Array.from(memcpys, (row) => row.bytes ?? 1),
      kind: Uint8Array.from(memcpys, (row) => row.kind ?? 1),
      source: Uint8Array.from(memcpys, (row) => row.source ?? MemoryKind.Pageable),
      target: Uint8Array.from(memcpys, (row) => row.target ?? MemoryKind.Device),
      graphNode: undefined,
    },
    memsets: {
      ...activities(memsets),
      bytes: Float64Array.from(memsets, (row) => row.bytes ?? 1),
      kind: Uint8Array.from(memsets, (row) => row.kind ?? MemoryKind.Device),
      graphNode: undefined,
    },
    graphTraces: {
      ...activities(graphTraces),
      graphId: Uint32Array.from(graphTraces, (row) => row.graphId ?? 1),
      graphExecId: Uint32Array.from(graphTraces, (row) => row.graphExecId ?? 1),
    },
    synchronizations: {
      ...activities(synchronizations),
      kind: Uint8Array.from(synchronizations, (row) => row.kind ?? 3),
    },
    api: {
      ...events(api),
      thread: Uint32Array.from(api, (row) => row.thread ?? 0),
      correlation: Uint32Array.from(api, (row) => row.correlation ?? 0),
      name: Uint32Array.from(api, (row) => strings.intern(row.name ?? 'cudaLaunchKernel_v7000')),
    },
    ranges: {
      ...events(ranges),
      kind: Uint8Array.from(ranges, (row) => row.kind ?? RangeKind.PushPop),
      name: Uint32Array.from(ranges, (row) => strings.intern(row.name)),
      thread: Uint32Array.from(ranges, (row) => row.thread ?? 0),
      domain: Uint32Array.from(ranges, (row) => row.domain ?? 0),
      endThread: Uint32Array.from(ranges, (row) => row.thread ?? 0),
    },
    allocations: {
      length: allocations.length,
      time: Float64Array.from(allocations, (row) => row.time),
      device: Int32Array.from(allocations, (row) => row.device ?? 0),
      process: Uint32Array.from(allocations, (row) => row.process ?? 0),
      bytes: Float64Array.from(allocations, (row) => row.bytes),
      operation: Uint8Array.from(allocations, (row) => row.operation ?? 0),
      kind: Uint8Array.from(allocations, (row) => row.kind ?? MemoryKind.Device),
    },
    diagnostics: [],
    has: {
      kernels: kernels.length > 0,
      memcpys: memcpys.length > 0,
      memsets: memsets.length > 0,
      graphTraces: graphTraces.length > 0,
      synchronizations: synchronizations.length > 0,
      api: api.length > 0,
      ranges: ranges.length > 0,
      allocations: allocations.length > 0,
      ...spec.has,
    },
  };
}

function events(rows: readonly EventRow[]) {
  return {
    length: rows.length,
    start: Float64Array.from(rows, (row) => row.start),
    end: Float64Array.from(rows, (row) => row.end),
  };
}

function activities(rows: readonly ActivityRow[]) {
  return {
    ...events(rows),
    stream: Uint32Array.from(rows, (row) => row.stream ?? 0),
    correlation: Uint32Array.from(rows, (row) => row.correlation ?? 0),
  };
}

/** Numbers that look random and are the same on every run (mulberry32, public domain). */
export function randomNumbers(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    next,
    /** A whole number from `low` to `high`, both included. */
    whole: (low: number, high: number): number => low + Math.floor(next() * (high - low + 1)),
    pick: <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)],
  };
}
