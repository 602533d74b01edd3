/** Trends in words: what changed its level, where, and how the latest run stands. */
import type { Measure } from '../../src/analysis/compare';
import type { TrendGroup, TrendRun, TrendSeries } from '../../src/protocol/trends';
import { formatCount } from '../../src/profile/format';
import { changeText, figureLabel, metricValue } from '../compare/words';
import { plural, t } from '../strings';

/** Fewer can not be told from noise: a level has two runs at least. */
const FEWEST = 4;

export const trendLabel = ({ name }: TrendSeries): string => figureLabel(name) ?? name;

/** Whether more of it is better. */
export const isRate = ({ name, unit }: TrendSeries): boolean =>
  !/^serving\.(kv|preempted)_/.test(name) &&
  (unit === '%' || unit === 'requests' || unit.endsWith('/s'));

/** Per cent; points of what is in per cent. */
export function changeOf({ unit }: TrendSeries, from: number, to: number): string {
  if (unit === '%') return changeText(to - from, 'points');
  return changeText(from === 0 ? null : (to / from - 1) * 100);
}

/** A commit where there is one, else the day. */
export const runMark = ({ commit, time }: Pick<TrendRun, 'commit' | 'time'>): string =>
  commit?.slice(0, 7) ?? time.slice(0, 10);

export const timeText = (time: string): string => time.slice(0, 16).replace('T', ' ');

export function groupLabel({ model, gpu, measure, runs }: TrendGroup): string {
  const count = plural(runs.length, '{0} run', '{0} runs', formatCount(runs.length));
  const of = model ?? t('unknown model');
  const by = measureLabel(measure);
  // A client and the runtime layer do not see the GPU.
  return gpu === null && (measure === 'client' || measure === 'session')
    ? t('{0}, by {1}, {2}', of, by, count)
    : t('{0} on {1}, by {2}, {3}', of, gpu ?? t('unknown GPU'), by, count);
}

function measureLabel(measure: Measure): string {
  switch (measure) {
    case 'nsys':
      return t('Nsight Systems');
    case 'torch':
      return t('PyTorch’s profiler');
    case 'gpu':
      return t('a profiler');
    case 'ranges':
      return t('an older script');
    case 'session':
      return t('the runtime layer');
    case 'client':
      return t('the client');
    case 'kernels':
      return t('Nsight Compute');
  }
}

/** Of a peak: that a kernel reaches less of it is neither better nor worse by itself. */
const isOfPeak = ({ name }: TrendSeries): boolean => name.startsWith('kernel.');

interface Change {
  readonly trend: TrendSeries;
  readonly change: TrendSeries['changes'][number];
  readonly worse: boolean;
}

/** The latest first; of one run a worse one first. */
function changesOf({ trends }: TrendGroup): readonly Change[] {
  return trends
    .filter((trend) => !isOfPeak(trend))
    .flatMap((trend) =>
      trend.changes.map((change) => ({
        trend,
        change,
        worse: isRate(trend) ? change.to < change.from : change.to > change.from,
      })),
    )
    .sort((a, b) => {
      const [timeA, timeB] = [a, b].map(({ trend, change }) => trend.points[change.index].time);
      if (timeA !== timeB) return timeA < timeB ? 1 : -1;
      return Number(b.worse) - Number(a.worse);
    });
}

export function answer(group: TrendGroup): string {
  const { runs } = group;
  const count = plural(runs.length, '{0} run', '{0} runs', formatCount(runs.length));
  if (runs.length < FEWEST) {
    return t('{0} so far: from four on, changes of level are told from noise.', count);
  }
  const changes = changesOf(group);
  const [latest] = changes;
  if (!latest) return t('No figure has changed its level over {0}.', count);
  const { trend, change, worse } = latest;
  const point = trend.points[change.index];
  const sentence = t(
    '{0} has changed its level by {1} since {2}: {3} → {4}, which is {5}.',
    trendLabel(trend),
    changeOf(trend, change.from, change.to),
    runMark(point),
    metricValue(change.from, trend.unit),
    metricValue(change.to, trend.unit),
    worse ? t('worse') : t('better'),
  );
  const others = changes.length - 1;
  return others === 0
    ? sentence
    : `${sentence} ${plural(others, '{0} more change is marked.', '{0} more changes are marked.', others)}`;
}

/** How the latest run stands: against the baseline where there is one, else against the run before. */
export function standing(trend: TrendSeries): string {
  const last = trend.points.at(-1);
  if (!last) return '';
  const value = metricValue(last.value, trend.unit);
  if (trend.baseline !== null) {
    return t('{0}, {1} against the baseline', value, changeOf(trend, trend.baseline, last.value));
  }
  const before = trend.points.at(-2);
  return before
    ? t('{0}, {1} against the run before', value, changeOf(trend, before.value, last.value))
    : value;
}
