/** Sends a load to an OpenAI-compatible server and measures the answers. */
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type ClientFigures, clientFigures, type RequestRecord } from './client-figures';
import { Cancelled } from './failure';
import type { LoadSettings } from './load-settings';
import type { WorkItem } from './workload';

export interface LoadTarget {
  /** Without a path. */
  readonly url: string;
  /** As the server names it. */
  readonly model: string;
  readonly apiKey?: string;
}

export interface LoadWatch {
  readonly cancel: AbortSignal;
  readonly onProgress?: (done: number, total: number, failed: number) => void;
}

type Shape = Pick<LoadSettings, 'api' | 'stream' | 'concurrency' | 'timeout'>;

/**
 * Resolves when every request has ended, one way or another; early, with those
 * that were sent, where the server answers none of the first.
 * @throws Cancelled
 */
export async function runLoad(
  target: LoadTarget,
  items: readonly WorkItem[],
  shape: Shape,
  { cancel, onProgress }: LoadWatch,
): Promise<ClientFigures> {
  cancel.throwIfAborted();
  const client = new Client(target, shape);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const [start, startUtcMs] = [performance.now(), Date.now()];
  const each: RequestRecord[] = new Array<RequestRecord>(items.length);
  const gaps: number[] = [];
  let [next, done, failed] = [0, 0, 0];
  // Each request listens: more than Node takes for sane.
  setMaxListeners(0, cancel);

  const senders = Math.min(shape.concurrency, items.length);
  /** Who answers none of the first is not asked on: each may take as long as the timeout. */
  const hopeless = (): boolean => failed >= senders && failed === done;

  const sendNext = async (): Promise<void> => {
    while (next < items.length && !cancel.aborted && !hopeless()) {
      const index = next++;
      const item = items[index];
      if (item.at !== undefined) await sleepUntil(start + item.at * 1000, cancel);
      if (cancel.aborted) return;
      const answer = await client.ask(item, cancel);
      each[index] = record(answer, start);
      if (answer.error === undefined) for (const gap of answer.gaps) gaps.push(gap);
      else failed++;
      done++;
      onProgress?.(done, items.length, failed);
    }
  };
  await Promise.all(Array.from({ length: senders }, sendNext));
  const durationS = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  client.close();
  if (cancel.aborted) throw new Cancelled();
  return clientFigures({
    model: target.model,
    startUtcMs,
    durationS,
    each: each.filter((request) => request !== undefined),
    interTokenMs: Float64Array.from(gaps),
    client: {
      cpu_share: (user + system) / 1e6 / Math.max(durationS, 1e-9),
      // Nanoseconds; what the timer itself waits for is no delay.
      delay_p99_ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    },
  });
}

function sleepUntil(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const left = time - performance.now();
    if (left <= 0 || signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, left);
    signal.addEventListener('abort', end, { once: true });
  });
}

interface Answer {
  /** Milliseconds of the process's clock. */
  readonly sent: number;
  first: number | undefined;
  last: number;
  readonly gaps: number[];
  promptTokens: number;
  outputTokens: number;
  error: string | undefined;
}

function record(answer: Answer, start: number): RequestRecord {
  const base = {
    start_s: (answer.sent - start) / 1000,
    prompt_tokens: answer.promptTokens,
    output_tokens: answer.outputTokens,
  };
  if (answer.error !== undefined) return { ...base, error: answer.error };
  const latency = answer.last - answer.sent;
  // An answer that comes as a whole has no first piece.
  if (answer.first === undefined) return { ...base, latency_ms: latency };
  const ttft = answer.first - answer.sent;
  return {
    ...base,
    ttft_ms: ttft,
    latency_ms: latency,
    ...(answer.outputTokens > 1 ? { tpot_ms: (latency - ttft) / (answer.outputTokens - 1) } : {}),
  };
}

class Client {
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;
  private readonly url: URL;
  private readonly headers: http.OutgoingHttpHeaders;

  constructor(
    private readonly target: LoadTarget,
    private readonly shape: Shape,
  ) {
    const secure = target.url.startsWith('https:');
    this.agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: Infinity });
    this.request = secure ? https.request : http.request;
    const path = shape.api === 'chat' ? '/v1/chat/completions' : '/v1/completions';
    this.url = new URL(target.url + path);
    this.headers = {
      'content-type': 'application/json',
      ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
    };
  }

  close(): void {
    this.agent.destroy();
  }

  /** Never rejects: what went wrong is the answer's error. */
  ask(item: WorkItem, signal: AbortSignal): Promise<Answer> {
    const { stream, timeout } = this.shape;
    const body = JSON.stringify(this.body(item));
    const answer: Answer = {
      sent: performance.now(),
      first: undefined,
      last: 0,
      gaps: [],
      promptTokens: 0,
      outputTokens: 0,
      error: undefined,
    };
    return new Promise((resolve) => {
      let settled = false;
      const end = (error?: string): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        answer.error = error;
        if (error !== undefined) request.destroy();
        resolve(answer);
      };
      const onAbort = (): void => end('cancelled');
      const request = this.request(this.url, {
        method: 'POST',
        agent: this.agent,
        headers: { ...this.headers, 'content-length': Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => end(`no answer within ${timeout} s`), timeout * 1000);
      signal.addEventListener('abort', onAbort, { once: true });
      request.on('error', (error: NodeJS.ErrnoException) =>
        end(
          answer.first === undefined
            ? `the connection failed (${error.code ?? error.message})`
            : 'the stream broke off',
        ),
      );
      request.on('response', (response) => {
        response.setEncoding('utf8');
        if (response.statusCode !== 200) this.refused(response, end);
        else if (stream) this.readStream(response, answer, end);
        else this.readWhole(response, answer, end);
      });
      request.end(body);
    });
  }

  private body({ prompt, outputTokens }: WorkItem): Record<string, unknown> {
    const { api, stream } = this.shape;
    return {
      model: this.target.model,
      ...(api === 'chat' ? { messages: prompt } : { prompt }),
      max_tokens: outputTokens,
      temperature: 0,
      // As long as was asked for, whatever the model would say.
      ignore_eos: true,
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    };
  }

  private refused(response: http.IncomingMessage, end: (error: string) => void): void {
    let text = '';
    response.on('data', (chunk: string) => (text = (text + chunk).slice(0, 4000)));
    response.on('error', () => end(`HTTP ${response.statusCode}`));
    response.on('end', () => {
      const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
      end(`HTTP ${response.statusCode}${said === undefined ? '' : `: ${said}`}`);
    });
  }

  private readStream(
    response: http.IncomingMessage,
    answer: Answer,
    end: (error?: string) => void,
  ): void {
    let rest = '';
    let finished = false;
    let pieces = 0;
    const onEvent = (data: string, now: number): void => {
      if (data === '[DONE]') {
        finished = true;
        return;
      }
      const event = parse(data);
      if (event?.error)
        return end(`the server said: ${JSON.stringify(event.error.message ?? event.error)}`);
      if (event?.usage) {
        answer.promptTokens = event.usage.prompt_tokens ?? 0;
        answer.outputTokens = event.usage.completion_tokens ?? 0;
      }
      if (!event?.choices?.length || !says(event.choices[0])) return;
      pieces++;
      if (answer.first === undefined) answer.first = now;
      else answer.gaps.push(now - answer.last);
      answer.last = now;
    };
    response.on('data', (chunk: string) => {
      const now = performance.now();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data:')) onEvent(line.slice(5).trim(), now);
    });
    response.on('error', () => end('the stream broke off'));
    response.on('close', () => {
      // Each piece is a token where the server does not count.
      if (answer.outputTokens === 0) answer.outputTokens = pieces;
      if (!finished || !response.complete) end('the stream broke off');
      else end(pieces === 0 ? 'the answer was empty' : undefined);
    });
  }

  private readWhole(
    response: http.IncomingMessage,
    answer: Answer,
    end: (error?: string) => void,
  ): void {
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    response.on('error', () => end('the answer broke off'));
    response.on('close', () => {
      const event = response.complete ? parse(text) : undefined;
      if (!event) return end('the answer broke off');
      answer.last = performance.now();
      answer.promptTokens = event.usage?.prompt_tokens ?? 0;
      answer.outputTokens = event.usage?.completion_tokens ?? 0;
      end();
    });
  }
}

interface Piece {
  readonly text?: string;
  readonly delta?: { readonly content?: string | null; readonly reasoning_content?: string | null };
}

interface Event {
  readonly choices?: readonly Piece[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
  readonly error?: { readonly message?: unknown };
}

function parse(data: string): Event | undefined {
  try {
    const event: unknown = JSON.parse(data);
    return typeof event === 'object' && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}

/** A chat's first piece names the role alone. */
const says = ({ text, delta }: Piece): boolean =>
  text !== undefined || Boolean(delta?.content) || Boolean(delta?.reasoning_content);
