/** The reports of `nsys stats`, from the profile's columns: same columns, rows, order and figures. */
import { apiSummary, launchSummary } from './calls';
import { kernelGridBlockSummary, kernelSummary } from './kernels';
import { gpuSummary, memorySizeSummary, memoryTimeSummary } from './memory';
import { rangeProjectionSummary } from './range-gpu';
import { rangeKernelSummary } from './range-kernels';
import { pushPopSummary, rangeSummary, startEndSummary } from './ranges';
import type { StatsReport } from './table';

export type { StatsColumn, StatsReport, StatsTable, StatsValue } from './table';

export const STATS_REPORTS: readonly StatsReport[] = [
  kernelSummary,
  kernelGridBlockSummary,
  memoryTimeSummary,
  memorySizeSummary,
  gpuSummary,
  apiSummary,
  launchSummary,
  rangeSummary,
  pushPopSummary,
  startEndSummary,
  rangeKernelSummary,
  rangeProjectionSummary,
];
