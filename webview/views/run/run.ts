/** The run that a profile belongs to: what ran, on what, how it went, and what else it left. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { RunCommand, RunFacts, RunStage } from '../../../src/profile/run';
import type { RunAction, ShownClient, ShownRun } from '../../../src/protocol/run';
import { formatTime } from '../../../src/profile/format';
import type { Core } from '../../core';
import type { RunState } from '../../state';
import { t } from '../../strings';
import type { Column } from '../../ui/cells';
import { button, icon, iconButton, link } from '../../ui/controls';
import '../../ui/data-table';
import { facts, lead, section, type Fact } from '../../ui/parts';
import { View } from '../view';
import {
  clientColumns,
  clientRows,
  clientSection,
  requestsSection,
  type ClientRow,
} from './client';
import { expertsSection } from './experts';
import { gpuText, kindText, loadStart, runAnswer, shownClient } from './words';

/** Of a run with a trace a rank, more are behind the folder. */
const MOST_PARTS = 40;

@customElement('pm-run')
export class RunView extends View<Core> {
  private readonly stageColumns = stageColumns();
  private readonly clientColumns = clientColumns();
  private rows?: { readonly of: ShownClient; readonly rows: readonly ClientRow[] };

  protected override render(): unknown {
    const { run } = this.app;
    if (!run) return nothing;
    const { record } = run;
    const client = shownClient(run, this.app.state.run);
    return html`<div class="view run">
      ${lead(runAnswer(run, client))}
      ${record?.failure ? this.renderFailure(run, record.failure) : nothing}
      ${this.renderActions(run)} ${client ? this.renderClient(run, client) : nothing}
      ${run.experts ? expertsSection(run.experts, loadStart(this.app, run.clients.at(0))) : nothing}
      <div class="columns">
        <div>
          ${section(t('What there is'), this.renderParts(run))}
          ${
            record && record.notes.length > 0
              ? section(
                  t('What a version or the machine could not give'),
                  html`<ul class="gaps">
                    ${record.notes.map((note) => html`<li>${icon('info')}<span>${note}</span></li>`)}
                  </ul>`,
                )
              : nothing
          }
        </div>
        <div>${record ? section(t('The run'), renderFacts(record)) : nothing}</div>
      </div>
      ${record && record.stages.length > 0 ? this.renderStages(record.stages) : nothing}
      ${record && record.commands.length > 0 ? this.renderCommands(record.commands) : nothing}
      ${
        record && record.settings.length > 0
          ? section(
              t('Settings'),
              html`<div class="run-settings">
                ${facts(record.settings.map(({ name, value }) => ({ name, value: code(value) })))}
              </div>`,
              { note: t('what the run was asked for; environment variables are not shown') },
            )
          : nothing
      }
    </div>`;
  }

  private remember(change: RunState): void {
    this.app.update({ run: { ...this.app.state.run, ...change } });
  }

  private open(file: string): void {
    this.app.client.act({ kind: 'action', action: 'openRunPart', file });
  }

  private renderFailure(run: ShownRun, failure: NonNullable<RunFacts['failure']>): TemplateResult {
    const parts: Fact[] = [
      { name: t('What failed'), value: failure.what },
      ...(failure.why ? [{ name: t('Why, most likely'), value: failure.why }] : []),
      ...(failure.advice ? [{ name: t('What to try'), value: failure.advice }] : []),
    ];
    return section(
      t('What went wrong'),
      html`${facts(parts)}
      ${failure.log ? html`<pre class="run-log" tabindex="0">${failure.log.trim()}</pre>` : nothing}
      ${
        run.logs.length > 0
          ? html`<p>
              ${t('Logs:')} ${run.logs.map((log) => html`${link(log, () => this.open(log))} `)}
            </p>`
          : nothing
      }`,
      { className: 'run-failure' },
    );
  }

  private renderActions({ record, profiles, reports }: ShownRun): TemplateResult {
    const act = (what: RunAction) => () =>
      this.app.client.act({ kind: 'action', action: 'actOnRun', what });
    const hasTimeline = profiles.some(({ kind }) => kind !== 'kernels') || !record;
    const hasProfile = profiles.length > 0 || !record;
    return html`<div class="actions">
      ${record ? button(t('Run Again'), act('runAgain'), { icon: 'debug-rerun' }) : nothing}
      ${hasTimeline ? button(t('Compare…'), act('compareRun'), { icon: 'diff' }) : nothing}
      ${hasTimeline ? button(t('Set as Baseline…'), act('setBaselineOfRun'), { icon: 'pin' }) : nothing}
      ${
        reports.length > 0
          ? button(t('Open Report'), () => this.open(reports[0]), { icon: 'book' })
          : nothing
      }
      ${hasProfile ? button(t('Export Report…'), act('reportRun'), { icon: 'export' }) : nothing}
      ${button(t('Show Folder'), act('revealRun'), { icon: 'folder-opened' })}
    </div>`;
  }

  private renderClient(run: ShownRun, client: ShownClient): TemplateResult {
    const { app } = this;
    if (this.rows?.of !== client) this.rows = { of: client, rows: clientRows(client.figures) };
    const start = loadStart(app, client);
    return html`${clientSection({
      app,
      client,
      others: run.clients.filter((one) => one !== client),
      columns: this.clientColumns,
      source: this.local('client', this.rows.rows, this.clientColumns),
      choose: (file) => this.remember({ client: file }),
    })}
    ${requestsSection({
      client,
      measure: app.state.run?.measure ?? 'ttft_ms',
      choose: (measure) => this.remember({ measure }),
      start,
      ...(start !== undefined &&
        app.hasTimes && { select: (from, to) => app.showWindow([from, to]) }),
    })}`;
  }

  private renderParts(run: ShownRun): TemplateResult {
    const { profiles, session, clients, reports, logs, opened } = run;
    const parts = [
      ...profiles.map(({ file, kind }) => ({ file, what: kindText(kind), icon: 'graph' })),
      ...(session === undefined
        ? []
        : [{ file: session, what: t('session of the runtime layer'), icon: 'pulse' }]),
      ...clients.map(({ file }) => ({ file, what: t('what the client measured'), icon: 'json' })),
      ...reports.map((file) => ({ file, what: t('report'), icon: 'book' })),
      ...(run.record ? [{ file: 'run.json', what: t('the record itself'), icon: 'json' }] : []),
      ...logs.map((file) => ({ file, what: t('log'), icon: 'output' })),
    ];
    return html`<ul class="run-parts">
        ${parts.slice(0, MOST_PARTS).map(
          (part) =>
            html`<li>
              ${icon(part.icon)}
              ${
                part.file === opened
                  ? html`<strong>${part.file}</strong>`
                  : link(part.file, () => this.open(part.file))
              }
              <span class="quiet"
                >${part.what}${part.file === opened ? ` · ${t('open here')}` : ''}</span
              >
            </li>`,
        )}
      </ul>
      ${
        parts.length > MOST_PARTS
          ? html`<p class="quiet">${t('and {0} more in the folder', parts.length - MOST_PARTS)}</p>`
          : nothing
      }
      <p class="quiet run-folder">${run.folder}</p>`;
  }

  private renderStages(stages: readonly RunStage[]): TemplateResult {
    const { app } = this;
    const epoch = app.status?.utcEpoch;
    const leads = app.hasTimes && epoch !== undefined;
    return section(
      t('Stages'),
      html`<pm-table
        .app=${app}
        name="runStages"
        label=${t('Stages of the run')}
        .columns=${this.stageColumns}
        .source=${this.local('stages', stages, this.stageColumns)}
        .rowKey=${(stage: RunStage) => `${stage.id} ${stage.started}`}
        .maxRows=${18}
        .onOpen=${
          leads
            ? ({ started, seconds }: RunStage) => {
                const start = Date.parse(started) * 1e6 - epoch;
                app.showWindow([start, start + seconds * 1e9]);
              }
            : undefined
        }
      ></pm-table>`,
      leads ? { note: t('Enter or double click sets the window of the timeline') } : {},
    );
  }

  private renderCommands(commands: readonly RunCommand[]): TemplateResult {
    return section(
      t('Commands'),
      html`<ul class="run-commands">
        ${commands.map(
          (command) =>
            html`<li>
              <p>
                <span>${command.stage}</span>
                <span class="quiet">${outcome(command)}</span>
                ${iconButton('copy', t('Copy the command'), () => this.app.copy(command.text))}
              </p>
              <pre tabindex="0">${command.text}</pre>
            </li>`,
        )}
      </ul>`,
      { note: t('in order; secrets are masked, environment variables left out') },
    );
  }
}

const code = (text: string): TemplateResult => html`<code>${text}</code>`;

function outcome({ seconds, exitStatus, signal }: RunCommand): string {
  return [
    seconds === undefined ? undefined : formatTime(seconds * 1e9),
    signal
      ? t('ended by {0}', signal)
      : exitStatus === undefined
        ? undefined
        : t('exit status {0}', exitStatus),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function renderFacts(record: RunFacts): TemplateResult {
  const list: Fact[] = [];
  const add = (name: string, value: unknown) => {
    if (value !== undefined && value !== '') list.push({ name, value });
  };
  const begun = new Date(record.started);
  add(t('Model'), record.model);
  add(t('Mode'), record.mode);
  add(t('When'), Number.isNaN(begun.getTime()) ? record.started : begun.toLocaleString());
  add(t('Took'), record.seconds === undefined ? '' : formatTime(record.seconds * 1e9));
  add(t('GPUs'), gpuText(record.gpus));
  if (record.git)
    add(
      t('Git commit'),
      html`<code>${record.git.commit}</code>${
          record.git.changed
            ? html` <span class="quiet">${t('with changes not committed')}</span>`
            : nothing
        }`,
    );
  for (const { name, value } of record.versions) add(name, value);
  return facts(list);
}

const stageColumns = (): readonly Column<RunStage>[] => [
  {
    id: 'title',
    title: t('Stage'),
    kind: 'text',
    width: 200,
    value: (row) => row.title,
    display: (row) =>
      html`<span class="run-stage is-${row.state}"
        >${icon(row.state === 'done' ? 'pass' : 'error')}<span class="clip"
          >${row.title}</span
        ></span
      >`,
  },
  {
    id: 'state',
    title: t('State'),
    kind: 'text',
    width: 80,
    value: (row) => (row.state === 'done' ? t('done') : t('failed')),
  },
  {
    id: 'seconds',
    title: t('Time'),
    kind: 'time',
    width: 90,
    value: (row) => row.seconds * 1e9,
  },
  {
    id: 'started',
    title: t('Started'),
    kind: 'text',
    width: 110,
    value: (row) => row.started,
    display: (row) => html`<span class="clip">${new Date(row.started).toLocaleTimeString()}</span>`,
  },
  {
    id: 'detail',
    title: t('What came of it'),
    kind: 'text',
    width: 260,
    grow: true,
    value: (row) => row.detail,
  },
];
