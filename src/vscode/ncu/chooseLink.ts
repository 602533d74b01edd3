/** Choosing the file that is read beside the open one: a timeline beside results, or the other way. */
import path from 'node:path';
import * as vscode from 'vscode';
import { toFailure } from '../../engine/failure';
import { commandIds } from '../commands/ids';
import type { ProfileDocument } from '../profileDocument';
import type { ProfileEditors } from '../profileEditor';

/** Links the profile of the active editor with a file that is given, or asked for. */
export function registerLink(editors: ProfileEditors): vscode.Disposable {
  return vscode.commands.registerCommand(commandIds.link, (other?: vscode.Uri) => {
    const document = editors.activeDocument;
    if (document) return chooseLink(document, other);
    return vscode.window.showInformationMessage(vscode.l10n.t('Open a profile first.'));
  });
}

export async function chooseLink(document: ProfileDocument, given?: vscode.Uri): Promise<void> {
  const other = given ?? (await ask(document));
  if (!other) return;
  try {
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Reading {0}…', path.basename(other.fsPath)),
      },
      () => document.link(other.fsPath),
    );
  } catch (error) {
    void vscode.window.showErrorMessage(toFailure(error).message);
  }
}

async function ask({ kind, uri }: ProfileDocument): Promise<vscode.Uri | undefined> {
  const files = await vscode.window.showOpenDialog({
    defaultUri: vscode.Uri.joinPath(uri, '..'),
    openLabel: vscode.l10n.t('Link'),
    title: kind === 'timeline' ? RESULTS.title() : TIMELINES.title(),
    filters: {
      ...(kind === 'timeline' ? RESULTS.filters() : TIMELINES.filters(kind === 'session')),
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files?.[0];
}

const RESULTS = {
  title: () => vscode.l10n.t('Link Nsight Compute results of the same program'),
  filters: () => ({ [vscode.l10n.t('Nsight Compute results')]: ['csv', 'ncu-rep'] }),
};
const TIMELINES = {
  title: () => vscode.l10n.t('Link a timeline of the same program'),
  filters: (traces: boolean) => ({
    [vscode.l10n.t('Nsight Systems profiles')]: ['sqlite', 'sqlite3', 'db', 'nsys-rep', 'qdrep'],
    ...(traces && { [vscode.l10n.t('Traces of PyTorch')]: ['json', 'gz'] }),
  }),
};
