/**
 * How components and phases look, in every picture and every legend: a colour
 * of the theme's charts and a pattern, so that two that share a colour are told
 * apart, and so are all of them by those who see no colours.
 */
import { html, type TemplateResult } from 'lit';
import type { Component } from '../../src/analysis/components';
import type { Phase } from '../../src/profile/scope';
import type { Mark, Pattern, Shape } from './mark';
import { styled } from './styled';

export { componentLabel, phaseLabel } from './labels';
export type { Mark, Pattern } from './mark';

const chart = (name: string): string => `--vscode-charts-${name}`;

const COMPONENT_MARKS: Readonly<Record<Component, Mark>> = {
  attention: { colour: chart('purple'), pattern: 'solid' },
  gemm: { colour: chart('blue'), pattern: 'solid' },
  moe: { colour: chart('orange'), pattern: 'solid' },
  norm: { colour: chart('green'), pattern: 'solid' },
  activation: { colour: chart('yellow'), pattern: 'solid' },
  rope: { colour: chart('purple'), pattern: 'dots' },
  kv_cache: { colour: chart('green'), pattern: 'stripes' },
  sampling: { colour: chart('orange'), pattern: 'stripes' },
  communication: { colour: chart('red'), pattern: 'solid' },
  quantization: { colour: chart('yellow'), pattern: 'stripes' },
  memory: { colour: chart('red'), pattern: 'stripes' },
  embedding: { colour: chart('blue'), pattern: 'dots' },
  input_prep: { colour: chart('blue'), pattern: 'stripes' },
  elementwise: { colour: chart('green'), pattern: 'dots' },
  other: { colour: chart('foreground'), pattern: 'grid' },
};

/** In the order in which they are shown. */
export const COMPONENTS = Object.keys(COMPONENT_MARKS) as readonly Component[];

const PREFILL = '--vscode-terminal-ansiMagenta';
const DECODE = '--vscode-terminal-ansiCyan';

/** Phases stand beside components, so theirs are colours that no component has. */
const PHASE_MARKS: Readonly<Record<Phase, Mark>> = {
  prefill: { colour: PREFILL, pattern: 'solid', shape: 'rect' },
  decode: { colour: DECODE, pattern: 'solid', shape: 'circle' },
  mixed: { colour: PREFILL, between: DECODE, pattern: 'two-tone', shape: 'triangle' },
  unattributed: { colour: chart('foreground'), pattern: 'hatched', shape: 'crossRot' },
};

export const PHASES = Object.keys(PHASE_MARKS) as readonly Phase[];

export const componentMark = (component: Component): Mark =>
  COMPONENT_MARKS[component] ?? COMPONENT_MARKS.other;
export const phaseMark = (phase: Phase): Mark => PHASE_MARKS[phase];

export const PLAIN: Mark = { colour: chart('blue'), pattern: 'solid' };

const COLOURS = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'] as const;
const PATTERNS = ['solid', 'stripes', 'dots', 'grid'] as const;
const SHAPES = ['circle', 'rect', 'triangle', 'crossRot'] as const;

/** Marks that are told apart, for things that have no look of their own. */
export const markOf = (index: number): Mark => ({
  colour: chart(COLOURS[index % COLOURS.length]),
  pattern: PATTERNS[Math.floor(index / COLOURS.length) % PATTERNS.length],
  shape: SHAPES[index % SHAPES.length],
});

export function swatch(mark: Mark): TemplateResult {
  return html`<span
    class="swatch mark"
    data-pattern=${mark.pattern}
    aria-hidden="true"
    ${markStyle(mark)}
  ></span>`;
}

/** As in a picture of points. */
export function pointSwatch(mark: Mark): TemplateResult {
  return html`<span
    class="swatch point mark"
    data-shape=${shapeOf(mark)}
    aria-hidden="true"
    ${markStyle(mark)}
  ></span>`;
}

export const shapeOf = ({ shape = 'circle' }: Mark): Shape => shape;

/** High contrast themes leave some chart colours out; this orange they all have. */
const SPARE = '--vscode-symbolIcon-classForeground';

/**
 * Gives an element of class `mark` its colour, without its transparency: some of
 * VS Code's chart colours are borrowed from highlights behind text, and can
 * hardly be seen as they are.
 */
export const markStyle = (mark: Mark) =>
  styled({
    '--mark': opaque(mark.colour),
    ...(mark.between ? { '--between': opaque(mark.between) } : {}),
  });

const opaque = (variable: string): string =>
  `rgb(from var(${variable}, var(${SPARE}, currentcolor)) r g b / 1)`;

/** The same colour as it is now, in a notation that every canvas reads; of two, the middle. */
export function markColour({ colour, between }: Mark): string {
  const first = canvasColour(colour);
  return between ? `color-mix(in srgb, ${first}, ${canvasColour(between)})` : first;
}

function canvasColour(variable: string): string {
  const colour = themeColour(variable, SPARE);
  const hex = /^#([0-9a-f]{6})[0-9a-f]{2}$/i.exec(colour);
  if (hex) return `#${hex[1]}`;
  const parts = /^rgba\(\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*,/.exec(colour);
  return parts ? `rgb(${parts[1]}, ${parts[2]}, ${parts[3]})` : colour;
}

/** In pixels; two tones as narrow as other patterns would be seen as a third. */
const TILE = 8;
const TWO_TONE = 12;

/** What to fill a shape on a canvas with. Reads the theme as it is now. */
export function paint(mark: Mark, context: CanvasRenderingContext2D): string | CanvasPattern {
  const colour = canvasColour(mark.colour);
  if (mark.pattern === 'solid') return colour;
  const tile = document.createElement('canvas');
  const size = mark.between ? TWO_TONE : TILE;
  tile.width = tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return colour;
  if (mark.between) drawTwoTone(pen, colour, canvasColour(mark.between));
  else drawTile(pen, mark.pattern, colour);
  return context.createPattern(tile, 'repeat') ?? colour;
}

/** As much of each. */
function drawTwoTone(pen: CanvasRenderingContext2D, colour: string, between: string): void {
  pen.fillStyle = between;
  pen.fillRect(0, 0, TWO_TONE, TWO_TONE);
  pen.strokeStyle = colour;
  pen.lineWidth = TWO_TONE / Math.SQRT2 / 2;
  diagonals(pen, TWO_TONE);
}

/** Drawn thrice, so that the line goes on across the tile's corners. */
function diagonals(pen: CanvasRenderingContext2D, size: number): void {
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
}

function drawTile(pen: CanvasRenderingContext2D, pattern: Pattern, colour: string): void {
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  pen.globalAlpha = pattern === 'hatched' || pattern === 'grid' ? 0.12 : 0.35;
  pen.fillRect(0, 0, TILE, TILE);
  pen.globalAlpha = pattern === 'hatched' || pattern === 'grid' ? 0.6 : 1;
  switch (pattern) {
    case 'dots':
      pen.beginPath();
      pen.arc(2, 2, 1.5, 0, 2 * Math.PI);
      pen.arc(6, 6, 1.5, 0, 2 * Math.PI);
      pen.fill();
      break;
    case 'grid':
      pen.fillRect(0, 0, TILE, 1);
      pen.fillRect(0, 0, 1, TILE);
      break;
    default:
      pen.lineWidth = pattern === 'hatched' ? 1 : 2.5;
      diagonals(pen, TILE);
  }
}

/** A colour of the theme as it is now, in CSS notation. */
export function themeColour(...variables: string[]): string {
  const style = getComputedStyle(document.body);
  for (const variable of variables) {
    const value = style.getPropertyValue(variable).trim();
    if (value !== '') return value;
  }
  return style.color;
}
