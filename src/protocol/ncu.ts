/** The questions a view may ask of open Nsight Compute results. */
import type { BoundResult } from '../analysis/ncu/bound';
import type { Precision } from '../analysis/ncu/flops';
import type { JoinedKernel, UnprofiledKernel } from '../analysis/ncu/join';
import type { FigureName, Figures, Rule, Stall } from '../analysis/ncu/metrics';
import type { NcuFinding } from '../analysis/ncu/findings';
import type { ReportOverview } from '../analysis/ncu/overview';
import type { ReportGrouping } from '../analysis/ncu/report';
import type { Roofline, RooflinePoint, ThroughputPoint } from '../analysis/ncu/roofline';
import type { MemoryLevel } from '../analysis/ncu/roofs';
import type { NcuKernelRow } from '../analysis/ncu/rows';
import type { Component } from '../analysis/components';
import type { Share } from '../profile/units';
import type { CopyFormat, Page, Sort, TableText } from './page';

/** A row of the kernel table; `heading` rows stand over the kernels of a component. */
export interface NcuTableRow extends NcuKernelRow {
  /** Undefined on a kernel's own row; on a heading how many kernels it stands over. */
  readonly heading?: number;
}

export type NcuKernelColumn =
  | 'name'
  | 'component'
  | 'launches'
  | 'bound'
  | 'peak'
  | 'roof'
  | 'share'
  | 'totalDuration'
  | 'timelineShare'
  | 'prefillShare'
  | 'decodeShare'
  | keyof Figures;

interface Window<Column extends string> {
  /** The filter language of `filter.ts`; empty for all. */
  readonly filter: string;
  readonly sort?: Sort<Column>;
  readonly offset: number;
  readonly limit: number;
}

export interface NcuKernelsParams extends Window<NcuKernelColumn> {
  readonly grouping: ReportGrouping;
  /** Kernels under a heading for each component, the costliest first. */
  readonly byComponent: boolean;
  /** Components of which only the heading is wanted. */
  readonly folded: readonly Component[];
}

export interface NcuFormula {
  readonly figure: FigureName;
  readonly formula: string;
}

export interface NcuKernelDetail {
  readonly row: NcuKernelRow;
  readonly bound: BoundResult;
  /** All, longest first. */
  readonly stalls: readonly Stall[];
  readonly rules: readonly Rule[];
  /** How each figure that the row has comes about. */
  readonly formulas: readonly NcuFormula[];
  /** Executed operations of the median launch, where they were counted. */
  readonly work: readonly {
    readonly precision: Precision;
    readonly flops: number;
    readonly formula: string;
  }[];
}

/** A metric of one kernel, or of one launch. */
export interface NcuMetricRow {
  readonly key: string;
  /** `dram__bytes.sum`, where it is known. */
  readonly name?: string;
  readonly displayName?: string;
  readonly section?: string;
  readonly unit: string;
  /** Median over the launches that have it; undefined for text. */
  readonly value?: number;
  readonly min?: number;
  readonly max?: number;
  readonly text?: string;
}
export type NcuMetricColumn = 'name' | 'displayName' | 'section' | 'unit' | 'value' | 'min' | 'max';

/** How much a kernel matters; each undefined where it is not known. */
export interface Weights {
  /** Of the time of all profiled launches, under ncu. */
  readonly report?: Share;
  /** Of a linked timeline's kernel time: all of it, prefill's, decode's. */
  readonly all?: Share;
  readonly prefill?: Share;
  readonly decode?: Share;
}

interface Weighed {
  readonly bound: BoundResult['bound'];
  readonly weights: Weights;
}
export type NcuRooflinePoint = RooflinePoint & Weighed;
export type NcuThroughputPoint = ThroughputPoint & Weighed;

export interface NcuRoofline extends Omit<Roofline, 'points' | 'throughput'> {
  readonly points: readonly NcuRooflinePoint[];
  readonly throughput: readonly NcuThroughputPoint[];
}

/** The report beside a timeline. */
export interface NcuTimeline {
  readonly coverage: Share;
  readonly kernels: readonly JoinedKernel[];
  /** Names of profiled kernels that the timeline does not have. */
  readonly unmatched: readonly string[];
  readonly unprofiled: readonly UnprofiledKernel[];
}

export type NcuTableName = 'ncuKernels' | 'ncuMetrics' | 'ncuRoofline' | 'ncuUnprofiled';

/** With the linked timeline, if there is one, shares are of its kernel time. */
export interface NcuOverview extends ReportOverview {
  readonly findings: readonly NcuFinding[];
}

export interface NcuRequests {
  ncuOverview: { params: Record<string, never>; result: NcuOverview };
  ncuKernels: { params: NcuKernelsParams; result: Page<NcuTableRow> };
  ncuKernelDetail: {
    params: { grouping: ReportGrouping; key: string };
    result: NcuKernelDetail | undefined;
  };
  ncuMetrics: {
    params: Window<NcuMetricColumn> & { grouping: ReportGrouping; key: string };
    result: Page<NcuMetricRow>;
  };
  ncuRoofline: { params: { grouping: ReportGrouping; level: MemoryLevel }; result: NcuRoofline };
  /** Undefined while no timeline is linked. */
  ncuTimeline: { params: Record<string, never>; result: NcuTimeline | undefined };
  /** The whole of a table as it is sorted and filtered, as text. */
  ncuTable: {
    params: {
      table: NcuTableName;
      format: CopyFormat;
      grouping: ReportGrouping;
      filter: string;
      sort?: Sort;
      level?: MemoryLevel;
      key?: string;
    };
    result: TableText;
  };
}

export type NcuRequestName = keyof NcuRequests;
