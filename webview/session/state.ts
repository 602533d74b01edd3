/** What a reload of the window must not lose. */
import type { SessionScope, SessionTab } from '../../src/protocol/session';
import type { CoreState } from '../state';

/** What a step back in the breadcrumb undoes. */
export type Narrowing = 'process' | 'window';

export type ExpertFigure = 'load' | 'weight';

export interface SessionState extends CoreState {
  readonly tab: SessionTab;
  readonly scope: SessionScope;
  /** In the order in which the person narrowed. */
  readonly narrowed: readonly Narrowing[];
  readonly requestFilter: string;
  readonly stepFilter: string;
  /** Whose experts are shown; undefined for all layers together. */
  readonly layer?: number;
  /** What of the experts the picture shows; their load where left out. */
  readonly expertFigure?: ExpertFigure;
  /** Whose kernels are shown beside the steps. */
  readonly descriptor?: string;
}

export const INITIAL: SessionState = {
  tab: 'overview',
  scope: {},
  narrowed: [],
  requestFilter: '',
  stepFilter: '',
  tables: {},
};

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): SessionState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({ ...INITIAL, run: '', layer: 0, expertFigure: '', descriptor: '' });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state: SessionState = { ...INITIAL, ...Object.fromEntries(entries) };
  const sound =
    typeof state.tab === 'string' &&
    typeof state.scope === 'object' &&
    typeof state.tables === 'object' &&
    typeof state.requestFilter === 'string' &&
    typeof state.stepFilter === 'string' &&
    Array.isArray(state.narrowed);
  return sound ? state : INITIAL;
}

/** Sets a part of the scope, or with `undefined` drops it, and keeps the order of narrowing. */
export function narrow<K extends Narrowing>(
  state: SessionState,
  part: K,
  value: SessionScope[K] | undefined,
): SessionState {
  const scope: Record<string, unknown> = { ...state.scope };
  if (value === undefined) delete scope[part];
  else scope[part] = value;
  const others = state.narrowed.filter((one) => one !== part);
  return { ...state, scope, narrowed: value === undefined ? others : [...others, part] };
}

/** Undoes the latest narrowing; the same state where there is none. */
export function widen(state: SessionState): SessionState {
  const last = state.narrowed.at(-1);
  return last === undefined ? state : narrow(state, last, undefined);
}
