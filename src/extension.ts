import type * as vscode from 'vscode';
import { start, type ProfileMateApi } from './vscode/activate';

export type { ProfileMateApi } from './vscode/activate';

export function activate(context: vscode.ExtensionContext): ProfileMateApi {
  return start(context);
}
