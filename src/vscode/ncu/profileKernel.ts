/** Profiles one kernel in depth: ncu as a task, over a program that the person names and sees. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { findTool } from '../../capture/tools';
import { joinArguments, splitArguments } from '../capture/arguments';
import { firstFolder } from '../capture/machine';
import { commandLine } from '../exportReport';
import { ncuViewTypeFor } from '../file';
import { NCU_PATH, ncuPath, showSettings } from '../settings';

export interface KernelToProfile {
  /** Options of ncu; where `--export` writes is decided here. */
  readonly options: readonly string[];
  /** Without a folder or an ending. */
  readonly report: string;
  /** What the timeline says was profiled; it comes from a file, so the person decides. */
  readonly program: readonly string[];
}

/** The report opens when ncu has written it. */
export async function profileKernel({ options, report, program }: KernelToProfile): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('Profiling a kernel runs programs, and this workspace is not trusted.'),
    );
    return;
  }
  const [ncu] = await findTool('ncu', { configured: ncuPath() });
  if (ncu === undefined) return offerPath();
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Profile a kernel with Nsight Compute'),
    prompt: vscode.l10n.t('The program to run under ncu, with its arguments'),
    value: joinArguments(program),
    ignoreFocusOut: true,
    validateInput: (value) => {
      const words = splitArguments(value);
      if (!words) return vscode.l10n.t('A quote is not closed.');
      return words.length === 0 ? vscode.l10n.t('Name a program.') : undefined;
    },
  });
  const words = typed === undefined ? [] : (splitArguments(typed) ?? []);
  if (words.length === 0) return;

  const folder = firstFolder();
  const output = unused(folder, path.basename(report));
  const args = [...options, '--export', output, ...words];
  const run = vscode.l10n.t('Run');
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t('Run this in {0}?', folder),
    { modal: true, detail: commandLine([ncu, ...args]) },
    run,
  );
  if (choice !== run) return;
  if ((await runTask(report, ncu, args, folder)) !== 0 || !existsSync(output)) return;
  const uri = vscode.Uri.file(output);
  await vscode.commands.executeCommand('vscode.openWith', uri, ncuViewTypeFor(uri));
}

/** ncu refuses to write over a report, rightly. */
function unused(folder: string, name: string): string {
  for (let n = 1; ; n++) {
    const file = path.join(folder, `${name}${n === 1 ? '' : `-${n}`}.ncu-rep`);
    if (!existsSync(file)) return file;
  }
}

/** @returns the exit status; undefined where the person ended it */
async function runTask(
  kernel: string,
  ncu: string,
  args: readonly string[],
  cwd: string,
): Promise<number | undefined> {
  const task = new vscode.Task(
    { type: 'profilemate-program', program: ncu },
    vscode.workspace.workspaceFolders?.[0] ?? vscode.TaskScope.Workspace,
    vscode.l10n.t('Profile {0}', kernel),
    'ProfileMate',
    new vscode.ProcessExecution(ncu, [...args], { cwd }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  let listener: vscode.Disposable | undefined;
  const ended = new Promise<number | undefined>((resolve) => {
    listener = vscode.tasks.onDidEndTaskProcess((event) => {
      if (event.execution.task.name === task.name && event.execution.task.source === task.source)
        resolve(event.exitCode);
    });
  });
  try {
    await vscode.tasks.executeTask(task);
    return await ended;
  } catch (error) {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} can not be run: {1}', ncu, (error as Error).message),
    );
    return undefined;
  } finally {
    listener?.dispose();
  }
}

function offerPath(): void {
  const setPath = vscode.l10n.t('Set Path…');
  void vscode.window
    .showErrorMessage(
      vscode.l10n.t(
        'No ncu was found on PATH or in its usual places. Install Nsight Compute, or set its path.',
      ),
      setPath,
    )
    .then((choice) => (choice === setPath ? showSettings(NCU_PATH) : undefined));
}
