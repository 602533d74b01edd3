/** The questions a view may ask of a trace of PyTorch's profiler, beside those of any timeline. */
import type { FlameBy, FlameNode } from '../analysis/flame';
import type { FrameRow } from '../analysis/frames';
import type { DeviceMemory, OperatorMemory } from '../analysis/memory-events';
import type { OperatorNode, OperatorRow } from '../analysis/operators';
import type { Skew } from '../analysis/skew';
import type { Scope } from '../profile/scope';
import type { Bytes, Nanoseconds, Share } from '../profile/units';
import type { Page, Sort } from './page';

/** What a trace has beyond a timeline, so that a view can say what was not recorded. */
export interface TorchFacts {
  readonly operators: boolean;
  readonly shapes: boolean;
  readonly flops: boolean;
  readonly stacks: boolean;
  readonly memory: boolean;
  /** The process among its ranks, where the trace says. */
  readonly rank?: number;
  readonly worldSize?: number;
  /** How many ranks have been read side by side, this one among them. */
  readonly ranksRead?: number;
  /** Why they could not be. */
  readonly ranksFailure?: string;
}

export type OperatorGrouping = 'name' | 'shape';
export type OperatorColumn = Exclude<keyof OperatorNode, 'id'>;
export type FrameColumn = Exclude<keyof FrameRow, 'source'> | 'file' | 'line';

interface Window<Column extends string> {
  readonly scope: Scope;
  /** The filter language of `filter.ts`; empty for all. */
  readonly filter: string;
  readonly sort?: Sort<Column>;
  readonly offset: number;
  readonly limit: number;
}

export interface OperatorsPage extends Page<OperatorRow> {
  /** Of the GPU's work: what was launched by an operator that the trace has. */
  readonly coverage: Share;
  /** Over all operators in scope: of those with most self time on the GPU and on the CPU. */
  readonly heaviest?: OperatorRow;
  readonly cpuSelf: Nanoseconds;
  readonly gpuSelf: Nanoseconds;
}

/** A part of the flame graph: one node and what lies in it, as far as it can be seen. */
export interface FlameView {
  /** The nodes from the outermost to the one that fills the width; empty for all. */
  readonly path: readonly FlameNode[];
  /** Nodes in the last of {@link path}, each after the one it lies in. */
  readonly nodes: readonly FlameNode[];
  /** Nodes left out: narrower than can be seen, or too many. */
  readonly hidden: number;
  /** GPU time that fills the width, and that of all work in scope. */
  readonly shown: Nanoseconds;
  readonly total: Nanoseconds;
  readonly unplaced: Nanoseconds;
  /** What holds the words searched for, anywhere in the graph. */
  readonly found?: { readonly nodes: number; readonly time: Nanoseconds };
  /** Of Python functions, modules or operators: the one with most own time. */
  readonly heaviest?: FrameRow;
}

export interface AllocatorView {
  readonly devices: readonly DeviceMemory[];
  /** The device that the rest is of; the GPU that held most where none was asked for. */
  readonly device: number;
  readonly series?: {
    readonly start: Nanoseconds;
    readonly end: Nanoseconds;
    /** Held at most in each of equal bins; null before the first event. */
    readonly allocated: readonly (Bytes | null)[];
    readonly reserved: readonly (Bytes | null)[];
  };
  /** The first by what was taken. */
  readonly operators: readonly OperatorMemory[];
}

export type TorchTableName =
  'operators' | 'operatorShapes' | 'frames' | 'moduleFrames' | 'operatorFrames';

/** What may be asked of the profile that is open. */
export interface TorchQuestions {
  operators: {
    params: Window<OperatorColumn> & { by: OperatorGrouping };
    result: OperatorsPage;
  };
  /** The children of `parent`, or the top of the tree. */
  operatorTree: {
    params: Window<OperatorColumn> & { parent?: number };
    result: Page<OperatorNode>;
  };
  /** Python functions that called an operator. */
  operatorCallers: { params: { scope: Scope; name: string }; result: readonly FrameRow[] };
  /** `root`: the node that fills the width. Undefined in profiles of other tools. */
  flame: {
    params: { scope: Scope; by: FlameBy; root?: number; search: string };
    result: FlameView | undefined;
  };
  frames: { params: Window<FrameColumn> & { by: FlameBy }; result: Page<FrameRow> };
  allocators: {
    params: { scope: Scope; device?: number; bins: number };
    result: AllocatorView;
  };
  /** Lines at which functions begin that launched GPU work, over the whole profile. */
  pythonLines: { params: Record<string, never>; result: readonly FrameRow[] };
}

export interface TrimmedTrace {
  readonly events: number;
  readonly size: Bytes;
}

export interface TorchRequests extends TorchQuestions {
  /** Undefined until {@link TorchRequests.ranks} has read them. */
  skew: { params: Record<string, never>; result: Skew | undefined };
  /** Reads the traces of the run's other ranks and sets them beside this one. Resolves to how many there are. */
  ranks: { params: { paths: readonly string[] }; result: number };
  /** Writes what overlaps the window to a new trace, by another name first. */
  trim: {
    params: { window: readonly [start: Nanoseconds, end: Nanoseconds]; path: string };
    result: TrimmedTrace;
  };
}

export type TorchQuestionName = keyof TorchQuestions;
export type TorchRequestName = keyof TorchRequests;
