/** CUDA graphs: how they were traced, how much of the work they carry. */
import type { Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';

/**
 * How the capture shows graphs. `node`: their kernels one by one; `graph`: a
 * row a launch, kernels hidden; `mixed`: both; `none`: no graph was launched;
 * `hidden`: graphs were launched (API calls) and the capture has no trace of what ran.
 */
export type GraphTraceMode = 'node' | 'graph' | 'mixed' | 'none' | 'hidden';

export interface GraphRow {
  readonly graphId: number;
  /** Launches: distinct (process, correlation). */
  readonly replays: number;
  /** Undefined in graph mode. */
  readonly kernelsPerReplay?: number;
  readonly kernels: number;
  /** Node mode: sum of kernel durations; graph mode: sum of launch durations. */
  readonly total: Nanoseconds;
  readonly averageReplay: Nanoseconds;
  readonly share: Share;
}

export interface GraphsResult {
  readonly mode: GraphTraceMode;
  /** cudaGraphLaunch and cuGraphLaunch calls recorded. */
  readonly launchCalls: number;
  readonly replays: number;
  readonly distinctGraphs: number;
  readonly kernelsInside: number;
  readonly kernelsOutside: number;
  readonly timeInside: Nanoseconds;
  readonly timeOutside: Nanoseconds;
  /** timeInside / (timeInside + timeOutside): of the GPU's kernel (and graph) time. Undefined where there is none, or mode is hidden. */
  readonly coverage?: Share;
  /** Of the API time: mean time in the launching call. */
  readonly launchTime?: Nanoseconds;
  readonly graphs: readonly GraphRow[];
}

export declare function graphs(analysis: Analysis, scope: Scope): GraphsResult;
