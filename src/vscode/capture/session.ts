/** The run under way: one at a time, as there is one set of GPUs. */
import * as vscode from 'vscode';
import { version } from '../../../package.json';
import { commandAnalyser } from '../../capture/analyse';
import type { CaptureEvent } from '../../capture/events';
import { capture, type CaptureResult } from '../../capture/run';
import type { CaptureSettings } from '../../capture/settings';
import { Disposable } from '../disposable';

export interface ActiveRun {
  readonly settings: CaptureSettings;
  /** Of the task, whose terminal has it, too. */
  readonly name: string;
  /** Of the stage under way. */
  readonly stage: string;
  cancel(): void;
}

export class CaptureSession extends Disposable {
  private readonly changes = this.register(new vscode.EventEmitter<void>());
  private readonly ends = this.register(
    new vscode.EventEmitter<{ result: CaptureResult; settings: CaptureSettings }>(),
  );
  private readonly starts = this.register(new vscode.EventEmitter<ActiveRun>());
  private readonly steps = this.register(new vscode.EventEmitter<CaptureEvent>());
  readonly onDidChange = this.changes.event;
  readonly onDidStart = this.starts.event;
  readonly onDidEnd = this.ends.event;
  readonly onEvent = this.steps.event;

  private run: { -readonly [K in keyof ActiveRun]: ActiveRun[K] } | undefined;
  private running: Promise<unknown> | undefined;

  constructor(private readonly extensionPath: string) {
    super();
  }

  get active(): ActiveRun | undefined {
    return this.run;
  }

  /** Undefined where another run is under way. */
  async start(
    name: string,
    settings: CaptureSettings,
    cwd: string,
    onEvent: (event: CaptureEvent) => void,
  ): Promise<CaptureResult | undefined> {
    if (this.run) return undefined;
    const stop = new AbortController();
    const run = (this.run = { settings, name, stage: '', cancel: () => stop.abort() });
    this.starts.fire(run);
    this.changes.fire();
    const running = capture(settings, {
      cancel: stop.signal,
      version,
      cwd,
      analyser: commandAnalyser({
        program: process.execPath,
        args: [vscode.Uri.joinPath(vscode.Uri.file(this.extensionPath), 'dist', 'cli.js').fsPath],
        env: { ELECTRON_RUN_AS_NODE: '1' },
      }),
      onEvent: (event) => {
        if (event.type === 'stage' && event.state === 'started') {
          run.stage = event.title;
          this.changes.fire();
        }
        onEvent(event);
        this.steps.fire(event);
      },
    });
    this.running = running;
    const result = await running;
    this.run = this.running = undefined;
    this.ends.fire({ result, settings });
    this.changes.fire();
    return result;
  }

  /** Ends the run under way, if there is one; resolves when nothing of it is left. */
  async end(): Promise<void> {
    this.run?.cancel();
    await this.running;
  }

  override dispose(): void {
    void this.end();
    super.dispose();
  }
}
