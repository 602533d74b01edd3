/** What was captured, where the time went, what stands out, what is missing. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { OverviewResult } from '../../../src/analysis/overview';
import type { UtilisationSeries } from '../../../src/analysis/utilisation';
import {
  formatBytes,
  formatCount,
  formatShare,
  formatTime,
  together,
} from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { button, icon, iconButton, link, skeleton } from '../../ui/controls';
import { deviceName } from '../../ui/devices';
import '../../ui/data-table';
import '../../ui/figure';
import { contentKey, shareOverTime } from '../../ui/figures';
import {
  componentLabel,
  componentMark,
  phaseLabel,
  phaseMark,
  PLAIN,
  swatch,
} from '../../ui/marks';
import { findingsList } from '../../ui/findings';
import { emptyState, facts, failed, lead, section, tile, warning, type Fact } from '../../ui/parts';
import { kernelName, shareCell } from '../../ui/cell-parts';
import { componentsByPhase } from '../phases/components-by-phase';
import { graphModeLabel, unrecorded } from '../graphs/mode';
import { clientTiles } from '../run/client';
import { shownClient, sourceText } from '../run/words';
import { View } from '../view';
import { gapColumns } from './gap-columns';

const BINS = 400;

@customElement('pm-overview')
export class OverviewView extends View {
  private readonly gapColumns = gapColumns((device) => deviceName(this.app.status!, device));

  protected override render(): unknown {
    const { app } = this;
    const { scope } = app;
    const query = this.ask('overview', { scope });
    const series = this.ask('utilisationSeries', { scope, bins: BINS });
    if (query.failure && !query.value) return failed(query.failure.message);
    const { value } = query;
    return html`<div class="view ${query.pending && value ? 'stale' : ''}">
      ${value ? lead(answer(value, this.app.scope.window !== undefined)) : html`<div class="lead">${skeleton(1)}</div>`}
      ${value ? this.renderWarnings(value) : nothing}
      <div class="tiles">${value ? this.renderTiles(value) : skeleton(1)}</div>
      ${this.renderClient()}
      ${section(
        t('GPU utilisation over time'),
        series.value && value
          ? value.busyShare === undefined
            ? html`<p class="quiet">${t('Nothing to draw: no work on a GPU was recorded.')}</p>`
            : html`<pm-figure
                .figure=${this.utilisation(series.value, value.phases.missing === undefined)}
              ></pm-figure>`
          : skeleton(1, 'chart'),
        {
          note: value?.busyShare === undefined ? undefined : t('drag to set the window'),
          tools: scope.window
            ? button(t('Whole run'), () => app.narrow('window', undefined))
            : nothing,
        },
      )}
      <div class="columns">
        <div>
          ${section(t('What stands out'), value ? this.renderFindings(value) : skeleton(5))}
          ${section(t('What this capture can’t say'), value ? this.renderGaps(value) : skeleton(3))}
        </div>
        <div>
          ${section(
            t('Where the time goes'),
            value ? this.renderTime(value) : skeleton(1, 'chart'),
          )}
        </div>
      </div>
      ${this.renderIdle()}
      ${section(t('The capture'), value ? this.renderFacts(value) : skeleton(4))}
    </div>`;
  }

  /** Of the whole load, whatever the scope. */
  private renderClient(): unknown {
    const { app } = this;
    const client = app.run && shownClient(app.run, app.state.run);
    if (!client) return nothing;
    const show = () => app.go('run');
    return section(
      t('What the client saw'),
      html`<div class="tiles">${clientTiles(client.figures, show)}</div>`,
      { note: t('{0}; of the whole load', sourceText(client)) },
    );
  }

  /** One line, however much the profiler had to say; what is about CUDA matters most here. */
  private renderWarnings(value: OverviewResult): unknown {
    const texts = value.diagnostics
      .filter((diagnostic) => diagnostic.severity !== 'info')
      .map((diagnostic) => diagnostic.text);
    const first = texts.find((text) => /cuda/i.test(text)) ?? texts[0];
    if (first === undefined) return nothing;
    const others = texts.filter((text) => text !== first);
    if (others.length === 0) return warning(first);
    return warning(
      html`${first}
        <details>
          <summary>
            ${plural(
              others.length,
              '{0} more message of the profiler',
              '{0} more messages of the profiler',
              others.length,
            )}
          </summary>
          <ul>
            ${others.map((text) => html`<li>${text}</li>`)}
          </ul>
        </details>`,
    );
  }

  private renderTiles(value: OverviewResult): unknown {
    const { app } = this;
    const hidden = value.phases.unrecordedGraphs > 0;
    return html`${tile(busyText(value), t('GPU busy'), {
      title: hidden
        ? t(
            'At least and at most: what {0} launches of CUDA graphs ran was not recorded.',
            formatCount(value.phases.unrecordedGraphs),
          )
        : t('Of the time from a device’s first work to its last: a kernel, copy or fill ran.'),
      note: value.busyShare === undefined ? t('no work on one was recorded') : usedDevices(value),
    })}
    ${value.phases.phases
      .filter((row) => row.busy > 0 && !(value.phases.missing && row.phase === 'unattributed'))
      .map((row) =>
        tile(formatShare(row.share), phaseLabel(row.phase), {
          mark: swatch(phaseMark(row.phase)),
          note:
            row.phase === 'unattributed'
              ? t('of GPU time, in no step')
              : hidden
                ? t('of what was recorded')
                : row.stepTime
                  ? t('of GPU time · p50 {0}', formatTime(row.stepTime.p50))
                  : t('of GPU time'),
          title:
            row.phase === 'unattributed'
              ? t(
                  'Work that no step launched; some of it ran while a step’s did. Narrow all figures to it.',
                )
              : t('Narrow all figures to this phase.'),
          run: () => {
            app.narrow('phase', row.phase);
            app.go('phases');
          },
        }),
      )}
    ${tile(formatShare(value.graphCoverage), t('CUDA graphs'), {
      note: hidden
        ? plural(
            value.phases.unrecordedGraphs,
            '{0} launch not recorded',
            '{0} launches not recorded',
            formatCount(value.phases.unrecordedGraphs),
          )
        : value.graphCoverage === undefined
          ? t('no kernels recorded')
          : t('of kernel time · {0}', graphModeLabel(value.graphMode)),
      run: () => app.go('graphs'),
    })}
    ${tile(
      formatCount(value.phases.missing === 'no-activities' ? undefined : value.counts.kernels),
      plural(value.counts.kernels, 'kernel launched', 'kernels launched'),
      {
        note: app.state.narrowed.length > 0 ? t('in the whole capture') : undefined,
        run: () => app.go('kernels'),
      },
    )}`;
  }

  /** Without steps there is nothing to attribute time to: then it is just busy. */
  private utilisation(series: UtilisationSeries, hasSteps: boolean) {
    const { app } = this;
    const average = series.phases.reduce(
      (sum, one) => sum + one.share.reduce((a, b) => a + b, 0) / Math.max(1, series.bins),
      0,
    );
    return shareOverTime({
      key: contentKey(series, hasSteps),
      label: t(
        'GPU busy over time, by phase: {0} on average between {1} and {2}.',
        formatShare(average),
        formatTime(series.start),
        formatTime(series.end),
      ),
      timeTitle: t('Time'),
      start: series.start,
      end: series.end,
      totalLabel: t('Busy'),
      series: series.phases.map(({ phase, share }) => ({
        label: hasSteps ? phaseLabel(phase) : t('All work'),
        mark: hasSteps ? phaseMark(phase) : PLAIN,
        values: share,
      })),
      brush: {
        hint: t('Arrow keys read it out; with Shift they choose a window, Enter sets it.'),
        select: (from, to) => app.narrow('window', [Math.floor(from), Math.ceil(to)]),
      },
    });
  }

  private renderFindings(value: OverviewResult): TemplateResult {
    // Of a capture without GPU work, an empty list would sound like an all-clear.
    if (value.busyShare === undefined && value.findings.length === 0) {
      return html`<p class="quiet">${t('Nothing to check: no work on a GPU was recorded.')}</p>`;
    }
    return findingsList(value.findings, ({ view, filter }) =>
      view === 'overview' && filter === undefined ? undefined : () => this.app.go(view, filter),
    );
  }

  private renderGaps(value: OverviewResult): TemplateResult {
    if (value.gaps.length === 0) {
      return html`<p class="quiet">${t('The capture holds all that the views ask for.')}</p>`;
    }
    return html`<ul class="gaps">
      ${value.gaps.map(
        (gap) =>
          html`<li>
            ${icon('circle-slash')}
            <span
              >${together(gap.text)}${
                gap.remedy
                  ? html` <code>${gap.remedy}</code> ${iconButton('copy', t('Copy'), () =>
                        this.app.copy(gap.remedy!),
                      )}`
                  : nothing
              }</span
            >
          </li>`,
      )}
    </ul>`;
  }

  private renderTime(value: OverviewResult): unknown {
    if (value.components.every((component) => component.total === 0)) {
      // What would record it is said among the capture's gaps.
      return emptyState(this.app, { why: t('No work on a GPU was recorded in this scope.') });
    }
    const rows = value.topKernels.slice(0, 8);
    return html`<pm-figure
        .figure=${componentsByPhase(this.app, value.phases, 'total')}
      ></pm-figure>
      <table class="mini">
        <caption class="sr-only">
          ${t('The kernels that took most time')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t('Top kernels')}</th>
            <th scope="col" title=${t('Of kernel time.')}>${t('Share')}</th>
            <th scope="col" class="number">${t('Time')}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                <td class="name">
                  <span
                    >${swatch(componentMark(row.component))}${link(
                      kernelName(row.name),
                      () => this.app.showKernel(row.key),
                      `${row.name}\n${componentLabel(row.component)}`,
                    )}</span
                  >
                </td>
                <td>${shareCell(row.share)}</td>
                <td class="number" title="${row.total.toLocaleString('en-US')} ns">
                  ${formatTime(row.total)}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`;
  }

  private renderIdle(): unknown {
    const { app } = this;
    const query = this.ask('utilisation', { scope: app.scope });
    const gaps = query.value?.gaps;
    const content = !gaps
      ? skeleton(3)
      : html`<pm-table
          .app=${app}
          name="gaps"
          label=${t('The longest stretches in which a GPU did nothing')}
          .columns=${this.gapColumns}
          .source=${this.local('gaps', gaps, this.gapColumns)}
          .defaultSort=${{ column: 'duration', descending: true }}
          .rowKey=${(gap: (typeof gaps)[number]) => `${gap.device} ${gap.start}`}
          .maxRows=${8}
          .onOpen=${(gap: (typeof gaps)[number]) => {
            // As much again on both sides, so that what is around the gap can be seen.
            const margin = gap.duration;
            app.narrow('window', [gap.start - margin, gap.start + gap.duration + margin]);
          }}
          .exported=${(sort: unknown) => ({ table: 'gaps', scope: app.scope, filter: '', sort })}
          .empty=${html`<p class="quiet">
            ${
              query.value!.devices.length > 0
                ? t('The GPU was never idle in this scope.')
                : t('No work on a GPU was recorded in this scope.')
            }
          </p>`}
        ></pm-table>`;
    return section(t('Longest idle gaps'), content, {
      note: t('Enter or double click sets the window around a gap'),
    });
  }

  private renderFacts(value: OverviewResult): TemplateResult {
    const list: Fact[] = [];
    const add = (name: string, fact: unknown) => {
      if (fact !== undefined && fact !== '') list.push({ name, value: fact });
    };
    for (const device of value.devices.filter((one) => one.used)) {
      add(
        t('GPU'),
        [
          device.name,
          device.memory === undefined ? undefined : formatBytes(device.memory),
          device.smCount === undefined ? undefined : t('{0} SMs', device.smCount),
        ]
          .filter((part) => part !== undefined)
          .join(' · '),
      );
    }
    add(t('Captured with'), value.tool);
    if (value.utcEpoch !== undefined) {
      add(t('When'), new Date(value.utcEpoch / 1e6).toLocaleString());
    }
    if (value.duration > 0) add(t('Length'), formatTime(value.duration));
    add(t('Command'), value.command && html`<code>${value.command}</code>`);
    add(
      t('Processes'),
      value.processes.map((process) => `${process.name} (${process.pid})`).join(', '),
    );
    add(
      t('Recorded'),
      [
        plural(
          value.counts.kernels,
          '{0} kernel',
          '{0} kernels',
          formatCount(value.counts.kernels),
        ),
        plural(value.counts.memcpys, '{0} copy', '{0} copies', formatCount(value.counts.memcpys)),
        plural(value.counts.memsets, '{0} fill', '{0} fills', formatCount(value.counts.memsets)),
        plural(value.counts.api, '{0} API call', '{0} API calls', formatCount(value.counts.api)),
        plural(value.counts.ranges, '{0} range', '{0} ranges', formatCount(value.counts.ranges)),
      ].join(' · '),
    );
    for (const diagnostic of value.diagnostics.filter((one) => one.severity === 'info')) {
      add(t('The profiler says'), diagnostic.text);
    }
    return facts(list);
  }
}

function usedDevices(value: OverviewResult): string {
  const used = value.devices.filter((device) => device.used).length;
  const span = formatTime(longestSpan(value));
  return used < value.devices.length
    ? t('of {0}, {1} of {2} devices', span, used, value.devices.length)
    : plural(used, 'of {1}, one device', 'of {1}, {0} devices', used, span);
}

const busyText = ({ busyShare, busyAtMost }: OverviewResult): string =>
  busyAtMost === undefined
    ? formatShare(busyShare)
    : t('{0} to {1}', formatShare(busyShare), formatShare(busyAtMost));

/** What the busy share is a share of: from a device's first work to its last, or the window. */
function longestSpan(value: OverviewResult): number {
  return value.utilisation.reduce((longest, device) => Math.max(longest, device.span), 0);
}

/** @param window whether the figures are of a window */
function answer(value: OverviewResult, window: boolean): string {
  if (value.busyShare === undefined) {
    return value.duration > 0
      ? t('No work on a GPU was recorded in these {0}.', formatTime(value.duration))
      : t('No work on a GPU was recorded.');
  }
  const sentences = [
    t(
      window
        ? 'The GPU was busy {0} of the window’s {1}.'
        : 'The GPU was busy {0} of the {1} from its first work to its last.',
      busyText(value),
      formatTime(longestSpan(value)),
    ),
  ];
  // What the rest was a share of would be taken for the whole.
  if (value.phases.unrecordedGraphs > 0) {
    return [...sentences, unrecorded(value.phases.unrecordedGraphs)].join(' ');
  }
  const { phases, missing, coverage } = value.phases;
  if (missing) {
    const top = [...value.components].sort((a, b) => b.total - a.total)[0];
    if (value.graphMode === 'graph' && top?.component === 'other') {
      sentences.push(
        t(
          'CUDA graphs took {0} of kernel time: traced as a whole, so by which kernels is not known.',
          formatShare(value.graphCoverage),
        ),
      );
    } else if (top && top.total > 0) {
      sentences.push(
        top.component === 'other'
          ? t('Kernels that no rule sorts took the largest part: {0}.', formatShare(top.share))
          : t(
              '{0} took the largest part: {1}.',
              componentLabel(top.component),
              formatShare(top.share),
            ),
      );
    }
    return sentences.join(' ');
  }
  const [first, second] = phases
    .filter((row) => row.phase !== 'unattributed' && row.busy > 0)
    .sort((a, b) => b.busy - a.busy);
  if (first && second) {
    sentences.push(
      t(
        '{0} steps took {1} of GPU time, {2} steps {3}.',
        phaseLabel(first.phase),
        formatShare(first.share),
        phaseLabel(second.phase).toLowerCase(),
        formatShare(second.share),
      ),
    );
  } else if (first) {
    sentences.push(
      t('{0} steps took {1} of GPU time.', phaseLabel(first.phase), formatShare(first.share)),
    );
  }
  sentences.push(t('{0} of GPU time is attributed to a step.', formatShare(coverage)));
  return sentences.join(' ');
}
