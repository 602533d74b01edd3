/** Every profiled kernel: what it uses of the machine, and what holds it back. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { ReportOverview } from '../../../src/analysis/ncu/overview';
import type { ReportGrouping } from '../../../src/analysis/ncu/report';
import type { NcuTableRow } from '../../../src/protocol/ncu';
import { NCU_KERNEL_FIELDS } from '../../../src/protocol/ncu-filter';
import type { Sort } from '../../../src/protocol/requests';
import { t } from '../../strings';
import { checkbox, dropdown, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource, Tree } from '../../ui/data-table';
import '../../ui/filter-box';
import type { FilterBox } from '../../ui/filter-box';
import { emptyState, lead } from '../../ui/parts';
import { View } from '../../views/view';
import type { NcuApp } from '../app';
import { boundsSentence } from '../roofline/answer';
import { kernelColumns } from './columns';
import './detail';

@customElement('pm-ncu-kernels')
export class NcuKernelsView extends View<NcuApp> {
  @property({ attribute: false }) overview?: ReportOverview;
  private source?: TableSource<NcuTableRow>;
  @query('pm-filter') private filterBox?: FilterBox;

  focusFilter(): void {
    this.filterBox?.focus();
  }

  private get linked(): boolean {
    const { link } = this.app.status ?? {};
    return link !== undefined && link.failure === undefined;
  }

  protected override render(): unknown {
    const { kernel } = this.app.state;
    return html`<div class="view fill">
      ${
        this.overview
          ? lead(boundsSentence(this.overview))
          : html`<div class="lead">${skeleton(1)}</div>`
      }
      <div class="split ${kernel === undefined ? '' : 'open'}">
        <div class="split-main">${this.renderTable()}</div>
        ${
          kernel === undefined
            ? nothing
            : html`<pm-ncu-kernel-detail
                .app=${this.app}
                ?active=${this.active}
              ></pm-ncu-kernel-detail>`
        }
      </div>
    </div>`;
  }

  private renderTable(): TemplateResult {
    const { app, linked } = this;
    const { grouping, filter, byComponent, folded } = app.state;
    const subject = JSON.stringify([grouping, filter, byComponent]);
    const version = JSON.stringify([app.revision, subject, byComponent && folded]);
    if (this.source?.version !== version) {
      this.source = {
        version,
        subject,
        load: ({ sort, offset, limit, signal }) =>
          app.client.call(
            'ncuKernels',
            { grouping, filter, byComponent, folded, sort: sort as never, offset, limit },
            signal,
          ),
      };
    }
    return html`<pm-table
      class="fill"
      .app=${app}
      name="ncuKernels"
      label=${t('Profiled kernels')}
      .columns=${kernelColumns(linked)}
      .source=${this.source}
      .defaultSort=${{ column: linked ? 'decodeShare' : 'share', descending: true }}
      .rowKey=${(row: NcuTableRow) => row.key}
      .tree=${byComponent ? this.tree : undefined}
      openOnClick
      .onOpen=${(row: NcuTableRow) => this.open(row)}
      .exported=${(sort: Sort | undefined) => ({ table: 'ncuKernels', grouping, filter, sort })}
      .tools=${this.renderTools(grouping, filter, byComponent)}
      .empty=${
        filter === ''
          ? emptyState(app, { why: t('No kernel in these results.') })
          : emptyState(app, {
              why: t('No kernel passes the filter.'),
              action: { label: t('Clear the filter'), run: () => app.update({ filter: '' }) },
            })
      }
    ></pm-table>`;
  }

  private readonly tree: Tree<NcuTableRow> = {
    level: (row) => (row.heading === undefined ? 1 : 0),
    expanded: (row) =>
      row.heading === undefined ? undefined : !this.app.state.folded.includes(row.component),
    toggle: (row) => this.app.fold(row.component),
  };

  private renderTools(
    grouping: ReportGrouping,
    filter: string,
    byComponent: boolean,
  ): TemplateResult {
    const { app } = this;
    return html`<pm-filter
        .value=${filter}
        .label=${t('Filter kernels')}
        .fields=${NCU_KERNEL_FIELDS}
        .onFilter=${(text: string) => app.update({ filter: text })}
      ></pm-filter>
      ${dropdown<ReportGrouping>(
        t('Group by'),
        grouping,
        [
          ['kernel', t('kernel')],
          ['geometry', t('grid × block')],
          ['launch', t('launch')],
        ],
        (next) => app.group(next),
      )}
      ${checkbox(t('By component'), byComponent, (next) => app.update({ byComponent: next }))}`;
  }

  private open(row: NcuTableRow): void {
    if (row.heading === undefined) this.app.select(row.key);
    else this.app.fold(row.component);
  }
}
