/** A trend as a picture for documents: the same scene as on the screen. */
import { escape, n } from '../ui/svg';
import type { TrendScene } from './scene';

export interface TrendStyle {
  readonly width: number;
  readonly height: number;
  readonly font: string;
  readonly ground: string;
  readonly foreground: string;
  readonly quiet: string;
  readonly grid: string;
  readonly line: string;
  readonly worse: string;
  readonly better: string;
  readonly baselineLabel: string;
}

const SIZE = 11;
const GRID_LINES = 4;
const MARK_ROOM = 62;

export function trendSvg(scene: TrendScene, style: TrendStyle): string {
  const { width, height } = style;
  const area = { left: 84, top: 44, right: width - 16, bottom: height - 30 };
  const count = Math.max(1, scene.marks.length);
  const px = (x: number): number => area.left + ((x + 0.5) / count) * (area.right - area.left);
  const py = (y: number): number =>
    area.bottom - ((y - scene.min) / (scene.max - scene.min)) * (area.bottom - area.top);
  const line = (
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    colour: string,
    more = '',
  ): string =>
    `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${escape(colour)}"${more}/>`;
  const text = (x: number, y: number, words: string, colour: string, more = ''): string =>
    `<text x="${n(x)}" y="${n(y)}" fill="${escape(colour)}"${more}>${escape(words)}</text>`;

  const every = Math.max(
    1,
    Math.ceil(count / Math.max(1, Math.floor((area.right - area.left) / MARK_ROOM))),
  );
  const grid = Array.from({ length: GRID_LINES + 1 }, (_, i) => {
    const value = scene.min + ((scene.max - scene.min) * i) / GRID_LINES;
    return (
      line(area.left, py(value), area.right, py(value), style.grid) +
      text(area.left - 6, py(value) + 4, scene.tick(value), style.quiet, ' text-anchor="end"')
    );
  });
  const marks = scene.marks.flatMap((mark, x) =>
    x % every === 0
      ? [text(px(x), area.bottom + 18, mark, style.quiet, ' text-anchor="middle"')]
      : [],
  );
  const baseline =
    scene.baseline === undefined
      ? ''
      : line(
          area.left,
          py(scene.baseline),
          area.right,
          py(scene.baseline),
          style.quiet,
          ' stroke-dasharray="6 4"',
        ) + text(area.left + 4, py(scene.baseline) - 4, style.baselineLabel, style.quiet);
  const levels = scene.levels.map(({ from, to, y }) =>
    line(px(from) - 4, py(y), px(to) + 4, py(y), style.foreground, ' stroke-width="2"'),
  );
  const changes = scene.changes.map(({ x, label, worse }) => {
    const dash = worse ? '' : ' stroke-dasharray="3 3"';
    return (
      line(px(x), area.top, px(x), area.bottom, worse ? style.worse : style.better, dash) +
      text(px(x), area.top - 6, label, style.foreground, ' text-anchor="middle"')
    );
  });
  const path = scene.points.map(({ x, y }) => `${n(px(x))},${n(py(y))}`).join(' ');
  const points = scene.points.map(({ x, y, baseline: marked, text: says }) => {
    const shape = marked
      ? `<rect x="${n(px(x) - 4)}" y="${n(py(y) - 4)}" width="8" height="8"`
      : `<circle cx="${n(px(x))}" cy="${n(py(y))}" r="3"`;
    return `${shape} fill="${escape(style.line)}"><title>${escape(says)}</title></${marked ? 'rect' : 'circle'}>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escape(style.font)}" font-size="${SIZE}">`,
    `<title>${escape(scene.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${escape(style.ground)}"/>`,
    text(area.left, 18, scene.title, style.foreground, ' font-weight="bold" font-size="13"'),
    ...grid,
    ...marks,
    baseline,
    ...levels,
    ...changes,
    `<polyline points="${path}" fill="none" stroke="${escape(style.line)}"/>`,
    ...points,
    '</svg>\n',
  ].join('\n');
}
