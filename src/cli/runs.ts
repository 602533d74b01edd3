/** From what a person names (a summary, a profile, a run's folder) to a run that can be compared. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { version } from '../../package.json';
import { Analysis } from '../analysis/analysis';
import {
  NotASummary,
  readClient,
  snapshotOfAnalysis,
  snapshotOfSession,
  snapshotOfSummary,
  type Snapshot,
} from '../analysis/compare';
import { readRecord } from '../capture/run-folder';
import { isNcuPage } from '../readers/open';
import { findSession, readSession } from '../readers/session';
import { summarise } from '../report/summary';
import { isNcuReport, isReport } from './exports';
import { CliFailure, reason } from './failure';
import { findProfile, readProfile } from './profiles';
import { resultsOf } from './results';

export interface RunFacts {
  readonly commit?: string;
  readonly model?: string;
}

const SQLITE_MAGIC = 'SQLite format 3\0';
/** Where captures and older scripts put a summary within a run's folder. */
const SUMMARIES = ['summary.json', path.join('parsed', 'summary.json')];
const CLIENT = 'client.json';
/** A summary is some hundred kilobytes; what is much larger is something else. */
const LARGEST_JSON = 256 << 20;

/** How much of a JSON file tells a trace of PyTorch from a summary. */
const HEAD = 4096;

/** Whether a file is to be read as a profile: a database, a report, a trace, something compressed. */
export async function isProfile(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    return (
      head.startsWith(SQLITE_MAGIC) ||
      head.startsWith('\x1f\x8b') ||
      /"(traceEvents|deviceProperties|baseTimeNanoseconds)"/.test(head) ||
      isReport(file)
    );
  } finally {
    await handle.close();
  }
}

/** @throws CliFailure with what was expected */
export async function readJson(file: string): Promise<unknown> {
  const { size } = await found(file);
  if (size > LARGEST_JSON) throw new CliFailure(`${file} is too large for a JSON document.`);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliFailure(`Cannot read ${file}: ${reason(error)}.`);
  });
  if (text.trim() === '') throw new CliFailure(`${file} is empty; expected a summary.json.`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CliFailure(
      `${file} is neither a profile nor JSON (${(error as Error).message}). Expected a summary.json of profilemate analyze, a profile, or a run's folder.`,
    );
  }
}

async function found(place: string) {
  return stat(place).catch((error: unknown) => {
    throw new CliFailure(
      `Cannot open ${place}: ${reason(error)}. Expected a summary.json, a profile, or a run's folder.`,
    );
  });
}

/** The one file of a folder that says most: its summary, else its profile. */
export async function fileOfRun(place: string): Promise<string> {
  if (!(await found(place)).isDirectory()) {
    if (!isNcuReport(place) && !(await isNcuPage(place))) return place;
    throw new CliFailure(
      `${place} holds kernel metrics of Nsight Compute, and runs are compared by their timeline. Name that; metrics beside it are set side by side, or named with --baseline-ncu and --current-ncu.`,
    );
  }
  for (const name of SUMMARIES) {
    const file = path.join(place, name);
    if (await stat(file).catch(() => undefined)) return file;
  }
  return findProfile(place);
}

/** What the load's client measured, where it lies beside a run. */
async function clientBeside(file: string): Promise<unknown> {
  const folders = [path.dirname(file), path.dirname(path.dirname(path.resolve(file)))];
  for (const [i, folder] of folders.entries()) {
    // A folder above counts for `parsed/summary.json` alone.
    if (i > 0 && path.basename(folders[0]) !== 'parsed') continue;
    const names: string[] = await readdir(folder || '.').catch(() => []);
    if (names.includes(CLIENT)) return readJson(path.join(folder, CLIENT));
  }
  return undefined;
}

/** What a capture wrote down of its run, in the folder of the file or the one above `parsed/`. */
async function recordBeside(file: string): Promise<RunFacts> {
  const folder = path.dirname(file);
  const home = path.basename(folder) === 'parsed' ? path.dirname(folder) : folder;
  const record = await readRecord(home);
  return record === undefined ? {} : { model: record.model, commit: record.git?.commit };
}

/** What the person says goes before what the capture wrote down. */
async function besideRun(place: string, file: string, client: unknown, facts: RunFacts) {
  const recorded = await recordBeside(file);
  return {
    label: place,
    client: readClient(client),
    model: facts.model ?? recorded.model,
    commit: facts.commit ?? recorded.commit,
  };
}

/** A session's folder by itself; one within a run's folder is told by the run's profile. */
async function sessionRun(place: string, facts: RunFacts): Promise<Snapshot | undefined> {
  const folder = await findSession(place);
  if (folder === undefined) return undefined;
  const beside = {
    label: place,
    client: readClient(await clientBeside(path.join(folder, 'metadata.json'))),
    ...facts,
  };
  const snapshot = snapshotOfSession(await readSession(folder), beside);
  if (snapshot !== undefined) return snapshot;
  throw new CliFailure(
    `${place} cannot be compared: the session timed no step of the model (forward_pass_timing.csv).`,
  );
}

/** A run with the documents that a history keeps of it. */
export interface RunDocuments {
  readonly summary: unknown;
  readonly client: unknown;
  readonly snapshot: Snapshot;
}

/** @throws CliFailure, ReadFailure */
export async function readDocuments(place: string, facts: RunFacts = {}): Promise<RunDocuments> {
  const file = await fileOfRun(place);
  const client = await clientBeside(file);
  const summary = (await isProfile(file))
    ? summarise(resultsOf(await readProfile(file)), version)
    : await readJson(file);
  const beside = await besideRun(place, file, client, facts);
  // What JSON cannot hold is not kept either.
  const kept: unknown = JSON.parse(JSON.stringify(summary));
  return { summary: kept, client, snapshot: snapshotOfDocument(kept, file, beside) };
}

/** @throws CliFailure, ReadFailure */
export async function readRun(place: string, facts: RunFacts = {}): Promise<Snapshot> {
  const session = await sessionRun(place, facts);
  if (session !== undefined) return session;
  const file = await fileOfRun(place);
  const beside = await besideRun(place, file, await clientBeside(file), facts);
  if (await isProfile(file))
    return snapshotOfAnalysis(new Analysis(await readProfile(file)), beside);
  return snapshotOfDocument(await readJson(file), file, beside);
}

/** @throws CliFailure */
export function snapshotOfDocument(
  document: unknown,
  file: string,
  beside: Parameters<typeof snapshotOfSummary>[1],
): Snapshot {
  try {
    return snapshotOfSummary(document, beside);
  } catch (error) {
    if (!(error instanceof NotASummary)) throw error;
    throw new CliFailure(`${file} cannot be compared: ${error.message}.`);
  }
}
