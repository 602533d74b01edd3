/** From a place in a trace to the line in the workspace. */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { bestMatches } from './match';

/** Of one name: enough for any workspace, `__init__.py` apart. */
const MAX_FOUND = 2000;

/** Shows the line, after asking where it lies outside of the workspace or more than one file fits. */
export async function openSource(file: string, line: number): Promise<void> {
  const found = await findSource(file);
  const uri = found.length > 1 ? await choose(file, found) : (found[0] ?? (await outside(file)));
  if (!uri) return;
  const document = await vscode.workspace.openTextDocument(uri);
  const at = document.lineAt(Math.max(0, Math.min(document.lineCount, line) - 1)).range.start;
  await vscode.window.showTextDocument(document, {
    viewColumn: besideProfile(),
    selection: new vscode.Range(at, at),
  });
}

/** Files of the workspace that the place can be; the best fitting ones. */
export async function findSource(file: string): Promise<readonly vscode.Uri[]> {
  const name = file.split(/[\\/]+/).at(-1) ?? '';
  if (name === '' || !vscode.workspace.workspaceFolders) return [];
  const found = await vscode.workspace.findFiles(
    `**/${name.replace(/[[\]{}*?!]/g, '[$&]')}`,
    undefined,
    MAX_FOUND,
  );
  const best = bestMatches(file, found, (uri) => uri.path);
  const inside = await Promise.all(best.map(isInside));
  return best.filter((_, at) => inside[at]);
}

/** A link in the workspace may lead out of it. */
async function isInside(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== 'file') return true;
  const real = await realpath(uri.fsPath).catch(() => undefined);
  if (real === undefined) return false;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const roots = await Promise.all(
    folders.map(({ uri: folder }) => realpath(folder.fsPath).catch(() => folder.fsPath)),
  );
  return roots.some((root) => real === root || real.startsWith(root + path.sep));
}

async function choose(file: string, found: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showQuickPick(
    found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri, true), uri })),
    { placeHolder: vscode.l10n.t('Several files of this workspace can be {0}', file) },
  );
  return chosen?.uri;
}

/** Traces come from anywhere: a path in one is opened only when the person says so. */
async function outside(file: string): Promise<vscode.Uri | undefined> {
  if (!path.isAbsolute(file) || !existsSync(file)) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0} is not in this workspace. Add the folder that holds it to the workspace.',
        file,
      ),
    );
    return undefined;
  }
  const open = vscode.l10n.t('Open');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} lies outside of this workspace. Open it?', file),
    {
      modal: true,
      detail: vscode.l10n.t('The trace names this path; it may be of another machine.'),
    },
    open,
  );
  return choice === open ? vscode.Uri.file(file) : undefined;
}

/** The source and the profile side by side, as a source is read with its profile in view. */
function besideProfile(): vscode.ViewColumn {
  const column = vscode.window.tabGroups.activeTabGroup.viewColumn;
  const other = vscode.window.tabGroups.all.find((group) => group.viewColumn !== column);
  return other?.viewColumn ?? vscode.ViewColumn.Beside;
}
