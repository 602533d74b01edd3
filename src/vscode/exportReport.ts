/** A report made into an export that can be read, by NVIDIA's nsys, as a task that shows what it does. */
import path from 'node:path';
import * as vscode from 'vscode';
import {
  chooseNsys,
  dropExport,
  exportArguments,
  exportSlot,
  formatVersion,
  isOlder,
  keepExport,
  reportVersion,
  type ExportSlot,
  type Nsys,
  type Version,
} from '../capture/nsys-export';
import { lastLine } from '../capture/process';
import { findTool } from '../capture/tools';
import { RequestFailure, toFailure } from '../engine/failure';
import type { ExportServices } from './context';
import { NSYS_PATH, nsysPath, showSettings } from './settings';
import { runAsTask } from './task';

const DOWNLOADS = 'https://developer.nvidia.com/nsight-systems/get-started';

/**
 * @param onOutput the command line and the last line it wrote, while it runs
 * @returns path of the export, in the extension's own storage
 * @throws RequestFailure with what to do about it
 */
export async function exportReport(
  report: string,
  services: ExportServices,
  token: vscode.CancellationToken,
  onOutput: (command: string, line: string) => void,
): Promise<string> {
  const slot = await slotFor(report, services, '.nsys.sqlite');
  if (slot.exists) return slot.file;

  const name = path.basename(report);
  if (!vscode.workspace.isTrusted) {
    const message = vscode.l10n.t(
      'Opening {0} runs NVIDIA’s nsys on it, and this workspace is not trusted. Trust the workspace, or open a SQLite export of the report.',
      name,
    );
    offerTrust(message);
    throw new RequestFailure('tool-failed', message);
  }
  const needed = await reportVersion(report);
  const nsys = await locate(report, needed);
  const args = exportArguments(report, slot.partial);
  const command = commandLine([nsys.path, ...args]);
  services.log.info(command);
  onOutput(command, '');
  try {
    const { status, output } = await runAsTask(
      vscode.l10n.t('Export {0}', name),
      { file: nsys.path, args, command },
      token,
      (text) => onOutput(command, lastLine(text)),
    ).catch((error: Error) => {
      throw new RequestFailure(
        'tool-failed',
        vscode.l10n.t('{0} can not be run: {1}', nsys.path, error.message),
      );
    });
    // A program without a status was ended, by a click on Cancel or with its terminal.
    if (token.isCancellationRequested || status === undefined) {
      throw new RequestFailure(
        'cancelled',
        vscode.l10n.t('The export of {0} was cancelled.', name),
      );
    }
    if (status !== 0) {
      services.log.info(output);
      throw refused(name, nsys, needed, lastLine(output));
    }
    await keepExport(slot);
    return slot.file;
  } catch (error) {
    services.log.warn(`${command}: ${toFailure(error).message}`);
    throw error;
  } finally {
    await dropExport(slot).catch(() => undefined);
  }
}

/** @throws RequestFailure */
export function slotFor(
  report: string,
  services: ExportServices,
  extension: string,
): Promise<ExportSlot> {
  const storage = path.join(services.context.globalStorageUri.fsPath, 'exports');
  return exportSlot(storage, report, extension).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new RequestFailure('not-found', vscode.l10n.t('{0} does not exist any more.', report))
      : new RequestFailure(
          'unreadable',
          vscode.l10n.t('{0} can not be read: {1}', report, error.message),
        );
  });
}

async function locate(report: string, needed: Version | undefined): Promise<Nsys> {
  const configured = nsysPath();
  const nsys = await chooseNsys(await findTool('nsys', { configured }), needed);
  if (nsys) return nsys;
  const message = configured
    ? vscode.l10n.t(
        'There is no nsys to run at “{0}”, where the setting profilemate.nsys.path points.',
        configured,
      )
    : vscode.l10n.t(
        '{0} is a report that NVIDIA’s nsys has to export to SQLite first, and no nsys was found on PATH or in its usual places. Install Nsight Systems, set its path, or export the report where nsys is and open the export.',
        path.basename(report),
      );
  offerRemedies(message, report);
  throw new RequestFailure('no-tool', message);
}

function refused(
  name: string,
  nsys: Nsys,
  needed: Version | undefined,
  line: string,
): RequestFailure {
  if (needed && nsys.version && isOlder(nsys.version, needed)) {
    const message = vscode.l10n.t(
      '{0} was written by Nsight Systems {1}, and the newest nsys found here is {2}: too old to open it ({3}). Install {1} or newer, or set its path.',
      name,
      formatVersion(needed),
      formatVersion(nsys.version),
      nsys.path,
    );
    offerRemedies(message, name);
    return new RequestFailure('no-tool', message);
  }
  return new RequestFailure(
    'tool-failed',
    needed
      ? vscode.l10n.t('nsys could not export {0}: {1}', name, line)
      : vscode.l10n.t(
          'nsys could not export {0}: {1} The file does not begin as a report of Nsight Systems does; it may be cut off, or something else.',
          name,
          line,
        ),
  );
}

/** Trust once granted, the report is opened by itself. */
function offerTrust(message: string): void {
  const manage = vscode.l10n.t('Manage Workspace Trust');
  void vscode.window.showWarningMessage(message, manage).then((choice) => {
    if (choice === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
}

/** Beside the sentence in the editor: what can be done about it, one click away. */
function offerRemedies(message: string, report: string): void {
  const setPath = vscode.l10n.t('Set Path…');
  const copy = vscode.l10n.t('Copy Command');
  const download = vscode.l10n.t('Get Nsight Systems');
  void vscode.window.showErrorMessage(message, setPath, copy, download).then((choice) => {
    if (choice === setPath) {
      void showSettings(NSYS_PATH);
    } else if (choice === copy) {
      const output = report.replace(/\.(nsys-rep|qdrep)$/i, '.nsys.sqlite');
      void vscode.env.clipboard.writeText(
        commandLine(['nsys', ...exportArguments(report, output)]),
      );
    } else if (choice === download) {
      void vscode.env.openExternal(vscode.Uri.parse(DOWNLOADS));
    }
  });
}

/** For eyes and clipboards; what runs is never a line. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
