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
import { openResults } from './results';
import type { RunsNode, RunsTree } from './runsTree';
import type { Run } from './runs';
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
  const ofRun = (id: string, work: (run: Run) => unknown) =>
    vscode.commands.registerCommand(id, async (node?: RunsNode) => {
      const run = node?.kind === 'run' ? node.run : await chooseRun(parts.tree);
      if (run) await work(run);
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
    ofRun(commandIds.openRun, openResults),
    ofRun(commandIds.revealRun, ({ folder }) =>
      vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(folder)),
    ),
    ofRun(commandIds.deleteRun, (run) => deleteRun(run, parts.tree)),
  );
}

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
  const last = parts.remembered.definition ?? {};
  // Of the last run, what it was told of its own model does not fit another.
  const { model, target, serverArgs, ...kept } = last;
  const start = clicked ? { ...kept, ...given } : { model, target, serverArgs, ...kept };
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

async function chooseRun(tree: RunsTree): Promise<Run | undefined> {
  await tree.refresh();
  const items = tree.runs.map((run) => ({
    label: run.record.model,
    description: run.record.mode,
    detail: run.folder,
    run,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no profiling run yet.'));
    return undefined;
  }
  const placeHolder = vscode.l10n.t('Which run?');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.run;
}

async function deleteRun({ folder, record }: Run, tree: RunsTree): Promise<void> {
  const toTrash = vscode.l10n.t('Move to Trash');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Delete this run of {0}?', record.model),
    { modal: true, detail: folder },
    toTrash,
  );
  if (choice !== toTrash) return;
  await vscode.workspace.fs.delete(vscode.Uri.file(folder), { recursive: true, useTrash: true });
  await tree.refresh();
}
