/** Said to a person: what is wrong with a history, and what to do. */
export class HistoryFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HistoryFailure';
  }
}
