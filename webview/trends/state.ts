/** What a reload of the window must not lose. */
import type { TrendFilter } from '../../src/protocol/trends';
import type { CoreState } from '../state';

export interface TrendsState extends CoreState {
  /** Model, GPU and measure that are shown, as a group's key. */
  readonly group?: string;
  readonly filter: TrendFilter;
  /** Words that names of figures hold. */
  readonly words: string;
}

export const INITIAL: TrendsState = { filter: {}, words: '', tables: {} };

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): TrendsState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({ ...INITIAL, group: '' });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state: TrendsState = { ...INITIAL, ...Object.fromEntries(entries) };
  const { branch, days } = state.filter ?? {};
  const sound =
    typeof state.tables === 'object' &&
    typeof state.words === 'string' &&
    (branch === undefined || typeof branch === 'string') &&
    (days === undefined || typeof days === 'number');
  return sound ? state : INITIAL;
}
