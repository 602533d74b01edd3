/** One profile that editors show: where it comes from, its reading, its file's changes. */
import path, { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ProfileClient } from '../engine/client';
import { RequestFailure, toFailure } from '../engine/failure';
import type { Lease } from '../engine/registry';
import type { Failure } from '../profile/failure';
import type { Nanoseconds } from '../profile/units';
import type { EngineEvent, HostEvent } from '../protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../protocol/requests';
import type { ProfileKind } from '../readers/open';
import type { Services } from './context';
import { Disposable } from './disposable';
import { exportReport } from './exportReport';
import { kindOf, neededTool, notOnDisk } from './file';
import { FileWatch } from './fileWatch';
import { exportNcu } from './ncu/exportNcu';
import { RunWatch } from './run/runWatch';
import { shownRun } from './run/shownRun';
import { NCU_PATH, NSYS_PATH } from './settings';
import { sourceOfSession } from './session/source';
import { siblingRanks, type RankTrace } from './torch/ranks';

export type ProfileEvent = EngineEvent | HostEvent;

type Window = readonly [start: Nanoseconds, end: Nanoseconds];

/** A reading that can be kept without being listened to. */
interface HeldLease extends Lease {
  pause(): void;
}

export class ProfileDocument extends Disposable implements vscode.CustomDocument {
  private readonly events = this.register(new vscode.EventEmitter<ProfileEvent>());
  readonly onEvent = this.events.event;
  private readonly closed = this.register(new vscode.EventEmitter<void>());
  /** Told once, when the last editor on it is closed. */
  readonly onDidClose = this.closed.event;

  /** Undefined where the file is on no disk. */
  readonly run: RunWatch | undefined;
  private watch: FileWatch | undefined;
  /** The traces of one run that lie side by side, this one among them. */
  private siblings: readonly RankTrace[] = [];
  private foundRanks: Promise<readonly RankTrace[]> | undefined;
  /** Of {@link siblings}, the one that is shown in place of the file itself. */
  private rank: RankTrace | undefined;
  /** Ranks that were shown before: going back to one reads nothing again. */
  private readonly kept = new Map<string, HeldLease>();
  private lease: HeldLease | undefined;
  /** The reading that has set the ranks side by side. */
  private sideBySide: ProfileClient | undefined;
  private opening: Promise<ProfileClient>;
  /** Ends an export that is under way. */
  private exporting: vscode.CancellationTokenSource | undefined;
  private linkRestored = false;
  /** What happened before there was a client, for editors that come later. */
  private before: ProfileEvent | undefined;

  constructor(
    readonly uri: vscode.Uri,
    readonly viewType: string,
    private readonly services: Services,
  ) {
    super();
    this.follow(uri);
    if (!notOnDisk(uri)) {
      this.run = this.register(new RunWatch(uri.fsPath));
      this.register(
        this.run.onDidChange(() => {
          this.tellBalance();
          this.runEvent().forEach((e) => this.events.fire(e));
        }),
      );
    }
    this.register({
      dispose: () => {
        this.close();
        this.drop();
        this.closed.fire();
      },
    });
    // What kept a report from being exported may be gone now.
    const retry = () => {
      if (neededTool(uri.path) && this.failure) this.reload();
    };
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(retry));
    this.register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if ([NSYS_PATH, NCU_PATH].some((path) => change.affectsConfiguration(path))) retry();
      }),
    );
    this.opening = this.open();
  }

  get kind(): ProfileKind {
    return kindOf(this.viewType);
  }

  /** The file that is shown: another rank's where the person chose one. */
  get shownPath(): string {
    return this.rank?.path ?? this.uri.fsPath;
  }

  get status(): OpenStatus | undefined {
    return this.lease?.client.status;
  }

  get failure(): Failure | undefined {
    return this.before?.kind === 'failed' ? this.before.error : this.lease?.client.failure;
  }

  /** @throws RequestFailure */
  async call<K extends RequestName>(
    name: K,
    params: Params<K>,
    signal: AbortSignal,
  ): Promise<Result<K>> {
    const client = await this.opening;
    // Ranks were set side by side while another of them may have been shown.
    return (name === 'skew' && this.sideBySide ? this.sideBySide : client).call(
      name,
      params,
      signal,
    );
  }

  /**
   * A window by the wall clock, in the profile's own time. Undefined where the
   * profile does not say when it was recorded, or cannot be read.
   */
  async windowAt([start, end]: Window): Promise<Window | undefined> {
    try {
      const client = await this.opening;
      const { utcEpoch } = await client.call('status', {});
      if (utcEpoch === undefined) {
        void vscode.window.showInformationMessage(
          vscode.l10n.t(
            '{0} does not say when it was recorded, so the time can not be found in it.',
            basename(this.shownPath),
          ),
        );
        return undefined;
      }
      const window = [start - utcEpoch, end - utcEpoch] as const;
      void this.tellIfOutside(window);
      return window;
    } catch {
      // The editor says so itself.
      return undefined;
    }
  }

  private async tellIfOutside([start, end]: Window): Promise<void> {
    await this.call('overview', { scope: {} }, new AbortController().signal).catch(() => undefined);
    const { stage, extent } = this.status ?? {};
    if (stage !== 'complete' || !extent || (start <= extent[1] && end >= extent[0])) return;
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} records nothing of that time.', basename(this.shownPath)),
    );
  }

  /** Whether the file was written to after it was read. */
  get changed(): boolean {
    return this.watch?.hasChanged ?? false;
  }

  /** What an editor needs to hear that was not there from the start. */
  missedEvents(): readonly ProfileEvent[] {
    return [
      ...this.runEvent(),
      ...this.ranksEvent(),
      ...(this.before ? [this.before] : []),
      ...(this.lease?.client.missedEvents() ?? []),
      ...(this.changed ? [{ kind: 'changed' } as const] : []),
    ];
  }

  /** Reads the file as it is now. */
  reload(): void {
    this.drop();
    this.linkRestored = false;
    this.run?.refresh();
    if (this.lease && !neededTool(this.uri.path)) {
      const { client } = this.lease;
      this.opening = Promise.resolve(this.watch?.reset()).then(() => {
        client.reload();
        return client;
      });
      return;
    }
    this.close();
    this.opening = this.open();
  }

  /** Shows the trace of another rank of the run in place of this one. */
  showRank(index: number): void {
    const rank = this.siblings[index];
    if (!rank || rank.path === this.shownPath) return;
    if (this.lease) {
      this.kept.set(this.shownPath, this.lease);
      this.lease.pause();
    }
    this.lease = undefined;
    this.before = undefined;
    this.rank = rank;
    this.follow(vscode.Uri.file(rank.path));
    for (const event of this.ranksEvent()) this.events.fire(event);
    this.opening = this.open();
  }

  /**
   * Reads all ranks of the run and sets them side by side.
   * @throws RequestFailure
   */
  async readRanks(): Promise<number> {
    const client = await this.opening;
    const paths = this.siblings.map((one) => one.path).filter((one) => one !== this.shownPath);
    const read = await client.call('ranks', { paths });
    this.sideBySide = client;
    return read;
  }

  /** Has the active view save what it has selected. */
  askToTrim(): void {
    this.events.fire({ kind: 'saveTrimmed' });
  }

  /** @throws RequestFailure */
  async trim(window: readonly [start: number, end: number], path: string): Promise<Result<'trim'>> {
    return (await this.opening).call('trim', { window, path });
  }

  private runEvent(): readonly ProfileEvent[] {
    if (!this.run) return [];
    const { about } = this.run;
    return [{ kind: 'run', run: about && shownRun(about, this.shownPath) }];
  }

  /** Findings of a session rest on what the log of its run told, too. */
  private tellBalance(): void {
    if (this.kind !== 'session' || !this.run?.about) return;
    this.lease?.client.configure({ balance: this.run.about.experts });
  }

  private ranksEvent(): readonly ProfileEvent[] {
    if (this.siblings.length < 2) return [];
    const ranks = this.siblings.map(({ rank, path: file }) => ({ rank, name: basename(file) }));
    const shown = this.siblings.findIndex((one) => one.path === this.shownPath);
    return [{ kind: 'ranks', ranks, shown }];
  }

  /** The traces of the run's ranks that lie beside the file, looked for once. */
  findRanks(): Promise<readonly RankTrace[]> {
    return (this.foundRanks ??= this.lookForRanks());
  }

  private async lookForRanks(): Promise<readonly RankTrace[]> {
    if (kindOf(this.viewType) !== 'timeline') return [];
    this.siblings = await siblingRanks(this.uri.fsPath);
    if (!this.isDisposed) for (const event of this.ranksEvent()) this.events.fire(event);
    return this.siblings;
  }

  /** Tells of changes of the file that is shown. */
  private follow(uri: vscode.Uri): void {
    this.watch?.dispose();
    // A session is followed by its reader.
    if (notOnDisk(uri) || this.kind === 'session') return;
    this.watch = this.register(new FileWatch(uri));
    this.register(this.watch.onDidChange(() => this.events.fire({ kind: 'changed' })));
  }

  private drop(): void {
    for (const lease of this.kept.values()) lease.dispose();
    this.kept.clear();
    this.sideBySide = undefined;
  }

  /** Stops the export of a report; there is nothing else to stop that does not stop by closing. */
  cancel(): void {
    this.exporting?.cancel();
  }

  /**
   * Reads another file beside this one, now and each time this one is opened;
   * null lets it go. That it cannot be read is the link's own failure.
   * @throws RequestFailure where it has to be exported first and that fails
   */
  async link(other: string | null): Promise<void> {
    await this.services.links.set(this.uri, other);
    await this.readLinked(other);
  }

  private async readLinked(other: string | null, byRun = false): Promise<void> {
    const client = await this.opening;
    const source = other === null ? null : await this.exportLinked(other);
    await client.call('link', { path: source, ...(other !== null && { shownPath: other, byRun }) });
  }

  private async exportLinked(other: string): Promise<string> {
    const tool = neededTool(other);
    if (!tool) return other;
    const make = tool === 'nsys' ? exportReport : exportNcu;
    const never = new vscode.CancellationTokenSource();
    try {
      return await make(other, this.services, never.token, () => undefined);
    } finally {
      never.dispose();
    }
  }

  /**
   * What was linked the last time is linked again; where nobody has chosen, what the run
   * has. Once a reading: a session tells of itself as it grows.
   */
  private async restoreLink({ stage, link }: OpenStatus): Promise<void> {
    if (stage === 'facts') this.linkRestored = false;
    if (stage !== 'complete' || link || this.linkRestored) return;
    this.linkRestored = true;
    const chosen = this.services.links.get(this.uri);
    const other = chosen === undefined ? await this.counterpart() : chosen;
    if (other === undefined || other === null) return;
    await this.readLinked(other, chosen === undefined).catch((error: unknown) => {
      this.services.log.warn(`${other}: ${toFailure(error).message}`);
    });
  }

  /** Of the same run: kernel metrics for a timeline, a timeline for others. Nothing is exported unasked. */
  private async counterpart(): Promise<string | undefined> {
    const about = await this.run?.settled;
    const wanted = this.kind === 'timeline' ? ['kernels'] : ['timeline', 'torch'];
    const found = about?.profiles.find(
      ({ kind, file }) => wanted.includes(kind) && neededTool(file) === undefined,
    );
    return found && path.join(about!.folder, found.file);
  }

  /** Looks whether the file was written to. */
  checkForChange(): void {
    void this.watch?.check();
    this.run?.check();
  }

  private close(): void {
    this.cancel();
    this.before = undefined;
    this.lease?.dispose();
    this.lease = undefined;
  }

  private open(): Promise<ProfileClient> {
    const opening = this.acquire();
    opening.catch((error: unknown) => {
      if (this.opening !== opening || this.isDisposed) return;
      const failure = toFailure(error);
      this.services.log.warn(`${this.uri.toString()}: ${failure.code}: ${failure.message}`);
      this.tell({ kind: 'failed', error: failure });
    });
    return opening;
  }

  private async acquire(): Promise<ProfileClient> {
    const problem = notOnDisk(this.uri);
    if (problem) throw new RequestFailure(problem.code, problem.message);
    await this.watch?.reset();
    const file = this.shownPath;
    const source = await this.exported(file);
    if (this.isDisposed) throw new RequestFailure('cancelled', 'The editor was closed.');
    if (file !== this.shownPath) {
      throw new RequestFailure('cancelled', 'Another rank is shown instead.');
    }
    this.before = undefined;
    const kept = this.kept.get(file);
    this.kept.delete(file);
    const lease = kept ?? this.services.registry.acquire(source, file, this.kind);
    let stop = lease.client.onEvent((event) => this.hear(event));
    this.lease = {
      client: lease.client,
      pause: () => {
        stop();
        stop = () => undefined;
      },
      dispose: () => {
        stop();
        lease.dispose();
      },
    };
    this.tellBalance();
    for (const event of lease.client.missedEvents()) this.hear(event);
    return lease.client;
  }

  /** The file itself, what its tool makes of it, or the folder of its session. */
  private async exported(file: string): Promise<string> {
    if (this.kind === 'session') return sourceOfSession(file);
    const tool = neededTool(file);
    if (!tool) return file;
    const exporting = new vscode.CancellationTokenSource();
    this.exporting = exporting;
    try {
      const make = tool === 'nsys' ? exportReport : exportNcu;
      return await make(file, this.services, exporting.token, (command, line) =>
        this.tell({ kind: 'converting', command, line }),
      );
    } finally {
      exporting.dispose();
      if (this.exporting === exporting) this.exporting = undefined;
    }
  }

  private hear(event: EngineEvent): void {
    const { log } = this.services;
    if (event.kind === 'stage') void this.restoreLink(event.status);
    if (event.kind === 'stage' && event.status.torch) void this.findRanks();
    if (event.kind === 'stage')
      log.debug(`${this.uri.fsPath}: read to stage ${event.status.stage}`);
    if (event.kind === 'failed') {
      log.warn(`${this.uri.fsPath}: ${event.error.code}: ${event.error.message}`);
    }
    this.events.fire(event);
  }

  private tell(event: ProfileEvent): void {
    if (this.isDisposed) return;
    this.before = event;
    this.events.fire(event);
  }
}
