/**
 * What only PyTorch's profiler records: operators with the shapes of their
 * inputs, Python calls, the caching allocator's memory, and the place of the
 * process among its ranks. As columns; see {@link ./model}.
 */
import type { EventTable } from './model';

/** What a row of {@link OperatorTable} is. */
export enum OperatorKind {
  /** An operator of the dispatcher: `aten::mm`. */
  Operator = 0,
  /** A person's `record_function`, an engine's step, `ProfilerStep#3`; also among the ranges. */
  Annotation = 1,
}

/** Operators and annotations on CPU threads. */
export interface OperatorTable extends EventTable {
  /** {@link OperatorKind} */
  readonly kind: Uint8Array;
  readonly name: Uint32Array;
  /** → profile.threads */
  readonly thread: Uint32Array;
  /** What the work that it launched names; unique in the file. 0 where there is none. */
  readonly externalId: Uint32Array;
  /** → strings: dimensions of the inputs as JSON without spaces, `[[16,559],[]]`; 0 where not recorded. */
  readonly shapes: Uint32Array;
  /** → strings: types of the inputs as JSON without spaces; 0 where not recorded. */
  readonly types: Uint32Array;
  /** Joins a backward operator to its forward one; NONE (-1) where there is none. */
  readonly sequence: Int32Array;
  /** Floating point operations by PyTorch's own formulas, NaN where it has none; absent where not recorded. */
  readonly flops: Float64Array | undefined;
  /** → strings: frames from the innermost out, between `;`; absent where calls are in {@link PythonCallTable}. */
  readonly callStack: Uint32Array | undefined;
}

/** Calls of Python functions and modules (`with_stack`), nested by time on their thread. */
export interface PythonCallTable extends EventTable {
  /** `torch/nn/functional.py(2312): linear`, `nn.Module: Linear_0`, `<built-in method …>` */
  readonly name: Uint32Array;
  readonly thread: Uint32Array;
}

/** c10::DeviceType, as the trace numbers it. */
export enum MemoryDevice {
  Cpu = 0,
  Cuda = 1,
  Hip = 6,
}

/** Memory taken from and given back to PyTorch's allocators (`profile_memory`). */
export interface MemoryEventTable {
  readonly length: number;
  readonly time: Float64Array;
  readonly thread: Uint32Array;
  /** {@link MemoryDevice} */
  readonly deviceType: Uint8Array;
  /** The number that the process uses for the device; -1 for the CPU. */
  readonly device: Int32Array;
  /** Negative where memory is given back. */
  readonly bytes: Float64Array;
  /** All that tensors hold on the device after the event; NaN where not recorded (older traces). */
  readonly allocated: Float64Array;
  /** All that the allocator holds on the device; NaN where not recorded. */
  readonly reserved: Float64Array;
}

/** The operator each row was launched from: its {@link OperatorTable.externalId}, 0 where none is named. */
export interface ExternalIds {
  readonly kernels: Uint32Array;
  readonly memcpys: Uint32Array;
  readonly memsets: Uint32Array;
  readonly api: Uint32Array;
}

/** The process among those of its run. */
export interface DistributedFacts {
  readonly rank: number;
  readonly worldSize?: number;
  readonly backend?: string;
}
