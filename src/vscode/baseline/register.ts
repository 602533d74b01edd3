/** Baselines, comparisons and trends in the editor, put together. */
import * as vscode from 'vscode';
import type { Captures } from '../capture/register';
import { commandIds } from '../commands/ids';
import type { Links } from '../ncu/links';
import type { ProfileEditors } from '../profileEditor';
import { Checks } from './checks';
import { Cli } from './cli';
import { registerBaselineCommands } from './commands';
import { CompareEditor } from './compareEditor';
import { Exports } from './exports';
import { KeepRuns } from './keepRuns';
import { BaselineLenses } from './lenses';
import { BaselineProblems } from './problems';
import { tellRunFolders } from './runFolders';
import { TrendsEditor } from './trendsPanel';

export interface BaselineContext {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly editors: ProfileEditors;
  readonly links: Links;
  readonly captures: Captures;
}

export function registerBaselines({
  context,
  log,
  editors,
  links,
  captures,
}: BaselineContext): vscode.Disposable {
  const { extensionUri } = context;
  const cli = new Cli(extensionUri.fsPath, new Exports({ context, log }));
  const checks = new Checks(cli, context.workspaceState, log);
  const compare = new CompareEditor({ extensionUri, cli, links, log });
  const trends = new TrendsEditor({
    extensionUri,
    cli,
    compare,
    log,
    onDidChange: checks.onDidLand,
  });
  const choices = { editors, links, runs: () => captures.runs };
  return vscode.Disposable.from(
    checks,
    compare,
    trends,
    new BaselineLenses(checks),
    new BaselineProblems(checks, log),
    new KeepRuns(cli, captures, log),
    tellRunFolders(captures),
    vscode.commands.registerCommand(commandIds.showTrends, () => trends.show()),
    registerBaselineCommands({ cli, checks, compare, choices }),
  );
}
