import type { Failure, FailureCode } from '../profile/failure';

/** A question that gets a sentence instead of an answer. */
export class RequestFailure extends Error implements Failure {
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
    this.name = 'RequestFailure';
  }
}

const CODES: ReadonlySet<unknown> = new Set<FailureCode>([
  'not-found',
  'empty',
  'truncated',
  'not-sqlite',
  'encrypted',
  'not-a-profile',
  'busy',
  'unreadable',
  'no-tool',
  'tool-failed',
  'cancelled',
  'bad-request',
  'internal',
]);

/** What crosses a thread or reaches a person, of whatever was thrown. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) };
  const code = (error as { code?: unknown }).code;
  if (CODES.has(code)) return { code: code as FailureCode, message: error.message };
  if (error.name === 'AbortError')
    return { code: 'cancelled', message: 'The request was cancelled.' };
  return { code: 'internal', message: `ProfileMate failed at this: ${error.message}` };
}
