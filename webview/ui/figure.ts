/**
 * A picture of figures: canvas, legend, the table behind it, and the same
 * things by keyboard as by pointer.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
  type ChartConfiguration,
} from 'chart.js';
import { t } from '../strings';
import { icon } from './controls';
import { swatch, type Mark } from './marks';
import { styled } from './styled';
import { onThemeChange } from './theme';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

export interface LegendEntry {
  readonly label: string;
  readonly mark: Mark;
  readonly run?: () => void;
}

/** A thing in the picture that can be pointed at. */
export interface Item {
  readonly dataset: number;
  readonly index: number;
  /** Read out when reached by keyboard. */
  readonly text: string;
  readonly run?: () => void;
}

export interface Figure {
  /** Drawn anew when this changes. */
  readonly key: string;
  /** What the picture says, in a sentence. */
  readonly label: string;
  readonly height: number;
  /** Reads the theme as it is when called. */
  draw(context: CanvasRenderingContext2D): ChartConfiguration;
  readonly legend?: readonly LegendEntry[];
  readonly table: {
    readonly head: readonly string[];
    readonly rows: () => readonly (readonly string[])[];
  };
  items?(): readonly Item[];
  /** What each dataset stands for, to be pointed out from and to other parts of the view. */
  readonly ids?: readonly string[];
  /** Dragging across selects a stretch of the x axis. */
  readonly brush?: {
    readonly hint: string;
    select(from: number, to: number): void;
  };
}

/** A picture's table is for reading; more rows than this are for a real table. */
const TABLE_ROWS = 500;

@customElement('pm-figure')
export class FigureElement extends LitElement {
  @property({ attribute: false }) figure?: Figure;
  /** Id of a dataset that is pointed at elsewhere. */
  @property() highlighted = '';
  /** The pointer is over a dataset of this id, or of none. */
  @property({ attribute: false }) onPoint?: (id: string | undefined) => void;
  @state() private asTable = false;
  @state() private spoken = '';
  @state() private stretch?: readonly [from: number, to: number];

  @query('canvas') private canvas?: HTMLCanvasElement;
  private chart?: Chart;
  private drawn = '';
  private at = -1;
  private anchor = -1;
  private stopTheme?: () => void;
  private kept?: { readonly key: string; readonly items: readonly Item[] };

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopTheme = onThemeChange(() => {
      this.drawn = '';
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopTheme?.();
    this.discard();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { figure } = this;
    if (!figure) return nothing;
    const hint = figure.brush ? ` ${figure.brush.hint}` : '';
    return html`<figure>
      <div class="figure-bar">
        ${this.renderLegend(figure)}
        <button
          class="link figure-switch"
          type="button"
          aria-pressed=${this.asTable}
          @click=${() => (this.asTable = !this.asTable)}
        >
          ${icon(this.asTable ? 'graph' : 'table')}
          ${this.asTable ? t('Show as chart') : t('Show as table')}
        </button>
      </div>
      ${
        this.asTable
          ? this.renderTable(figure)
          : html`<div class="canvas-frame" ${styled({ height: `${figure.height}px` })}>
              <canvas
                role="img"
                tabindex="0"
                aria-label="${figure.label}${hint}"
                class=${figure.brush ? 'brushable' : ''}
                @keydown=${this.onKey}
                @pointerdown=${this.onPointerDown}
                @blur=${() => this.point(-1)}
                @pointerleave=${() => this.onPoint?.(undefined)}
              ></canvas>
              ${this.renderStretch()}
            </div>`
      }
      <div class="sr-only" aria-live="polite">${this.spoken}</div>
    </figure>`;
  }

  private renderLegend(figure: Figure): unknown {
    if (!figure.legend?.length) return html`<span></span>`;
    return html`<ul class="legend">
      ${figure.legend.map(
        (entry) =>
          html`<li>
            ${
              entry.run
                ? html`<button class="link" type="button" @click=${entry.run}>
                    ${swatch(entry.mark)}${entry.label}
                  </button>`
                : html`${swatch(entry.mark)}${entry.label}`
            }
          </li>`,
      )}
    </ul>`;
  }

  private renderTable(figure: Figure): TemplateResult {
    const rows = figure.table.rows();
    return html`<div class="plain-table" tabindex="0" role="region" aria-label=${figure.label}>
      <table>
        <thead>
          <tr>
            ${figure.table.head.map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, TABLE_ROWS).map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
      ${
        rows.length > TABLE_ROWS
          ? html`<p class="quiet">${t('The first {0} of {1} rows.', TABLE_ROWS, rows.length)}</p>`
          : nothing
      }
    </div>`;
  }

  private renderStretch(): unknown {
    const { stretch, chart } = this;
    if (!stretch || !chart) return nothing;
    const { top, bottom } = chart.chartArea;
    const [from, to] = stretch[0] < stretch[1] ? stretch : [stretch[1], stretch[0]];
    return html`<div
      class="brush"
      ${styled({
        left: `${from}px`,
        width: `${to - from}px`,
        top: `${top}px`,
        height: `${bottom - top}px`,
      })}
    ></div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const { figure, canvas } = this;
    if (!figure || !canvas) {
      this.discard();
      return;
    }
    const drawn = figure.key;
    if (this.chart && this.chart.canvas === canvas && drawn === this.drawn) {
      if (changed.has('highlighted')) this.highlight();
      return;
    }
    this.discard();
    const context = canvas.getContext('2d');
    if (!context) return;
    const config = figure.draw(context);
    if (figure.ids)
      config.options = { ...config.options, onHover: (_event, hit) => this.pointed(hit) };
    this.chart = new Chart(context, config);
    this.drawn = drawn;
    this.at = -1;
  }

  private pointed(hit: readonly { readonly datasetIndex: number }[]): void {
    this.onPoint?.(hit[0] && this.figure?.ids?.[hit[0].datasetIndex]);
  }

  private highlight(): void {
    const { chart, figure } = this;
    const dataset = figure?.ids?.indexOf(this.highlighted) ?? -1;
    // What the pointer itself is over is already shown.
    if (!chart || this.matches(':hover')) return;
    const length = dataset < 0 ? 0 : (chart.data.datasets[dataset]?.data.length ?? 0);
    chart.setActiveElements(
      Array.from({ length }, (_, index) => ({ datasetIndex: dataset, index })),
    );
    chart.update('none');
  }

  private discard(): void {
    this.chart?.destroy();
    this.chart = undefined;
    this.drawn = '';
  }

  private get items(): readonly Item[] {
    const { figure } = this;
    if (!figure) return [];
    if (this.kept?.key !== figure.key)
      this.kept = { key: figure.key, items: figure.items?.() ?? [] };
    return this.kept.items;
  }

  /** Shows an item as if the pointer were over it; -1 for none. */
  private point(at: number): void {
    const { chart } = this;
    this.at = at;
    const item = this.items[at];
    if (!chart) return;
    const active = item ? [{ datasetIndex: item.dataset, index: item.index }] : [];
    chart.setActiveElements(active);
    const element = item && chart.getDatasetMeta(item.dataset).data[item.index];
    chart.tooltip?.setActiveElements(active, { x: element?.x ?? 0, y: element?.y ?? 0 });
    chart.update('none');
    this.spoken = item?.text ?? '';
  }

  private pixelOf(at: number): number {
    const item = this.items[at];
    const element = item && this.chart?.getDatasetMeta(item.dataset).data[item.index];
    return element?.x ?? 0;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { items } = this;
    if (items.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const big = Math.max(1, Math.round(items.length / 20));
    const step = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
      PageDown: big,
      PageUp: -big,
      Home: -items.length,
      End: items.length,
    }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (event.shiftKey && this.figure?.brush) {
        if (this.anchor < 0) this.anchor = Math.max(0, this.at);
      } else {
        this.anchor = -1;
        this.stretch = undefined;
      }
      this.point(Math.min(items.length - 1, Math.max(0, this.at + step)));
      if (this.anchor >= 0) this.stretch = [this.pixelOf(this.anchor), this.pixelOf(this.at)];
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (this.stretch) this.finish();
      else items[this.at]?.run?.();
    } else if (event.key === 'Escape' && this.stretch) {
      event.stopPropagation();
      this.stretch = undefined;
      this.anchor = -1;
    }
  };

  private readonly onPointerDown = (event: PointerEvent): void => {
    const { chart, canvas, figure } = this;
    if (!chart || !canvas || !figure || event.button !== 0) return;
    const box = canvas.getBoundingClientRect();
    const { left, right } = chart.chartArea;
    const inside = (x: number) => Math.min(right, Math.max(left, x - box.left));
    const from = inside(event.clientX);
    canvas.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => {
      if (!figure.brush) return;
      const to = inside(now.clientX);
      if (Math.abs(to - from) >= 4) this.stretch = [from, to];
    };
    const end = (last: PointerEvent) => {
      canvas.removeEventListener('pointermove', move);
      if (this.stretch) this.finish();
      else if (last.type === 'pointerup') this.pick(last);
    };
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerup', end, { once: true });
  };

  private pick(event: PointerEvent): void {
    const hit = this.chart!.getElementsAtEventForMode(
      event,
      'nearest',
      { intersect: true },
      false,
    )[0];
    if (!hit) return;
    this.items
      .find((item) => item.dataset === hit.datasetIndex && item.index === hit.index)
      ?.run?.();
  }

  private finish(): void {
    const scale = this.chart?.scales['x'];
    const { stretch } = this;
    this.stretch = undefined;
    this.anchor = -1;
    if (!scale || !stretch) return;
    const ends = stretch.map((x) => scale.getValueForPixel(x) ?? 0);
    this.figure?.brush?.select(Math.min(...ends), Math.max(...ends));
  }
}
