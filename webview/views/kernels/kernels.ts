/** Every kernel, or what kernels are grouped by: where the GPU's time went. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import type { KernelGrouping, KernelRow } from '../../../src/analysis/kernels';
import { KERNEL_FIELDS, LINKED_FIELDS } from '../../../src/protocol/filter';
import type { LinkedKernelRow, Page, Sort } from '../../../src/protocol/requests';
import { formatCount, formatShare, formatTime } from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { kernelTitle } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';
import { button, dropdown, icon, iconButton, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource } from '../../ui/data-table';
import '../../ui/filter-box';
import type { FilterBox } from '../../ui/filter-box';
import { componentLabel, componentMark, markStyle, swatch } from '../../ui/marks';
import { styled } from '../../ui/styled';
import { emptyState, lead, warning } from '../../ui/parts';
import type { Component } from '../../../src/analysis/components';
import { View } from '../view';
import { kernelColumns, linkedColumns } from './columns';
import './detail';

/** Beside its time and count, where they are seen without scrolling. */
const LINKED_AT = 4;
const UNLINKED_FIELDS = KERNEL_FIELDS.filter((field) => !LINKED_FIELDS.includes(field));

@customElement('pm-kernels')
export class KernelsView extends View {
  private readonly columns = kernelColumns();
  private readonly withLinked: readonly Column<LinkedKernelRow>[] = [
    ...kernelColumns().slice(0, LINKED_AT),
    ...linkedColumns(),
    ...kernelColumns().slice(LINKED_AT),
  ];
  private source?: TableSource<KernelRow>;
  private head?: Page<KernelRow>;
  private heaviest?: KernelRow;
  @query('pm-filter') private filter?: FilterBox;

  focusFilter(): void {
    this.filter?.focus();
  }

  protected override render(): unknown {
    const { app } = this;
    const { grouping, kernel } = app.state;
    const ready = app.has('kernels');
    return html`<div class="view fill">
      ${this.head ? lead(this.answer(this.head)) : html`<div class="lead">${skeleton(1)}</div>`}
      ${this.renderHidden()} ${this.renderStrip()}
      <div class="split ${kernel === undefined ? '' : 'open'}">
        <div class="split-main">${ready ? this.renderTable(grouping) : skeleton(12)}</div>
        ${
          kernel === undefined
            ? nothing
            : html`<pm-kernel-detail .app=${app} ?active=${this.active}></pm-kernel-detail>`
        }
      </div>
    </div>`;
  }

  /** What no row can show: kernels of graphs that were traced as a whole, or not at all. */
  private renderHidden(): unknown {
    const { app } = this;
    if (!app.has('complete')) return nothing;
    const { value } = this.ask('graphs', { scope: app.scope });
    if (!value || value.mode === 'none' || value.mode === 'node') return nothing;
    const flag = '--cuda-graph-trace=node';
    return warning(
      html`${
          value.mode === 'hidden'
            ? t('Kernels that ran in CUDA graphs are not in this capture, so not in this table.')
            : value.coverage === undefined
              ? t('CUDA graphs were traced as a whole: their kernels are not in this table.')
              : t(
                  '{0} of the GPU’s kernel and graph time is in CUDA graphs that were traced as a whole: their kernels are not in this table.',
                  formatShare(value.coverage),
                )
        } <code>${flag}</code> ${iconButton('copy', t('Copy'), () => app.copy(flag))}`,
    );
  }

  /** All GPU time in scope as one bar of components; each narrows the table. */
  private renderStrip(): unknown {
    const { app } = this;
    const query = this.ask('components', { scope: app.scope });
    const parts = query.value?.filter((part) => part.total > 0);
    if (!parts) return html`<div class="strip">${skeleton(1)}</div>`;
    const chosen = /(?:^|\s)component:(\w+)/.exec(app.state.kernelFilter)?.[1];
    const pick = (component: Component) => {
      const rest = app.state.kernelFilter.replace(/(?:^|\s)component:\w+/, '').trim();
      app.filterKernels(
        chosen === component ? rest : [rest, `component:${component}`].join(' ').trim(),
      );
    };
    return html`<div class="strip" role="group" aria-label=${t('GPU time by component')}>
      ${[...parts]
        .sort((a, b) => b.total - a.total)
        .map((part) => {
          const label = componentLabel(part.component);
          return html`<button
            type="button"
            class=${chosen && chosen !== part.component ? 'faded' : ''}
            aria-pressed=${chosen === part.component}
            title="${label}: ${formatShare(part.share)}, ${formatTime(part.total)}"
            ${styled({ 'flex-grow': String(Math.max(0.001, part.share)) })}
            @click=${() => pick(part.component)}
          >
            <span
              class="strip-bar mark"
              data-pattern=${componentMark(part.component).pattern}
              ${markStyle(componentMark(part.component))}
            ></span>
            <span class="strip-label">${swatch(componentMark(part.component))}${label}</span>
            <span class="strip-share">${formatShare(part.share)}</span>
          </button>`;
        })}
    </div>`;
  }

  private renderTable(grouping: KernelGrouping): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const { kernelFilter: filter } = app.state;
    const subject = JSON.stringify([scope, grouping, filter]);
    const version = JSON.stringify([app.revision, subject]);
    if (this.source?.version !== version) {
      this.source = {
        version,
        subject,
        load: async ({ sort, offset, limit, signal }) => {
          const page = await app.client.call(
            'kernels',
            { scope, grouping, filter, sort: sort as never, offset, limit },
            signal,
          );
          if (offset === 0) {
            this.head = page;
            this.heaviest = heaviest(page, sort);
            this.requestUpdate();
          }
          return page;
        },
      };
    }
    return html`<pm-table
      class="fill"
      .app=${app}
      name="kernels"
      label=${t('Kernels')}
      .columns=${this.linked ? this.withLinked : this.columns}
      .source=${this.source}
      .defaultSort=${{ column: 'total', descending: true }}
      .rowKey=${(row: KernelRow) => row.key}
      openOnClick
      .shareOf=${t('of kernel time')}
      .onOpen=${(row: KernelRow) => this.open(row)}
      .onSelect=${(row: KernelRow) => {
        if (app.state.kernel !== undefined) app.update({ kernel: row.key });
      }}
      .exported=${(sort: Sort | undefined) => ({ table: 'kernels', scope, grouping, filter, sort })}
      .tools=${this.renderTools(grouping, filter)}
      .empty=${this.renderEmpty(filter)}
    ></pm-table>`;
  }

  private renderTools(grouping: KernelGrouping, filter: string): TemplateResult {
    const { app } = this;
    return html`<pm-filter
        .value=${filter}
        .label=${t('Filter kernels')}
        .fields=${this.linked ? KERNEL_FIELDS : UNLINKED_FIELDS}
        .onFilter=${(text: string) => app.filterKernels(text)}
      ></pm-filter>
      ${dropdown<KernelGrouping>(
        t('Group by'),
        grouping,
        [
          ['kernel', t('kernel')],
          ['shortName', t('short name')],
          ['geometry', t('grid × block')],
          ['component', t('component')],
        ],
        (next) => app.update({ grouping: next, kernel: undefined }),
      )}
      ${this.renderLink()}`;
  }

  private get linked(): boolean {
    const { link } = this.app.status ?? {};
    return link !== undefined && link.failure === undefined;
  }

  /** Nsight Compute results of the same kernels, beside this profile. */
  private renderLink(): unknown {
    const { app } = this;
    if (!app.has('complete')) return nothing;
    const { link } = app.status!;
    const act = (action: 'link' | 'unlink') => () => app.client.act({ kind: 'action', action });
    if (!link) return button(t('Link kernel metrics…'), act('link'), { icon: 'link' });
    const file = link.path.split(/[\\/]/).at(-1) ?? link.path;
    const why = link.byRun ? t('{0}: linked by the run’s folder', link.path) : link.path;
    return html`<span class="linked-file" title=${link.failure ?? why}
      >${icon(link.failure ? 'warning' : 'link')}<span class="clip"
        >${link.failure ? t('{0} can not be read', file) : file}</span
      >${iconButton('close', t('Unlink'), act('unlink'))}</span
    >`;
  }

  private open(row: KernelRow): void {
    const { app } = this;
    if (app.state.grouping === 'component') app.showComponent(row.component);
    else app.update({ kernel: row.key });
  }

  private renderEmpty(filter: string): TemplateResult {
    const { app } = this;
    if (filter !== '') {
      return emptyState(app, {
        why: t('No kernel in this scope passes the filter.'),
        action: { label: t('Clear the filter'), run: () => app.filterKernels('') },
      });
    }
    if (app.state.narrowed.length > 0) {
      return emptyState(app, {
        why: t('No kernel runs in this scope.'),
        action: { label: t('Widen the scope'), run: () => app.widen() },
      });
    }
    return emptyState(app, {
      why: t('No kernels in this profile: GPU work was not traced, or there was none.'),
      ...(app.status?.format === 'nsys' ? { remedy: '--trace=cuda,nvtx', profile: true } : {}),
    });
  }

  private answer(page: Page<KernelRow>): unknown {
    const { app } = this;
    if (page.matched === 0) return t('No kernels to show.');
    const { heaviest } = this;
    const name =
      heaviest &&
      (app.state.grouping === 'component'
        ? componentLabel(heaviest.component)
        : kernelTitle(heaviest.name));
    const first = name
      ? t('{0} takes most: {1} of kernel time.', name, formatShare(heaviest.share))
      : '';
    const count =
      app.state.grouping === 'kernel'
        ? plural(page.matched, '{0} kernel', '{0} kernels', formatCount(page.matched))
        : plural(page.matched, '{0} group', '{0} groups', formatCount(page.matched));
    const sum =
      page.matchedTime === undefined
        ? `${count}.`
        : t('{0}, {1} together.', count, formatTime(page.matchedTime));
    return html`${first}
    ${sum}${
      app.has('complete')
        ? nothing
        : html` <span class="quiet"
            >${t('Phases and launches follow once the rest is read.')}</span
          >`
    }`;
  }
}

/** Undefined where the first page does not show it. */
function heaviest(page: Page<KernelRow>, sort: Sort | undefined): KernelRow | undefined {
  const byTime = sort?.descending && (sort.column === 'total' || sort.column === 'share');
  if (byTime) return page.rows[0];
  if (page.rows.length < page.matched) return undefined;
  return page.rows.reduce<KernelRow | undefined>(
    (most, row) => (most && most.total >= row.total ? most : row),
    undefined,
  );
}
