/** The few figures that matter, for the first screen. Puts results together and computes none. */
import type { Nanoseconds, Share } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Diagnostic, EventTable, Profile } from '../profile/model';
import { redactCommand } from '../profile/redact';
import type { Analysis } from './analysis';
import { captureGaps, findings, type Finding, type Gap } from './findings';
import { graphs, type GraphTraceMode } from './graphs';
import { kernelTable, type KernelRow } from './kernels';
import {
  componentBreakdown,
  phaseBreakdown,
  type ComponentTime,
  type PhaseBreakdown,
} from './phases';
import { isTimed } from './selection';
import { servedModel } from './served-model';
import { utilisation, type DeviceUtilisation } from './utilisation';

export interface OverviewResult {
  readonly tool?: string;
  /** With what looks like a secret masked. */
  readonly command?: string;
  /** The model that was served, where the command says. */
  readonly model?: string;
  readonly utcEpoch?: Nanoseconds;
  /** Length of the capture, or first to last event where the file does not say. */
  readonly duration: Nanoseconds;
  readonly devices: readonly {
    name: string;
    memory?: number;
    smCount?: number;
    clock?: number;
    /** Work ran on it, whatever the scope. */
    used: boolean;
  }[];
  readonly processes: readonly { pid: number; name: string }[];
  readonly counts: Readonly<
    Record<'kernels' | 'memcpys' | 'memsets' | 'graphTraces' | 'api' | 'ranges', number>
  >;
  readonly utilisation: readonly DeviceUtilisation[];
  /** Over all devices in scope: busy / span. Undefined where no activity was recorded. */
  readonly busyShare?: Share;
  /** (busy + unknown) / span, where graphs left no trace: `busyShare` is the least that it can be. */
  readonly busyAtMost?: Share;
  readonly graphMode: GraphTraceMode;
  readonly graphCoverage?: Share;
  readonly phases: PhaseBreakdown;
  readonly components: readonly ComponentTime[];
  readonly topKernels: readonly KernelRow[];
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly diagnostics: readonly Diagnostic[];
}

const TOP_KERNELS = 8;

/** First start to last end of everything recorded. */
function extent(profile: Profile): Nanoseconds {
  let first = Infinity;
  let last = -Infinity;
  const tables: readonly EventTable[] = [
    profile.kernels,
    profile.memcpys,
    profile.memsets,
    profile.graphTraces,
    profile.api,
    profile.ranges,
    ...(profile.operators ? [profile.operators] : []),
  ];
  for (const table of tables) {
    const { length, start, end } = table;
    for (let i = 0; i < length; i++) {
      if (table === profile.graphTraces && !isTimed(table, i)) continue;
      if (start[i] < first) first = start[i];
      if (start[i] > last) last = start[i];
      if (end[i] > last) last = end[i];
    }
  }
  return last > first ? last - first : 0;
}

export function overview(analysis: Analysis, scope: Scope): OverviewResult {
  return analysis.scoped('overview', scope, () => {
    const { profile } = analysis;
    const { capture } = profile;
    const used = new Set(utilisation(analysis, {}).devices.map(({ device }) => device));
    const { devices } = utilisation(analysis, scope);
    const busy = devices.reduce((sum, device) => sum + device.busy, 0);
    const span = devices.reduce((sum, device) => sum + device.span, 0);
    const unknown = devices.reduce((sum, device) => sum + device.unknown, 0);
    const inGraphs = graphs(analysis, scope);
    return {
      tool: capture.tool,
      command: capture.command && redactCommand(capture.command.join(' ')),
      model: capture.command && servedModel(capture.command),
      utcEpoch: capture.utcEpoch,
      duration: capture.duration ?? analysis.once('overview.extent', () => extent(profile)),
      devices: profile.devices.map((device, index) => ({
        name: device.name,
        memory: device.totalMemory,
        smCount: device.smCount,
        clock: device.clockRate,
        used: used.has(index),
      })),
      processes: profile.processes.map(({ pid, name }) => ({ pid, name })),
      counts: {
        kernels: profile.kernels.length,
        memcpys: profile.memcpys.length,
        memsets: profile.memsets.length,
        graphTraces: profile.graphTraces.length,
        api: profile.api.length,
        ranges: profile.ranges.length,
      },
      utilisation: devices,
      busyShare: span > 0 ? busy / span : undefined,
      busyAtMost: unknown > 0 ? (busy + unknown) / span : undefined,
      graphMode: inGraphs.mode,
      graphCoverage: inGraphs.coverage,
      phases: phaseBreakdown(analysis, scope),
      components: componentBreakdown(analysis, scope),
      topKernels: kernelTable(analysis, scope, 'kernel').slice(0, TOP_KERNELS),
      findings: findings(analysis, scope),
      gaps: captureGaps(analysis),
      diagnostics: profile.diagnostics,
    };
  });
}
