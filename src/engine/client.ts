/**
 * The host's end of a profile that a worker has open. Holds no figures: it
 * passes questions on, ties answers to them, and tells what the worker tells.
 */
import { Worker } from 'node:worker_threads';
import type { Failure } from '../profile/failure';
import type { EngineEvent, FromWorker } from '../protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../protocol/requests';
import { RequestFailure } from './failure';
import type { SessionOptions, Settings, ToSession } from './messages';

interface Pending {
  readonly resolve: (result: Result<RequestName>) => void;
  readonly reject: (error: Failure) => void;
}

export class ProfileClient {
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private latest: { status?: OpenStatus; progress?: EngineEvent; failure?: Failure } = {};

  constructor(
    private readonly workerFile: string,
    private options: SessionOptions,
  ) {
    this.start();
  }

  /** What is known of the profile so far. */
  get status(): OpenStatus | undefined {
    return this.latest.status;
  }

  /** Why the profile could not be read. */
  get failure(): Failure | undefined {
    return this.latest.failure;
  }

  /**
   * @param signal the answer is not wanted any more
   * @throws RequestFailure
   */
  call<K extends RequestName>(
    name: K,
    params: Params<K>,
    signal?: AbortSignal,
  ): Promise<Result<K>> {
    return new Promise<Result<RequestName>>((resolve, reject) => {
      if (!this.worker) {
        const failure = this.failure ?? { code: 'cancelled', message: 'The profile was closed.' };
        reject(new RequestFailure(failure.code, failure.message));
        return;
      }
      const id = this.nextId++;
      this.pending.set(id, {
        resolve,
        reject: ({ code, message }) => reject(new RequestFailure(code, message)),
      });
      signal?.addEventListener('abort', () => this.post({ kind: 'cancel', id }), { once: true });
      this.post({ kind: 'call', id, name, params } as ToSession);
      if (signal?.aborted) this.post({ kind: 'cancel', id });
    });
  }

  /** @returns a function that ends the listening */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The events that one who comes late has missed and still needs. */
  missedEvents(): readonly EngineEvent[] {
    const { status, progress, failure } = this.latest;
    return [
      ...(progress ? [progress] : []),
      ...(status ? [{ kind: 'stage', status } as const] : []),
      ...(failure ? [{ kind: 'failed', error: failure } as const] : []),
    ];
  }

  /** Computes anew with other settings, without reading again. What is left out stays. */
  configure(change: Partial<Settings>): void {
    this.options = { ...this.options, ...change };
    const { rules, balance } = this.options;
    this.post({ kind: 'configure', rules, balance });
  }

  /** Reads the file again from its start. Questions still open are cancelled. */
  reload(): void {
    this.stop({ code: 'cancelled', message: 'The profile is being read again.' });
    this.start();
  }

  /** Ends the worker and frees what it holds. */
  dispose(): void {
    this.listeners.clear();
    this.stop({ code: 'cancelled', message: 'The profile was closed.' });
  }

  private start(): void {
    this.latest = {};
    const worker = new Worker(this.workerFile, { workerData: this.options });
    this.worker = worker;
    // A worker that was replaced may still have messages under way.
    const ifCurrent =
      <T>(handle: (value: T) => void) =>
      (value: T) => {
        if (this.worker === worker) handle(value);
      };
    worker.on(
      'message',
      ifCurrent((message: FromWorker) => this.receive(message)),
    );
    worker.on(
      'error',
      ifCurrent((error: Error) => this.lost(error.message)),
    );
    worker.on(
      'exit',
      ifCurrent((code: number) => this.lost(`it ended with status ${code}`)),
    );
  }

  private stop(reason: Failure): void {
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
    this.rejectAll(reason);
  }

  private lost(why: string): void {
    const failure: Failure = {
      code: 'internal',
      message: `The thread that read this profile failed: ${why}. Reload the profile to try again.`,
    };
    this.stop(failure);
    this.latest.failure = failure;
    this.emit({ kind: 'failed', error: failure });
  }

  private rejectAll(reason: Failure): void {
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(reason);
  }

  private post(message: ToSession): void {
    this.worker?.postMessage(message);
  }

  private receive(message: FromWorker): void {
    if (message.kind !== 'answer') {
      if (message.kind === 'stage') this.latest.status = message.status;
      if (message.kind === 'progress') this.latest.progress = message;
      if (message.kind === 'failed') this.latest.failure = message.error;
      this.emit(message);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.ok) pending?.resolve(message.result);
    else pending?.reject(message.error);
  }

  private emit(event: EngineEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
