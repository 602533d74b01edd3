/** What the views of a session share, besides what all views do: the process and the time in scope. */
import type { ProfilePlace } from '../../src/protocol/place';
import type { SessionScope, SessionTab } from '../../src/protocol/session';
import { Core } from '../core';
import { narrow, widen, type Narrowing, type SessionState } from './state';

export class SessionApp extends Core<SessionState> {
  get scope(): SessionScope {
    return this.state.scope;
  }

  go(tab: SessionTab): void {
    this.update({ tab });
  }

  /** Narrows the figures of every view, or with `undefined` widens them again. */
  narrow<K extends Narrowing>(part: K, value: SessionScope[K] | undefined): void {
    this.setState(narrow(this.state, part, value));
  }

  widen(): void {
    this.setState(widen(this.state));
  }

  /** To the steps of a stretch of time. */
  showSteps(start: number, end: number): void {
    this.setState({ ...narrow(this.state, 'window', [start, end]), tab: 'steps', stepFilter: '' });
  }

  /** Whether a time of the session can be found in a linked timeline. */
  get canOpenTimeline(): boolean {
    const { link, utcEpoch } = this.status ?? {};
    return link !== undefined && link.failure === undefined && utcEpoch !== undefined;
  }

  /** Opens the linked timeline at a time of the session. */
  openTimeline(place: Omit<ProfilePlace, 'tab'>): void {
    const tab = place.kernel === undefined ? 'phases' : 'kernels';
    this.client.act({ kind: 'action', action: 'openLinked', place: { tab, ...place } });
  }

  link(): void {
    this.client.act({ kind: 'action', action: 'link' });
  }

  unlink(): void {
    this.client.act({ kind: 'action', action: 'unlink' });
  }

  override reveal({ tab, window, filter }: ProfilePlace): void {
    let state = this.state;
    if (window) state = narrow(state, 'window', window);
    if (filter !== undefined) state = { ...state, stepFilter: filter, requestFilter: filter };
    this.setState(tab === undefined ? state : { ...state, tab: tab as SessionTab });
  }
}
