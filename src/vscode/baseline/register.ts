/** Baselines in the editor, put together. */
import * as vscode from 'vscode';
import type { ProfileEditors } from '../profileEditor';
import { Checks } from './checks';
import { Cli } from './cli';
import { registerBaselineCommands } from './commands';
import { BaselineLenses } from './lenses';
import { BaselineProblems } from './problems';

export function registerBaselines(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  editors: ProfileEditors,
): vscode.Disposable {
  const cli = new Cli(context.extensionUri.fsPath);
  const checks = new Checks(cli, context.workspaceState, log);
  return vscode.Disposable.from(
    checks,
    new BaselineLenses(checks),
    new BaselineProblems(checks, log),
    registerBaselineCommands(cli, checks, editors),
  );
}
