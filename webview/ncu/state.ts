/** What a reload of the window must not lose. */
import type { Component } from '../../src/analysis/components';
import type { ReportGrouping } from '../../src/analysis/ncu/report';
import type { MemoryLevel } from '../../src/analysis/ncu/roofs';
import type { Weights } from '../../src/protocol/ncu';
import type { NcuTab } from '../../src/protocol/place';
import type { CoreState } from '../state';

export type ColourBy = 'component' | 'bound';
export type SizeBy = keyof Weights;

/** From and to, by axis. */
export interface Zoom {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface NcuState extends CoreState {
  readonly tab: NcuTab;
  readonly grouping: ReportGrouping;
  /** Key of the selected kernel, within the grouping. */
  readonly kernel?: string;
  readonly filter: string;
  readonly byComponent: boolean;
  readonly folded: readonly Component[];
  readonly metricFilter: string;
  readonly level: MemoryLevel;
  readonly colourBy: ColourBy;
  /** Undefined for what fits: decode's share where a timeline is linked, else the share under ncu. */
  readonly sizeBy?: SizeBy;
  /** Names of roofs that are not wanted. */
  readonly hidden: readonly string[];
  /** By throughput percentages, though there is a roofline. */
  readonly throughput: boolean;
  readonly zoom?: Zoom;
}

export const INITIAL: NcuState = {
  tab: 'roofline',
  grouping: 'kernel',
  filter: '',
  byComponent: false,
  folded: [],
  metricFilter: '',
  level: 'dram',
  colourBy: 'component',
  hidden: [],
  throughput: false,
  tables: {},
};

/** Takes what an earlier version may have left; anything unexpected falls back to the start. */
export function restore(saved: unknown): NcuState {
  if (typeof saved !== 'object' || saved === null) return INITIAL;
  const known = Object.keys({ ...INITIAL, run: '', kernel: '', sizeBy: '', zoom: '' });
  const entries = Object.entries(saved).filter(([key]) => known.includes(key));
  const state: NcuState = { ...INITIAL, ...Object.fromEntries(entries) };
  const sound =
    typeof state.tables === 'object' &&
    typeof state.filter === 'string' &&
    typeof state.metricFilter === 'string' &&
    Array.isArray(state.folded) &&
    Array.isArray(state.hidden);
  return sound ? state : INITIAL;
}
