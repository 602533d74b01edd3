import path from 'node:path';
import * as vscode from 'vscode';
import { checks, detectEnvironment } from '../../capture/environment';
import { CaptureFailure } from '../../capture/failure';
import { commandIds } from '../commands/ids';
import { notOnDisk } from '../file';
import { definitionOf } from './clicked';
import {
  type CaptureDefinition,
  definitionOfRecord,
  hasMaskedArguments,
  settingsOf,
} from './definition';
import { machineFor } from './machine';
import { checkText, decide, type Decision, type ShownTexts } from './planPreview';
import { askAll } from './questions';
import { type Answer, BACK, CLOSED } from './quickInput';
import type { Remembered } from './remembered';
import { modelName, runText } from './runText';
import type { RunsNode, RunsTree } from './runsTree';
import { resultOf, type Run } from './runs';
import { saveTask } from './saveTask';
import type { CaptureSession } from './session';
import type { CaptureTasks } from './tasks';

export interface Parts {
  readonly extensionPath: string;
  readonly session: CaptureSession;
  readonly tasks: CaptureTasks;
  readonly remembered: Remembered;
  readonly texts: ShownTexts;
  readonly tree: RunsTree;
  readonly log: vscode.LogOutputChannel;
}

export function registerCaptureCommands(parts: Parts): vscode.Disposable {
  /** Only where it may run programs; says what goes wrong. */
  const trusted = <A extends unknown[]>(id: string, work: (...args: A) => Promise<void>) =>
    vscode.commands.registerCommand(id, async (...args: A) => {
      if (!(await isTrusted())) return;
      try {
        await work(...args);
      } catch (error) {
        parts.log.error(error instanceof Error ? error : String(error));
        const { what, why } =
          error instanceof CaptureFailure
            ? error.text
            : { what: error instanceof Error ? error.message : String(error), why: undefined };
        void vscode.window.showErrorMessage([what, why].filter(Boolean).join(' '));
      }
    });
  /** Of those selected in the view, else of one that is asked for. */
  const ofRuns = (
    id: string,
    work: (...runs: [Run, ...Run[]]) => unknown,
    fits: (run: Run) => boolean = () => true,
  ) =>
    vscode.commands.registerCommand(id, async (node?: RunsNode, selected?: readonly RunsNode[]) => {
      const [first, ...others] = runsAmong(selected ?? (node ? [node] : []));
      const run =
        first ?? (await chooseRun(parts.tree.runs.filter(fits), vscode.l10n.t('Which run?')));
      if (run) await work(run, ...others);
    });
  return vscode.Disposable.from(
    trusted(commandIds.profileModel, (clicked?: vscode.Uri) => profileModel(parts, clicked)),
    trusted(commandIds.runAgain, (node?: RunsNode) =>
      runAgain(parts, node?.kind === 'run' ? node.run : undefined),
    ),
    trusted(commandIds.checkEnvironment, () => checkEnvironment(parts)),
    vscode.commands.registerCommand(commandIds.cancelRun, () => parts.session.active?.cancel()),
    vscode.commands.registerCommand(commandIds.showRun, () => showRun(parts.session)),
    vscode.commands.registerCommand(commandIds.refreshRuns, () => parts.tree.refresh()),
    ofRuns(commandIds.openRun, ({ folder }) =>
      vscode.commands.executeCommand(commandIds.openAsRun, vscode.Uri.file(folder)),
    ),
    ofRuns(commandIds.revealRun, ({ folder }) => reveal(vscode.Uri.file(folder))),
    ofRuns(
      commandIds.compareRuns,
      (run, ...others) => compare(run, others, parts.tree.runs),
      hasProfile,
    ),
    ofRuns(
      commandIds.setRunAsBaseline,
      (run) => vscode.commands.executeCommand(commandIds.setBaseline, profileOf(run)),
      hasProfile,
    ),
    ofRuns(commandIds.deleteRun, (...runs) => deleteRuns(runs, parts.tree)),
  );
}

const runsAmong = (nodes: readonly RunsNode[]): readonly Run[] =>
  nodes.flatMap((node) => (node.kind === 'run' ? [node.run] : []));

async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Trust');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Profiling runs programs, and needs a trusted workspace.'),
    manage,
  );
  if (choice === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}

async function profileModel(parts: Parts, clicked?: vscode.Uri): Promise<void> {
  if (isBusy(parts.session)) return;
  const elsewhere = clicked && notOnDisk(clicked);
  if (elsewhere) throw new Error(elsewhere.message);
  const given = clicked ? await definitionOf(clicked.fsPath) : {};
  if (given === undefined) {
    const another = vscode.l10n.t('Profile Another Model…');
    const choice = await vscode.window.showWarningMessage(
      vscode.l10n.t(
        '{0} is not a model’s folder: it has no config.json.',
        path.basename(clicked?.fsPath ?? ''),
      ),
      another,
    );
    if (choice === another) await profileModel(parts);
    return;
  }
  const last = parts.remembered.definition ?? {};
  // Of the last run, what it was told of its own model does not fit another.
  const { model: _model, target: _target, serverArgs: _serverArgs, ...kept } = last;
  const start = clicked ? { ...kept, ...given } : last;
  const answers = await askAll(start, given, (draft, back) => decideOn(parts, draft, back));
  if (answers) await carryOut(parts, answers.draft, answers.decision);
}

/** With the same settings, after they are shown. */
async function runAgain(parts: Parts, run?: Run): Promise<void> {
  if (isBusy(parts.session)) return;
  const definition = run ? definitionOfRecord(run.record.settings) : parts.remembered.definition;
  if (definition === undefined) return profileModel(parts);
  if (hasMaskedArguments(definition))
    throw new Error(
      vscode.l10n.t(
        'This run was given a secret, which its record does not keep. Put it into the environment, and profile the model anew.',
      ),
    );
  const decision = await decideOn(parts, definition, false);
  if (decision !== BACK && decision !== CLOSED) await carryOut(parts, definition, decision);
}

function decideOn(
  { extensionPath, texts }: Parts,
  definition: CaptureDefinition,
  back: boolean,
): Promise<Answer<Decision>> {
  return decide(settingsOf(definition, machineFor(extensionPath)), texts, back);
}

async function carryOut(
  { tasks, remembered }: Parts,
  definition: CaptureDefinition,
  decision: Decision,
): Promise<void> {
  await remembered.keep(definition);
  if (decision === 'save') await saveTask(tasks.task(definition).name, definition);
  else await tasks.run(definition);
}

function isBusy(session: CaptureSession): boolean {
  if (session.active === undefined) return false;
  const show = vscode.l10n.t('Show Terminal');
  void vscode.window
    .showInformationMessage(vscode.l10n.t('{0} is under way.', session.active.name), show)
    .then((choice) => (choice === show ? showRun(session) : undefined));
  return true;
}

async function checkEnvironment({ extensionPath, texts }: Parts): Promise<void> {
  const machine = machineFor(extensionPath);
  const { outputDir } = settingsOf({}, machine);
  const found = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Checking the environment') },
    () => detectEnvironment({ ...machine, outputDir }),
  );
  await texts.show(vscode.l10n.t('Environment for profiling'), `${checkText(checks(found))}\n`);
}

/** A task's terminal has its name, or one that begins with it. */
async function showRun(session: CaptureSession): Promise<void> {
  const name = session.active?.name;
  const terminal = vscode.window.terminals.find(
    (each) => name !== undefined && each.name.includes(name),
  );
  if (terminal) terminal.show();
  else await vscode.commands.executeCommand('workbench.action.terminal.focus');
}

async function chooseRun(runs: readonly Run[], placeHolder: string): Promise<Run | undefined> {
  const items = runs.map((run) => ({
    label: modelName(run.record.model),
    description: runText(run.record),
    detail: run.folder,
    run,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no profiling run yet.'));
    return undefined;
  }
  const options = { placeHolder, matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.run;
}

/** Elsewhere than in the workspace, the explorer has no place for it. */
async function reveal(folder: vscode.Uri): Promise<void> {
  const inside = vscode.workspace.getWorkspaceFolder(folder) !== undefined;
  await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', folder);
}

function profileOf(run: Run): vscode.Uri | undefined {
  const result = resultOf(run);
  return result && vscode.Uri.file(result.file);
}

const hasProfile = (run: Run): boolean => profileOf(run) !== undefined;

/** With the others selected, or with one that is asked for: those of the same model first. */
async function compare(run: Run, selected: readonly Run[], all: readonly Run[]): Promise<void> {
  const fit = all.filter((each) => each.folder !== run.folder && hasProfile(each));
  const isLike = ({ record }: Run): boolean => record.model === run.record.model;
  const nearest = [...fit.filter(isLike), ...fit.filter((each) => !isLike(each))];
  let others = selected;
  if (others.length === 0 && nearest.length > 0) {
    const chosen = await chooseRun(nearest, vscode.l10n.t('Compare with which run?'));
    if (chosen === undefined) return;
    others = [chosen];
  }
  const files = [run, ...others].flatMap((each) => profileOf(each) ?? []);
  await vscode.commands.executeCommand(commandIds.compare, files[0], files);
}

async function deleteRuns(runs: readonly Run[], tree: RunsTree): Promise<void> {
  // Only the desktop's own file system has a trash.
  const useTrash =
    vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  const action = useTrash ? vscode.l10n.t('Move to Trash') : vscode.l10n.t('Delete Permanently');
  const question =
    runs.length === 1
      ? vscode.l10n.t('Delete this run of {0}?', modelName(runs[0].record.model))
      : vscode.l10n.t('Delete these {0} runs?', runs.length);
  const detail = runs.map(({ folder }) => folder).join('\n');
  const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, action);
  if (choice !== action) return;
  for (const { folder } of runs)
    await vscode.workspace.fs.delete(vscode.Uri.file(folder), { recursive: true, useTrash });
  await tree.refresh();
}
