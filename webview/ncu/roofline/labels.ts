/** Where the words of a roofline go: along their line or beside their dot, and never over one another. */
import { clip, projection, type Area, type Line, type Point, type Scene } from './scene';

export interface Label {
  readonly text: string;
  /** Of the text's left end, in the middle of its height. */
  readonly at: Point;
  /** Clockwise, in radians. */
  readonly angle: number;
  readonly kind: 'roof' | 'ridge' | 'dot';
}

export interface Type {
  /** In pixels. */
  readonly size: number;
  readonly width: (text: string) => number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** More names than this are no longer looked at. */
const MOST_DOTS = 24;
/** Along a line, where its label may begin. */
const PLACES = [0.03, 0.1, 0.18, 0.26, 0.34, 0.42, 0.5, 0.58, 0.66, 0.74];

/** The largest dot first, then roofs, ridges, and the other dots; what finds no room is left out. */
export function placeLabels(scene: Scene, area: Area, type: Type): readonly Label[] {
  const project = projection(scene, area);
  const lines = scene.lines.flatMap((line) => {
    const seen = clip(project(line.from), project(line.to), area);
    return seen && line.label !== '' ? [{ line, seen }] : [];
  });
  const dots = scene.dots.map((dot) => ({ dot, at: project([dot.x, dot.y]) }));
  const taken: Box[] = dots.map(({ dot, at }) => around(at, dot.radius));
  const drawn = lines.map(({ line, seen }) => ({ line, boxes: alongside(seen) }));
  const placed: Label[] = [];
  const place = (candidates: readonly Label[], line?: Line): void => {
    const lineBoxes = drawn.filter((one) => one.line !== line).flatMap(({ boxes }) => boxes);
    for (const label of candidates) {
      const boxes = boxesOf(label, type);
      if (!boxes.every((box) => within(box, area))) continue;
      const free = (others: readonly Box[]): boolean =>
        !boxes.some((box) => others.some((other) => overlap(box, other)));
      if (!free(taken) || !free(lineBoxes)) continue;
      taken.push(...boxes);
      placed.push(label);
      return;
    }
  };

  const name = ({ dot, at }: (typeof dots)[number]): void => {
    const gap = dot.radius + 4;
    const width = type.width(dot.label);
    const [x, y] = at;
    place(
      (
        [
          [x + gap, y],
          [x - gap - width, y],
          [x - width / 2, y - gap - type.size / 2],
          [x - width / 2, y + gap + type.size / 2],
          [x - width, y + gap + type.size / 2],
          [x, y + gap + type.size / 2],
          [x - width, y - gap - type.size / 2],
          [x, y - gap - type.size / 2],
        ] as const
      ).map((where) => ({ text: dot.label, at: where, angle: 0, kind: 'dot' })),
    );
  };

  dots.slice(0, 1).forEach(name);
  for (const { line, seen } of [...lines].sort(
    (a, b) => Number(b.line.strong) - Number(a.line.strong),
  )) {
    place(alongLine(line.label, seen, type), line);
  }
  for (const { at, label } of scene.ridges) {
    const [x, y] = project(at);
    place([
      { text: label, at: [x + 8, y + type.size], angle: 0, kind: 'ridge' },
      { text: label, at: [x - type.width(label) - 8, y - type.size], angle: 0, kind: 'ridge' },
    ]);
  }
  dots.slice(1, MOST_DOTS).forEach(name);
  return placed;
}

/** Above the line, from its middle on outwards for level ones, from its start for others. */
function alongLine(text: string, [from, to]: readonly [Point, Point], type: Type): Label[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const width = type.width(text);
  if (length === 0) return [];
  const angle = Math.atan2(dy, dx);
  const starts =
    Math.abs(angle) < 0.01
      ? [length - width - 6, length - width - 90, length / 2 - width / 2, 6]
      : PLACES.map((place) => place * length);
  const lift = type.size * 0.5 + 4;
  return [1, -1].flatMap((side) =>
    starts
      .filter((start) => start >= 0 && start + width <= length + 1)
      .map((start) => ({
        text,
        at: [
          from[0] + (dx * start + side * lift * dy) / length,
          from[1] + (dy * start - side * lift * dx) / length,
        ] as const,
        angle,
        kind: 'roof' as const,
      })),
  );
}

/** The line itself, as a row of small boxes. */
function alongside([from, to]: readonly [Point, Point]): readonly Box[] {
  const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 4);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const part = steps === 0 ? 0 : i / steps;
    return around([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])], 1.5);
  });
}

const around = ([x, y]: Point, radius: number): Box => ({
  left: x - radius,
  top: y - radius,
  right: x + radius,
  bottom: y + radius,
});

/** A level text is one box; a slanting one a row of small boxes, as the box around it would be mostly empty. */
function boxesOf({ text, at: [x, y], angle }: Label, { size, width }: Type): readonly Box[] {
  const half = size * 0.6;
  const length = width(text);
  if (Math.abs(angle) < 0.01) {
    return [{ left: x - 2, top: y - half, right: x + length + 2, bottom: y + half }];
  }
  const steps = Math.max(1, Math.ceil(length / size));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const along = (length * i) / steps;
    return around([x + Math.cos(angle) * along, y + Math.sin(angle) * along], half);
  });
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const within = (box: Box, area: Area): boolean =>
  box.left >= area.left &&
  box.right <= area.right &&
  box.top >= area.top - 4 &&
  box.bottom <= area.bottom;
