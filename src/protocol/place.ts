/** A place in a profile that another view leads to. */
import type { ViewName } from '../analysis/findings';
import type { Phase } from '../profile/scope';
import type { Nanoseconds } from '../profile/units';
import type { SessionTab } from './session';

/** Views of any timeline, and those that traces of PyTorch have besides. */
export type TabName = ViewName | 'operators' | 'flame' | 'ranks' | 'run';

/** Views of Nsight Compute results. */
export type NcuTab = 'roofline' | 'kernels' | 'timeline' | 'run';

/**
 * What is to be seen of a profile. Where a place says what figures are for
 * (window, phase, kernel, filter), what they were narrowed to before is let go;
 * a tab alone keeps it.
 */
export interface ProfilePlace {
  /** Left out: the tab that fits the rest, else the one that is shown. */
  readonly tab?: TabName | NcuTab | SessionTab;
  /** In the profile's own time. */
  readonly window?: readonly [start: Nanoseconds, end: Nanoseconds];
  readonly phase?: Phase;
  /** A kernel by its demangled name, as the profile writes it; its details open. */
  readonly kernel?: string;
  /** In the language of the tab's filter box. */
  readonly filter?: string;
}
