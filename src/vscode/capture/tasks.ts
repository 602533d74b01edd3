/** Runs as tasks: of tasks.json, and the last one again. */
import path from 'node:path';
import * as vscode from 'vscode';
import {
  type CaptureDefinition,
  type CaptureTaskDefinition,
  parseDefinition,
  settingsOf,
  TASK_TYPE,
} from './definition';
import { firstFolder, machineFor } from './machine';
import type { Remembered } from './remembered';
import type { CaptureSession } from './session';
import { CaptureTerminal } from './terminal';

const PROBLEM_MATCHER = '$profilemate';

export class CaptureTasks implements vscode.TaskProvider {
  constructor(
    private readonly session: CaptureSession,
    private readonly remembered: Remembered,
    private readonly extensionPath: string,
  ) {}

  provideTasks(): vscode.Task[] {
    const last = this.remembered.definition;
    return last === undefined ? [] : [this.task(last)];
  }

  resolveTask(task: vscode.Task): vscode.Task {
    const { scope, name } = task;
    return this.make(task.definition, name, scope);
  }

  task(definition: CaptureDefinition): vscode.Task {
    return this.make({ type: TASK_TYPE, ...definition }, taskName(definition));
  }

  async run(definition: CaptureDefinition): Promise<void> {
    const task = this.task(definition);
    try {
      await vscode.tasks.executeTask(task);
    } catch {
      // A window without a folder may refuse tasks.
      const pty = this.terminal(definition, task.name, firstFolder());
      vscode.window.createTerminal({ name: task.name, pty }).show();
    }
  }

  private make(
    definition: CaptureTaskDefinition,
    name: string,
    scope: vscode.Task['scope'] = vscode.workspace.workspaceFolders?.[0],
  ): vscode.Task {
    const cwd =
      typeof scope === 'object' && scope.uri.scheme === 'file' ? scope.uri.fsPath : firstFolder();
    const task = new vscode.Task(
      definition,
      scope ?? vscode.TaskScope.Workspace,
      name,
      'ProfileMate',
      // What it is given has the variables of tasks.json replaced.
      new vscode.CustomExecution((resolved) => Promise.resolve(this.terminal(resolved, name, cwd))),
      PROBLEM_MATCHER,
    );
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
    return task;
  }

  private terminal(definition: unknown, name: string, cwd: string): CaptureTerminal {
    return new CaptureTerminal(this.session, name, cwd, () =>
      settingsOf(parseDefinition(definition), machineFor(this.extensionPath, cwd)),
    );
  }
}

function taskName({ model, mode = 'quick', target }: CaptureDefinition): string {
  const what =
    model ||
    (target?.kind === 'script' ? target.file : target?.kind === 'running' ? target.url : 'vLLM');
  return vscode.l10n.t('Profile {0} ({1})', path.basename(what), mode);
}
