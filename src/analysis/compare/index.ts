/** Comparing runs; what other rooms use of it. */
export { answerOf, type Answer } from './answer';
export { changePoints, CHANGE_POINT_METHOD, type ChangePoint } from './change-points';
export { rooflineArrows, type RooflineArrow } from './rooflines';
export { readClient, type ComparedClient } from './client';
export { DIFFERENCES, type Difference, type DifferenceKind } from './comparability';
export {
  compare,
  DEFAULT_THRESHOLD,
  type CompareOptions,
  type Comparison,
  type MetricChange,
} from './compare';
export type {
  ComparisonDocument,
  DocumentKernel,
  DocumentMetric,
  DocumentRoofline,
  DocumentRun,
} from './document';
export { snapshotOfAnalysis } from './from-analysis';
export { snapshotOfSession } from './from-session';
export { snapshotOfReport } from './from-report';
export { isSnapshot, keptDocument } from './kept';
export { NotASummary, snapshotOfSummary, type Beside } from './from-summary';
export type { KernelChange, KernelFigures } from './kernels';
export {
  kernelMetricName,
  kernelOfMetric,
  launchMetricNames,
  metricsOf,
  unitOf,
  type MetricDefinition,
  type MetricUnit,
} from './metrics';
export {
  NO_GPU_WORK,
  UNKNOWN_RUN,
  MEASURES,
  measureOf,
  perOf,
  stepsOf,
  type Measure,
  type Per,
  type RunIdentity,
  type Snapshot,
} from './snapshot';
export { copySides, type CopySides, type PhaseSides, type PhaseTotals } from './totals';
export type { Basis, Judged, Verdict } from './verdict';
export type { Waterfall, WaterfallBar } from './waterfall';
