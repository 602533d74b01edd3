/** Command lines of Nsight Compute. */
import type { CommandLine } from './command';
import { printArguments } from './ncu-export';
import type { Version } from './nsys-export';
import { isOlder } from './nsys-export';
import type { NcuSettings } from './settings';

export interface Ncu {
  readonly path: string;
  readonly version: Version | undefined;
}

/** Stands where the names of kernels come when the timeline has been analysed. */
export const KERNELS_OF_TIMELINE = 'regex:KERNELS-OF-THE-TIMELINE';

/** A graph's nodes can be measured one by one since then. */
const GRAPH_NODES: Version = [2023, 1];

export interface NcuOptions {
  readonly ncu: Ncu;
  readonly settings: NcuSettings;
  readonly output: string;
  /** Does the program itself say when (cudaProfilerStart)? */
  readonly onRequest: boolean;
}

export function ncuStart(options: NcuOptions, target: CommandLine): CommandLine {
  const { ncu, settings, output, onRequest } = options;
  const { set, kernels, launchSkip, launchCount, clockControl, nvtx } = settings;
  const graphs = ncu.version === undefined || !isOlder(ncu.version, GRAPH_NODES);
  return {
    program: ncu.path,
    args: [
      '--set',
      set,
      '--target-processes',
      'all',
      '--replay-mode',
      'kernel',
      ...(graphs ? ['--graph-profiling', 'node'] : []),
      '--kernel-name-base',
      'demangled',
      '--kernel-name',
      kernels === undefined ? KERNELS_OF_TIMELINE : `regex:${kernels}`,
      // Counts matching launches, those of warm-up and graph capture too, unless the program says when.
      ...(launchSkip > 0 ? ['--launch-skip', String(launchSkip)] : []),
      '--launch-count',
      String(launchCount),
      '--clock-control',
      clockControl,
      ...(nvtx === undefined ? [] : ['--nvtx', '--nvtx-include', nvtx]),
      ...(onRequest ? ['--profile-from-start', 'off'] : []),
      '--force-overwrite',
      '--export',
      output,
      target.program,
      ...target.args,
    ],
    env: target.env,
  };
}

/** Prints a report as the table that the readers know. */
export const ncuTable = (ncu: Ncu, report: string): CommandLine => ({
  program: ncu.path,
  args: printArguments(report),
  env: {},
});

/** Waits for other GPUs: measured by being run again and again, it would wait for ever. */
const COLLECTIVE =
  /nccl|cross_device_|multimem_all|(one|two)_?shot_all_?reduce|all_?reduce|deep_?ep|nvshmem|all_?to_?all|moe_?a2a/i;

/**
 * A pattern for the kernels that matter, by name: without template arguments and
 * parameters, which differ between the two tools' ways of printing names.
 * Undefined where none of them can be measured.
 */
export function kernelPattern(names: readonly string[], most = 8): string | undefined {
  const cores = names
    .filter((name) => !COLLECTIVE.test(name))
    .map((name) => core(name))
    .filter((name) => name !== '');
  const chosen = [...new Set(cores)].slice(0, most);
  if (chosen.length === 0) return undefined;
  const escaped = chosen.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // Whole words: `_fwd_kernel` is not `flash_fwd_kernel`.
  return `\\b(${escaped.join('|')})\\b`;
}

const WRAPPER =
  /(^|::)(device_kernel|Kernel2?|elementwise_kernel|vectorized_elementwise_kernel|reduce_kernel)$/;
/** Says nothing without the namespace. */
const PLAIN = new Set(['kernel', 'run', 'dispatch', 'combine']);

/** `void cutlass::device_kernel<flash::…>(Params)` → `flash::…` up to what both print alike. */
function core(name: string): string {
  const { path, templates } = takenApart(
    name.replaceAll(/\(anonymous namespace\)::|<unnamed>::/g, ''),
  );
  const parts = path.split('::');
  const plain = parts.at(-1) ?? '';
  if (!WRAPPER.test(path)) return PLAIN.has(plain) ? parts.slice(-2).join('::') : plain;
  // Wrappers say what they are in their first argument that is no number.
  const [, inner] = /^<(?:(?:\(\w+\))?\d+,\s*)*([A-Za-z_][\w:]*)/.exec(templates) ?? [];
  return inner ?? plain;
}

/** Path of a function and its template arguments, without the type that it returns. */
function takenApart(name: string): { path: string; templates: string } {
  let [angle, round, start, open, end] = [0, 0, 0, -1, name.length];
  for (let i = 0; i < name.length; i++) {
    const letter = name[i];
    // In brackets, `>` is greater than.
    if (letter === '(') {
      if (angle === 0 && round === 0) {
        end = i;
        break;
      }
      round++;
    } else if (letter === ')') round--;
    else if (round > 0) continue;
    else if (letter === '<' && angle++ === 0) open = i;
    else if (letter === '>') angle--;
    else if (letter === ' ' && angle === 0) [start, open] = [i + 1, -1];
  }
  return {
    path: name.slice(start, open < 0 ? end : open).trim(),
    templates: open < 0 ? '' : name.slice(open, end),
  };
}
