/**
 * Ranges that can be found again in Python source: those that vLLM's layerwise
 * markers write (`--enable-layerwise-nvtx-tracing`), by the attribute that holds
 * the module, and all others by their text, which stands in the source as it is.
 *
 * A marker's text is the str() of a Python dict with the key 'Module', whose
 * value is the model's class and the path to the module in it; the other keys
 * differ from call to call (vllm/utils/nvtx_pytorch_hooks.py).
 */
import type { Nanoseconds, Share } from '../profile/units';
import type { Analysis } from './analysis';
import { phaseBreakdown } from './phases';
import { rangeNames } from './ranges';

export interface PythonRange {
  readonly kind: 'module' | 'label';
  /** The attribute that holds the modules (the class, of the model itself), or the range's text. */
  readonly name: string;
  /** The model's class; of modules alone. */
  readonly owner?: string;
  /** How many modules are held by such an attribute; 1 for a label. */
  readonly modules: number;
  readonly instances: number;
  /** Busy time of the GPU with work launched inside. */
  readonly gpuBusy: Nanoseconds;
  /** Of all busy time; parents contain their children, so that shares do not add up. */
  readonly share: Share;
}

const MODULE = /['"]Module['"]\s*:\s*(['"])([\w.]+)\1/;
/** More than anyone wrote into a program. */
const MOST = 5000;

/** With work on the GPU, by its time, descending. */
export function pythonRanges(analysis: Analysis): readonly PythonRange[] {
  return analysis.once('pythonRanges', () => {
    const { busy } = phaseBreakdown(analysis, {});
    const found = new Map<string, { row: Omit<PythonRange, 'share'>; paths: Set<string> }>();
    for (const { name: text, gpuBusy, instances } of rangeNames(analysis, {})) {
      if (!gpuBusy) continue;
      const path = MODULE.exec(text)?.[2];
      const segments = path?.split('.') ?? [];
      const owner = path === undefined ? undefined : segments[0];
      // Of `layers.0` the list is what the program names.
      const name =
        path === undefined ? text : segments.filter((part) => !/^\d+$/.test(part)).at(-1)!;
      const key = JSON.stringify([owner, name]);
      const known = found.get(key);
      const paths = (known?.paths ?? new Set()).add(path ?? text);
      found.set(key, {
        paths,
        row: {
          kind: owner === undefined ? 'label' : 'module',
          name,
          ...(owner !== undefined && { owner }),
          modules: paths.size,
          instances: instances + (known?.row.instances ?? 0),
          gpuBusy: gpuBusy + (known?.row.gpuBusy ?? 0),
        },
      });
    }
    return [...found.values()]
      .map(({ row }) => ({ ...row, share: busy > 0 ? row.gpuBusy / busy : 0 }))
      .sort((a, b) => b.gpuBusy - a.gpuBusy || (a.name < b.name ? -1 : 1))
      .slice(0, MOST);
  });
}
