/** A Nsight Compute report made into a page that can be read, by NVIDIA's ncu, as a task that shows what it does. */
import path from 'node:path';
import * as vscode from 'vscode';
import { printArguments, refusalOf } from '../../capture/ncu-export';
import { dropExport, keepExport } from '../../capture/nsys-export';
import { findTool } from '../../capture/tools';
import { RequestFailure, toFailure } from '../../engine/failure';
import type { ExportServices } from '../context';
import { commandLine, slotFor } from '../exportReport';
import { NCU_PATH, ncuPath, showSettings } from '../settings';
import { runAsTask } from '../task';

const DOWNLOADS = 'https://developer.nvidia.com/tools-overview/nsight-compute/get-started';

/**
 * @param onOutput the command line, while it runs
 * @returns path of the page, in the extension's own storage
 * @throws RequestFailure with what to do about it
 */
export async function exportNcu(
  report: string,
  services: ExportServices,
  token: vscode.CancellationToken,
  onOutput: (command: string, line: string) => void,
): Promise<string> {
  const slot = await slotFor(report, services, '.ncu.csv');
  if (slot.exists) return slot.file;
  const name = path.basename(report);
  if (!vscode.workspace.isTrusted) {
    throw new RequestFailure(
      'tool-failed',
      vscode.l10n.t(
        'Opening {0} runs NVIDIA’s ncu on it, and this workspace is not trusted. Trust the workspace, or open a CSV of the report.',
        name,
      ),
    );
  }
  try {
    let refusal: RequestFailure | undefined;
    // A report opens in ncu as new as the one that wrote it: where the first is too old another may do.
    for (const ncu of await locate(report)) {
      const args = printArguments(report);
      const command = `${commandLine([ncu, ...args])} > ${commandLine([slot.file])}`;
      services.log.info(command);
      onOutput(command, '');
      const program = { file: ncu, args, command, into: slot.partial };
      const { status, output } = await runAsTask(
        vscode.l10n.t('Print {0}', name),
        program,
        token,
        (text) => onOutput(command, text.trim()),
      ).catch((error: Error) => {
        throw new RequestFailure(
          'tool-failed',
          vscode.l10n.t('{0} can not be run: {1}', ncu, error.message),
        );
      });
      if (token.isCancellationRequested || status === undefined) {
        throw new RequestFailure(
          'cancelled',
          vscode.l10n.t('The export of {0} was cancelled.', name),
        );
      }
      if (status === 0) {
        await keepExport(slot);
        return slot.file;
      }
      const said = await refusalOf(slot.partial, output);
      services.log.warn(`${command}: ${said}`);
      refusal = new RequestFailure(
        'tool-failed',
        vscode.l10n.t(
          '{0} could not print {1}: {2} A report opens in a Nsight Compute as new as the one that wrote it.',
          ncu,
          name,
          said,
        ),
      );
    }
    throw refusal!;
  } catch (error) {
    services.log.warn(`${report}: ${toFailure(error).message}`);
    throw error;
  } finally {
    await dropExport(slot).catch(() => undefined);
  }
}

/** At least one. */
async function locate(report: string): Promise<readonly string[]> {
  const configured = ncuPath();
  const found = await findTool('ncu', { configured });
  if (found.length > 0) return found;
  const message = configured
    ? vscode.l10n.t(
        'There is no ncu to run at “{0}”, where the setting profilemate.ncu.path points.',
        configured,
      )
    : vscode.l10n.t(
        '{0} is a report that NVIDIA’s ncu has to print as CSV first, and no ncu was found on PATH or in its usual places. Install Nsight Compute, set its path, or print the report where ncu is and open the CSV.',
        path.basename(report),
      );
  offerRemedies(message, report);
  throw new RequestFailure('no-tool', message);
}

/** Beside the sentence in the editor: what can be done about it, one click away. */
function offerRemedies(message: string, report: string): void {
  const setPath = vscode.l10n.t('Set Path…');
  const copy = vscode.l10n.t('Copy Command');
  const download = vscode.l10n.t('Get Nsight Compute');
  void vscode.window.showErrorMessage(message, setPath, copy, download).then((choice) => {
    if (choice === setPath) {
      void showSettings(NCU_PATH);
    } else if (choice === copy) {
      const output = report.replace(/\.ncu-rep$/i, '.ncu.csv');
      void vscode.env.clipboard.writeText(
        `${commandLine(['ncu', ...printArguments(report)])} > ${commandLine([output])}`,
      );
    } else if (choice === download) {
      void vscode.env.openExternal(vscode.Uri.parse(DOWNLOADS));
    }
  });
}
