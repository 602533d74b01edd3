/** What of a run there is, by what a person names: a run's folder, or one of its files. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRecord, type RunRecord } from '../capture/run-folder';
import { isNcuPage } from '../readers/open';
import { findSession } from '../readers/session';
import { CliFailure, reason } from './failure';

export interface RunContents {
  /** Paths of files and folders; the lists in order of name. */
  readonly timelines: readonly string[];
  readonly traces: readonly string[];
  readonly kernels?: string;
  readonly client?: string;
  readonly session?: string;
  /** What the capture wrote down, where it was one. */
  readonly record?: RunRecord;
}

const EXPORT = /\.(sqlite3?|db)$/i;
const TRACE = /\.pt\.trace\.json(\.gz)?$/i;
const PAGE = /\.csv$/i;
const CLIENT = 'client.json';

/** @throws CliFailure where there is no such folder */
export async function contentsOf(folder: string): Promise<RunContents> {
  const facts = await stat(folder).catch((error: unknown) => {
    throw new CliFailure(`Cannot open ${folder}: ${reason(error)}. Expected the folder of a run.`);
  });
  if (!facts.isDirectory()) {
    throw new CliFailure(
      `${folder} is a file, and what is expected is the folder of a run. Name files with --nsys, --torch, --ncu, --session or --client.`,
    );
  }
  const record = await readRecord(folder);
  return record?.files === undefined ? lookInto(folder) : recorded(folder, record);
}

/** Only what lies in the folder: a record is a file like any other. */
async function recorded(folder: string, record: RunRecord): Promise<RunContents> {
  const { files } = record;
  const inside = async (name: unknown): Promise<string | undefined> => {
    if (typeof name !== 'string') return undefined;
    const place = path.resolve(folder, name);
    if (!place.startsWith(path.resolve(folder) + path.sep)) return undefined;
    return (await stat(place).catch(() => undefined)) && path.join(folder, name);
  };
  const all = async (names: unknown): Promise<string[]> => {
    const found = await Promise.all((Array.isArray(names) ? names : []).map(inside));
    return found.filter((place) => place !== undefined).sort();
  };
  return {
    timelines: await all(files.timelines),
    traces: await all(files.torch),
    kernels: await inside(files.kernels),
    client: await inside(files.client),
    session: await inside(files.runtime),
    record,
  };
}

async function lookInto(folder: string): Promise<RunContents> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map(({ name }) => name).sort();
  const at = (name: string): string => path.join(folder, name);
  const pages: string[] = [];
  for (const name of names)
    if (PAGE.test(name) && (await isNcuPage(at(name)))) pages.push(at(name));
  const sessions = [folder, ...entries.filter((e) => e.isDirectory()).map(({ name }) => at(name))];
  let session: string | undefined;
  for (const place of sessions) session ??= await findSession(place);
  return {
    timelines: names.filter((name) => EXPORT.test(name)).map(at),
    traces: names.filter((name) => TRACE.test(name)).map(at),
    kernels: pages[0],
    client: names.includes(CLIENT) ? at(CLIENT) : undefined,
    session,
  };
}
