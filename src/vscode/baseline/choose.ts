/** Which files a command is about: those clicked or selected, the profile shown, or one that is asked for. */
import path from 'node:path';
import * as vscode from 'vscode';
import { BASELINE_SUFFIX } from '../../history/baseline';
import type { ProfileEditors } from '../profileEditor';

export async function askRun(title: string): Promise<vscode.Uri | undefined> {
  const files = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Choose Run'),
    filters: {
      [vscode.l10n.t('Profiles, summaries and baselines')]: ['sqlite', 'sqlite3', 'db', 'json'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files?.[0];
}

/** The clicked file, else the profile of the active editor, else what the person picks. */
export async function chooseRun(
  editors: ProfileEditors,
  clicked: vscode.Uri | undefined,
  title: string,
): Promise<vscode.Uri | undefined> {
  const shown = editors.activeDocument;
  return clicked ?? (shown ? vscode.Uri.file(shown.shownPath) : await askRun(title));
}

export async function askBaseline(run: vscode.Uri): Promise<vscode.Uri | undefined> {
  const stem = path.basename(run.fsPath).replace(/(\.nsys)?\.(sqlite3?|db|json)$/i, '');
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Set as Baseline'),
    saveLabel: vscode.l10n.t('Set Baseline'),
    defaultUri: vscode.Uri.file(path.join(path.dirname(run.fsPath), `${stem}${BASELINE_SUFFIX}`)),
    filters: { [vscode.l10n.t('Baselines')]: ['profile-baseline.json'] },
  });
}
