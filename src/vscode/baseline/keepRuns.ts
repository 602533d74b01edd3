/** Runs that were profiled here go to the history, so that baselines are held against them. */
import * as vscode from 'vscode';
import { toFailure } from '../../engine/failure';
import type { Captures } from '../capture/register';
import { Disposable } from '../disposable';
import { complaint, type Cli } from './cli';
import { keepArguments } from './commands';
import { homeOf } from './places';

export class KeepRuns extends Disposable {
  private readonly stop = new AbortController();

  constructor(
    private readonly cli: Cli,
    captures: Captures,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      captures.onDidEnd(({ result }) => {
        if (result.state === 'done') void this.keep(vscode.Uri.file(result.folder));
      }),
    );
    this.register({ dispose: () => this.stop.abort() });
  }

  /** A run of kernel metrics alone has nothing that a history keeps: that is no failure. */
  private async keep(run: vscode.Uri): Promise<void> {
    try {
      const result = await this.cli.run(keepArguments(run), homeOf(run), this.stop.signal);
      if (result.status !== 0) this.log.info(`Not kept in the history: ${complaint(result)}`);
    } catch (error) {
      if (!this.isDisposed) this.log.warn(`${run.fsPath}: ${toFailure(error).message}`);
    }
  }
}
