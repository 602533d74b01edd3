/** What goes into a report: the file, what it is linked with, and what else its run has. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { RUN_FILE } from '../../capture/run-folder';
import { findSession } from '../../readers/session';
import { isSessionName, isTraceName, kindOf } from '../file';
import type { Links } from '../ncu/links';
import type { ProfileEditors } from '../profileEditor';

type Option = '--nsys' | '--torch' | '--ncu' | '--session';

/** Arguments of `profilemate report`. What is named goes before what lies in the run's folder. */
export async function reportSources(
  run: vscode.Uri,
  editors: ProfileEditors,
  links: Links,
): Promise<readonly string[]> {
  if (path.basename(run.fsPath) === RUN_FILE) return [path.dirname(run.fsPath)];
  if ((await stat(run.fsPath).catch(() => undefined))?.isDirectory()) return [run.fsPath];
  const named = new Map<Option, string>();
  for (const file of [run.fsPath, ...links.linkedWith(run)]) {
    const option = await optionOf(file, editors);
    if (!named.has(option)) named.set(option, file);
  }
  const folder = await folderOfRun(run.fsPath);
  return [...(folder === undefined ? [] : [folder]), ...[...named].flat()];
}

async function optionOf(file: string, editors: ProfileEditors): Promise<Option> {
  const shown = editors.openDocuments.find(({ shownPath }) => shownPath === file);
  const kind = shown && kindOf(shown.viewType);
  const isSession = isSessionName(path.basename(file)) || !path.extname(file);
  if (kind === 'session' || (isSession && (await findSession(file)) !== undefined)) {
    return '--session';
  }
  if (kind === 'kernels' || /\.(csv|ncu-rep)$/i.test(file)) return '--ncu';
  return isTraceName(file) ? '--torch' : '--nsys';
}

const isRunFolder = async (place: string): Promise<boolean> =>
  (await stat(path.join(place, RUN_FILE)).catch(() => undefined)) !== undefined;

/** Files of a run lie in its folder, a session's and a trace's one or two below. */
async function folderOfRun(file: string): Promise<string | undefined> {
  let folder = path.dirname(file);
  for (let up = 0; up < 3; up++, folder = path.dirname(folder)) {
    if (await isRunFolder(folder)) return folder;
  }
  return undefined;
}
