/**
 * What the command leaves behind: text on stdout, and files that are either
 * whole or not there. A file is written beside its place under another name and
 * then renamed; an interrupted run removes what it had begun.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder as make } from '../disk/make-folder';
import { CliFailure, reason, systemCode } from './failure';

/** Resolves when the text is on its way; a reader that has gone away ends the program. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Creates a folder to write into, with those above it. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await make(folder);
  } catch (error) {
    // What is above it is there by then: a place where nothing can be made.
    const why = systemCode(error) === 'ENOENT' ? 'no folder can be made there' : reason(error);
    throw new CliFailure(`Cannot write to folder ${folder}: ${why}. Name another one with -o.`);
  }
}

const SQLITE_MAGIC = 'SQLite format 3\0';

/** A profile is hours of somebody's work, whatever it is called. */
function isDatabase(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(SQLITE_MAGIC.length);
    readSync(descriptor, head, 0, head.length, 0);
    return head.toString('latin1') === SQLITE_MAGIC;
  } finally {
    closeSync(descriptor);
  }
}

/** Begun and not yet renamed, to be removed should the run be interrupted. */
const begun = new Set<string>();

const interrupts = ['SIGINT', 'SIGTERM'] as const;

/** Without files to remove, signals end the process at once, as they do by default. */
function cleanUp(signal: (typeof interrupts)[number]): void {
  for (const file of begun) rmSync(file, { force: true });
  for (const name of interrupts) process.off(name, cleanUp);
  process.kill(process.pid, signal);
}

/**
 * Writes a file from pieces of text, replacing one of that name that is no database.
 * @throws CliFailure
 */
export async function writeFile(file: string, pieces: Iterable<string>): Promise<void> {
  const existing = await stat(file).catch(() => undefined);
  if (existing?.isDirectory()) {
    throw new CliFailure(
      `Cannot write ${file}: a folder has that name. Name another place with -o.`,
    );
  }
  if (existing && isDatabase(file)) {
    throw new CliFailure(
      `Cannot write ${file}: it is a database, perhaps a profile. Name another place with -o.`,
    );
  }
  const beside = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  if (begun.size === 0) for (const name of interrupts) process.on(name, cleanUp);
  begun.add(beside);
  try {
    const handle = await open(beside, 'wx');
    try {
      for (const piece of pieces) await handle.write(piece);
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    if (systemCode(error) === undefined) throw error;
    throw new CliFailure(`Cannot write ${file}: ${reason(error)}. Name another place with -o.`);
  } finally {
    begun.delete(beside);
    if (begun.size === 0) for (const name of interrupts) process.off(name, cleanUp);
  }
}

/** What a terminal would obey in a name is made visible. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
