import path from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from './disposable';
import { fileMark } from './file';

/** A profiler writes a file in many small steps; one notice for all of them is enough. */
const SETTLE_MS = 500;

/** Tells once when a file is no longer what it was when last looked at. */
export class FileWatch extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;

  private mark: string | undefined;
  /** Whether `mark` is that of the file as read; before, there is nothing to compare with. */
  private marked = false;
  private told = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly uri: vscode.Uri) {
    super();
    const folder = vscode.Uri.file(path.dirname(uri.fsPath));
    const pattern = new vscode.RelativePattern(folder, globLiteral(path.basename(uri.fsPath)));
    const watcher = this.register(vscode.workspace.createFileSystemWatcher(pattern));
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      this.register(event(() => this.soon()));
    }
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  /** Whether the file is another than the one that was read. */
  get hasChanged(): boolean {
    return this.told;
  }

  /** From now on, the file as it is counts as read. To be called before reading it. */
  async reset(): Promise<void> {
    this.mark = await fileMark(this.uri.fsPath);
    this.marked = true;
    this.told = false;
  }

  /** Looks now: not every file system tells of changes. */
  async check(): Promise<void> {
    if (this.told || !this.marked) return;
    const mark = await fileMark(this.uri.fsPath);
    // A file that is gone has nothing to read again; what was read stays on the screen.
    if (this.isDisposed || this.told || mark === undefined || mark === this.mark) return;
    this.told = true;
    this.changed.fire();
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), SETTLE_MS);
  }
}

function globLiteral(name: string): string {
  return name.replace(/[[\]{}*?]/g, '[$&]');
}
