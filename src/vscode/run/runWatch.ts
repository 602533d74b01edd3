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
  private looks = 0;
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

  /** Looks now, and tells in any case. */
  refresh(): void {
    this.looking = this.look(true);
  }

  /** Looks now, for not every file system tells of changes. */
  check(): void {
    this.looking = this.look();
  }

  private async look(asked = false): Promise<RunAbout | undefined> {
    const look = ++this.looks;
    const about = await readRunAbout(this.place);
    // A look that took longer than the one after it saw what is no longer so.
    if (this.isDisposed || look !== this.looks) return about;
    const had = this.found;
    this.found = about;
    const isNews = JSON.stringify(about) !== JSON.stringify(had);
    if (isNews || (asked && about)) this.changes.fire(about);
    return about;
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), SETTLE_MS);
  }
}
