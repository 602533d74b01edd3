/** What there is on this machine, what is missing for a run, and what to do about it. */
import { constants } from 'node:fs';
import { access, open, readFile, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes } from '../profile/format';
import type { Ncu } from './ncu-command';
import {
  chooseNsys,
  formatVersion,
  isOlder,
  type Nsys,
  nsysVersion,
  type Version,
} from './nsys-export';
import { run } from './process';
import type { CaptureSettings } from './settings';
import { findTool, type Search } from './tools';

export interface Gpu {
  readonly name: string;
  /** Compute capability, as in 9.0. */
  readonly capability: number | undefined;
}

export interface Environment {
  readonly nsys: Nsys | undefined;
  readonly ncu: Ncu | undefined;
  readonly vllm: { readonly path: string; readonly version: Version | undefined } | undefined;
  readonly python: { readonly path: string; readonly version: Version | undefined } | undefined;
  readonly driver: Version | undefined;
  readonly gpus: readonly Gpu[];
  /** Does the driver keep performance counters to administrators? */
  readonly countersRestricted: boolean | undefined;
  /** Bytes that may be written where results go; undefined where the system does not say. */
  readonly freeBytes: number | undefined;
  /** May results be written there? */
  readonly writable: boolean;
}

export type CheckState = 'ok' | 'warning' | 'missing';

export interface Check {
  readonly what: string;
  readonly state: CheckState;
  readonly found: string;
  readonly remedy?: string;
  /** Without it this run cannot be. */
  readonly needed: boolean;
}

type Places = Pick<CaptureSettings, 'vllm' | 'nsys' | 'ncu' | 'python' | 'outputDir'>;

const QUICK_MS = 30_000;

/** Looks; starts nothing but the tools' own `--version`. */
export async function detectEnvironment(
  places: Places,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Environment> {
  const search = (configured?: string): Search => ({ configured, env });
  const [nsysPaths, ncuPaths, vllmPaths, pythonPaths, smiPaths] = await Promise.all([
    findTool('nsys', search(places.nsys)),
    findTool('ncu', search(places.ncu)),
    findTool('vllm', search(places.vllm)),
    findTool('python3', search(places.python)),
    findTool('nvidia-smi', search()),
  ]);
  const [nsys, ncu, vllm, python, smi, countersRestricted, disk] = await Promise.all([
    chooseNsys(nsysPaths, undefined),
    ncuPaths[0] === undefined ? undefined : withVersion(ncuPaths[0], nsysVersionOf),
    vllmPaths[0] === undefined ? undefined : withVersion(vllmPaths[0], vllmVersion),
    pythonPaths[0] === undefined ? undefined : withVersion(pythonPaths[0], pythonVersion),
    smiPaths[0] === undefined ? undefined : smiFacts(smiPaths[0]),
    countersAreRestricted(),
    diskOf(places.outputDir),
  ]);
  return {
    nsys,
    ncu,
    vllm,
    python,
    driver: smi?.driver,
    gpus: smi?.gpus ?? [],
    countersRestricted,
    ...disk,
  };
}

const withVersion = async (
  file: string,
  ask: (file: string) => Promise<Version | undefined>,
): Promise<{ path: string; version: Version | undefined }> => ({
  path: file,
  version: await ask(file),
});

/** ncu words its version as nsys does: `Version 2024.3.2.0 (build …)`. */
const nsysVersionOf = nsysVersion;

async function output(file: string, args: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(QUICK_MS);
  const { status, tail } = await run(file, args, { signal }).catch(() => ({ status: 1, tail: '' }));
  return status === 0 ? tail : '';
}

const numbers = (text: string, pattern: RegExp): Version | undefined =>
  pattern.exec(text)?.slice(1).filter(Boolean).map(Number);

const VERSION = /(\d+)\.(\d+)(?:\.(\d+))?/;

async function pythonVersion(python: string): Promise<Version | undefined> {
  return numbers(await output(python, ['--version']), VERSION);
}

const ASK_VLLM = 'import importlib.metadata as m; print(m.version("vllm"))';

/**
 * `vllm --version` loads PyTorch, which takes half a minute; the Python that its
 * launcher names knows the installed version at once.
 */
async function vllmVersion(vllm: string): Promise<Version | undefined> {
  const python = await interpreterOf(vllm);
  const quick = python === undefined ? '' : await output(python, ['-c', ASK_VLLM]);
  const text = quick || (await output(vllm, ['--version']));
  // Other packages' warnings may come first.
  return numbers(text.trim().split('\n').at(-1) ?? '', VERSION);
}

async function interpreterOf(launcher: string): Promise<string | undefined> {
  const file = await open(launcher, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const line = buffer.toString('latin1', 0, bytesRead).split('\n')[0];
    return /^#!(\/\S*python[\d.]*)\s*$/.exec(line)?.[1];
  } finally {
    await file.close();
  }
}

async function smiFacts(
  smi: string,
): Promise<{ driver: Version | undefined; gpus: readonly Gpu[] }> {
  const text = await output(smi, [
    '--query-gpu=driver_version,compute_cap,name',
    '--format=csv,noheader',
  ]);
  const rows = text
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length >= 3 && /^\d/.test(cells[0]));
  return {
    driver: rows[0] && numbers(rows[0][0], VERSION),
    gpus: rows.map(([, capability, ...name]) => ({
      name: name.join(', '),
      capability: Number(capability) || undefined,
    })),
  };
}

async function countersAreRestricted(): Promise<boolean | undefined> {
  if (process.getuid?.() === 0) return false;
  const params = await readFile('/proc/driver/nvidia/params', 'utf8').catch(() => undefined);
  const [, value] = /RmProfilingAdminOnly:\s*(\d)/.exec(params ?? '') ?? [];
  return value === undefined ? undefined : value === '1';
}

async function diskOf(
  folder: string,
): Promise<{ freeBytes: number | undefined; writable: boolean }> {
  let existing = path.resolve(folder);
  while (!(await stat(existing).catch(() => undefined)) && path.dirname(existing) !== existing)
    existing = path.dirname(existing);
  const isFolder = (await stat(existing).catch(() => undefined))?.isDirectory() ?? false;
  const [space, writable] = await Promise.all([
    statfs(existing).catch(() => undefined),
    access(existing, constants.W_OK).then(
      () => isFolder,
      () => false,
    ),
  ]);
  return { freeBytes: space && space.bavail * space.bsize, writable };
}

const NEEDED_BYTES = 500e6;
const USUAL_BYTES = 5e9;

type Needs = Pick<CaptureSettings, 'mode' | 'target' | 'vllm' | 'nsys' | 'ncu' | 'python'>;

const CORRECT = 'Correct the place that was given, or give none to have it looked for.';

/** For one run, or (without settings) for any. */
export function checks(found: Environment, needs?: Needs): readonly Check[] {
  const { nsys, ncu, vllm, python, driver, gpus } = found;
  const starts = needs === undefined || needs.target.kind !== 'running';
  const timeline = starts && (needs === undefined || !['torch', 'runtime'].includes(needs.mode));
  const kernels = needs?.mode === 'full';
  const script = needs?.target.kind === 'script';
  const list: Check[] = [];
  const add = (what: string, state: CheckState, text: string, remedy?: string, needed = false) =>
    list.push({
      what,
      state,
      found: text,
      needed: needed && state === 'missing',
      ...(remedy ? { remedy } : {}),
    });

  const tool = (
    what: string,
    at: { path: string; version: Version | undefined } | undefined,
    needed: boolean,
    remedy: string,
    configured?: string,
  ): void => {
    // Of what this run does without, nothing is to be said.
    if (!at && needs !== undefined && !needed) return;
    if (!at && configured !== undefined)
      add(what, 'missing', `nothing that runs at ${configured}`, CORRECT, needed);
    else if (!at) add(what, 'missing', 'not found', remedy, needed);
    else if (at.version) add(what, 'ok', `${formatVersion(at.version)} (${at.path})`);
    else
      add(
        what,
        'warning',
        `does not tell its version (${at.path})`,
        'Check that it runs: it may be damaged, or a wrapper.',
      );
  };
  tool(
    'Nsight Systems',
    nsys,
    timeline && needs !== undefined,
    'Install nsight-systems-cli from NVIDIA, or name the place of nsys in the settings.',
    needs?.nsys,
  );
  tool(
    'Nsight Compute',
    ncu,
    kernels,
    'Install nsight-compute from NVIDIA, or name the place of ncu in the settings; only mode full needs it.',
    needs?.ncu,
  );
  tool(
    'vLLM',
    vllm,
    starts && !script && needs !== undefined,
    'Install vLLM, activate its environment, or name the place of the vllm program in the settings.',
    needs?.vllm,
  );
  tool(
    'Python',
    python,
    script,
    'Install Python 3, or name its place in the settings.',
    needs?.python,
  );

  if (gpus.length === 0)
    add(
      'GPU',
      'warning',
      'none found',
      'Without a GPU a profile has ranges but no kernels. Check nvidia-smi.',
    );
  else add('GPU', 'ok', gpus.length === 1 ? gpus[0].name : `${gpus.length} × ${gpus[0].name}`);
  if (driver) add('Driver', 'ok', formatVersion(driver));

  versionChecks(found, add);

  if (found.countersRestricted && (kernels || needs === undefined))
    add(
      'Performance counters',
      'missing',
      'kept to administrators by the driver',
      'Run as administrator, or load the driver with NVreg_RestrictProfilingToAdminUsers=0; only mode full needs them.',
      kernels,
    );
  diskChecks(found, add);
  return list;
}

type Add = (
  what: string,
  state: CheckState,
  text: string,
  remedy?: string,
  needed?: boolean,
) => void;

/** Which year's tools know a GPU, by compute capability. */
const KNOWN_SINCE = [
  { capability: 10, year: 2025 },
  { capability: 9, year: 2023 },
] as const;

function versionChecks({ nsys, ncu, vllm, gpus }: Environment, add: Add): void {
  const newest = Math.max(0, ...gpus.map(({ capability }) => capability ?? 0));
  const year = KNOWN_SINCE.find(({ capability }) => newest >= capability)?.year;
  for (const [name, at] of [
    ['Nsight Systems', nsys],
    ['Nsight Compute', ncu],
  ] as const) {
    if (year !== undefined && at?.version && at.version[0] < year)
      add(
        `${name} and this GPU`,
        'warning',
        `${formatVersion(at.version)} is older than the GPU`,
        `Install ${name} ${year} or newer: this one may record no kernels.`,
      );
  }
  if (vllm?.version && isOlder(vllm.version, [0, 11, 1]))
    add(
      'vLLM and phases',
      'warning',
      `${formatVersion(vllm.version)} does not name its steps`,
      'Prefill and decode cannot be told apart: profile with vLLM 0.11.1 or newer.',
    );
}

function diskChecks({ freeBytes, writable }: Environment, add: Add): void {
  if (!writable)
    add(
      'Results',
      'missing',
      'the folder cannot be written to',
      'Name another folder for the results.',
      true,
    );
  if (freeBytes === undefined) return;
  const text = `${formatBytes(freeBytes)} free`;
  if (freeBytes < NEEDED_BYTES)
    add(
      'Disk',
      'missing',
      text,
      'A profile takes hundreds of megabytes: free some space, or name another folder.',
      true,
    );
  else if (freeBytes < USUAL_BYTES)
    add(
      'Disk',
      'warning',
      text,
      'A long capture may not fit: free some space, or name another folder.',
    );
  else add('Disk', 'ok', text);
}
