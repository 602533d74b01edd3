/** Asks the editor questions, and hears what it says unasked. */
import type { Failure } from '../src/profile/failure';
import type {
  EngineEvent,
  FromWebview,
  HostAction,
  HostEvent,
  ToWebview,
} from '../src/protocol/messages';
import type { Params, RequestName, Result } from '../src/protocol/requests';

export type HostMessage = EngineEvent | HostEvent;

/** How messages leave and arrive; in the editor `acquireVsCodeApi` and `window`. */
export interface Channel {
  post(message: FromWebview): void;
  listen(handler: (message: ToWebview) => void): void;
}

/** A refused or failed call. `failure.code` is `cancelled` where nobody wants the answer any more. */
export class CallError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

export const isCancelled = (error: unknown): boolean =>
  error instanceof CallError && error.failure.code === 'cancelled';

export const failureOf = (error: unknown): Failure =>
  error instanceof CallError
    ? error.failure
    : { code: 'internal', message: error instanceof Error ? error.message : String(error) };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: CallError): void;
}

export class Client {
  private next = 1;
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Set<(message: HostMessage) => void>();

  constructor(private readonly channel: Channel) {
    channel.listen((message) => this.receive(message));
  }

  /** @throws CallError, `cancelled` after `signal` was aborted. */
  call<K extends RequestName>(
    name: K,
    params: Params<K>,
    signal?: AbortSignal,
  ): Promise<Result<K>> {
    const id = this.next++;
    return new Promise<Result<K>>((resolve, reject) => {
      const cancelled = () =>
        reject(new CallError({ code: 'cancelled', message: 'No longer needed.' }));
      if (signal?.aborted) {
        cancelled();
        return;
      }
      this.waiting.set(id, { resolve, reject });
      signal?.addEventListener(
        'abort',
        () => {
          if (!this.waiting.delete(id)) return;
          this.channel.post({ kind: 'cancel', id });
          cancelled();
        },
        { once: true },
      );
      this.channel.post({ kind: 'call', id, name, params } as FromWebview);
    });
  }

  act(action: HostAction): void {
    this.channel.post(action);
  }

  onMessage(listener: (message: HostMessage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private receive(message: ToWebview): void {
    if (message.kind !== 'answer') {
      for (const listener of this.listeners) listener(message);
      return;
    }
    const waiting = this.waiting.get(message.id);
    if (!waiting) return;
    this.waiting.delete(message.id);
    if (message.ok) waiting.resolve(message.result);
    else waiting.reject(new CallError(message.error));
  }
}

/** Calls of which only the latest matters: a new one cancels the one before. */
export class Lane {
  private current?: AbortController;

  constructor(private readonly client: Client) {}

  call<K extends RequestName>(name: K, params: Params<K>): Promise<Result<K>> {
    this.current?.abort();
    this.current = new AbortController();
    return this.client.call(name, params, this.current.signal);
  }

  cancel(): void {
    this.current?.abort();
    this.current = undefined;
  }
}
