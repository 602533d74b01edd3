import * as vscode from 'vscode';
import { commandIds } from './ids';

/** Shows what the extension did, for reports of what went wrong. */
export function registerShowLog(log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.commands.registerCommand(commandIds.showLog, () => log.show());
}
