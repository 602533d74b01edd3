/** Where things are: the folder that a file's names count from, its history, and the profile of a run. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { BASELINE_SUFFIX, BASELINE_TYPE, isBaseline } from '../../history/baseline';
import { DEFAULT_HISTORY } from '../../history/store';
import { PHASES } from '../../profile/scope';
import type { ProfilePlace } from '../../protocol/place';
import { commandIds } from '../commands/ids';
import { isTraceName, neededTool } from '../file';

export const HISTORY_PATH = 'profilemate.history.path';
/** A baseline says what it is in its first lines. */
const HEAD = 4096;
/** One that a person wrote without saying what it is, is small. */
const LONGEST_LOOKED_AT = 1 << 18;
/** Names of our figures: other programs write metrics, too. */
const OURS =
  /^(prefill|decode|mixed|gpu|graphs|copies|component|client|serving)\.\w|^kernel(\.\w+)?:/;
const PROFILE = /\.(nsys-rep|qdrep|sqlite3?|db)$/i;

export const isBaselineName = (file: string): boolean => file.endsWith(BASELINE_SUFFIX);

/** By its name, by what it says it is, or by its shape. */
export const isBaselineDocument = (document: vscode.TextDocument): boolean =>
  document.uri.scheme === 'file' &&
  (isBaselineName(document.uri.path) ||
    (document.uri.path.endsWith('.json') && holdsBaseline(document)));

function holdsBaseline(document: vscode.TextDocument): boolean {
  const head = new vscode.Range(new vscode.Position(0, 0), document.positionAt(HEAD));
  if (document.getText(head).includes(`"${BASELINE_TYPE}"`)) return true;
  const text = document.getText();
  if (text.length > LONGEST_LOOKED_AT || !text.includes('"metrics"')) return false;
  try {
    const parsed = JSON.parse(text) as { readonly metrics?: object };
    return isBaseline(parsed) && Object.keys(parsed.metrics ?? {}).some((name) => OURS.test(name));
  } catch {
    return false;
  }
}

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

/** Opens what a run was read from, at a place; a summary's or folder's profile where there is one. */
export async function openRun(
  label: string,
  home: string,
  place: ProfilePlace = {},
): Promise<void> {
  const file = path.resolve(home, label);
  const found = await stat(file).catch(() => undefined);
  if (!found) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('{0} is not there any more; the history keeps its summary only.', file),
    );
    return;
  }
  const uri = vscode.Uri.file(await profileOf(file, found.isDirectory()));
  const opens = PROFILE.test(uri.path) || isTraceName(uri.path) || /\.csv$/i.test(uri.path);
  if (opens) await vscode.commands.executeCommand(commandIds.openProfileAt, uri, place);
  else await vscode.commands.executeCommand('vscode.open', uri);
}

async function profileOf(place: string, isFolder: boolean): Promise<string> {
  if (!isFolder && (path.extname(place) !== '.json' || isTraceName(place))) return place;
  const folder = isFolder ? place : path.dirname(place);
  const names = await readdir(folder).catch(() => []);
  const profiles = names.sort().filter((name) => PROFILE.test(name) || isTraceName(name));
  // An export opens at once; a report has to be exported first.
  const profile = profiles.find((name) => !neededTool(name)) ?? profiles[0];
  return profile === undefined ? place : path.join(folder, profile);
}

/** Where in a profile a figure of a comparison is to be seen. */
export function placeOfMetric(name: string): ProfilePlace {
  const kernel = /^kernel(?:\.\w+)?:(.*)$/s.exec(name)?.[1];
  if (kernel !== undefined) return { tab: 'kernels', kernel };
  const component = /^component\.(\w+)\./.exec(name)?.[1];
  if (component !== undefined) return { tab: 'kernels', filter: `component:${component}` };
  const phase = PHASES.find((known) => name.startsWith(`${known}.`));
  if (phase !== undefined) return { tab: 'phases', phase };
  if (name.startsWith('graphs.')) return { tab: 'graphs' };
  return { tab: name.startsWith('copies.') ? 'memory' : 'overview' };
}
