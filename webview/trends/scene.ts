/**
 * What a trend shows, in its own coordinates: a point a run, the levels and
 * where they change, the baseline. The canvas and the exported picture are both
 * drawn from this; nothing here knows either.
 */
import type { TrendRun, TrendSeries } from '../../src/protocol/trends';
import { metricValue } from '../compare/words';
import { t } from '../strings';
import { changeOf, runMark, timeText, trendLabel } from './words';

export interface ScenePoint {
  /** Place among all runs of the group: charts of one group share their axis. */
  readonly x: number;
  readonly y: number;
  readonly run: string;
  readonly baseline: boolean;
  readonly text: string;
  /** Time, commit, branch, value, run. */
  readonly cells: readonly string[];
}

export interface TrendScene {
  readonly title: string;
  readonly points: readonly ScenePoint[];
  /** A mark a run, for the axis. */
  readonly marks: readonly string[];
  readonly baseline?: number;
  /** Mean levels, from one run to another. */
  readonly levels: readonly { readonly from: number; readonly to: number; readonly y: number }[];
  readonly changes: readonly {
    readonly x: number;
    readonly label: string;
    readonly worse: boolean;
  }[];
  readonly min: number;
  readonly max: number;
  readonly tick: (value: number) => string;
}

export function trendScene(
  trend: TrendSeries,
  runs: readonly TrendRun[],
  rate: boolean,
): TrendScene {
  const places = new Map(runs.map(({ id }, at) => [id, at]));
  const points = trend.points.map((point) => {
    const x = places.get(point.run) ?? 0;
    const run = runs[x];
    const value = metricValue(point.value, trend.unit);
    const cells = [
      timeText(point.time),
      point.commit?.slice(0, 12) ?? '',
      run?.branch ?? '',
      value,
      run?.note ?? run?.label ?? '',
    ];
    return {
      x,
      y: point.value,
      run: point.run,
      baseline: run?.baseline ?? false,
      text: [value, ...cells.filter((cell, at) => at !== 3 && cell !== '')].join(', '),
      cells,
    };
  });
  const ends = [...trend.changes.map(({ index }) => index), points.length];
  const means =
    trend.changes.length > 0 ? [trend.changes[0].from, ...trend.changes.map(({ to }) => to)] : [];
  const levels = means.map((y, at) => ({
    from: points[at === 0 ? 0 : ends[at - 1]].x,
    to: points[ends[at] - 1].x,
    y,
  }));
  const values = points.map(({ y }) => y);
  const all = trend.baseline === null ? values : [...values, trend.baseline];
  const low = Math.min(...all);
  const high = Math.max(...all);
  // Noise is not to fill the height as if it were news.
  const wide = Math.max(high - low, Math.abs(high) * 0.1) || 1;
  const middle = (low + high) / 2;
  return {
    title: trendLabel(trend),
    points,
    marks: runs.map(runMark),
    ...(trend.baseline !== null && { baseline: trend.baseline }),
    levels,
    changes: trend.changes.map(({ index, from, to }) => ({
      x: (points[index - 1].x + points[index].x) / 2,
      label: changeOf(trend, from, to),
      worse: rate ? to < from : to > from,
    })),
    min: Math.max(0, middle - wide * 0.65),
    max: middle + wide * 0.75,
    tick: (value) => metricValue(value, trend.unit),
  };
}

export const tableHead = (): readonly string[] => [
  t('Time'),
  t('Commit'),
  t('Branch'),
  t('Value'),
  t('Run'),
];
