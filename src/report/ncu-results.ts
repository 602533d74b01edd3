import type { NcuFinding } from '../analysis/ncu/findings';
import type { JoinResult } from '../analysis/ncu/join';
import type { ReportOverview } from '../analysis/ncu/overview';
import type { Roofline } from '../analysis/ncu/roofline';
import type { NcuKernelRow } from '../analysis/ncu/rows';
import type { NcuSummary, Table } from '../analysis/ncu/summary';
import type { ReportSource } from '../profile/kernel-report';

/** The results that the text and the files of a kernel report are made of. */
export interface NcuResults {
  readonly source: ReportSource;
  readonly overview: ReportOverview;
  readonly findings: readonly NcuFinding[];
  /** By name. */
  readonly kernels: readonly NcuKernelRow[];
  /** Of DRAM, by name. */
  readonly roofline: Roofline;
  readonly summary: NcuSummary;
  readonly tables: readonly Table[];
  readonly timeline?: { readonly path: string; readonly join: JoinResult };
}
