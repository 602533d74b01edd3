/**
 * A program run as a VS Code task whose output this extension hears too, which
 * a plain process task does not allow. The program gets its arguments as they
 * are; no shell reads them.
 */
import * as vscode from 'vscode';
import { run } from '../capture/process';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** As it is shown on the first line. */
  readonly command: string;
  /** A file that takes its standard output. */
  readonly into?: string;
}

export interface Outcome {
  /** Undefined where a signal, or the person, ended it. */
  readonly status: number | undefined;
  readonly output: string;
}

/** @throws where the program can not be started */
export async function runAsTask(
  title: string,
  program: Program,
  token: vscode.CancellationToken,
  onOutput: (text: string) => void,
): Promise<Outcome> {
  const terminal = new ProgramTerminal(program, onOutput);
  const listening = token.onCancellationRequested(() => terminal.close());
  try {
    const task = new vscode.Task(
      { type: 'profilemate-program', program: program.file },
      vscode.workspace.workspaceFolders?.[0] ?? vscode.TaskScope.Workspace,
      title,
      'ProfileMate',
      new vscode.CustomExecution(() => Promise.resolve(terminal)),
    );
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Silent, close: true };
    try {
      await vscode.tasks.executeTask(task);
    } catch {
      // A window without a folder may refuse tasks; the export does not need one.
      terminal.open();
    }
    return await terminal.outcome;
  } finally {
    listening.dispose();
  }
}

class ProgramTerminal implements vscode.Pseudoterminal {
  private readonly writes = new vscode.EventEmitter<string>();
  private readonly closes = new vscode.EventEmitter<void>();
  readonly onDidWrite = this.writes.event;
  readonly onDidClose = this.closes.event;

  private settle!: { resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };
  readonly outcome = new Promise<Outcome>((resolve, reject) => {
    this.settle = { resolve, reject };
  });
  private readonly stop = new AbortController();
  private started = false;

  constructor(
    private readonly program: Program,
    private readonly onOutput: (text: string) => void,
  ) {}

  open(): void {
    if (this.started) return;
    this.started = true;
    this.writes.fire(`${this.program.command}\r\n`);
    run(this.program.file, this.program.args, {
      signal: this.stop.signal,
      into: this.program.into,
      onOutput: (text) => {
        this.writes.fire(text.replace(/\r?\n/g, '\r\n'));
        this.onOutput(text);
      },
    }).then(
      ({ status, tail }) => {
        this.end();
        this.settle.resolve({ status, output: tail });
      },
      (error: unknown) => {
        this.end();
        this.settle.reject(error);
      },
    );
  }

  /** Without a status: VS Code would add a notice of its own to what the caller says of a failure. */
  private end(): void {
    this.closes.fire();
    this.writes.dispose();
    this.closes.dispose();
  }

  /** The person closed the terminal, or nobody wants the result. */
  close(): void {
    this.stop.abort();
    if (!this.started) this.settle.resolve({ status: undefined, output: '' });
    this.started = true;
  }
}
