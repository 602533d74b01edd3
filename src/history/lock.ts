/**
 * One program at a time, by a lock file that is made whole or not at all.
 *
 * A file says who holds it: host, boot, process and its start. One whose owner
 * is gone (killed, or the machine was) is broken; where that cannot be seen,
 * from another host or container, only after a time no holder needs. To break
 * a lock takes another one, for else two programs could both find it stale, and
 * the second remove the first one's new lock.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HistoryFailure } from './failure';

interface Owner {
  readonly token: string;
  readonly host: string;
  /** Of the boot, so that a process number of before a restart means nobody. */
  readonly boot: string;
  /** Namespace of process numbers: a container has its own. */
  readonly space: string;
  readonly pid: number;
  /** When the process started, as a process number is given again. */
  readonly started: string;
}

/** Held for well under a second; longer only by one who cannot be seen to be dead. */
const FORSAKEN_MS = 5 * 60_000;
const WAIT_MS = 60_000;
const POLL_MS = 15;

const attempt = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return '';
  }
};

const bootId = (): string => attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
const pidSpace = (): string => attempt(() => readlinkSync('/proc/self/ns/pid'));

/** Field 22 of /proc/PID/stat; the second, a name, may hold spaces and brackets. */
const startOf = (pid: number): string =>
  attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });

export interface HeldLock {
  /** @throws HistoryFailure where somebody has taken it away. */
  verify(): Promise<void>;
}

/** @throws HistoryFailure where others hold it for too long */
export async function withLock<T>(file: string, work: (lock: HeldLock) => Promise<T>): Promise<T> {
  const token = await acquire(file, Date.now() + WAIT_MS, true);
  try {
    return await work({
      verify: async () => {
        if ((await ownerOf(file))?.token !== token) {
          throw new HistoryFailure(`Another program took ${file} over. Try again.`);
        }
      },
    });
  } finally {
    if ((await ownerOf(file))?.token === token) await rm(file, { force: true });
    if (await othersWait(file)) await sleep(2 * POLL_MS);
  }
}

/** Who has just written lets those go first that look for the lock now and then only. */
async function othersWait(file: string): Promise<boolean> {
  const start = `${path.basename(file)}.`;
  let waiting = false;
  for (const name of await readdir(path.dirname(path.resolve(file)))) {
    if (!name.startsWith(start)) continue;
    const own = path.join(path.dirname(file), name);
    const found = await stat(own).catch(() => undefined);
    if (found === undefined) continue;
    if (Date.now() - found.mtimeMs < 2 * WAIT_MS) waiting = true;
    else await rm(own, { force: true });
  }
  return waiting;
}

async function acquire(file: string, until: number, breaking: boolean): Promise<string> {
  const owner: Owner = {
    token: randomUUID(),
    host: os.hostname(),
    boot: bootId(),
    space: pidSpace(),
    pid: process.pid,
    started: startOf(process.pid),
  };
  // Written under a name of its own and linked, the file is never seen half written.
  const own = `${file}.${owner.token}`;
  await writeFile(own, JSON.stringify(owner), { flag: 'wx' });
  try {
    for (;;) {
      try {
        await link(own, file);
        return owner.token;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (await isStale(file)) {
        if (breaking) await breakLock(file, until);
        else await rm(file, { force: true });
        continue;
      }
      if (Date.now() > until) {
        throw new HistoryFailure(`Another program is writing: ${file} is still there. Try again.`);
      }
      await sleep(POLL_MS * (0.5 + Math.random()));
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** Whoever holds the breaker looks again, so that what is removed is what was judged. */
async function breakLock(file: string, until: number): Promise<void> {
  const breaker = `${file}.break`;
  const token = await acquire(breaker, until, false);
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    if ((await ownerOf(breaker))?.token === token) await rm(breaker, { force: true });
  }
}

async function ownerOf(file: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function isStale(file: string): Promise<boolean> {
  const owner = await ownerOf(file);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return false;
  if (owner !== undefined && owner.host === os.hostname() && owner.space === pidSpace()) {
    if (owner.boot !== bootId()) return true;
    return !isAlive(owner);
  }
  return Date.now() - found.mtimeMs > FORSAKEN_MS;
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startOf(pid);
  return started === '' || now === '' || started === now;
}
