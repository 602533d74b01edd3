/**
 * What the runtime layer has written of one run of vLLM, as columns.
 *
 * Times are {@link Nanoseconds} since the session began, the same instant for all its
 * processes; lengths are nanoseconds too. NaN is what the file does not say, and never
 * a zero; so is text id 0. Files of the original tool are read into the same columns,
 * with NaN where it had none.
 */
import type { Diagnostic } from './model';
import type { StringId, StringTable } from './strings';
import type { Nanoseconds } from './units';

/** One process of the run and what its metadata says. */
export interface SessionProcess {
  /** The folder's name within the session; empty for the session's own folder. */
  readonly folder: string;
  readonly pid?: number;
  readonly rank?: number;
  readonly roles: readonly ('engine' | 'worker')[];
  readonly modelRunner?: string;
  readonly vllmVersion?: string;
  /** `running` also of one that was killed: nobody wrote the end. */
  readonly state?: 'running' | 'finished';
  /** Steps per row in its tables; counts are whole all the same. */
  readonly sampleEvery: number;
  readonly droppedRows: number;
  /** Rows of rotated files that were removed for room. */
  readonly removedFiles: number;
  readonly hookFailures: readonly { readonly hook: string; readonly failures: number }[];
  /** What the version or the way of running cannot tell, in the layer's own words. */
  readonly limits: readonly { readonly tracker: string; readonly statement: string }[];
}

interface Columns {
  readonly length: number;
  /** An index into {@link Session.processes}. */
  readonly process: Int32Array;
}

type Numbers<N extends string> = { readonly [name in N]: Float64Array };
type Texts<T extends string> = { readonly [name in T]: Uint32Array };
type Table<N extends string, T extends string = never> = Columns & Numbers<N> & Texts<T>;

/** `usage` is a {@link Share}. */
export type KvUsageTable = Table<'time' | 'usage' | 'blocks' | 'totalBlocks'>;
export type EvictionTable = Table<'time' | 'lifetime' | 'idle'>;
/** A graph; `uniform`, `lora` are 1, 0 or NaN. `pieces` of a piecewise graph: one a layer. */
export type CaptureTable = Table<
  'tokens' | 'requests' | 'uniform' | 'lora' | 'loras' | 'duration' | 'pieces' | 'time',
  'mode'
>;
/** Steps by the graph they replayed; mode `NONE` is steps without one. */
export type GraphUsageTable = Table<
  'tokens' | 'requests' | 'uniform' | 'lora' | 'loras' | 'replays' | 'unpadded' | 'padded',
  'mode'
>;
/** A row a step: when, by which graph, how long on the GPU. */
export type GraphStepTable = Table<
  'time' | 'duration' | 'tokens' | 'unpadded' | 'step',
  'descriptor' | 'mode'
>;
/** `timing`: `cuda_events`, `host`, or none where the original tool wrote it. */
export type ForwardTable = Table<
  'time' | 'requests' | 'tokens' | 'duration' | 'contextRequests' | 'contextTokens' | 'step',
  'phase' | 'timing'
>;
export type CpuTable = Table<'time' | 'duration', 'operation' | 'context'>;
export type BatchTable = Table<
  | 'time'
  | 'requests'
  | 'maxRequests'
  | 'tokens'
  | 'maxTokens'
  | 'running'
  | 'waiting'
  | 'contextRequests'
  | 'contextTokens',
  'phase'
>;
export type PreemptionTable = Table<'time' | 'ranFor', 'request' | 'event' | 'reason' | 'info'>;
export type LifecycleTable = Table<
  'queued' | 'started' | 'preempted' | 'resumed' | 'finished' | 'total' | 'delay' | 'preemptions',
  'request' | 'reason'
>;
export type ComponentTable = Table<'time' | 'duration' | 'step', 'component' | 'timing'>;
export type ActivationTable = Table<'layer' | 'expert' | 'count'>;
export type CoselectionTable = Table<'layer' | 'first' | 'second' | 'count'>;
/** Weights in buckets from `low` to `high`; one weight a row where the original tool wrote it. */
export type WeightTable = Table<'layer' | 'expert' | 'weight' | 'low' | 'high' | 'count'>;
export type ImbalanceTable = Table<'layer' | 'time' | 'deviation' | 'ratio' | 'mean'>;

export interface SessionTables {
  readonly kvUsage: KvUsageTable;
  readonly evictions: EvictionTable;
  readonly captures: CaptureTable;
  readonly graphUsage: GraphUsageTable;
  readonly graphSteps: GraphStepTable;
  readonly forward: ForwardTable;
  readonly cpu: CpuTable;
  readonly batch: BatchTable;
  readonly preemptions: PreemptionTable;
  readonly lifecycle: LifecycleTable;
  readonly components: ComponentTable;
  readonly activations: ActivationTable;
  readonly coselections: CoselectionTable;
  readonly weights: WeightTable;
  readonly imbalance: ImbalanceTable;
}

export type SessionTableName = keyof SessionTables;

export interface Session extends SessionTables {
  readonly path: string;
  readonly name: string;
  readonly format: 'profilemate' | 'original';
  readonly schemaVersion?: number;
  /** Wall clock of time 0, in ns since 1970, as far as a double holds it. */
  readonly utcEpoch?: Nanoseconds;
  readonly host?: string;
  /** Which trackers were switched on, by name; undefined where the session does not say. */
  readonly trackers?: Readonly<Record<string, boolean>>;
  readonly processes: readonly SessionProcess[];
  readonly strings: StringTable;
  /** Tables of which no process has a file. */
  readonly missing: readonly SessionTableName[];
  /** Bytes read so far, of all files. */
  readonly size: number;
  readonly diagnostics: readonly Diagnostic[];
}

export const textOf = (session: Session, id: StringId): string => session.strings.get(id);
