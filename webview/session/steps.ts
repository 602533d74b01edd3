/** The steps of a time, each with what the engine held. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { StepRow } from '../../src/analysis/session/step-rows';
import { formatCount } from '../../src/profile/format';
import type { Sort } from '../../src/protocol/page';
import type { StepColumn } from '../../src/protocol/session';
import { STEP_FIELDS } from '../../src/protocol/session-filter';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import { skeleton } from '../ui/controls';
import '../ui/data-table';
import type { TableSource } from '../ui/data-table';
import '../ui/filter-box';
import { emptyState, failed, lead, section } from '../ui/parts';
import { View } from '../views/view';
import type { SessionApp } from './app';
import './beside-timeline';
import { windowLabel } from './scope';
import { sessionPhaseLabel } from './words';

@customElement('pm-session-steps')
export class StepsView extends View<SessionApp> {
  private readonly columns = stepColumns();

  focusFilter(): void {
    this.querySelector<HTMLElement>('pm-filter')?.focus();
  }

  protected override render(): unknown {
    const { app } = this;
    const query = this.ask('sessionSteps', { scope: app.scope, filter: '', offset: 0, limit: 1 });
    const { value } = query;
    if (query.failure && !value) return failed(query.failure.message);
    if (!value) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(8)}
      </div>`;
    }
    return html`<div class="view">
      ${lead(this.answer(value.total))}
      ${
        value.total === 0
          ? emptyState(app, {
              why: t(
                'The session has no steps of the model in this scope: forward_pass_timing.csv has a row for each.',
              ),
              action: app.state.narrowed.length
                ? { label: t('Widen the scope'), run: () => app.widen() }
                : undefined,
            })
          : this.renderSteps()
      }
      <pm-session-timeline .app=${app} ?active=${this.active}></pm-session-timeline>
    </div>`;
  }

  private answer(total: number): string {
    const { window } = this.app.scope;
    const where = window ? windowLabel(window) : t('the whole session');
    return t(
      '{0} steps of the model in {1}, each with what the engine held when it began.',
      formatCount(total),
      where,
    );
  }

  private renderSteps(): TemplateResult {
    const { app } = this;
    return section(
      t('Steps'),
      html`<pm-table
        .app=${app}
        name="sessionSteps"
        label=${t('Steps of the model')}
        .columns=${this.columns}
        .source=${this.source()}
        .rowKey=${(row: StepRow) => `${row.process} ${row.start}`}
        .maxRows=${16}
        .onOpen=${(row: StepRow) => this.open(row)}
        .exported=${(sort: Sort | undefined) => ({
          table: 'sessionSteps' as const,
          scope: app.scope,
          filter: app.state.stepFilter,
          sort,
        })}
        .tools=${html`<pm-filter
          label=${t('Filter steps')}
          .value=${app.state.stepFilter}
          .fields=${STEP_FIELDS}
          .onFilter=${(stepFilter: string) => app.update({ stepFilter })}
        ></pm-filter>`}
        .empty=${html`<p class="quiet">${t('No step matches.')}</p>`}
      ></pm-table>`,
      {
        note: this.app.canOpenTimeline
          ? t('Enter or double click opens the timeline at a step')
          : t('of the first process that ran any; ranks run the same'),
      },
    );
  }

  /** As much again on both sides, so that what is around the step can be seen. */
  private open({ start, duration, descriptor }: StepRow): void {
    if (this.app.canOpenTimeline) {
      const margin = duration ?? 1e7;
      this.app.openTimeline({ window: [start - margin, start + 2 * margin] });
    } else this.app.update({ descriptor });
  }

  private source(): TableSource<StepRow> {
    const { app } = this;
    const { scope } = app;
    const filter = app.state.stepFilter;
    return {
      version: JSON.stringify([scope, filter, app.revision]),
      subject: JSON.stringify([scope, filter]),
      load: ({ sort, offset, limit, signal }) =>
        app.client.call(
          'sessionSteps',
          { scope, filter, sort: sort as Sort<StepColumn>, offset, limit },
          signal,
        ),
    };
  }
}

const stepColumns = (): readonly Column<StepRow>[] => [
  { id: 'step', title: t('Step'), kind: 'count', width: 90, value: (row) => row.step },
  { id: 'start', title: t('Start'), kind: 'instant', width: 110, value: (row) => row.start },
  {
    id: 'duration',
    title: t('Time'),
    hint: t('Of execute_model.'),
    kind: 'time',
    width: 100,
    value: (row) => row.duration,
  },
  {
    id: 'phase',
    title: t('Phase'),
    kind: 'text',
    width: 90,
    value: (row) => sessionPhaseLabel(row.phase),
  },
  { id: 'requests', title: t('Requests'), kind: 'count', width: 90, value: (row) => row.requests },
  { id: 'tokens', title: t('Tokens'), kind: 'count', width: 90, value: (row) => row.tokens },
  {
    id: 'descriptor',
    title: t('Graph'),
    hint: t('The batch descriptor of the graph it replayed.'),
    kind: 'text',
    width: 220,
    grow: true,
    value: (row) => row.descriptor || undefined,
  },
  {
    id: 'kv',
    title: t('KV cache'),
    hint: t('In use when the step began.'),
    kind: 'share',
    width: 130,
    value: (row) => row.kv,
  },
];
