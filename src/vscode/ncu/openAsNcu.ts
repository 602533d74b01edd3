import * as vscode from 'vscode';
import { commandIds } from '../commands/ids';
import { ncuViewTypeFor } from '../file';

/** Opens files as Nsight Compute results: those selected in the explorer, or one that is asked for. */
export function registerOpenAsNcu(): vscode.Disposable {
  return vscode.commands.registerCommand(
    commandIds.openAsNcu,
    async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
      const files = selected?.length ? selected : clicked ? [clicked] : await ask();
      for (const file of files) {
        await vscode.commands.executeCommand('vscode.openWith', file, ncuViewTypeFor(file));
      }
    },
  );
}

async function ask(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.window.showOpenDialog({
    canSelectMany: true,
    openLabel: vscode.l10n.t('Open Results'),
    filters: {
      [vscode.l10n.t('Nsight Compute results')]: ['csv', 'ncu-rep'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files ?? [];
}
