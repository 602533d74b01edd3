/** What the views of a timeline share, besides what all views do: the scope of the figures. */
import type { Component } from '../src/analysis/components';
import type { Scope } from '../src/profile/scope';
import type { ProfilePlace, TabName } from '../src/protocol/place';
import { Core } from './core';
import {
  goTo,
  narrow,
  openKernel,
  openTab,
  setKernelFilter,
  widen,
  type PhaseMeasure,
  type ViewState,
} from './state';
import { t } from './strings';

export class App extends Core<ViewState> {
  get scope(): Scope {
    return this.state.scope;
  }

  /** Narrows the figures of every view, or with `undefined` widens them again. */
  narrow<K extends keyof Scope>(part: K, value: Scope[K] | undefined): void {
    this.setState(narrow(this.state, part, value));
  }

  widen(): void {
    this.setState(widen(this.state));
  }

  filterKernels(filter: string): void {
    this.setState(setKernelFilter(this.state, filter));
  }

  /** To the kernels of one component, within the scope as it is. */
  showComponent(component: Component, scope: Partial<Scope> = {}): void {
    let state = setKernelFilter(this.state, `component:${component}`);
    if (scope.phase !== undefined) state = narrow(state, 'phase', scope.phase);
    this.setState({ ...state, tab: 'kernels', grouping: 'kernel', kernel: undefined });
  }

  showKernel(key: string): void {
    this.setState(openKernel(this.state, key));
  }

  go(tab: TabName, filter?: string): void {
    this.setState(openTab(this.state, tab, filter));
  }

  override readonly hasTimes = true;

  override showWindow([start, end]: readonly [start: number, end: number]): void {
    const [first, last] = this.status?.extent ?? [0, 0];
    if (start > last || end < first) {
      this.say(t('Nothing was recorded at that time.'));
      return;
    }
    this.setState(goTo(this.state, { tab: 'overview', window: [start, end] }));
  }

  setMeasure(measure: PhaseMeasure): void {
    this.update({ measure });
  }

  override reveal(place: ProfilePlace): void {
    this.setState(goTo(this.state, place));
  }

  /** The trace of another rank; its devices and its times are its own. */
  showRank(rank: number): void {
    this.update({ scope: {}, narrowed: [], flameRoot: undefined });
    this.client.act({ kind: 'action', action: 'showRank', rank });
  }

  override saveTrimmed(): void {
    const { window } = this.scope;
    if (window) this.client.act({ kind: 'action', action: 'saveTrimmed', window });
    else this.say(t('Select a window first: drag across a picture over time.'));
  }

  openSource({ file, line }: { readonly file: string; readonly line: number }): void {
    this.client.act({ kind: 'action', action: 'openSource', file, line });
  }
}
