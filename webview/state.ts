/** What a reload of the window must not lose. */
import type { FlameBy } from '../src/analysis/flame';
import type { KernelGrouping } from '../src/analysis/kernels';
import type { RequestMeasure } from '../src/profile/client-figures';
import type { Scope } from '../src/profile/scope';
import type { ProfilePlace, TabName } from '../src/protocol/place';
import type { Sort } from '../src/protocol/requests';

export interface TableState {
  readonly sort?: Sort;
  /** In pixels, by column. */
  readonly widths?: Readonly<Record<string, number>>;
  /** Shown or hidden where the person chose otherwise than the column's default. */
  readonly shown?: Readonly<Record<string, boolean>>;
  /** Key of the selected row. */
  readonly selected?: string;
  /** Row number at the top. */
  readonly top?: number;
}

/** Of the view of a run. */
export interface RunState {
  /** File whose figures are shown, of several. */
  readonly client?: string;
  readonly measure?: RequestMeasure;
}

/** What the state of any profile's page has. */
export interface CoreState {
  readonly tables: Readonly<Record<string, TableState>>;
  readonly run?: RunState;
}

/** What a step back in the breadcrumb undoes. */
export type Narrowing = 'devices' | 'window' | 'phase' | 'filter';

/** What phase figures are told per. */
export type PhaseMeasure = 'total' | 'step' | 'token';

export interface ViewState extends CoreState {
  readonly tab: TabName;
  readonly scope: Scope;
  /** In the order in which the person narrowed. */
  readonly narrowed: readonly Narrowing[];
  readonly kernelFilter: string;
  readonly grouping: KernelGrouping;
  /** Key of the kernel whose details are open. */
  readonly kernel?: string;
  readonly rangeFilter: string;
  readonly rangesFlat: boolean;
  readonly operatorsBy: 'name' | 'shape' | 'tree';
  readonly operatorFilter: string;
  readonly flameBy: FlameBy;
  /** Node that fills the width of the flame graph. */
  readonly flameRoot?: number;
  readonly flameSearch: string;
  readonly frameFilter: string;
  /** Device whose allocator is shown. */
  readonly allocator?: number;
  readonly measure: PhaseMeasure;
  /** Phase whose details are shown below the table, without narrowing the scope. */
  readonly phase?: string;
}

export const INITIAL: ViewState = {
  tab: 'overview',
  scope: {},
  narrowed: [],
  kernelFilter: '',
  grouping: 'kernel',
  rangeFilter: '',
  rangesFlat: false,
  operatorsBy: 'name',
  operatorFilter: '',
  flameBy: 'stack',
  flameSearch: '',
  frameFilter: '',
  measure: 'total',
  tables: {},
};

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): ViewState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({
    ...INITIAL,
    run: '',
    kernel: '',
    phase: '',
    flameRoot: 0,
    allocator: 0,
  });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state = { ...INITIAL, ...Object.fromEntries(entries) };
  const sound =
    typeof state.scope === 'object' &&
    Array.isArray(state.narrowed) &&
    typeof state.tables === 'object' &&
    typeof state.kernelFilter === 'string' &&
    [state.rangeFilter, state.operatorFilter, state.flameSearch, state.frameFilter].every(
      (text) => typeof text === 'string',
    );
  return sound ? state : INITIAL;
}

/** Sets a part of the scope, or with `undefined` drops it, and keeps the order of narrowing. */
export function narrow<K extends keyof Scope>(
  state: ViewState,
  part: K,
  value: Scope[K] | undefined,
): ViewState {
  const scope: Record<string, unknown> = { ...state.scope };
  if (value === undefined) delete scope[part];
  else scope[part] = value;
  const others = state.narrowed.filter((narrowing) => narrowing !== part);
  return { ...state, scope, narrowed: value === undefined ? others : [...others, part] };
}

export function setKernelFilter(state: ViewState, filter: string): ViewState {
  const others = state.narrowed.filter((narrowing) => narrowing !== 'filter');
  return {
    ...state,
    kernelFilter: filter,
    narrowed: filter === '' ? others : [...others, 'filter'],
  };
}

/** Undoes the latest narrowing; the same state where there is none. */
export function widen(state: ViewState): ViewState {
  const last = state.narrowed.at(-1);
  if (last === undefined) return state;
  return last === 'filter' ? setKernelFilter(state, '') : narrow(state, last, undefined);
}

export function openKernel(state: ViewState, key: string): ViewState {
  return {
    ...setKernelFilter(state, ''),
    tab: 'kernels',
    grouping: 'kernel',
    kernel: key,
    tables: { ...state.tables, kernels: { ...state.tables['kernels'], selected: key } },
  };
}

export function openTab(state: ViewState, tab: TabName, filter?: string): ViewState {
  const opened: ViewState = { ...state, tab };
  if (filter === undefined) return opened;
  switch (tab) {
    case 'kernels':
      return { ...setKernelFilter(opened, filter), kernel: undefined };
    case 'ranges':
      return { ...opened, rangeFilter: filter, rangesFlat: true };
    case 'operators':
      return { ...opened, operatorFilter: filter };
    default:
      return opened;
  }
}

/** A place that narrows is seen as it says, whatever the person had narrowed to before. */
export function goTo(state: ViewState, place: ProfilePlace): ViewState {
  const { window, phase, kernel, filter } = place;
  const narrows = [window, phase, kernel, filter].some((part) => part !== undefined);
  let next = narrows ? setKernelFilter({ ...state, scope: {}, narrowed: [] }, '') : state;
  if (window) next = narrow(next, 'window', window);
  if (phase) next = narrow(next, 'phase', phase);
  if (kernel !== undefined) next = openKernel(next, kernel);
  const tab = place.tab as TabName | undefined;
  return tab === undefined ? next : openTab(next, tab, filter);
}
