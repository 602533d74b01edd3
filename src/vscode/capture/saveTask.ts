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
  const task = { type: TASK_TYPE, label: name, ...definition, problemMatcher: ['$profilemate'] };
  const target = vscode.ConfigurationTarget.WorkspaceFolder;
  await section.update('version', '2.0.0', target);
  await section.update('tasks', [...tasks, task], target);
  const file = vscode.Uri.joinPath(folder.uri, '.vscode', 'tasks.json');
  await vscode.window.showTextDocument(file);
}
