/** The table of kernels: figures, what holds each, and where it is known its part of a timeline. */
import type { Share } from '../../profile/units';
import { boundOf, type Bound, type BoundResult } from './bound';
import type { JoinedKernel, JoinResult } from './join';
import { reportKernels, type ReportKernelRow } from './metrics';
import type { ReportAnalysis, ReportGrouping } from './report';
import type { NearestRoof } from './roofline';

export interface NcuKernelRow extends ReportKernelRow {
  readonly bound: Bound;
  /** The busiest part of the memory system. */
  readonly level?: BoundResult['level'];
  /** The busier of memory system and SMs, of its peak. */
  readonly peak?: Share;
  /** On the DRAM roofline; undefined where operations were not counted. */
  readonly nearest?: NearestRoof;
  /** Of the time of all launches in the report; under ncu, so not of a run's time. */
  readonly share?: Share;
  /** Only with a timeline, and where it has the kernel. */
  readonly timeline?: JoinedKernel;
}

/** In the order of their first launch. */
export function kernelRows(
  analysis: ReportAnalysis,
  grouping: ReportGrouping,
  join?: JoinResult,
): readonly NcuKernelRow[] {
  const rows = analysis.once(`bound rows ${grouping}`, () => boundRows(analysis, grouping));
  if (join === undefined) return rows;
  const joined = new Map(join.kernels.map((kernel) => [kernel.key, kernel]));
  return rows.map((row) => ({ ...row, timeline: joined.get(row.key) }));
}

function boundRows(analysis: ReportAnalysis, grouping: ReportGrouping): readonly NcuKernelRow[] {
  const rows = reportKernels(analysis, grouping);
  const total = rows.reduce((n, row) => n + (row.totalDuration ?? Number.NaN), 0);
  return analysis.kernels(grouping).map((kernel, i) => {
    const row = rows[i];
    const { bound, level, headroom, nearest } = boundOf(analysis, kernel);
    return {
      ...row,
      bound,
      level,
      peak: headroom === undefined ? undefined : peakOf(row),
      nearest,
      share: total > 0 && row.totalDuration !== undefined ? row.totalDuration / total : undefined,
    };
  });
}

/** Not 1 - headroom, whose subtraction would leave a rounding error to be seen. */
const peakOf = ({ figures }: ReportKernelRow): Share =>
  Math.max(figures.memoryShare ?? 0, figures.smShare ?? 0);
