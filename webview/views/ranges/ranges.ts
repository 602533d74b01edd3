/** NVTX ranges: what the program said it was doing, on the CPU and projected to the GPU. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import type { RangeNode } from '../../../src/analysis/ranges';
import { RANGE_FIELDS } from '../../../src/protocol/filter';
import type { Sort } from '../../../src/protocol/requests';
import { formatCount, formatTime, shortenMiddle } from '../../../src/profile/format';
import { failureOf, isCancelled } from '../../client';
import { plural, t } from '../../strings';
import { choices, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource } from '../../ui/data-table';
import '../../ui/filter-box';
import type { FilterBox } from '../../ui/filter-box';
import { emptyState, failed, lead } from '../../ui/parts';
import { View } from '../view';
import { rangeColumns, treeColumns } from './columns';
import { RangeTree, type TreeRow } from './range-tree';

/** Of a name in a sentence, in characters. */
const LONGEST_NAME = 80;

@customElement('pm-ranges')
export class RangesView extends View {
  private readonly columns = rangeColumns();
  private readonly treeColumns = treeColumns(this.columns);
  private flat?: TableSource<RangeNode>;
  private tree?: {
    readonly version: string;
    readonly tree: RangeTree;
    source: TableSource<TreeRow>;
  };
  private readonly open = new Set<number>();
  private failure = '';
  private abort?: AbortController;
  /** What the first line says, from the latest answer. */
  private told?: { readonly total: number; readonly heaviest?: RangeNode };
  @query('pm-filter') private filter?: FilterBox;

  focusFilter(): void {
    this.filter?.focus();
  }

  protected override render(): unknown {
    const { app } = this;
    if (!app.has('complete')) {
      return html`<div class="view fill">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(12)}
      </div>`;
    }
    const { rangeFilter: filter, rangesFlat } = app.state;
    // A filter looks at all depths: what it finds would be hidden in closed branches.
    const flat = rangesFlat || filter !== '';
    return html`<div class="view fill">
      ${lead(this.told ? this.answer(this.told) : skeleton(1))}
      ${this.failure ? failed(this.failure) : nothing}
      ${flat ? this.renderFlat(filter) : this.renderTree()}
    </div>`;
  }

  private renderTools(): TemplateResult {
    const { app } = this;
    return html`<pm-filter
        .value=${app.state.rangeFilter}
        .label=${t('Filter ranges')}
        .fields=${RANGE_FIELDS}
        .onFilter=${(text: string) => app.update({ rangeFilter: text })}
      ></pm-filter>
      ${choices<'tree' | 'flat'>(
        t('Show as'),
        app.state.rangesFlat || app.state.rangeFilter !== '' ? 'flat' : 'tree',
        [
          ['tree', t('tree')],
          ['flat', t('by name')],
        ],
        (shape) =>
          app.update(
            shape === 'flat' ? { rangesFlat: true } : { rangesFlat: false, rangeFilter: '' },
          ),
      )}`;
  }

  private renderFlat(filter: string): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const subject = JSON.stringify([scope, filter]);
    const version = JSON.stringify(['flat', app.revision, subject]);
    if (this.flat?.version !== version) {
      this.flat = {
        version,
        subject,
        load: async ({ sort, offset, limit, signal }) => {
          const page = await app.client.call(
            'ranges',
            { scope, filter, flat: true, sort: sort as never, offset, limit },
            signal,
          );
          if (offset === 0) {
            const first = byGpuTime(sort) ? page.rows[0] : undefined;
            this.told = { total: page.matched, heaviest: first };
            this.requestUpdate();
          }
          return page;
        },
      };
    }
    return html`<pm-table
      class="fill"
      .app=${app}
      name="ranges-flat"
      label=${t('Ranges by name')}
      .columns=${this.columns}
      .source=${this.flat}
      .defaultSort=${{ column: 'gpuBusy', descending: true }}
      .rowKey=${(row: RangeNode) => `${row.domain}/${row.name}`}
      .exported=${(sort: Sort | undefined) => ({ table: 'ranges', scope, filter, flat: true, sort })}
      .tools=${this.renderTools()}
      .empty=${this.renderEmpty(filter)}
    ></pm-table>`;
  }

  private renderTree(): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const sort = app.table('ranges').sort ?? { column: 'gpuBusy', descending: true };
    const version = JSON.stringify(['tree', app.revision, scope, sort]);
    if (this.tree?.version !== version) this.startTree(version, sort);
    const { tree, source } = this.tree!;
    if (!tree.loaded) return html`${skeleton(12)}`;
    return html`<pm-table
      class="fill"
      .app=${app}
      name="ranges"
      label=${t('Ranges as a tree')}
      .columns=${this.treeColumns}
      .source=${source}
      .defaultSort=${{ column: 'gpuBusy', descending: true }}
      .rowKey=${(row: TreeRow) => (row.kind === 'range' ? `range ${row.node.id}` : `more ${row.parent ?? ''}`)}
      .tree=${{
        level: (row: TreeRow) => row.depth,
        expanded: (row: TreeRow) => tree.isOpen(row),
        toggle: (row: TreeRow) => void this.toggle(tree, row),
      }}
      .onOpen=${(row: TreeRow) => {
        if (row.kind === 'more' || row.node.children > 0) void this.toggle(tree, row);
      }}
      .exported=${(chosen: Sort | undefined) => ({
        table: 'ranges',
        scope,
        filter: '',
        flat: false,
        sort: chosen,
      })}
      .tools=${this.renderTools()}
      .empty=${this.renderEmpty('')}
    ></pm-table>`;
  }

  private startTree(version: string, sort: Sort): void {
    const { app } = this;
    const { scope } = app;
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const tree = new RangeTree(
      async (parent, offset, limit) => {
        const page = await app.client.call(
          'ranges',
          { scope, filter: '', flat: false, parent, sort: sort as never, offset, limit },
          signal,
        );
        if (parent === undefined && offset === 0) {
          const heaviest = page.rows.reduce<RangeNode | undefined>(
            (most, row) => (most && (most.gpuBusy ?? 0) >= (row.gpuBusy ?? 0) ? most : row),
            undefined,
          );
          const shown = page.rows.length === page.matched || byGpuTime(sort);
          this.told = { total: page.total, heaviest: shown ? heaviest : undefined };
        }
        return page;
      },
      () => {
        if (this.tree?.tree !== tree) return;
        this.tree.source = this.treeSource(tree, version);
        this.requestUpdate();
      },
      this.open,
    );
    this.failure = '';
    this.tree = { version, tree, source: this.treeSource(tree, version) };
    tree.start().catch((error: unknown) => this.fail(error));
  }

  /** Rows are already in order: sorting is done where the children come from. */
  private treeSource(tree: RangeTree, subject: string): TableSource<TreeRow> {
    const { rows } = tree;
    return {
      version: `${subject} ${this.versions++}`,
      subject,
      load: ({ offset, limit }) =>
        Promise.resolve({
          rows: rows.slice(offset, offset + limit),
          offset,
          matched: rows.length,
          total: rows.length,
        }),
    };
  }
  private versions = 0;

  private async toggle(tree: RangeTree, row: TreeRow): Promise<void> {
    try {
      await tree.toggle(row);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (isCancelled(error)) return;
    this.failure = failureOf(error).message;
    this.requestUpdate();
  }

  private renderEmpty(filter: string): TemplateResult {
    const { app } = this;
    if (filter !== '') {
      return emptyState(app, {
        why: t('No range passes the filter.'),
        action: { label: t('Clear the filter'), run: () => app.update({ rangeFilter: '' }) },
      });
    }
    if (app.state.narrowed.length > 0) {
      return emptyState(app, {
        why: t('No range lies in this scope.'),
        action: { label: t('Widen the scope'), run: () => app.widen() },
      });
    }
    if (app.status?.format === 'torch') {
      return emptyState(app, {
        why: t('No annotations in this trace. vLLM writes one for each step with this option.'),
        remedy: '--profiler-config.profiler torch',
      });
    }
    return emptyState(app, {
      why: t('No NVTX ranges in this profile. Trace nvtx, and start vLLM so that it writes them.'),
      remedy: '--profiler-config.profiler cuda',
      profile: app.status?.format === 'nsys',
    });
  }

  private answer({ total, heaviest }: { total: number; heaviest?: RangeNode }): string {
    if (total === 0) return t('No ranges to show.');
    const flat = this.app.state.rangesFlat || this.app.state.rangeFilter !== '';
    const count = flat
      ? plural(total, '{0} range name.', '{0} range names.', formatCount(total))
      : plural(
          total,
          '{0} range at the top level.',
          '{0} ranges at the top level.',
          formatCount(total),
        );
    if (!heaviest) return count;
    if (heaviest.gpuBusy === undefined) {
      return `${count} ${t('No work on a GPU was recorded.')}`;
    }
    if (heaviest.gpuBusy === 0) {
      return `${count} ${t('No work on a GPU was launched inside them in this scope.')}`;
    }
    return `${t(
      '“{0}” keeps the GPU busy longest: {1}, for {2} on the CPU.',
      shortenMiddle(heaviest.name, LONGEST_NAME),
      formatTime(heaviest.gpuBusy),
      formatTime(heaviest.cpuTotal),
    )} ${count}`;
  }
}

/** Whether the range that launched most comes first. */
const byGpuTime = (sort: Sort | undefined): boolean =>
  sort?.column === 'gpuBusy' && sort.descending;
