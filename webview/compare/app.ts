/** What the views of a comparison share, besides what all views do. */
import type { ComparisonDocument, DocumentKernel } from '../../src/analysis/compare';
import type { Failure } from '../../src/profile/failure';
import type { FromCompare, Side, ToCompare } from '../../src/protocol/compare';
import type { Client } from '../client';
import { Core } from '../core';
import type { CompareState, CompareTab } from './state';

export class CompareApp extends Core<CompareState> {
  comparison?: ComparisonDocument;
  error?: Failure;
  swappable = false;

  constructor(
    client: Client,
    state: CompareState,
    store: { save(state: CompareState): void },
    private readonly send: (message: FromCompare) => void,
  ) {
    super(client, state, store);
  }

  hear(message: ToCompare): void {
    const { question } = message;
    this.error = message.kind === 'compareFailed' ? message.error : undefined;
    if (message.kind === 'comparison') {
      this.comparison = message.comparison;
      this.swappable = message.swappable;
    } else if (JSON.stringify(question) !== JSON.stringify(this.state.question)) {
      // What was shown is about other runs.
      this.comparison = undefined;
    }
    this.update({ question });
  }

  go(tab: CompareTab): void {
    this.update({ tab });
  }

  swap(): void {
    this.send({ kind: 'action', action: 'swap' });
  }

  again(): void {
    this.send({ kind: 'action', action: 'again' });
  }

  cancel(): void {
    this.send({ kind: 'action', action: 'cancel' });
  }

  openRun(side: Side, run: number, kernel?: string): void {
    this.send({ kind: 'action', action: 'openRun', side, run, ...(kernel && { kernel }) });
  }

  /** Where the kernel ran: the current run, or the one before where it is gone. */
  openKernel({ name, kind }: DocumentKernel): void {
    this.openRun(kind === 'gone' ? 'baseline' : 'current', 0, name);
  }

  setBaseline(run: number): void {
    this.send({ kind: 'action', action: 'setBaseline', run });
  }

  /** All of a kernel's figures, in the table. */
  showKernel(name: string): void {
    this.setTable('comparedKernels', { selected: name });
    this.update({ tab: 'kernels', filter: '' });
  }

  widen(): void {
    const { filter, figureFilter, tab } = this.state;
    if (tab === 'figures' && figureFilter !== '') this.update({ figureFilter: '' });
    else if (filter !== '') this.update({ filter: '' });
  }

  /** Places are in a profile; a comparison leads to them, and is none. */
  override reveal(): void {}
}
