/** Runs a program by name and arguments, never by a line for a shell. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface RunOptions {
  /** What the program writes, as it comes, standard output and error alike. */
  onOutput?(text: string): void;
  /** Ends the program, at first politely. */
  signal?: AbortSignal;
  readonly cwd?: string;
  /** Instead of our own environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** A file that takes the program's standard output, which is then not heard. */
  readonly into?: string;
}

export interface RunResult {
  /** Undefined where a signal ended it. */
  readonly status: number | undefined;
  /** The last part of what it wrote. */
  readonly tail: string;
}

const TAIL = 8_000;
const GRACE_MS = 5_000;

/** @throws where the program can not be started */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { signal, cwd, env, into } = options;
  return new Promise((resolve, reject) => {
    const output = into === undefined ? undefined : openSync(into, 'w');
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', output ?? 'pipe', 'pipe'],
      windowsHide: true,
    });
    // The program has its own by now.
    if (output !== undefined) closeSync(output);
    let tail = '';
    let killing: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    };
    const hear = (chunk: string) => {
      tail = (tail + chunk).slice(-TAIL);
      options.onOutput?.(chunk);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
      resolve({ status: status ?? undefined, tail });
    });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}

/** The last line that says something; progress bars rewrite theirs with carriage returns. */
export function lastLine(output: string): string {
  const lines = output.split(/[\r\n]+/).map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? '';
}
