/**
 * From a file or folder to the run it belongs to. A run is recognised by the
 * record that a capture leaves; without one, a folder counts where a client's
 * figures lie beside a profile. Nothing outside the folder is ever named.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type {
  ClientFile,
  NamedText,
  RunAbout,
  RunCommand,
  RunFacts,
  RunProfile,
  RunProfileKind,
} from '../profile/run';
import { readClientFile } from './client-file';
import { displayCommand } from './command';
import { readBalance } from './expert-balance';
import { readRecord, RUN_FILE, type RunRecord } from './run-folder';
import { Secrets } from './secrets';

/** Where a run keeps files that are not in its folder itself. */
const PARTS = new Set(['torch', 'runtime', 'parsed', 'ncu_parsed', 'logs']);
const DEEPEST = 3;
/** A folder of more JSON files than this is no folder of a run. */
const MOST_CLIENT_FILES = 200;

interface Found {
  readonly folder: string;
  readonly record: RunRecord;
}

/** The run that a path is the folder of, or lies in. */
async function findRun(place: string): Promise<Found | undefined> {
  const facts = await stat(place).catch(() => undefined);
  if (!facts) return undefined;
  let folder = facts.isDirectory() ? place : path.dirname(place);
  for (let depth = 0; depth < DEEPEST; depth++) {
    const record = await readRecord(folder);
    if (record) return { folder, record };
    const above = path.dirname(folder);
    // What lies above is the run's only by way of a part that runs have.
    if (![folder, above].some((each) => PARTS.has(path.basename(each)))) return undefined;
    folder = above;
  }
  return undefined;
}

/**
 * @param place a run's folder, or any file or folder in it; a profile that lies anywhere
 * @returns undefined where there is nothing to say: no record, and no client's figures
 */
export async function readRunAbout(place: string): Promise<RunAbout | undefined> {
  const found = await findRun(place);
  if (found) return aboutRecorded(found);
  const facts = await stat(place).catch(() => undefined);
  if (!facts) return undefined;
  const folder = facts.isDirectory() ? place : path.dirname(place);
  const clients = await clientsIn(folder);
  if (clients.length === 0) return undefined;
  return { folder, clients, profiles: [], logs: [], reports: [] };
}

async function aboutRecorded(found: Found): Promise<RunAbout> {
  const { folder, record } = found;
  const { files } = record;
  const exists = async (name: string): Promise<boolean> =>
    isInside(folder, name) &&
    (await stat(path.join(folder, name)).then(
      () => true,
      () => false,
    ));
  const present = async (names: readonly (string | undefined)[]): Promise<readonly string[]> => {
    const found = await Promise.all(
      names.map(async (name) => name !== undefined && (await exists(name)) && name),
    );
    return found.filter((name) => name !== false);
  };
  const names = await readdir(folder).catch((): string[] => []);
  const timelines = await present(files.timelines);
  const exported = new Set(timelines.map((name) => name.replace(/\.nsys\.sqlite$/, '')));
  const reports = (await present(files.reports)).filter(
    (name) => !exported.has(name.replace(/\.nsys-rep$/, '')),
  );
  const kernels = await present([files.kernels]);
  const profiles: readonly RunProfile[] = [
    ...ofKind('timeline', [...timelines, ...reports]),
    ...ofKind('torch', await present(files.torch)),
    ...ofKind('kernels', kernels.length > 0 ? kernels : await present(['kernels.ncu-rep'])),
  ];
  const logs = await readdir(path.join(folder, 'logs')).catch((): string[] => []);
  const [session] = await present([files.runtime]);
  const [balance] = await present([files.balance]);
  const experts = balance === undefined ? undefined : await readBalance(path.join(folder, balance));
  return {
    folder,
    record: factsOf(record),
    clients: await clientsIn(folder, files.client),
    profiles,
    ...(session !== undefined && { session }),
    ...(experts && { experts }),
    logs: logs.sort().map((name) => path.join('logs', name)),
    reports: names.filter((name) => /\.html?$/i.test(name)).sort(),
  };
}

const ofKind = (kind: RunProfileKind, files: readonly string[]): readonly RunProfile[] =>
  files.map((file) => ({ kind, file }));

/** A record may name any file; only those of its own folder are taken. */
function isInside(folder: string, name: string): boolean {
  const file = path.resolve(folder, name);
  return file !== folder && file.startsWith(path.resolve(folder) + path.sep);
}

/** All that hold a client's figures, that of the record first, then the newest. */
async function clientsIn(folder: string, recorded?: string): Promise<readonly ClientFile[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const candidates = names.filter((name) => /\.json$/i.test(name) && name !== RUN_FILE).sort();
  if (candidates.length > MOST_CLIENT_FILES) return [];
  const found = await Promise.all(
    candidates.map(async (file) => {
      const figures = await readClientFile(path.join(folder, file));
      if (!figures) return undefined;
      const { mtimeMs } = await stat(path.join(folder, file));
      return { file, figures, written: file === recorded ? Infinity : mtimeMs };
    }),
  );
  return found
    .filter((one) => one !== undefined)
    .sort((a, b) => b.written - a.written || (a.file < b.file ? -1 : 1))
    .map(({ file, figures }) => ({ file, figures }));
}

function factsOf(record: RunRecord): RunFacts {
  const titles = new Map<string, string>(record.stages.map(({ stage, title }) => [stage, title]));
  const titleOf = (stage: string): string => titles.get(stage) ?? stage;
  const { failure, commands, stages, versions, settings } = record;
  const { state, model, mode, started, seconds, gpus, git, notes } = record;
  return {
    ...{ state, model, mode, started, gpus, notes },
    ...(seconds !== undefined && { seconds }),
    ...(git && { git }),
    versions: Object.entries(versions).flatMap(([name, value]) =>
      typeof value === 'string' ? [{ name, value }] : [],
    ),
    settings: settingsTexts(settings),
    commands: commands.map((command): RunCommand => {
      const { program, args, exit_status, stage, seconds, signal } = command;
      return {
        stage: titleOf(stage),
        text: displayCommand({ program, args, env: {} }),
        seconds,
        exitStatus: exit_status,
        signal,
      };
    }),
    stages: stages.map(({ stage, ...of }) => ({ id: stage, ...of })),
    ...(failure && {
      failure: {
        ...failure,
        ...(failure.stage !== undefined && { stage: titleOf(failure.stage) }),
      },
    }),
  };
}

/** Of no use, shown elsewhere, or nobody's business. */
const LEFT_OUT = new Set(['env', 'model', 'mode', 'runtimeLayer']);

/** One line a setting, nested ones by their path; what is empty was not set. */
function settingsTexts(settings: Readonly<Record<string, unknown>>): readonly NamedText[] {
  const secrets = new Secrets({}, argumentsIn(settings));
  const lines = (value: unknown, name: string): readonly NamedText[] => {
    if (LEFT_OUT.has(name) || value === null || value === undefined || value === '') return [];
    if (Array.isArray(value)) return value.length > 0 ? [{ name, value: value.join(' ') }] : [];
    if (typeof value === 'string') return [{ name, value }];
    if (typeof value !== 'object') return [{ name, value: JSON.stringify(value) }];
    return Object.entries(value).flatMap(([key, part]) =>
      lines(part, name === '' ? key : `${name}.${key}`),
    );
  };
  return lines(secrets.maskAll(settings), '');
}

function argumentsIn(settings: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.values(settings)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []))
    .filter((value) => typeof value === 'string');
}
