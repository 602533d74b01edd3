/** The command line runs no tool of NVIDIA: reports that it is to read are exported for it. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExportServices } from '../context';
import { exportReport } from '../exportReport';
import { neededTool } from '../file';
import { exportNcu } from '../ncu/exportNcu';

/** From the names of reports to the files to read in their place. */
export type Exported = Readonly<Record<string, string>>;

export class Exports {
  constructor(private readonly services: ExportServices) {}

  /**
   * @param names of files as the command line is told them, reports or not
   * @param home the folder that they count from
   * @throws RequestFailure where a report can not be exported, or that was cancelled
   */
  async of(names: readonly string[], home: string, signal?: AbortSignal): Promise<Exported> {
    const made: Record<string, string> = {};
    for (const name of names) {
      if (neededTool(name)) made[name] = await this.export(path.resolve(home, name), signal);
    }
    return made;
  }

  private async export(report: string, signal?: AbortSignal): Promise<string> {
    const make = neededTool(report) === 'nsys' ? exportReport : exportNcu;
    const title = vscode.l10n.t('Exporting {0}…', path.basename(report));
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        const stop = new vscode.CancellationTokenSource();
        const cancel = () => stop.cancel();
        if (signal?.aborted) cancel();
        signal?.addEventListener('abort', cancel);
        const listening = token.onCancellationRequested(cancel);
        try {
          return await make(report, this.services, stop.token, (_command, line) =>
            progress.report({ message: line }),
          );
        } finally {
          signal?.removeEventListener('abort', cancel);
          listening.dispose();
          stop.dispose();
        }
      },
    );
  }
}
