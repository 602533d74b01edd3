/**
 * Nsight Systems SQLite exports, 2020 to 2026.
 *
 * Read: kernels, copies, fills, graph launches, synchronisation, CUDA runtime
 * and driver calls, NVTX ranges and marks, device memory use, the facts of the
 * capture. Not read: OS runtime calls, CPU samples and scheduling, GPU metrics,
 * NVTX payloads, anything of graphics; and never the environment.
 */
import type { Profile, TraceKind } from '../../profile/model';
import {
  NO_ALLOCATIONS,
  NO_API,
  NO_GRAPH_TRACES,
  NO_KERNELS,
  NO_MEMCPYS,
  NO_MEMSETS,
  NO_RANGES,
  NO_SYNCHRONIZATIONS,
} from '../../profile/empty';
import { StringTable } from '../../profile/strings';
import { ReadFailure } from '../failure';
import { Texts } from '../texts';
import { Database, select, SqliteError } from '../sqlite/database';
import { checkSqliteFile, fileFailure } from '../sqlite/header';
import {
  readGraphTraces,
  readKernels,
  readMemcpys,
  readMemsets,
  readSynchronizations,
} from './activities';
import { Anomalies } from './anomalies';
import { API_TABLE, readAllocations, readApi, readRanges } from './calls';
import type { Context } from './context';
import { readFacts } from './facts';
import { Identities } from './identities';
import { timeOrigin } from './origin';
import { checkIsExport } from './recognise';
import { processOf } from './columns';

/** Reading goes through these in order; see protocol `Stage`. */
export type ReadStage = 'facts' | 'kernels' | 'complete';

export interface ReadOptions {
  /** Called as bytes are read, at most some thirty times a second. */
  onProgress?(stage: ReadStage, read: number, size: number): void;
  /**
   * Called when a stage is reached, with the profile as far as it is known:
   * tables not read yet are empty. The last call is for `complete`.
   */
  onStage?(stage: ReadStage, profile: Profile): void;
  signal?: AbortSignal;
}

/** The table behind each trace. */
const TABLES: Readonly<Record<TraceKind, string>> = {
  kernels: 'CUPTI_ACTIVITY_KIND_KERNEL',
  memcpys: 'CUPTI_ACTIVITY_KIND_MEMCPY',
  memsets: 'CUPTI_ACTIVITY_KIND_MEMSET',
  graphTraces: 'CUPTI_ACTIVITY_KIND_GRAPH_TRACE',
  synchronizations: 'CUPTI_ACTIVITY_KIND_SYNCHRONIZATION',
  api: API_TABLE,
  ranges: 'NVTX_EVENTS',
  allocations: 'CUDA_GPU_MEMORY_USAGE_EVENTS',
};

/**
 * Reads an export. The file is opened read-only and nothing is left beside it.
 * @throws ReadFailure
 */
export async function readNsys(path: string, options: ReadOptions = {}): Promise<Profile> {
  checkSqliteFile(path);
  let db: Database | undefined;
  try {
    db = await Database.open(path);
    return await read(db, path, options);
  } catch (error) {
    if (error instanceof ReadFailure) throw error;
    if (error instanceof SqliteError) {
      throw new ReadFailure(
        'truncated',
        `${path} is damaged (${error.message}): copy it again, or export the report again.`,
      );
    }
    if ((error as NodeJS.ErrnoException).code) throw fileFailure(path, error);
    throw error;
  } finally {
    db?.close();
  }
}

async function read(db: Database, path: string, options: ReadOptions): Promise<Profile> {
  checkIsExport(db, path);
  let stage: ReadStage = 'facts';
  const onPause = (): void => {
    if (options.signal?.aborted) {
      throw new ReadFailure('cancelled', `Reading ${path} was cancelled.`);
    }
    options.onProgress?.(stage, Math.min(db.bytesRead, db.size), db.size);
  };
  const scan: Context['scan'] = (table, columns, onRow) =>
    db.scan(table, columns, onRow, { onPause });

  const facts = readFacts(db);
  const { strings, stringId } = await readStrings(db, scan);
  const identities = new Identities(db, (id) => strings.get(stringId(id)));
  const anomalies = new Anomalies();
  const origin = timeOrigin(db, Object.values(TABLES));
  const context: Context = {
    db,
    time: (column) => (origin === 0n ? column : { column, since: origin }),
    strings,
    stringId,
    identities,
    anomalies,
    soleProcess: once(() => soleProcess(db)),
    scan,
  };

  const has = Object.fromEntries(
    Object.entries(TABLES).map(([kind, table]) => [kind, db.has(table)]),
  ) as Record<TraceKind, boolean>;
  let profile: Profile = {
    source: { format: 'nsys', path, size: db.size, generated: facts.generated },
    capture: facts.capture,
    strings,
    ...identities.finished,
    shapes: [],
    kernels: NO_KERNELS,
    memcpys: NO_MEMCPYS,
    memsets: NO_MEMSETS,
    graphTraces: NO_GRAPH_TRACES,
    synchronizations: NO_SYNCHRONIZATIONS,
    api: NO_API,
    ranges: NO_RANGES,
    allocations: NO_ALLOCATIONS,
    diagnostics: facts.diagnostics,
    has,
  };
  const reached = (next: ReadStage, tables: Partial<Profile>): void => {
    profile = { ...profile, ...tables };
    profile = {
      ...profile,
      diagnostics: [
        ...facts.diagnostics,
        ...identities.sharedDevices(workingStreams(profile)),
        ...anomalies.diagnostics(),
      ],
    };
    onPause();
    options.onStage?.(next, profile);
  };

  reached('facts', {});
  stage = 'kernels';
  reached('kernels', has.kernels ? await readKernels(context) : {});
  stage = 'complete';
  const tables = {
    memcpys: await readMemcpys(context),
    memsets: await readMemsets(context),
    graphTraces: await readGraphTraces(context),
    synchronizations: await readSynchronizations(context),
    api: await readApi(context),
    ranges: await readRanges(context),
    allocations: await readAllocations(context),
  };
  options.onProgress?.('complete', db.size, db.size);
  reached('complete', tables);
  return profile;
}

/** Rows of the streams on which something ran; waiting and allocating is no work. */
function workingStreams(profile: Profile): number[] {
  const works = new Uint8Array(profile.streams.length);
  for (const { stream, length } of [
    profile.kernels,
    profile.memcpys,
    profile.memsets,
    profile.graphTraces,
  ]) {
    for (let row = 0; row < length; row++) works[stream[row]] = 1;
  }
  return [...works.keys()].filter((row) => works[row] === 1);
}

async function readStrings(
  db: Database,
  scan: Context['scan'],
): Promise<{ strings: StringTable; stringId: (id: number) => number }> {
  const strings = new StringTable();
  const texts = new Texts(strings);
  // nsys counts its strings from 0; ids far beyond their number are looked up the slow way.
  const rows = db.has('StringIds') ? db.rowEstimate('StringIds') : 0;
  const dense = new Uint32Array(Math.min(rows + 1, 1 << 22));
  const sparse = new Map<number, number>();
  if (db.has('StringIds')) {
    await scan('StringIds', ['id', 'value'], (row) => {
      const id = row.number(0);
      const string = row.textId(1, texts);
      if (id >= 0 && id < dense.length) dense[id] = string;
      else sparse.set(id, string);
    });
  }
  return {
    strings,
    stringId: (id) => (id >= 0 && id < dense.length ? dense[id] : (sparse.get(id) ?? 0)),
  };
}

/**
 * Exports before 2021 may not say whose an activity is: it is the process that
 * calls CUDA. Of several it could be any, and their correlation ids are the same.
 */
function soleProcess(db: Database): number | undefined {
  const [table, column] = db.has(API_TABLE)
    ? [API_TABLE, 'globalTid']
    : (['PROCESSES', 'globalPid'] as const);
  if (!db.columns(table).has(column)) return 0;
  const keys = db.all(`SELECT DISTINCT * FROM (${select(db, table, [processOf(column)])})`, 2);
  return keys.length > 1 ? undefined : Number(keys[0]?.[0] ?? 0);
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: compute() }).value;
}
