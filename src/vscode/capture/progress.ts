/** A run where it does not take the eye off the work: a notification and the status bar. */
import * as vscode from 'vscode';
import type { CaptureEvent } from '../../capture/events';
import { Estimate, type KnownStage } from '../../capture/estimate';
import type { CaptureSettings } from '../../capture/settings';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import type { ActiveRun, CaptureSession } from './session';

export class CaptureProgress extends Disposable {
  private readonly item = this.register(
    vscode.window.createStatusBarItem('profilemate.run', vscode.StatusBarAlignment.Left),
  );

  /** @param stagesBefore what the stages of the run before took, of the same kind */
  constructor(
    private readonly session: CaptureSession,
    private readonly stagesBefore: (settings: CaptureSettings) => readonly KnownStage[],
  ) {
    super();
    session.onDidChange(
      () =>
        void vscode.commands.executeCommand('setContext', 'profilemate.running', !!session.active),
    );
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
          const shown = new Shown(this.stagesBefore(run.settings));
          const listening = vscode.Disposable.from(
            this.session.onEvent((event) => {
              const report = shown.take(event);
              if (report) progress.report(report);
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

/** What a notification says of a run: the stage, how far it is, and how long all of it still takes. */
class Shown {
  private readonly estimate: Estimate;
  private title = '';
  private percent = 0;

  constructor(before: readonly KnownStage[]) {
    this.estimate = new Estimate(before);
  }

  take(event: CaptureEvent): { message: string; increment?: number } | undefined {
    this.estimate.take(event);
    let message: string;
    if (event.type === 'progress') message = `${this.title}: ${event.text.slice(0, 120)}`;
    else if (event.type === 'stage' && event.state === 'started')
      message = this.title = event.title;
    else return undefined;
    const left = this.estimate.at(event.at);
    if (left) message += ` · ${timeLeft(left.seconds)}`;
    if (!left) return { message };
    // A bar does not go back.
    const increment = Math.max(0, left.share * 100 - this.percent);
    this.percent += increment;
    return { message, increment };
  }
}

/** As exact as a guess is. */
function timeLeft(seconds: number): string {
  if (seconds >= 90) return vscode.l10n.t('about {0} min left', Math.round(seconds / 60));
  const rounded = seconds < 10 ? Math.ceil(seconds) : Math.round(seconds / 5) * 5;
  return vscode.l10n.t('about {0} s left', rounded);
}

/** `$(…)` would be drawn as an icon. */
const plain = (text: string): string => text.replaceAll('$(', '$ (');
