/** The shapes of questions about Nsight Compute results. */
import * as v from 'valibot';
import type { Component } from '../analysis/components';
import type { ReportGrouping } from '../analysis/ncu/report';
import type { MemoryLevel } from '../analysis/ncu/roofs';
import { COMPONENT_CHOICES } from './filter';
import type { NcuRequestName, NcuTableName } from './ncu';
import { format, key, MAX_FILTER, sort, text, window } from './schemas';

const groupings = ['kernel', 'geometry', 'launch'] as const satisfies readonly ReportGrouping[];
const grouping = v.picklist(groupings);
const levels = ['dram', 'l2', 'l1'] as const satisfies readonly MemoryLevel[];
const level = v.picklist(levels);
const tables = [
  'ncuKernels',
  'ncuMetrics',
  'ncuRoofline',
  'ncuUnprofiled',
] as const satisfies readonly NcuTableName[];

export const ncuParams = {
  ncuOverview: v.strictObject({}),
  ncuKernels: v.strictObject({
    ...window,
    grouping,
    byComponent: v.boolean(),
    folded: v.pipe(
      v.array(v.picklist(COMPONENT_CHOICES as Component[])),
      v.maxLength(COMPONENT_CHOICES.length),
    ),
  }),
  ncuKernelDetail: v.strictObject({ grouping, key }),
  ncuMetrics: v.strictObject({ ...window, grouping, key }),
  ncuRoofline: v.strictObject({ grouping, level }),
  ncuTimeline: v.strictObject({}),
  ncuTable: v.strictObject({
    table: v.picklist(tables),
    format,
    grouping,
    filter: text(MAX_FILTER),
    sort: v.optional(sort),
    level: v.optional(level),
    key: v.optional(key),
  }),
} satisfies Record<NcuRequestName, v.GenericSchema>;
