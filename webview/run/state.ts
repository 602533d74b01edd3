import type { CoreState } from '../state';

/** What a reload of the window must not lose. */
export type RunPageState = CoreState;

export const INITIAL: RunPageState = { tables: {} };

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): RunPageState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const { tables, run } = saved as Partial<RunPageState>;
  return typeof tables === 'object' ? { tables, ...(run && { run }) } : INITIAL;
}
