/** What a reload of the window must not lose. */
import type { TrendFilter } from '../../src/protocol/trends';
import type { CoreState } from '../state';

export interface TrendsState extends CoreState {
  /** Model, GPU and measure that are shown, as a group's key. */
  readonly group?: string;
  /** Key of the workspace's folder whose history is shown; undefined until one was chosen. */
  readonly folder?: string;
  readonly filter: TrendFilter;
  /** Words that names of figures hold. */
  readonly words: string;
}

export const INITIAL: TrendsState = { filter: {}, words: '', tables: {} };

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): TrendsState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({ ...INITIAL, group: '', folder: '' });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state: TrendsState = { ...INITIAL, ...Object.fromEntries(entries) };
  const { branch, days } = state.filter ?? {};
  const sound =
    typeof state.tables === 'object' &&
    typeof state.words === 'string' &&
    (state.folder === undefined || typeof state.folder === 'string') &&
    (branch === undefined || typeof branch === 'string') &&
    (days === undefined || typeof days === 'number');
  return sound ? state : INITIAL;
}
