/** What can be done with baselines and runs, by command; the work itself is done by the command line's process. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { RequestFailure, toFailure } from '../../engine/failure';
import { locateMetrics } from '../../history/baseline-text';
import { commandIds } from '../commands/ids';
import type { Checks } from './checks';
import { askBaseline, chooseComparison, chooseRun, runOf, type Choices } from './choose';
import { complaint, type Cli } from './cli';
import type { CompareEditor } from './compareEditor';
import { historyOf, homeOf, isBaselineName, nameFrom, openRun, placeOfMetric } from './places';
import { reportSources } from './reportSources';

export interface BaselineParts {
  readonly cli: Cli;
  readonly checks: Checks;
  readonly compare: CompareEditor;
  readonly choices: Choices;
}

export function registerBaselineCommands({
  cli,
  checks,
  compare,
  choices,
}: BaselineParts): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => Promise<void>> = {
    [commandIds.setBaseline]: async (clicked?: unknown, target?: unknown) => {
      const run = await chooseRun(choices, clicked, vscode.l10n.t('Set as Baseline'));
      const baseline = run && (uriOf(target) ?? (await askBaseline(run)));
      if (!baseline) return;
      await writeBaseline(cli, run, baseline);
      checks.refresh(baseline);
      await vscode.window.showTextDocument(baseline, { preview: false });
    },
    [commandIds.updateBaseline]: async (clicked?: unknown, given?: unknown) => {
      const baseline = uriOf(clicked) ?? activeBaseline();
      if (!baseline) return;
      const run = uriOf(given) ?? (await runToUpdateWith(choices, checks, baseline));
      // Who names both has decided.
      if (!run || !(uriOf(given) ?? (await confirmed(baseline, run)))) return;
      await writeBaseline(cli, run, baseline);
      checks.refresh(baseline);
    },
    [commandIds.compare]: async (clicked?: unknown, selected?: unknown) => {
      const question = await chooseComparison(choices, clicked, selected);
      if (question) await compare.show(question);
    },
    [commandIds.compareNewest]: (baseline: vscode.Uri) =>
      compare.show({ kind: 'newest', baseline: baseline.fsPath }),
    [commandIds.keepRun]: async (clicked?: unknown) => {
      const run = await chooseRun(choices, clicked, vscode.l10n.t('Keep Run in History'));
      if (!run) return;
      const title = vscode.l10n.t('Keeping {0}…', path.basename(run.fsPath));
      await work(cli, title, homeOf(run), keepArguments(run));
    },
    [commandIds.exportReport]: async (clicked?: unknown, target?: unknown) => {
      const run = await chooseRun(choices, clicked, vscode.l10n.t('Export Report'));
      const output = run && (uriOf(target) ?? (await askReport(run)));
      if (output) await exportReport(cli, choices, run, output);
    },
    [commandIds.checkBaseline]: (baseline: vscode.Uri) => {
      checks.refresh(baseline);
      return Promise.resolve();
    },
    [commandIds.openNewestRun]: async (baseline: vscode.Uri, metric?: string) => {
      const run = checks.of(baseline)?.comparison?.current[0];
      if (run) await openRun(run.label, homeOf(baseline), metric ? placeOfMetric(metric) : {});
    },
    [commandIds.acceptMetric]: acceptMetric,
    [commandIds.dismissRegression]: (baseline: vscode.Uri, metrics: readonly string[]) =>
      checks.dismiss(baseline, metrics),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, run]) =>
      vscode.commands.registerCommand(id, async (...args: never[]) => {
        try {
          await run(...args);
        } catch (error) {
          const { code, message } = toFailure(error);
          // A tool that is missing has been told, with what to do about it.
          if (code !== 'cancelled' && code !== 'no-tool')
            void vscode.window.showErrorMessage(message);
        }
      }),
    ),
  );
}

const uriOf = runOf;

/** Of `profilemate`, to keep a run in its history. */
export const keepArguments = (run: vscode.Uri): readonly string[] => [
  ...['history', 'add', '--store', historyOf(run)],
  nameFrom(homeOf(run), run.fsPath),
];

function activeBaseline(): vscode.Uri | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri && isBaselineName(uri.path)) return uri;
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Open a *.profile-baseline.json file first.'),
  );
  return undefined;
}

/**
 * @throws what the command says against its input; an AbortError where the person cancelled
 */
async function work(cli: Cli, title: string, home: string, args: readonly string[]): Promise<void> {
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      const result = await cli.run(args, home, stop.signal);
      if (result.status !== 0) throw new RequestFailure('tool-failed', complaint(result));
    },
  );
}

/** A new one, or new values in one that is there, which keeps its tolerances and its history. */
async function writeBaseline(cli: Cli, run: vscode.Uri, baseline: vscode.Uri): Promise<void> {
  const home = homeOf(baseline);
  await work(cli, vscode.l10n.t('Writing {0}…', path.basename(baseline.fsPath)), home, [
    ...['history', 'baseline', '-o', baseline.fsPath],
    nameFrom(home, run.fsPath),
  ]);
}

async function runToUpdateWith(
  choices: Choices,
  checks: Checks,
  baseline: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const newest = checks.of(baseline)?.comparison?.current[0];
  const file = newest && path.resolve(homeOf(baseline), newest.label);
  if (file && (await stat(file).catch(() => undefined))) return vscode.Uri.file(file);
  return chooseRun(choices, undefined, vscode.l10n.t('Update Baseline'));
}

async function confirmed(baseline: vscode.Uri, run: vscode.Uri): Promise<boolean> {
  const update = vscode.l10n.t('Update');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      'Take the figures of {0} into {1}?',
      path.basename(run.fsPath),
      path.basename(baseline.fsPath),
    ),
    {
      modal: true,
      detail: vscode.l10n.t('Tolerances stay. The values so far go to the history in the file.'),
    },
    update,
  );
  return choice === update;
}

const isFolder = async ({ fsPath }: vscode.Uri): Promise<boolean> =>
  (await stat(fsPath)).isDirectory();

async function askReport(run: vscode.Uri): Promise<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Report'),
    defaultUri: (await isFolder(run))
      ? vscode.Uri.joinPath(run, 'report.html')
      : vscode.Uri.file(`${run.fsPath.replace(/(\.nsys|\.ncu)?\.\w+$/, '')}.html`),
    filters: { [vscode.l10n.t('HTML pages')]: ['html'] },
  });
}

async function exportReport(
  cli: Cli,
  { editors, links }: Choices,
  run: vscode.Uri,
  output: vscode.Uri,
): Promise<void> {
  const title = vscode.l10n.t('Writing {0}…', path.basename(output.fsPath));
  await work(cli, title, homeOf(run), [
    ...['report', ...(await reportSources(run, editors, links))],
    ...['-o', output.fsPath],
  ]);
  const open = vscode.l10n.t('Open');
  void vscode.window
    .showInformationMessage(vscode.l10n.t('Report written to {0}.', output.fsPath), open)
    .then((choice) => {
      if (choice === open) void vscode.env.openExternal(output);
    });
}

/** The value alone, so that it can be undone as any other edit. */
async function acceptMetric(baseline: vscode.Uri, name: string, value: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(baseline);
  const place = locateMetrics(document.getText()).metrics.find((metric) => metric.name === name);
  if (!place?.value) return;
  const { offset, length } = place.value;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    baseline,
    new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)),
    String(value),
  );
  if (await vscode.workspace.applyEdit(edit)) await document.save();
}
