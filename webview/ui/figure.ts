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
  type Scale,
} from 'chart.js';
import { t } from '../strings';
import { ground } from './chart-style';
import { tableSwitch } from './controls';
import { pointSwatch, swatch, type Mark } from './marks';
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
  /** Drawn as points, which are told apart by their shape. */
  readonly points?: boolean;
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
  /** Another answer to the same question is drawn in place: what is pointed at stays so. */
  readonly subject?: string;
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
  /** What each thing in a dataset stands for, where things are pointed out one at a time. */
  readonly parts?: {
    id(dataset: number, index: number): string | undefined;
    find(id: string): { readonly dataset: number; readonly index: number } | undefined;
  };
  /** Dragging across selects a part of both axes. */
  readonly box?: {
    readonly hint: string;
    select(x: readonly [number, number], y: readonly [number, number]): void;
    reset(): void;
  };
}

const swatchOf = ({ mark, points }: LegendEntry): TemplateResult =>
  points ? pointSwatch(mark) : swatch(mark);

/** In pixels of the canvas: a corner, and the one opposite. */
type Stretch = readonly [x0: number, y0: number, x1: number, y1: number];
/** By how much a key zooms. */
const ZOOM = 1.5;

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
  @state() private stretch?: Stretch;

  @query('canvas') private canvas?: HTMLCanvasElement;
  private chart?: Chart;
  private drawn = '';
  private subject?: string;
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
    const drag = figure.brush ?? figure.box;
    const hint = drag ? ` ${drag.hint}` : '';
    return html`<figure>
      <div class="figure-bar">
        ${this.renderLegend(figure)}
        ${tableSwitch(this.asTable, () => (this.asTable = !this.asTable))}
      </div>
      ${
        this.asTable
          ? this.renderTable(figure)
          : html`<div class="canvas-frame" ${styled({ height: `${figure.height}px` })}>
              <canvas
                role="img"
                tabindex="0"
                aria-label="${figure.label}${hint}"
                class=${drag ? 'brushable' : ''}
                @dblclick=${() => figure.box?.reset()}
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
                    ${swatchOf(entry)}${entry.label}
                  </button>`
                : html`${swatchOf(entry)}${entry.label}`
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
    const [x0, y0, x1, y1] = stretch;
    return html`<div
      class="brush"
      ${styled({
        left: `${Math.min(x0, x1)}px`,
        width: `${Math.abs(x1 - x0)}px`,
        top: `${Math.min(y0, y1)}px`,
        height: `${Math.abs(y1 - y0)}px`,
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
    const context = canvas.getContext('2d');
    if (!context) return;
    const config = figure.draw(context);
    if (figure.ids || figure.parts)
      config.options = { ...config.options, onHover: (_event, hit) => this.pointed(hit) };
    const same =
      this.chart?.canvas === canvas &&
      this.drawn !== '' &&
      figure.subject !== undefined &&
      figure.subject === this.subject;
    if (same && this.chart) this.redraw(this.chart, config);
    else {
      this.discard();
      this.chart = new Chart(context, config);
      this.at = -1;
    }
    this.subject = figure.subject;
    this.drawn = drawn;
  }

  private redraw(chart: Chart, { data, options }: ChartConfiguration): void {
    chart.data = data;
    if (options) chart.options = options;
    chart.update('none');
    const { spoken } = this;
    if (this.at >= 0) this.point(Math.min(this.at, this.items.length - 1));
    // Not read out again: it is the same thing.
    this.spoken = spoken;
  }

  private pointed(
    hits: readonly { readonly datasetIndex: number; readonly index: number }[],
  ): void {
    const { figure } = this;
    const [hit] = hits;
    this.onPoint?.(
      hit &&
        (figure?.parts
          ? figure.parts.id(hit.datasetIndex, hit.index)
          : figure?.ids?.[hit.datasetIndex]),
    );
  }

  /** The picture as it is, on the editor's ground, as the bytes of a PNG in base64. */
  picture(): string | undefined {
    const { canvas } = this;
    if (!canvas) return undefined;
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const pen = copy.getContext('2d');
    if (!pen) return undefined;
    pen.fillStyle = ground();
    pen.fillRect(0, 0, copy.width, copy.height);
    pen.drawImage(canvas, 0, 0);
    return copy.toDataURL('image/png').split(',')[1];
  }

  private highlight(): void {
    const { chart, figure } = this;
    // What the pointer itself is over is already shown.
    if (!chart || this.matches(':hover')) return;
    if (figure?.parts) {
      const found = figure.parts.find(this.highlighted);
      chart.setActiveElements(found ? [{ datasetIndex: found.dataset, index: found.index }] : []);
      chart.update('none');
      return;
    }
    const dataset = figure?.ids?.indexOf(this.highlighted) ?? -1;
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
      if (this.anchor >= 0 && this.chart) {
        const { top, bottom } = this.chart.chartArea;
        this.stretch = [this.pixelOf(this.anchor), top, this.pixelOf(this.at), bottom];
      }
    } else if (this.figure?.box && ['+', '-', '0'].includes(event.key)) {
      event.preventDefault();
      if (event.key === '0') this.figure.box.reset();
      else this.zoom(event.key === '+' ? 1 / ZOOM : ZOOM);
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
    const { left, right, top, bottom } = chart.chartArea;
    const insideX = (x: number) => Math.min(right, Math.max(left, x - box.left));
    const insideY = (y: number) => Math.min(bottom, Math.max(top, y - box.top));
    const [x0, y0] = [insideX(event.clientX), insideY(event.clientY)];
    canvas.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => {
      const [x1, y1] = [insideX(now.clientX), insideY(now.clientY)];
      if (figure.brush && Math.abs(x1 - x0) >= 4) this.stretch = [x0, top, x1, bottom];
      if (figure.box && Math.abs(x1 - x0) >= 4 && Math.abs(y1 - y0) >= 4)
        this.stretch = [x0, y0, x1, y1];
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
    const { stretch, chart, figure } = this;
    this.stretch = undefined;
    this.anchor = -1;
    const { x, y } = chart?.scales ?? {};
    if (!x || !y || !stretch) return;
    const [x0, y0, x1, y1] = stretch;
    const xs = valuesAt(x, x0, x1);
    figure?.brush?.select(...xs);
    figure?.box?.select(xs, valuesAt(y, y0, y1));
  }

  /** About the thing pointed at, or the middle. */
  private zoom(factor: number): void {
    const { chart, figure } = this;
    const { x, y } = chart?.scales ?? {};
    if (!chart || !x || !y) return;
    const { left, right, top, bottom } = chart.chartArea;
    const item = this.items[this.at];
    const element = item && chart.getDatasetMeta(item.dataset).data[item.index];
    const about = (middle: number | undefined, from: number, to: number): [number, number] => {
      const at = middle ?? (from + to) / 2;
      return [at + (from - at) * factor, at + (to - at) * factor];
    };
    figure?.box?.select(
      valuesAt(x, ...about(element?.x, left, right)),
      valuesAt(y, ...about(element?.y, top, bottom)),
    );
  }
}

/** What two pixels of an axis stand for, the smaller first. */
function valuesAt(scale: Scale, a: number, b: number): [number, number] {
  const ends = [a, b].map((pixel) => scale.getValueForPixel(pixel) ?? 0);
  return [Math.min(...ends), Math.max(...ends)];
}
