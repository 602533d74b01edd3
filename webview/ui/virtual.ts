/**
 * Where rows are on a scrollbar that may be too short for them.
 *
 * Browsers stop laying out somewhere past 16 million pixels; five million rows
 * need 120. The scrolled element is then as tall as the limit, and its scroll
 * position stands for a position in the taller, virtual one.
 */
export const MAX_HEIGHT = 8_000_000;

export interface Extent {
  readonly rows: number;
  readonly rowHeight: number;
  /** Height of the part that shows rows, in pixels. */
  readonly viewport: number;
}

export const virtualHeight = (extent: Extent): number => extent.rows * extent.rowHeight;

export const scrolledHeight = (extent: Extent): number =>
  Math.min(virtualHeight(extent), Math.max(MAX_HEIGHT, extent.viewport));

export const isScaled = (extent: Extent): boolean => virtualHeight(extent) > scrolledHeight(extent);

const travel = (height: number, extent: Extent) => Math.max(0, height - extent.viewport);

/** The largest virtual position. */
export const maxTop = (extent: Extent): number => travel(virtualHeight(extent), extent);

export function toVirtual(scrollTop: number, extent: Extent): number {
  if (!isScaled(extent)) return scrollTop;
  const scrolled = travel(scrolledHeight(extent), extent);
  return scrolled === 0 ? 0 : (scrollTop / scrolled) * maxTop(extent);
}

export function toScrolled(top: number, extent: Extent): number {
  if (!isScaled(extent)) return top;
  const virtual = maxTop(extent);
  return virtual === 0 ? 0 : (top / virtual) * travel(scrolledHeight(extent), extent);
}

/** Rows to draw, some more than are seen: first, and one past the last. */
export function rowsAt(top: number, extent: Extent, overscan: number): [number, number] {
  const first = Math.max(0, Math.floor(top / extent.rowHeight) - overscan);
  const last = Math.ceil((top + extent.viewport) / extent.rowHeight) + overscan;
  return [Math.min(first, extent.rows), Math.min(extent.rows, last)];
}

/** The position nearest to `top` at which a row is wholly in view. */
export function reveal(row: number, top: number, extent: Extent): number {
  const start = row * extent.rowHeight;
  const end = start + extent.rowHeight;
  if (start < top) return start;
  if (end > top + extent.viewport) return Math.max(0, end - extent.viewport);
  return top;
}
