/**
 * What of a run can be compared with another run: one form, whatever it came
 * from (a summary of ours, one that older scripts wrote, a profile that is
 * open). Plain data, so that a baseline file can hold it.
 *
 * A figure that the run does not have is null, never zero.
 */
import type { ProfileFormat } from '../../profile/model';
import type { Phase } from '../../profile/scope';
import type { Bound } from '../ncu/bound';
import type { ComparedClient } from './client';

export const SNAPSHOT_VERSION = 1;

export interface PhaseSnapshot {
  readonly phase: Phase;
  /** Engine steps; where the source is `ranges`, ranges of that name. */
  readonly steps: number;
  readonly contextTokens: number | null;
  readonly generationTokens: number | null;
  /** GPU busy time; where the source is `ranges`, the length of ranges on the CPU. */
  readonly busyMs: number;
  readonly idleMs: number | null;
  /** Of the steps' spans. */
  readonly stepMs: { readonly p50: number; readonly p95: number } | null;
  readonly tokensPerSecond: number | null;
}

export interface KernelSnapshot {
  readonly name: string;
  /** The source cut the name off, so that only its beginning can be relied on. */
  readonly cut: boolean;
  readonly component: string | null;
  readonly count: number;
  readonly totalMs: number;
  /** Of a kernel report alone. */
  readonly launch?: LaunchSnapshot;
}

/** A kernel's launches as Nsight Compute measured them: medians; null where the page does not have it. */
export interface LaunchSnapshot {
  readonly ms: number;
  /** Per cent of what the memory system can do, and the SMs. */
  readonly memoryPercent: number | null;
  readonly computePercent: number | null;
  readonly occupancyPercent: number | null;
  /** What holds it back. */
  readonly bound: Bound;
  /** Every grid and block it was launched with, `80x1x1 × 256x1x1`, in order. */
  readonly geometries: readonly string[];
}

export interface CopySnapshot {
  readonly operation: string;
  readonly pageable: boolean;
  readonly count: number;
  readonly bytes?: number;
  readonly totalMs: number;
}

/** What the engine did with its memory and batches; null where the session did not record it. */
export interface ServingSnapshot {
  /** Per cent of the KV cache that was in use, of the engine that used most. */
  readonly kvMeanPercent: number | null;
  readonly kvPeakPercent: number | null;
  /** Mean over the steps. */
  readonly runningRequests: number | null;
  /** Per cent of the requests that finished and had been preempted. */
  readonly preemptedPercent: number | null;
}

/** Where a run was made and how, as far as it says. */
export interface RunIdentity {
  readonly model: string | null;
  /** Names of the devices that ran something, in order. */
  readonly gpus: readonly string[];
  /** Flags of the command that could change the figures, `--name=value`, in order; null: not known. */
  readonly flags: readonly string[] | null;
  /** How CUDA graphs were traced; `part`: kernel by kernel, and of many launches nothing. */
  readonly captureMode: string | null;
  /** The program with its version, as the profile says. */
  readonly tool: string | null;
  /** Whose times they are; null where a session or an older script does not say. */
  readonly profiler: ProfileFormat | null;
  readonly capturedAt: string | null;
  readonly commit: string | null;
  /** True for generated sample data. */
  readonly generated: boolean;
  /** Of a kernel report: what it was measured at and with. */
  readonly kernelReport?: {
    readonly computeCapabilities: readonly string[];
    /** Median over the launches. */
    readonly smClockHz: number | null;
  };
}

/**
 * How times were measured: work on the GPU; ranges on the CPU, as older scripts did; steps of
 * the model, by the runtime layer; requests, by a client alone; launches, by Nsight Compute.
 */
export type SnapshotSource = 'gpu' | 'ranges' | 'session' | 'client' | 'kernels';

/** What measured a run. Only what the same measured makes one series. */
export const MEASURES = ['nsys', 'torch', 'gpu', 'ranges', 'session', 'client', 'kernels'] as const;
export type Measure = (typeof MEASURES)[number];

export interface Snapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly source: SnapshotSource;
  /** The file, for people. */
  readonly label: string;
  readonly identity: RunIdentity;
  readonly phases: readonly PhaseSnapshot[];
  /** Sum of the durations of all work (kernels, copies, fills, graphs traced as a whole). */
  readonly workMs: number;
  readonly busyMs: number | null;
  readonly idleMs: number | null;
  readonly busyPercent: number | null;
  readonly components: Readonly<Record<string, number>>;
  /** By time; perhaps the first ones only. */
  readonly kernels: readonly KernelSnapshot[];
  readonly kernelLaunches: number | null;
  readonly graphCoverage: number | null;
  readonly copies: readonly CopySnapshot[] | null;
  readonly client: ComparedClient | null;
  /** Of a session of the runtime layer. */
  readonly serving?: ServingSnapshot;
}

/** Of a run that says nothing of where and how it was made. */
export const UNKNOWN_RUN: RunIdentity = {
  model: null,
  gpus: [],
  flags: null,
  captureMode: null,
  tool: null,
  profiler: null,
  capturedAt: null,
  commit: null,
  generated: false,
};

/** Of a run whose work on the GPU was not recorded. */
export const NO_GPU_WORK = {
  phases: [],
  workMs: 0,
  busyMs: null,
  idleMs: null,
  busyPercent: null,
  components: {},
  kernels: [],
  kernelLaunches: null,
  graphCoverage: null,
  copies: null,
} satisfies Partial<Snapshot>;

/** The profiler where it is known; of work on the GPU, `gpu` where it is not. */
export const measureOf = ({ source, identity }: Snapshot): Measure =>
  source === 'gpu' ? (identity.profiler ?? 'gpu') : source;

/**
 * What times are divided by: engine steps; nothing, where there are none; of kernel reports,
 * launches.
 */
export type Per = 'step' | 'run' | 'launch';

/** What the times of all of these runs can be divided by. */
export function perOf(runs: readonly Snapshot[]): Per {
  if (runs.every(({ source }) => source === 'kernels')) return 'launch';
  return runs.every((run) => stepsOf(run) !== undefined) ? 'step' : 'run';
}

/** Engine steps of all phases; undefined where the run has none, so that nothing can be said per step. */
export function stepsOf(snapshot: Snapshot): number | undefined {
  const steps = snapshot.phases.reduce((sum, { steps }) => sum + steps, 0);
  return steps > 0 ? steps : undefined;
}

/** Context and generation tokens that the steps of a phase worked on; null where it is not known. */
export function tokensOf({ contextTokens, generationTokens }: PhaseSnapshot): number | null {
  return contextTokens === null || generationTokens === null
    ? null
    : contextTokens + generationTokens;
}
