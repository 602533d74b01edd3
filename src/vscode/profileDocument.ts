/** One profile that editors show: where it comes from, its reading, its file's changes. */
import * as vscode from 'vscode';
import type { ProfileClient } from '../engine/client';
import { RequestFailure, toFailure } from '../engine/failure';
import type { Lease } from '../engine/registry';
import type { Failure } from '../profile/failure';
import type { EngineEvent, HostEvent } from '../protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../protocol/requests';
import type { Services } from './context';
import { Disposable } from './disposable';
import { exportReport } from './exportReport';
import { isReport, notOnDisk } from './file';
import { FileWatch } from './fileWatch';
import { NSYS_PATH } from './settings';

export type ProfileEvent = EngineEvent | HostEvent;

export class ProfileDocument extends Disposable implements vscode.CustomDocument {
  private readonly events = this.register(new vscode.EventEmitter<ProfileEvent>());
  readonly onEvent = this.events.event;
  private readonly closed = this.register(new vscode.EventEmitter<void>());
  /** Told once, when the last editor on it is closed. */
  readonly onDidClose = this.closed.event;

  private readonly watch: FileWatch | undefined;
  private lease: Lease | undefined;
  private opening: Promise<ProfileClient>;
  /** Ends an export that is under way. */
  private exporting: vscode.CancellationTokenSource | undefined;
  /** What happened before there was a client, for editors that come later. */
  private before: ProfileEvent | undefined;

  constructor(
    readonly uri: vscode.Uri,
    readonly viewType: string,
    private readonly services: Services,
  ) {
    super();
    if (!notOnDisk(uri)) {
      this.watch = this.register(new FileWatch(uri));
      this.register(this.watch.onDidChange(() => this.events.fire({ kind: 'changed' })));
    }
    this.register({
      dispose: () => {
        this.close();
        this.closed.fire();
      },
    });
    // What kept a report from being exported may be gone now.
    const retry = () => {
      if (isReport(uri) && this.failure) this.reload();
    };
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(retry));
    this.register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(NSYS_PATH)) retry();
      }),
    );
    this.opening = this.open();
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
    return (await this.opening).call(name, params, signal);
  }

  /** Whether the file was written to after it was read. */
  get changed(): boolean {
    return this.watch?.hasChanged ?? false;
  }

  /** What an editor needs to hear that was not there from the start. */
  missedEvents(): readonly ProfileEvent[] {
    return [
      ...(this.before ? [this.before] : []),
      ...(this.lease?.client.missedEvents() ?? []),
      ...(this.changed ? [{ kind: 'changed' } as const] : []),
    ];
  }

  /** Reads the file as it is now. */
  reload(): void {
    if (this.lease && !isReport(this.uri)) {
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

  /** Stops the export of a report; there is nothing else to stop that does not stop by closing. */
  cancel(): void {
    this.exporting?.cancel();
  }

  /** Looks whether the file was written to. */
  checkForChange(): void {
    void this.watch?.check();
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
    const file = this.uri.fsPath;
    const source = isReport(this.uri) ? await this.exported(file) : file;
    if (this.isDisposed) throw new RequestFailure('cancelled', 'The editor was closed.');
    this.before = undefined;
    const lease = this.services.registry.acquire(source, file);
    const stop = lease.client.onEvent((event) => this.hear(event));
    this.lease = {
      client: lease.client,
      dispose: () => {
        stop();
        lease.dispose();
      },
    };
    for (const event of lease.client.missedEvents()) this.events.fire(event);
    return lease.client;
  }

  private async exported(report: string): Promise<string> {
    const exporting = new vscode.CancellationTokenSource();
    this.exporting = exporting;
    try {
      return await exportReport(report, this.services, exporting.token, (command, line) =>
        this.tell({ kind: 'converting', command, line }),
      );
    } finally {
      exporting.dispose();
      if (this.exporting === exporting) this.exporting = undefined;
    }
  }

  private hear(event: EngineEvent): void {
    const { log } = this.services;
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
