/** How long the model takes, by phase. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatCount, formatNumber, formatTime } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import type { SessionPhase } from '../../src/protocol/session';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { contentKey, dots } from '../ui/figures';
import { estimate, section } from '../ui/parts';
import './components';
import { SessionView } from './session-view';
import { timesColumns } from './times-columns';
import { sessionPhaseLabel, sessionPhaseMark } from './words';

type Latency = Result<'sessionLatency'>;
const POINTS = 4000;

@customElement('pm-session-latency')
export class LatencyView extends SessionView {
  protected readonly view = 'latency';
  private readonly columns = phaseColumns((process) => this.name(process));

  protected override render(): unknown {
    const query = this.ask('sessionLatency', { scope: this.app.scope, limit: POINTS });
    return this.page<Latency>(query, answer, (value) => this.renderBody(value));
  }

  protected override renderMore(): TemplateResult {
    const { app, overview, active } = this;
    return html`<pm-session-components
      .app=${app}
      .overview=${overview}
      ?active=${active}
    ></pm-session-components>`;
  }

  private renderBody(value: Latency): TemplateResult {
    const { app } = this;
    const host = value.phases.some(({ timing }) => timing === 'host');
    return html`${
      host
        ? html`<p class="quiet">
            ${estimate()}
            ${t('Some times are the host’s: how long the call took, which may be less than the GPU needed.')}
          </p>`
        : ''
    }
    ${section(t('Steps over time'), this.figure(this.steps(value)), {
      note:
        value.total > value.points.length
          ? t(
              '{0} of {1}, evenly taken',
              formatCount(value.points.length),
              formatCount(value.total),
            )
          : t('drag to set the window; a click or Enter shows the step'),
    })}
    ${section(
      t('By phase'),
      html`<pm-table
        .app=${app}
        name="sessionPhases"
        label=${t('Times of the model by phase')}
        .columns=${this.columns}
        .source=${this.local('phases', value.phases, this.columns)}
        .rowKey=${(row: SessionPhase) => `${row.process} ${row.phase} ${row.timing}`}
        .maxRows=${16}
        .onOpen=${(row: SessionPhase) =>
          app.update({ tab: 'steps', stepFilter: row.phase && `phase:${row.phase}` })}
        .exported=${this.exported('sessionPhases')}
      ></pm-table>`,
      { note: t('percentiles by linear interpolation; Enter or double click shows the steps') },
    )}`;
  }

  private steps(value: Latency) {
    const { app } = this;
    const [start, end] = app.scope.window ?? [
      value.points.at(0)?.time ?? 0,
      value.points.at(-1)?.time ?? 0,
    ];
    const most = value.points.reduce((n, { tokens }) => Math.max(n, tokens ?? 0), 1);
    const phases = [...new Set(value.points.map(({ phase }) => phase))];
    const series = phases.map((phase) => ({
      id: phase,
      label: sessionPhaseLabel(phase),
      mark: sessionPhaseMark(phase),
      points: value.points.filter((point) => point.phase === phase),
    }));
    return dots({
      key: contentKey(value),
      subject: JSON.stringify(app.scope),
      label: t('Time of each step over the session, by phase.'),
      head: [t('Time'), t('Phase'), t('Step time'), t('Requests'), t('Tokens')],
      start,
      end,
      brush: this.brush,
      series: series.map(({ points, ...one }) => ({
        ...one,
        dots: points.map(({ time, duration, requests, tokens }) => ({
          x: time,
          y: duration,
          shade: (tokens ?? most) / most,
          text: t(
            '{0} at {1}, {2}, {3} requests, {4} tokens',
            one.label,
            formatTime(time),
            formatTime(duration),
            formatCount(requests),
            formatCount(tokens),
          ),
          cells: [
            formatTime(time),
            one.label,
            formatTime(duration),
            formatCount(requests),
            formatCount(tokens),
          ],
        })),
      })),
      pick: (phase, point) => {
        const { time } = series[phase].points[point];
        app.showSteps(time, time);
      },
    });
  }
}

function answer({ phases }: Latency): string {
  const told = phases.filter(({ times }) => times !== undefined);
  const [first] = told;
  if (!first) return t('No step was timed.');
  const own = told.filter(({ process }) => process === first.process);
  return own
    .map(({ phase, times, steps, tokensPerSecond }) =>
      plural(
        steps,
        '{0}: one step of {2}.',
        '{0}: {1} steps, p50 {2}, p95 {3}, p99 {4}, {5} tokens/s.',
        sessionPhaseLabel(phase),
        formatCount(steps),
        formatTime(times!.p50),
        formatTime(times!.p95),
        formatTime(times!.p99),
        formatNumber(tokensPerSecond),
      ),
    )
    .join(' ');
}

function timingLabel(timing: string): string {
  if (timing === 'cuda_events') return t('GPU');
  return timing === 'host' ? t('host') : t('not told');
}

const phaseColumns = (name: (process: number) => string): readonly Column<SessionPhase>[] => [
  {
    id: 'phase',
    title: t('Phase'),
    kind: 'text',
    width: 100,
    value: (row) => sessionPhaseLabel(row.phase),
  },
  {
    id: 'process',
    title: t('Process'),
    kind: 'text',
    width: 140,
    grow: true,
    value: (row) => name(row.process),
  },
  { id: 'steps', title: t('Steps'), kind: 'count', width: 90, value: (row) => row.steps },
  {
    id: 'untimed',
    title: t('Untimed'),
    hint: t('Whose time the device had not told by the end.'),
    kind: 'count',
    width: 90,
    hidden: true,
    value: (row) => row.untimed,
  },
  ...timesColumns(['p50', 'p95', 'p99', 'max', 'mean'], 100),
  { id: 'total', title: t('Total'), kind: 'time', width: 100, value: (row) => row.times?.total },
  {
    id: 'tokensPerSecond',
    title: t('Tokens/s'),
    hint: t('All tokens by all time of the timed steps.'),
    kind: 'number',
    width: 100,
    value: (row) => row.tokensPerSecond,
  },
  {
    id: 'requests',
    title: t('Requests'),
    hint: t('A step, on average.'),
    kind: 'number',
    width: 90,
    hidden: true,
    value: (row) => row.requests,
  },
  {
    id: 'tokens',
    title: t('Tokens'),
    hint: t('A step, on average.'),
    kind: 'number',
    width: 90,
    hidden: true,
    value: (row) => row.tokens,
  },
  {
    id: 'timing',
    title: t('Time of'),
    hint: t('GPU: between two events on its stream. Host: how long the call took.'),
    kind: 'text',
    width: 90,
    value: (row) => timingLabel(row.timing),
  },
];
