import type { Failure, FailureCode } from '../profile/failure';

/** A reader's refusal: one sentence that names the file, what was expected, and what to do. */
export class ReadFailure extends Error implements Failure {
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
    this.name = 'ReadFailure';
  }
}
