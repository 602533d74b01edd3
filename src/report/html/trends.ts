/** Figures over the runs of a history as one page: a chart each, with commits and changes of level. */
import { formatNumber, shortenMiddle, UNKNOWN } from '../../profile/format';
import type { Measure } from '../../analysis/compare';
import { formatChange, seriesOf } from '../compare-figures';
import { course, type CoursePoint } from './charts';
import { figure, html, table, type Markup } from './markup';
import { page } from './page';

export interface TrendOfPage {
  /** Of a metric, or `kernel:NAME`. */
  readonly name: string;
  readonly unit: string;
  readonly points: readonly {
    readonly run: string;
    readonly time: string;
    readonly commit: string | null;
    readonly value: number;
  }[];
  readonly baseline: number | null;
  /** Their index is one of `points`. */
  readonly changes: readonly {
    readonly index: number;
    readonly from: number;
    readonly to: number;
  }[];
}

export interface GroupOfPage {
  readonly model: string | null;
  readonly gpu: string | null;
  readonly measure: Measure;
  /** In order of capture. */
  readonly runs: readonly {
    readonly id: string;
    readonly commit: string | null;
    readonly note: string | null;
    readonly label: string;
  }[];
  readonly trends: readonly TrendOfPage[];
}

const COMMIT = 10;

export function renderTrendsPage(
  groups: readonly GroupOfPage[],
  { madeAt, version, method }: { madeAt: string; version: string; method: string },
): string {
  const moved = groups.flatMap(({ trends }) => trends.filter(({ changes }) => changes.length > 0));
  const answer =
    moved.length === 0
      ? 'No figure changed its level over these runs.'
      : `${moved.length === 1 ? 'One figure' : `${moved.length} figures`} changed level; vertical lines mark where.`;
  return page('Trends', [
    html`<h1>Trends</h1>
      <p class="soft">Made ${madeAt} by ProfileMate ${version}.</p>
      <p class="answer">${groups.length === 0 ? 'There are no runs to show.' : answer}</p>`,
    ...groups.flatMap((group) => [
      html`<h2>${seriesOf(group)}</h2>
        <p class="soft">${group.runs.length} ${group.runs.length === 1 ? 'run' : 'runs'}.</p>`,
      ...group.trends.map((trend) => section(group, trend)),
    ]),
    groups.length > 0 && html`<p class="soft">Changes of level: ${method}.</p>`,
  ]);
}

function section({ runs }: GroupOfPage, trend: TrendOfPage): Markup {
  const { name, unit, points, baseline, changes } = trend;
  const place = new Map(runs.map(({ id }, i) => [id, i]));
  const drawn: CoursePoint[] = points.map(({ run, time, commit, value }) => ({
    x: place.get(run)!,
    y: value,
    text: `${time}${commit === null ? '' : `, ${commit}`}: ${formatNumber(value)} ${unit}`,
    tick: commit?.slice(0, COMMIT) ?? time.slice(0, 10),
  }));
  const latest = points.at(-1);
  return html`<h3>${shortenMiddle(name, 100)}</h3>
    <p class="soft">
      ${latest && `${formatNumber(latest.value)} ${unit} now`}${
        baseline !== null &&
        latest &&
        `, ${formatChange(baseline === 0 ? null : (latest.value / baseline - 1) * 100)} against the baseline`
      }
    </p>
    ${changes.map(({ index, from, to }) => {
      const { time, commit } = points[index];
      return html`<p>
        Since
        ${time.slice(0, 16).replace('T', ' ')}${commit !== null && ` (${commit.slice(0, COMMIT)})`}:
        ${formatNumber(from)} → ${formatNumber(to)} ${unit},
        ${from === 0 ? UNKNOWN : formatChange((to / from - 1) * 100)}
      </p>`;
    })}
    ${figure(
      course(
        `${name} over ${points.length} runs`,
        drawn,
        runs.length,
        baseline ?? undefined,
        changes.map(({ index }) => drawn[index].x),
        unit,
      ),
      table(
        [{ title: 'When' }, { title: 'Commit' }, { title: 'Run' }, { title: unit, right: true }],
        points.map(({ run, time, commit, value }) => [
          time.slice(0, 16).replace('T', ' '),
          commit?.slice(0, COMMIT) ?? UNKNOWN,
          runs[place.get(run)!].note ?? runs[place.get(run)!].label,
          formatNumber(value),
        ]),
      ),
    )}`;
}
