/**
 * Turns an Nsight Systems report (`.nsys-rep`, `.qdrep`) into the SQLite
 * export that the readers know, with NVIDIA's own `nsys export`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../disk/make-folder';
import { run } from './process';

/** Year, release, update. */
export type Version = readonly number[];

export interface Nsys {
  readonly path: string;
  readonly version: Version | undefined;
}

export const formatVersion = (version: Version): string => version.join('.');

export function isOlder(a: Version, b: Version): boolean {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * The version that wrote a report, from its first line
 * (`NVIDIA Tegra Profiler Report 2023@4@4@54-…`); undefined where it has none.
 */
export async function reportVersion(report: string): Promise<Version | undefined> {
  const file = await open(report, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const line = buffer.toString('latin1', 0, bytesRead);
    const found = /Profiler Report (\d{4})[@.](\d+)[@.](\d+)/.exec(line);
    return found?.slice(1, 4).map(Number);
  } finally {
    await file.close();
  }
}

/** `NVIDIA Nsight Systems version 2023.4.4.54-…`; undefined where the tool does not say. */
export async function nsysVersion(nsys: string): Promise<Version | undefined> {
  const { tail } = await run(nsys, ['--version'], { signal: AbortSignal.timeout(20_000) }).catch(
    () => ({ tail: '' }),
  );
  const found = /version (\d{4})\.(\d+)\.(\d+)/i.exec(tail);
  return found?.slice(1, 4).map(Number);
}

/** The first that is new enough for the report, else the newest: NVIDIA opens older reports, not newer ones. */
export async function chooseNsys(
  paths: readonly string[],
  needed: Version | undefined,
): Promise<Nsys | undefined> {
  let best: Nsys | undefined;
  for (const candidate of paths) {
    const nsys = { path: candidate, version: await nsysVersion(candidate) };
    if (!needed || (nsys.version && !isOlder(nsys.version, needed))) return nsys;
    if (!best || (nsys.version && (!best.version || isOlder(best.version, nsys.version))))
      best = nsys;
  }
  return best;
}

export function exportArguments(report: string, output: string): readonly string[] {
  return ['export', '--type', 'sqlite', '--force-overwrite', 'true', '-o', output, report];
}

/**
 * The variable by which an editor tells the command line what reports were exported to: a
 * JSON object from the names that it hands over to the files to read in their place.
 */
export const EXPORTS = 'PROFILEMATE_EXPORTS';

/** An export that is kept, by what the report is: path, size and time of its last change. */
export interface ExportSlot {
  /** Where the finished export lies, or will. */
  readonly file: string;
  /** Where it is written; becomes `file` only when it is whole. */
  readonly partial: string;
  readonly exists: boolean;
}

/** Names of exports, finished or not; nothing else is ever removed. */
const EXPORTED = /\.(nsys\.sqlite|ncu\.csv)(\.|$)/;
const UNUSED_AFTER_MS = 30 * 24 * 3600 * 1000;

/** @param extension what its contents are, for those who look into the storage */
export async function exportSlot(
  storage: string,
  report: string,
  extension = '.nsys.sqlite',
): Promise<ExportSlot> {
  const { size, mtimeMs } = await stat(report);
  await makeFolder(storage);
  const which = digest(report);
  const file = path.join(storage, `${which}-${digest(`${size} ${mtimeMs}`)}${extension}`);
  await removeStale(storage, which, file);
  const exists = await stat(file).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
  // Its last use, for the removal of exports that nobody opens any more.
  if (exists) await utimes(file, new Date(), new Date());
  return { file, partial: `${file}.${randomUUID()}.part`, exists };
}

/** Makes the written export the one that is opened. */
export async function keepExport({ file, partial }: ExportSlot): Promise<void> {
  await rename(partial, file);
}

/** Removes what an export that failed or was cancelled has left. */
export async function dropExport({ partial }: ExportSlot): Promise<void> {
  const { dir, base } = path.parse(partial);
  const names = await readdir(dir);
  await Promise.all(
    names
      .filter((name) => name.startsWith(base))
      .map((name) => rm(path.join(dir, name), { force: true })),
  );
}

/** Earlier exports of a report that has changed, and what was not opened for a month. */
async function removeStale(storage: string, which: string, current: string): Promise<void> {
  const now = Date.now();
  for (const name of await readdir(storage)) {
    const file = path.join(storage, name);
    if (file === current || !EXPORTED.test(name)) continue;
    const age = await stat(file).then(
      (found) => now - found.mtimeMs,
      () => 0,
    );
    const outdated = name.startsWith(`${which}-`) && !name.endsWith('.part');
    // A file that another window has open may be refused; it goes the next time.
    if (outdated || age > UNUSED_AFTER_MS) await rm(file, { force: true }).catch(() => undefined);
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
