/**
 * The questions a view may ask of an open profile, each tied to its answer.
 * Webview, extension host and worker speak only this.
 */
import type { Diagnostic } from '../profile/model';
import type { Phase, Scope } from '../profile/scope';
import type { Bytes, Nanoseconds, Share } from '../profile/units';
import type { GraphsResult } from '../analysis/graphs';
import type { KernelDetail, KernelGrouping, KernelRow } from '../analysis/kernels';
import type { OverviewResult } from '../analysis/overview';
import type { ComponentTime, PhaseBreakdown, StepPoint } from '../analysis/phases';
import type { PythonRange } from '../analysis/python-ranges';
import type { RangeNode } from '../analysis/ranges';
import type { MemoryResult } from '../analysis/transfers';
import type { Bound } from '../analysis/ncu/bound';
import type { UtilisationResult, UtilisationSeries } from '../analysis/utilisation';
import type { NcuRequestName, NcuRequests } from './ncu';
import type { CopyFormat, Page, Sort, TableText } from './page';
import type { SessionFacts, SessionRequestName, SessionRequests } from './session';
import type { TorchFacts, TorchQuestions, TorchRequests, TorchTableName } from './torch';

export { MAX_PAGE, type CopyFormat, type Page, type Sort } from './page';

/** A window on a sorted, filtered table. */
export interface PageParams<Column extends string = string> {
  readonly scope: Scope;
  /** The filter language of `filter.ts`; empty for all. */
  readonly filter: string;
  readonly sort?: Sort<Column>;
  readonly offset: number;
  /** At most {@link MAX_PAGE}. */
  readonly limit: number;
}

/** What Nsight Compute measured of a kernel, from linked results. */
export interface LinkedFigures {
  readonly bound: Bound;
  /** The busier of memory system and SMs, of its peak. */
  readonly peak?: Share;
}
export type LinkedKernelRow = KernelRow & { readonly linked?: LinkedFigures };

export type KernelColumn =
  Exclude<keyof KernelRow, 'key' | 'streams' | 'devices' | 'grid' | 'block'> | keyof LinkedFigures;
export type RangeColumn = Exclude<keyof RangeNode, 'id'>;

/** One launch of a kernel. */
export interface LaunchRow {
  /** Row in the profile's kernel table; names the launch. */
  readonly index: number;
  readonly name: string;
  readonly start: Nanoseconds;
  readonly duration: Nanoseconds;
  readonly device: string;
  readonly deviceIndex: number;
  readonly stream: number;
  readonly grid: readonly [number, number, number];
  readonly block: readonly [number, number, number];
  readonly graphId?: number;
  readonly phase: Phase;
  /** Name of the step's range. */
  readonly step?: string;
  readonly api?: string;
  readonly apiTime?: Nanoseconds;
  readonly queueTime?: Nanoseconds;
}
export type LaunchColumn =
  'index' | 'start' | 'duration' | 'stream' | 'graphId' | 'phase' | 'apiTime' | 'queueTime';

/** What is known about the profile as a whole, also while it is read. */
export interface OpenStatus {
  readonly path: string;
  readonly size: Bytes;
  readonly format: 'nsys' | 'torch' | 'ncu' | 'session';
  readonly generated: boolean;
  readonly devices: readonly { readonly index: number; readonly name: string }[];
  /** Wall clock of the profile's time 0, in ns since 1970; not every profile says. */
  readonly utcEpoch?: Nanoseconds;
  /** First to last event. */
  readonly extent: readonly [start: Nanoseconds, end: Nanoseconds];
  readonly diagnostics: readonly Diagnostic[];
  /** Which parts can be answered already. */
  readonly stage: Stage;
  /** The other file this one is read beside: results beside a timeline, or the other way. */
  readonly link?: Link;
  /** Only of traces of PyTorch's profiler. */
  readonly torch?: TorchFacts;
  /** Only of sessions of the runtime layer. */
  readonly session?: SessionFacts;
}

export interface Link {
  readonly path: string;
  /** Nobody asked for it: both lie in the folder of one run. */
  readonly byRun?: boolean;
  /** Why it could not be read, or set beside this one. */
  readonly failure?: string;
}

/** Reading goes through these in order. `kernels`: the kernel table is whole. `complete`: everything is. */
export type Stage = 'facts' | 'kernels' | 'complete';

export interface Progress {
  readonly stage: Stage;
  /** Bytes of the file read so far and in all. */
  readonly read: Bytes;
  readonly size: Bytes;
}

export type TableName =
  | 'kernels'
  | 'launches'
  | 'ranges'
  | 'phases'
  | 'graphs'
  | 'transfers'
  | 'gaps'
  | 'steps'
  | 'components'
  | TorchTableName;

/** Every request: its parameters and its result. */
export interface Requests extends ProfileRequests, NcuRequests, TorchRequests, SessionRequests {
  status: { params: Record<string, never>; result: OpenStatus };
  /**
   * Reads another file beside this one, or with null lets it go: for a timeline
   * Nsight Compute results, for results a timeline. `shownPath` is the file as
   * the person knows it, where `path` was made from another one.
   */
  link: {
    params: { path: string | null; shownPath?: string; byRun?: boolean };
    result: OpenStatus;
  };
}

/** What may be asked of a timeline. */
export interface ProfileRequests extends TorchQuestions {
  overview: { params: { scope: Scope }; result: OverviewResult };
  utilisation: { params: { scope: Scope }; result: UtilisationResult };
  utilisationSeries: { params: { scope: Scope; bins: number }; result: UtilisationSeries };
  phases: { params: { scope: Scope }; result: PhaseBreakdown };
  components: { params: { scope: Scope }; result: readonly ComponentTime[] };
  /** At most `limit` points, evenly thinned in time where there are more; `total` says how many there are. */
  steps: {
    params: { scope: Scope; limit: number };
    result: { points: readonly StepPoint[]; total: number };
  };
  kernels: {
    params: PageParams<KernelColumn> & { grouping: KernelGrouping };
    result: Page<LinkedKernelRow>;
  };
  kernelDetail: {
    params: { scope: Scope; grouping: KernelGrouping; key: string };
    result: KernelDetail | undefined;
  };
  launches: {
    params: PageParams<LaunchColumn> & { grouping: KernelGrouping; key: string };
    result: Page<LaunchRow>;
  };
  /** `flat`: every name whatever its depth; else the children of `parent`. */
  ranges: {
    params: PageParams<RangeColumn> & { flat: boolean; parent?: number };
    result: Page<RangeNode>;
  };
  /** Ranges that can be found again in Python source, over the whole profile. */
  pythonRanges: { params: Record<string, never>; result: readonly PythonRange[] };
  graphs: { params: { scope: Scope }; result: GraphsResult };
  memory: { params: { scope: Scope }; result: MemoryResult };
  /** The whole of a table as it is sorted and filtered, as text; launches at most 100,000 rows. */
  table: {
    params: {
      table: TableName;
      format: CopyFormat;
      scope: Scope;
      filter: string;
      sort?: Sort;
      grouping?: KernelGrouping;
      key?: string;
      flat?: boolean;
    };
    result: TableText;
  };
}

export type RequestName = keyof Requests;
export type ProfileRequestName = keyof ProfileRequests;
export type { NcuRequestName, SessionRequestName };

/** A question with the parameters that belong to its name. */
export type Question<K extends RequestName> = {
  [Name in K]: { readonly name: Name; readonly params: Params<Name> };
}[K];
export type Params<K extends RequestName> = Requests[K]['params'];
export type Result<K extends RequestName> = Requests[K]['result'];
