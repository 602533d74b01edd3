/** What a worker hears and says beyond the protocol: how it is started and set up. */
import type { ComponentRule } from '../analysis/components';
import type { ExpertBalance } from '../profile/expert-balance';
import type { ToWorker } from '../protocol/messages';
import type { ProfileKind } from '../readers/open';

export interface SessionOptions {
  readonly path: string;
  /** A timeline where left out. */
  readonly kind?: ProfileKind;
  /** The file as the person knows it, where `path` was made from another one. */
  readonly shownPath?: string;
  /** The user's component rules; they go before the built-in ones. */
  readonly rules: readonly ComponentRule[];
  /** What the log of a session's run told of it. */
  readonly balance?: ExpertBalance;
}

/** What may change while it is open. */
export type Settings = Pick<SessionOptions, 'rules' | 'balance'>;

/** Settings changed: figures are computed anew, nothing is read again. */
export interface Configure extends Settings {
  readonly kind: 'configure';
}

export type ToSession = ToWorker | Configure;
