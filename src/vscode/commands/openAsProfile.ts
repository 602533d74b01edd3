import * as vscode from 'vscode';
import { viewTypeFor } from '../file';
import { commandIds } from './ids';

/** Opens a file as a profile: those selected in the explorer, the one shown, or one that is asked for. */
export function registerOpenAsProfile(): vscode.Disposable {
  return vscode.commands.registerCommand(
    commandIds.openAsProfile,
    async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
      const files = selected?.length ? selected : clicked ? [clicked] : await ask();
      for (const file of files) {
        await vscode.commands.executeCommand('vscode.openWith', file, viewTypeFor(file));
      }
    },
  );
}

async function ask(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.window.showOpenDialog({
    canSelectMany: true,
    openLabel: vscode.l10n.t('Open Profile'),
    filters: {
      [vscode.l10n.t('Nsight Systems profiles')]: ['sqlite', 'sqlite3', 'db', 'nsys-rep', 'qdrep'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files ?? [];
}
