/** What Nsight Compute measured of kernels, as a {@link Snapshot}: times of launches, and shares of peaks. */
import { median } from '../ncu/columns';
import { figureColumn } from '../ncu/metrics';
import { reportOverview } from '../ncu/overview';
import type { ReportAnalysis } from '../ncu/report';
import { kernelRows, type NcuKernelRow } from '../ncu/rows';
import type { Beside } from './from-summary';
import {
  NO_GPU_WORK,
  SNAPSHOT_VERSION,
  UNKNOWN_RUN,
  type KernelSnapshot,
  type Snapshot,
} from './snapshot';

const percent = (share: number | undefined): number | null =>
  share === undefined ? null : share * 100;

/** Undefined where no launch has a duration. */
export function snapshotOfReport(analysis: ReportAnalysis, beside: Beside): Snapshot | undefined {
  const kernels = kernelRows(analysis, 'kernel').flatMap((row) => kernelOf(analysis, row));
  if (kernels.length === 0) return undefined;
  const { devices, computeCapabilities } = reportOverview(analysis);
  const { launches } = analysis.report;
  const every = Array.from({ length: launches.length }, (_, i) => i);
  return {
    version: SNAPSHOT_VERSION,
    source: 'kernels',
    label: beside.label,
    identity: {
      ...UNKNOWN_RUN,
      model: beside.model ?? null,
      gpus: devices,
      commit: beside.commit ?? null,
      kernelReport: {
        computeCapabilities,
        smClockHz: median(figureColumn(analysis, 'smClock'), every) ?? null,
      },
    },
    ...NO_GPU_WORK,
    workMs: kernels.reduce((ms, { totalMs }) => ms + totalMs, 0),
    kernels,
    kernelLaunches: launches.length,
    client: beside.client ?? null,
  };
}

function kernelOf(analysis: ReportAnalysis, row: NcuKernelRow): KernelSnapshot[] {
  const { duration, memoryShare, smShare, achievedOccupancy } = row.figures;
  if (duration === undefined) return [];
  const members = analysis.kernels('kernel').find(({ key }) => key === row.key)!.launches;
  const ms = duration / 1e6;
  return [
    {
      name: row.name,
      cut: false,
      component: row.component,
      count: row.launches,
      totalMs: row.totalDuration === undefined ? ms * row.launches : row.totalDuration / 1e6,
      launch: {
        ms,
        memoryPercent: percent(memoryShare),
        computePercent: percent(smShare),
        occupancyPercent: percent(achievedOccupancy),
        bound: row.bound,
        geometries: geometriesOf(analysis, members),
      },
    },
  ];
}

/** Those that the page says. */
function geometriesOf(analysis: ReportAnalysis, members: readonly number[]): readonly string[] {
  const { launches: of } = analysis.report;
  const size = (...xyz: readonly number[]): string => xyz.join('x');
  return [
    ...new Set(
      members
        .filter((i) => !Number.isNaN(of.gridX[i]) && !Number.isNaN(of.blockX[i]))
        .map(
          (i) =>
            `${size(of.gridX[i], of.gridY[i], of.gridZ[i])} × ${size(of.blockX[i], of.blockY[i], of.blockZ[i])}`,
        ),
    ),
  ].sort();
}
