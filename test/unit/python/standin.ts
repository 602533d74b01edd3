/** Runs the stand-in for vLLM with the runtime layer, and reads what both have written. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Papa from 'papaparse';

const root = path.resolve(import.meta.dirname, '../../..');
export const LAYER = path.join(root, 'python');
export const STANDIN = path.join(root, 'test/data/vllm-stand-in');

/** Interpreters that can be run here, by version; the layer is for 3.9 and later. */
export function interpreters(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const names = ['python3', ...['9', '10', '11', '12', '13', '14'].map((v) => `python3.${v}`)];
  const pyenv = path.join(process.env.PYENV_ROOT ?? path.join(process.env.HOME ?? '', '.pyenv'));
  const versions = path.join(pyenv, 'versions');
  if (existsSync(versions)) {
    for (const version of readdirSync(versions)) {
      if (/^3\.(9|1\d)\./.test(version)) names.push(path.join(versions, version, 'bin/python'));
    }
  }
  for (const name of names) {
    const asked = spawnSync(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
      encoding: 'utf8',
    });
    const version = asked.stdout?.trim();
    if (asked.status === 0 && /^3\.(9|1\d)$/.test(version) && !found.has(version)) {
      found.set(version, name);
    }
  }
  return found;
}

/**
 * Interpreters that have PyTorch, by its version: the one that PROFILEMATE_TORCH_PYTHON names,
 * those that can be run here, and the system's own (Debian: `apt-get install python3-torch`).
 */
export function interpretersWithTorch(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const named = process.env.PROFILEMATE_TORCH_PYTHON;
  for (const name of [...(named ? [named] : []), ...interpreters().values(), '/usr/bin/python3']) {
    const asked = spawnSync(name, ['-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
    });
    const version = asked.stdout?.trim();
    if (asked.status === 0 && version && !found.has(version)) found.set(version, name);
  }
  return found;
}

export interface Truth {
  readonly pid: number;
  readonly counts: Readonly<Record<string, number | undefined>>;
  // Shapes differ by list; each test knows its own.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly lists: Readonly<Record<string, any[] | undefined>>;
}

export type Row = Readonly<Record<string, string>>;

/** One process's folder. */
export class ProcessFolder {
  constructor(readonly folder: string) {}

  get metadata(): Record<string, unknown> {
    return this.json('metadata.json') as Record<string, unknown>;
  }

  has(name: string): boolean {
    return existsSync(path.join(this.folder, name));
  }

  text(name: string): string {
    return readFileSync(path.join(this.folder, name), 'utf8');
  }

  json(name: string): unknown {
    return JSON.parse(this.text(name));
  }

  rows(name: string): Row[] {
    if (!this.has(name)) return [];
    const { data, errors } = Papa.parse<Row>(this.text(name), {
      header: true,
      skipEmptyLines: true,
    });
    if (errors.length > 0) throw new Error(`${name}: ${errors[0].message} in row ${errors[0].row}`);
    return data;
  }
}

export interface Options {
  readonly version?: string;
  readonly runner?: 'V1' | 'V2';
  readonly python?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Before the layer's own folder. */
  readonly pythonPath?: readonly string[];
  readonly pythonArgs?: readonly string[];
  /** What runs the interpreter: a profiler's own command line. */
  readonly under?: readonly string[];
}

/** A run's folders, removed with `done`. */
export class Run {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'profilemate-runtime-'));
  readonly session = path.join(this.folder, 'session');
  readonly truths = path.join(this.folder, 'truth');
  stdout = '';
  stderr = '';

  constructor(readonly options: Options) {
    mkdirSync(this.truths);
  }

  get command(): readonly string[] {
    const { pythonArgs = [], args = [] } = this.options;
    return [...pythonArgs, path.join(STANDIN, 'serve.py'), ...args];
  }

  get environment(): NodeJS.ProcessEnv {
    const { version = '0.27.0', runner = 'V1', environment = {} } = this.options;
    const { pythonPath = [] } = this.options;
    return {
      ...process.env,
      PYTHONPATH: [...pythonPath, LAYER, STANDIN].join(path.delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      STANDIN_VLLM: version,
      STANDIN_RUNNER: runner,
      STANDIN_TRUTH: this.truths,
      PROFILEMATE_SESSION_DIR: this.session,
      PROFILEMATE_KV_INTERVAL_MS: '0',
      ...environment,
    };
  }

  /** Runs to the end; returns the exit status, or the signal's name. */
  wait(): Promise<number | string> {
    return new Promise((resolve, reject) => {
      const child = this.start();
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
  }

  start(): ReturnType<typeof spawn> {
    const { python = 'python3', under = [] } = this.options;
    const [program, ...args] = [...under, python, ...this.command];
    const child = spawn(program, args, {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    return child;
  }

  truth(): Truth[] {
    return readdirSync(this.truths)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(path.join(this.truths, name), 'utf8')) as Truth);
  }

  processes(): ProcessFolder[] {
    if (!existsSync(this.session)) return [];
    return readdirSync(this.session)
      .filter((name) => name.startsWith('p'))
      .map((name) => new ProcessFolder(path.join(this.session, name)));
  }

  processOf(pid: number): ProcessFolder {
    const found = this.processes().filter((each) => each.metadata.pid === pid);
    if (found.length !== 1) throw new Error(`${found.length} folders for process ${pid}`);
    return found[0];
  }

  done(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
