export type Pattern = 'solid' | 'stripes' | 'dots' | 'grid' | 'hatched';

/** How a thing looks in pictures and legends: a colour and a pattern. */
export interface Mark {
  /** A CSS variable of the theme. */
  readonly colour: string;
  readonly pattern: Pattern;
}
