/**
 * The roofline: how much a kernel computes for each byte it moves, and how
 * close it comes to what the machine allows at that ratio.
 *
 *     intensity   = FLOPs / bytes at the level            FLOP/byte
 *     performance = FLOPs / duration                      FLOP/s
 *     attainable  = min(compute roof, intensity × bandwidth roof)
 *     share       = performance / attainable
 *
 * Williams, Waterman, Patterson: "Roofline: An Insightful Visual Performance
 * Model" (CACM 52, 2009); Nsight Compute Kernel Profiling Guide, "Roofline
 * Charts". Each launch is held against the roofs at its own clock.
 */
import type { LaunchIndex } from '../../profile/kernel-report';
import type { Nanoseconds, Share } from '../../profile/units';
import type { Component } from '../components';
import { median } from './columns';
import { missingWork, workOf, type Precision } from './flops';
import type { FIGURES } from './metrics';
import { figureColumn } from './metrics';
import type { ReportAnalysis, ReportGrouping, ReportKernel } from './report';
import {
  ceiling,
  clockNote,
  computeRoof,
  roofs,
  traffic,
  type MemoryLevel,
  type Roof,
} from './roofs';

export interface NearestRoof {
  readonly kind: 'memory' | 'compute';
  readonly name: MemoryLevel | Precision;
  /** Performance, of what this roof allows at the point's intensity. */
  readonly share: Share;
}

export interface RooflinePoint {
  readonly key: string;
  readonly name: string;
  readonly component: Component;
  /** The launch the point is: the one of median duration among the kernel's. */
  readonly launch: LaunchIndex;
  readonly launches: number;
  readonly duration: Nanoseconds;
  /** Floating-point operations of the launch, all precisions. */
  readonly flops: number;
  readonly byPrecision: readonly { readonly precision: Precision; readonly flops: number }[];
  /** The precision that did most of it; its roof is the point's compute roof. */
  readonly precision: Precision;
  readonly bytes: number;
  /** FLOP per byte. */
  readonly intensity: number;
  /** FLOP per second. */
  readonly performance: number;
  /** Undefined where the report shows no roof for it. */
  readonly nearest?: NearestRoof;
}

/** Where operations were not counted: how busy memory and SMs were, of their peaks. No intensity. */
export interface ThroughputPoint {
  readonly key: string;
  readonly name: string;
  readonly component: Component;
  readonly launches: number;
  readonly duration?: Nanoseconds;
  /** gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed */
  readonly memory: Share;
  /** sm__throughput.avg.pct_of_peak_sustained_elapsed */
  readonly compute: Share;
}

export interface NotDrawn {
  readonly key: string;
  readonly name: string;
  readonly reason: 'no-work' | 'not-counted' | 'no-traffic' | 'no-duration';
}

export interface Roofline {
  readonly level: MemoryLevel;
  readonly points: readonly RooflinePoint[];
  /** All memory levels and all compute roofs, of which a view draws what it likes. */
  readonly roofs: readonly Roof[];
  /**
   * Every kernel by throughput percentages: the stand-in for a roofline where
   * operations were not counted, to be labelled as such.
   */
  readonly throughput: readonly ThroughputPoint[];
  readonly notDrawn: readonly NotDrawn[];
  /** What to collect for what is missing, and what the figures may not be compared with. */
  readonly notes: readonly string[];
}

export function roofline(
  analysis: ReportAnalysis,
  grouping: ReportGrouping,
  level: MemoryLevel,
): Roofline {
  return analysis.once(`roofline ${grouping} ${level}`, () => {
    const points: RooflinePoint[] = [];
    const notDrawn: NotDrawn[] = [];
    const throughput: ThroughputPoint[] = [];
    for (const kernel of analysis.kernels(grouping)) {
      const point = pointOf(analysis, kernel, level);
      if (typeof point === 'string')
        notDrawn.push({ key: kernel.key, name: kernel.name, reason: point });
      else points.push(point);
      const busy = throughputOf(analysis, kernel);
      if (busy !== undefined) throughput.push(busy);
    }
    return {
      level,
      points,
      roofs: roofs(analysis),
      throughput,
      notDrawn,
      notes: [...missingWork(analysis.report, analysis), clockNote(analysis)],
    };
  });
}

/** The launch whose duration is the (lower) median: a point is one that was measured, not a mixture. */
function medianLaunch(analysis: ReportAnalysis, kernel: ReportKernel): LaunchIndex {
  const durations = figureColumn(analysis, 'duration');
  if (durations === undefined) return kernel.launches[0];
  const timed = kernel.launches.filter((i) => !Number.isNaN(durations[i]));
  if (timed.length === 0) return kernel.launches[0];
  timed.sort((a, b) => durations[a] - durations[b] || a - b);
  return timed[(timed.length - 1) >> 1];
}

function pointOf(
  analysis: ReportAnalysis,
  kernel: ReportKernel,
  level: MemoryLevel,
): RooflinePoint | NotDrawn['reason'] {
  const launch = medianLaunch(analysis, kernel);
  const duration = figureColumn(analysis, 'duration')?.[launch] ?? Number.NaN;
  if (!(duration > 0)) return 'no-duration';
  const { flops, byPrecision, uncounted } = workOf(analysis, launch);
  // What was counted beside busy tensor cores would stand far below where the kernel is.
  if (flops === undefined || uncounted !== undefined) return 'not-counted';
  if (byPrecision.length === 0) return 'no-work';
  const bytes = traffic(analysis, level)?.[launch] ?? Number.NaN;
  if (!(bytes > 0)) return 'no-traffic';
  const performance = (flops / duration) * 1e9;
  const [most] = byPrecision;
  const precision = computeRoof(analysis, most.precision, launch, (most.flops / duration) * 1e9);
  return {
    key: kernel.key,
    name: kernel.name,
    component: kernel.component,
    launch,
    launches: kernel.launches.length,
    duration,
    flops,
    byPrecision,
    precision,
    bytes,
    intensity: flops / bytes,
    performance,
    nearest: nearestRoof(analysis, launch, level, precision, flops / bytes, performance),
  };
}

function nearestRoof(
  analysis: ReportAnalysis,
  launch: LaunchIndex,
  level: MemoryLevel,
  precision: Precision,
  intensity: number,
  performance: number,
): NearestRoof | undefined {
  const bandwidth = ceiling(analysis, level, launch);
  const peak = ceiling(analysis, precision, launch);
  const candidates: NearestRoof[] = [];
  if (bandwidth !== undefined)
    candidates.push({ kind: 'memory', name: level, share: performance / (intensity * bandwidth) });
  if (peak !== undefined)
    candidates.push({ kind: 'compute', name: precision, share: performance / peak });
  return candidates.sort((a, b) => b.share - a.share)[0];
}

function throughputOf(analysis: ReportAnalysis, kernel: ReportKernel): ThroughputPoint | undefined {
  const of = (name: keyof typeof FIGURES): number | undefined =>
    median(figureColumn(analysis, name), kernel.launches);
  const memory = of('memoryShare');
  const compute = of('smShare');
  if (memory === undefined || compute === undefined) return undefined;
  return {
    key: kernel.key,
    name: kernel.name,
    component: kernel.component,
    launches: kernel.launches.length,
    duration: of('duration'),
    memory,
    compute,
  };
}
