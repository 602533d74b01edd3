import path from 'node:path';
import * as vscode from 'vscode';
import { commandIds } from '../commands/ids';
import { toFailure } from '../../engine/failure';
import { formatBytes, formatCount } from '../../profile/format';
import { isTraceName, traceViewTypeFor } from '../file';
import type { ProfileDocument } from '../profileDocument';
import type { ProfileEditors } from '../profileEditor';
import type { Heat } from './heat';

/** What can be done with traces of PyTorch, by command. */
export function registerTorch(editors: ProfileEditors, heat: Heat): vscode.Disposable {
  const { registerCommand } = vscode.commands;
  return vscode.Disposable.from(
    registerCommand(
      commandIds.openAsTorch,
      async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
        const files = selected?.length ? selected : clicked ? [clicked] : await ask();
        for (const file of files) {
          await vscode.commands.executeCommand('vscode.openWith', file, traceViewTypeFor(file));
        }
      },
    ),
    registerCommand(commandIds.showHeat, async () => {
      const document = await chooseTrace(editors, ({ kind }) => kind === 'timeline');
      if (document) await heat.show(document);
    }),
    registerCommand(commandIds.clearHeat, () => heat.clear()),
    registerCommand(commandIds.openRanks, async () => {
      const document = await chooseTrace(editors);
      if (document) await readRanks(document);
    }),
    registerCommand(
      commandIds.saveTrimmed,
      async (window?: readonly [number, number], target?: vscode.Uri) => {
        const document = await chooseTrace(editors);
        if (!document) return;
        if (window) await saveTrimmed(document, window, target);
        else document.askToTrim();
      },
    ),
  );
}

async function ask(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.window.showOpenDialog({
    canSelectMany: true,
    openLabel: vscode.l10n.t('Open Trace'),
    filters: {
      [vscode.l10n.t('PyTorch profiler traces')]: ['json', 'gz'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files ?? [];
}

const isOfTorch = ({ status }: ProfileDocument): boolean => status?.torch !== undefined;

/** The trace of the active editor, else one of those that are open. */
async function chooseTrace(
  editors: ProfileEditors,
  isTrace: (document: ProfileDocument) => boolean = isOfTorch,
): Promise<ProfileDocument | undefined> {
  const active = editors.activeDocument;
  if (active && isTrace(active)) return active;
  const open = editors.openDocuments.filter(isTrace);
  if (open.length === 0) {
    void vscode.window.showInformationMessage(
      isTrace === isOfTorch
        ? vscode.l10n.t('Open a trace of PyTorch’s profiler first.')
        : vscode.l10n.t('Open a profile first.'),
    );
  }
  if (open.length < 2) return open[0];
  const chosen = await vscode.window.showQuickPick(
    open.map((document) => ({
      label: path.basename(document.uri.fsPath),
      description: vscode.workspace.asRelativePath(path.dirname(document.uri.fsPath)),
      document,
    })),
    { placeHolder: vscode.l10n.t('Which trace?') },
  );
  return chosen?.document;
}

/** Reads all ranks of the run, to be set side by side. */
export async function readRanks(document: ProfileDocument): Promise<void> {
  // They may still be looked for where the trace has only just been opened.
  const ranks = await document.findRanks();
  if (ranks.length < 2) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'No traces of other ranks lie beside this one: their names differ in “rank” and a number alone.',
      ),
    );
    return;
  }
  try {
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Reading {0} ranks…', ranks.length),
      },
      () => document.readRanks(),
    );
  } catch (error) {
    const { code, message } = toFailure(error);
    if (code !== 'cancelled') void vscode.window.showErrorMessage(message);
  }
}

/** Writes what lies in the window to a trace of its own, where the person says. */
export async function saveTrimmed(
  document: ProfileDocument,
  window: readonly [start: number, end: number],
  given?: vscode.Uri,
): Promise<void> {
  const target = given ?? (await askTarget(document, window));
  if (!target) return;
  const { fsPath } = target;
  if (target.scheme !== 'file' || fsPath === document.shownPath) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} can not be written: choose another file on disk.', fsPath),
    );
    return;
  }
  try {
    const { events, size } = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Writing {0}…', path.basename(fsPath)),
      },
      () => document.trim(window, fsPath),
    );
    const open = vscode.l10n.t('Open');
    const perfetto = vscode.l10n.t('Open Perfetto');
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t(
          '{0}: {1} events, {2}. Perfetto and chrome://tracing open it.',
          path.basename(fsPath),
          formatCount(events),
          formatBytes(size),
        ),
        open,
        perfetto,
      )
      .then((choice) => {
        if (choice === open) {
          void vscode.commands.executeCommand('vscode.openWith', target, traceViewTypeFor(target));
        } else if (choice === perfetto) {
          void vscode.env.openExternal(vscode.Uri.parse('https://ui.perfetto.dev'));
        }
      });
  } catch (error) {
    void vscode.window.showErrorMessage(toFailure(error).message);
  }
}

async function askTarget(
  document: ProfileDocument,
  [start, end]: readonly [number, number],
): Promise<vscode.Uri | undefined> {
  const name = path.basename(document.shownPath);
  const stem = name.replace(/(\.pt)?(\.trace)?\.json(\.gz)?$/i, '');
  const ms = (time: number) => `${Math.round(time / 1e6)}ms`;
  return vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(
      vscode.Uri.file(path.dirname(document.shownPath)),
      `${stem}.${ms(start)}-${ms(end)}.pt.trace.json${isTraceName(name) && /\.gz$/i.test(name) ? '.gz' : ''}`,
    ),
    filters: { [vscode.l10n.t('PyTorch profiler traces')]: ['json', 'gz'] },
    title: vscode.l10n.t('Save Trimmed Trace'),
  });
}
