/** NVTX ranges as a tree, each with the time on the CPU and the time of the work it launched on the GPU. */
import type { Nanoseconds } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';

/**
 * Ranges of one name under one parent path, over all threads and occurrences.
 * `path` names the node; the root's is empty.
 */
export interface RangeNode {
  readonly id: number;
  readonly name: string;
  readonly domain: string;
  readonly level: number;
  readonly instances: number;
  /** Ranges still open at the end of the capture; their time is not counted. */
  readonly open: number;
  /** Sum of the ranges' lengths on the CPU. */
  readonly cpuTotal: Nanoseconds;
  readonly cpuAverage: Nanoseconds;
  readonly cpuMax: Nanoseconds;
  /** CPU time not spent in a child. */
  readonly cpuSelf: Nanoseconds;
  /** Union, per device, of the activities launched inside; summed over devices. */
  readonly gpuBusy: Nanoseconds;
  /** Activities launched inside. */
  readonly gpuOperations: number;
  /** Sum over instances of (last activity's end - first activity's start), as nsys projects a range. */
  readonly gpuProjected: Nanoseconds;
  readonly children: number;
}

/** Children of a node (undefined: the top level), by GPU busy time, then CPU time, descending. */
export declare function rangeChildren(
  analysis: Analysis,
  scope: Scope,
  parent: number | undefined,
): readonly RangeNode[];

/** Every range name whatever its depth, with the same columns (self-nested ranges counted once for gpuBusy). */
export declare function rangeNames(analysis: Analysis, scope: Scope): readonly RangeNode[];
