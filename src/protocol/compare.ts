/** What the page of a comparison and the editor say to one another. */
import * as v from 'valibot';
import type { ComparisonDocument } from '../analysis/compare';
import type { Failure } from '../profile/failure';
import { COMPONENT, NAME, type FilterField } from './filter';
import { index, text } from './schemas';

const MAX_PATH = 32_768;
const MAX_RUNS = 100;
const MAX_TEXT = 256 * 1024 * 1024;

const place = text(MAX_PATH);
const places = v.pipe(v.array(place), v.minLength(1), v.maxLength(MAX_RUNS));

const question = v.variant('kind', [
  v.strictObject({
    kind: v.literal('runs'),
    /** Files and folders, absolute: what is compared with, and the runs in question. */
    baseline: places,
    current: places,
  }),
  /** A baseline file against the newest run of its kind that the history keeps. */
  v.strictObject({ kind: v.literal('newest'), baseline: place }),
]);

/** What is compared with what. */
export type CompareQuestion = v.InferOutput<typeof question>;

/** From a page that an earlier window left; undefined where it is none. */
export function readQuestion(saved: unknown): CompareQuestion | undefined {
  const result = v.safeParse(question, saved);
  return result.success ? result.output : undefined;
}

export type ToCompare =
  | { readonly kind: 'comparing'; readonly question: CompareQuestion }
  | {
      readonly kind: 'comparison';
      readonly question: CompareQuestion;
      readonly comparison: ComparisonDocument;
      /** Whether the sides may change places: a baseline file is no run. */
      readonly swappable: boolean;
    }
  | { readonly kind: 'compareFailed'; readonly question: CompareQuestion; readonly error: Failure };

const side = v.picklist(['baseline', 'current']);
export type Side = v.InferOutput<typeof side>;

const message = v.variant('action', [
  v.strictObject({
    kind: v.literal('action'),
    action: v.picklist(['ready', 'swap', 'again', 'cancel']),
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('copy'), text: text(MAX_TEXT) }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('save'),
    name: text(255),
    text: text(MAX_TEXT),
    encoding: v.optional(v.literal('base64')),
  }),
  /** Opens a run by its place on its side, at a kernel where one is named. */
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('openRun'),
    side,
    run: index,
    kernel: v.optional(text(1_000_000)),
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('setBaseline'), run: index }),
]);
export type FromCompare = v.InferOutput<typeof message>;

/** A page shows names that anyone may have written: what it says is checked. Undefined where it makes no sense. */
export function checkFromCompare(received: unknown): FromCompare | undefined {
  const result = v.safeParse(message, received);
  return result.success ? result.output : undefined;
}

export const COMPARED_KERNEL_FIELDS: readonly FilterField[] = [
  NAME,
  COMPONENT,
  {
    name: 'kind',
    kind: 'choice',
    choices: ['same', 'renamed', 'new', 'gone'],
    example: 'kind:new',
  },
  {
    name: 'verdict',
    kind: 'choice',
    choices: ['regressed', 'improved', 'noise', 'incomparable'],
    example: 'verdict:regressed',
  },
  { name: 'change', kind: 'percent', example: 'change>10' },
  { name: 'added', kind: 'time', aliases: ['delta'], example: 'added>10us' },
  { name: 'share', kind: 'percent', example: 'share>2' },
];
