/**
 * The flame graph as a picture: boxes as wide as their part of GPU time, each
 * over what lies in it. Only the rows in sight are drawn, however deep it is.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { FlameKind, FlameNode } from '../../../src/analysis/flame';
import { formatCount, formatShare, formatTime } from '../../../src/profile/format';
import type { FlameView } from '../../../src/protocol/torch';
import { t } from '../../strings';
import { font } from '../../ui/chart-style';
import { markColour, themeColour, type Mark } from '../../ui/marks';
import { styled } from '../../ui/styled';
import { onThemeChange } from '../../ui/theme';

const ROW = 20;
const MAX_HEIGHT = 460;
/** Room that a letter takes, nearly. */
const LETTER = 6;

const COLOURS: Readonly<Record<FlameKind, string>> = {
  python: '--vscode-charts-blue',
  module: '--vscode-charts-purple',
  operator: '--vscode-charts-green',
  annotation: '--vscode-charts-orange',
  kernel: '--vscode-charts-yellow',
  copy: '--vscode-charts-red',
  unplaced: '--vscode-charts-foreground',
};

export function flameKindLabel(kind: FlameKind): string {
  switch (kind) {
    case 'python':
      return t('Python');
    case 'module':
      return t('module');
    case 'operator':
      return t('operator');
    case 'annotation':
      return t('annotation');
    case 'kernel':
      return t('kernel');
    case 'copy':
      return t('copy or fill');
    case 'unplaced':
      return t('no recorded place');
  }
}

export const flameMark = (kind: FlameKind): Mark => ({ colour: COLOURS[kind], pattern: 'solid' });

/** A node with its place: parts of the width from 0 to 1. */
export interface Box {
  readonly node: FlameNode;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** Children side by side, the widest first, from the left end of what they lie in. */
export function layOut({ path, nodes, shown }: FlameView): readonly Box[] {
  if (!(shown > 0)) return [];
  const boxes: Box[] = path.map((node, depth) => ({ node, depth, from: 0, to: 1 }));
  const children = new Map<number, FlameNode[]>();
  const top = path.at(-1)?.id ?? -1;
  for (const node of nodes) {
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node);
    else children.set(node.parent, [node]);
  }
  const open: { id: number; depth: number; from: number }[] = [
    { id: top, depth: path.length, from: 0 },
  ];
  for (let next = open.pop(); next; next = open.pop()) {
    let { from } = next;
    const siblings = children.get(next.id) ?? [];
    for (const node of [...siblings].sort((a, b) => b.total - a.total)) {
      const to = from + node.total / shown;
      boxes.push({ node, depth: next.depth, from, to });
      open.push({ id: node.id, depth: next.depth + 1, from });
      from = to;
    }
  }
  return boxes;
}

/** How a node reads; work without a recorded place has no name. */
export const frameLabel = ({ kind, name }: Pick<FlameNode, 'kind' | 'name'>): string => {
  if (kind === 'unplaced' || name === '') return t('(launched from no recorded place)');
  const match = /([^/\\]+\.py)\((\d+)\): (.*)$/.exec(name);
  return match ? `${match[3]} · ${match[1]}:${match[2]}` : name.replace(/^nn\.Module: /, '');
};

@customElement('pm-flame-picture')
export class FlamePicture extends LitElement {
  @property({ attribute: false }) view?: FlameView;
  @property() search = '';
  @property({ attribute: false }) onZoom: (id: number | undefined) => void = () => undefined;
  @property({ attribute: false }) onOpen: (node: FlameNode) => void = () => undefined;

  @state() private at = -1;
  @state() private hovered = -1;
  @state() private width = 0;
  @query('.flame-scroll') private scroller!: HTMLElement;
  @query('canvas') private canvas!: HTMLCanvasElement;
  private boxes: readonly Box[] = [];
  private rows = 1;
  private stopTheme?: () => void;
  private readonly resize = new ResizeObserver(() => this.measure());

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopTheme = onThemeChange(() => this.draw());
    if (this.hasUpdated) this.resize.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopTheme?.();
    this.resize.disconnect();
  }

  protected override firstUpdated(): void {
    this.resize.observe(this.scroller);
    this.measure();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('view')) return;
    const selected = this.boxes[this.at]?.node.id;
    this.boxes = this.view ? layOut(this.view) : [];
    this.rows = this.boxes.reduce((most, { depth }) => Math.max(most, depth + 1), 1);
    this.at = this.boxes.findIndex(({ node }) => node.id === selected);
    this.hovered = -1;
  }

  private get height(): number {
    return Math.min(MAX_HEIGHT, this.rows * ROW);
  }

  protected override render(): TemplateResult {
    const box = this.boxes[this.hovered >= 0 ? this.hovered : this.at];
    return html`<div
        class="flame-scroll"
        tabindex="0"
        role="application"
        aria-label=${t('Flame graph. Arrows move, Enter fills the width, Backspace goes out, o opens the line.')}
        ${styled({ height: `${this.height}px` })}
        @scroll=${() => this.draw()}
        @keydown=${this.onKey}
        @pointermove=${this.onMove}
        @pointerleave=${() => (this.hovered = -1)}
        @click=${this.onClick}
        @dblclick=${() => box && this.onOpen(box.node)}
      >
        <canvas aria-hidden="true" ${styled({ height: `${this.height}px` })}></canvas>
        <div
          class="flame-space"
          ${styled({ height: `${Math.max(0, this.rows * ROW - this.height)}px` })}
        ></div>
      </div>
      <p class="flame-note" aria-live="polite">
        ${box ? this.describe(box.node) : html`<span class="quiet">${t('Point at a frame, or go through them with the arrow keys.')}</span>`}
      </p>`;
  }

  private describe(node: FlameNode): unknown {
    const total = this.view!.total;
    const place = node.source ? `${node.source.file}:${node.source.line}` : '';
    return html`<strong>${frameLabel(node)}</strong>
      <span class="quiet">${flameKindLabel(node.kind)}${place ? ` · ${place}` : nothing}</span>
      ${t(
        '{0} of GPU time, {1}; {2} kernels, copies and fills',
        formatShare(total > 0 ? node.total / total : 0),
        formatTime(node.total),
        formatCount(node.count),
      )}`;
  }

  protected override updated(): void {
    this.draw();
  }

  private measure(): void {
    const width = this.scroller.clientWidth;
    if (width !== this.width) this.width = width;
  }

  private draw(): void {
    const { canvas, width } = this;
    if (!canvas || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(this.height * ratio);
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.scale(ratio, ratio);
    const top = this.scroller.scrollTop;
    const { family, size } = font();
    pen.font = `${size}px ${family}`;
    pen.textBaseline = 'middle';
    const ink = themeColour('--vscode-editor-foreground', '--vscode-foreground');
    const contrast = document.body.classList.contains('vscode-high-contrast');
    const words = this.search.toLowerCase();
    const colours = Object.fromEntries(
      (Object.keys(COLOURS) as FlameKind[]).map((kind) => [kind, markColour(flameMark(kind))]),
    );
    this.boxes.forEach(({ node, depth, from, to }, index) => {
      const y = depth * ROW - top;
      if (y + ROW < 0 || y > this.height) return;
      const x = from * width;
      const wide = (to - from) * width;
      if (wide < 0.5) return;
      const found = words !== '' && node.name.toLowerCase().includes(words);
      const above = depth < (this.view?.path.length ?? 0) - 1;
      pen.globalAlpha = words !== '' && !found ? 0.1 : above ? 0.15 : contrast ? 0.25 : 0.35;
      pen.fillStyle = colours[node.kind];
      pen.fillRect(x, y, Math.max(0.5, wide - 1), ROW - 1);
      pen.globalAlpha = 1;
      if (contrast && wide > 3) {
        pen.strokeStyle = colours[node.kind];
        pen.strokeRect(x + 0.5, y + 0.5, wide - 2, ROW - 2);
      }
      if (index === this.at || index === this.hovered || found) {
        pen.strokeStyle =
          index === this.at
            ? themeColour('--vscode-focusBorder', '--vscode-foreground')
            : found
              ? themeColour('--vscode-editor-findMatchBorder', '--vscode-focusBorder')
              : ink;
        pen.lineWidth = index === this.at ? 2 : 1;
        pen.strokeRect(x + 0.5, y + 0.5, Math.max(1, wide - 2), ROW - 2);
        pen.lineWidth = 1;
      }
      if (wide < 5 * LETTER) return;
      pen.save();
      pen.beginPath();
      pen.rect(x, y, wide - 4, ROW);
      pen.clip();
      pen.fillStyle = ink;
      pen.globalAlpha = above ? 0.75 : 1;
      pen.fillText(frameLabel(node).slice(0, Math.ceil(wide / 3)), x + 4, y + ROW / 2);
      pen.restore();
    });
  }

  private boxAt(event: MouseEvent): number {
    const area = this.scroller.getBoundingClientRect();
    const depth = Math.floor((event.clientY - area.top + this.scroller.scrollTop) / ROW);
    const part = (event.clientX - area.left) / Math.max(1, this.width);
    return this.boxes.findIndex((box) => box.depth === depth && part >= box.from && part < box.to);
  }

  private readonly onMove = (event: PointerEvent): void => {
    const at = this.boxAt(event);
    if (at !== this.hovered) this.hovered = at;
  };

  private readonly onClick = (event: MouseEvent): void => {
    const at = this.boxAt(event);
    if (at < 0) return;
    this.at = at;
    this.zoom(at);
  };

  private zoom(at: number): void {
    const { node } = this.boxes[at];
    const root = this.view?.path.at(-1);
    // What fills the width already gives way to what it lies in.
    this.onZoom(node.id === root?.id ? this.outer() : node.id);
  }

  private outer(): number | undefined {
    return this.view?.path.at(-2)?.id;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || this.boxes.length === 0) return;
    const box = this.boxes[this.at];
    switch (event.key) {
      case 'ArrowDown':
        this.select(box ? this.firstIn(box) : 0);
        break;
      case 'ArrowUp':
        if (box) this.select(this.boxes.findIndex(({ node }) => node.id === box.node.parent));
        break;
      case 'ArrowRight':
      case 'ArrowLeft':
        this.select(box ? this.beside(box, event.key === 'ArrowRight' ? 1 : -1) : 0);
        break;
      case 'Enter':
      case ' ':
        if (box) this.zoom(this.at);
        break;
      case 'Backspace':
        this.onZoom(this.outer());
        break;
      case 'Home':
        this.onZoom(undefined);
        break;
      case 'Escape':
        if (!this.view?.path.length) return;
        this.onZoom(undefined);
        break;
      case 'o':
        if (box) this.onOpen(box.node);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  private firstIn(box: Box): number {
    return this.boxes.findIndex(
      ({ depth, from, to }) => depth === box.depth + 1 && from >= box.from && to <= box.to + 1e-9,
    );
  }

  private beside(box: Box, step: 1 | -1): number {
    const row = this.boxes
      .map((other, index) => ({ other, index }))
      .filter(({ other }) => other.depth === box.depth)
      .sort((a, b) => a.other.from - b.other.from);
    const place = row.findIndex(({ other }) => other.node.id === box.node.id);
    return row[place + step]?.index ?? -1;
  }

  private select(at: number): void {
    if (at < 0) return;
    this.at = at;
    this.hovered = -1;
    const y = this.boxes[at].depth * ROW;
    const { scroller } = this;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y + ROW > scroller.scrollTop + this.height) scroller.scrollTop = y + ROW - this.height;
  }
}
