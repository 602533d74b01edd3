/**
 * What a roofline shows, in its own coordinates: lines, dots, axes. The canvas
 * and the exported picture are both drawn from this; nothing here knows either.
 */
import type { Bound } from '../../../src/analysis/ncu/bound';
import type { MemoryLevel, Roof } from '../../../src/analysis/ncu/roofs';
import type { Mark } from '../../ui/mark';

export type Point = readonly [x: number, y: number];

export interface Axis {
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly tick: (value: number) => string;
}

export interface Line {
  readonly name: string;
  readonly label: string;
  readonly from: Point;
  readonly to: Point;
  /** The roofs that the dots stand under; others are drawn faintly. */
  readonly strong: boolean;
}

/** Tells bounds apart without colours. */
export type Shape = 'circle' | 'rect' | 'triangle' | 'crossRot';
const SHAPES: Readonly<Record<Bound, Shape>> = {
  memory: 'circle',
  compute: 'rect',
  latency: 'triangle',
  unknown: 'crossRot',
};
export const boundShape = (bound: Bound): Shape => SHAPES[bound];

export interface Dot {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  /** In pixels. */
  readonly radius: number;
  readonly shape: Shape;
  readonly mark: Mark;
  /** A word or two, drawn where there is room. */
  readonly label: string;
  /** All of it, for a tooltip and for who does not see the picture. */
  readonly text: readonly string[];
}

export interface Scene {
  readonly scale: 'logarithmic' | 'linear';
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Where a memory roof meets a compute roof. */
  readonly ridges: readonly { readonly at: Point; readonly label: string }[];
  /** Largest first, so that small ones are drawn over them. */
  readonly dots: readonly Dot[];
}

/** Least and most that are seen; left out where everything is. */
export interface Range {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** Between the smallest and the largest dot; a share of nothing known is the smallest. */
const RADIUS: readonly [number, number] = [5, 16];

/** The dot's area, not its width, goes with the share. */
export function radius(weight: number | undefined, largest: number): number {
  const [least, most] = RADIUS;
  if (weight === undefined || !(weight > 0) || !(largest > 0)) return least;
  return Math.max(least, most * Math.sqrt(weight / largest));
}

export interface RooflineInput {
  readonly roofs: readonly Roof[];
  readonly level: MemoryLevel;
  /** Names of roofs that are left out. */
  readonly hidden: readonly string[];
  /** Names of the compute roofs that some dot stands under. */
  readonly used: ReadonlySet<string>;
  readonly dots: readonly Dot[];
  readonly range?: Range;
  readonly label: (roof: Roof) => string;
  readonly ridgeLabel: (intensity: number) => string;
  readonly x: Pick<Axis, 'title' | 'tick'>;
  readonly y: Pick<Axis, 'title' | 'tick'>;
}

export function rooflineScene(input: RooflineInput): Scene {
  const shown = input.roofs.filter((roof) => !input.hidden.includes(roof.name));
  const memory = shown.filter((roof) => roof.kind === 'memory');
  const compute = shown.filter((roof) => roof.kind === 'compute');
  const own = memory.find((roof) => roof.name === input.level);
  const range = input.range ?? fit(input.dots, memory, compute);
  const [x0, x1] = range.x;
  const [, y1] = range.y;
  const top = most(compute.map((roof) => roof.ceiling)) ?? y1;
  const steepest = most(memory.map((roof) => roof.ceiling));
  const lines: Line[] = [
    ...memory.map((roof) => ({
      name: roof.name,
      label: input.label(roof),
      from: [x0, roof.ceiling * x0] as const,
      to: [top / roof.ceiling, top] as const,
      strong: roof === own,
    })),
    ...compute.map((roof) => ({
      name: roof.name,
      label: input.label(roof),
      from: [steepest === undefined ? x0 : roof.ceiling / steepest, roof.ceiling] as const,
      to: [x1, roof.ceiling] as const,
      strong: input.used.has(roof.name),
    })),
  ];
  return {
    scale: 'logarithmic',
    x: { ...input.x, min: x0, max: x1 },
    y: { ...input.y, min: range.y[0], max: y1 },
    lines,
    ridges: own
      ? compute
          .filter((roof) => input.used.has(roof.name))
          .map((roof) => {
            const at = roof.ceiling / own.ceiling;
            return { at: [at, roof.ceiling] as const, label: input.ridgeLabel(at) };
          })
      : [],
    dots: bySize(input.dots),
  };
}

export interface ThroughputInput {
  readonly dots: readonly Dot[];
  /** Below this share of both peaks a kernel is held by neither. */
  readonly busy: number;
  readonly busyLabel: string;
  readonly range?: Range;
  readonly x: Pick<Axis, 'title' | 'tick'>;
  readonly y: Pick<Axis, 'title' | 'tick'>;
}

/** How busy memory and SMs were, of their peaks: what stands in where operations were not counted. */
export function throughputScene({ dots, busy, busyLabel, range, x, y }: ThroughputInput): Scene {
  const [xs, ys] = [range?.x ?? ([0, 1] as const), range?.y ?? ([0, 1] as const)];
  return {
    scale: 'linear',
    x: { ...x, min: xs[0], max: xs[1] },
    y: { ...y, min: ys[0], max: ys[1] },
    lines: [
      { name: 'compute', label: busyLabel, from: [0, busy], to: [1, busy], strong: false },
      { name: 'memory', label: '', from: [busy, 0], to: [busy, 1], strong: false },
    ],
    ridges: [],
    dots: bySize(dots),
  };
}

const bySize = (dots: readonly Dot[]): readonly Dot[] =>
  [...dots].sort((a, b) => b.radius - a.radius);

const most = (values: readonly number[]): number | undefined =>
  values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) : undefined;
const least = (values: readonly number[]): number | undefined =>
  values.length > 0 ? values.reduce((a, b) => Math.min(a, b)) : undefined;

/** Room for every dot, for the ridges with a stretch of the slopes below them, and for words above the roofs. */
function fit(dots: readonly Dot[], memory: readonly Roof[], compute: readonly Roof[]): Range {
  const top = most(compute.map((roof) => roof.ceiling));
  const slopes = memory.map((roof) => roof.ceiling);
  const ridges = top === undefined ? [] : slopes.map((slope) => top / slope);
  const xs = dots.map(({ x }) => x);
  const ys = dots.map(({ y }) => y);
  const x0 = Math.min((least(xs) ?? 1) / 4, (least(ridges) ?? Infinity) / 8);
  const x1 = Math.max((most(xs) ?? 10) * 5, (most(ridges) ?? 0) * 8);
  const y1 = Math.max(most(ys) ?? 0, top ?? 0) || 1e12;
  const slope = least(slopes);
  const y0 = Math.min(
    (least(ys) ?? y1) / 3,
    slope === undefined ? Infinity : slope * x0 * 2,
    y1 / 100,
  );
  return { x: [x0, x1], y: [y0, y1 * 2.5] };
}

/** Where a picture has its axes, in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** From the scene's coordinates to pixels. */
export function projection(scene: Scene, area: Area): (point: Point) => Point {
  const along = ({ min, max }: Axis) =>
    scene.scale === 'linear'
      ? (value: number) => (value - min) / (max - min)
      : (value: number) => Math.log(value / min) / Math.log(max / min);
  const [x, y] = [along(scene.x), along(scene.y)];
  return ([px, py]) => [
    area.left + x(px) * (area.right - area.left),
    area.bottom - y(py) * (area.bottom - area.top),
  ];
}

/** Powers of ten; with 2 and 5 between them where there are few. */
export function ticks(scale: Scene['scale'], { min, max }: Axis): readonly number[] {
  if (scale === 'linear') {
    const step = max - min > 0.5 ? 0.2 : max - min > 0.2 ? 0.1 : 0.02;
    const first = Math.ceil(min / step - 1e-9);
    const count = Math.floor(max / step + 1e-9) - first + 1;
    return Array.from({ length: Math.max(0, count) }, (_, i) =>
      Number(((first + i) * step).toPrecision(6)),
    );
  }
  const from = Math.floor(Math.log10(min));
  const to = Math.ceil(Math.log10(max));
  const within = (steps: readonly number[]) =>
    Array.from({ length: to - from + 1 }, (_, i) => steps.map((step) => step * 10 ** (from + i)))
      .flat()
      .filter((value) => value >= min && value <= max);
  const decades = within([1]);
  return decades.length >= 3 ? decades : within([1, 2, 5]);
}

/** The part of a line inside the area; undefined where there is none. Liang and Barsky, 1984. */
export function clip([x0, y0]: Point, [x1, y1]: Point, area: Area): [Point, Point] | undefined {
  let from = 0;
  let to = 1;
  const dx = x1 - x0;
  const dy = y1 - y0;
  for (const [p, q] of [
    [-dx, x0 - area.left],
    [dx, area.right - x0],
    [-dy, y0 - area.top],
    [dy, area.bottom - y0],
  ]) {
    if (p === 0 && q < 0) return undefined;
    if (p < 0) from = Math.max(from, q / p);
    if (p > 0) to = Math.min(to, q / p);
  }
  return from > to
    ? undefined
    : [
        [x0 + from * dx, y0 + from * dy],
        [x0 + to * dx, y0 + to * dy],
      ];
}
