/** A run as a terminal: its stages as lines, its commands, and what the programs write. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type CaptureEvent, failureLines, stageLine } from '../../capture/events';
import { RUN_FILE } from '../../capture/run-folder';
import type { CaptureSettings } from '../../capture/settings';
import type { CaptureSession } from './session';

const CTRL_C = '\u0003';
const CLEAR_LINE = '\r\u001b[K';
const dim = (text: string): string => `\u001b[2m${text}\u001b[0m`;
const bold = (text: string): string => `\u001b[1m${text}\u001b[0m`;

export class CaptureTerminal implements vscode.Pseudoterminal {
  private readonly writes = new vscode.EventEmitter<string>();
  private readonly closes = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.writes.event;
  readonly onDidClose = this.closes.event;
  private state: 'new' | 'running' | 'ended' = 'new';
  private cancelled = false;
  /** Is there a line that the next one takes the place of? */
  private passing = false;

  /** @param settings throws an Error that says what is wrong with them */
  constructor(
    private readonly session: CaptureSession,
    private readonly name: string,
    private readonly cwd: string,
    private readonly settings: () => CaptureSettings,
  ) {}

  open(): void {
    if (this.state !== 'new') return;
    this.state = 'running';
    void this.run().then((status) => {
      this.state = 'ended';
      this.closes.fire(status);
      this.writes.dispose();
      this.closes.dispose();
    });
  }

  /** The person closed the terminal, or ended the task. */
  close(): void {
    if (this.state === 'running') this.cancel();
    else this.state = 'ended';
  }

  handleInput(data: string): void {
    if (data === CTRL_C) this.cancel();
  }

  private cancel(): void {
    if (this.cancelled || this.state !== 'running' || this.session.active?.name !== this.name)
      return;
    this.cancelled = true;
    this.line(vscode.l10n.t('Cancelling…'));
    this.session.active.cancel();
  }

  private async run(): Promise<number> {
    let settings: CaptureSettings;
    try {
      if (!vscode.workspace.isTrusted)
        throw new Error(vscode.l10n.t('Profiling runs programs, and needs a trusted workspace.'));
      settings = this.settings();
    } catch (error) {
      this.line(bold(`✖ ${error instanceof Error ? error.message : String(error)}`));
      return 2;
    }
    const result = await this.session.start(this.name, settings, this.cwd, (event) =>
      this.tell(event),
    );
    if (result === undefined) {
      this.line(vscode.l10n.t('Another profiling run is under way; this one was not started.'));
      return 2;
    }
    if (result.state === 'done') {
      this.line('');
      this.line(bold(vscode.l10n.t('Results: {0}', result.folder)));
      return 0;
    }
    if (result.state === 'cancelled') {
      this.line(vscode.l10n.t('Cancelled. Nothing is left behind.'));
      return 1;
    }
    const [sentence, ...log] = failureLines(result.failure.text);
    const place = path.join(result.folder ?? settings.outputDir, RUN_FILE);
    this.line('');
    // One line in this form is what the problem matcher looks for.
    this.line(`${place}: error: ${sentence}`);
    for (const text of log) this.line(dim(text));
    return 1;
  }

  private tell(event: CaptureEvent): void {
    const ended = stageLine(event);
    if (ended !== undefined) this.line(bold(ended));
    else if (event.type === 'stage') this.line(dim(`… ${event.title}`));
    else if (event.type === 'command') this.line(`$ ${event.text}`);
    else if (event.type === 'plan') for (const note of event.plan.notes) this.line(`! ${note}`);
    else if (event.type === 'log') this.write(dim(event.text.replace(/\r?\n/g, '\r\n')));
    else if (event.type === 'progress' && event.total !== undefined) {
      this.write(dim(`  ${event.text}`));
      this.passing = true;
    }
  }

  private line(text: string): void {
    this.write(`${text.replace(/\r?\n/g, '\r\n')}\r\n`);
  }

  private write(text: string): void {
    this.writes.fire(this.passing ? CLEAR_LINE + text : text);
    this.passing = false;
  }
}
