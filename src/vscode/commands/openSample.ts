import * as vscode from 'vscode';
import { viewTypes } from '../file';
import { commandIds } from './ids';

/** Opens the profile that comes with the extension. */
export function registerOpenSample(extensionUri: vscode.Uri): vscode.Disposable {
  const sample = vscode.Uri.joinPath(extensionUri, 'media', 'sample', 'sample.nsys.sqlite');
  return vscode.commands.registerCommand(commandIds.openSample, () =>
    vscode.commands.executeCommand('vscode.openWith', sample, viewTypes.named),
  );
}
