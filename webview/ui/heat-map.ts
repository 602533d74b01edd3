/**
 * A table of figures as a field of shades: darker is more. The same cells by keyboard
 * as by pointer, and as a table. What is nothing at all is struck through, so that it
 * does not look like little; what is not known stays empty.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { t } from '../strings';
import { font, ground, quiet } from './chart-style';
import { tableSwitch } from './controls';
import { markColour, PLAIN, themeColour } from './marks';
import { styled } from './styled';
import { onThemeChange } from './theme';

export interface HeatMap {
  /** Drawn anew when this changes. */
  readonly key: string;
  /** What the picture says, in a sentence. */
  readonly label: string;
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Undefined where there is no such cell, or it is not known. */
  value(row: number, column: number): number | undefined;
  /** What a cell says, without its row and column. */
  text(row: number, column: number): string;
  format(value: number): string;
  pick?(row: number, column: number): void;
  readonly pickedRow?: number;
  /**
   * Bounds of what the strongest shade stands for: at least so much, so that little does not
   * look like much, and at most so much, so that one cell does not make all others pale.
   */
  readonly strongest?: readonly [least: number, most: number];
}

interface Layout {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly line: number;
}

const TABLE_CELLS = 4000;
const STEPS = 6;
const LEAST = 0.1;
/** More than can be told apart. */
const SHADES = 64;
/** In pixels: of all rows together, unless that makes cells taller than they are wide. */
const HEIGHT = 480;
const MOST_HEIGHT = 640;
/** Below, a stroke through a cell cannot be seen. */
const STROKED = 6;

@customElement('pm-heat')
export class HeatElement extends LitElement {
  @property({ attribute: false }) heat?: HeatMap;
  @state() private asTable = false;
  @state() private at?: readonly [row: number, column: number];
  @query('canvas') private canvas?: HTMLCanvasElement;
  private layout?: Layout;
  private most = 0;
  private measured?: string;
  /** The cells without what is pointed at, so that pointing draws no cell again. */
  private cells?: { readonly of: string; readonly canvas: HTMLCanvasElement };
  private stopTheme?: () => void;
  private readonly resize = new ResizeObserver(() => this.paint());

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopTheme = onThemeChange(() => {
      this.cells = undefined;
      this.requestUpdate();
    });
    this.resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopTheme?.();
    this.resize.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { heat } = this;
    if (!heat || !changed.has('heat') || heat.key === this.measured) return;
    this.measured = heat.key;
    // What was pointed at may be no cell of this one.
    this.at = undefined;
    this.most = 0;
    for (let row = 0; row < heat.rows.length; row++) {
      for (let column = 0; column < heat.columns.length; column++)
        this.most = Math.max(this.most, heat.value(row, column) ?? 0);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { heat } = this;
    if (!heat) return nothing;
    return html`<figure>
      <div class="figure-bar">
        ${this.renderScale(heat)} ${tableSwitch(this.asTable, () => (this.asTable = !this.asTable))}
      </div>
      ${
        this.asTable
          ? this.renderTable(heat)
          : html`<canvas
                role="img"
                tabindex="0"
                aria-label="${heat.label} ${t('Arrow keys read out its cells.')}"
                @keydown=${this.onKey}
                @pointermove=${(event: PointerEvent) => (this.at = this.cellAt(event))}
                @pointerleave=${() => (this.at = undefined)}
                @click=${(event: PointerEvent) => this.pick(this.cellAt(event))}
              ></canvas>
              <p class="heat-said figures" aria-live="polite">${this.said(heat)}</p>`
      }
    </figure>`;
  }

  private said(heat: HeatMap): string {
    if (!this.at) return `${heat.rowTitle} ↓ · ${heat.columnTitle} →`;
    const [row, column] = this.at;
    return `${heat.rowTitle} ${heat.rows[row]}, ${heat.columnTitle} ${heat.columns[column]}: ${heat.text(row, column)}`;
  }

  private renderScale(heat: HeatMap): TemplateResult {
    return html`<span class="heat-scale figures"
      >${heat.format(0)}
      ${Array.from(
        { length: STEPS },
        (_, step) =>
          html`<span
            class="heat-step"
            ${styled({ 'background-color': shade(step / (STEPS - 1)) })}
          ></span>`,
      )}
      ${this.top < this.most ? `≥ ${heat.format(this.top)}` : heat.format(this.top)}</span
    >`;
  }

  /** What the strongest shade stands for. */
  private get top(): number {
    const [least, most] = this.heat?.strongest ?? [0, Infinity];
    return Math.min(most, Math.max(least, this.most));
  }

  private renderTable(heat: HeatMap): TemplateResult {
    const rows = heat.rows.slice(0, Math.max(1, Math.floor(TABLE_CELLS / heat.columns.length)));
    return html`<div class="plain-table" tabindex="0" role="region" aria-label=${heat.label}>
      <table>
        <thead>
          <tr>
            <th scope="col">${heat.rowTitle} \\ ${heat.columnTitle}</th>
            ${heat.columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (name, row) =>
              html`<tr>
                <th scope="row">${name}</th>
                ${heat.columns.map((_, column) => {
                  const value = heat.value(row, column);
                  return html`<td>${value === undefined ? '–' : heat.format(value)}</td>`;
                })}
              </tr>`,
          )}
        </tbody>
      </table>
      ${
        rows.length < heat.rows.length
          ? html`<p class="quiet">
              ${t('The first {0} of {1} rows.', rows.length, heat.rows.length)}
            </p>`
          : nothing
      }
    </div>`;
  }

  protected override updated(): void {
    this.paint();
  }

  private paint(): void {
    const { heat, canvas } = this;
    const pen = canvas?.getContext('2d');
    if (!heat || !canvas || !pen) return;
    const width = canvas.parentElement!.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    const of = JSON.stringify([heat.key, width, ratio]);
    if (this.cells?.of !== of) this.cells = { of, canvas: this.paintCells(heat, width, ratio) };
    const { left, top, cell, line } = this.layout!;
    canvas.width = this.cells.canvas.width;
    canvas.height = this.cells.canvas.height;
    canvas.style.setProperty('height', `${canvas.height / ratio}px`);
    pen.drawImage(this.cells.canvas, 0, 0);
    pen.scale(ratio, ratio);
    pen.strokeStyle = themeColour('--vscode-focusBorder', '--vscode-foreground');
    pen.lineWidth = 2;
    if (heat.pickedRow !== undefined && heat.pickedRow >= 0)
      pen.strokeRect(
        left - 1,
        top + heat.pickedRow * line - 1,
        cell * heat.columns.length + 1,
        line + 1,
      );
    if (this.at) {
      const [row, column] = this.at;
      pen.strokeRect(left + column * cell - 1, top + row * line - 1, cell + 1, line + 1);
    }
  }

  private paintCells(heat: HeatMap, width: number, ratio: number): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d')!;
    const { size, family } = font();
    pen.font = `${size}px ${family}`;
    const left = 8 + heat.rows.reduce((most, row) => Math.max(most, pen.measureText(row).width), 0);
    const cell = Math.min(40, Math.max(2, (width - left) / Math.max(1, heat.columns.length)));
    const rows = Math.max(1, heat.rows.length);
    const line = Math.min(22, Math.max(2, HEIGHT / rows, Math.min(cell, MOST_HEIGHT / rows)));
    const top = size + 6;
    const height = top + line * heat.rows.length;
    this.layout = { left, top, cell, line };
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    pen.scale(ratio, ratio);
    pen.font = `${size}px ${family}`;
    pen.fillStyle = ground();
    pen.fillRect(0, 0, width, height);
    this.paintNames(pen, heat, size);
    const shades = Array.from({ length: SHADES }, (_, step) => shade(step / (SHADES - 1)));
    const never = themeColour('--vscode-editorWarning-foreground', '--vscode-foreground');
    const highest = this.top;
    // A gap between cells, as long as there is room for one.
    const gap = cell >= 5 && line >= 5 ? 1 : 0;
    for (let row = 0; row < heat.rows.length; row++) {
      for (let column = 0; column < heat.columns.length; column++) {
        const value = heat.value(row, column);
        if (value === undefined) continue;
        const x = left + column * cell;
        const y = top + row * line;
        if (value > 0) {
          const part = Math.min(1, value / highest);
          pen.fillStyle = shades[Math.round(part * (SHADES - 1))];
          pen.fillRect(x, y, cell - gap, line - gap);
        } else if (cell < STROKED || line < STROKED) {
          pen.fillStyle = never;
          pen.fillRect(x, y, cell - gap, line - gap);
        } else {
          pen.strokeStyle = never;
          pen.beginPath();
          pen.moveTo(x + 1, y + line - 2);
          pen.lineTo(x + cell - 2, y + 1);
          pen.stroke();
        }
      }
    }
    return canvas;
  }

  /** As many names as there is room for. */
  private paintNames(pen: CanvasRenderingContext2D, heat: HeatMap, size: number): void {
    const { left, top, cell, line } = this.layout!;
    pen.fillStyle = quiet();
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    const everyRow = Math.max(1, Math.ceil((size + 2) / line));
    heat.rows.forEach((name, row) => {
      if (row % everyRow === 0) pen.fillText(name, left - 5, top + (row + 0.5) * line);
    });
    pen.textAlign = 'center';
    const widest = heat.columns.reduce(
      (most, name) => Math.max(most, pen.measureText(name).width),
      0,
    );
    const everyColumn = Math.max(1, Math.ceil((widest + 6) / cell));
    heat.columns.forEach((name, column) => {
      if (column % everyColumn === 0)
        pen.fillText(name, left + (column + 0.5) * cell, size / 2 + 2);
    });
  }

  private cellAt(event: PointerEvent): readonly [number, number] | undefined {
    const { layout, heat } = this;
    if (!layout || !heat) return undefined;
    const row = Math.floor((event.offsetY - layout.top) / layout.line);
    const column = Math.floor((event.offsetX - layout.left) / layout.cell);
    const inside =
      row >= 0 && row < heat.rows.length && column >= 0 && column < heat.columns.length;
    return inside ? [row, column] : undefined;
  }

  private pick(cell: readonly [number, number] | undefined): void {
    if (cell) this.heat?.pick?.(...cell);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const { heat } = this;
    if (!heat || event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = this.at ?? [0, -1];
    const to: readonly [number, number] | undefined = {
      ArrowRight: [row, column + 1] as const,
      ArrowLeft: [row, column - 1] as const,
      ArrowDown: [row + 1, Math.max(0, column)] as const,
      ArrowUp: [row - 1, Math.max(0, column)] as const,
      Home: [row, 0] as const,
      End: [row, heat.columns.length - 1] as const,
    }[event.key];
    if (to) {
      this.at = [
        Math.min(heat.rows.length - 1, Math.max(0, to[0])),
        Math.min(heat.columns.length - 1, Math.max(0, to[1])),
      ];
    } else if (event.key === 'Enter') this.pick(this.at);
    else return;
    event.preventDefault();
  };
}

function shade(part: number): string {
  const strength = Math.round((LEAST + (1 - LEAST) * part) * 100);
  return `color-mix(in srgb, ${markColour(PLAIN)} ${strength}%, ${ground()})`;
}
