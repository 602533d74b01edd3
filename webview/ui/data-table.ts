/**
 * A table of any length: rows come in pages as they are scrolled to, columns
 * sort, resize and hide, and everything works from the keyboard.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Sort } from '../../src/protocol/requests';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { Core } from '../core';
import { failureOf } from '../client';
import { plural, t } from '../strings';
import { shareCell } from './cell-parts';
import { cellText, exactText, rowAsText, unitOf, type Column, type Unit } from './cells';
import { ColumnWidths } from './column-widths';
import { icon, skeleton } from './controls';
import { Pages, type LoadPage } from './pages';
import { styled } from './styled';
import { tableMenus, type Exported } from './table-menus';
import {
  isScaled,
  maxTop,
  reveal,
  rowsAt,
  scrolledHeight,
  toScrolled,
  toVirtual,
  type Extent,
} from './virtual';

const ROW = 24;
const HEAD = 28;
const OVERSCAN = 8;

/** How rows hang together, for tables whose rows open into others. */
export interface Tree<Row> {
  level(row: Row): number;
  /** Undefined for a row that can not be opened. */
  expanded(row: Row): boolean | undefined;
  toggle(row: Row): void;
}

export interface TableSource<Row> {
  readonly load: LoadPage<Row>;
  /** Rows are asked for anew when this changes. */
  readonly version: string;
  /** Scrolls to the top when this changes; defaults to `version`. */
  readonly subject?: string;
}

@customElement('pm-table')
export class DataTable<Row = unknown> extends LitElement {
  @property({ attribute: false }) app!: Core;
  /** Under which its sort, widths and selection are kept. */
  @property() name = '';
  @property() label = '';
  @property({ attribute: false }) columns: readonly Column<Row>[] = [];
  @property({ attribute: false }) source?: TableSource<Row>;
  @property({ attribute: false }) defaultSort?: Sort;
  @property({ attribute: false }) rowKey: (row: Row) => string = () => '';
  @property({ attribute: false }) tree?: Tree<Row>;
  /** Enter or double click. */
  @property({ attribute: false }) onOpen?: (row: Row) => void;
  /** A click opens too. */
  @property({ type: Boolean }) openOnClick = false;
  @property({ attribute: false }) onSelect?: (row: Row) => void;
  @property({ attribute: false }) onHover?: (row: Row | undefined) => void;
  /** Key of a row to be shown as pointed at, e.g. from a chart. */
  @property() highlighted = '';
  /** The request that gives the whole table as text. */
  @property({ attribute: false }) exported?: (sort: Sort | undefined) => Exported;
  /** For a table whose rows are all here: all of them, in their order, for its text. */
  @property({ attribute: false }) allRows?: (sort: Sort | undefined) => readonly Row[];
  /** Tables that don't take all the height show at most so many rows. */
  @property({ type: Number }) maxRows = 0;
  @property({ attribute: false }) empty: unknown = nothing;
  /** Left in the bar above the table. */
  @property({ attribute: false }) tools: unknown = nothing;
  /** What the matched time is a share of: "of GPU time". */
  @property() shareOf = '';

  @query('.grid') private grid?: HTMLElement;
  @state() private active = -1;
  @state() private activeColumn = 0;

  private readonly widths = new ColumnWidths(this);
  private pages?: Pages<Row>;
  /** What is on screen while the rows of a new sort or filter are on their way. */
  private shown?: Pages<Row>;
  private asked = '';
  private subject = '';
  private units = new Map<string, Unit>();
  private unitsFor?: Pages<Row>;
  private top = 0;
  private viewport = 0;
  private restored = false;
  /** A row that was gone to and is still on its way. */
  private awaited = -1;
  private saveTimer = 0;
  private stopFollowing?: () => void;
  private readonly resize = new ResizeObserver(() => this.measure());

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopFollowing = this.app.subscribe(() => this.requestUpdate());
    if (this.hasUpdated && this.grid) this.resize.observe(this.grid);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopFollowing?.();
    this.resize.disconnect();
    this.pages?.dispose();
    this.asked = '';
    window.clearTimeout(this.saveTimer);
  }

  protected override firstUpdated(): void {
    this.resize.observe(this.grid!);
    this.grid!.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
  }

  private get sort(): Sort | undefined {
    return this.app.table(this.name).sort ?? this.defaultSort;
  }

  private get visible(): readonly Column<Row>[] {
    const { shown } = this.app.table(this.name);
    return this.columns.filter((column) => shown?.[column.id] ?? !column.hidden);
  }

  private get extent(): Extent {
    return { rows: this.shown?.matched ?? 0, rowHeight: ROW, viewport: this.viewport };
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const { source } = this;
    if (!source) return;
    const asked = JSON.stringify([this.name, source.version, this.sort]);
    if (asked === this.asked) return;
    this.asked = asked;
    this.pages?.dispose();
    const pages = new Pages(source.load, this.sort, () => this.arrived(pages));
    this.pages = pages;
    const subject = JSON.stringify([this.name, source.subject ?? source.version, this.sort]);
    if (subject !== this.subject) {
      if (this.subject !== '') {
        this.top = 0;
        this.active = -1;
      }
      this.subject = subject;
    }
    pages.want(0, 1);
  }

  private arrived(pages: Pages<Row>): void {
    if (pages !== this.pages) return;
    if (this.shown !== pages && (pages.head || pages.failure)) {
      this.shown = pages;
      const kept = this.app.table(this.name);
      if (!this.restored) {
        this.restored = true;
        this.top = (kept.top ?? 0) * ROW;
      }
      this.top = Math.min(this.top, Math.max(0, (pages.matched ?? 0) * ROW - this.viewport));
      this.findSelected();
    }
    const awaited = this.awaited >= 0 ? pages.row(this.awaited) : undefined;
    if (awaited !== undefined) this.select(this.awaited, awaited);
    this.requestUpdate();
  }

  /** The selected row may have moved, by a sort or a filter. */
  private findSelected(): void {
    const { selected } = this.app.table(this.name);
    if (selected === undefined || !this.pages?.head) return;
    const at = this.pages.head.rows.findIndex((row) => this.rowKey(row) === selected);
    if (at >= 0) this.active = at;
  }

  protected override updated(): void {
    const { grid } = this;
    if (!grid) return;
    const wanted = toScrolled(this.top, this.extent);
    if (Math.abs(grid.scrollTop - wanted) >= 1) grid.scrollTop = wanted;
    const [first, last] = rowsAt(this.top, this.extent, OVERSCAN);
    if (this.pages?.head && this.pages === this.shown && last > first) this.pages.want(first, last);
    this.measure();
  }

  private measure(): void {
    if (!this.grid) return;
    const viewport = Math.max(0, this.grid.clientHeight - HEAD);
    if (viewport === this.viewport) return;
    this.viewport = viewport;
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const { extent, visible } = this;
    const rows = extent.rows;
    const stale = this.shown !== this.pages;
    const lifted = this.maxRows > 0 && this.tools === nothing;
    return html`<div class="table-bar ${lifted ? 'lifted' : ''}">
        <div class="table-tools">${this.tools}</div>
        ${tableMenus({
          app: this.app,
          name: this.name,
          columns: this.columns,
          visible,
          sort: this.sort,
          exported: this.exported,
          allRows: this.allRows,
          changed: () => this.requestUpdate(),
        })}
      </div>
      <div
        class="grid ${stale ? 'stale' : ''} ${this.maxRows ? 'short' : ''}"
        role=${this.tree ? 'treegrid' : 'grid'}
        tabindex="0"
        aria-label=${this.label}
        aria-rowcount=${rows + 1}
        aria-colcount=${visible.length}
        aria-busy=${stale}
        aria-activedescendant=${this.active >= -1 ? this.cellId(this.active, this.activeColumn) : nothing}
        @scroll=${this.onScroll}
        @keydown=${this.onKey}
        @pointerleave=${() => this.onHover?.(undefined)}
        ${styled({
          '--columns': this.widths.template(visible),
          '--rows-width': `${this.widths.total(visible)}px`,
          height: this.maxRows
            ? `${HEAD + Math.max(1, Math.min(rows || (stale ? 3 : 1), this.maxRows)) * ROW + 12}px`
            : undefined,
        })}
      >
        ${this.renderHead(visible)} ${this.renderBody(visible)}
      </div>
      ${this.renderFoot()}`;
  }

  private cellId(row: number, column: number): string {
    return `${this.name}-${row}-${column}`;
  }

  private renderHead(columns: readonly Column<Row>[]): TemplateResult {
    const { sort } = this;
    return html`<div class="grid-row head" role="row" aria-rowindex="1">
      ${columns.map((column, at) => {
        const sorted = sort?.column === column.id;
        const unit = this.units.get(column.id);
        const focused = this.active === -1 && this.activeColumn === at;
        return html`<div
          id=${this.cellId(-1, at)}
          class="cell ${column.kind} ${focused ? 'active' : ''}"
          role="columnheader"
          aria-colindex=${at + 1}
          aria-sort=${sorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
          title=${column.hint ?? column.title}
          @click=${() => this.sortBy(column)}
        >
          <span class="heading"
            >${column.title}${unit ? html` <small>${unit}</small>` : nothing}</span
          >${sorted ? icon(sort.descending ? 'arrow-down' : 'arrow-up') : nothing}<span
            class="resizer"
            @click=${(event: Event) => event.stopPropagation()}
            @pointerdown=${(event: PointerEvent) => this.startResize(event, column)}
            @dblclick=${() => this.widths.reset(column)}
          ></span>
        </div>`;
      })}
    </div>`;
  }

  private renderBody(columns: readonly Column<Row>[]): unknown {
    const { shown, extent } = this;
    if (!shown) return html`<div class="grid-message">${skeleton(5)}</div>`;
    if (shown.failure && !shown.head) {
      return html`<div class="grid-message" role="alert">
        ${icon('error')} ${failureOf(shown.failure).message}
      </div>`;
    }
    if (extent.rows === 0) return html`<div class="grid-message">${this.empty}</div>`;
    if (this.unitsFor !== shown && shown.head) {
      this.units = new Map(
        this.columns.map((column) => [column.id, unitOf(column, shown.head!.rows, this.columns)]),
      );
      this.unitsFor = shown;
      // The headings carry the units and were drawn before this was known.
      queueMicrotask(() => this.requestUpdate());
    }
    const [first, last] = rowsAt(this.top, extent, OVERSCAN);
    const shift = toScrolled(this.top, extent) + first * ROW - this.top;
    const rows: TemplateResult[] = [];
    for (let at = first; at < last; at++) rows.push(this.renderRow(at, shown.row(at), columns));
    return html`<div
      class="grid-body"
      role="rowgroup"
      ${styled({ height: `${scrolledHeight(extent)}px` })}
    >
      <div class="grid-rows" role="presentation" ${styled({ transform: `translateY(${shift}px)` })}>
        ${rows}
      </div>
    </div>`;
  }

  private renderRow(
    at: number,
    row: Row | undefined,
    columns: readonly Column<Row>[],
  ): TemplateResult {
    if (row === undefined) {
      return html`<div class="grid-row pending" role="row" aria-rowindex=${at + 2}>
        <div class="cell" role="gridcell"><span class="hold"></span></div>
      </div>`;
    }
    const key = this.rowKey(row);
    const selected = this.app.table(this.name).selected === key && key !== '';
    const expanded = this.tree?.expanded(row);
    return html`<div
      class="grid-row ${selected ? 'selected' : ''} ${key === this.highlighted ? 'hovered' : ''}"
      role="row"
      aria-rowindex=${at + 2}
      aria-selected=${selected}
      aria-level=${this.tree ? this.tree.level(row) + 1 : nothing}
      aria-expanded=${expanded ?? nothing}
      @click=${(event: MouseEvent) => this.onRowClick(event, at, row)}
      @dblclick=${() => this.open(row)}
      @pointerenter=${() => this.onHover?.(row)}
    >
      ${columns.map((column, index) => this.renderCell(at, row, column, index))}
    </div>`;
  }

  private renderCell(at: number, row: Row, column: Column<Row>, index: number): TemplateResult {
    const active = at === this.active && index === this.activeColumn;
    const indent = this.tree && index === 0 ? this.renderTwist(row) : nothing;
    return html`<div
      id=${this.cellId(at, index)}
      class="cell ${column.kind} ${active ? 'active' : ''}"
      role="gridcell"
      aria-colindex=${index + 1}
      data-column=${index}
      title=${exactText(column, row)}
    >
      ${indent}${
        column.display
          ? column.display(row)
          : column.kind === 'share'
            ? shareCell(column.value(row) as number | undefined)
            : html`<span class="clip">${cellText(column, row, this.units.get(column.id))}</span>`
      }
    </div>`;
  }

  private renderTwist(row: Row): TemplateResult {
    const expanded = this.tree!.expanded(row);
    return html`<span
      class="twist"
      ${styled({ 'margin-inline-start': `${this.tree!.level(row) * 14}px` })}
      @click=${(event: Event) => {
        if (expanded === undefined) return;
        event.stopPropagation();
        this.tree!.toggle(row);
      }}
      >${expanded === undefined ? nothing : icon(expanded ? 'chevron-down' : 'chevron-right')}</span
    >`;
  }

  private renderFoot(): unknown {
    const { shown } = this;
    // Of a tree, rows are what happens to be open: no figure anyone asks for.
    if (!shown?.head || this.maxRows || this.tree) return nothing;
    const { matched = 0, total = 0, head } = shown;
    const parts = [
      matched === total
        ? plural(total, '{0} row', '{0} rows', formatCount(total))
        : t('{0} of {1} rows', formatCount(matched), formatCount(total)),
    ];
    if (head.matchedTime !== undefined) parts.push(formatTime(head.matchedTime));
    if (head.matchedShare !== undefined)
      parts.push(`${formatShare(head.matchedShare)} ${this.shareOf}`);
    return html`<div class="table-foot" role="status">${parts.join(' · ')}</div>`;
  }

  // What the person does

  private sortBy(column: Column<Row>): void {
    if (column.sortable === false) return;
    const { sort } = this;
    const descending = sort?.column === column.id ? !sort.descending : column.kind !== 'text';
    this.app.setTable(this.name, { sort: { column: column.id, descending } });
    this.requestUpdate();
  }

  private startResize(event: PointerEvent, column: Column<Row>): void {
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    const from = event.clientX;
    const { width } = handle.parentElement!.getBoundingClientRect();
    const move = (now: PointerEvent) => this.widths.dragTo(column, width + now.clientX - from);
    const end = () => {
      handle.removeEventListener('pointermove', move);
      this.widths.drop();
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', end, { once: true });
    handle.addEventListener('pointercancel', end, { once: true });
  }

  private onRowClick(event: MouseEvent, at: number, row: Row): void {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-column]');
    if (cell) this.activeColumn = Number(cell.dataset['column']);
    this.select(at, row);
    if (this.openOnClick) this.open(row);
  }

  private select(at: number, row: Row | undefined): void {
    this.active = at;
    this.awaited = row === undefined ? at : -1;
    if (row === undefined) return;
    this.app.setTable(this.name, { selected: this.rowKey(row) });
    this.onSelect?.(row);
  }

  private open(row: Row): void {
    if (this.onOpen) this.onOpen(row);
    else if (this.tree?.expanded(row) !== undefined) this.tree.toggle(row);
  }

  private moveTop(top: number): void {
    this.top = Math.min(maxTop(this.extent), Math.max(0, top));
    this.remember();
    this.requestUpdate();
  }

  private readonly onScroll = (): void => {
    const { grid, extent } = this;
    if (!grid) return;
    // Positions that were set from here come back as events; in a scaled table they are coarser than `top`.
    if (Math.abs(grid.scrollTop - toScrolled(this.top, extent)) < 1.5) return;
    this.top = toVirtual(grid.scrollTop, extent);
    this.remember();
    this.requestUpdate();
  };

  private onWheel(event: WheelEvent): void {
    if (!isScaled(this.extent) || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : ROW;
    this.moveTop(this.top + event.deltaY * unit);
  }

  private remember(): void {
    window.clearTimeout(this.saveTimer);
    this.saveTimer = window.setTimeout(
      () => this.app.setTable(this.name, { top: Math.round(this.top / ROW) }),
      250,
    );
  }

  private moveTo(row: number): void {
    const last = this.extent.rows - 1;
    const at = Math.min(last, Math.max(-1, row));
    if (at >= 0) this.moveTop(reveal(at, this.top, this.extent));
    this.select(at, this.shown?.row(at));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.altKey && this.active === -1 && event.key.startsWith('Arrow')) {
      const column = this.visible[this.activeColumn];
      if (column && this.widths.press(event.key, column)) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) {
      // The page's text is not what "select all" means in a table.
      if (event.key === 'a') event.preventDefault();
      if (event.key === 'c' && window.getSelection()?.isCollapsed) this.copyRow();
      return;
    }
    if (!this.handleKey(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  private handleKey(key: string): boolean {
    const page = Math.max(1, Math.floor(this.viewport / ROW) - 1);
    const row = this.active >= 0 ? this.shown?.row(this.active) : undefined;
    switch (key) {
      case 'ArrowDown':
        this.moveTo(this.active + 1);
        return true;
      case 'ArrowUp':
        this.moveTo(this.active - 1);
        return true;
      case 'PageDown':
        this.moveTo(Math.max(0, this.active) + page);
        return true;
      case 'PageUp':
        this.moveTo(Math.max(0, this.active - page));
        return true;
      case 'Home':
        this.moveTo(0);
        return true;
      case 'End':
        this.moveTo(this.extent.rows - 1);
        return true;
      case 'ArrowRight':
      case 'ArrowLeft':
        this.moveSideways(key === 'ArrowRight', row);
        return true;
      case 'Enter':
      case ' ':
        if (this.active === -1) {
          const column = this.visible[this.activeColumn];
          if (column) this.sortBy(column);
        } else if (row !== undefined) this.open(row);
        return true;
      case 'c':
        this.copyRow();
        return true;
      default:
        return false;
    }
  }

  private moveSideways(right: boolean, row: Row | undefined): void {
    const expanded = row === undefined ? undefined : this.tree?.expanded(row);
    if (row !== undefined && this.activeColumn === 0 && expanded === !right) {
      this.tree!.toggle(row);
      return;
    }
    const last = this.visible.length - 1;
    this.activeColumn = Math.min(last, Math.max(0, this.activeColumn + (right ? 1 : -1)));
    void this.updateComplete.then(() =>
      document
        .getElementById(this.cellId(this.active, this.activeColumn))
        ?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
    );
  }

  private copyRow(): void {
    const row = this.shown?.row(this.active);
    if (row !== undefined) this.app.copy(rowAsText(this.visible, row), t('Row copied.'));
  }
}
