import type { Analysis } from '../../analysis/analysis';
import { joinTimeline } from '../../analysis/ncu/join';
import { ReportAnalysis } from '../../analysis/ncu/report';
import { kernelRows } from '../../analysis/ncu/rows';
import type { KernelReport } from '../../profile/kernel-report';
import type { LinkedFigures } from '../../protocol/requests';

/** What a report says of a timeline's kernels, by the names that the timeline has for them. */
export function linkedFigures(
  report: KernelReport,
  timeline: Analysis,
): ReadonlyMap<string, LinkedFigures> {
  const analysis = new ReportAnalysis(report);
  const rows = new Map(kernelRows(analysis, 'kernel').map((row) => [row.key, row]));
  const { byTimelineName } = joinTimeline(analysis, timeline, 'kernel');
  return new Map(
    Object.entries(byTimelineName).flatMap(([name, key]) => {
      const row = rows.get(key);
      return row ? [[name, { bound: row.bound, peak: row.peak }]] : [];
    }),
  );
}
