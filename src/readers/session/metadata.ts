/** The session's and each process's metadata.json; every field may be missing or of another kind. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SessionProcess } from '../../profile/session';

/** Metadata is some kilobytes; what is larger is none. */
const MOST_BYTES = 4 << 20;

export type Fields = Readonly<Record<string, unknown>>;

export async function readFields(file: string): Promise<Fields | undefined> {
  try {
    if ((await stat(file)).size > MOST_BYTES) return undefined;
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});
export const numberIn = (of: Fields, name: string): number | undefined =>
  typeof of[name] === 'number' && Number.isFinite(of[name]) ? of[name] : undefined;
export const textIn = (of: Fields, name: string): string | undefined =>
  typeof of[name] === 'string' ? of[name] : undefined;

/** Which trackers the layer was told to run; undefined where the metadata does not say. */
export function trackersIn(of: Fields): Readonly<Record<string, boolean>> | undefined {
  const { trackers } = fields(of.settings);
  if (!isFields(trackers)) return undefined;
  const entries = Object.entries(trackers);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'),
  );
}

export const isSession = (of: Fields | undefined): boolean => of?.schema === 'profilemate-session';
export const isProcess = (of: Fields | undefined): boolean => of?.schema === 'profilemate-process';

export function describeProcess(folder: string, of: Fields): SessionProcess {
  const state = textIn(of, 'state');
  return {
    folder: path.basename(folder),
    pid: numberIn(of, 'pid'),
    rank: numberIn(of, 'rank'),
    roles: [
      ...(of.engine_core === true ? (['engine'] as const) : []),
      ...(of.worker === true ? (['worker'] as const) : []),
    ],
    modelRunner: textIn(of, 'model_runner'),
    vllmVersion: textIn(of, 'vllm_version'),
    state: state === 'running' || state === 'finished' ? state : undefined,
    sampleEvery: numberIn(fields(of.settings), 'sample_every') ?? 1,
    droppedRows: numberIn(of, 'dropped_rows') ?? 0,
    removedFiles: Object.values(fields(of.tables)).reduce<number>(
      (sum, table) => sum + (numberIn(fields(table), 'removed_files') ?? 0),
      0,
    ),
    hookFailures: Object.entries(fields(of.hooks))
      .map(([hook, state]) => ({ hook, failures: numberIn(fields(state), 'failures') ?? 0 }))
      .filter(({ failures }) => failures > 0),
    limits: (Array.isArray(of.limits) ? of.limits : []).flatMap((limit: unknown) => {
      const statement = textIn(fields(limit), 'statement');
      const tracker = textIn(fields(limit), 'tracker') ?? '';
      return statement === undefined ? [] : [{ tracker, statement }];
    }),
  };
}

/** A folder of the original tool, whose metadata has names of its own or none. */
export const originalProcess: SessionProcess = {
  folder: '',
  roles: [],
  sampleEvery: 1,
  droppedRows: 0,
  removedFiles: 0,
  hookFailures: [],
  limits: [],
};
