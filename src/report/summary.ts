/** Results as the document of `summary.json`. Changes units and names, computes nothing else. */
import type { ComponentTime, PhaseRow } from '../analysis/phases';
import type { KernelRow } from '../analysis/kernels';
import {
  SUMMARY_SCHEMA_VERSION,
  TOP_KERNEL_NAME_LENGTH,
  type Summary,
  type SummaryComponent,
  type SummaryKernel,
  type SummaryPhase,
  type SummaryPhaseTotal,
  type SummaryTopKernel,
} from '../profile/summary';
import type { Nanoseconds } from '../profile/units';
import { IMPOSSIBLE_NOTE } from './bandwidth';
import type { Results } from './results';

const TOP_KERNELS = 20;
const KERNELS = 200;
const GAPS = 20;

const ms = (time: Nanoseconds): number => time / 1e6;
const us = (time: Nanoseconds): number => time / 1e3;
const known = <T>(value: T | undefined): T | null => value ?? null;
const percent = (share: number | undefined): number | null =>
  share === undefined ? null : share * 100;

export function summarise(results: Results, version: string): Summary {
  const { overview, graphs, utilisation, memory, source } = results;
  const { phases } = overview;
  const hasWork = phases.missing !== 'no-activities';
  const nodesSeen = graphs.mode === 'node' || graphs.mode === 'none';
  return {
    schema_version: SUMMARY_SCHEMA_VERSION,

    prefill_decode: prefillDecode(phases.phases),
    components: components(overview.components),
    top_kernels: topKernels(results.kernels, results.geometries),
    cuda_graphs: {
      total_kernel_launches: graphs.kernelsInside + graphs.kernelsOutside,
      graph_kernel_launches: nodesSeen ? graphs.kernelsInside : null,
      graph_coverage_pct: percent(graphs.coverage),
      num_unique_graphs: graphs.mode === 'hidden' ? null : graphs.distinctGraphs,
    },

    generator: { name: 'profilemate', version },
    profile: {
      format: source.format,
      file: source.path.split(/[\\/]/).pop() ?? '',
      size_bytes: source.size,
      generated: source.generated,
      tool: known(overview.tool),
      command: known(overview.command),
      captured_at: capturedAt(overview.utcEpoch),
      duration_ms: overview.duration > 0 ? ms(overview.duration) : null,
      events: overview.counts,
    },
    devices: overview.devices.map((device) => ({
      name: device.name,
      memory_bytes: known(device.memory),
      sm_count: known(device.smCount),
      clock_hz: known(device.clock),
      used: device.used,
    })),
    utilisation: {
      busy_percent: percent(overview.busyShare),
      busy_at_most_percent: percent(overview.busyAtMost ?? overview.busyShare),
      devices: utilisation.devices.map((device) => ({
        device: device.device,
        name: device.name,
        span_ms: ms(device.span),
        busy_ms: ms(device.busy),
        idle_ms: ms(device.idle),
        unknown_ms: ms(device.unknown),
        busy_percent: device.share * 100,
        kernel_busy_ms: ms(device.kernelBusy),
        copy_busy_ms: ms(device.copyBusy),
        overlap_ms: ms(device.overlap),
        gaps: device.gaps,
      })),
      gaps: utilisation.gaps.slice(0, GAPS).map((gap) => ({
        device: gap.device,
        start_ms: ms(gap.start),
        duration_us: us(gap.duration),
        before: gap.before,
        after: gap.after,
        cpu: { kind: gap.cpu.kind, name: gap.cpu.name, percent: gap.cpu.share * 100 },
        between_steps: gap.betweenSteps,
      })),
    },
    attribution: {
      missing: known(phases.missing),
      step_format: known(phases.stepFormat),
      engines: phases.engines,
      ranks: phases.ranks,
      gpu_busy_ms: hasWork ? ms(phases.busy) : null,
      coverage_percent: hasWork ? phases.coverage * 100 : null,
    },
    phases: phases.phases.map((row) => phase(row, hasWork)),
    kernel_count: results.kernels.length,
    kernels: results.kernels.slice(0, KERNELS).map(kernel),
    graphs: {
      mode: graphs.mode,
      launch_calls: graphs.launchCalls,
      replays: graphs.replays,
      unrecorded: graphs.unrecorded,
      time_inside_ms: hasWork ? ms(graphs.timeInside) : null,
      time_outside_ms: hasWork ? ms(graphs.timeOutside) : null,
      launch_us: graphs.launchTime === undefined ? null : us(graphs.launchTime),
    },
    transfers: memory.transfers.map((transfer) => ({
      operation: transfer.operation,
      memory: transfer.memory,
      pageable: transfer.pageable,
      count: transfer.count,
      bytes: known(transfer.bytes),
      total_ms: ms(transfer.total),
      bandwidth_gbps: transfer.bandwidth === undefined ? null : transfer.bandwidth / 1e9,
      ...(transfer.impossible && { bandwidth_note: IMPOSSIBLE_NOTE }),
    })),
    memory: memory.allocated
      ? { peak_bytes: memory.allocated.peak, end_bytes: memory.allocated.end }
      : null,
    findings: overview.findings.map(
      ({ id, severity, title, detail, advice, measured, threshold }) => ({
        id,
        severity,
        title,
        detail,
        advice,
        measured,
        threshold,
      }),
    ),
    gaps: overview.gaps.map(({ id, text, remedy }) => ({ id, text, remedy: known(remedy) })),
    diagnostics: overview.diagnostics,
  };
}

function capturedAt(epoch: Nanoseconds | undefined): string | null {
  if (epoch === undefined) return null;
  const date = new Date(epoch / 1e6);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function total(rows: readonly PhaseRow[]): SummaryPhaseTotal {
  const count = rows.reduce((sum, row) => sum + row.steps, 0);
  const total_ms = ms(rows.reduce((sum, row) => sum + row.busy, 0));
  return { count, total_ms, avg_ms: count > 0 ? total_ms / count : 0 };
}

function prefillDecode(rows: readonly PhaseRow[]): Summary['prefill_decode'] {
  const of = (...phases: PhaseRow['phase'][]) =>
    total(rows.filter((row) => phases.includes(row.phase)));
  return {
    prefill: of('prefill'),
    decode: of('decode'),
    mixed: of('mixed'),
    unattributed: of('unattributed'),
    other: of('mixed', 'unattributed'),
  };
}

function components(rows: readonly ComponentTime[]): Record<string, SummaryComponent> {
  return Object.fromEntries(
    rows
      .filter((row) => row.instances > 0 || row.component === 'other')
      .map((row) => [
        row.component,
        { count: row.instances, total_ms: ms(row.total), percent: row.share * 100 },
      ]),
  );
}

const volume = (size: readonly [number, number, number] | undefined): number =>
  size ? size[0] * size[1] * size[2] : 0;

function topKernels(
  kernels: readonly KernelRow[],
  geometries: readonly KernelRow[],
): SummaryTopKernel[] {
  const shapes = new Map<string, { blocks: number; threads: number }>();
  for (const row of geometries) {
    const shape = shapes.get(row.name) ?? { blocks: 0, threads: 0 };
    shape.blocks += volume(row.grid) * row.instances;
    shape.threads += volume(row.block) * row.instances;
    shapes.set(row.name, shape);
  }
  return kernels.slice(0, TOP_KERNELS).map((row) => {
    const shape = shapes.get(row.name) ?? { blocks: 0, threads: 0 };
    return {
      kernel_name: row.name.slice(0, TOP_KERNEL_NAME_LENGTH),
      invocations: row.instances,
      total_time_ms: ms(row.total),
      avg_time_us: us(row.average),
      min_time_us: us(row.min),
      max_time_us: us(row.max),
      avg_grid_size: Math.floor(shape.blocks / row.instances),
      avg_block_size: Math.floor(shape.threads / row.instances),
    };
  });
}

/** @param hasWork whether any work on a GPU was recorded */
function phase(row: PhaseRow, hasWork: boolean): SummaryPhase {
  const { stepTime } = row;
  const timed = (time: Nanoseconds): number | null => (hasWork ? ms(time) : null);
  return {
    phase: row.phase,
    steps: row.steps,
    requests: known(row.requests),
    context_tokens: known(row.contextTokens),
    generation_tokens: known(row.generationTokens),
    gpu_busy_ms: timed(row.busy),
    percent: hasWork ? row.share * 100 : null,
    gpu_sum_ms: timed(row.total),
    span_ms: timed(row.span),
    idle_ms: timed(row.idle),
    tokens_per_second: known(row.tokensPerSecond),
    step_time_ms: stepTime
      ? { p50: ms(stepTime.p50), p95: ms(stepTime.p95), p99: ms(stepTime.p99) }
      : null,
    components: hasWork ? components(row.components) : {},
  };
}

function kernel(row: KernelRow): SummaryKernel {
  return {
    name: row.name,
    short_name: row.shortName,
    component: row.component,
    count: row.instances,
    total_ms: ms(row.total),
    percent: row.share * 100,
    avg_us: us(row.average),
    median_us: us(row.median),
    p95_us: us(row.p95),
    min_us: us(row.min),
    max_us: us(row.max),
    stddev_us: us(row.stddev),
    grid: known(row.grid),
    block: known(row.block),
    registers: known(row.registers),
    graph_percent: row.graphShare * 100,
    api_us: row.apiTime === undefined ? null : us(row.apiTime),
    queue_us: row.queueTime === undefined ? null : us(row.queueTime),
  };
}
