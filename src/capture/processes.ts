/**
 * Everything a run has started, found again by a mark in its environment: a
 * profiler's agent leaves our process group and our family, and a server's
 * workers may outlive the server. Nothing else is ever touched.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** Children inherit it. */
export const MARK = 'PROFILEMATE_RUN_ID';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Path of the program file. */
  readonly program: string;
}

/** Where there is no /proc, only the group of what was started is known. */
const hasProc = process.platform === 'linux';

/** Processes that carry the mark and still run; undefined where this system does not tell. */
export async function markedProcesses(id: string): Promise<readonly Process[] | undefined> {
  if (!hasProc) return undefined;
  const wanted = markOf(id);
  const names = await readdir('/proc');
  const found = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => inspect(Number(name), wanted)),
  );
  return found.filter((each) => each !== undefined);
}

const markOf = (id: string): Buffer => Buffer.from(`${MARK}=${id}\0`);

function carries(environment: Buffer, mark: Buffer): boolean {
  const at = environment.indexOf(mark);
  return at === 0 || (at > 0 && environment[at - 1] === 0);
}

/** Files of such a name that marked processes have open. At once: they are about to be ended. */
export function openFiles(id: string, name: RegExp): readonly string[] {
  const mark = markOf(id);
  const found = new Set<string>();
  for (const pid of hasProc ? readdirSync('/proc').filter((each) => /^\d+$/.test(each)) : []) {
    try {
      if (!carries(readFileSync(`/proc/${pid}/environ`), mark)) continue;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const file = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (name.test(file)) found.add(file);
      }
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  return [...found];
}

async function inspect(pid: number, wanted: Buffer): Promise<Process | undefined> {
  try {
    if (!carries(await readFile(`/proc/${pid}/environ`), wanted)) return undefined;
    const [program, stat] = await Promise.all([
      readlink(`/proc/${pid}/exe`),
      readFile(`/proc/${pid}/stat`, 'latin1'),
    ]);
    // The name in the second field may hold anything, brackets too.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined;
    return { pid, parent: Number(parent), program };
  } catch {
    // It has ended meanwhile, or is another user's.
    return undefined;
  }
}

/** The tools, what they call to write their reports, and the shells that some are wrapped in. */
const PROFILER = /nsight[-_ ]?(systems|compute)|\/(nsys|ncu|nv-nsight-cu|Qdstrm|sh$|bash$|dash$)/i;

/** Of a profiler and what it started: the first program that is no part of the profiler. */
export function targetOf(processes: readonly Process[]): Process | undefined {
  const others = processes.filter(({ program }) => !PROFILER.test(program));
  const pids = new Set(others.map(({ pid }) => pid));
  return others.filter(({ parent }) => !pids.has(parent)).sort((a, b) => a.pid - b.pid)[0];
}

/** False where it is not there any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/**
 * Asks each process that is found to end, then kills it; returns when none is found any more,
 * twice: one that is just being started has no environment yet to be known by.
 */
export async function endAll(find: () => Promise<readonly Process[]>): Promise<void> {
  for (const [name, patience] of [
    ['SIGTERM', 3000],
    ['SIGKILL', 5000],
  ] as const) {
    const deadline = Date.now() + patience;
    const asked = new Set<number>();
    for (let none = false; ;) {
      const left = await find();
      if (none && left.length === 0) return;
      none = left.length === 0;
      // Also those that were started while the others ended.
      for (const { pid } of left) {
        if (!asked.has(pid)) signal(pid, name);
        asked.add(pid);
      }
      if (Date.now() >= deadline) break;
      await wait(none ? 30 : 100);
    }
  }
}
