/**
 * What a task of tasks.json, a remembered choice and a run's own record have in
 * common: settings as plain JSON, which someone else may have written.
 */
import path from 'node:path';
import * as v from 'valibot';
import type * as vscode from 'vscode';
import { PRESETS } from '../../capture/load-settings';
import { MASK } from '../../capture/secrets';
import {
  type CaptureSettings,
  DEFAULTS,
  MODES,
  NCU_SETS,
  TORCH_LEVELS,
} from '../../capture/settings';

export const TASK_TYPE = 'profilemate';

const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const seconds = v.pipe(v.number(), v.minValue(0));
const texts = v.array(v.string());

const target = v.variant('kind', [
  v.object({ kind: v.literal('serve') }),
  v.object({ kind: v.literal('bench'), what: v.picklist(['latency', 'throughput']) }),
  v.object({ kind: v.literal('script'), file: v.string(), args: v.optional(texts, []) }),
  v.object({ kind: v.literal('running'), url: v.string(), profiles: v.optional(v.string()) }),
]);

const lengths = v.variant('kind', [
  v.object({ kind: v.literal('fixed'), value: natural }),
  v.object({ kind: v.literal('uniform'), min: natural, max: natural }),
  v.object({ kind: v.literal('normal'), mean: natural, deviation: natural }),
]);

const load = v.union([
  v.picklist(Object.keys(PRESETS) as (keyof typeof PRESETS)[]),
  v.object({
    requests: v.optional(natural),
    concurrency: v.optional(natural),
    rate: v.optional(v.number()),
    prompt: v.optional(lengths),
    output: v.optional(lengths),
    dataset: v.optional(v.string()),
    api: v.optional(v.picklist(['completions', 'chat'])),
    stream: v.optional(v.boolean()),
    warmup: v.optional(natural),
    seed: v.optional(natural),
    timeout: v.optional(seconds),
    servedModel: v.optional(v.string()),
  }),
]);

const captureRange = v.custom<CaptureSettings['captureRange']>(
  (value) =>
    typeof value === 'string' &&
    (['auto', 'cuda', 'session', 'whole'].includes(value) || value.startsWith('nvtx:')),
);

/** Programs are not in it: where those are is for the person's own settings to say. */
const schema = v.object({
  model: v.optional(v.string()),
  mode: v.optional(v.picklist(MODES)),
  target: v.optional(target),
  outputDir: v.optional(v.string()),
  host: v.optional(v.string()),
  port: v.optional(natural),
  engineArgs: v.optional(texts),
  serverArgs: v.optional(texts),
  env: v.optional(v.record(v.string(), v.string())),
  captureRange: v.optional(captureRange),
  layerwise: v.optional(v.boolean()),
  osRuntime: v.optional(v.boolean()),
  torch: v.optional(v.picklist(TORCH_LEVELS)),
  iterations: v.optional(v.object({ delay: v.optional(natural, 0), max: v.optional(natural, 0) })),
  ncuSettings: v.optional(
    v.object({
      set: v.optional(v.picklist(NCU_SETS)),
      launchSkip: v.optional(natural),
      launchCount: v.optional(natural),
      clockControl: v.optional(v.picklist(['base', 'none'])),
      kernels: v.optional(v.string()),
      nvtx: v.optional(v.string()),
    }),
  ),
  load: v.optional(load),
  readyTimeout: v.optional(seconds),
  finaliseTimeout: v.optional(seconds),
});

export type CaptureDefinition = v.InferOutput<typeof schema>;
export type CaptureTaskDefinition = CaptureDefinition & vscode.TaskDefinition;

/** What this machine adds: where programs and results are. */
export interface Machine extends Pick<CaptureSettings, 'vllm' | 'nsys' | 'ncu' | 'python'> {
  /** Relative paths begin here. */
  readonly folder: string;
  readonly outputDir: string;
  readonly runtimeLayer: string;
}

/** @throws Error that names the part which is not as it should be */
export function parseDefinition(value: unknown): CaptureDefinition {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`${v.getDotPath(issue) ?? TASK_TYPE}: ${issue.message}`);
}

/** What a record says of its run, without secrets, which are not in it. @throws as above */
export function definitionOfRecord(settings: unknown): CaptureDefinition {
  const { env = {}, ...rest } = parseDefinition(settings);
  // Those come from the environment again.
  const known = Object.entries(env).filter(([, value]) => !value.includes(MASK));
  return { ...rest, env: Object.fromEntries(known) };
}

/** Were secrets in it that nobody knows any more? */
export function hasMaskedArguments({ engineArgs, serverArgs, target }: CaptureDefinition): boolean {
  const own = target?.kind === 'script' ? target.args : [];
  return [...(engineArgs ?? []), ...(serverArgs ?? []), ...own].some((arg) => arg.includes(MASK));
}

export function settingsOf(definition: CaptureDefinition, machine: Machine): CaptureSettings {
  const { folder, outputDir, ...programs } = machine;
  const { load: asked, target: chosen = DEFAULTS.target } = definition;
  const base = typeof asked === 'string' ? PRESETS[asked] : DEFAULTS.load;
  const target =
    chosen.kind === 'script' ? { ...chosen, file: path.resolve(folder, chosen.file) } : chosen;
  return {
    ...DEFAULTS,
    ...given(definition),
    ...programs,
    target,
    model: definition.model ?? nameOf(target),
    outputDir: path.resolve(folder, definition.outputDir ?? outputDir),
    ncuSettings: { ...DEFAULTS.ncuSettings, ...given(definition.ncuSettings ?? {}) },
    load: { ...base, ...(typeof asked === 'object' ? given(asked) : {}) },
  };
}

/** What is there but undefined would take the place of a default. */
const given = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

/** What a run is called that names no model. */
function nameOf(target: CaptureSettings['target']): string {
  if (target.kind === 'script') return path.basename(target.file, '.py');
  return target.kind === 'running' ? 'server' : '';
}
