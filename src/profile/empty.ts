/** Tables without rows: what stands in a profile for a trace that the file does not have. */
import type {
  ActivityTable,
  AllocationTable,
  ApiTable,
  GraphTraceTable,
  KernelTable,
  MemcpyTable,
  MemsetTable,
  RangeTable,
  SynchronizationTable,
} from './model';

const noNumbers = new Float64Array(0);
const noIndices = new Uint32Array(0);
const noBytes = new Uint8Array(0);

const activity: ActivityTable = {
  length: 0,
  start: noNumbers,
  end: noNumbers,
  stream: noIndices,
  correlation: noIndices,
};

export const NO_KERNELS: KernelTable = {
  ...activity,
  shape: noIndices,
  graphNode: undefined,
  graphId: undefined,
};

export const NO_MEMCPYS: MemcpyTable = {
  ...activity,
  bytes: noNumbers,
  kind: noBytes,
  source: noBytes,
  target: noBytes,
  graphNode: undefined,
};

export const NO_MEMSETS: MemsetTable = {
  ...activity,
  bytes: noNumbers,
  kind: noBytes,
  graphNode: undefined,
};

export const NO_GRAPH_TRACES: GraphTraceTable = {
  ...activity,
  graphId: noIndices,
  graphExecId: noIndices,
};

export const NO_SYNCHRONIZATIONS: SynchronizationTable = { ...activity, kind: noBytes };

export const NO_API: ApiTable = {
  length: 0,
  start: noNumbers,
  end: noNumbers,
  thread: noIndices,
  correlation: noIndices,
  name: noIndices,
};

export const NO_RANGES: RangeTable = {
  length: 0,
  start: noNumbers,
  end: noNumbers,
  kind: noBytes,
  name: noIndices,
  thread: noIndices,
  domain: noIndices,
  endThread: noIndices,
};

export const NO_ALLOCATIONS: AllocationTable = {
  length: 0,
  time: noNumbers,
  device: new Int32Array(0),
  process: noIndices,
  bytes: noNumbers,
  operation: noBytes,
  kind: noBytes,
};
