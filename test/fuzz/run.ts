/** Runs cases in a child that may crash, hang or eat memory, and notices. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './cases';
import type { Report } from './worker';

/** Far longer than any case takes, and short enough for a hang to be called one. */
const LIMIT_MS = 60_000;
const MEMORY_LIMIT = 1 << 30;

export interface Result extends Outcome {
  readonly index: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** The first case; others are left out, to look at one again. */
  readonly from?: number;
  readonly onResult?: (result: Result) => void;
}

/** All outcomes, in order. */
export async function fuzz({ seed, count, from = 0, onResult }: FuzzOptions): Promise<Result[]> {
  const results: Result[] = [];
  const add = (result: Result): void => {
    results.push(result);
    onResult?.(result);
  };
  const to = from + count;
  for (let next = from; next < to;) next = await runChild(seed, next, to, add);
  return results;
}

/** Runs cases until the child is done or dies; returns the case to go on with. */
function runChild(
  seed: number,
  from: number,
  to: number,
  add: (result: Result) => void,
): Promise<number> {
  const child: ChildProcess = fork(join(__dirname, 'worker.ts'), {
    execArgv: ['--import', 'tsx', '--max-old-space-size=768'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return new Promise((resolve) => {
    let next = from;
    let running = false;
    let errors = '';
    let cause: string | undefined;
    let watchdog: NodeJS.Timeout | undefined;
    const watch = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        cause = `no answer within ${LIMIT_MS / 1_000} s`;
        child.kill('SIGKILL');
      }, LIMIT_MS);
    };
    child.stderr!.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-2_000)));
    child.on('message', (report: Report) => {
      watch();
      running = report.outcome === undefined;
      if (report.outcome === undefined) return;
      next = report.index + 1;
      const outcome =
        report.memory > MEMORY_LIMIT && report.outcome.failure === undefined
          ? { ...report.outcome, failure: `took ${Math.round(report.memory / 2 ** 20)} MiB` }
          : report.outcome;
      add({ index: report.index, ...outcome });
      // Memory is not given back: later cases would be blamed for this one.
      if (report.memory > MEMORY_LIMIT) child.kill('SIGKILL');
    });
    // Not its exit: what it had still to say comes before this.
    child.on('close', (code, signal) => {
      clearTimeout(watchdog);
      if (
        next < to &&
        (running || code !== 0) &&
        signal !== null &&
        cause === undefined &&
        !running
      )
        return resolve(next);
      if (next < to) {
        const failure = `${cause ?? `the process ended (${signal ?? code})`} ${errors}`;
        add({ index: next, mutations: [], end: 'crashed', failure });
        next++;
      }
      resolve(next);
    });
    watch();
    child.send({ seed, from, to });
  });
}
