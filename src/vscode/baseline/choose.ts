/** Which files a command is about: those clicked or selected, the profile shown, or one that is asked for. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CompareQuestion } from '../../protocol/compare';
import { BASELINE_SUFFIX } from '../../history/baseline';
import type { Run } from '../capture/runs';
import type { Links } from '../ncu/links';
import type { ProfileEditors } from '../profileEditor';
import { isBaselineName } from './places';

/** What there is to choose from. */
export interface Choices {
  readonly editors: ProfileEditors;
  readonly links: Links;
  /** Runs of the workspace, the newest first. */
  readonly runs: () => readonly Run[];
}

const BASELINES_OFFERED = 20;

/** What was clicked: a file, or a run in the view of runs; menus of editors pass other things. */
export function runOf(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  const folder = (given as { run?: { folder?: unknown } } | undefined)?.run?.folder;
  return typeof folder === 'string' ? vscode.Uri.file(folder) : undefined;
}

/** The clicked file, else the profile of the active editor, else what the person picks. */
export async function chooseRun(
  choices: Choices,
  clicked: unknown,
  title: string,
): Promise<vscode.Uri | undefined> {
  const shown = choices.editors.activeDocument;
  return runOf(clicked) ?? (shown ? vscode.Uri.file(shown.shownPath) : pickRun(choices, title));
}

type RunPick = vscode.QuickPickItem & { readonly uri?: vscode.Uri };

/** Of the runs and baselines that are there, or any file. */
async function pickRun(
  { editors, runs }: Choices,
  title: string,
  without?: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const baselines = await vscode.workspace.findFiles(
    `**/*${BASELINE_SUFFIX}`,
    undefined,
    BASELINES_OFFERED,
  );
  const items: RunPick[] = [
    ...editors.openDocuments.map(({ shownPath }) => ({
      label: path.basename(shownPath),
      description: vscode.l10n.t('open'),
      uri: vscode.Uri.file(shownPath),
    })),
    ...baselines.map((uri) => ({
      label: path.basename(uri.path),
      description: vscode.workspace.asRelativePath(path.dirname(uri.fsPath)),
      uri,
    })),
    ...runs()
      .filter(({ record }) => record.state === 'done')
      .map(({ folder, record }) => ({
        label: path.basename(folder),
        description: record.model,
        uri: vscode.Uri.file(folder),
      })),
  ].filter(({ uri }) => uri.fsPath !== without?.fsPath);
  if (items.length === 0) return askFile(title);
  const other: RunPick = { label: vscode.l10n.t('$(folder-opened) Choose a file…') };
  const chosen = await vscode.window.showQuickPick([...items, other], { title });
  return chosen && (chosen.uri ?? askFile(title));
}

async function askFile(title: string): Promise<vscode.Uri | undefined> {
  const files = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Choose Run'),
    filters: {
      [vscode.l10n.t('Profiles, summaries and baselines')]: [
        ...['sqlite', 'sqlite3', 'db', 'json', 'csv', 'nsys-rep', 'qdrep', 'ncu-rep'],
      ],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return files?.[0];
}

export async function askBaseline(run: vscode.Uri): Promise<vscode.Uri | undefined> {
  const stem = path
    .basename(run.fsPath)
    .replace(/(\.nsys|\.ncu)?\.(sqlite3?|db|json|csv|nsys-rep|qdrep|ncu-rep)$/i, '');
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Set as Baseline'),
    saveLabel: vscode.l10n.t('Set Baseline'),
    defaultUri: vscode.Uri.file(path.join(path.dirname(run.fsPath), `${stem}${BASELINE_SUFFIX}`)),
    filters: { [vscode.l10n.t('Baselines')]: ['profile-baseline.json'] },
  });
}

/** Two runs, or groups of repeated runs: of two the older is compared with, of more the person says. */
export async function chooseComparison(
  choices: Choices,
  clicked: unknown,
  selected: unknown,
): Promise<CompareQuestion | undefined> {
  const several = (Array.isArray(selected) ? selected : [])
    .map(runOf)
    .filter((uri) => uri !== undefined);
  if (several.length > 2) return chooseGroups(several);
  if (several.length === 2) return inOrder(several[0], several[1]);
  const one = await chooseRun(choices, clicked, vscode.l10n.t('Compare'));
  const other = one && (await pickRun(choices, vscode.l10n.t('Compare with…'), one));
  return other && inOrder(one, other);
}

async function chooseGroups(files: readonly vscode.Uri[]): Promise<CompareQuestion | undefined> {
  const oldest = await byTime(files);
  const half = Math.floor(oldest.length / 2);
  const before = await vscode.window.showQuickPick(
    oldest.map((uri, at) => ({
      label: path.basename(uri.path),
      description: vscode.workspace.asRelativePath(path.dirname(uri.fsPath)),
      picked: at < half,
      uri,
    })),
    {
      canPickMany: true,
      title: vscode.l10n.t('Compare groups of repeated runs'),
      placeHolder: vscode.l10n.t('Which are the runs before the change? The others come after it.'),
    },
  );
  if (!before) return undefined;
  const baseline = before.map(({ uri }) => uri.fsPath);
  const current = oldest.map(({ fsPath }) => fsPath).filter((file) => !baseline.includes(file));
  if (baseline.length > 0 && current.length > 0) return { kind: 'runs', baseline, current };
  void vscode.window.showInformationMessage(vscode.l10n.t('Leave at least one run on each side.'));
  return undefined;
}

/** A baseline is compared with; of two runs the older one. */
async function inOrder(a: vscode.Uri, b: vscode.Uri): Promise<CompareQuestion> {
  const [from, to] =
    isBaselineName(a.path) === isBaselineName(b.path)
      ? await byTime([a, b])
      : isBaselineName(a.path)
        ? [a, b]
        : [b, a];
  return { kind: 'runs', baseline: [from.fsPath], current: [to.fsPath] };
}

/** The oldest first. */
async function byTime(files: readonly vscode.Uri[]): Promise<readonly vscode.Uri[]> {
  const timed = await Promise.all(
    files.map(async (uri) => ({
      uri,
      time: (await stat(uri.fsPath).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  return timed.sort((a, b) => a.time - b.time).map(({ uri }) => uri);
}
