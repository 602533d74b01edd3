/** Every figure that both sides have: phases, graphs, idle time, copies, the client's. */
import { html, nothing } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import type { ComparisonDocument, DocumentMetric } from '../../src/analysis/compare';
import { compileFilter, NAME_FIELDS, parseFilter } from '../../src/protocol/filter';
import type { Sort } from '../../src/protocol/requests';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import '../ui/filter-box';
import type { FilterBox } from '../ui/filter-box';
import { sortRows } from '../ui/pages';
import { emptyState, section } from '../ui/parts';
import { View } from '../views/view';
import type { CompareApp } from './app';
import { copyColumns, metricColumns } from './columns';
import { metricLabel, perLabel } from './words';

const COPY_ROWS = 10;

@customElement('pm-compare-figures')
export class ComparedFiguresView extends View<CompareApp> {
  @query('pm-filter') private filterBox?: FilterBox;
  private readonly columns: readonly Column<DocumentMetric>[] = metricColumns();
  private kept?: {
    readonly comparison: ComparisonDocument;
    readonly filter: string;
    readonly rows: readonly DocumentMetric[];
  };

  focusFilter(): void {
    this.filterBox?.focus();
  }

  protected override render(): unknown {
    const { app, columns } = this;
    const { comparison } = app;
    if (!comparison) return nothing;
    const { figureFilter } = app.state;
    const rows = this.rowsOf(comparison, figureFilter);
    const value = (row: DocumentMetric, id: string) =>
      columns.find((column) => column.id === id)?.value(row);
    return html`<div class="view fill">
      <p class="quiet">${comparison.method}</p>
      <pm-table
        class="fill"
        .app=${app}
        name="comparedFigures"
        label=${t('Compared figures')}
        .columns=${columns}
        .source=${this.local('figures', rows, columns)}
        .rowKey=${(row: DocumentMetric) => row.name}
        .allRows=${(sort: Sort | undefined) => (sort ? sortRows(rows, sort, value) : rows)}
        .tools=${html`<pm-filter
          .value=${figureFilter}
          .label=${t('Filter figures')}
          .fields=${NAME_FIELDS}
          .onFilter=${(text: string) => app.update({ figureFilter: text })}
        ></pm-filter>`}
        .empty=${emptyState(app, {
          why:
            figureFilter === ''
              ? t('The sides have no figure in common.')
              : t('No figure passes the filter.'),
          ...(figureFilter !== '' && {
            action: { label: t('Clear the filter'), run: () => app.update({ figureFilter: '' }) },
          }),
        })}
      ></pm-table>
      ${this.renderCopies(comparison)} ${this.renderMissing(comparison)}
    </div>`;
  }

  private renderCopies({ copies, per }: ComparisonDocument): unknown {
    if (copies === null || copies.length === 0) return nothing;
    const columns = copyColumns();
    return section(
      t('Copies and fills'),
      html`<pm-table
        .app=${this.app}
        name="comparedCopies"
        label=${t('Copies and fills')}
        .columns=${columns}
        .source=${this.local('copies', copies, columns)}
        .rowKey=${(row: (typeof copies)[number]) => `${row.operation} ${row.pageable}`}
        .allRows=${() => copies}
        maxRows=${COPY_ROWS}
      ></pm-table>`,
      { note: perLabel(per) },
    );
  }

  /** What the runs do not say, and what would have recorded it. */
  private renderMissing({ metrics }: ComparisonDocument): unknown {
    const has = (group: DocumentMetric['group']) => metrics.some((row) => row.group === group);
    const missing = [
      !has('client') &&
        t(
          'No client figures (TTFT, TPOT, ITL) on both sides: client.json of a load lies beside a run that has them.',
        ),
      !has('graphs') && t('No CUDA graph coverage on both sides.'),
    ].filter((text) => text !== false);
    if (missing.length === 0) return nothing;
    return html`<p class="quiet">${missing.join(' ')}</p>`;
  }

  private rowsOf(comparison: ComparisonDocument, filter: string): readonly DocumentMetric[] {
    if (this.kept?.comparison === comparison && this.kept.filter === filter) return this.kept.rows;
    const parsed = parseFilter(filter, NAME_FIELDS);
    const passes = parsed.ok
      ? compileFilter<DocumentMetric>(parsed.filter, {
          text: (row) => `${metricLabel(row)} ${row.name} ${row.group}`,
          number: () => undefined,
        })
      : undefined;
    const rows = passes ? comparison.metrics.filter(passes) : comparison.metrics;
    this.kept = { comparison, filter, rows };
    return rows;
  }
}
