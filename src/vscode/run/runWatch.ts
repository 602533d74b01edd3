/** The run that a file belongs to, read now and again when its folder's records change. */
import path from 'node:path';
import * as vscode from 'vscode';
import { readRunAbout } from '../../capture/run-about';
import type { RunAbout } from '../../profile/run';
import { Disposable } from '../disposable';

/** Results are written in many small steps; one look after all of them is enough. */
const SETTLE_MS = 300;

export class RunWatch extends Disposable {
  private readonly changes = this.register(new vscode.EventEmitter<RunAbout | undefined>());
  /** Told with what was found, the first time too. */
  readonly onDidChange = this.changes.event;
  private found: RunAbout | undefined;
  private looking: Promise<RunAbout | undefined>;
  private timer: NodeJS.Timeout | undefined;

  /** @param place of a file */
  constructor(private readonly place: string) {
    super();
    this.looking = this.look();
    const folder = vscode.Uri.file(path.dirname(place));
    const watcher = this.register(
      vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '*.{json,html}')),
    );
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete])
      this.register(event(() => this.soon()));
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  /** As last read. */
  get about(): RunAbout | undefined {
    return this.found;
  }

  /** Once it has been looked for. */
  get settled(): Promise<RunAbout | undefined> {
    return this.looking;
  }

  refresh(): void {
    this.looking = this.look();
  }

  private async look(): Promise<RunAbout | undefined> {
    const about = await readRunAbout(this.place);
    if (this.isDisposed) return about;
    const had = this.found;
    this.found = about;
    if (about || had) this.changes.fire(about);
    return about;
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }
}
