/** What menus ask: which folders hold a model, and whether a run is under way. */
import path from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from '../disposable';
import { FolderKey } from '../folderKey';
import type { CaptureSession } from './session';

/** A model as Hugging Face keeps it has this file beside its weights. */
const MODEL_FILE = '**/config.json';

export class ContextKeys extends Disposable {
  constructor(session: CaptureSession) {
    super();
    const tellRunning = () =>
      void vscode.commands.executeCommand(
        'setContext',
        'profilemate.running',
        session.active !== undefined,
      );
    this.register(session.onDidChange(tellRunning));
    this.register(
      new FolderKey('profilemate.modelFolders', MODEL_FILE, (file) => [path.dirname(file)]),
    );
  }
}
