/** nvtx_sum, nvtx_pushpop_sum, nvtx_startend_sum: ranges by name, by their time on the CPU. */
import type { Profile } from '../../profile/model';
import { compareText, summarizeGroups } from './groups';
import { missingData } from './missing';
import type { RangeStyle } from '../range-projection';
import { groupRanges } from './range-names';
import { report, text, timeColumns, timeRows, type StatsRows } from './table';

export const rangeSummary = report(
  'nvtx_sum',
  'NVTX Range Summary',
  [...timeColumns('Instances'), text('Style'), text('Range')],
  ({ profile }) => rangeRows(profile),
);

export const pushPopSummary = report(
  'nvtx_pushpop_sum',
  'NVTX Push/Pop Range Summary',
  [...timeColumns('Instances'), text('Range')],
  ({ profile }) => rangeRows(profile, 'PushPop'),
);

export const startEndSummary = report(
  'nvtx_startend_sum',
  'NVTX Start/End Range Summary',
  [...timeColumns('Instances'), text('Range')],
  ({ profile }) => rangeRows(profile, 'StartEnd'),
);

/** Ranges of one style, or of both with the style beside the name. */
function rangeRows(profile: Profile, only?: RangeStyle): StatsRows {
  const missing = missingData(profile, 'ranges');
  if (missing) return missing;
  const { ranges } = profile;
  const { of, names, styles } = groupRanges(profile);
  const end = lastInstant(profile);
  const summaries = summarizeGroups(names.length, {
    length: ranges.length,
    group: (row) => (only && styles[of[row]] !== only ? -1 : of[row]),
    value: (row) => (Number.isNaN(ranges.end[row]) ? end : ranges.end[row]) - ranges.start[row],
  });
  return timeRows(
    summaries,
    (a, b) => compareText(names[a], names[b]) || compareText(styles[a], styles[b]),
    (group) => (only ? [names[group]] : [styles[group], names[group]]),
  );
}

/** Where nsys lets an open range end: the latest time of any range or mark. */
function lastInstant({ ranges }: Profile): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < ranges.length; i++) {
    if (ranges.start[i] > last) last = ranges.start[i];
    if (ranges.end[i] > last) last = ranges.end[i];
  }
  return last;
}
