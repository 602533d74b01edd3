/**
 * Charts as SVG with no script and no style of its own: colours are classes of
 * the page's style sheet, so that they follow light, dark and print.
 */
import { formatCount, formatNumber, shortenMiddle } from '../../profile/format';
import { html, type Markup } from './markup';

const WIDTH = 860;
const LABEL = 330;
const VALUE = 150;
const ROW = 22;
const NAME_WIDTH = 46;

/** A class of the style sheet, or two: of the upper and the lower half. */
export type Colour = number | readonly [upper: number, lower: number];

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Behind the bar. */
  readonly text: string;
  /** Of the palette. */
  readonly colour?: Colour;
}

const n = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : '0');

const svg = (height: number, label: string, content: readonly (Markup | false)[]): Markup =>
  html`<svg viewBox="0 0 ${WIDTH} ${n(height)}" role="img" aria-label="${label}">${content}</svg>`;

function block(x: number, y: number, width: number, height: number, colour: Colour): Markup {
  const rect = (at: number, tall: number, of: number): Markup =>
    html`<rect x="${n(x)}" y="${n(at)}" width="${n(width)}" height="${n(tall)}" class="c${of}" />`;
  if (typeof colour === 'number') return rect(y, height, colour);
  const half = height / 2;
  return html`${rect(y, half, colour[0])}${rect(y + half, half, colour[1])}`;
}

/** Bars to the right, from zero. */
export function bars(label: string, rows: readonly Bar[]): Markup {
  const largest = Math.max(...rows.map(({ value }) => value), 0);
  const room = WIDTH - LABEL - VALUE;
  return svg(
    rows.length * ROW,
    label,
    rows.map(({ label: name, value, text, colour = 0 }, i) => {
      const width = largest > 0 ? Math.max(0, (value / largest) * room) : 0;
      const y = i * ROW;
      return html`<g
        ><title>${name}: ${text}</title
        ><text x="${LABEL - 8}" y="${y + 15}" class="name">${shortenMiddle(name, NAME_WIDTH)}</text
        >${block(LABEL, y + 3, width, ROW - 6, colour)}<text
          x="${n(LABEL + width + 6)}"
          y="${y + 15}"
          >${text}</text
        ></g
      >`;
    }),
  );
}

/** One bar of parts, with a legend under it. */
export function stack(label: string, parts: readonly Bar[]): Markup {
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  let at = 0;
  const pieces = parts.map(({ label: name, value, text, colour = 0 }) => {
    const width = whole > 0 ? (value / whole) * WIDTH : 0;
    const piece = html`<g><title>${name}: ${text}</title>${block(at, 0, width, 28, colour)}</g>`;
    at += width;
    return piece;
  });
  const legend = parts.map(({ label: name, text, colour = 0 }, i) => {
    const x = (i % 4) * (WIDTH / 4);
    const y = 38 + Math.floor(i / 4) * 20;
    return html`<g
      >${block(x, y, 11, 11, colour)}<text x="${n(x + 17)}" y="${y + 10}">${name} ${text}</text></g
    >`;
  });
  return svg(42 + Math.ceil(parts.length / 4) * 20, label, [...pieces, ...legend]);
}

/** Bars that each begin where the one before ended. */
export function cascade(
  label: string,
  from: number,
  to: number,
  rows: readonly { label: string; start: number; end: number; text: string }[],
): Markup {
  const levels = [from, to, ...rows.flatMap(({ start, end }) => [start, end])];
  // Changes are small beside the whole: the axis begins a little below the lowest level.
  const high = Math.max(...levels);
  const low = Math.min(...levels) - (high - Math.min(...levels)) * 0.15;
  const room = WIDTH - LABEL - VALUE;
  const x = (value: number): number =>
    LABEL + (high > low ? ((value - low) / (high - low)) * room : 0);
  const all = [
    { label: 'Baseline', start: low, end: from, text: formatNumber(from), kind: 'level' },
    ...rows.map((row) => ({ ...row, kind: row.end > row.start ? 'worse' : 'better' })),
    { label: 'Current', start: low, end: to, text: formatNumber(to), kind: 'level' },
  ];
  return svg(
    all.length * ROW,
    label,
    all.map((row, i) => {
      const y = i * ROW;
      const left = Math.min(x(row.start), x(row.end));
      const right = Math.max(x(row.start), x(row.end));
      return html`<g
        ><title>${row.label}: ${row.text}</title
        ><text x="${LABEL - 8}" y="${y + 15}" class="name"
          >${shortenMiddle(row.label, NAME_WIDTH)}</text
        ><rect
          x="${n(left)}"
          y="${y + 3}"
          width="${n(Math.max(1, right - left))}"
          height="${ROW - 6}"
          class="${row.kind}"
        /><text x="${n(right + 6)}" y="${y + 15}">${row.text}</text></g
      >`;
    }),
  );
}

export interface LogPoint {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly text: string;
  readonly colour: number;
}

export interface LogRoof {
  readonly name: string;
  /** y = slope · x below the ceiling; a ceiling alone is level. */
  readonly slope?: number;
  readonly ceiling?: number;
}

const HEIGHT = 420;
const PLOT = { left: 70, right: WIDTH - 20, top: 16, bottom: HEIGHT - 44 };

/** Points and roofs on two logarithmic axes. */
export function logPlot(
  label: string,
  axes: { readonly x: string; readonly y: string },
  points: readonly LogPoint[],
  roofs: readonly LogRoof[],
): Markup {
  const [x0, x1] = decades(points.map(({ x }) => x));
  const ceilings = roofs.flatMap(({ ceiling }) => (ceiling === undefined ? [] : [ceiling]));
  const [y0, y1] = decades([...points.map(({ y }) => y), ...ceilings]);
  const x = (value: number): number =>
    PLOT.left + ((Math.log10(value) - x0) / (x1 - x0)) * (PLOT.right - PLOT.left);
  const y = (value: number): number =>
    PLOT.bottom - ((Math.log10(value) - y0) / (y1 - y0)) * (PLOT.bottom - PLOT.top);
  const grid = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const roof = ({ name, slope, ceiling }: LogRoof): Markup => {
    if (slope === undefined) {
      const at = y(ceiling!);
      return html`<g class="roof"
        ><line x1="${PLOT.left}" x2="${PLOT.right}" y1="${n(at)}" y2="${n(at)}" /><text
          x="${PLOT.right - 4}"
          y="${n(at - 4)}"
          class="name"
          >${name}</text
        ></g
      >`;
    }
    const from = Math.max(10 ** x0, 10 ** y0 / slope);
    const to = Math.min(10 ** x1, 10 ** y1 / slope);
    if (!(to > from)) return html``;
    return html`<g class="roof"
      ><line
        x1="${n(x(from))}"
        y1="${n(y(from * slope))}"
        x2="${n(x(to))}"
        y2="${n(y(to * slope))}"
      /><text x="${n(x(from) + 6)}" y="${n(y(from * slope) - 10)}">${name}</text></g
    >`;
  };
  return svg(HEIGHT, label, [
    ...grid(x0, x1).map(
      (value) =>
        html`<line
            x1="${n(x(value))}"
            x2="${n(x(value))}"
            y1="${PLOT.top}"
            y2="${PLOT.bottom}"
            class="grid"
          /><text x="${n(x(value))}" y="${PLOT.bottom + 16}" class="tick">${power(value)}</text>`,
    ),
    ...grid(y0, y1).map(
      (value) =>
        html`<line
            x1="${PLOT.left}"
            x2="${PLOT.right}"
            y1="${n(y(value))}"
            y2="${n(y(value))}"
            class="grid"
          /><text x="${PLOT.left - 6}" y="${n(y(value) + 4)}" class="name">${power(value)}</text>`,
    ),
    ...roofs.map(roof),
    ...points.map(
      (point) =>
        html`<circle cx="${n(x(point.x))}" cy="${n(y(point.y))}" r="5" class="c${point.colour}"
          ><title>${point.name}: ${point.text}</title></circle
        >`,
    ),
    html`<text x="${n((PLOT.left + PLOT.right) / 2)}" y="${HEIGHT - 8}" class="tick"
      >${axes.x}</text
    >`,
    html`<text x="${PLOT.left}" y="11">${axes.y}</text>`,
  ]);
}

/** From 0.001 to 100,000 as they are; what is longer in scientific notation. */
const power = (value: number): string =>
  value < 0.0005 || value >= 500_000
    ? value.toExponential(0)
    : value < 1
      ? String(Number(value.toPrecision(1)))
      : formatCount(value);

/** Whole powers of ten around positive values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (logs.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...logs));
  const high = Math.ceil(Math.max(...logs));
  return [low, high > low ? high : low + 1];
}

/** A line over time. */
export interface Course {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/**
 * Lines over time from zero, named below where there are several.
 * @param most the top of the axis; undefined: the largest value
 * @param top what stands at the top of the axis
 */
export function lines(
  label: string,
  courses: readonly Course[],
  most: number | undefined,
  top: string,
): Markup {
  const height = 160;
  const all = courses.flatMap(({ points }) => points);
  const extreme = (pick: (a: number, b: number) => number, of: readonly number[]): number =>
    of.reduce((a, b) => pick(a, b), of[0] ?? 0);
  const first = extreme(
    Math.min,
    all.map(({ x }) => x),
  );
  const span =
    extreme(
      Math.max,
      all.map(({ x }) => x),
    ) - first;
  const high =
    most ??
    extreme(
      Math.max,
      all.map(({ y }) => y),
    );
  const place = (x: number, y: number): string => {
    const left = span > 0 ? ((x - first) / span) * WIDTH : 0;
    return `${n(left)},${n(height - 10 - (high > 0 ? (y / high) * (height - 30) : 0))}`;
  };
  const named = courses.length > 1;
  return svg(height + (named ? 20 : 0), label, [
    html`<line x1="0" x2="${WIDTH}" y1="20" y2="20" class="grid" />`,
    html`<line x1="0" x2="${WIDTH}" y1="${height - 10}" y2="${height - 10}" class="grid" />`,
    ...courses.map(
      ({ name, points }, i) =>
        html`<polyline
          points="${points.map(({ x, y }) => place(x, y)).join(' ')}"
          class="line l${i % COURSES}"
          ><title>${name}</title></polyline
        >`,
    ),
    html`<text x="2" y="14">${most === undefined ? `${formatNumber(high)} ${top}` : top}</text>`,
    ...(named
      ? courses.map(
          ({ name }, i) =>
            html`<line
                x1="${i * 200}"
                x2="${i * 200 + 16}"
                y1="${height + 10}"
                y2="${height + 10}"
                class="line l${i % COURSES}"
              /><text x="${i * 200 + 22}" y="${height + 14}">${shortenMiddle(name, 26)}</text>`,
        )
      : []),
  ]);
}

/** Kinds of lines that the style sheet tells apart by colour and dashes. */
export const COURSES = 4;

export interface CoursePoint {
  /** Place among the runs, from 0. */
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** Below the axis, where there is room. */
  readonly tick: string;
}

const TICK_ROOM = 90;

/** A figure over runs, from zero: points joined, the baseline's level, and where the level changed. */
export function course(
  label: string,
  points: readonly CoursePoint[],
  runs: number,
  baseline: number | undefined,
  changes: readonly number[],
  unit: string,
): Markup {
  const height = 190;
  const area = { left: 60, right: WIDTH - 20, top: 14, bottom: height - 26 };
  const high = points.reduce((most, { y }) => Math.max(most, y), baseline ?? 0) || 1;
  const x = (place: number): number =>
    runs < 2
      ? (area.left + area.right) / 2
      : area.left + (place / (runs - 1)) * (area.right - area.left);
  const y = (value: number): number => area.bottom - (value / high) * (area.bottom - area.top);
  const every = Math.max(1, Math.ceil(points.length / ((area.right - area.left) / TICK_ROOM)));
  const level = (value: number, kind: string): Markup =>
    html`<line
        x1="${area.left}"
        x2="${area.right}"
        y1="${n(y(value))}"
        y2="${n(y(value))}"
        class="${kind}"
      /><text x="${area.left - 6}" y="${n(y(value) + 4)}" class="name"
        >${formatNumber(value)}</text
      >`;
  return svg(height, label, [
    level(0, 'grid'),
    level(high, 'grid'),
    html`<text x="${area.left}" y="10">${unit}</text>`,
    baseline !== undefined &&
      html`<line
          x1="${area.left}"
          x2="${area.right}"
          y1="${n(y(baseline))}"
          y2="${n(y(baseline))}"
          class="line l1"
        /><text x="${area.right}" y="${n(y(baseline) - 4)}" class="name">baseline</text>`,
    ...changes.map(
      (place) =>
        html`<line
          x1="${n(x(place - 0.5))}"
          x2="${n(x(place - 0.5))}"
          y1="${area.top}"
          y2="${area.bottom}"
          class="change"
        />`,
    ),
    html`<polyline
      points="${points.map((point) => `${n(x(point.x))},${n(y(point.y))}`).join(' ')}"
      class="line"
    />`,
    ...points.map(
      (point) =>
        html`<circle cx="${n(x(point.x))}" cy="${n(y(point.y))}" r="3.5" class="c0"
          ><title>${point.text}</title></circle
        >`,
    ),
    ...points
      .filter((_, i) => i % every === 0)
      .map(
        ({ x: place, tick }) =>
          html`<text x="${n(x(place))}" y="${height - 8}" class="tick">${tick}</text>`,
      ),
  ]);
}
