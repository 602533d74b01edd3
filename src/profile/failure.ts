/** One clear sentence, and what can be done. `code` is stable; `message` is for people. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
}

export type FailureCode =
  | 'not-found'
  | 'empty'
  | 'truncated'
  | 'not-sqlite'
  | 'encrypted'
  | 'not-a-profile'
  | 'busy'
  | 'unreadable'
  | 'no-tool'
  | 'tool-failed'
  | 'cancelled'
  | 'bad-request'
  | 'internal';
