import * as vscode from 'vscode';
import type { ProfileEditors } from '../profileEditor';
import { commandIds } from './ids';

/** Reads the profile of the active editor again. */
export function registerReload(editors: ProfileEditors): vscode.Disposable {
  return vscode.commands.registerCommand(commandIds.reload, () => {
    if (editors.activeDocument) editors.activeDocument.reload();
    else void vscode.window.showInformationMessage(vscode.l10n.t('Open a profile first.'));
  });
}
