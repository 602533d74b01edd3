/** One kernel: how long its launches take, when, where, and each of them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { KernelDetail } from '../../../src/analysis/kernels';
import type { LaunchRow, Sort } from '../../../src/protocol/requests';
import {
  formatBytes,
  formatCount,
  formatShare,
  formatTime,
  UNKNOWN,
} from '../../../src/profile/format';
import { failureOf, isCancelled } from '../../client';
import { t } from '../../strings';
import { kernelTitle, shareCell } from '../../ui/cell-parts';
import { button, iconButton, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import { deviceName } from '../../ui/devices';
import type { TableSource } from '../../ui/data-table';
import '../../ui/figure';
import { contentKey, histogram } from '../../ui/figures';
import { componentLabel, componentMark, phaseLabel, phaseMark, swatch } from '../../ui/marks';
import { facts, failed, section } from '../../ui/parts';
import { View } from '../view';
import { launchColumns, size } from './columns';
import { ncuCommand } from './ncu-command';
import { windowOfStep } from './step-of-launch';

/** The most the host gives; where a run has more steps they are thinned. */
const ALL_STEPS = 100_000;

@customElement('pm-kernel-detail')
export class KernelDetailView extends View {
  private readonly columns = launchColumns();
  private launches?: TableSource<LaunchRow>;

  protected override render(): unknown {
    const { app } = this;
    const { kernel: key, grouping } = app.state;
    if (key === undefined) return nothing;
    const query = this.ask('kernelDetail', { scope: app.scope, grouping, key });
    const { value } = query;
    return html`<aside
      class="detail ${query.pending && value ? 'stale' : ''}"
      aria-label=${t('Details of the kernel')}
    >
      <div class="detail-head">
        <h2>${value ? kernelTitle(value.row.name) : t('Kernel')}</h2>
        ${iconButton('close', t('Close the details'), () => app.update({ kernel: undefined }))}
      </div>
      ${
        query.failure
          ? failed(query.failure.message)
          : value
            ? this.renderDetail(value, key)
            : query.pending || !app.has('complete')
              ? skeleton(8)
              : html`<p class="quiet">${t('This kernel does not run in this scope.')}</p>`
      }
    </aside>`;
  }

  private renderDetail(detail: KernelDetail, key: string): TemplateResult {
    const { app } = this;
    const { row } = detail;
    const { grouping } = app.state;
    const command = ncuCommand(row, grouping);
    return html`<p class="full-name">${row.name}</p>
      <div class="actions">
        ${button(t('Copy name'), () => app.copy(row.name), { icon: 'copy' })}
        ${
          command
            ? button(t('Copy ncu command'), () => app.copy(command, t('Copied the ncu command.')), {
                icon: 'terminal',
              })
            : nothing
        }
      </div>
      ${facts([
        {
          name: t('Component'),
          value: html`${swatch(componentMark(row.component))}${componentLabel(row.component)}`,
        },
        {
          name: t('Time'),
          value: t('{0}, {1} of kernel time', formatTime(row.total), formatShare(row.share)),
        },
        {
          name: t('A launch'),
          value: t(
            'med {0} · avg {1} · p95 {2} · max {3}',
            formatTime(row.median),
            formatTime(row.average),
            formatTime(row.p95),
            formatTime(row.max),
          ),
        },
        { name: t('In CUDA graphs'), value: t('{0} of its time', formatShare(row.graphShare)) },
        {
          name: t('Launching'),
          value:
            row.apiTime === undefined
              ? t('no launching call recorded')
              : t('API {0} · queue {1}', formatTime(row.apiTime), formatTime(row.queueTime)),
        },
      ])}
      ${section(
        t('Distribution of durations'),
        html`<pm-figure
          .figure=${histogram({
            key: contentKey(detail),
            label: t(
              'Durations of {0} launches: half take at most {1}, 95 % at most {2}.',
              formatCount(row.instances),
              formatTime(row.median),
              formatTime(row.p95),
            ),
            edges: detail.histogram.edges,
            counts: detail.histogram.counts,
            countTitle: t('Launches'),
            timeTitle: t('Duration'),
            mark: componentMark(row.component),
          })}
        ></pm-figure>`,
      )}
      ${section(t('Launches'), this.renderLaunches(key), {
        note: t('Enter or double click leads to the step'),
      })}
      ${section(
        t('By phase'),
        renderParts(
          t('Phase'),
          detail.byPhase,
          row.total,
          (part) => html`${swatch(phaseMark(part.phase))}${phaseLabel(part.phase)}`,
        ),
      )}
      ${section(
        t('By stream'),
        renderParts(t('Stream'), detail.byStream, row.total, (part) =>
          t('stream {0} on {1}', part.streamId, deviceName(app.status!, part.device)),
        ),
      )}
      ${section(
        t('By launch geometry'),
        renderParts(
          t('Grid × block'),
          detail.byGeometry,
          row.total,
          (part) =>
            html`<span class="figures">${size(part.grid)} × ${size(part.block)}</span
              ><small class="quiet">
                ${[
                  part.registers === undefined ? '' : t('{0} registers', part.registers),
                  part.sharedMemory === undefined
                    ? ''
                    : t('{0} shared', formatBytes(part.sharedMemory)),
                ]
                  .filter((text) => text !== '')
                  .join(' · ')}</small
              >`,
        ),
      )}`;
  }

  private renderLaunches(key: string): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const { grouping } = app.state;
    const version = JSON.stringify([app.revision, scope, grouping, key]);
    if (this.launches?.version !== version) {
      this.launches = {
        version,
        load: ({ sort, offset, limit, signal }) =>
          app.client.call(
            'launches',
            { scope, grouping, key, filter: '', sort: sort as never, offset, limit },
            signal,
          ),
      };
    }
    return html`<pm-table
      class="launches"
      .app=${app}
      name="launches"
      label=${t('Launches of this kernel')}
      .columns=${this.columns}
      .source=${this.launches}
      .defaultSort=${{ column: 'start', descending: false }}
      .rowKey=${(row: LaunchRow) => String(row.index)}
      .onOpen=${(row: LaunchRow) => void this.showStep(row)}
      .exported=${(sort: Sort | undefined) => ({
        table: 'launches',
        scope,
        grouping,
        key,
        filter: '',
        sort,
      })}
    ></pm-table>`;
  }

  /** Launches know their step's name; its place in time comes from the steps themselves. */
  private async showStep(launch: LaunchRow): Promise<void> {
    const { app } = this;
    if (launch.step === undefined) {
      app.say(t('This launch belongs to no step.'));
      return;
    }
    try {
      const { points } = await app.client.call('steps', {
        scope: { devices: [launch.deviceIndex] },
        limit: ALL_STEPS,
      });
      const step = windowOfStep(launch, points);
      if (!step) {
        app.say(t('The step of this launch lies elsewhere in time.'));
        return;
      }
      app.narrow('window', step);
      app.go('phases');
    } catch (error) {
      if (!isCancelled(error)) app.say(failureOf(error).message);
    }
  }
}

function renderParts<Part extends { readonly instances: number; readonly total: number }>(
  title: string,
  parts: readonly Part[],
  total: number,
  name: (part: Part) => unknown,
): TemplateResult {
  const shown = parts.filter((part) => part.instances > 0);
  return html`<table class="mini">
      <thead>
        <tr>
          <th scope="col">${title}</th>
          <th scope="col">${t('Share')}</th>
          <th scope="col" class="number">${t('Time')}</th>
          <th scope="col" class="number">${t('Count')}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.slice(0, 20).map(
          (part) =>
            html`<tr>
              <td>${name(part)}</td>
              <td>${shareCell(total > 0 ? part.total / total : undefined)}</td>
              <td class="number" title="${part.total.toLocaleString('en-US')} ns">
                ${formatTime(part.total)}
              </td>
              <td class="number">${formatCount(part.instances)}</td>
            </tr>`,
        )}
        ${
          shown.length === 0
            ? html`<tr>
                <td colspan="4">${UNKNOWN}</td>
              </tr>`
            : nothing
        }
      </tbody>
    </table>
    ${
      shown.length > 20
        ? html`<p class="quiet">${t('The first {0} of {1}.', 20, formatCount(shown.length))}</p>`
        : nothing
    }`;
}
