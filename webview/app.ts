/**
 * What all views share: the client, the state, what is known of the profile.
 * Views read it, and change it through its methods; it tells them when to draw.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { ViewName } from '../src/analysis/findings';
import type { Component } from '../src/analysis/components';
import type { Failure } from '../src/profile/failure';
import type { Scope } from '../src/profile/scope';
import type { OpenStatus, Params, Progress, Stage } from '../src/protocol/requests';
import { failureOf, isCancelled, type Client, type HostMessage } from './client';
import { t } from './strings';
import {
  narrow,
  setKernelFilter,
  widen,
  type PhaseMeasure,
  type TableState,
  type ViewState,
} from './state';

const STAGES: readonly Stage[] = ['facts', 'kernels', 'complete'];

export class App {
  status?: OpenStatus;
  progress?: Progress;
  failure?: Failure;
  converting?: { readonly command: string; readonly line: string };
  changed = false;
  /** Counts what the editor said about the file being read: answers of an earlier one are stale. */
  revision = 0;
  /** Read out by screen readers, and shown for a moment. */
  notice = '';

  private readonly listeners = new Set<() => void>();
  private noticeTimer = 0;

  constructor(
    readonly client: Client,
    public state: ViewState,
    private readonly save: (state: ViewState) => void,
  ) {
    client.onMessage((message) => this.receive(message));
  }

  get scope(): Scope {
    return this.state.scope;
  }

  /** Whether questions that need this part of the file can be answered. */
  has(stage: Stage): boolean {
    return this.status !== undefined && STAGES.indexOf(this.status.stage) >= STAGES.indexOf(stage);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  update(change: Partial<ViewState>): void {
    this.setState({ ...this.state, ...change });
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
    this.setState({
      ...setKernelFilter(this.state, ''),
      tab: 'kernels',
      grouping: 'kernel',
      kernel: key,
      tables: {
        ...this.state.tables,
        kernels: { ...this.state.tables['kernels'], selected: key },
      },
    });
  }

  go(tab: ViewName, filter?: string): void {
    let state: ViewState = { ...this.state, tab };
    if (filter !== undefined) {
      if (tab === 'kernels') state = { ...setKernelFilter(state, filter), kernel: undefined };
      else if (tab === 'ranges') state = { ...state, rangeFilter: filter, rangesFlat: true };
    }
    this.setState(state);
  }

  table(id: string): TableState {
    return this.state.tables[id] ?? {};
  }

  setTable(id: string, change: Partial<TableState>): void {
    this.update({ tables: { ...this.state.tables, [id]: { ...this.table(id), ...change } } });
  }

  setMeasure(measure: PhaseMeasure): void {
    this.update({ measure });
  }

  copy(text: string, what: string = t('Copied')): void {
    this.client.act({ kind: 'action', action: 'copy', text });
    this.say(what);
  }

  /** Fetches a whole table as text, then copies it or offers to save it. */
  async export(params: Params<'table'>, to: 'copy' | 'save'): Promise<void> {
    try {
      const { text, rows, cut } = await this.client.call('table', params);
      if (to === 'copy') this.client.act({ kind: 'action', action: 'copy', text });
      else this.client.act({ kind: 'action', action: 'save', name: `${params.table}.csv`, text });
      if (cut) this.say(t('Only the first {0} rows: the table is longer.', rows));
      else if (to === 'copy') this.say(t('Copied {0} rows.', rows));
    } catch (error) {
      if (!isCancelled(error)) this.say(failureOf(error).message);
    }
  }

  say(text: string): void {
    this.notice = text;
    window.clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => {
      this.notice = '';
      this.notify();
    }, 4000);
    this.notify();
  }

  private setState(state: ViewState): void {
    if (state === this.state) return;
    this.state = state;
    this.save(state);
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }

  private receive(message: HostMessage): void {
    switch (message.kind) {
      case 'progress':
        this.progress = message.progress;
        break;
      case 'stage':
        this.status = message.status;
        this.revision++;
        this.failure = undefined;
        this.converting = undefined;
        if (message.status.stage === 'complete') this.progress = undefined;
        if (message.status.stage === 'facts') this.changed = false;
        break;
      case 'failed':
        this.failure = message.error;
        this.converting = undefined;
        break;
      case 'changed':
        this.changed = true;
        break;
      case 'converting':
        this.converting = message;
        this.failure = undefined;
        break;
      case 'reveal':
        this.go(message.view as ViewName, message.filter);
        break;
    }
    this.notify();
  }
}

/** Draws its host whenever the shared state changes. */
export class Follow implements ReactiveController {
  private stop?: () => void;

  constructor(private readonly host: ReactiveControllerHost & { readonly app: App }) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stop = this.host.app.subscribe(() => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.stop?.();
  }
}
