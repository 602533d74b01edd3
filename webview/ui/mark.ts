export type Pattern = 'solid' | 'stripes' | 'two-tone' | 'dots' | 'grid' | 'hatched';

/** How a thing looks in pictures and legends: a colour and a pattern. */
export interface Mark {
  /** A CSS variable of the theme. */
  readonly colour: string;
  /** The second of what is two-tone: some of both. */
  readonly between?: string;
  readonly pattern: Pattern;
}
