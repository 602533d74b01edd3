/** What can be done with a run from its page, by the commands that do it elsewhere. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { readRecord } from '../../capture/run-folder';
import type { RunAbout } from '../../profile/run';
import type { RunAction } from '../../protocol/run';
import { commandIds } from '../commands/ids';

/** @param opened the profile that is open, where one is */
export async function actOnRun(
  action: RunAction,
  about: RunAbout,
  opened: vscode.Uri | undefined,
): Promise<void> {
  // Kernel metrics alone are compared with nothing.
  const timeline = about.profiles.find(({ kind }) => kind !== 'kernels');
  const ofRun = timeline && vscode.Uri.file(path.join(about.folder, timeline.file));
  const compared = opened && !isKernels(about, opened) ? opened : ofRun;
  switch (action) {
    case 'runAgain': {
      const record = await readRecord(about.folder);
      const run = record && { folder: about.folder, record };
      await vscode.commands.executeCommand(commandIds.runAgain, run && { kind: 'run', run });
      break;
    }
    case 'compareRun':
      await vscode.commands.executeCommand(commandIds.compare, compared);
      break;
    case 'setBaselineOfRun':
      await vscode.commands.executeCommand(commandIds.setBaseline, compared);
      break;
    case 'reportRun':
      await vscode.commands.executeCommand(
        commandIds.exportReport,
        about.record ? vscode.Uri.file(about.folder) : opened,
      );
      break;
    case 'revealRun':
      await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(about.folder));
      break;
  }
}

const isKernels = ({ folder, profiles }: RunAbout, { fsPath }: vscode.Uri): boolean =>
  profiles.some(({ kind, file }) => kind === 'kernels' && path.join(folder, file) === fsPath);

/** Opens a file of the run that its page was told of; others are not opened for anyone. */
export async function openRunPart(about: RunAbout, part: string): Promise<void> {
  const uri = vscode.Uri.file(path.join(about.folder, part));
  if (about.profiles.some(({ file }) => file === part))
    await vscode.commands.executeCommand(commandIds.openProfileAt, uri);
  else if (part === about.session)
    await vscode.commands.executeCommand(commandIds.openAsSession, uri);
  else if (about.reports.includes(part)) await vscode.env.openExternal(uri);
  else if (part === 'run.json' || isText(about, part)) await openText(uri);
}

const isText = ({ logs, clients }: RunAbout, part: string): boolean =>
  logs.includes(part) || clients.some(({ file }) => file === part);

async function openText(uri: vscode.Uri): Promise<void> {
  const found = await stat(uri.fsPath).catch(() => undefined);
  if (found) await vscode.commands.executeCommand('vscode.openWith', uri, 'default');
  else
    void vscode.window.showWarningMessage(vscode.l10n.t('{0} is not there any more.', uri.fsPath));
}
