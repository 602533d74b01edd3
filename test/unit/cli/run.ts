/** Runs the built command as a process, as a person does. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { toFile } from '../../data/sqlite';
import type { Truth } from '../../data/truth';
import { vllm } from '../../data/vllm';

export const CLI = resolve('dist/cli.js');

/** Builds what is not built yet. */
export function build(): void {
  if (existsSync(CLI)) return;
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The build failed: ${stderr}`);
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function profilemate(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

/** With a shell's plumbing behind it. */
export function inShell(command: string): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], {
      env: { ...process.env, CLI: `${process.execPath} ${CLI}` },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

/** A folder of its own with one generated profile in it. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'profilemate cli '));
  readonly profile = join(this.folder, 'run.nsys.sqlite');
  readonly truth: Truth = toFile(this.profile, (sink) => vllm(sink, { steps: 30 }));

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
