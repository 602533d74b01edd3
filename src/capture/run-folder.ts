/**
 * One folder a run, named by time and model. It is written beside its place
 * under a hidden name, and renamed when it is whole.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../disk/make-folder';
import type { ClientFigures } from './client-figures';
import { CaptureFailure, type FailureText } from './failure';
import type { StageId } from './plan';
import { checkedRecord, type RUN_SCHEMA_VERSION } from './run-schema';
import type { CaptureSettings, Mode } from './settings';

export const RUN_FILE = 'run.json';
/** A record is some ten kilobytes. */
const LARGEST_RECORD = 32 << 20;

export interface CommandRecord {
  readonly stage: StageId;
  /** For copying; secrets are masked. */
  readonly text: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly started: string;
  readonly seconds?: number;
  readonly exit_status?: number;
  readonly signal?: string;
}

export interface StageRecord {
  readonly stage: StageId;
  readonly title: string;
  readonly state: 'done' | 'failed';
  readonly started: string;
  readonly seconds: number;
  readonly detail?: string;
}

/** Figures a list of runs shows; undefined where a run has none. */
export type Headline = Readonly<Record<string, number | string | undefined>>;

/** `run.json`: what anyone needs to repeat the run. */
export interface RunRecord {
  readonly schema_version: typeof RUN_SCHEMA_VERSION;
  readonly id: string;
  readonly state: 'done' | 'failed';
  readonly model: string;
  readonly mode: Mode;
  readonly started: string;
  /** Undefined where a record that others wrote does not tell. */
  readonly seconds?: number;
  readonly profilemate: string;
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly gpus: readonly string[];
  /** Of the folder the run was started in. */
  readonly git?: { readonly commit: string; readonly changed: boolean };
  /** As they were; of a record that others wrote, anything by name. */
  readonly settings: Readonly<Partial<Record<keyof CaptureSettings, unknown>>>;
  readonly notes: readonly string[];
  readonly commands: readonly CommandRecord[];
  readonly stages: readonly StageRecord[];
  readonly files: RunFiles;
  readonly headline: Headline;
  readonly failure?: FailureText & { readonly stage?: StageId };
}

/** Relative to the run's folder. */
export interface RunFiles {
  /** Databases that open as profiles. */
  readonly timelines: readonly string[];
  readonly reports: readonly string[];
  readonly kernels?: string;
  readonly torch: readonly string[];
  readonly client?: string;
  /** How evenly experts were loaded. */
  readonly balance?: string;
  readonly runtime?: string;
}

/** A name without what a file system, a shell or a person could stumble over. */
export function safeName(model: string): string {
  const last =
    model
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? '';
  return (
    last
      .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
      .slice(0, 60)
      .replace(/^[-.]+|[-.]+$/g, '') || 'run'
  );
}

/** Local time, to the second, in an order that sorts. */
function timeName(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  return `${date}_${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-')}`;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** By the system's error. A folder that may not be written to is not there, to `mkdir`. */
const NOT_MADE: Readonly<Record<string, string>> = {
  EEXIST: 'It is a file.',
  ENOTDIR: 'Above it is a file.',
  ENOENT: 'The folder above it cannot be written to.',
  EACCES: 'The folder above it cannot be written to.',
  EROFS: 'The disk is read-only.',
  ENOSPC: 'The disk is full.',
};

export class RunFolder {
  private readonly whole = new Set<string>();

  private constructor(
    /** Where it is written. */
    readonly path: string,
    /** Where it will be. */
    readonly place: string,
  ) {}

  /** @throws where the folder cannot be made */
  static async create(outputDir: string, model: string, now: Date): Promise<RunFolder> {
    const parent = path.resolve(outputDir);
    await makeFolder(parent).catch((error: NodeJS.ErrnoException) => {
      throw new CaptureFailure({
        what: `The folder for the results, ${parent}, could not be made.`,
        why: NOT_MADE[error.code ?? ''] ?? `${error.message}.`,
        advice: 'Name a folder that you may write to.',
      });
    });
    const base = `${timeName(now)}_${safeName(model)}`;
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}-${n}`;
      const [part, place] = [path.join(parent, `.${name}.part`), path.join(parent, name)];
      if (await exists(place)) continue;
      try {
        await mkdir(part);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
      const folder = new RunFolder(part, place);
      await mkdir(folder.file('logs'));
      folder.keep('logs');
      return folder;
    }
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** A file or folder of it is whole, and stays even if a later stage fails. */
  keep(name: string): void {
    this.whole.add(name);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await writeFile(this.file(name), JSON.stringify(value, undefined, 2) + '\n');
    this.keep(name);
  }

  /** Removes what is not whole, writes the record, and puts the folder in its place. */
  async finish(record: RunRecord): Promise<void> {
    if (record.state === 'failed') {
      const names = await readdir(this.path);
      await Promise.all(
        names
          .filter((name) => !this.whole.has(name))
          .map((name) => rm(this.file(name), { recursive: true, force: true })),
      );
    }
    // Commands name the folder as it was called then; who repeats them needs its name.
    const text = JSON.stringify(record, undefined, 2).replaceAll(
      JSON.stringify(this.path).slice(1, -1),
      JSON.stringify(this.place).slice(1, -1),
    );
    await writeFile(this.file(RUN_FILE), text + '\n');
    await rename(this.path, this.place);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Checked, whoever wrote it. Undefined where it is no run of a kind that is known. */
export function parseRun(text: string): RunRecord | undefined {
  try {
    return checkedRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What a capture wrote down, as it stands in a run's folder. */
export async function readRecord(folder: string): Promise<RunRecord | undefined> {
  const file = path.join(folder, RUN_FILE);
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile() || facts.size > LARGEST_RECORD) return undefined;
  return parseRun(await readFile(file, 'utf8').catch(() => ''));
}

/** The figures of the load that are shown in a line. */
export function clientHeadline(client: ClientFigures): Headline {
  return {
    requests: client.completed,
    failed_requests: client.failed,
    output_tokens_per_s: client.output_throughput,
    ttft_p50_ms: client.ttft_ms?.p50,
    tpot_p50_ms: client.tpot_ms?.p50,
  };
}
