/** One kernel: what limits it, in words, and every figure behind them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Reason } from '../../../src/analysis/ncu/bound';
import type { Rule } from '../../../src/analysis/ncu/metrics';
import type { NcuKernelDetail, NcuMetricRow } from '../../../src/protocol/ncu';
import { NCU_METRIC_FIELDS } from '../../../src/protocol/ncu-filter';
import type { Sort } from '../../../src/protocol/requests';
import { formatCount, formatNumber, formatShare, formatTime } from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { shareCell } from '../../ui/cell-parts';
import { button, iconButton, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource } from '../../ui/data-table';
import '../../ui/filter-box';
import { componentLabel, componentMark, swatch } from '../../ui/marks';
import { emptyState, facts, failed, section } from '../../ui/parts';
import { View } from '../../views/view';
import type { NcuApp } from '../app';
import { boundLabel, boundMark, figureLabel, figureText, roofLabel, shortName } from '../words';
import { metricColumns } from './columns';

/** Shorter waits say nothing. */
const STALL_SHARE = 0.01;

@customElement('pm-ncu-kernel-detail')
export class NcuKernelDetailView extends View<NcuApp> {
  private readonly columns = metricColumns();
  private source?: TableSource<NcuMetricRow>;

  protected override render(): unknown {
    const { app } = this;
    const { kernel: key, grouping } = app.state;
    if (key === undefined) return nothing;
    const query = this.ask('ncuKernelDetail', { grouping, key });
    const { value } = query;
    return html`<aside
      class="detail ${query.pending && value ? 'stale' : ''}"
      aria-label=${t('Details of the kernel')}
    >
      <div class="detail-head">
        <h2>${value ? shortName(value.row.name, 60) : t('Kernel')}</h2>
        ${iconButton('close', t('Close the details'), () => app.select(undefined))}
      </div>
      ${
        query.failure
          ? failed(query.failure.message)
          : value
            ? this.renderDetail(value, key)
            : query.pending
              ? skeleton(8)
              : html`<p class="quiet">${t('This kernel is not in these results any more.')}</p>`
      }
    </aside>`;
  }

  private renderDetail(detail: NcuKernelDetail, key: string): TemplateResult {
    const { app } = this;
    const { row, bound } = detail;
    return html`<p class="full-name">${row.name}</p>
      <div class="actions">
        ${button(t('Copy name'), () => app.copy(row.name), { icon: 'copy' })}
      </div>
      ${facts([
        {
          name: t('Held by'),
          value: html`${swatch(boundMark(row.bound))}${boundLabel(row.bound)}`,
        },
        {
          name: t('Component'),
          value: html`${swatch(componentMark(row.component))}${componentLabel(row.component)}`,
        },
        {
          name: t('Launches'),
          value:
            row.grid && row.block
              ? t(
                  '{0}, grid {1}, block {2}',
                  formatCount(row.launches),
                  row.grid.join('×'),
                  row.block.join('×'),
                )
              : formatCount(row.launches),
        },
        ...(row.timeline
          ? [
              {
                name: t('On the timeline'),
                value: t(
                  '{0} of prefill, {1} of decode, {2} in all, {3} launches',
                  formatShare(row.timeline.phases.prefill.share),
                  formatShare(row.timeline.phases.decode.share),
                  formatTime(row.timeline.total),
                  formatCount(row.timeline.instances),
                ),
              },
            ]
          : []),
      ])}
      ${section(t('What limits this kernel'), reasons(bound.because, detail))}
      ${bound.moves.length > 0 ? section(t('What would move it'), reasons(bound.moves, detail)) : nothing}
      ${renderStalls(detail)} ${renderRules(detail.rules)} ${renderFigures(detail)}
      ${renderWork(detail)} ${section(t('All metrics'), this.renderMetrics(key))}`;
  }

  private renderMetrics(key: string): TemplateResult {
    const { app } = this;
    const { grouping, metricFilter: filter } = app.state;
    const version = JSON.stringify([app.revision, grouping, key, filter]);
    if (this.source?.version !== version) {
      this.source = {
        version,
        load: ({ sort, offset, limit, signal }) =>
          app.client.call(
            'ncuMetrics',
            { grouping, key, filter, sort: sort as never, offset, limit },
            signal,
          ),
      };
    }
    return html`<pm-table
      class="launches"
      .app=${app}
      name="ncuMetrics"
      label=${t('Metrics of this kernel')}
      .columns=${this.columns}
      .source=${this.source}
      .rowKey=${(row: NcuMetricRow) => row.key}
      .exported=${(sort: Sort | undefined) => ({
        table: 'ncuMetrics',
        grouping,
        key,
        filter,
        sort,
      })}
      .tools=${html`<pm-filter
        .value=${filter}
        .label=${t('Search metrics')}
        .fields=${NCU_METRIC_FIELDS}
        .onFilter=${(text: string) => app.update({ metricFilter: text })}
      ></pm-filter>`}
      .empty=${emptyState(app, { why: t('No metric of this kernel passes the filter.') })}
    ></pm-table>`;
  }
}

/** Sentences, each with the figures it rests on; hovering a figure shows its formula. */
function reasons(list: readonly Reason[], { formulas }: NcuKernelDetail): TemplateResult {
  const formulaOf = new Map<string, string>(
    formulas.map(({ figure, formula }) => [figure, formula]),
  );
  return html`<ul class="reasons">
    ${list.map(
      ({ text, figures }) =>
        html`<li>
          ${text}
          ${figures.map(
            ({ name, value }) =>
              html`<span class="chip figures" title=${formulaOf.get(name) ?? nothing}
                >${figureLabel(name)} ${figureText(name, value)}</span
              > `,
          )}
        </li>`,
    )}
  </ul>`;
}

function renderStalls({ stalls }: NcuKernelDetail): unknown {
  const shown = stalls.filter(({ share }) => share >= STALL_SHARE);
  if (shown.length === 0) return nothing;
  const cycles = shown.some((stall) => stall.cycles !== undefined);
  return section(
    t('What its warps wait for'),
    html`<table class="mini">
      <thead>
        <tr>
          <th scope="col">${t('Stall')}</th>
          <th scope="col">${t('Share')}</th>
          ${cycles ? html`<th scope="col" class="number">${t('Cycles')}</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (stall) =>
            html`<tr>
              <td>${stall.reason.replaceAll('_', ' ')}</td>
              <td>${shareCell(stall.share)}</td>
              ${cycles ? html`<td class="number">${formatNumber(stall.cycles)}</td>` : nothing}
            </tr>`,
        )}
      </tbody>
    </table>`,
    { note: cycles ? t('cycles between two instructions of a warp') : t('of the samples') },
  );
}

function renderRules(rules: readonly Rule[]): unknown {
  if (rules.length === 0) return nothing;
  return section(
    t('What Nsight Compute says'),
    html`<ul class="rules">
      ${rules.map(
        (rule) =>
          html`<li>
            <span class="chip">${rule.section || rule.rule}</span>
            ${
              rule.speedup === undefined
                ? nothing
                : html`<span class="chip"
                    >${t('estimated speed-up {0}', formatShare(rule.speedup))}${
                      rule.speedupType ? ` (${rule.speedupType})` : nothing
                    }</span
                  >`
            }
            ${
              rule.launches > 1
                ? html`<span class="quiet"
                    >${plural(rule.launches, 'in {0} launch', 'in {0} launches', rule.launches)}</span
                  >`
                : nothing
            }
            <p>${rule.text}</p>
          </li>`,
      )}
    </ul>`,
  );
}

function renderFigures({ row, formulas }: NcuKernelDetail): unknown {
  return section(
    t('Figures'),
    html`<table class="mini figures-table">
      <tbody>
        ${formulas.map(
          ({ figure, formula }) =>
            html`<tr>
              <td>${figureLabel(figure)}</td>
              <td class="number">${figureText(figure, row.figures[figure])}</td>
              <td class="quiet" title=${formula}><code>${formula}</code></td>
            </tr>`,
        )}
        ${
          row.occupancyLimits.length > 0
            ? html`<tr>
                <td>${t('Occupancy limited by')}</td>
                <td class="number">${row.occupancyLimits.join(', ')}</td>
                <td class="quiet"><code>launch__occupancy_limit_*</code></td>
              </tr>`
            : nothing
        }
      </tbody>
    </table>`,
    { note: row.launches > 1 ? t('medians over its launches') : undefined },
  );
}

function renderWork({ work }: NcuKernelDetail): unknown {
  if (work.length === 0) return nothing;
  return section(
    t('Floating-point operations'),
    html`<table class="mini figures-table">
      <tbody>
        ${work.map(
          ({ precision, flops, formula }) =>
            html`<tr>
              <td>${roofLabel(precision)}</td>
              <td class="number">${formatNumber(flops)}</td>
              <td class="quiet" title=${formula}><code>${formula}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>`,
    { note: t('of the launch of median duration') },
  );
}
