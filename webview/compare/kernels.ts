/** Every kernel of both sides: matched, renamed, new, gone. */
import { html, nothing } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import type { ComparisonDocument, DocumentKernel, Per } from '../../src/analysis/compare';
import { COMPARED_KERNEL_FIELDS } from '../../src/protocol/compare';
import { compileFilter, parseFilter, type FilterAccess } from '../../src/protocol/filter';
import type { Sort } from '../../src/protocol/requests';
import { formatCount } from '../../src/profile/format';
import { plural, t } from '../strings';
import '../ui/data-table';
import '../ui/filter-box';
import type { FilterBox } from '../ui/filter-box';
import { sortRows } from '../ui/pages';
import { emptyState } from '../ui/parts';
import { View } from '../views/view';
import type { CompareApp } from './app';
import { kernelColumns } from './columns';
import { verdictChoice } from './words';

const ACCESS: FilterAccess<DocumentKernel> = {
  text: (row, field) => {
    switch (field) {
      case 'component':
        return row.component ?? undefined;
      case 'kind':
        return row.kind;
      case 'verdict':
        return verdictChoice(row.verdict);
      default:
        return row.formerName === null ? row.name : `${row.name}\n${row.formerName}`;
    }
  },
  number: (row, field) => {
    switch (field) {
      case 'change':
        return row.time?.change === null || !row.time ? undefined : row.time.change / 100;
      case 'added':
        return row.delta * 1e6;
      default:
        return row.share;
    }
  },
};

@customElement('pm-compare-kernels')
export class ComparedKernelsView extends View<CompareApp> {
  @query('pm-filter') private filterBox?: FilterBox;
  private kept?: {
    readonly comparison: ComparisonDocument;
    readonly filter: string;
    readonly rows: readonly DocumentKernel[];
  };

  focusFilter(): void {
    this.filterBox?.focus();
  }

  protected override render(): unknown {
    const { app } = this;
    const { comparison } = app;
    if (!comparison) return nothing;
    const { filter } = app.state;
    const columns = kernelColumns(
      comparison.kernels.some(({ kind }) => kind === 'renamed'),
      comparison.per === 'launch',
    );
    const rows = this.rowsOf(comparison, filter);
    const value = (row: DocumentKernel, id: string) =>
      columns.find((column) => column.id === id)?.value(row);
    return html`<div class="view fill">
      <p class="quiet">${counts(comparison)}</p>
      <pm-table
        class="fill"
        .app=${app}
        name="comparedKernels"
        label=${t('Compared kernels')}
        .columns=${columns}
        .source=${this.local('kernels', rows, columns)}
        .rowKey=${(row: DocumentKernel) => row.name}
        .onOpen=${(row: DocumentKernel) => app.openKernel(row)}
        .allRows=${(sort: Sort | undefined) => (sort ? sortRows(rows, sort, value) : rows)}
        .tools=${html`<pm-filter
          .value=${filter}
          .label=${t('Filter kernels')}
          .fields=${COMPARED_KERNEL_FIELDS}
          .onFilter=${(text: string) => app.update({ filter: text })}
        ></pm-filter>`}
        .empty=${
          filter === ''
            ? emptyState(app, { why: t('Neither side names its kernels.') })
            : emptyState(app, {
                why: t('No kernel passes the filter.'),
                action: { label: t('Clear the filter'), run: () => app.update({ filter: '' }) },
              })
        }
      ></pm-table>
    </div>`;
  }

  private rowsOf(comparison: ComparisonDocument, filter: string): readonly DocumentKernel[] {
    if (this.kept?.comparison === comparison && this.kept.filter === filter) return this.kept.rows;
    const parsed = parseFilter(filter, COMPARED_KERNEL_FIELDS);
    const passes = parsed.ok ? compileFilter(parsed.filter, ACCESS) : undefined;
    const rows = passes ? comparison.kernels.filter(passes) : comparison.kernels;
    this.kept = { comparison, filter, rows };
    return rows;
  }
}

function timesLabel(per: Per): string {
  switch (per) {
    case 'step':
      return t('times per engine step');
    case 'run':
      return t('times over the whole run');
    case 'launch':
      return t('times of the median launch under Nsight Compute');
  }
}

function counts({ kernels, kernelCount, per }: ComparisonDocument): string {
  const of = (kind: DocumentKernel['kind']) => kernels.filter((row) => row.kind === kind).length;
  const parts = [
    plural(of('same'), '{0} kernel in both', '{0} kernels in both', formatCount(of('same'))),
    of('renamed') > 0 && t('{0} renamed by tile or schedule', formatCount(of('renamed'))),
    of('new') > 0 && t('{0} new', formatCount(of('new'))),
    of('gone') > 0 && t('{0} gone', formatCount(of('gone'))),
    kernelCount > kernels.length &&
      t('the first {0} of {1} are listed', formatCount(kernels.length), formatCount(kernelCount)),
    timesLabel(per),
    t('Enter opens the run at the kernel'),
  ];
  return parts.filter((part) => part !== false).join(' · ');
}
