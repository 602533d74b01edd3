/** What can be done with baselines and runs, by command; the work itself is done by the command line's process. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { RequestFailure, toFailure } from '../../engine/failure';
import { locateMetrics } from '../../history/baseline-text';
import { commandIds } from '../commands/ids';
import { kindOf } from '../file';
import type { ProfileEditors } from '../profileEditor';
import type { Checks } from './checks';
import { askBaseline, askRun, chooseRun } from './choose';
import { complaint, type Cli, type CliResult } from './cli';
import { showComparison } from './comparePanel';
import { historyOf, homeOf, isBaselineName, nameFrom, openRun } from './places';

export function registerBaselineCommands(
  cli: Cli,
  checks: Checks,
  editors: ProfileEditors,
): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => Promise<void>> = {
    [commandIds.setBaseline]: async (clicked?: vscode.Uri, target?: vscode.Uri) => {
      const run = await chooseRun(editors, uriOf(clicked), vscode.l10n.t('Set as Baseline'));
      const baseline = run && (uriOf(target) ?? (await askBaseline(run)));
      if (!baseline) return;
      await writeBaseline(cli, run, baseline);
      checks.refresh(baseline);
      await vscode.window.showTextDocument(baseline, { preview: false });
    },
    [commandIds.updateBaseline]: async (clicked?: vscode.Uri, given?: vscode.Uri) => {
      const baseline = uriOf(clicked) ?? activeBaseline();
      if (!baseline) return;
      const run = uriOf(given) ?? (await runToUpdateWith(checks, baseline));
      // Who names both has decided.
      if (!run || !(given ?? (await confirmed(baseline, run)))) return;
      await writeBaseline(cli, run, baseline);
      checks.refresh(baseline);
    },
    [commandIds.compare]: async (clicked?: vscode.Uri, selected?: readonly vscode.Uri[]) => {
      const pair = await choosePair(editors, uriOf(clicked), selected);
      if (pair) await comparePair(cli, ...pair);
    },
    [commandIds.compareNewest]: async (baseline: vscode.Uri) =>
      comparePage(
        cli,
        baseline,
        ['--history', historyOf(baseline), '--baseline', baseline.fsPath],
        path.basename(baseline.fsPath),
      ),
    [commandIds.keepRun]: async (clicked?: vscode.Uri) => {
      const run = await chooseRun(editors, uriOf(clicked), vscode.l10n.t('Keep Run in History'));
      if (!run) return;
      const home = homeOf(run);
      const place = nameFrom(home, run.fsPath);
      await work(cli, vscode.l10n.t('Keeping {0}…', path.basename(run.fsPath)), home, [
        ...['history', 'add', '--store', historyOf(run)],
        place,
      ]);
    },
    [commandIds.exportReport]: async (clicked?: vscode.Uri, target?: vscode.Uri) => {
      const run = await chooseRun(editors, uriOf(clicked), vscode.l10n.t('Export Report'));
      const output = run && (uriOf(target) ?? (await askReport(run)));
      if (output) await exportReport(cli, editors, run, output);
    },
    [commandIds.checkBaseline]: (baseline: vscode.Uri) => {
      checks.refresh(baseline);
      return Promise.resolve();
    },
    [commandIds.openNewestRun]: async (baseline: vscode.Uri) => {
      const run = checks.of(baseline)?.comparison?.current[0];
      if (run) await openRun(run.label, homeOf(baseline));
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
          if (code !== 'cancelled') void vscode.window.showErrorMessage(message);
        }
      }),
    ),
  );
}

/** Menus of editors pass other things than a file. */
const uriOf = (given: unknown): vscode.Uri | undefined =>
  given instanceof vscode.Uri ? given : undefined;

function activeBaseline(): vscode.Uri | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  if (uri && isBaselineName(uri.path)) return uri;
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Open a *.profile-baseline.json file first.'),
  );
  return undefined;
}

/**
 * @param answered whether it has done what it was asked to
 * @throws what the command says against its input; an AbortError where the person cancelled
 */
async function work(
  cli: Cli,
  title: string,
  home: string,
  args: readonly string[],
  answered = ({ status }: CliResult) => status === 0,
): Promise<void> {
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      const result = await cli.run(args, home, stop.signal);
      if (!answered(result)) throw new RequestFailure('tool-failed', complaint(result));
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
  checks: Checks,
  baseline: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const newest = checks.of(baseline)?.comparison?.current[0];
  const file = newest && path.resolve(homeOf(baseline), newest.label);
  if (file && (await stat(file).catch(() => undefined))) return vscode.Uri.file(file);
  return askRun(vscode.l10n.t('Update Baseline'));
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

/** In order: what is compared with, and the run in question. */
async function choosePair(
  editors: ProfileEditors,
  clicked: vscode.Uri | undefined,
  selected: readonly vscode.Uri[] | undefined,
): Promise<[vscode.Uri, vscode.Uri] | undefined> {
  if (selected && selected.length > 2) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Select two runs to compare.'));
    return undefined;
  }
  if (selected?.length === 2) return inOrder(selected[0], selected[1]);
  const one = await chooseRun(editors, clicked, vscode.l10n.t('Compare'));
  const other = one && (await askRun(vscode.l10n.t('Compare with…')));
  return other && inOrder(one, other);
}

/** A baseline is compared with; of two runs the older one. */
async function inOrder(a: vscode.Uri, b: vscode.Uri): Promise<[vscode.Uri, vscode.Uri]> {
  if (isBaselineName(a.path) !== isBaselineName(b.path)) {
    return isBaselineName(a.path) ? [a, b] : [b, a];
  }
  const [timeA, timeB] = await Promise.all(
    [a, b].map(async ({ fsPath }) => (await stat(fsPath)).mtimeMs),
  );
  return timeA <= timeB ? [a, b] : [b, a];
}

const comparePair = (cli: Cli, from: vscode.Uri, to: vscode.Uri): Promise<void> =>
  comparePage(
    cli,
    to,
    ['--baseline', from.fsPath, '--current', to.fsPath],
    `${path.basename(from.fsPath)} ↔ ${path.basename(to.fsPath)}`,
  );

async function comparePage(
  cli: Cli,
  about: vscode.Uri,
  args: readonly string[],
  title: string,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'profilemate-'));
  try {
    const page = path.join(folder, 'comparison.html');
    await work(
      cli,
      vscode.l10n.t('Comparing {0}…', title),
      homeOf(about),
      ['check', ...args, '--json', '--html', page],
      // A regression is an answer, and so is that the runs are not comparable.
      ({ stdout }) => stdout.trim() !== '',
    );
    showComparison(title, await readFile(page, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askReport(run: vscode.Uri): Promise<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Report'),
    defaultUri: vscode.Uri.file(`${run.fsPath.replace(/(\.nsys|\.ncu)?\.\w+$/, '')}.html`),
    filters: { [vscode.l10n.t('HTML pages')]: ['html'] },
  });
}

async function exportReport(
  cli: Cli,
  editors: ProfileEditors,
  run: vscode.Uri,
  output: vscode.Uri,
): Promise<void> {
  const shown = editors.openDocuments.find(({ shownPath }) => shownPath === run.fsPath);
  const isKernels = shown ? kindOf(shown.viewType) === 'kernels' : /\.csv$/i.test(run.path);
  const title = vscode.l10n.t('Writing {0}…', path.basename(output.fsPath));
  await work(cli, title, homeOf(run), [
    ...['report', isKernels ? '--ncu' : '--nsys', run.fsPath],
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
