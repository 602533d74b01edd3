/** A run where it does not take the eye off the work: a notification and the status bar. */
import * as vscode from 'vscode';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import type { ActiveRun, CaptureSession } from './session';

export class CaptureProgress extends Disposable {
  private readonly item = this.register(
    vscode.window.createStatusBarItem('profilemate.run', vscode.StatusBarAlignment.Left),
  );

  constructor(private readonly session: CaptureSession) {
    super();
    this.item.name = vscode.l10n.t('Profiling Run');
    this.item.command = commandIds.showRun;
    this.register(session.onDidChange(() => this.update()));
    this.register(session.onDidStart((run) => this.notify(run)));
  }

  private update(): void {
    const { active } = this.session;
    if (active === undefined) return this.item.hide();
    this.item.text = `$(sync~spin) ${plain(active.stage || active.name)}`;
    this.item.tooltip = vscode.l10n.t('{0}: show its terminal', active.name);
    this.item.show();
  }

  private notify(run: ActiveRun): void {
    const location = vscode.ProgressLocation.Notification;
    void vscode.window.withProgress(
      { location, title: run.name, cancellable: true },
      (progress, token) =>
        new Promise<void>((resolve) => {
          token.onCancellationRequested(() => run.cancel());
          let title = '';
          const listening = vscode.Disposable.from(
            this.session.onEvent((event) => {
              if (event.type === 'stage' && event.state === 'started')
                progress.report({ message: (title = event.title) });
              else if (event.type === 'progress')
                progress.report({ message: `${title}: ${event.text.slice(0, 120)}` });
            }),
            this.session.onDidEnd(() => {
              listening.dispose();
              resolve();
            }),
          );
        }),
    );
  }
}

/** `$(…)` would be drawn as an icon. */
const plain = (text: string): string => text.replaceAll('$(', '$ (');
