/** A Nsight Compute page, and where one is named the timeline beside it, as results. */
import type { Analysis } from '../analysis/analysis';
import { ncuFindings } from '../analysis/ncu/findings';
import { joinTimeline } from '../analysis/ncu/join';
import { reportOverview } from '../analysis/ncu/overview';
import { ReportAnalysis } from '../analysis/ncu/report';
import { roofline } from '../analysis/ncu/roofline';
import { kernelRows } from '../analysis/ncu/rows';
import { bandwidthTable, ncuSummary, rooflineTable } from '../analysis/ncu/summary';
import { readNcu } from '../readers/ncu';
import type { NcuResults } from '../report/ncu-results';
import { readable } from './exports';

export interface Timeline {
  readonly path: string;
  readonly analysis: Analysis;
}

/** @throws ReadFailure, CliFailure */
export async function ncuResults(file: string, timeline?: Timeline): Promise<NcuResults> {
  const analysis = new ReportAnalysis(await readNcu(readable(file)));
  const join = timeline && joinTimeline(analysis, timeline.analysis, 'kernel');
  return {
    source: { ...analysis.report.source, path: file },
    overview: reportOverview(analysis),
    findings: ncuFindings(analysis, join),
    kernels: kernelRows(analysis, 'kernel', join),
    roofline: roofline(analysis, 'kernel', 'dram'),
    summary: ncuSummary(analysis),
    tables: [bandwidthTable(analysis), rooflineTable(analysis)],
    ...(timeline && join && { timeline: { path: timeline.path, join } }),
  };
}
