import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { DEFAULTS } from '../../capture/settings';
import { captureFolder, ncuPath, nsysPath, pythonPath, vllmPath } from '../settings';
import type { Machine } from './definition';

/** Where programs are started for `folder`, or for the workspace's first one. */
export function machineFor(extensionPath: string, folder = firstFolder()): Machine {
  return {
    folder,
    outputDir: captureFolder() ?? DEFAULTS.outputDir,
    vllm: vllmPath(),
    nsys: nsysPath(),
    ncu: ncuPath(),
    python: pythonPath(),
    runtimeLayer: path.join(extensionPath, 'python'),
  };
}

export function diskFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
}

export function firstFolder(): string {
  return diskFolders()[0]?.uri.fsPath ?? os.homedir();
}
