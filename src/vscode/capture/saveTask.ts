import path from 'node:path';
import * as vscode from 'vscode';
import { type CaptureDefinition, TASK_TYPE } from './definition';

/** Adds a task to the tasks.json of the workspace's first folder, and shows that file. */
export async function saveTask(name: string, definition: CaptureDefinition): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) {
    void vscode.window.showWarningMessage(vscode.l10n.t('Tasks are saved in a folder; open one.'));
    return;
  }
  const section = vscode.workspace.getConfiguration('tasks', folder.uri);
  const tasks = section.inspect<unknown[]>('tasks')?.workspaceFolderValue ?? [];
  const task = {
    type: TASK_TYPE,
    label: unused(name, tasks),
    ...inFolder(definition, folder.uri.fsPath),
    problemMatcher: ['$profilemate'],
  };
  const target = vscode.ConfigurationTarget.WorkspaceFolder;
  await section.update('version', '2.0.0', target);
  await section.update('tasks', [...tasks, task], target);
  const file = vscode.Uri.joinPath(folder.uri, '.vscode', 'tasks.json');
  await vscode.window.showTextDocument(file);
}

/** Of two tasks of one name, a person could not tell which runs. */
function unused(name: string, tasks: readonly unknown[]): string {
  const labels = new Set(tasks.map((task) => (task as { label?: unknown } | null)?.label));
  let label = name;
  for (let n = 2; labels.has(label); n++) label = `${name} ${n}`;
  return label;
}

/** Paths in the workspace as everyone who has it can use them. */
function inFolder<T>(value: T, folder: string): T {
  if (typeof value === 'string' && value.startsWith(folder + path.sep))
    return `\${workspaceFolder}${value.slice(folder.length)}` as T;
  if (Array.isArray(value)) return value.map((item: unknown) => inFolder(item, folder)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, inFolder<unknown>(item, folder)]),
  ) as T;
}
