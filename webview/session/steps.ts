/** The steps of a time, and what a timeline of the same run has of them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { DescriptorKernels } from '../../src/analysis/session/beside-timeline';
import type { StepRow } from '../../src/analysis/session/step-rows';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { Sort } from '../../src/protocol/page';
import type { SessionMoeInterval, SessionTimeline, StepColumn } from '../../src/protocol/session';
import { STEP_FIELDS } from '../../src/protocol/session-filter';
import { t } from '../strings';
import { longName } from '../ui/cell-parts';
import type { Column } from '../ui/cells';
import { button, icon, link, skeleton } from '../ui/controls';
import '../ui/data-table';
import type { TableSource } from '../ui/data-table';
import { contentKey } from '../ui/figures';
import '../ui/filter-box';
import { emptyState, failed, lead, section, warning } from '../ui/parts';
import { timesScatter } from '../ui/scatter';
import { View } from '../views/view';
import type { SessionApp } from './app';
import { windowLabel } from './scope';
import { markOf, sessionPhaseLabel } from './words';

type Kernel = DescriptorKernels['kernels'][number];

@customElement('pm-session-steps')
export class StepsView extends View<SessionApp> {
  private readonly columns = stepColumns();
  private readonly descriptorColumns = descriptorColumns();
  private readonly kernelColumns = kernelColumns();
  private readonly moeColumns = moeColumns();

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
      ${section(t('Beside a timeline'), this.renderTimeline(), { tools: this.renderLink() })}
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
        note: this.canOpen
          ? t('Enter or double click opens the timeline at a step')
          : t('of the first process that ran any; ranks run the same'),
      },
    );
  }

  private get canOpen(): boolean {
    const { link: linked, utcEpoch } = this.app.status ?? {};
    return linked !== undefined && linked.failure === undefined && utcEpoch !== undefined;
  }

  /** As much again on both sides, so that what is around the step can be seen. */
  private open({ start, duration, descriptor }: StepRow): void {
    if (this.canOpen) {
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

  private renderLink(): unknown {
    const { app } = this;
    const linked = app.status?.link;
    if (!linked) return nothing;
    const name = linked.path.split(/[\\/]/).at(-1);
    return html`<span class="linked-file" title=${linked.path}
        >${icon('link')}<span class="clip">${name}</span></span
      >
      ${link(t('Unlink'), () => app.unlink())}
      ${this.canOpen && app.scope.window ? button(t('Open the timeline here'), () => app.openTimeline({ window: app.scope.window })) : nothing}`;
  }

  private renderTimeline(): unknown {
    const { app } = this;
    const linked = app.status?.link;
    if (!linked) {
      return emptyState(app, {
        why: t(
          'With a timeline of the same run beside it (Nsight Systems, or PyTorch’s profiler), a time here leads to the same time there, a graph to the kernels of its replays, and the experts’ imbalance to what their kernels took.',
        ),
        action: { label: t('Link a timeline…'), run: () => app.link() },
      });
    }
    if (linked.failure !== undefined) return warning(linked.failure);
    const query = this.ask('sessionTimeline', { scope: app.scope });
    if (query.failure && !query.value) return failed(query.failure.message);
    const { value } = query;
    if (!value) return skeleton(6);
    if (value.problem) return warning(problemText(value.problem));
    const chosen =
      value.descriptors.find(({ descriptor }) => descriptor === app.state.descriptor) ??
      value.descriptors.at(0);
    return html`<p>${this.sentence(value)}</p>
      <div class="columns">
        <div>${this.renderDescriptors(value, chosen)}</div>
        <div>${this.renderKernels(chosen)}</div>
      </div>
      ${value.moe.length > 0 ? this.renderMoe(value) : nothing}`;
  }

  private sentence({ extent, descriptors }: SessionTimeline): string {
    const launches = descriptors.reduce((sum, one) => sum + one.launches, 0);
    return t(
      'The timeline records this part of the session: {0}. {1} of its graph launches fall into steps whose batch descriptor is known.',
      windowLabel(extent!),
      formatCount(launches),
    );
  }

  private renderDescriptors(
    { descriptors }: SessionTimeline,
    chosen: DescriptorKernels | undefined,
  ): TemplateResult {
    const { app } = this;
    return section(
      t('Batch descriptors and their graphs'),
      html`<pm-table
        .app=${app}
        name="sessionDescriptors"
        label=${t('Batch descriptors and the timeline’s graphs')}
        .columns=${this.descriptorColumns}
        .source=${this.local('descriptors', descriptors, this.descriptorColumns)}
        .rowKey=${(row: DescriptorKernels) => row.descriptor}
        .highlighted=${chosen?.descriptor ?? ''}
        .maxRows=${10}
        .onSelect=${(row: DescriptorKernels) => app.update({ descriptor: row.descriptor })}
        .empty=${html`<p class="quiet">
          ${t('No graph launch of the timeline falls into a step of this scope: it may record another time, or no graphs.')}
        </p>`}
      ></pm-table>`,
    );
  }

  private renderKernels(chosen: DescriptorKernels | undefined): unknown {
    const { app } = this;
    if (!chosen) return nothing;
    return section(
      t('Kernels of the replays of {0}', chosen.descriptor),
      html`<pm-table
        .app=${app}
        name="sessionDescriptorKernels"
        label=${t('Kernels of the replays')}
        .columns=${this.kernelColumns}
        .source=${this.local('kernels', chosen.kernels, this.kernelColumns)}
        .rowKey=${(row: Kernel) => row.name}
        .maxRows=${10}
        .onOpen=${(row: Kernel) => app.openTimeline({ kernel: row.name, window: app.scope.window })}
        .empty=${html`<p class="quiet">
          ${t('The timeline has these graphs as a whole: profile with --cuda-graph-trace=node to see their kernels.')}
        </p>`}
      ></pm-table>`,
      { note: t('Enter or double click opens the kernel in the timeline') },
    );
  }

  private renderMoe(value: SessionTimeline): TemplateResult {
    const { app } = this;
    const told = value.moe.filter(
      ({ average, deviation }) => average !== undefined && deviation !== undefined,
    );
    return section(
      t('Expert imbalance and the time of MoE kernels'),
      html`<div class="columns">
        <div>
          ${
            told.length > 1
              ? html`<pm-figure
                  .figure=${timesScatter({
                    key: contentKey(value, 'moe'),
                    subject: 'moe',
                    label: t(
                      'A launch of a MoE kernel, on average, by when the experts’ loads were read.',
                    ),
                    xTitle: t('Time of the session'),
                    yTitle: t('A launch'),
                    head: [t('Time'), t('Deviation'), t('A launch')],
                    series: [
                      {
                        label: t('Interval'),
                        mark: markOf(1),
                        points: told.map((one) => ({
                          x: one.end,
                          y: one.average!,
                          text: moeText(one),
                          cells: [
                            formatTime(one.end),
                            formatShare(one.deviation),
                            formatTime(one.average),
                          ],
                        })),
                      },
                    ],
                  })}
                ></pm-figure>`
              : nothing
          }
        </div>
        <div>
          <pm-table
            .app=${app}
            name="sessionMoe"
            label=${t('Expert imbalance and the time of MoE kernels')}
            .columns=${this.moeColumns}
            .source=${this.local('moe', value.moe, this.moeColumns)}
            .rowKey=${(row: SessionMoeInterval) => String(row.start)}
            .maxRows=${8}
            .onOpen=${(row: SessionMoeInterval) =>
              app.openTimeline({ window: [row.start, row.end], filter: 'component:moe' })}
          ></pm-table>
        </div>
      </div>`,
      { note: t('between two readings of the counters; only those that the timeline covers') },
    );
  }
}

const moeText = ({ start, end, deviation, average, launches }: SessionMoeInterval): string =>
  [
    windowLabel([start, end]),
    t('deviation {0}', formatShare(deviation)),
    t('{0} a launch', formatTime(average)),
    t('{0} launches', formatCount(launches)),
  ].join(', ');

function problemText(problem: NonNullable<SessionTimeline['problem']>): string {
  switch (problem) {
    case 'no-session-clock':
      return t(
        'This session does not say when it began, so that no time of it can be found in the timeline.',
      );
    case 'no-profile-clock':
      return t(
        'The timeline does not say when it was recorded, so that no time of the session can be found in it.',
      );
    case 'apart':
      return t(
        'The timeline records another time than this session: they are not of the same run, or a clock was set in between.',
      );
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

const descriptorColumns = (): readonly Column<DescriptorKernels>[] => [
  {
    id: 'descriptor',
    title: t('Batch descriptor'),
    kind: 'text',
    width: 200,
    grow: true,
    value: (row) => row.descriptor,
  },
  { id: 'launches', title: t('Launches'), kind: 'count', width: 90, value: (row) => row.launches },
  {
    id: 'kernelTime',
    title: t('Kernel time'),
    kind: 'time',
    width: 130,
    value: (row) => row.kernelTime,
  },
  {
    id: 'perLaunch',
    title: t('A launch'),
    kind: 'time',
    width: 100,
    value: (row) => (row.kernelTime === undefined ? undefined : row.kernelTime / row.launches),
  },
  {
    id: 'graphs',
    title: t('Graphs'),
    hint: t('Ids in the timeline.'),
    kind: 'text',
    width: 120,
    value: (row) => row.graphs.slice(0, 20).join(', '),
  },
];

const kernelColumns = (): readonly Column<Kernel>[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 220,
    grow: true,
    value: (row) => row.name,
    display: (row) => longName(row.name),
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of the kernel time of these replays.'),
    kind: 'share',
    width: 120,
    value: (row) => row.share,
  },
  { id: 'total', title: t('Time'), kind: 'time', width: 100, value: (row) => row.total },
  { id: 'count', title: t('Count'), kind: 'count', width: 90, value: (row) => row.count },
];

const moeColumns = (): readonly Column<SessionMoeInterval>[] => [
  { id: 'end', title: t('Read at'), kind: 'instant', width: 110, value: (row) => row.end },
  {
    id: 'deviation',
    title: t('Deviation'),
    hint: t('Of the worst layer.'),
    kind: 'share',
    width: 120,
    value: (row) => row.deviation,
  },
  {
    id: 'ratio',
    title: t('Busiest / least'),
    hint: t('Of the worst layer.'),
    kind: 'number',
    width: 110,
    value: (row) => row.ratio,
  },
  {
    id: 'average',
    title: t('A launch'),
    hint: t('Of a MoE kernel, on average.'),
    kind: 'time',
    width: 100,
    value: (row) => row.average,
  },
  {
    id: 'kernelTime',
    title: t('MoE time'),
    kind: 'time',
    width: 100,
    value: (row) => row.kernelTime,
  },
  {
    id: 'launches',
    title: t('Launches'),
    kind: 'count',
    width: 90,
    grow: true,
    value: (row) => row.launches,
  },
];
