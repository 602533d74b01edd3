/** A `summary.json`, ours or an older script's, as a {@link Snapshot}. */
import type { ProfileFormat } from '../../profile/model';
import { SUMMARY_SCHEMA_VERSION, TOP_KERNEL_NAME_LENGTH } from '../../profile/summary';
import { PHASES } from '../../profile/scope';
import { isWhole } from '../graphs';
import type { ComparedClient } from './client';
import { readCommand } from './command';
import { snapshotOfClient } from './from-client';
import { snapshotOfKept } from './kept';
import { isObject, listAt, numberAt, objectAt, textAt, type Json } from './json';
import {
  SNAPSHOT_VERSION,
  type CopySnapshot,
  type KernelSnapshot,
  type PhaseSnapshot,
  type Snapshot,
} from './snapshot';

/** Said to a person: what was expected, and what to do. */
export class NotASummary extends Error {}

export interface Beside {
  readonly label: string;
  readonly client?: ComparedClient;
  readonly commit?: string;
  readonly model?: string;
}

function profilerAt(profile: Json): ProfileFormat | null {
  const format = textAt(profile, 'format');
  return format === 'nsys' || format === 'torch' ? format : null;
}

/**
 * From any document of a run: a summary, a client's figures, or a run as a history keeps it.
 * @throws NotASummary
 */
export function snapshotOfSummary(document: unknown, beside: Beside): Snapshot {
  if (!isObject(document)) throw new NotASummary('it is not a JSON object');
  const kept = snapshotOfKept(document, beside);
  if (kept !== undefined) return kept;
  const isSummary = ['prefill_decode', 'top_kernels', 'cuda_graphs'].some((key) => key in document);
  const client = isSummary ? undefined : snapshotOfClient(document, beside);
  if (client !== undefined) return client;
  const version = document.schema_version;
  if (version === undefined) return ofRanges(document, beside);
  if (typeof version !== 'number' || !isObject(document.prefill_decode)) {
    throw new NotASummary('it is not a summary that `profilemate analyze` wrote');
  }
  if (version > SUMMARY_SCHEMA_VERSION) {
    throw new NotASummary(
      `its schema_version is ${version}, and this version of ProfileMate reads up to ${SUMMARY_SCHEMA_VERSION}; update ProfileMate`,
    );
  }
  return ofSummary(document, beside);
}

function ofSummary(summary: Json, beside: Beside): Snapshot {
  const profile = objectAt(summary, 'profile');
  const command = textAt(profile, 'command');
  const facts = command === null ? undefined : readCommand(command);
  const devices = listAt(summary, 'devices').filter(isObject);
  const components = Object.fromEntries(
    Object.entries(objectAt(summary, 'components')).map(([name, row]) => [
      name,
      numberAt(row, 'total_ms') ?? 0,
    ]),
  );
  const used = listAt(objectAt(summary, 'utilisation'), 'devices').filter(isObject);
  return {
    version: SNAPSHOT_VERSION,
    source: 'gpu',
    label: beside.label,
    identity: {
      model: beside.model ?? facts?.model ?? null,
      gpus: devices.filter(({ used }) => used === true).map((row) => textAt(row, 'name') ?? ''),
      flags: facts?.flags ?? null,
      captureMode: captureMode(objectAt(summary, 'graphs')),
      tool: textAt(profile, 'tool'),
      profiler: profilerAt(profile),
      capturedAt: textAt(profile, 'captured_at'),
      commit: beside.commit ?? null,
      generated: profile.generated === true,
    },
    phases: listAt(summary, 'phases').filter(isObject).flatMap(phase),
    workMs: Object.values(components).reduce((sum, ms) => sum + ms, 0),
    busyMs: numberAt(objectAt(summary, 'attribution'), 'gpu_busy_ms'),
    idleMs:
      used.length === 0 ? null : used.reduce((ms, row) => ms + (numberAt(row, 'idle_ms') ?? 0), 0),
    busyPercent: numberAt(objectAt(summary, 'utilisation'), 'busy_percent'),
    components,
    kernels: listAt(summary, 'kernels').filter(isObject).flatMap(kernel),
    kernelLaunches: numberAt(objectAt(summary, 'cuda_graphs'), 'total_kernel_launches'),
    graphCoverage: numberAt(objectAt(summary, 'cuda_graphs'), 'graph_coverage_pct'),
    copies: listAt(summary, 'transfers').filter(isObject).map(copy),
    client: beside.client ?? null,
  };
}

function phase(row: Json): PhaseSnapshot[] {
  const name = PHASES.find((known) => known === row.phase);
  const busyMs = numberAt(row, 'gpu_busy_ms');
  if (name === undefined || busyMs === null) return [];
  const time = objectAt(row, 'step_time_ms');
  const p50 = numberAt(time, 'p50');
  const p95 = numberAt(time, 'p95');
  return [
    {
      phase: name,
      steps: numberAt(row, 'steps') ?? 0,
      contextTokens: numberAt(row, 'context_tokens'),
      generationTokens: numberAt(row, 'generation_tokens'),
      busyMs,
      idleMs: numberAt(row, 'idle_ms'),
      stepMs: p50 === null || p95 === null ? null : { p50, p95 },
      tokensPerSecond: numberAt(row, 'tokens_per_second'),
    },
  ];
}

function kernel(row: Json): KernelSnapshot[] {
  const name = textAt(row, 'name');
  const totalMs = numberAt(row, 'total_ms');
  if (name === null || totalMs === null) return [];
  return [
    {
      name,
      cut: false,
      component: textAt(row, 'component'),
      count: numberAt(row, 'count') ?? 0,
      totalMs,
    },
  ];
}

const copy = (row: Json): CopySnapshot => ({
  operation: textAt(row, 'operation') ?? '',
  pageable: row.pageable === true,
  count: numberAt(row, 'count') ?? 0,
  bytes: numberAt(row, 'bytes') ?? undefined,
  totalMs: numberAt(row, 'total_ms') ?? 0,
});

/**
 * What scripts before ProfileMate wrote: the lengths of NVTX ranges, the top
 * kernels with names cut short, and a guess at graph coverage. It never says
 * on which GPU, so that only another such summary compares with it.
 */
function ofRanges(document: Json, beside: Beside): Snapshot {
  const split = objectAt(document, 'prefill_decode');
  const kernels = listAt(document, 'top_kernels').filter(isObject);
  const graphs = objectAt(document, 'cuda_graphs');
  const coverage = numberAt(graphs, 'graph_coverage_pct');
  if (Object.keys(split).length === 0 && kernels.length === 0 && coverage === null) {
    throw new NotASummary(
      'it has none of prefill_decode, top_kernels and cuda_graphs that a summary has, and no figures of a client (ttft, tpot, itl, throughput)',
    );
  }
  const components = Object.fromEntries(
    Object.entries(objectAt(document, 'components')).map(([name, row]) => [
      name,
      numberAt(row, 'total_ms') ?? 0,
    ]),
  );
  return {
    version: SNAPSHOT_VERSION,
    source: 'ranges',
    label: beside.label,
    identity: {
      model: beside.model ?? textAt(document, 'model'),
      gpus: [],
      flags: null,
      captureMode: null,
      tool: null,
      profiler: null,
      capturedAt: textAt(document, 'timestamp'),
      commit: beside.commit ?? null,
      generated: false,
    },
    phases: PHASES.flatMap((name) => {
      const row = objectAt(split, name);
      const busyMs = numberAt(row, 'total_ms');
      if (busyMs === null || name === 'unattributed') return [];
      return [
        {
          phase: name,
          steps: numberAt(row, 'count') ?? 0,
          contextTokens: null,
          generationTokens: null,
          busyMs,
          idleMs: null,
          stepMs: null,
          tokensPerSecond: null,
        },
      ];
    }),
    workMs: kernels.reduce((ms, row) => ms + (numberAt(row, 'total_time_ms') ?? 0), 0),
    busyMs: null,
    idleMs: null,
    busyPercent: null,
    components,
    kernels: kernels.flatMap((row) => {
      const name = textAt(row, 'kernel_name');
      const totalMs = numberAt(row, 'total_time_ms');
      if (name === null || totalMs === null) return [];
      return [
        {
          name,
          cut: name.length >= TOP_KERNEL_NAME_LENGTH,
          component: null,
          count: numberAt(row, 'invocations') ?? 0,
          totalMs,
        },
      ];
    }),
    kernelLaunches: numberAt(graphs, 'total_kernel_launches'),
    graphCoverage: coverage,
    copies: null,
    client: beside.client ?? null,
  };
}

function captureMode(graphs: Json): string | null {
  const mode = textAt(graphs, 'mode');
  const unrecorded = numberAt(graphs, 'unrecorded') ?? 0;
  const launchCalls = numberAt(graphs, 'launch_calls') ?? 0;
  return mode === 'node' && !isWhole({ unrecorded, launchCalls }) ? 'part' : mode;
}
