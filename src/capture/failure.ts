/** What ends a run, in words a person can act on. */
import type { StageId } from './plan';

export interface FailureText {
  /** What failed. */
  readonly what: string;
  /** Why, as far as is known. */
  readonly why?: string;
  /** What to try. */
  readonly advice: string;
  /** The last lines of the program that failed. */
  readonly log?: string;
}

export class CaptureFailure extends Error {
  /** Where it happened; set by whoever runs the stages. */
  stage?: StageId;

  constructor(readonly text: FailureText) {
    super([text.what, text.why, text.advice].filter(Boolean).join(' '));
    this.name = 'CaptureFailure';
  }
}

export class Cancelled extends Error {
  constructor() {
    super('Cancelled.');
    this.name = 'Cancelled';
  }
}

const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Anything that went wrong, as a failure. */
export function asFailure(error: unknown): CaptureFailure {
  if (error instanceof CaptureFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (DISK_FULL.has(code)) {
    return new CaptureFailure({
      what: 'The results could not be written.',
      why: 'The disk is full.',
      advice: 'Free some space, or name another folder for the results.',
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new CaptureFailure({
      what: `The results could not be written: ${message}.`,
      advice: 'Name a folder that you may write to.',
    });
  }
  return new CaptureFailure({ what: message, advice: 'The log of the run may tell more.' });
}
