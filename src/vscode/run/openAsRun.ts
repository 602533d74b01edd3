/** Opens runs: the profile that says most with the run's own tab first, or the run's page where there is none. */
import path from 'node:path';
import * as vscode from 'vscode';
import { readRunAbout } from '../../capture/run-about';
import { RUN_FILE } from '../../capture/run-folder';
import { neededTool, RUN_VIEW_TYPE } from '../file';
import { FolderKey } from '../folderKey';
import type { ProfileEditors } from '../profileEditor';
import { commandIds } from '../commands/ids';

/** Which folders hold a run, for the explorer's menu. */
export const runFolders = (): FolderKey =>
  new FolderKey('profilemate.runFolders', `**/${RUN_FILE}`, (file) => [path.dirname(file)]);

export function registerOpenAsRun(editors: ProfileEditors): vscode.Disposable {
  return vscode.commands.registerCommand(
    commandIds.openAsRun,
    async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
      const places = selected?.length ? selected : clicked ? [clicked] : await ask();
      const folders = new Set<string>();
      for (const place of places) {
        const about = await readRunAbout(place.fsPath);
        if (!about?.record) void sayNoRun(place);
        else if (!folders.has(about.folder)) {
          folders.add(about.folder);
          // What has to be exported first is for the person to choose, on the run's page.
          const first = about.profiles.find(({ file }) => neededTool(file) === undefined);
          if (first) {
            const profile = vscode.Uri.file(path.join(about.folder, first.file));
            await editors.openAt(profile, { tab: 'run' });
          } else await openRunPage(about.folder);
        }
      }
    },
  );
}

/** The page of the run alone. */
export const openRunPage = (folder: string): Thenable<unknown> =>
  vscode.commands.executeCommand(
    'vscode.openWith',
    vscode.Uri.file(path.join(folder, RUN_FILE)),
    RUN_VIEW_TYPE,
  );

async function ask(): Promise<readonly vscode.Uri[]> {
  const folders = await vscode.window.showOpenDialog({
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: vscode.l10n.t('Open Run'),
    title: vscode.l10n.t('Open the folder of a run'),
  });
  return folders ?? [];
}

async function sayNoRun(place: vscode.Uri): Promise<void> {
  const choose = vscode.l10n.t('Choose Another Folder…');
  const choice = await vscode.window.showErrorMessage(
    vscode.l10n.t(
      '{0} is no run: expected is a folder with the run.json that a capture leaves. Open its profile itself, if it has one.',
      path.basename(place.fsPath),
    ),
    choose,
  );
  if (choice === choose) await vscode.commands.executeCommand(commandIds.openAsRun);
}
