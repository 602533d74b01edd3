/**
 * What a run's record may hold, whoever wrote it: a part that is not as a capture
 * leaves it counts as not there, so that whoever shows a run need not look again.
 */
import * as v from 'valibot';
import type { RunRecord } from './run-folder';

export const RUN_SCHEMA_VERSION = 1;

const text = v.fallback(v.string(), '');
const texts = v.fallback(v.array(v.string()), []);
const maybeText = v.fallback(v.optional(v.string()), undefined);
const figure = v.pipe(v.number(), v.finite());
const maybeFigure = v.fallback(v.optional(figure), undefined);
const some = <T extends v.GenericSchema>(schema: T) => v.fallback(v.array(schema), []);
const byName = v.fallback(v.record(v.string(), v.unknown()), {});
const time = v.pipe(
  v.string(),
  v.check((iso) => !Number.isNaN(Date.parse(iso))),
);

const command = v.object({
  stage: text,
  text,
  program: v.string(),
  args: texts,
  env: v.fallback(v.record(v.string(), v.string()), {}),
  started: text,
  seconds: maybeFigure,
  exit_status: maybeFigure,
  signal: maybeText,
});

const stage = v.object({
  stage: text,
  title: text,
  state: v.picklist(['done', 'failed']),
  started: time,
  seconds: figure,
  detail: maybeText,
});

const files = v.object({
  timelines: texts,
  reports: texts,
  kernels: maybeText,
  torch: texts,
  client: maybeText,
  balance: maybeText,
  runtime: maybeText,
});

const failure = v.object({
  what: text,
  why: maybeText,
  advice: text,
  log: maybeText,
  stage: maybeText,
});

/** Without these it is no record. */
const core = {
  schema_version: v.literal(RUN_SCHEMA_VERSION),
  state: v.picklist(['done', 'failed']),
  model: v.string(),
  started: v.string(),
};

const schema = v.object({
  ...core,
  id: text,
  mode: text,
  seconds: maybeFigure,
  profilemate: text,
  versions: byName,
  gpus: texts,
  git: v.fallback(
    v.optional(v.object({ commit: v.string(), changed: v.fallback(v.boolean(), false) })),
    undefined,
  ),
  settings: byName,
  notes: texts,
  commands: some(command),
  stages: some(stage),
  files: v.fallback(files, { timelines: [], reports: [], torch: [] }),
  headline: byName,
  failure: v.fallback(v.optional(failure), undefined),
});

/** Undefined where it is no record of a kind that is known. */
export function checkedRecord(value: unknown): RunRecord | undefined {
  const { success, output } = v.safeParse(schema, value);
  if (!success) return undefined;
  const of = <T>(entries: Readonly<Record<string, unknown>>, is: (value: unknown) => value is T) =>
    Object.fromEntries(
      Object.entries(entries).filter((entry): entry is [string, T] => is(entry[1])),
    );
  return {
    ...output,
    settings: pruned(output.settings, DEEPEST),
    versions: of(output.versions, isText),
    headline: of(output.headline, isFigure),
  } as RunRecord;
}

/** Settings nest in two or three; who walks through them must not fall off the stack. */
const DEEPEST = 8;

function pruned(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) return value.map((each) => pruned(each, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, pruned(each, depth - 1)]),
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFigure = (value: unknown): value is number | string =>
  isText(value) || (typeof value === 'number' && Number.isFinite(value));
