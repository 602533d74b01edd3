/**
 * The profile: what a capture recorded, as columns.
 *
 * A table is a set of typed arrays of one length; a row is an index. Rows keep
 * the order of the file. Numbers that would repeat on every row (a kernel's
 * name and launch geometry, a stream's device and process) are interned into
 * small tables, so that a row of five million stays under thirty bytes.
 *
 * Times are {@link Nanoseconds} since the start of the session, kept as
 * doubles: whole numbers, exact to 2^53 ns (104 days).
 *
 * No I/O here, and no figures: readers fill it, analysis computes from it.
 */
import type { Bytes, BytesPerSecond, Hertz, Nanoseconds } from './units';
import type { StringId, StringTable } from './strings';
import type {
  DistributedFacts,
  ExternalIds,
  MemoryEventTable,
  OperatorTable,
  PythonCallTable,
} from './operators';

/** Row numbers of the small tables. */
export type ProcessIndex = number;
export type ThreadIndex = number;
export type DeviceIndex = number;
export type StreamIndex = number;
export type ShapeIndex = number;
export type DomainIndex = number;

/** Stands where a row has no counterpart (no launching call, no step, no device). */
export const NONE = -1;

export interface Process {
  readonly pid: number;
  readonly name: string;
  /**
   * Identity within the capture: nsys's globalPid without its thread bits
   * (`globalPid >> 24`), exact in a double; equal for all threads of a process.
   */
  readonly key: number;
}

export interface Thread {
  readonly process: ProcessIndex;
  readonly tid: number;
  readonly name: string;
}

/** A GPU as a physical thing; facts that the capture does not hold are undefined. */
export interface Device {
  /** The tool's own number of the GPU (nsys: TARGET_INFO_GPU.id; else the CUDA ordinal). */
  readonly id: number;
  readonly name: string;
  readonly chip?: string;
  readonly uuid?: string;
  readonly totalMemory?: Bytes;
  /** Theoretical peak of the device's memory. */
  readonly memoryBandwidth?: BytesPerSecond;
  readonly clockRate?: Hertz;
  readonly smCount?: number;
  readonly computeCapability?: readonly [major: number, minor: number];
  readonly maxWarpsPerSm?: number;
  readonly l2CacheSize?: Bytes;
}

export interface Stream {
  readonly device: DeviceIndex;
  readonly process: ProcessIndex;
  /** The CUDA ordinal that the process itself uses for the device. */
  readonly ordinal: number;
  readonly context: number;
  readonly id: number;
}

/** What all launches of one kernel with one geometry have in common. */
export interface LaunchShape {
  /** Demangled name, the key by which kernels are grouped. */
  readonly name: StringId;
  readonly shortName: StringId;
  /** 0 (no name) where the capture has none. */
  readonly mangledName: StringId;
  readonly gridX: number;
  readonly gridY: number;
  readonly gridZ: number;
  readonly blockX: number;
  readonly blockY: number;
  readonly blockZ: number;
  /** Undefined where the capture does not say. */
  readonly registers: number | undefined;
  readonly staticSharedMemory: Bytes | undefined;
  readonly dynamicSharedMemory: Bytes | undefined;
}

/** An NVTX domain of a process. */
export interface Domain {
  readonly process: ProcessIndex;
  readonly id: number;
  /** Empty for the default domain. */
  readonly name: string;
}

/** A column of row numbers or ids, in the narrowest array that holds them all. */
export type Ids = Uint8Array | Uint16Array | Uint32Array;

/** Columns every event table has. */
export interface EventTable {
  readonly length: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/** Work on a stream, launched by the call with the same (process, correlation). */
export interface ActivityTable extends EventTable {
  /** → {@link Profile.streams} */
  readonly stream: Ids;
  /** Unique within a process only. */
  readonly correlation: Ids;
}

export interface KernelTable extends ActivityTable {
  /** → {@link Profile.shapes} */
  readonly shape: Ids;
  /** CUDA graph node, 0 for a kernel launched outside a graph; absent where no row has one. */
  readonly graphNode: Float64Array | undefined;
  /** CUDA graph (executable) the node belongs to, 0 outside; absent with {@link graphNode}. */
  readonly graphId: Ids | undefined;
}

export interface MemcpyTable extends ActivityTable {
  readonly bytes: Float64Array;
  /** {@link CopyKind} */
  readonly kind: Uint8Array;
  /** {@link MemoryKind} */
  readonly source: Uint8Array;
  /** {@link MemoryKind} */
  readonly target: Uint8Array;
  readonly graphNode: Float64Array | undefined;
}

export interface MemsetTable extends ActivityTable {
  readonly bytes: Float64Array;
  /** {@link MemoryKind} */
  readonly kind: Uint8Array;
  readonly graphNode: Float64Array | undefined;
}

/** One row a graph launch, in captures that trace graphs as a whole. Start and end may both be 0. */
export interface GraphTraceTable extends ActivityTable {
  readonly graphId: Ids;
  readonly graphExecId: Ids;
}

export interface SynchronizationTable extends ActivityTable {
  /** 1 event, 2 stream waits event, 3 stream, 4 context. */
  readonly kind: Uint8Array;
}

/** Calls of the CUDA runtime and driver API. */
export interface ApiTable extends EventTable {
  /** → {@link Profile.threads} */
  readonly thread: Ids;
  readonly correlation: Ids;
  /** As recorded, with ABI suffix: `cudaLaunchKernel_v7000`. */
  readonly name: Ids;
}

export enum RangeKind {
  Mark = 34,
  PushPop = 59,
  StartEnd = 60,
  ImportedPushPop = 70,
  ImportedStartEnd = 71,
}

/** NVTX ranges and marks, and what other profilers annotate in the same way. End is NaN while open. */
export interface RangeTable extends EventTable {
  /** {@link RangeKind} */
  readonly kind: Uint8Array;
  readonly name: Ids;
  readonly thread: Ids;
  /** → {@link Profile.domains} */
  readonly domain: Ids;
  /** The thread that ended it, where that is another one; else equal to {@link thread}. */
  readonly endThread: Ids;
}

/** Allocations on the device, in captures with memory-usage tracing. */
export interface AllocationTable {
  readonly length: number;
  readonly time: Float64Array;
  readonly device: Int32Array;
  readonly process: Ids;
  readonly bytes: Float64Array;
  /** 0 allocate, 1 free. */
  readonly operation: Uint8Array;
  /** {@link MemoryKind} */
  readonly kind: Uint8Array;
}

/** nsys ENUM_CUDA_MEMCPY_OPER. */
export enum CopyKind {
  Unknown = 0,
  HostToDevice = 1,
  DeviceToHost = 2,
  HostToArray = 3,
  ArrayToHost = 4,
  ArrayToArray = 5,
  ArrayToDevice = 6,
  DeviceToArray = 7,
  DeviceToDevice = 8,
  HostToHost = 9,
  PeerToPeer = 10,
  UnifiedHostToDevice = 11,
  UnifiedDeviceToHost = 12,
  UnifiedDeviceToDevice = 13,
}

/** nsys ENUM_CUDA_MEM_KIND; 255 where the capture does not say. */
export enum MemoryKind {
  Pageable = 0,
  Pinned = 1,
  Device = 2,
  Array = 3,
  Managed = 4,
  DeviceStatic = 5,
  ManagedStatic = 6,
  Unknown = 255,
}

export type Severity = 'info' | 'warning' | 'error';

/** What the profiler itself said about the capture: lost data, refused traces. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly text: string;
}

/** How the capture was made. Never holds an environment variable. */
export interface CaptureFacts {
  /** `nsys 2026.2.1`, `torch 2.9`, … as far as the file says. */
  readonly tool?: string;
  readonly schemaVersion?: string;
  /** The profiled program's command line; a token in it is masked before it is shown (see `redactCommand`). */
  readonly command?: readonly string[];
  readonly host?: string;
  readonly operatingSystem?: string;
  readonly driverVersion?: string;
  /** Wall clock of time 0, in ns since 1970, as far as a double holds it (about 200 ns). */
  readonly utcEpoch?: Nanoseconds;
  /** Length of the collection. */
  readonly duration?: Nanoseconds;
  /** Name of the traces that were on, as far as the file says: cuda, nvtx, osrt, … */
  readonly traces: readonly string[];
  /** How CUDA graphs were asked to be traced, where the file says. */
  readonly graphTrace?: 'graph' | 'node';
  /** Whether device memory use was traced, where the file says. */
  readonly memoryUsage?: boolean;
  /** The process among its ranks, where the file says. */
  readonly distributed?: DistributedFacts;
}

export type ProfileFormat = 'nsys' | 'torch';

export interface ProfileSource {
  readonly format: ProfileFormat;
  /** Path as the user gave it; for display only. */
  readonly path: string;
  readonly size: Bytes;
  /** True for what a generator wrote: its figures are of no real GPU. */
  readonly generated: boolean;
}

export interface Profile {
  readonly source: ProfileSource;
  readonly capture: CaptureFacts;
  readonly strings: StringTable;
  readonly processes: readonly Process[];
  readonly threads: readonly Thread[];
  readonly devices: readonly Device[];
  readonly streams: readonly Stream[];
  readonly shapes: readonly LaunchShape[];
  readonly domains: readonly Domain[];
  readonly kernels: KernelTable;
  readonly memcpys: MemcpyTable;
  readonly memsets: MemsetTable;
  readonly graphTraces: GraphTraceTable;
  readonly synchronizations: SynchronizationTable;
  readonly api: ApiTable;
  readonly ranges: RangeTable;
  readonly allocations: AllocationTable;
  /** Only in traces of PyTorch's profiler, as the three after it. */
  readonly operators?: OperatorTable;
  readonly pythonCalls?: PythonCallTable;
  readonly memoryEvents?: MemoryEventTable;
  readonly externalIds?: ExternalIds;
  readonly diagnostics: readonly Diagnostic[];
  /** Which of the tables above the file has at all: an absent one is unknown, not zero. */
  readonly has: Readonly<Record<TraceKind, boolean>>;
}

export type TraceKind =
  | 'kernels'
  | 'memcpys'
  | 'memsets'
  | 'graphTraces'
  | 'synchronizations'
  | 'api'
  | 'ranges'
  | 'allocations';
