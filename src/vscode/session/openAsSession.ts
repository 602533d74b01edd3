/** Opens sessions of the runtime layer: folders and files that are selected in the explorer, or asked for. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { findSession, MOE_FOLDER } from '../../readers/session';
import { FILE_NAMES } from '../../readers/session/files';
import { commandIds } from '../commands/ids';
import { viewTypes } from '../file';

export function registerOpenAsSession(): vscode.Disposable {
  return vscode.commands.registerCommand(
    commandIds.openAsSession,
    async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
      const places = selected?.length ? selected : clicked ? [clicked] : await ask();
      const files = new Set<string>();
      for (const place of places) {
        const file = await fileOfSession(place.fsPath);
        if (file !== undefined) files.add(file);
        else void sayNoSession(place);
      }
      for (const file of files) {
        await vscode.commands.executeCommand(
          'vscode.openWith',
          vscode.Uri.file(file),
          viewTypes.session,
        );
      }
    },
  );
}

/**
 * The file that stands for a session in an editor, as editors are of files: its
 * metadata, or one of its tables where it has none. Undefined for what is no session.
 */
export async function fileOfSession(place: string): Promise<string | undefined> {
  const folder = await findSession(place);
  if (folder === undefined) return undefined;
  const names = await readdir(folder).catch(() => [] as string[]);
  const name = names.includes('metadata.json')
    ? 'metadata.json'
    : names.sort().find((one) => FILE_NAMES.has(one));
  if (name !== undefined) return path.join(folder, name);
  const moe = path.join(folder, MOE_FOLDER);
  const tables = await readdir(moe).catch(() => [] as string[]);
  const table = tables.sort().find((one) => FILE_NAMES.has(one));
  return table && path.join(moe, table);
}

async function ask(): Promise<readonly vscode.Uri[]> {
  const folders = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: vscode.l10n.t('Open Session'),
    title: vscode.l10n.t('Open the folder of a session'),
  });
  return folders ?? [];
}

async function sayNoSession(place: vscode.Uri): Promise<void> {
  const open = vscode.l10n.t('Choose Another Folder…');
  const choice = await vscode.window.showErrorMessage(
    vscode.l10n.t(
      '{0} is no session of the runtime layer: expected is a folder with metadata.json and tables such as kv_cache_usage.csv. The layer prints its folder when vLLM starts.',
      path.basename(place.fsPath),
    ),
    open,
  );
  if (choice === open) await vscode.commands.executeCommand(commandIds.openAsSession);
}
