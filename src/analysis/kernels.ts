/** The kernel table: where the GPU's time went, by kernel, by geometry, by component. */
import type { Bytes, Nanoseconds, Share } from '../profile/units';
import type { Phase, Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import type { Component } from './components';

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
   * Launch overhead, as nsys's cuda_kern_exec_sum defines it, averaged over the
   * instances that have a launching call: time in the API call; time from its
   * end to the kernel's start (0 or more). Undefined where no call was recorded.
   */
  readonly apiTime?: Nanoseconds;
  readonly queueTime?: Nanoseconds;
}

export interface KernelDetail {
  readonly row: KernelRow;
  readonly byPhase: readonly { phase: Phase; instances: number; total: Nanoseconds }[];
  readonly byStream: readonly { stream: number; device: number; instances: number; total: Nanoseconds }[];
  readonly byGeometry: readonly {
    grid: readonly [number, number, number];
    block: readonly [number, number, number];
    registers?: number;
    sharedMemory?: Bytes;
    instances: number;
    total: Nanoseconds;
  }[];
  /** Durations, logarithmic bins: `edges.length === counts.length + 1`. */
  readonly histogram: { readonly edges: readonly Nanoseconds[]; readonly counts: readonly number[] };
}

/** Kernel rows, by total time descending, ties by name. */
export declare function kernelTable(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
): readonly KernelRow[];

/** Rows of `profile.kernels` behind a {@link KernelRow}, in order of start. */
export declare function kernelInstances(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
  key: string,
): Uint32Array;

/** Undefined where nothing in scope has that key. */
export declare function kernelDetail(
  analysis: Analysis,
  scope: Scope,
  grouping: KernelGrouping,
  key: string,
): KernelDetail | undefined;
