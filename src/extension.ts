import type * as vscode from 'vscode';
import { start, stop, type ProfileMateApi } from './vscode/activate';

export type { ProfileMateApi } from './vscode/activate';

export function activate(context: vscode.ExtensionContext): ProfileMateApi {
  return start(context);
}

export function deactivate(): Promise<void> {
  return stop();
}
