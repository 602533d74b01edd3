/** What a history of runs can do, wherever it is kept. */
import type { Measure, Snapshot } from '../analysis/compare';

/** Where it is kept in a workspace, if nobody says otherwise. */
export const DEFAULT_HISTORY = '.profilemate/history.sqlite';

/** A run to be kept. */
export interface NewRun {
  /** summary.json, as a document: ours, or an older script's; of a run that has none, its figures. */
  readonly summary: unknown;
  /** client.json beside it. */
  readonly client?: unknown;
  /** The run as it is compared. */
  readonly snapshot: Snapshot;
  readonly note?: string;
  readonly branch?: string;
}

export interface KeptKernel {
  readonly name: string;
  readonly component: string | null;
  /** ms and calls per step; per run where it has no steps; of a kernel report the median launch, and launches. */
  readonly ms: number;
  readonly calls: number;
}

/** A run that is kept, with what lists and trends need of it. */
export interface RunRecord {
  /** Digest of its figures: a run that is added twice is one. */
  readonly id: string;
  /** ISO 8601. */
  readonly addedAt: string;
  readonly capturedAt: string | null;
  readonly model: string | null;
  readonly gpu: string | null;
  /** What measured it. */
  readonly measure: Measure;
  readonly commit: string | null;
  readonly branch: string | null;
  /** Its file. */
  readonly label: string;
  readonly note: string | null;
  readonly baseline: boolean;
  /** By name, as in `metricsOf`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The longest, by time. */
  readonly kernels: readonly KeptKernel[];
}

export interface RunFilter {
  readonly model?: string;
  readonly gpu?: string;
  readonly branch?: string;
  readonly measure?: Measure;
  /** ISO 8601; of the capture, or of the adding where that is not known. */
  readonly since?: string;
  readonly baseline?: boolean;
}

export interface HistoryStore {
  /** Where it is, for people; no password in it. */
  readonly place: string;
  /** @returns the run as it is kept, and whether it is new */
  add(run: NewRun): Promise<{ readonly record: RunRecord; readonly added: boolean }>;
  /** In order of capture. */
  list(filter?: RunFilter): Promise<readonly RunRecord[]>;
  /** The documents of a run; undefined where there is none of that id. */
  documents(id: string): Promise<{ summary: unknown; client: unknown } | undefined>;
  /** @returns whether there is such a run */
  setBaseline(id: string, baseline: boolean): Promise<boolean>;
  /** @returns how many were there */
  remove(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** When a run was made, as far as is known. */
export const timeOf = ({ capturedAt, addedAt }: RunRecord): string => capturedAt ?? addedAt;
