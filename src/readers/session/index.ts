/**
 * A session folder of the runtime layer, or of the original sitecustomize profiler:
 * opened by the folder, its metadata.json, or any of its CSV files, and followed while
 * it is written.
 *
 * Not supported: the summaries (`*_summary.json`, `.txt`), since every figure in them
 * is computed here from the rows; of a sampled or rotated session they are of more
 * steps than the rows are.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../../profile/model';
import type {
  Session,
  SessionProcess,
  SessionTableName,
  SessionTables,
} from '../../profile/session';
import { StringTable } from '../../profile/strings';
import { ReadFailure } from '../failure';
import { FILE_NAMES, FILES, TABLES } from './files';
import { Follower } from './follow';
import {
  describeProcess,
  type Fields,
  isProcess,
  isSession,
  numberIn,
  originalProcess,
  readFields,
  textIn,
  trackersIn,
} from './metadata';
import { GrowingTable, MOST_ROWS } from './table';

export const MOE_FOLDER = 'moe_expert_tracking';
/** Of our own making: `p`, pid, `-`, six hexadecimal digits. */
export const isProcessFolder = (name: string): boolean => /^p\d+-[0-9a-f]{6,}$/.test(name);
const MOST_PROCESSES = 4096;

/** @throws ReadFailure */
export async function readSession(place: string, signal?: AbortSignal): Promise<Session> {
  const reader = await SessionReader.open(place);
  await reader.refresh(signal);
  return reader.session();
}

/** The session a path belongs to, or undefined: for telling what a folder is. */
export async function findSession(place: string): Promise<string | undefined> {
  const facts = await stat(place).catch(() => undefined);
  if (facts === undefined) return undefined;
  let folder = facts.isDirectory() ? place : path.dirname(place);
  if (!facts.isDirectory()) {
    const name = path.basename(place).replace(/\.\d{6,}\.csv$/, '.csv');
    if (name !== 'metadata.json' && !FILE_NAMES.has(name)) return undefined;
  }
  if (path.basename(folder) === MOE_FOLDER) folder = path.dirname(folder);
  const metadata = await readFields(path.join(folder, 'metadata.json'));
  if (isProcess(metadata)) {
    const above = path.dirname(folder);
    return isSession(await readFields(path.join(above, 'metadata.json'))) ? above : folder;
  }
  if (isSession(metadata)) return folder;
  const names = await readdir(folder).catch(() => [] as string[]);
  if (names.some((name) => FILE_NAMES.has(name))) return folder;
  const moe = await readdir(path.join(folder, MOE_FOLDER)).catch(() => [] as string[]);
  return moe.some((name) => FILE_NAMES.has(name)) ? folder : undefined;
}

interface ProcessReader {
  readonly index: number;
  readonly folder: string;
  readonly followers: ReadonlyMap<SessionTableName, Follower>;
  readonly tables: ReadonlyMap<SessionTableName, GrowingTable>;
  about: SessionProcess;
}

export class SessionReader {
  private readonly strings = new StringTable();
  private readonly grown = new Map<SessionTableName, GrowingTable>();
  private readonly processes: ProcessReader[] = [];
  private about: Fields = {};
  /** Tables that are replaced whole, of all processes together, until one is replaced. */
  private readonly together = new Map<SessionTableName, GrowingTable>();

  private constructor(
    readonly folder: string,
    private readonly mostRows: number,
  ) {
    for (const table of TABLES) {
      if (FILES[table].grows) this.grown.set(table, new GrowingTable(FILES[table], mostRows));
    }
  }

  /**
   * @param mostRows of one table, of all processes together; of more the newest are kept
   * @throws ReadFailure where the path belongs to no session
   */
  static async open(place: string, mostRows = MOST_ROWS): Promise<SessionReader> {
    const folder = await findSession(place);
    if (folder !== undefined) return new SessionReader(folder, mostRows);
    const facts = await stat(place).catch(() => undefined);
    if (facts === undefined) {
      throw new ReadFailure('not-found', `${place} does not exist.`);
    }
    throw new ReadFailure(
      'not-a-profile',
      `${place} is no session of the runtime layer: expected is a folder with metadata.json and files like kv_cache_usage.csv. Start vLLM with the layer's folder on PYTHONPATH, and name the folder it prints in PROFILEMATE_SESSION_DIR.`,
    );
  }

  /**
   * Reads what is new; true where anything is.
   * @param onProgress bytes read so far of this time's, of those there are in all
   */
  async refresh(
    signal?: AbortSignal,
    onProgress?: (read: number, size: number) => void,
  ): Promise<boolean> {
    let changed = await this.findProcesses();
    let read = 0;
    const size = onProgress === undefined ? 0 : await this.sizeOnDisk();
    const onRead =
      onProgress && ((bytes: number): void => onProgress((read += bytes), Math.max(size, read)));
    for (const process of this.processes) {
      signal?.throwIfAborted();
      const about = await readFields(path.join(process.folder, 'metadata.json'));
      if (about !== undefined && isProcess(about)) {
        process.about = describeProcess(process.folder, about);
      }
      for (const [name, follower] of process.followers) {
        if (await follower.refresh(signal, onRead)) {
          changed = true;
          if (!FILES[name].grows) this.together.delete(name);
        }
      }
    }
    return changed;
  }

  /** What each process last said of itself. */
  get abouts(): readonly SessionProcess[] {
    return this.processes.map(({ about }) => about);
  }

  /** What has been read so far. Later rows do not change a session that was given out. */
  session(): Session {
    const tables: Record<string, unknown> = {};
    for (const table of TABLES) {
      tables[table] = (this.grown.get(table) ?? this.joined(table)).view();
    }
    const original = !isSession(this.about) && !this.processes.some(({ about }) => about.folder);
    return {
      ...(tables as unknown as SessionTables),
      path: this.folder,
      name: path.basename(this.folder),
      format: original ? 'original' : 'profilemate',
      schemaVersion: numberIn(this.about, 'schema_version'),
      utcEpoch: numberIn(this.about, 'start_wall_ns'),
      host: textIn(this.about, 'hostname'),
      trackers: trackersIn(this.about),
      processes: this.abouts,
      strings: this.strings,
      missing: TABLES.filter(
        (table) => !this.processes.some(({ followers }) => followers.get(table)!.found),
      ),
      size: this.processes
        .flatMap(({ followers }) => [...followers.values()])
        .reduce((sum, { size }) => sum + size, 0),
      diagnostics: this.diagnostics(),
    };
  }

  private async sizeOnDisk(): Promise<number> {
    let size = 0;
    for (const { followers } of this.processes) {
      for (const follower of followers.values()) size += await follower.sizeOnDisk();
    }
    return size;
  }

  private async findProcesses(): Promise<boolean> {
    this.about = (await readFields(path.join(this.folder, 'metadata.json'))) ?? this.about;
    const known = new Set(this.processes.map(({ folder }) => folder));
    const before = this.processes.length;
    if (isSession(this.about)) {
      const entries = await readdir(this.folder, { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const folder = path.join(this.folder, entry.name);
        if (!entry.isDirectory() || !isProcessFolder(entry.name)) continue;
        if (known.has(folder) || this.processes.length >= MOST_PROCESSES) continue;
        this.follow(folder, { ...originalProcess, folder: entry.name });
      }
    } else if (before === 0) this.follow(this.folder, originalProcess);
    return this.processes.length > before;
  }

  private follow(folder: string, about: SessionProcess): void {
    const index = this.processes.length;
    const tables = new Map<SessionTableName, GrowingTable>();
    const followers = new Map<SessionTableName, Follower>();
    for (const name of TABLES) {
      const spec = FILES[name];
      const table = this.grown.get(name) ?? new GrowingTable(spec, this.mostRows);
      tables.set(name, table);
      followers.set(name, new Follower(folder, spec, table, index, this.strings));
    }
    this.processes.push({ index, folder, followers, tables, about });
  }

  /** Files that are replaced whole are kept a process each, and put together here. */
  private joined(name: SessionTableName): GrowingTable {
    const parts = this.processes.map(({ tables }) => tables.get(name)!);
    if (parts.length === 1) return parts[0];
    const kept = this.together.get(name);
    if (kept !== undefined) return kept;
    const all = new GrowingTable(FILES[name], this.mostRows);
    const names = ['process', ...Object.keys(FILES[name].columns)];
    for (const part of parts) {
      for (let row = 0; row < part.length; row++) {
        const to = all.add();
        if (to >= 0) for (const column of names) all.column(column)[to] = part.column(column)[row];
      }
    }
    this.together.set(name, all);
    return all;
  }

  private diagnostics(): Diagnostic[] {
    const found: Diagnostic[] = [];
    const warn = (text: string): void => void found.push({ severity: 'warning', text });
    const schema = numberIn(this.about, 'schema_version');
    if (schema !== undefined && schema > 1) {
      warn(`The session's schema is ${schema}; this version knows 1. Some columns may be missing.`);
    }
    for (const { about, followers, tables } of this.processes) {
      const who = about.pid === undefined ? 'The session' : `Process ${about.pid}`;
      for (const [name, follower] of followers) {
        const { file } = FILES[name];
        if (follower.refused)
          warn(`${who}: ${file} has not the columns of such a file; it was left out.`);
        if (follower.badRows > 0) {
          warn(`${who}: ${follower.badRows} rows of ${file} are damaged and were left out.`);
        }
        const { leftOut } = tables.get(name)!;
        if (leftOut > 0 && !FILES[name].grows)
          warn(`${who}: ${leftOut} rows of ${file} were left out.`);
      }
      if (about.droppedRows > 0) {
        warn(`${who} lost ${about.droppedRows} rows that it could not write.`);
      }
      if (about.removedFiles > 0) {
        warn(`${who} removed ${about.removedFiles} old files for room: their rows are not here.`);
      }
      for (const { hook, failures } of about.hookFailures) {
        warn(`${who}: the hook ${hook} failed ${failures} times; what it counts is too low.`);
      }
    }
    for (const [name, { leftOut, from, length }] of this.grown) {
      if (leftOut === 0) continue;
      const since = from === undefined ? '' : `, those from ${(from / 1e9).toFixed(1)} s on`;
      warn(
        `${FILES[name].file} has more rows than are held: the newest ${length} are shown${since}; ${leftOut} older ones are left out.`,
      );
    }
    for (const [name, { leftOut, length }] of this.together) {
      if (leftOut > 0)
        warn(
          `${FILES[name].file} has more rows than are held: the first ${length} are shown; ${leftOut} are left out.`,
        );
    }
    return found;
  }
}
