/** The mixture-of-experts kernels of a report: routing, permutation, grouped matrix products. */
import type { ReportAnalysis } from './report';
import { meanBandwidth, type KernelBandwidth } from './summary';

export interface MoeSummary {
  readonly moe_kernels_found: boolean;
  readonly num_moe_kernels?: number;
  /** Of all their launches, under ncu. */
  readonly total_time_ms?: number;
  /** Bytes of all their launches / time of all their launches, in 1e9 bytes per second. */
  readonly avg_bandwidth_gbps?: number;
  readonly kernels?: readonly KernelBandwidth[];
}

const LISTED = 10;

/** By component, not by `topk` and the like in a name, which sampling kernels have too. */
export function moeKernels(analysis: ReportAnalysis, rows: readonly KernelBandwidth[]): MoeSummary {
  const kernels = analysis.kernels('kernel').filter(({ component }) => component === 'moe');
  if (kernels.length === 0) return { moe_kernels_found: false };
  const found = rows.filter(({ component }) => component === 'moe');
  const times = found.map((row) => row.total_duration_ns);
  return {
    moe_kernels_found: true,
    num_moe_kernels: kernels.length,
    total_time_ms: times.some((time) => time === undefined)
      ? undefined
      : times.reduce<number>((n, time) => n + time!, 0) / 1e6,
    avg_bandwidth_gbps: meanBandwidth(
      analysis,
      kernels.flatMap(({ launches }) => launches),
    ),
    kernels: [...found]
      .sort((a, b) => (b.total_duration_ns ?? 0) - (a.total_duration_ns ?? 0))
      .slice(0, LISTED),
  };
}
