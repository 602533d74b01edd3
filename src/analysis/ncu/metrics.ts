/**
 * The figures of a launch and of a kernel. A kernel's figure is the median over
 * its launches; nothing is taken from "the first one".
 *
 * Metric names and formulas: Nsight Compute's Kernel Profiling Guide ("Metrics
 * Reference", "Metrics Structure") and the section files that ship with it.
 */
import { findMetric, type KernelReport, type RuleFinding } from '../../profile/kernel-report';
import type { Bytes, BytesPerSecond, Hertz, Nanoseconds, Share } from '../../profile/units';
import type { Component } from '../components';
import { combine, either, median, metric, scaled, share, sum, type Column } from './columns';
import type { ReportAnalysis, ReportGrouping, ReportKernel } from './report';

/** Every figure a report may have; each undefined where its metrics were not collected. */
export interface Figures {
  readonly duration?: Nanoseconds;
  /** SM clock during the measurement; ncu locks it to base unless --clock-control none. */
  readonly smClock?: Hertz;
  readonly dramBytes?: Bytes;
  readonly dramReadBytes?: Bytes;
  readonly dramWriteBytes?: Bytes;
  readonly dramBandwidth?: BytesPerSecond;
  /** Of the peak that ncu measured at its own clock. */
  readonly dramShare?: Share;
  readonly l2Bytes?: Bytes;
  readonly l2Bandwidth?: BytesPerSecond;
  readonly l2Share?: Share;
  readonly l1Bytes?: Bytes;
  readonly l1Bandwidth?: BytesPerSecond;
  readonly l1Share?: Share;
  /** The busiest part of the memory system, of its peak. */
  readonly memoryShare?: Share;
  /** The busiest part of the SMs, of its peak. */
  readonly smShare?: Share;
  readonly tensorShare?: Share;
  readonly fp64Share?: Share;
  readonly fmaShare?: Share;
  readonly fp16Share?: Share;
  readonly aluShare?: Share;
  readonly achievedOccupancy?: Share;
  readonly theoreticalOccupancy?: Share;
  readonly registers?: number;
  readonly staticSharedMemory?: Bytes;
  readonly dynamicSharedMemory?: Bytes;
  readonly wavesPerSm?: number;
  readonly l1HitRate?: Share;
  readonly l2HitRate?: Share;
  /** 4 for a warp that loads 32 neighbouring 4-byte words; 32 where every thread hits its own sector. */
  readonly loadSectorsPerRequest?: number;
  readonly storeSectorsPerRequest?: number;
  readonly ipc?: number;
}

export type FigureName = keyof Figures;

export interface FigureDefinition {
  readonly unit: 'ns' | 'byte' | 'byte/s' | 'Hz' | 'share' | '';
  /** The formula over metric names; alternatives in the order they are tried. */
  readonly formula: string;
  readonly column: (report: KernelReport) => Column | undefined;
}

const SECOND = 1e9;
const perSecond = (amount: Column | undefined, time: Column | undefined): Column | undefined =>
  combine([amount, time], (a, ns) => (a / ns) * SECOND);

const smClock = (r: KernelReport): Column | undefined =>
  metric(
    r,
    'sm__cycles_elapsed.avg.per_second',
    'smsp__cycles_elapsed.avg.per_second',
    'gpc__cycles_elapsed.avg.per_second',
  );

/** What is no length of time, or in a unit that is not known to be one, is missing. */
const recordedDuration = (r: KernelReport): Column | undefined => {
  const name = ['gpu__time_duration.sum', 'gpu__time_duration.avg'].find((candidate) =>
    ['ns', ''].includes(findMetric(r, candidate)?.unit ?? '?'),
  );
  if (name === undefined) return undefined;
  return combine([metric(r, name)], (ns) => (ns >= 0 ? ns : Number.NaN));
};

const duration = (r: KernelReport): Column | undefined =>
  either(
    recordedDuration(r),
    perSecond(metric(r, 'sm__cycles_elapsed.avg', 'sm__cycles_elapsed.max'), smClock(r)),
  );

/** A DRAM and L2 sector is 32 bytes (Kernel Profiling Guide, "Memory Tables"). */
const SECTOR: Bytes = 32;

const dramSide = (r: KernelReport, side: 'read' | 'write'): Column | undefined =>
  either(
    // dram__bytes_op_* is the spelling for Blackwell.
    metric(r, `dram__bytes_${side}.sum`, `dram__bytes_op_${side}.sum`),
    scaled(metric(r, `dram__sectors_${side}.sum`, `dram__sectors_op_${side}.sum`), SECTOR),
  );

const dramBytes = (r: KernelReport): Column | undefined =>
  either(
    metric(r, 'dram__bytes.sum'),
    sum(dramSide(r, 'read'), dramSide(r, 'write')),
    combine(
      [metric(r, 'dram__bytes.sum.per_second'), duration(r)],
      (rate, ns) => (rate * ns) / SECOND,
    ),
  );

const l2Bytes = (r: KernelReport): Column | undefined =>
  either(metric(r, 'lts__t_bytes.sum'), scaled(metric(r, 'lts__t_sectors.sum'), SECTOR));

/** A writeback cycle of the LSU pipe returns 128 bytes to the registers (CC 7.5 and later). */
const WRITEBACK: Bytes = 128;

const l1Bytes = (r: KernelReport): Column | undefined =>
  either(
    scaled(metric(r, 'l1tex__lsu_writeback_active_mem_lg.sum'), WRITEBACK),
    metric(r, 'l1tex__t_bytes.sum'),
  );

const pipe = (r: KernelReport, ...names: string[]): Column | undefined =>
  share(
    metric(
      r,
      ...names.flatMap((name) => [
        `${name}.avg.pct_of_peak_sustained_active`,
        `${name}.avg.pct_of_peak_sustained_elapsed`,
      ]),
    ),
  );

const sectorsPerRequest = (r: KernelReport, op: 'ld' | 'st'): Column | undefined =>
  either(
    metric(r, `l1tex__average_t_sectors_per_request_pipe_lsu_mem_global_op_${op}.ratio`),
    combine(
      [
        metric(r, `l1tex__t_sectors_pipe_lsu_mem_global_op_${op}.sum`),
        metric(r, `l1tex__t_requests_pipe_lsu_mem_global_op_${op}.sum`),
      ],
      (sectors, requests) => sectors / requests,
    ),
  );

export const FIGURES: Readonly<Record<FigureName, FigureDefinition>> = {
  duration: {
    unit: 'ns',
    formula: 'gpu__time_duration.sum; else sm__cycles_elapsed.avg / its .per_second',
    column: duration,
  },
  smClock: {
    unit: 'Hz',
    formula: 'sm__, smsp__ or gpc__cycles_elapsed.avg.per_second',
    column: smClock,
  },
  dramBytes: {
    unit: 'byte',
    formula:
      'dram__bytes.sum; else dram__bytes_read.sum + dram__bytes_write.sum; else dram__sectors_* × 32; else dram__bytes.sum.per_second × duration',
    column: dramBytes,
  },
  dramReadBytes: {
    unit: 'byte',
    formula: 'dram__bytes_read.sum or dram__bytes_op_read.sum; else dram__sectors_read.sum × 32',
    column: (r) => dramSide(r, 'read'),
  },
  dramWriteBytes: {
    unit: 'byte',
    formula: 'dram__bytes_write.sum or dram__bytes_op_write.sum; else dram__sectors_write.sum × 32',
    column: (r) => dramSide(r, 'write'),
  },
  dramBandwidth: {
    unit: 'byte/s',
    formula: 'DRAM bytes / duration; else dram__bytes.sum.per_second',
    column: (r) =>
      either(perSecond(dramBytes(r), duration(r)), metric(r, 'dram__bytes.sum.per_second')),
  },
  dramShare: {
    unit: 'share',
    formula:
      'gpu__dram_throughput or dram__throughput .avg.pct_of_peak_sustained_elapsed; else dram__bytes.sum.pct_of_peak_sustained_elapsed',
    column: (r) =>
      share(
        metric(
          r,
          'gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed',
          'dram__throughput.avg.pct_of_peak_sustained_elapsed',
          'dram__bytes.sum.pct_of_peak_sustained_elapsed',
        ),
      ),
  },
  l2Bytes: {
    unit: 'byte',
    formula: 'lts__t_bytes.sum; else lts__t_sectors.sum × 32',
    column: l2Bytes,
  },
  l2Bandwidth: {
    unit: 'byte/s',
    formula: 'L2 bytes / duration',
    column: (r) => perSecond(l2Bytes(r), duration(r)),
  },
  l2Share: {
    unit: 'share',
    formula: 'lts__throughput.avg.pct_of_peak_sustained_elapsed',
    column: (r) => share(metric(r, 'lts__throughput.avg.pct_of_peak_sustained_elapsed')),
  },
  l1Bytes: {
    unit: 'byte',
    formula: 'l1tex__lsu_writeback_active_mem_lg.sum × 128; else l1tex__t_bytes.sum',
    column: l1Bytes,
  },
  l1Bandwidth: {
    unit: 'byte/s',
    formula: 'L1 bytes / duration',
    column: (r) => perSecond(l1Bytes(r), duration(r)),
  },
  l1Share: {
    unit: 'share',
    formula: 'l1tex__throughput.avg.pct_of_peak_sustained_active or _elapsed',
    column: (r) =>
      share(
        metric(
          r,
          'l1tex__throughput.avg.pct_of_peak_sustained_active',
          'l1tex__throughput.avg.pct_of_peak_sustained_elapsed',
        ),
      ),
  },
  memoryShare: {
    unit: 'share',
    formula: 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed',
    column: (r) =>
      share(metric(r, 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed')),
  },
  smShare: {
    unit: 'share',
    formula: 'sm__throughput.avg.pct_of_peak_sustained_elapsed',
    column: (r) => share(metric(r, 'sm__throughput.avg.pct_of_peak_sustained_elapsed')),
  },
  tensorShare: {
    unit: 'share',
    formula:
      'sm__pipe_tensor_cycles_active or sm__pipe_tc_cycles_active (Blackwell, whichever is larger) .avg.pct_of_peak_sustained_active; else sm__inst_executed_pipe_tensor.avg.pct_of_peak_sustained_active',
    column: (r) => {
      const classic = pipe(r, 'sm__pipe_tensor_cycles_active', 'sm__inst_executed_pipe_tensor');
      const fifth = pipe(r, 'sm__pipe_tc_cycles_active');
      return either(combine([classic, fifth], Math.max), classic, fifth);
    },
  },
  fp64Share: {
    unit: 'share',
    formula: 'sm__pipe_fp64_cycles_active.avg.pct_of_peak_sustained_active; else …inst_executed…',
    column: (r) => pipe(r, 'sm__pipe_fp64_cycles_active', 'sm__inst_executed_pipe_fp64'),
  },
  fmaShare: {
    unit: 'share',
    formula: 'sm__pipe_fma_cycles_active.avg.pct_of_peak_sustained_active; else …inst_executed…',
    column: (r) => pipe(r, 'sm__pipe_fma_cycles_active', 'sm__inst_executed_pipe_fma'),
  },
  fp16Share: {
    unit: 'share',
    formula: 'sm__inst_executed_pipe_fp16.avg.pct_of_peak_sustained_active',
    column: (r) => pipe(r, 'sm__inst_executed_pipe_fp16', 'sm__inst_executed_pipe_fma_type_fp16'),
  },
  aluShare: {
    unit: 'share',
    formula: 'sm__pipe_alu_cycles_active.avg.pct_of_peak_sustained_active; else …inst_executed…',
    column: (r) => pipe(r, 'sm__pipe_alu_cycles_active', 'sm__inst_executed_pipe_alu'),
  },
  achievedOccupancy: {
    unit: 'share',
    formula: 'sm__warps_active.avg.pct_of_peak_sustained_active',
    column: (r) => share(metric(r, 'sm__warps_active.avg.pct_of_peak_sustained_active')),
  },
  theoreticalOccupancy: {
    unit: 'share',
    formula: 'sm__maximum_warps_per_active_cycle_pct',
    column: (r) => share(metric(r, 'sm__maximum_warps_per_active_cycle_pct')),
  },
  registers: {
    unit: '',
    formula: 'launch__registers_per_thread',
    column: (r) => metric(r, 'launch__registers_per_thread'),
  },
  staticSharedMemory: {
    unit: 'byte',
    formula: 'launch__shared_mem_per_block_static',
    column: (r) => metric(r, 'launch__shared_mem_per_block_static'),
  },
  dynamicSharedMemory: {
    unit: 'byte',
    formula: 'launch__shared_mem_per_block_dynamic',
    column: (r) => metric(r, 'launch__shared_mem_per_block_dynamic'),
  },
  wavesPerSm: {
    unit: '',
    formula: 'launch__waves_per_multiprocessor',
    column: (r) => metric(r, 'launch__waves_per_multiprocessor'),
  },
  l1HitRate: {
    unit: 'share',
    formula: 'l1tex__t_sector_hit_rate.pct',
    column: (r) => share(metric(r, 'l1tex__t_sector_hit_rate.pct')),
  },
  l2HitRate: {
    unit: 'share',
    formula: 'lts__t_sector_hit_rate.pct',
    column: (r) => share(metric(r, 'lts__t_sector_hit_rate.pct')),
  },
  loadSectorsPerRequest: {
    unit: '',
    formula: 'l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum / l1tex__t_requests_….sum',
    column: (r) => sectorsPerRequest(r, 'ld'),
  },
  storeSectorsPerRequest: {
    unit: '',
    formula: 'l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum / l1tex__t_requests_….sum',
    column: (r) => sectorsPerRequest(r, 'st'),
  },
  ipc: {
    unit: '',
    formula: 'sm__inst_executed.avg.per_cycle_active',
    column: (r) => metric(r, 'sm__inst_executed.avg.per_cycle_active'),
  },
};

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

/** A figure by launch; computed once a report. */
export const figureColumn = (analysis: ReportAnalysis, name: FigureName): Column | undefined =>
  analysis.once(`figure ${name}`, () => FIGURES[name].column(analysis.report));

/** The figures of some launches: of each the median over those that have it. */
export function figuresOf(analysis: ReportAnalysis, launches: readonly number[]): Figures {
  const figures: Partial<Record<FigureName, number>> = {};
  for (const name of FIGURE_NAMES) {
    const value = median(figureColumn(analysis, name), launches);
    if (value !== undefined) figures[name] = value;
  }
  return figures;
}

/** What keeps more blocks from running on an SM; several where they tie. */
export type OccupancyLimit = 'registers' | 'shared memory' | 'warps' | 'blocks' | 'barriers';

const LIMITS: readonly (readonly [OccupancyLimit, string])[] = [
  ['registers', 'launch__occupancy_limit_registers'],
  ['shared memory', 'launch__occupancy_limit_shared_mem'],
  ['warps', 'launch__occupancy_limit_warps'],
  ['blocks', 'launch__occupancy_limit_blocks'],
  ['barriers', 'launch__occupancy_limit_barriers'],
];

/** The smallest of ncu's block limits (`launch__occupancy_limit_*`); empty where none is known. */
export function occupancyLimits(
  analysis: ReportAnalysis,
  launches: readonly number[],
): readonly OccupancyLimit[] {
  const limits = LIMITS.flatMap(([limit, name]) => {
    const blocks = median(metric(analysis.report, name), launches);
    return blocks === undefined ? [] : [{ limit, blocks }];
  });
  const least = Math.min(...limits.map(({ blocks }) => blocks));
  return limits.filter(({ blocks }) => blocks === least).map(({ limit }) => limit);
}

export interface Stall {
  /** As in the metric: `long_scoreboard`. */
  readonly reason: string;
  /** Cycles between two instructions of a warp that it stood for this reason; undefined for samples. */
  readonly cycles?: number;
  /** Of a warp's cycles between two instructions, or of the samples. */
  readonly share: Share;
}

const STALL_RATIO =
  /^smsp__average_warps?_(?:latency_)?issue_stalled_(\w+?)(?:_per_issue_active)?\.ratio$/;
const STALL_SAMPLES = /^smsp__pcsamp_warps_issue_stalled_(\w+)$/;

const stallColumns = (
  analysis: ReportAnalysis,
  pattern: RegExp,
): readonly { reason: string; values: Column }[] =>
  analysis.once(`stalls ${pattern.source}`, () =>
    analysis.report.metrics.flatMap(({ name, values }) => {
      const reason = pattern.exec(name ?? '')?.[1];
      return reason === undefined || reason.endsWith('_not_issued') ? [] : [{ reason, values }];
    }),
  );

/**
 * Why warps waited, longest first. From smsp__average_warps_issue_stalled_*_per_issue_active.ratio
 * (cycles a warp stands for the reason, per instruction issued), as a share of their sum;
 * else from the warp samples. `selected` is work, not waiting: it counts in the sum alone.
 */
export function stallsOf(analysis: ReportAnalysis, launches: readonly number[]): readonly Stall[] {
  const collect = (pattern: RegExp): { reason: string; value: number }[] =>
    stallColumns(analysis, pattern).flatMap(({ reason, values }) => {
      const value = median(values, launches);
      return value === undefined ? [] : [{ reason, value }];
    });
  const ratios = collect(STALL_RATIO);
  const measured = ratios.length > 0 ? ratios : collect(STALL_SAMPLES);
  const total = measured.reduce((n, { value }) => n + value, 0);
  if (!(total > 0)) return [];
  return measured
    .filter(({ reason, value }) => reason !== 'selected' && value > 0)
    .sort((a, b) => b.value - a.value || (a.reason < b.reason ? -1 : 1))
    .map(({ reason, value }) => ({
      reason,
      share: value / total,
      ...(ratios.length > 0 ? { cycles: value } : {}),
    }));
}

export interface Rule {
  readonly section: string;
  readonly rule: string;
  /** `INF`, `WRN`, `OPT`, … */
  readonly type: string;
  readonly text: string;
  readonly speedupType: string;
  /** Estimated by the tool; undefined where it gives none. */
  readonly speedup?: Share;
  /** How many of the kernel's launches it was said of. */
  readonly launches: number;
}

/** The tool's own findings about some launches: largest estimated speed-up first; the text is of one launch. */
export function rulesOf(analysis: ReportAnalysis, launches: readonly number[]): readonly Rule[] {
  const { strings } = analysis.report;
  const byLaunch = analysis.once('rules by launch', () => {
    const map = new Map<number, RuleFinding[]>();
    for (const rule of analysis.report.rules)
      map.set(rule.launch, [...(map.get(rule.launch) ?? []), rule]);
    return map;
  });
  const found = new Map<string, { first: RuleFinding; launches: Set<number> }>();
  for (const launch of launches) {
    for (const rule of byLaunch.get(launch) ?? []) {
      // One rule may say several things of a launch (the stalls); numbers in the text differ by launch.
      const key = `${rule.section} ${rule.rule} ${rule.type} ${strings.get(rule.text).replace(/[\d.,]+/g, '#')}`;
      const entry = found.get(key);
      if (entry === undefined) found.set(key, { first: rule, launches: new Set([launch]) });
      else entry.launches.add(launch);
    }
  }
  return [...found.values()]
    .map(({ first, launches: of }) => ({
      section: strings.get(first.section),
      rule: strings.get(first.rule),
      type: strings.get(first.type),
      text: strings.get(first.text),
      speedupType: strings.get(first.speedupType),
      ...(Number.isNaN(first.speedup) ? {} : { speedup: first.speedup / 100 }),
      launches: of.size,
    }))
    .sort((a, b) => (b.speedup ?? -1) - (a.speedup ?? -1));
}

export interface ReportKernelRow {
  readonly key: string;
  readonly name: string;
  readonly component: Component;
  readonly launches: number;
  readonly grid?: readonly [x: number, y: number, z: number];
  readonly block?: readonly [x: number, y: number, z: number];
  /** Medians over the launches. */
  readonly figures: Figures;
  /** Sum over the launches under ncu: at its clock and with cold caches, never comparable with a timeline. */
  readonly totalDuration?: Nanoseconds;
  readonly occupancyLimits: readonly OccupancyLimit[];
  /** The longest few. */
  readonly stalls: readonly Stall[];
}

const TOP_STALLS = 5;

export function kernelRow(analysis: ReportAnalysis, kernel: ReportKernel): ReportKernelRow {
  const duration = figureColumn(analysis, 'duration');
  const { invocations } = analysis.report.launches;
  const total = kernel.launches.reduce(
    (n, i) => n + (duration?.[i] ?? Number.NaN) * invocations[i],
    0,
  );
  return {
    key: kernel.key,
    name: kernel.name,
    component: kernel.component,
    launches: kernel.launches.reduce((n, i) => n + invocations[i], 0),
    grid: kernel.grid,
    block: kernel.block,
    figures: figuresOf(analysis, kernel.launches),
    ...(Number.isNaN(total) ? {} : { totalDuration: total }),
    occupancyLimits: occupancyLimits(analysis, kernel.launches),
    stalls: stallsOf(analysis, kernel.launches).slice(0, TOP_STALLS),
  };
}

/** In the order of their first launch. */
export const reportKernels = (
  analysis: ReportAnalysis,
  grouping: ReportGrouping,
): readonly ReportKernelRow[] =>
  analysis.once(`rows ${grouping}`, () =>
    analysis.kernels(grouping).map((kernel) => kernelRow(analysis, kernel)),
  );
