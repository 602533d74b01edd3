/** A roofline as a picture for documents: the same scene as on the screen, drawn as SVG. */
import { escape, n } from '../../ui/svg';
import { placeLabels } from './labels';
import { clip, projection, ticks, type Area, type Dot, type Point, type Scene } from './scene';

export interface SvgStyle {
  readonly width: number;
  readonly height: number;
  readonly font: string;
  readonly ground: string;
  readonly foreground: string;
  readonly quiet: string;
  readonly grid: string;
  /** Of a dot. */
  readonly colour: (dot: Dot) => string;
}

const SIZE = 11;
/** Of a character of a sans-serif font, on average, of its size. */
const CHARACTER = 0.58;

export function sceneSvg(scene: Scene, style: SvgStyle): string {
  const { width, height, quiet, grid, foreground } = style;
  const area: Area = { left: 78, top: 16, right: width - 20, bottom: height - 46 };
  const project = projection(scene, area);
  const type = { size: SIZE, width: (text: string) => text.length * SIZE * CHARACTER };
  const line = (a: Point, b: Point, colour: string, more = ''): string =>
    `<line x1="${n(a[0])}" y1="${n(a[1])}" x2="${n(b[0])}" y2="${n(b[1])}" stroke="${escape(colour)}"${more}/>`;
  const text = (at: Point, words: string, colour: string, more = ''): string =>
    `<text x="${n(at[0])}" y="${n(at[1])}" fill="${escape(colour)}"${more}>${escape(words)}</text>`;

  const xTicks = ticks(scene.scale, scene.x).map((value) => {
    const [x] = project([value, scene.y.min]);
    return (
      line([x, area.top], [x, area.bottom], grid) +
      text([x, area.bottom + 16], scene.x.tick(value), quiet, ' text-anchor="middle"')
    );
  });
  const yTicks = ticks(scene.scale, scene.y).map((value) => {
    const [, y] = project([scene.x.min, value]);
    return (
      line([area.left, y], [area.right, y], grid) +
      text([area.left - 6, y + 4], scene.y.tick(value), quiet, ' text-anchor="end"')
    );
  });
  const roofs = scene.lines.flatMap(({ from, to, strong }) => {
    const seen = clip(project(from), project(to), area);
    const style = strong ? ' stroke-width="1.5"' : ' stroke-width="1" stroke-dasharray="5 4"';
    return seen ? [line(seen[0], seen[1], strong ? foreground : quiet, style)] : [];
  });
  const inside = ([x, y]: Point): boolean =>
    x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
  const dots = scene.dots.flatMap((dot) => {
    const at = project([dot.x, dot.y]);
    if (!inside(at)) return [];
    return [
      `<g><title>${escape(dot.text.join('\n'))}</title>${shape(dot, at, style.colour(dot), style)}</g>`,
    ];
  });
  const labels = placeLabels(scene, area, type).map(({ text: words, at: [x, y], angle, kind }) => {
    const turn =
      angle === 0 ? '' : ` transform="rotate(${n((angle * 180) / Math.PI)} ${n(x)} ${n(y)})"`;
    return text(
      [x, y],
      words,
      kind === 'dot' ? foreground : quiet,
      ` dominant-baseline="central"${turn}`,
    );
  });
  const ridges = scene.ridges.flatMap(({ at }) => {
    const [x, y] = project(at);
    return inside([x, y])
      ? [`<circle cx="${n(x)}" cy="${n(y)}" r="2.5" fill="${escape(foreground)}"/>`]
      : [];
  });
  const titles = [
    text(
      [(area.left + area.right) / 2, height - 10],
      scene.x.title,
      quiet,
      ' text-anchor="middle"',
    ),
    text(
      [14, (area.top + area.bottom) / 2],
      scene.y.title,
      quiet,
      ` text-anchor="middle" transform="rotate(-90 14 ${n((area.top + area.bottom) / 2)})"`,
    ),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escape(style.font)}" font-size="${SIZE}">`,
    `<rect width="${width}" height="${height}" fill="${escape(style.ground)}"/>`,
    ...xTicks,
    ...yTicks,
    ...roofs,
    ...ridges,
    ...dots,
    ...labels,
    ...titles,
    '</svg>',
    '',
  ].join('\n');
}

function shape(
  { shape: kind, radius: r }: Dot,
  [x, y]: Point,
  colour: string,
  style: SvgStyle,
): string {
  const fill = `fill="${escape(colour)}" fill-opacity="0.85" stroke="${escape(style.ground)}"`;
  switch (kind) {
    case 'circle':
      return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" ${fill}/>`;
    case 'rect': {
      const half = r * Math.SQRT1_2;
      return `<rect x="${n(x - half)}" y="${n(y - half)}" width="${n(2 * half)}" height="${n(2 * half)}" ${fill}/>`;
    }
    case 'triangle': {
      const [dx, dy] = [r * Math.cos(Math.PI / 6), r / 2];
      return `<path d="M${n(x)} ${n(y - r)}L${n(x + dx)} ${n(y + dy)}L${n(x - dx)} ${n(y + dy)}Z" ${fill}/>`;
    }
    case 'crossRot': {
      const half = r * Math.SQRT1_2;
      return `<path d="M${n(x - half)} ${n(y - half)}L${n(x + half)} ${n(y + half)}M${n(x + half)} ${n(y - half)}L${n(x - half)} ${n(y + half)}" stroke="${escape(colour)}" stroke-width="2" fill="none"/>`;
    }
  }
}
