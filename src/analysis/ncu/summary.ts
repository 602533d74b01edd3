/**
 * A report as tables and one document, for files and other programs. Column and
 * field names that existing scripts read stay; ours stand beside them.
 */
import { combine } from './columns';
import { boundOf, type Bound } from './bound';
import { missingWork } from './flops';
import { figureColumn, reportKernels, type ReportKernelRow } from './metrics';
import { moeKernels, type MoeSummary } from './moe';
import { roofline } from './roofline';
import { clockNote, roofs } from './roofs';
import type { ReportAnalysis, ReportKernel } from './report';

export type Cell = string | number | undefined;

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Undefined is an empty cell: not measured, not zero. */
  readonly rows: readonly (readonly Cell[])[];
}

/** What scripts cut names to. */
const NAME_LENGTH = 80;

export interface KernelBandwidth {
  readonly kernel_name: string;
  /** Median over the launches. */
  readonly dram_read_bytes?: number;
  readonly dram_write_bytes?: number;
  readonly dram_throughput_pct?: number;
  readonly sm_throughput_pct?: number;
  readonly duration_ns?: number;
  /** Bytes of all launches / time of all launches, in 1e9 bytes per second. */
  readonly bandwidth_gbps?: number;
  readonly kernel: string;
  readonly component: string;
  readonly launches: number;
  readonly total_duration_ns?: number;
  readonly bound: Bound;
  readonly achieved_occupancy_pct?: number;
  readonly tensor_pct?: number;
}

const BANDWIDTH_COLUMNS = [
  'kernel_name',
  'dram_read_bytes',
  'dram_write_bytes',
  'dram_throughput_pct',
  'sm_throughput_pct',
  'duration_ns',
  'bandwidth_gbps',
  'kernel',
  'component',
  'launches',
  'total_duration_ns',
  'bound',
  'achieved_occupancy_pct',
  'tensor_pct',
] as const satisfies readonly (keyof KernelBandwidth)[];

/**
 * Σ bytes / Σ time over the launches that have both, in bytes per nanosecond
 * (= 1e9 bytes per second). The mean of each launch's own rate would let short
 * launches count as much as long ones.
 */
export function meanBandwidth(
  analysis: ReportAnalysis,
  launches: readonly number[],
): number | undefined {
  const bytes = figureColumn(analysis, 'dramBytes');
  const time = figureColumn(analysis, 'duration');
  const both = analysis.once('bytes and time', () => combine([bytes, time], (b, t) => b + t));
  if (both === undefined) return undefined;
  const { invocations } = analysis.report.launches;
  let b = 0;
  let t = 0;
  for (const i of launches) {
    if (Number.isNaN(both[i])) continue;
    b += bytes![i] * invocations[i];
    t += time![i] * invocations[i];
  }
  return t > 0 ? b / t : undefined;
}

const percent = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : share * 100;

function bandwidthOf(
  analysis: ReportAnalysis,
  kernel: ReportKernel,
  row: ReportKernelRow,
): KernelBandwidth {
  const { figures } = row;
  return {
    kernel_name: kernel.name.slice(0, NAME_LENGTH),
    dram_read_bytes: figures.dramReadBytes,
    dram_write_bytes: figures.dramWriteBytes,
    dram_throughput_pct: percent(figures.dramShare),
    sm_throughput_pct: percent(figures.smShare),
    duration_ns: figures.duration,
    bandwidth_gbps: meanBandwidth(analysis, kernel.launches),
    kernel: kernel.name,
    component: kernel.component,
    launches: row.launches,
    total_duration_ns: row.totalDuration,
    bound: boundOf(analysis, kernel).bound,
    achieved_occupancy_pct: percent(figures.achievedOccupancy),
    tensor_pct: percent(figures.tensorShare),
  };
}

const bandwidths = (analysis: ReportAnalysis): readonly KernelBandwidth[] =>
  analysis.once('bandwidths', () =>
    analysis
      .kernels('kernel')
      .map((kernel, i) => bandwidthOf(analysis, kernel, reportKernels(analysis, 'kernel')[i])),
  );

/** kernel_bandwidth_metrics.csv */
export const bandwidthTable = (analysis: ReportAnalysis): Table => ({
  name: 'kernel_bandwidth_metrics',
  columns: BANDWIDTH_COLUMNS,
  rows: bandwidths(analysis).map((row) => BANDWIDTH_COLUMNS.map((column) => row[column])),
});

/** roofline_data.csv: one row a kernel; empty cells where operations were not counted. */
export function rooflineTable(analysis: ReportAnalysis): Table {
  const { points } = roofline(analysis, 'kernel', 'dram');
  const pointOf = new Map(points.map((point) => [point.key, point]));
  const kernels = analysis.kernels('kernel');
  return {
    name: 'roofline_data',
    columns: [
      'kernel_name',
      'sm_utilization',
      'memory_utilization',
      'bottleneck',
      'bandwidth_gbps',
      'kernel',
      'flops',
      'dram_bytes',
      'arithmetic_intensity',
      'flops_per_second',
      'precision',
      'nearest_roof',
      'roof_share_pct',
    ],
    rows: bandwidths(analysis).map((row, i) => {
      const point = pointOf.get(kernels[i].key);
      return [
        row.kernel_name,
        row.sm_throughput_pct,
        row.dram_throughput_pct,
        row.bound === 'unknown' ? undefined : row.bound,
        row.bandwidth_gbps,
        row.kernel,
        point?.flops,
        point?.bytes,
        point?.intensity,
        point?.performance,
        point?.precision,
        point?.nearest?.name,
        percent(point?.nearest?.share),
      ];
    }),
  };
}

/** Version of {@link NcuSummary}; raised when a field changes its meaning. */
export const NCU_SUMMARY_VERSION = 1;
const TOP = 20;

export interface NcuSummary {
  readonly schema_version: number;
  readonly total_kernels: number;
  readonly total_launches: number;
  readonly top_kernels_by_bandwidth: readonly KernelBandwidth[];
  readonly roofline_summary: {
    readonly compute_bound: number;
    readonly memory_bound: number;
    readonly latency_bound: number;
    readonly unknown: number;
  };
  readonly moe_analysis: MoeSummary;
  readonly roofs: readonly {
    readonly kind: string;
    readonly name: string;
    readonly ceiling: number;
    readonly source: string;
    readonly formula: string;
  }[];
  readonly notes: readonly string[];
  readonly provenance: unknown;
}

/** ncu_summary.json */
export function ncuSummary(analysis: ReportAnalysis): NcuSummary {
  const all = bandwidths(analysis);
  const count = (bound: Bound): number => all.filter((row) => row.bound === bound).length;
  return {
    schema_version: NCU_SUMMARY_VERSION,
    total_kernels: all.length,
    total_launches: all.reduce((n, row) => n + row.launches, 0),
    top_kernels_by_bandwidth: [...all]
      .sort((a, b) => (b.bandwidth_gbps ?? -1) - (a.bandwidth_gbps ?? -1))
      .slice(0, TOP),
    roofline_summary: {
      compute_bound: count('compute'),
      memory_bound: count('memory'),
      latency_bound: count('latency'),
      unknown: count('unknown'),
    },
    moe_analysis: moeKernels(analysis, all),
    roofs: roofs(analysis),
    notes: [
      ...analysis.report.warnings,
      ...missingWork(analysis.report, analysis),
      clockNote(analysis),
    ],
    provenance: analysis.report.provenance,
  };
}
