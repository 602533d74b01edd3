/**
 * Opens the sample profile of the workspace, once the window is up.
 *
 * An address or a command line can name a file to open, too; but in a window's
 * first seconds VS Code does not know all custom editors yet, and would show
 * the profile as a binary that no editor is for. Here one can look and try again.
 */
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const vscode = require('vscode');

const attempts = 20;
const pauseMs = 250;

exports.activate = async () => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) return;
  const sample = vscode.Uri.joinPath(folder.uri, 'sample.nsys.sqlite');
  for (let attempt = 0; attempt < attempts; attempt++) {
    await vscode.commands.executeCommand('vscode.open', sample, { preview: false });
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    if (activeTab?.input instanceof vscode.TabInputCustom) return;
    if (activeTab) await vscode.window.tabGroups.close(activeTab);
    await sleep(pauseMs);
  }
};
