/** What menus ask: which folders hold a model, and whether a run is under way. */
import path from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from '../disposable';
import type { CaptureSession } from './session';

/** A model as Hugging Face keeps it has this file beside its weights. */
const MODEL_FILE = '**/config.json';
const NOT_MODELS = '**/{node_modules,.git}/**';
const MOST = 2000;

export class ContextKeys extends Disposable {
  private readonly folders: Record<string, true> = {};

  constructor(session: CaptureSession) {
    super();
    const tellRunning = () => void set('profilemate.running', session.active !== undefined);
    this.register(session.onDidChange(tellRunning));
    const watcher = this.register(vscode.workspace.createFileSystemWatcher(MODEL_FILE));
    watcher.onDidCreate((file) => this.change(file, true));
    watcher.onDidDelete((file) => this.change(file, false));
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.find()));
    void this.find();
  }

  private async find(): Promise<void> {
    const files = await vscode.workspace.findFiles(MODEL_FILE, NOT_MODELS, MOST);
    for (const file of files) this.folders[path.dirname(file.fsPath)] = true;
    this.tell();
  }

  private change(file: vscode.Uri, exists: boolean): void {
    const folder = path.dirname(file.fsPath);
    if (exists) this.folders[folder] = true;
    else delete this.folders[folder];
    this.tell();
  }

  private tell(): void {
    if (!this.isDisposed) void set('profilemate.modelFolders', this.folders);
  }
}

const set = (key: string, value: unknown): Thenable<unknown> =>
  vscode.commands.executeCommand('setContext', key, value);
