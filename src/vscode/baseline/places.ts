/** Where things are: the folder that a file's names count from, its history, and the profile of a run. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { BASELINE_SUFFIX, BASELINE_TYPE } from '../../history/baseline';
import { DEFAULT_HISTORY } from '../../history/store';
import { isTraceName, ncuViewTypeFor, traceViewTypeFor, viewTypeFor } from '../file';

export const HISTORY_PATH = 'profilemate.history.path';
/** A baseline says what it is in its first lines. */
const HEAD = 4096;
const PROFILE = /\.(nsys-rep|qdrep|sqlite3?|db)$/i;

export const isBaselineName = (file: string): boolean => file.endsWith(BASELINE_SUFFIX);

/** By its name, or by what it says it is. */
export const isBaselineDocument = (document: vscode.TextDocument): boolean =>
  document.uri.scheme === 'file' &&
  (isBaselineName(document.uri.path) ||
    (document.uri.path.endsWith('.json') &&
      document
        .getText(new vscode.Range(new vscode.Position(0, 0), document.positionAt(HEAD)))
        .includes(`"${BASELINE_TYPE}"`)));

/** The workspace folder of a file; its own folder where it lies in none. */
export function homeOf(file: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  return folder?.uri.scheme === 'file' ? folder.uri.fsPath : path.dirname(file.fsPath);
}

/** A file, absolute, or the address of a server. */
export function historyOf(file: vscode.Uri): string {
  const configured = vscode.workspace.getConfiguration('profilemate', file).get('history.path', '');
  const place = configured.trim() || DEFAULT_HISTORY;
  return isServer(place) ? place : path.resolve(homeOf(file), place);
}

export const isServer = (place: string): boolean => /^\w[\w+.-]*:\/\//.test(place);

/** As a name that others who have the same folder can use. */
export function nameFrom(home: string, file: string): string {
  const relative = path.relative(home, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

/** Opens what a run was read from; a summary's or folder's profile where there is one. */
export async function openRun(label: string, home: string): Promise<void> {
  const place = path.resolve(home, label);
  const found = await stat(place).catch(() => undefined);
  if (!found) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('{0} is not there any more; the history keeps its summary only.', place),
    );
    return;
  }
  const uri = vscode.Uri.file(await profileOf(place, found.isDirectory()));
  const { path: name } = uri;
  if (PROFILE.test(name)) await openWith(uri, viewTypeFor(uri));
  else if (isTraceName(name)) await openWith(uri, traceViewTypeFor(uri));
  else if (/\.csv$/i.test(name)) await openWith(uri, ncuViewTypeFor(uri));
  else await vscode.commands.executeCommand('vscode.open', uri);
}

const openWith = (uri: vscode.Uri, viewType: string) =>
  vscode.commands.executeCommand('vscode.openWith', uri, viewType);

async function profileOf(place: string, isFolder: boolean): Promise<string> {
  if (!isFolder && path.extname(place) !== '.json') return place;
  const folder = isFolder ? place : path.dirname(place);
  const names = await readdir(folder).catch(() => []);
  const profile = names.sort().find((name) => PROFILE.test(name));
  return profile === undefined ? place : path.join(folder, profile);
}
