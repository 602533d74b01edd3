/** What the shapes of different requests have in common. */
import * as v from 'valibot';
import { PHASES } from '../profile/scope';
import { MAX_PAGE, type CopyFormat } from './page';

export const MAX_FILTER = 2_000;
const MAX_KEY = 1_000_000;

export const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
export const key = text(MAX_KEY);
export const sort = v.strictObject({ column: text(64), descending: v.boolean() });

const time = v.pipe(v.number(), v.finite());
export const timeWindow = v.pipe(
  v.tuple([time, time]),
  v.check(([start, end]) => start <= end, 'window ends before it starts'),
);

export const scope = v.strictObject({
  devices: v.optional(v.pipe(v.array(index), v.maxLength(1024))),
  window: v.optional(timeWindow),
  phase: v.optional(v.picklist(PHASES)),
});

/** A window on a sorted, filtered table. */
export const window = {
  filter: text(MAX_FILTER),
  sort: v.optional(sort),
  offset: index,
  limit: v.pipe(index, v.maxValue(MAX_PAGE)),
};

const formats = ['csv', 'markdown'] as const satisfies readonly CopyFormat[];
export const format = v.picklist(formats);
