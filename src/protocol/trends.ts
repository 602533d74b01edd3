/** What the page of the history's trends and the editor say to one another. */
import * as v from 'valibot';
import type { ChangePoint, Measure } from '../analysis/compare';
import type { Failure } from '../profile/failure';
import { text } from './schemas';

/** A run that is kept. */
export interface TrendRun {
  readonly id: string;
  /** When it was made, as far as is known; ISO 8601. */
  readonly time: string;
  readonly commit: string | null;
  readonly branch: string | null;
  /** Its file. */
  readonly label: string;
  readonly note: string | null;
  readonly baseline: boolean;
}

export interface TrendSeries {
  /** Of a metric, or `kernel:NAME`. */
  readonly name: string;
  readonly unit: string;
  readonly points: readonly {
    /** Id of one of the group's runs. */
    readonly run: string;
    readonly time: string;
    readonly commit: string | null;
    readonly value: number;
  }[];
  /** Value of the latest run that is marked as baseline. */
  readonly baseline: number | null;
  /** Their index is one of `points`. */
  readonly changes: readonly ChangePoint[];
}

/** Of one model on one kind of GPU, measured by the same: one of the groups of {@link TrendsDocument}. */
export interface TrendGroup {
  readonly model: string | null;
  readonly gpu: string | null;
  readonly measure: Measure;
  /** In order of time. */
  readonly runs: readonly TrendRun[];
  readonly trends: readonly TrendSeries[];
}

const filter = v.strictObject({
  branch: v.optional(text(1000)),
  /** Only runs of the last so many days. */
  days: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(36_500))),
});
/** Which runs are drawn; levels and their changes are those of these runs alone. */
export type TrendFilter = v.InferOutput<typeof filter>;

/** A folder of the workspace: each has a history of its own. */
export interface TrendFolder {
  readonly key: string;
  readonly name: string;
}

/** Of which folder; none where no folder is open. */
interface OfFolder {
  readonly folders: readonly TrendFolder[];
  /** Key of the one that is shown. */
  readonly folder: string | undefined;
}

export type ToTrends =
  | { readonly kind: 'trendsReading' }
  | ({
      readonly kind: 'trends';
      readonly groups: readonly TrendGroup[];
      readonly filter: TrendFilter;
      /** Where the runs are kept, for people. */
      readonly place: string;
    } & OfFolder)
  | ({ readonly kind: 'trendsFailed'; readonly error: Failure } & OfFolder);

const MAX_PATH = 32_768;
const MAX_TEXT = 64 * 1024 * 1024;
const run = text(200);

const message = v.variant('action', [
  v.strictObject({
    kind: v.literal('action'),
    action: v.picklist(['ready', 'keepRun', 'profileModel', 'exportAll']),
  }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('show'),
    filter,
    folder: v.optional(text(MAX_PATH)),
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('openRun'), run }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('compare'),
    before: run,
    now: run,
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('copy'), text: text(MAX_TEXT) }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('save'),
    name: text(255),
    text: text(MAX_TEXT),
    encoding: v.optional(v.literal('base64')),
  }),
]);
export type FromTrends = v.InferOutput<typeof message>;

/** Undefined where it makes no sense. */
export function checkFromTrends(received: unknown): FromTrends | undefined {
  const result = v.safeParse(message, received);
  return result.success ? result.output : undefined;
}

/** Of every document that `profilemate history … --json` prints. */
export const HISTORY_SCHEMA_VERSION = 1;

/** What `profilemate history trends --json` prints. */
export interface TrendsDocument {
  readonly schema_version: typeof HISTORY_SCHEMA_VERSION;
  readonly groups: readonly TrendGroup[];
}
