/** Which folders of the workspace hold a file of some name, for menus to ask. */
import * as vscode from 'vscode';
import { Disposable } from './disposable';

const NOWHERE = '**/{node_modules,.git}/**';
const MOST = 2000;

export class FolderKey extends Disposable {
  /** By folder: the files that make it one. */
  private readonly folders = new Map<string, Set<string>>();

  /**
   * @param key of the context: an object whose keys are the paths of the folders
   * @param foldersOf a file that the pattern finds
   */
  constructor(
    private readonly key: string,
    private readonly pattern: string,
    private readonly foldersOf: (file: string) => readonly string[],
  ) {
    super();
    const watcher = this.register(vscode.workspace.createFileSystemWatcher(pattern, false, true));
    this.register(watcher.onDidCreate((file) => this.change(file, true)));
    this.register(watcher.onDidDelete((file) => this.change(file, false)));
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.find()));
    void this.find();
  }

  private async find(): Promise<void> {
    const files = await vscode.workspace.findFiles(this.pattern, NOWHERE, MOST);
    for (const file of files) this.note(file, true);
    this.tell();
  }

  private change(file: vscode.Uri, exists: boolean): void {
    if (this.note(file, exists)) this.tell();
  }

  /** True where a folder has become one, or is one no longer. */
  private note({ fsPath }: vscode.Uri, exists: boolean): boolean {
    let changed = false;
    for (const folder of this.foldersOf(fsPath)) {
      const files = this.folders.get(folder) ?? new Set();
      if (exists) files.add(fsPath);
      else files.delete(fsPath);
      changed ||= files.size > 0 !== this.folders.has(folder);
      if (files.size > 0) this.folders.set(folder, files);
      else this.folders.delete(folder);
    }
    return changed;
  }

  private tell(): void {
    if (this.isDisposed) return;
    const folders = Object.fromEntries([...this.folders.keys()].map((folder) => [folder, true]));
    void vscode.commands.executeCommand('setContext', this.key, folders);
  }
}
