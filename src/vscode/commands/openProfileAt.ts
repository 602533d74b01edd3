import * as vscode from 'vscode';
import type { ProfileEditors } from '../profileEditor';
import type { HostPlace } from '../profilePanel';
import { commandIds } from './ids';

/** Leads to a place in a profile; see {@link ProfileEditors.openAt}. */
export function registerOpenProfileAt(editors: ProfileEditors): vscode.Disposable {
  return vscode.commands.registerCommand(
    commandIds.openProfileAt,
    (uri: vscode.Uri, place: HostPlace = {}) => editors.openAt(uri, place),
  );
}
