/** Runs the command of this extension as a process of its own: what it reads and computes stays off the editor's thread. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { EXPORTS } from '../../capture/nsys-export';
import type { Exports } from './exports';

export interface CliResult {
  /** As documented for the command: 0 done, 1 a regression or nothing there, 2 bad input. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LARGEST_OUTPUT = 64 << 20;

export class Cli {
  private readonly script: string;

  constructor(
    extensionPath: string,
    private readonly exports: Exports,
  ) {
    this.script = path.join(extensionPath, 'dist', 'cli.js');
  }

  /**
   * Reports among the arguments are exported first.
   * @param cwd names of files count from here
   * @throws RequestFailure where a report can not be exported; else where the command can
   * not be started, was cancelled, or was ended from outside
   */
  async run(args: readonly string[], cwd: string, signal?: AbortSignal): Promise<CliResult> {
    const exported = JSON.stringify(await this.exports.of(args, cwd, signal));
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [this.script, ...args],
        {
          cwd,
          signal,
          maxBuffer: LARGEST_OUTPUT,
          windowsHide: true,
          // The editor's own program is a Node when it is told so.
          env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', [EXPORTS]: exported },
        },
        (error: (Error & { code?: unknown }) | null, stdout, stderr) => {
          if (error && typeof error.code !== 'number') {
            reject(error);
            return;
          }
          resolve({ status: Number(error?.code ?? 0), stdout, stderr });
        },
      );
    });
  }
}

/** What it said against its input, without its own name. */
export const complaint = ({ stderr }: CliResult): string =>
  stderr.trim().replace(/^profilemate: /, '');
