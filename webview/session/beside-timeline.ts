/** What a timeline of the same run has of the steps: kernels of graphs, and of experts. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { DescriptorKernels } from '../../src/analysis/session/beside-timeline';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { SessionMoeInterval, SessionTimeline } from '../../src/protocol/session';
import { t } from '../strings';
import { longName } from '../ui/cell-parts';
import type { Column } from '../ui/cells';
import { button, icon, link, skeleton } from '../ui/controls';
import '../ui/data-table';
import { contentKey } from '../ui/figures';
import { emptyState, failed, section, warning } from '../ui/parts';
import { timesScatter } from '../ui/scatter';
import { View } from '../views/view';
import type { SessionApp } from './app';
import { windowLabel } from './scope';
import { markOf } from './words';

type Kernel = DescriptorKernels['kernels'][number];

@customElement('pm-session-timeline')
export class BesideTimelineView extends View<SessionApp> {
  private readonly descriptorColumns = descriptorColumns();
  private readonly kernelColumns = kernelColumns();
  private readonly moeColumns = moeColumns();

  protected override render(): unknown {
    return section(t('Beside a timeline'), this.renderTimeline(), { tools: this.renderLink() });
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
      ${app.canOpenTimeline && app.scope.window ? button(t('Open the timeline here'), () => app.openTimeline({ window: app.scope.window })) : nothing}`;
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
