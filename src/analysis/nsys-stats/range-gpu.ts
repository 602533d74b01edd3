/** nvtx_gpu_proj_sum: ranges by the time from the first to the last work they launched. */
import { NONE, type RangeTable } from '../../profile/model';
import { rangeProjection, type RangeProjection } from '../range-projection';
import { compareText, summarizeGroups } from './groups';
import { missingData } from './missing';
import { groupRanges } from './range-names';
import { rangeWork } from './range-work';
import { float, integer, report, round1, spread, spreadOf, text, type StatsRows } from './table';
import type { Analysis } from '../analysis';

export const rangeProjectionSummary = report(
  'nvtx_gpu_proj_sum',
  'NVTX GPU Projection Summary',
  [
    text('Range'),
    text('Style'),
    ...['Total Proj Time (ns)', 'Total Range Time (ns)', 'Range Instances'].map(integer),
    ...spread('Proj '),
    integer('Total GPU Ops'),
    ...['Avg GPU Ops', 'Avg Range Lvl', 'Avg Num Child'].map((name) => float(name)),
  ],
  projectionRows,
);

function projectionRows(analysis: Analysis): StatsRows {
  const { profile } = analysis;
  const missing = missingData(profile, 'ranges', 'api', 'gpu');
  if (missing) return missing;
  const { ranges } = profile;
  const projection = rangeProjection(analysis, 'all');
  const { endOf } = projection;
  const { calls, first, last } = rangeWork(analysis);
  const { of, names, styles } = groupRanges(profile);
  const projected = (row: number): boolean => calls[row] > 0;
  const { levels, parents } = nsysTree(ranges, projection);

  const summaries = summarizeGroups(names.length, {
    length: ranges.length,
    group: (row) => (projected(row) ? of[row] : NONE),
    value: (row) => last(row) - first(row),
  });
  const rangeTime = new Float64Array(names.length);
  const operations = new Float64Array(names.length);
  const levelSum = new Float64Array(names.length);
  const levelCount = new Float64Array(names.length);
  const childSum = new Float64Array(names.length);
  for (let i = 0; i < ranges.length; i++) {
    if (!projected(i)) continue;
    const group = of[i];
    rangeTime[group] += endOf(i) - ranges.start[i];
    operations[group] += calls[i];
    if (parents[i] !== NONE) childSum[of[parents[i]]]++;
    if (levels[i] === NONE) continue;
    levelSum[group] += levels[i];
    levelCount[group]++;
  }
  return [...summaries.keys()]
    .filter((group) => summaries[group] !== undefined)
    .sort(
      (a, b) =>
        summaries[b]!.total - summaries[a]!.total ||
        compareText(names[a], names[b]) ||
        compareText(styles[a], styles[b]),
    )
    .map((group) => {
      const summary = summaries[group]!;
      return [
        names[group],
        styles[group],
        summary.total,
        rangeTime[group],
        summary.count,
        ...spreadOf(summary),
        operations[group],
        round1(operations[group] / summary.count),
        levelCount[group] > 0 ? round1(levelSum[group] / levelCount[group]) : null,
        round1(childSum[group] / summary.count),
      ];
    });
}

/**
 * Level and parent of each range, as nsys counts them: its parent
 * of a range is the tightest of the others around it. Of two ranges with the
 * very same bounds each is thus the other's parent, so that neither hangs on a
 * root, and they and all below have no level (NONE).
 *
 * Of several ranges as tight nsys takes what its R-tree meets first: the one
 * recorded first in a small capture, as here, and any of them in a large one.
 */
function nsysTree(
  ranges: RangeTable,
  { order, parent, level, endOf }: RangeProjection,
): { levels: RangeProjection['level']; parents: Int32Array } {
  const isTwin = (range: number): boolean => {
    const around = parent[range];
    return (
      around !== NONE &&
      ranges.start[range] === ranges.start[around] &&
      endOf(range) === endOf(around)
    );
  };
  if (!order.some(isTwin)) return { levels: level, parents: parent };
  const tightest = new Int32Array(ranges.length).fill(NONE);
  /** The first recorded of the ranges with the same bounds. */
  const firstTwin = new Int32Array(ranges.length);
  for (const range of order) {
    const around = parent[range];
    const twin = isTwin(range);
    firstTwin[range] = twin ? firstTwin[around] : range;
    tightest[range] = around === NONE ? NONE : firstTwin[around];
    if (twin && firstTwin[around] === around) tightest[around] = range;
  }
  const levels = new Int32Array(ranges.length).fill(NONE);
  for (const range of order) {
    const above = tightest[range];
    if (above === NONE) levels[range] = 0;
    else if (firstTwin[above] !== firstTwin[range] && levels[above] !== NONE) {
      levels[range] = levels[above] + 1;
    }
  }
  return { levels, parents: tightest };
}
