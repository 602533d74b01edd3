/** What came of a run, shown. */
import path from 'node:path';
import * as vscode from 'vscode';
import { failureLines } from '../../capture/events';
import { RUN_FILE } from '../../capture/run-folder';
import { commandIds } from '../commands/ids';
import { ncuViewTypeFor, RUN_VIEW_TYPE, traceViewTypeFor, viewTypeFor } from '../file';
import { resultOf, type Run } from './runs';

const viewTypeOf = { timeline: viewTypeFor, torch: traceViewTypeFor, kernels: ncuViewTypeFor };

/** Its profile; its record where it has none. */
export async function openResults(run: Run): Promise<void> {
  const { record, folder } = run;
  if (record.failure !== undefined) void showFailure(failureLines(record.failure, 0)[0], run);
  const result = resultOf(run);
  if (result !== undefined) {
    const file = vscode.Uri.file(result.file);
    await vscode.commands.executeCommand('vscode.openWith', file, viewTypeOf[result.kind](file));
  } else {
    await openRecord(folder);
  }
}

export async function showFailure(sentence: string, run?: Run): Promise<void> {
  const record = vscode.l10n.t('Show Record');
  const again = vscode.l10n.t('Run Again');
  const choice = await vscode.window.showErrorMessage(
    sentence,
    ...(run === undefined ? [again] : [again, record]),
  );
  if (choice === record && run !== undefined) await openRecord(run.folder);
  if (choice === again)
    await vscode.commands.executeCommand(commandIds.runAgain, run && { kind: 'run', run });
}

async function openRecord(folder: string): Promise<void> {
  await vscode.commands.executeCommand(
    'vscode.openWith',
    vscode.Uri.file(path.join(folder, RUN_FILE)),
    RUN_VIEW_TYPE,
  );
}
