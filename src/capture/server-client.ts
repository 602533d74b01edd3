/** Asks a vLLM server: is it healthy, what does it serve, start and stop profiling. */
import http from 'node:http';
import https from 'node:https';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface Ask {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly apiKey?: string;
  /** In seconds. */
  readonly timeout: number;
  readonly cancel: AbortSignal;
}

/** @throws where there is no answer (a system error, `ETIMEDOUT`), or AbortError when cancelled */
export function ask({ method, url, apiKey, timeout, cancel }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https.request : http.request;
    const request = send(url, {
      method,
      agent: false,
      signal: cancel,
      headers: {
        'content-length': 0,
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
    });
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    }, timeout * 1000);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body = (body + chunk).slice(0, 1_000_000)));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.end();
  });
}

/** The first model of `/v1/models`; undefined where there is none. */
export function servedModel(body: string): string | undefined {
  try {
    const { data } = JSON.parse(body) as { data?: readonly { id?: unknown }[] };
    const id = data?.[0]?.id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
