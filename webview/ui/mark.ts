export type Pattern = 'solid' | 'stripes' | 'two-tone' | 'dots' | 'grid' | 'hatched';

/** Of points, which are too small for a pattern; as the canvas calls them. */
export type Shape = 'circle' | 'rect' | 'triangle' | 'crossRot';

/** How a thing looks in pictures and legends: a colour, a pattern, and as points a shape. */
export interface Mark {
  /** A CSS variable of the theme. */
  readonly colour: string;
  /** The second of what is two-tone: some of both. */
  readonly between?: string;
  readonly pattern: Pattern;
  /** A circle where it is not told. */
  readonly shape?: Shape;
}
