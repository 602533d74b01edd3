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
import type { RangeNode } from '../analysis/ranges';
import type { MemoryResult } from '../analysis/transfers';
import type { UtilisationResult, UtilisationSeries } from '../analysis/utilisation';

export interface Sort<Column extends string = string> {
  readonly column: Column;
  readonly descending: boolean;
}

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

export const MAX_PAGE = 1000;

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly offset: number;
  /** Rows that pass the filter. */
  readonly matched: number;
  /** Rows before filtering. */
  readonly total: number;
  /** Where the filter could not be understood: what and at which character. All rows are returned then. */
  readonly filterError?: { readonly message: string; readonly at: number };
  /** Over all matched rows, for the table's foot. */
  readonly matchedTime?: Nanoseconds;
  readonly matchedShare?: Share;
}

export type KernelColumn = Exclude<
  keyof KernelRow,
  'key' | 'streams' | 'devices' | 'grid' | 'block'
>;
export type RangeColumn = Exclude<keyof RangeNode, 'id'>;

/** One launch of a kernel. */
export interface LaunchRow {
  /** Row in the profile's kernel table; names the launch. */
  readonly index: number;
  readonly name: string;
  readonly start: Nanoseconds;
  readonly duration: Nanoseconds;
  readonly device: string;
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
  readonly format: 'nsys' | 'torch';
  readonly generated: boolean;
  readonly devices: readonly { readonly index: number; readonly name: string }[];
  /** First to last event. */
  readonly extent: readonly [start: Nanoseconds, end: Nanoseconds];
  readonly diagnostics: readonly Diagnostic[];
  /** Which parts can be answered already. */
  readonly stage: Stage;
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
  | 'components';
export type CopyFormat = 'csv' | 'markdown';

/** Every request: its parameters and its result. */
export interface Requests {
  status: { params: Record<string, never>; result: OpenStatus };
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
    result: Page<KernelRow>;
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
    result: { text: string; rows: number; cut: boolean };
  };
}

export type RequestName = keyof Requests;
export type Params<K extends RequestName> = Requests[K]['params'];
export type Result<K extends RequestName> = Requests[K]['result'];
