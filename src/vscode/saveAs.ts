/** What a view has made, saved where the person says. */
import path from 'node:path';
import * as vscode from 'vscode';

/** @param name from a webview: it names a file, never a folder */
export async function saveAs(folder: vscode.Uri, name: string, content: Uint8Array): Promise<void> {
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folder, path.posix.basename(name.replaceAll('\\', '/'))),
  });
  if (!target) return;
  try {
    await vscode.workspace.fs.writeFile(target, content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} could not be written: {1}', target.fsPath, why),
    );
  }
}
