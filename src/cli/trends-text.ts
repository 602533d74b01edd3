/** Trends for a terminal: a line a figure, with its course and where its level changed. */
import { CHANGE_POINT_METHOD } from '../analysis/compare';
import { formatNumber, shortenMiddle, UNKNOWN } from '../profile/format';
import { formatChange, seriesOf } from '../report/compare-figures';
import { printable, textTable } from '../report/table';
import type { ModelTrends, Trend } from '../history/trends';

const BARS = '▁▂▃▄▅▆▇█';
const COURSE = 30;
const NAME_WIDTH = 50;

/** Ends with a line end. */
export function renderTrends(all: readonly ModelTrends[]): string {
  const parts = all.map((group) => {
    const title = `${seriesOf(group)}, ${group.runs.length} ${group.runs.length === 1 ? 'run' : 'runs'}`;
    const table = textTable(
      [
        { title: 'figure' },
        { title: 'unit' },
        { title: 'latest', right: true },
        { title: 'before it', right: true },
        { title: 'baseline', right: true },
        { title: 'course' },
      ],
      group.trends.map((trend) => {
        const values = trend.points.map(({ value }) => value);
        return [
          shortenMiddle(trend.name, NAME_WIDTH),
          trend.unit,
          formatNumber(values.at(-1)),
          difference(values.at(-2), values.at(-1)),
          difference(trend.baseline ?? undefined, values.at(-1)),
          course(values),
        ];
      }),
    );
    return [`== ${printable(title)} ==`, table, ...group.trends.flatMap(changes)].join('\n');
  });
  if (all.some(({ trends }) => trends.some((trend) => trend.changes.length > 0))) {
    parts.push(`Changes of level: ${CHANGE_POINT_METHOD}.`);
  }
  return parts.length === 0 ? 'No runs.\n' : `${parts.join('\n\n')}\n`;
}

function difference(from: number | undefined, to: number | undefined): string {
  if (from === undefined || to === undefined || from === 0) return UNKNOWN;
  return formatChange(((to - from) / from) * 100);
}

function changes({ name, points, changes: found }: Trend): string[] {
  return found.map(({ index, from, to }) => {
    const { time, commit } = points[index];
    const at = commit === null ? time : `${time} (${commit.slice(0, 12)})`;
    return printable(
      `! ${shortenMiddle(name, NAME_WIDTH)} changed at ${at}: ${formatNumber(from)} → ${formatNumber(to)}, ${difference(from, to)}`,
    );
  });
}

/** The latest values as bars from the smallest to the largest. */
function course(values: readonly number[]): string {
  const shown = values.slice(-COURSE);
  const low = Math.min(...shown);
  const range = Math.max(...shown) - low;
  return shown
    .map((value) => BARS[range === 0 ? 0 : Math.round(((value - low) / range) * (BARS.length - 1))])
    .join('');
}
