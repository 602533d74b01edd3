/**
 * What stands out, in words. A rule has the measured figure, the threshold it
 * is held against, why it matters, what to try, and the view that shows it.
 * A finding on thin evidence says so or stays silent.
 */
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';

export type ViewName = 'overview' | 'phases' | 'kernels' | 'ranges' | 'graphs' | 'memory';

/**
 * Text is kept as a message key with named values so that it can be translated
 * where it is shown; `defaultText` is the English sentence with values filled in.
 */
export interface Finding {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'problem';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  /** The figure and the threshold it crossed, with units, as shown. */
  readonly measured: string;
  readonly threshold: string;
  readonly view: ViewName;
  /** A filter for that view, where one leads to the cause. */
  readonly filter?: string;
  /** Share of GPU or wall time that this could free, for ordering; 0 where not known. */
  readonly weight: number;
}

/** What the capture cannot say, and the flag or setting that would have recorded it. */
export interface Gap {
  readonly id: string;
  readonly text: string;
  /** To copy: a flag or command. */
  readonly remedy?: string;
}

export declare function findings(analysis: Analysis, scope: Scope): readonly Finding[];
export declare function captureGaps(analysis: Analysis): readonly Gap[];
