/** Finds the programs a run needs: on PATH, and NVIDIA's where they are usually installed. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export type ToolName = 'nsys' | 'ncu' | 'vllm' | 'python3' | 'nvidia-smi';

export interface Search {
  /** The user's own setting; when given, nothing else is looked at. */
  readonly configured?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Folders outside PATH, with `*` for one part of a name; a parameter for tests. */
  readonly places?: readonly string[];
}

/** Where installers and distributions put a tool that is not on PATH. */
const USUAL_PLACES: Readonly<
  Partial<Record<ToolName, Partial<Record<NodeJS.Platform, readonly string[]>>>>
> = {
  ncu: {
    linux: [
      '/opt/nvidia/nsight-compute/*',
      '/usr/local/cuda/bin',
      '/usr/local/cuda-*/bin',
      '/usr/local/cuda/nsight-compute-*',
      '/usr/local/cuda-*/nsight-compute-*',
      '/usr/local/bin',
      '/usr/lib/nsight-compute',
    ],
    darwin: ['/Applications/NVIDIA Nsight Compute*.app/Contents/MacOS', '/usr/local/bin'],
    win32: [
      'C:/Program Files/NVIDIA Corporation/Nsight Compute*',
      'C:/Program Files/NVIDIA Corporation/Nsight Compute*/target/windows-desktop-win7-x64',
    ],
  },
  nsys: {
    linux: [
      '/opt/nvidia/nsight-systems/*/bin',
      '/opt/nvidia/nsight-systems/*/target-linux-*',
      '/opt/nvidia/nsight-systems-cli/*/bin',
      '/opt/nvidia/nsight-systems-cli/*/target-linux-*',
      '/usr/local/cuda/bin',
      '/usr/local/cuda-*/bin',
      '/usr/local/bin',
      '/usr/lib/nsight-systems/target-linux-*',
      '/usr/lib/*/nsight-systems/target-linux-*',
    ],
    darwin: [
      '/Applications/NVIDIA Nsight Systems*.app/Contents/MacOS',
      '/usr/local/bin',
      '/opt/homebrew/bin',
    ],
    win32: [
      'C:/Program Files/NVIDIA Corporation/Nsight Systems*/target-windows-x64',
      'C:/Program Files/NVIDIA Corporation/Nsight Systems*/host-windows-x64',
    ],
  },
};

/** Paths of a tool that can be run: those on PATH first, then the newest of each usual place. */
export async function findTool(name: ToolName, search: Search = {}): Promise<readonly string[]> {
  const { configured, env = process.env, platform = process.platform } = search;
  const file = platform === 'win32' ? `${name}.exe` : name;
  if (configured) {
    // A folder is taken for the one that holds the tool.
    const candidates = [configured, path.join(configured, file)];
    return runnable(candidates);
  }
  const onPath = (env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const places = search.places ?? USUAL_PLACES[name]?.[platform] ?? [];
  const usual = await Promise.all(places.map(expand));
  return runnable([...onPath, ...usual.flat()].map((folder) => path.join(folder, file)));
}

async function runnable(candidates: readonly string[]): Promise<string[]> {
  const checked = await Promise.all(
    [...new Set(candidates)].map(async (file) => ((await isRunnable(file)) ? [file] : [])),
  );
  return checked.flat();
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Existing folders that a pattern stands for, highest version first. */
async function expand(pattern: string): Promise<string[]> {
  let found = [''];
  for (const part of pattern.split('/')) {
    found = part.includes('*')
      ? (await Promise.all(found.map((folder) => children(folder, part)))).flat()
      : found.map((folder) => (folder === '' && part.includes(':') ? part : `${folder}/${part}`));
    // The first part of an absolute path is empty.
    if (part === '') found = [''];
  }
  return found;
}

async function children(folder: string, pattern: string): Promise<string[]> {
  const [before, after] = pattern.split('*') as [string, string];
  const names = await readdir(folder || '/').catch(() => [] as string[]);
  return names
    .filter(
      (n) => n.length >= before.length + after.length && n.startsWith(before) && n.endsWith(after),
    )
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => `${folder}/${name}`);
}
