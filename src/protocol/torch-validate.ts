/** The shapes of questions about traces of PyTorch's profiler. */
import * as v from 'valibot';
import type { FlameBy } from '../analysis/flame';
import { index, MAX_FILTER, scope, text, timeWindow, window } from './schemas';
import type { OperatorGrouping, TorchRequestName } from './torch';

/** A search that is longer than any name is a mistake. */
const MAX_NAME = 100_000;
const MAX_RANKS = 4096;
const MAX_PATH = 32_768;
const MAX_BINS = 4096;

const groupings = ['name', 'shape'] as const satisfies readonly OperatorGrouping[];
const flames = ['stack', 'module', 'operator'] as const satisfies readonly FlameBy[];
const page = { scope, ...window };

export const torchParams = {
  operators: v.strictObject({ ...page, by: v.picklist(groupings) }),
  operatorTree: v.strictObject({ ...page, parent: v.optional(index) }),
  operatorCallers: v.strictObject({ scope, name: text(MAX_NAME) }),
  flame: v.strictObject({
    scope,
    by: v.picklist(flames),
    root: v.optional(index),
    search: text(MAX_FILTER),
  }),
  frames: v.strictObject({ ...page, by: v.picklist(flames) }),
  allocators: v.strictObject({
    scope,
    device: v.optional(index),
    bins: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BINS)),
  }),
  pythonLines: v.strictObject({}),
  skew: v.strictObject({}),
  ranks: v.strictObject({ paths: v.pipe(v.array(text(MAX_PATH)), v.maxLength(MAX_RANKS)) }),
  trim: v.strictObject({ window: timeWindow, path: text(MAX_PATH) }),
} satisfies Record<TorchRequestName, v.GenericSchema>;
