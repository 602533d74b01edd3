/** What a reload of the window must not lose. */
import type { MemoryLevel } from '../../src/analysis/ncu/roofs';
import type { CompareQuestion } from '../../src/protocol/compare';
import type { CoreState, PhaseMeasure } from '../state';

export type CompareTab = 'change' | 'kernels' | 'figures' | 'roofline';

export interface CompareState extends CoreState {
  /** What is compared with what: by it an editor that starts anew knows what to show. */
  readonly question?: CompareQuestion;
  readonly tab: CompareTab;
  readonly measure: PhaseMeasure;
  readonly filter: string;
  readonly figureFilter: string;
  readonly level?: MemoryLevel;
}

export const INITIAL: CompareState = {
  tab: 'change',
  measure: 'step',
  filter: '',
  figureFilter: '',
  tables: {},
};

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): CompareState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({ ...INITIAL, question: {}, level: '' });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state: CompareState = { ...INITIAL, ...Object.fromEntries(entries) };
  const sound =
    typeof state.tables === 'object' &&
    typeof state.filter === 'string' &&
    typeof state.figureFilter === 'string' &&
    ['step', 'token', 'total'].includes(state.measure);
  return sound ? state : INITIAL;
}
