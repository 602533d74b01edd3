/** What of a run there is in a folder: what its record names, or what lies in it where there is none. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRunAbout } from '../capture/run-about';
import type { RunFacts, RunProfileKind } from '../profile/run';
import { isNcuPage } from '../readers/open';
import { findSession } from '../readers/session';
import { CliFailure, reason } from './failure';
import { profilesOf, runAt } from './run-at';

export interface RunContents {
  /** Paths of files and folders that can be read as they are; the lists in order of name. */
  readonly timelines: readonly string[];
  readonly traces: readonly string[];
  readonly kernels?: string;
  readonly client?: string;
  readonly session?: string;
  /** What the capture wrote down, where it was one. */
  readonly record?: RunFacts;
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
  return (await recorded(folder)) ?? lookInto(folder);
}

async function recorded(folder: string): Promise<RunContents | undefined> {
  const run = await runAt(folder);
  if (run === undefined) return undefined;
  const ofKind = (kind: RunProfileKind): readonly string[] => profilesOf(run, kind).toSorted();
  const { record, session } = run;
  return {
    timelines: ofKind('timeline'),
    traces: ofKind('torch'),
    kernels: ofKind('kernels').at(0),
    client: await clientIn(folder),
    ...(session !== undefined && { session: path.join(folder, session) }),
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
    client: await clientIn(folder),
    session,
  };
}

/**
 * The figures of the load's client that go with a run's folder, or with a file in one. Of several,
 * that of the record, or of the name that captures give it: any other could be another run's.
 */
export async function clientIn(place: string): Promise<string | undefined> {
  const about = await readRunAbout(place);
  const own = about?.folder ?? ((await isFolder(place)) ? place : path.dirname(place));
  const folder = path.basename(own) === 'parsed' ? path.dirname(own) : own;
  // Clients of other programs write this name, too, in forms of their own.
  if (await stat(path.join(folder, CLIENT)).catch(() => undefined))
    return path.join(folder, CLIENT);
  const [first, ...others] = about?.clients ?? [];
  return first !== undefined && (others.length === 0 || about?.record)
    ? path.join(folder, first.file)
    : undefined;
}

const isFolder = async (place: string): Promise<boolean> =>
  (await stat(place).catch(() => undefined))?.isDirectory() === true;
