/**
 * A program that runs for long, watched: its log goes to a file and to whoever
 * listens, its end is known at once, and it ends with all that it started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandLine } from './command';
import { Cancelled, CaptureFailure } from './failure';
import { endAll, MARK, markedProcesses, type Process, signal, targetOf } from './processes';

const TAIL = 64_000;
const POLL_MS = 100;

export interface Ended {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface Supervision {
  readonly runId: string;
  readonly logFile: string;
  readonly cwd?: string;
  /** Standard output goes there, and is no log then. */
  readonly outputFile?: string;
  /** Hides what must not be seen; given whole lines. */
  mask(text: string): string;
  onOutput(text: string): void;
}

export interface StopOptions {
  /** How long the program may take to end after being asked, in seconds. */
  readonly grace: number;
  /** How long the profiler may take to finish its report after that, in seconds. */
  readonly finalise: number;
  readonly cancel: AbortSignal;
  readonly onWait?: (text: string) => void;
}

export class Supervised {
  /** The last part of the log. */
  tail = '';
  ended: Ended | undefined;
  readonly end: Promise<Ended>;
  private readonly child: ChildProcess;
  private logError: Error | undefined;

  /** @throws CaptureFailure where the program cannot be started */
  static async start(command: CommandLine, supervision: Supervision): Promise<Supervised> {
    const program = new Supervised(command, supervision);
    await new Promise<void>((resolve, reject) => {
      program.child.once('spawn', resolve);
      program.child.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          new CaptureFailure({
            what: `${command.program} could not be started.`,
            why: error.code === 'ENOENT' ? 'There is no such program.' : error.message,
            advice: 'Install it, or name its place in the settings.',
          }),
        );
      });
    });
    return program;
  }

  private constructor(
    command: CommandLine,
    private readonly supervision: Supervision,
  ) {
    const log = createWriteStream(supervision.logFile, { flags: 'a' });
    // A full disk is told when somebody looks; the program itself goes on.
    log.on('error', (error) => (this.logError = error));
    const output =
      supervision.outputFile === undefined ? undefined : openSync(supervision.outputFile, 'w');
    this.child = spawn(command.program, command.args, {
      cwd: supervision.cwd,
      env: { ...process.env, ...command.env, [MARK]: supervision.runId },
      stdio: ['ignore', output ?? 'pipe', 'pipe'],
      // A group of its own: Ctrl+C in the terminal is for us to pass on, in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    if (output !== undefined) closeSync(output);
    const tell = (text: string): void => {
      if (text === '') return;
      const masked = supervision.mask(text);
      this.tail = (this.tail + masked).slice(-TAIL);
      log.write(masked);
      supervision.onOutput(masked);
    };
    let rest = '';
    const hear = (chunk: string): void => {
      rest += chunk;
      // Progress bars end with carriage returns, and what never ends is told in parts.
      const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r')) + 1;
      const whole = end > 0 || rest.length < TAIL ? end : rest.length;
      tell(rest.slice(0, whole));
      rest = rest.slice(whole);
    };
    this.child.stdout?.setEncoding('utf8').on('data', hear);
    this.child.stderr?.setEncoding('utf8').on('data', hear);
    this.end = new Promise((resolve) => {
      const done = (status: number | null, by: NodeJS.Signals | null): void => {
        if (this.ended) return;
        tell(rest);
        this.ended = { status: status ?? undefined, signal: by ?? undefined };
        log.end();
        void finished(log).catch(() => undefined);
        resolve(this.ended);
      };
      this.child.once('error', () => done(null, null));
      // Its output may be held open by a process that it left behind: its own end counts.
      this.child.once('exit', (status, by) => setTimeout(() => done(status, by), 200));
      this.child.once('close', done);
    });
  }

  /** @throws where its log could not be written */
  checkLog(): void {
    if (this.logError) throw this.logError;
  }

  /** The processes of this program that still run. */
  async processes(): Promise<readonly Process[]> {
    const marked = await markedProcesses(this.supervision.runId);
    if (marked) return marked;
    const { pid } = this.child;
    // Its whole group, where that is all that is known.
    return pid !== undefined && !this.ended
      ? [{ pid: -pid, parent: process.pid, program: '' }]
      : [];
  }

  /**
   * Ends the target in order: asked by SIGINT, then by SIGTERM, then killed;
   * then waits for the profiler around it to finish.
   * @throws CaptureFailure where the profiler does not finish
   */
  async stop({ grace, finalise, cancel, onWait }: StopOptions): Promise<void> {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
      const target = targetOf(await this.processes());
      if (!target || this.ended) break;
      cancel.throwIfAborted();
      onWait?.(name === 'SIGINT' ? 'asked it to end' : `it does not end: ${name}`);
      signal(target.pid, name);
      const deadline = Date.now() + (name === 'SIGKILL' ? 5 : grace) * 1000;
      while (Date.now() < deadline && !this.ended && (await runs(target, this)))
        await wait(POLL_MS);
    }
    if (!this.ended) onWait?.('waiting for the profiler to finish its report');
    // Workers that the server left behind hold the profiler up.
    const others = setInterval(() => void this.endWorkers(), 5000);
    const given = new AbortController();
    const late = await Promise.race([
      this.end.then(() => false),
      wait(finalise * 1000, true, { signal: AbortSignal.any([cancel, given.signal]) }),
    ]).finally(() => clearInterval(others));
    given.abort();
    if (late) {
      const log = this.tail;
      await this.kill();
      throw new CaptureFailure({
        what: `nsys did not finish its report within ${finalise} s.`,
        why: 'It may still be processing a long capture, or wait for a process that does not end.',
        advice: 'Capture fewer requests, or allow it more time (--finalise-timeout).',
        log,
      });
    }
    await this.kill();
  }

  private async endWorkers(): Promise<void> {
    const target = targetOf(await this.processes());
    if (target) signal(target.pid, 'SIGTERM');
  }

  /** The program itself, not the profiler around it. */
  async targetRuns(): Promise<boolean> {
    return !this.ended && targetOf(await this.processes()) !== undefined;
  }

  /**
   * Of a program that ended by itself: waits for the profiler around it.
   * @returns whether the profiler has ended too, so that its report is whole
   */
  async settled(seconds: number, cancel: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const left = await this.processes();
      if (left.length === 0) return true;
      if (targetOf(left) || cancel.aborted || Date.now() > deadline) return false;
      await wait(POLL_MS);
    }
  }

  /** Ends everything at once; returns when nothing of it runs. Reports are not finished. */
  kill(): Promise<void> {
    return endAll(() => this.processes());
  }
}

async function runs(target: Process, program: Supervised): Promise<boolean> {
  return (await program.processes()).some(({ pid }) => pid === target.pid);
}

/**
 * Runs a program to its end; ended with all that it started when cancelled.
 * @throws Cancelled, CaptureFailure where it cannot be started
 */
export async function runToEnd(
  command: CommandLine,
  supervision: Supervision,
  cancel: AbortSignal,
): Promise<Ended & { readonly tail: string }> {
  cancel.throwIfAborted();
  const program = await Supervised.start(command, supervision);
  const aborted = new Promise<'cancelled'>((resolve) => {
    cancel.addEventListener('abort', () => resolve('cancelled'), { once: true });
  });
  const ended = await Promise.race([program.end, aborted]);
  if (ended === 'cancelled') {
    await program.kill();
    throw new Cancelled();
  }
  program.checkLog();
  return { ...ended, tail: program.tail };
}
