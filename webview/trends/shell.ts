/** The page of trends: a chart a figure over the runs of one model, and the runs behind them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { NAME_FIELDS, compileFilter, parseFilter } from '../../src/protocol/filter';
import type { Sort } from '../../src/protocol/requests';
import type { TrendGroup, TrendRun, TrendSeries } from '../../src/protocol/trends';
import { PageShell } from '../shell/page-shell';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import { font, foreground, ground, quiet } from '../ui/chart-style';
import { busy, button, dropdown, icon, link } from '../ui/controls';
import '../ui/data-table';
import type { TableSource } from '../ui/data-table';
import '../ui/figure';
import type { FigureElement } from '../ui/figure';
import { contentKey } from '../ui/figures';
import '../ui/filter-box';
import type { FilterBox } from '../ui/filter-box';
import { markColour, themeColour } from '../ui/marks';
import '../ui/menu';
import { localPages, sortRows } from '../ui/pages';
import { lead, section } from '../ui/parts';
import { keyOf, type TrendsApp } from './app';
import { trendFigure } from './chart';
import { trendScene, type TrendScene } from './scene';
import { trendSvg } from './svg';
import { answer, groupLabel, isRate, standing, timeText, trendLabel } from './words';

const PICTURE = { width: 900, height: 320 };
const DAYS = ['7', '30', '90', '365'] as const;
const ALL = '';

@customElement('pm-trends-shell')
export class TrendsShell extends PageShell<TrendsApp> {
  private source?: { readonly group: TrendGroup; readonly source: TableSource<TrendRun> };

  protected override render(): unknown {
    const { app } = this;
    if (app.error) {
      return html`<main class="page" role="alert">
        ${icon('error')}
        <p class="page-text">${app.error.message}</p>
        <div class="actions">
          ${button(t('Try Again'), () => app.show(app.state.filter), { primary: true })}
          ${this.renderFolders()}
        </div>
      </main>`;
    }
    if (!app.groups) {
      return html`<main class="page" aria-busy="true">${busy(t('Reading the history…'))}</main>`;
    }
    const { group } = app;
    return html`<div class="shell ${app.reading ? 'stale' : ''}">
      ${group || this.filtered || app.folders.length > 1 ? this.renderControls(group) : nothing}
      <main>
        <div class="panel">${group ? this.renderGroup(group) : this.renderEmpty()}</div>
      </main>
      <footer>
        <span class="clip">${t('Kept in {0}', app.place)}</span><span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.renderKeys()}
    </div>`;
  }

  private get filtered(): boolean {
    const { branch, days } = this.app.state.filter;
    return branch !== undefined || days !== undefined;
  }

  private renderEmpty(): TemplateResult {
    const { app } = this;
    if (this.filtered) {
      return html`<div class="view">
        <p class="lead">${t('No run passes the filter.')}</p>
        <div class="actions">${button(t('Show all runs'), () => app.show({}))}</div>
      </div>`;
    }
    return html`<div class="view">
      ${lead(t('No run is kept yet, so that there is nothing to draw over time.'))}
      <p>
        ${t('Runs that are profiled here are kept by themselves. Others are kept by “Keep Run in History” in a profile’s menu, or by the command line, in CI too:')}
      </p>
      <p><code>profilemate history add RUN</code></p>
      <div class="actions">
        ${button(t('Keep a Run…'), () => app.do('keepRun'), { primary: true })}
        ${button(t('Profile vLLM Model…'), () => app.do('profileModel'))}
      </div>
    </div>`;
  }

  private renderControls(group: TrendGroup | undefined): TemplateResult {
    const { app } = this;
    const { filter, words } = app.state;
    const groups = app.groups ?? [];
    const days = filter.days === undefined ? ALL : String(filter.days);
    return html`<header class="trend-controls">
      ${this.renderFolders()}
      ${
        group && groups.length > 1
          ? dropdown(
              t('Model'),
              keyOf(group),
              groups.map((one) => [keyOf(one), groupLabel(one)] as const),
              (key) => app.update({ group: key }),
            )
          : html`<strong>${group ? groupLabel(group) : ''}</strong>`
      }
      ${
        app.branches.length > 0
          ? dropdown(
              t('Branch'),
              filter.branch ?? ALL,
              [[ALL, t('all')] as const, ...app.branches.map((name) => [name, name] as const)],
              (branch) => app.show({ ...filter, branch: branch === ALL ? undefined : branch }),
            )
          : nothing
      }
      ${dropdown(
        t('Since'),
        days,
        [
          [ALL, t('the first run')] as const,
          ...[...new Set([...DAYS, ...(days === ALL ? [] : [days])])].map(
            (number) => [number, t('{0} days ago', number)] as const,
          ),
        ],
        (chosen) => app.show({ ...filter, days: chosen === ALL ? undefined : Number(chosen) }),
      )}
      <pm-filter
        .value=${words}
        .label=${t('Filter figures')}
        .fields=${NAME_FIELDS}
        .onFilter=${(text: string) => app.update({ words: text })}
      ></pm-filter>
      <span class="spring"></span>
      <pm-menu
        label=${t('Save')}
        icon="save"
        .items=${[
          {
            label: t('All figures of all runs (CSV)…'),
            icon: 'table',
            run: () => app.do('exportAll'),
          },
        ]}
      ></pm-menu>
    </header>`;
  }

  /** Each folder of the workspace has a history. */
  private renderFolders(): unknown {
    const { app } = this;
    if (app.folders.length < 2) return nothing;
    return dropdown(
      t('Folder'),
      app.folder ?? '',
      app.folders.map(({ key, name }) => [key, name] as const),
      (key) => app.showFolder(key),
    );
  }

  private renderGroup(group: TrendGroup): TemplateResult {
    const shown = this.shown(group);
    return html`<div class="view">
      ${lead(answer(group))}
      <div class="trend-charts">
        ${
          shown.length === 0
            ? html`<p class="quiet">${t('No figure passes the filter.')}</p>`
            : shown.map((trend) => this.renderTrend(trend, group))
        }
      </div>
      ${this.renderRuns(group)}
      <p class="quiet">
        ${t('A square is a run that was marked as baseline; a dashed line its value. Upright lines mark where a level changed; bold lines are the levels. Enter on a point opens its run.')}
      </p>
    </div>`;
  }

  private shown({ trends }: TrendGroup): readonly TrendSeries[] {
    const parsed = parseFilter(this.app.state.words, NAME_FIELDS);
    const passes = parsed.ok
      ? compileFilter<TrendSeries>(parsed.filter, {
          text: (trend) => `${trendLabel(trend)} ${trend.name}`,
          number: () => undefined,
        })
      : undefined;
    const drawn = trends.filter(({ points }) => points.length > 0);
    return passes ? drawn.filter(passes) : drawn;
  }

  private renderTrend(trend: TrendSeries, { runs }: TrendGroup): TemplateResult {
    const { app } = this;
    const scene = trendScene(trend, runs, isRate(trend));
    const says = standing(trend);
    const latest = trend.changes.at(-1);
    return section(
      scene.title,
      html`<pm-figure
        data-trend=${trend.name}
        .figure=${trendFigure(scene, contentKey(trend, runs.length), says, (run) => app.openRun(run))}
      ></pm-figure>`,
      {
        note: says,
        tools: html`${
            latest
              ? link(t('Compare before and after'), () =>
                  app.compare(trend.points[latest.index - 1].run, trend.points[latest.index].run),
                )
              : nothing
          }<pm-menu
            label=${t('Save')}
            icon="save"
            .items=${[
              { label: t('Picture (PNG)…'), icon: 'file-media', run: () => this.savePng(trend) },
              {
                label: t('Picture (SVG)…'),
                icon: 'file-code',
                run: () => this.saveSvg(trend, scene),
              },
            ]}
          ></pm-menu>`,
      },
    );
  }

  private savePng(trend: TrendSeries): void {
    const figures = [...this.querySelectorAll<FigureElement>('pm-figure')];
    const picture = figures.find((one) => one.dataset['trend'] === trend.name)?.picture();
    if (picture === undefined) this.app.say(t('Show the chart, and save it then.'));
    else this.app.save(`${fileName(trend)}.png`, picture, 'base64');
  }

  private saveSvg(trend: TrendSeries, scene: TrendScene): void {
    const style = {
      ...PICTURE,
      font: font().family,
      ground: ground(),
      foreground: foreground(),
      quiet: quiet(),
      grid: themeColour('--vscode-editorIndentGuide-background1', '--vscode-foreground'),
      line: markColour({ colour: '--vscode-charts-blue', pattern: 'solid' }),
      worse: markColour({ colour: '--vscode-charts-red', pattern: 'solid' }),
      better: markColour({ colour: '--vscode-charts-green', pattern: 'solid' }),
      baselineLabel: t('baseline'),
    };
    this.app.save(`${fileName(trend)}.svg`, trendSvg(scene, style));
  }

  private renderRuns(group: TrendGroup): TemplateResult {
    const columns = runColumns(group);
    const value = (row: TrendRun, id: string) =>
      columns.find((column) => column.id === id)?.value(row);
    if (this.source?.group !== group) {
      this.source = {
        group,
        source: { load: localPages(group.runs, value), version: String(this.app.revision) },
      };
    }
    const { app } = this;
    return section(
      t('Runs'),
      html`<pm-table
        .app=${app}
        name="trendRuns"
        label=${t('Runs')}
        .columns=${columns}
        .source=${this.source.source}
        .defaultSort=${{ column: 'time', descending: true }}
        .rowKey=${(row: TrendRun) => row.id}
        .onOpen=${(row: TrendRun) => app.openRun(row.id)}
        .allRows=${(sort: Sort | undefined) => (sort ? sortRows(group.runs, sort, value) : group.runs)}
        maxRows="12"
      ></pm-table>`,
      { note: plural(group.runs.length, '{0} run', '{0} runs', group.runs.length) },
    );
  }

  protected override widen(): void {
    if (this.app.state.words !== '') this.app.update({ words: '' });
  }

  protected override press(key: string): boolean {
    if (key !== '/') return false;
    this.querySelector<FilterBox>('pm-filter')?.focus();
    return true;
  }
}

const fileName = ({ name }: TrendSeries): string =>
  name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80);

function runColumns({ trends }: TrendGroup): readonly Column<TrendRun>[] {
  const values = new Map(
    trends.map((trend) => [trend, new Map(trend.points.map(({ run, value }) => [run, value]))]),
  );
  return [
    {
      id: 'time',
      title: t('Time'),
      kind: 'text',
      width: 140,
      value: ({ time }) => timeText(time),
    },
    {
      id: 'commit',
      title: t('Commit'),
      kind: 'text',
      width: 100,
      value: ({ commit }) => commit?.slice(0, 12),
    },
    {
      id: 'branch',
      title: t('Branch'),
      kind: 'text',
      width: 100,
      value: ({ branch }) => branch ?? undefined,
    },
    {
      id: 'run',
      title: t('Run'),
      kind: 'text',
      width: 220,
      grow: true,
      value: ({ label }) => label,
    },
    {
      id: 'note',
      title: t('Note'),
      kind: 'text',
      width: 140,
      value: ({ note }) => note ?? undefined,
    },
    {
      id: 'baseline',
      title: t('Baseline'),
      kind: 'text',
      width: 84,
      value: ({ baseline }) => (baseline ? t('yes') : ''),
    },
    ...trends
      .filter(({ name }) => !/^kernel[:.]/.test(name))
      .map((trend): Column<TrendRun> => {
        const time = trend.unit === 'ms' ? 1e6 : 1;
        return {
          id: trend.name,
          title: trendLabel(trend),
          kind: trend.unit === 'ms' ? 'time' : 'number',
          width: 124,
          hidden: !/^(decode|prefill)\.step_ms$|coverage/.test(trend.name),
          value: ({ id }) => {
            const value = values.get(trend)?.get(id);
            return value === undefined ? undefined : value * time;
          },
        };
      }),
  ];
}
