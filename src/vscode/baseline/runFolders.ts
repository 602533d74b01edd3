/** Tells menus which folders are runs. */
import * as vscode from 'vscode';
import type { Captures } from '../capture/register';

export function tellRunFolders(captures: Captures): vscode.Disposable {
  const tell = () =>
    void vscode.commands.executeCommand(
      'setContext',
      'profilemate.runFolders',
      Object.fromEntries(captures.runs.map(({ folder }) => [folder, true])),
    );
  tell();
  return captures.onDidChangeRuns(tell);
}
