/** An open profile as a {@link Snapshot}: the figures that its summary would have. */
import type { Analysis } from '../analysis';
import { graphs, isWhole } from '../graphs';
import { kernelTable } from '../kernels';
import { overview } from '../overview';
import { memory } from '../transfers';
import { utilisation } from '../utilisation';
import { readCommand } from './command';
import type { Beside } from './from-summary';
import { SNAPSHOT_VERSION, type Snapshot } from './snapshot';

const ms = (nanoseconds: number): number => nanoseconds / 1e6;

export function snapshotOfAnalysis(analysis: Analysis, beside: Beside): Snapshot {
  const all = overview(analysis, {});
  const inGraphs = graphs(analysis, {});
  const { devices } = utilisation(analysis, {});
  const facts = all.command === undefined ? undefined : readCommand(all.command);
  const components = Object.fromEntries(
    all.components.map(({ component, total }) => [component, ms(total)]),
  );
  return {
    version: SNAPSHOT_VERSION,
    source: 'gpu',
    label: beside.label,
    identity: {
      model: beside.model ?? facts?.model ?? null,
      gpus: all.devices.filter(({ used }) => used).map(({ name }) => name),
      flags: facts?.flags ?? null,
      captureMode: inGraphs.mode === 'node' && !isWhole(inGraphs) ? 'part' : inGraphs.mode,
      tool: all.tool ?? null,
      profiler: analysis.profile.source.format,
      capturedAt: all.utcEpoch === undefined ? null : isoTime(all.utcEpoch),
      commit: beside.commit ?? null,
      generated: analysis.profile.source.generated,
    },
    phases: all.phases.phases.map((row) => ({
      phase: row.phase,
      steps: row.steps,
      contextTokens: row.contextTokens ?? null,
      generationTokens: row.generationTokens ?? null,
      busyMs: ms(row.busy),
      idleMs: ms(row.idle),
      stepMs: row.stepTime ? { p50: ms(row.stepTime.p50), p95: ms(row.stepTime.p95) } : null,
      tokensPerSecond: row.tokensPerSecond ?? null,
    })),
    workMs: Object.values(components).reduce((sum, time) => sum + time, 0),
    busyMs: ms(all.phases.busy),
    idleMs: devices.length === 0 ? null : devices.reduce((sum, { idle }) => sum + ms(idle), 0),
    busyPercent: all.busyShare === undefined ? null : all.busyShare * 100,
    components,
    kernels: kernelTable(analysis, {}, 'kernel').map((row) => ({
      name: row.name,
      cut: false,
      component: row.component,
      count: row.instances,
      totalMs: ms(row.total),
    })),
    kernelLaunches: inGraphs.kernelsInside + inGraphs.kernelsOutside,
    graphCoverage: inGraphs.coverage === undefined ? null : inGraphs.coverage * 100,
    copies: memory(analysis, {}).transfers.map((row) => ({
      operation: row.operation,
      pageable: row.pageable,
      count: row.count,
      bytes: row.bytes,
      totalMs: ms(row.total),
    })),
    client: beside.client ?? null,
  };
}

function isoTime(nanoseconds: number): string | null {
  const date = new Date(nanoseconds / 1e6);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
