/**
 * What is known of a run besides its profiles: the record of the capture, what
 * the client measured, and what else lies in the folder. Everything in it was
 * checked; environment variables are left out, and secrets are masked.
 */
import type { ClientFigures } from './client-figures';
import type { ExpertBalance } from './expert-balance';

export interface RunAbout {
  /** Absolute. */
  readonly folder: string;
  /** Undefined where no capture left a record: a profile with a client's figures beside it. */
  readonly record?: RunFacts;
  /** What a client measured, the record's own first, then the newest; mostly one. */
  readonly clients: readonly ClientFile[];
  /** How evenly experts were loaded, where the log told. */
  readonly experts?: ExpertBalance;
  readonly profiles: readonly RunProfile[];
  /** Folder of the runtime layer's session, from the run's folder. */
  readonly session?: string;
  /** Logs, from the run's folder. */
  readonly logs: readonly string[];
  /** HTML reports that lie in the folder. */
  readonly reports: readonly string[];
}

export interface ClientFile {
  /** From the run's folder. */
  readonly file: string;
  readonly figures: ClientFigures;
}

export type RunProfileKind = 'timeline' | 'torch' | 'kernels';

/** In the order in which they are best opened. */
export interface RunProfile {
  readonly kind: RunProfileKind;
  /** From the run's folder. */
  readonly file: string;
}

export interface RunFacts {
  readonly state: 'done' | 'failed';
  readonly model: string;
  readonly mode: string;
  /** ISO 8601. */
  readonly started: string;
  readonly seconds?: number;
  readonly gpus: readonly string[];
  readonly versions: readonly NamedText[];
  readonly git?: { readonly commit: string; readonly changed: boolean };
  readonly settings: readonly NamedText[];
  /** What a version or the machine could not give. */
  readonly notes: readonly string[];
  readonly commands: readonly RunCommand[];
  readonly stages: readonly RunStage[];
  readonly failure?: {
    readonly what: string;
    readonly why?: string;
    readonly advice?: string;
    /** The end of the log that led to it. */
    readonly log?: string;
    /** Title of the stage. */
    readonly stage?: string;
  };
}

export interface NamedText {
  readonly name: string;
  readonly value: string;
}

export interface RunCommand {
  /** Title of the stage. */
  readonly stage: string;
  /** As a POSIX shell reads it, without the environment. */
  readonly text: string;
  readonly seconds?: number;
  readonly exitStatus?: number;
  readonly signal?: string;
}

export interface RunStage {
  readonly id: string;
  readonly title: string;
  readonly state: 'done' | 'failed';
  /** ISO 8601, to the millisecond. */
  readonly started: string;
  readonly seconds: number;
  readonly detail?: string;
}
