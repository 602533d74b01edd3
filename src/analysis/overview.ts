/** The few figures that matter, for the first screen. */
import type { Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Diagnostic } from '../profile/model';
import type { Analysis } from './analysis';
import type { Finding, Gap } from './findings';
import type { GraphTraceMode } from './graphs';
import type { KernelRow } from './kernels';
import type { ComponentTime, PhaseBreakdown } from './phases';
import type { DeviceUtilisation } from './utilisation';

export interface OverviewResult {
  readonly tool?: string;
  readonly command?: string;
  readonly utcEpoch?: Nanoseconds;
  /** Length of the capture, or first to last event where the file does not say. */
  readonly duration: Nanoseconds;
  readonly devices: readonly { name: string; memory?: number; smCount?: number; clock?: number; used: boolean }[];
  readonly processes: readonly { pid: number; name: string }[];
  readonly counts: Readonly<Record<'kernels' | 'memcpys' | 'memsets' | 'graphTraces' | 'api' | 'ranges', number>>;
  readonly utilisation: readonly DeviceUtilisation[];
  /** Over all devices in scope: busy / span. Undefined where no activity was recorded. */
  readonly busyShare?: Share;
  readonly graphMode: GraphTraceMode;
  readonly graphCoverage?: Share;
  readonly phases: PhaseBreakdown;
  readonly components: readonly ComponentTime[];
  readonly topKernels: readonly KernelRow[];
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly diagnostics: readonly Diagnostic[];
}

export declare function overview(analysis: Analysis, scope: Scope): OverviewResult;
