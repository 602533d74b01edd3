/** What a kernel report is about, and what its kernels are held by, before any detail. */
import { findMetric, type ReportProvenance } from '../../profile/kernel-report';
import type { Nanoseconds } from '../../profile/units';
import { missingWork } from './flops';
import type { Bound } from './bound';
import type { ReportAnalysis } from './report';
import { clockNote } from './roofs';
import { kernelRows } from './rows';

export interface ReportOverview {
  /** As the report names them; empty where the page does not. */
  readonly devices: readonly string[];
  /** `8.0`; empty where the page does not say. */
  readonly computeCapabilities: readonly string[];
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly launches: number;
  /** Distinct names. */
  readonly kernels: number;
  /** Of the distinct kernels. */
  readonly bounds: Readonly<Record<Bound, number>>;
  /** Of all launches under ncu; undefined where a duration is missing. */
  readonly totalDuration?: Nanoseconds;
  readonly provenance: ReportProvenance;
  readonly warnings: readonly string[];
  /** What to collect for what is missing, and what the figures may not be compared with. */
  readonly notes: readonly string[];
}

export function reportOverview(analysis: ReportAnalysis): ReportOverview {
  return analysis.once('overview', () => {
    const { report } = analysis;
    const rows = kernelRows(analysis, 'kernel');
    const bounds: Record<Bound, number> = { memory: 0, compute: 0, latency: 0, unknown: 0 };
    for (const { bound } of rows) bounds[bound]++;
    const total = rows.reduce((n, row) => n + (row.totalDuration ?? Number.NaN), 0);
    const names = findMetric(report, 'device__attribute_display_name')?.texts;
    return {
      devices: distinct(analysis, names),
      computeCapabilities: distinct(analysis, report.launches.computeCapability),
      processes: report.processes.map(({ pid, name }) => ({ pid, name })),
      launches: report.launches.length,
      kernels: rows.length,
      bounds,
      ...(Number.isNaN(total) ? {} : { totalDuration: total }),
      provenance: report.provenance,
      warnings: report.warnings,
      notes: [
        ...unknownBounds(bounds.unknown),
        ...missingWork(report, analysis),
        clockNote(analysis),
      ],
    };
  });
}

function unknownBounds(kernels: number): readonly string[] {
  if (kernels === 0) return [];
  return [
    `What holds ${kernels === 1 ? '1 kernel' : `${kernels} kernels`} back is not known, for throughput of memory or SMs was not collected: add --section SpeedOfLight (part of every --set).`,
  ];
}

function distinct(analysis: ReportAnalysis, texts: Uint32Array | undefined): readonly string[] {
  const { strings } = analysis.report;
  return [...new Set(texts)].map((id) => strings.get(id)).filter((text) => text !== '');
}
