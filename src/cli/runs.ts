/** From what a person names (a summary, a profile, a session, a kernel report, a client's figures, a run's folder) to a run that can be compared. */
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { version } from '../../package.json';
import { Analysis } from '../analysis/analysis';
import {
  keptDocument,
  NotASummary,
  readClient,
  snapshotOfAnalysis,
  snapshotOfReport,
  snapshotOfSession,
  snapshotOfSummary,
  type Beside,
  type Snapshot,
} from '../analysis/compare';
import { ReportAnalysis } from '../analysis/ncu/report';
import { readRunAbout } from '../capture/run-about';
import { isBaseline, NotABaseline, upgradeBaseline, type Baseline } from '../history/baseline';
import { readNcu } from '../readers/ncu';
import { isNcuPage } from '../readers/open';
import { findSession, readSession } from '../readers/session';
import { summarise } from '../report/summary';
import { isNcuReport, isReport, readable } from './exports';
import { CliFailure, reason } from './failure';
import { findProfile, onlyOne, readProfile } from './profiles';
import { resultsOf } from './results';
import { clientIn, contentsOf } from './run-contents';

export interface RunFacts {
  readonly commit?: string;
  readonly model?: string;
}

const SQLITE_MAGIC = 'SQLite format 3\0';
/** Where captures and older scripts put a summary within a run's folder. */
const SUMMARIES = ['summary.json', path.join('parsed', 'summary.json')];
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
      `${file} is neither a profile nor JSON (${(error as Error).message}). Expected a summary.json of profilemate analyze, a client.json, a profile, or a run's folder.`,
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

type RunSource = 'profile' | 'session' | 'kernels' | 'document';

interface Source {
  readonly kind: RunSource;
  readonly file: string;
}

/** What says most of a run: of a folder its summary, else its profile, else what there is. */
async function sourceOf(place: string): Promise<Source> {
  const isFolder = (await found(place)).isDirectory();
  const session = await findSession(place);
  if (session !== undefined) return { kind: 'session', file: session };
  if (isFolder) return sourceIn(place);
  const isKernels = isNcuReport(place) || (await isNcuPage(place));
  if (isKernels) return { kind: 'kernels', file: place };
  return { kind: (await isProfile(place)) ? 'profile' : 'document', file: place };
}

async function sourceIn(folder: string): Promise<Source> {
  for (const name of SUMMARIES) {
    const file = path.join(folder, name);
    if (await stat(file).catch(() => undefined)) return { kind: 'document', file };
  }
  const { timelines, traces, session, kernels, client } = await contentsOf(folder);
  const profiles = timelines.length > 0 ? timelines : traces;
  if (profiles.length > 0) return { kind: 'profile', file: onlyOne(folder, profiles) };
  if (session !== undefined) return { kind: 'session', file: session };
  if (kernels !== undefined) return { kind: 'kernels', file: kernels };
  if (client !== undefined) return { kind: 'document', file: client };
  // Says what was looked for, and how a report is exported.
  return { kind: 'profile', file: await findProfile(folder) };
}

/** The client's document, and what the person says before what the capture wrote down. */
async function besideRun(place: string, { file }: Source, facts: RunFacts) {
  const clientFile = await clientIn(file);
  const client = clientFile === undefined ? undefined : await readJson(clientFile);
  const record = (await readRunAbout(file))?.record;
  return {
    client,
    beside: {
      label: place,
      client: readClient(client),
      model: facts.model ?? record?.model,
      commit: facts.commit ?? record?.git?.commit,
    },
  };
}

async function sessionRun(folder: string, beside: Beside): Promise<Snapshot> {
  const snapshot = snapshotOfSession(await readSession(folder), beside);
  if (snapshot !== undefined) return snapshot;
  throw new CliFailure(
    `${beside.label} cannot be compared: the session has no step of the model that was timed (forward_pass_timing.csv), and says nothing of CUDA graphs, KV cache or batches.`,
  );
}

async function kernelsRun(file: string, beside: Beside): Promise<Snapshot> {
  const snapshot = snapshotOfReport(new ReportAnalysis(await readNcu(readable(file))), beside);
  if (snapshot !== undefined) return snapshot;
  throw new CliFailure(
    `${beside.label} cannot be compared: no launch in it has a duration. Collect --section SpeedOfLight (part of every --set).`,
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
  const source = await sourceOf(place);
  const { client, beside } = await besideRun(place, source, facts);
  const document = await documentOf(source, place);
  // What JSON cannot hold is not kept either.
  const kept: unknown = JSON.parse(JSON.stringify(document));
  const snapshot = snapshotOfDocument(kept, source.file, beside);
  // A client's figures alone are the document itself.
  const besides =
    snapshot.source === 'client' || snapshot.source === 'kernels' ? undefined : client;
  return { summary: kept, client: besides, snapshot };
}

/** What a history keeps of it: a summary, or where none is written of such a run, its figures. */
async function documentOf({ kind, file }: Source, label: string): Promise<unknown> {
  switch (kind) {
    case 'profile':
      return summarise(resultsOf(await readProfile(file)), version);
    case 'session':
      return keptDocument(await sessionRun(file, { label }));
    case 'kernels':
      return keptDocument(await kernelsRun(file, { label }));
    case 'document':
      return readJson(file);
  }
}

/** @throws CliFailure, ReadFailure */
export async function readRun(place: string, facts: RunFacts = {}): Promise<Snapshot> {
  const source = await sourceOf(place);
  const { file } = source;
  const { beside } = await besideRun(place, source, facts);
  switch (source.kind) {
    case 'profile':
      return snapshotOfAnalysis(new Analysis(await readProfile(file)), beside);
    case 'session':
      return sessionRun(file, beside);
    case 'kernels':
      return kernelsRun(file, { ...beside, client: undefined });
    case 'document':
      return snapshotOfDocument(await readJson(file), file, beside);
  }
}

/**
 * The baseline file that a person names; undefined where it is a run.
 * @throws CliFailure where it says that it is one, and cannot be used
 */
export async function readBaselineFile(place: string): Promise<Baseline | undefined> {
  const { kind, file } = await sourceOf(place);
  const document = kind === 'document' ? await readJson(file) : undefined;
  if (!isBaseline(document)) return undefined;
  try {
    return upgradeBaseline(document);
  } catch (error) {
    if (!(error instanceof NotABaseline)) throw error;
    throw new CliFailure(`${file} is no baseline: ${error.message}.`);
  }
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
