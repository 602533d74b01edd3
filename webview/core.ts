/**
 * What the views of any profile share: the client, the state, what is known of
 * the file. Views read it, and change it through its methods; it tells them
 * when to draw.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Failure } from '../src/profile/failure';
import type { RankFile } from '../src/protocol/messages';
import type { ProfilePlace } from '../src/protocol/place';
import type { ShownRun } from '../src/protocol/run';
import type { OpenStatus, Params, Progress, Stage } from '../src/protocol/requests';
import { failureOf, isCancelled, type Client, type HostMessage } from './client';
import type { CoreState, TableState } from './state';
import { t } from './strings';

const STAGES: readonly Stage[] = ['facts', 'kernels', 'complete'];

/** A whole table, as text. */
export type TableQuestion = Params<'table'> | Params<'ncuTable'> | Params<'sessionTable'>;

const isOfSession = (params: TableQuestion): params is Params<'sessionTable'> =>
  params.table.startsWith('session');
const isOfNcu = (params: TableQuestion): params is Params<'ncuTable'> =>
  params.table.startsWith('ncu');

export abstract class Core<S extends CoreState = CoreState> {
  status?: OpenStatus;
  progress?: Progress;
  failure?: Failure;
  converting?: { readonly command: string; readonly line: string };
  changed = false;
  /** The traces of one run that lie side by side, and which of them is shown. */
  ranks?: { readonly files: readonly RankFile[]; readonly shown: number };
  /** What the profile was captured in, where that is known. */
  run?: ShownRun;
  /** Counts what the editor said about the file being read: answers of an earlier one are stale. */
  revision = 0;
  /** Read out by screen readers, and shown for a moment. */
  notice = '';

  private readonly listeners = new Set<() => void>();
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly client: Client,
    public state: S,
    private readonly store: { save(state: S): void },
  ) {
    client.onMessage((message) => this.receive(message));
  }

  /** Whether questions that need this part of the file can be answered. */
  has(stage: Stage): boolean {
    return this.status !== undefined && STAGES.indexOf(this.status.stage) >= STAGES.indexOf(stage);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  update(change: Partial<S>): void {
    this.setState({ ...this.state, ...change });
  }

  table(id: string): TableState {
    return this.state.tables[id] ?? {};
  }

  setTable(id: string, change: Partial<TableState>): void {
    const { tables } = this.state;
    this.setState({ ...this.state, tables: { ...tables, [id]: { ...this.table(id), ...change } } });
  }

  copy(text: string, what: string = t('Copied')): void {
    this.client.act({ kind: 'action', action: 'copy', text });
    this.say(what);
  }

  /** Fetches a whole table as text, then copies it or offers to save it. */
  async export(params: TableQuestion, to: 'copy' | 'save'): Promise<void> {
    try {
      const { text, rows, cut } = isOfSession(params)
        ? await this.client.call('sessionTable', params)
        : isOfNcu(params)
          ? await this.client.call('ncuTable', params)
          : await this.client.call('table', params);
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
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => {
      this.notice = '';
      this.notify();
    }, 4000);
    this.notify();
  }

  /** Goes to a place, e.g. from a command or a link. */
  abstract reveal(place: ProfilePlace): void;

  /** Whether it has a timeline, of which {@link showWindow} shows a window. */
  readonly hasTimes: boolean = false;
  showWindow(_window: readonly [start: number, end: number]): void {}

  /** What has a window of time saves it as a trace of its own. */
  saveTrimmed(): void {}

  protected setState(state: S): void {
    if (state === this.state) return;
    this.state = state;
    this.store.save(state);
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
      case 'ranks':
        // Whether a file was written to is known of the one that is shown.
        if (this.ranks && this.ranks.shown !== message.shown) this.changed = false;
        this.ranks = { files: message.ranks, shown: message.shown };
        break;
      case 'run':
        this.run = message.run;
        // The page of a run alone reads again what it could not.
        if (message.run && !this.status) this.failure = undefined;
        break;
      case 'saveTrimmed':
        this.saveTrimmed();
        break;
      case 'reveal':
        this.reveal(message.place);
        break;
    }
    this.notify();
  }
}

/** Draws its host whenever the shared state changes. */
export class Follow implements ReactiveController {
  private stop?: () => void;

  constructor(private readonly host: ReactiveControllerHost & { readonly app: Core }) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stop = this.host.app.subscribe(() => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.stop?.();
  }
}
