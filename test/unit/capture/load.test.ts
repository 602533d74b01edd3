import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientFigures,
  clientFigures,
  distribution,
  fromBenchServe,
  type RequestRecord,
} from '../../../src/capture/client-figures';
import { Cancelled } from '../../../src/capture/failure';
import { runLoad } from '../../../src/capture/load';
import {
  type LoadSettings,
  meanLength,
  parseLengths,
  PRESETS,
} from '../../../src/capture/load-settings';
import { randomNumbers, warmUp, workload, type WorkItem } from '../../../src/capture/workload';
import { eventually, PATIENCE, until } from '../../harness/patience';
import { hasPython, Server } from './stand-in';

const LOAD: LoadSettings = {
  ...PRESETS.mixed,
  requests: 20,
  concurrency: 5,
  prompt: { kind: 'fixed', value: 30 },
  output: { kind: 'fixed', value: 10 },
  timeout: PATIENCE / 1000,
};
const never = new AbortController().signal;

describe('what a load is made of', () => {
  it('is the same for the same seed, and another for another', async () => {
    const one = await workload({ ...LOAD, rate: 10 });
    assert.deepEqual(one, await workload({ ...LOAD, rate: 10 }));
    assert.notDeepEqual(one, await workload({ ...LOAD, rate: 10, seed: 1 }));
    assert.notDeepEqual((await warmUp({ ...LOAD, warmup: 20 }))[0].prompt, one[0].prompt);
  });

  it('has the lengths that were asked for', async () => {
    const uniform = await workload({
      ...LOAD,
      requests: 2000,
      prompt: { kind: 'uniform', min: 3, max: 7 },
      output: { kind: 'normal', mean: 100, deviation: 10 },
    });
    const lengths = uniform.map(({ prompt }) => prompt.length);
    assert.deepEqual([...new Set(lengths)].sort(), [3, 4, 5, 6, 7]);
    const counts = [3, 4, 5, 6, 7].map((n) => lengths.filter((length) => length === n).length);
    for (const count of counts) assert.ok(Math.abs(count - 400) < 80, String(counts));
    const outputs = uniform.map(({ outputTokens }) => outputTokens);
    const mean = outputs.reduce((sum, n) => sum + n, 0) / outputs.length;
    const variance = outputs.reduce((sum, n) => sum + (n - mean) ** 2, 0) / outputs.length;
    assert.ok(Math.abs(mean - 100) < 1, String(mean));
    assert.ok(Math.abs(Math.sqrt(variance) - 10) < 1, String(Math.sqrt(variance)));
  });

  it('arrives as a Poisson process: as many in a second as the rate, and as spread', async () => {
    const items = await workload({ ...LOAD, requests: 20_000, rate: 50 });
    assert.equal(items[0].at, 0);
    const end = Math.floor(items.at(-1)?.at ?? 0);
    const counts = new Array<number>(end).fill(0);
    for (const { at } of items) if ((at ?? 0) < end) counts[Math.floor(at ?? 0)]++;
    const mean = counts.reduce((sum, n) => sum + n, 0) / end;
    const variance = counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / end;
    assert.ok(Math.abs(mean - 50) < 2, String(mean));
    assert.ok(Math.abs(variance / mean - 1) < 0.25, String(variance / mean));
  });

  it('reads lengths as they are written', () => {
    assert.deepEqual(parseLengths('512'), { kind: 'fixed', value: 512 });
    assert.deepEqual(parseLengths('128-1024'), { kind: 'uniform', min: 128, max: 1024 });
    assert.deepEqual(parseLengths('normal:512,128'), {
      kind: 'normal',
      mean: 512,
      deviation: 128,
    });
    for (const wrong of ['', '0', '-3', '9-3', 'a', '1e3', 'normal:1', '0-5'])
      assert.equal(parseLengths(wrong), undefined, wrong);
    assert.equal(meanLength({ kind: 'uniform', min: 100, max: 200 }), 150);
  });

  it('has numbers that are spread evenly', () => {
    const random = randomNumbers(7);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(random() * 10)]++;
    for (const bin of bins) assert.ok(Math.abs(bin - 10_000) < 500, String(bins));
  });
});

describe('prompts from a file', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'profilemate-data-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const read = (text: string, change: Partial<LoadSettings> = {}) => {
    const dataset = join(folder, 'd.json');
    writeFileSync(dataset, text);
    return workload({ ...LOAD, requests: 3, dataset, ...change });
  };

  it('reads JSONL, with and without lengths, as often as needed', async () => {
    const lines = '{"prompt":"one","output_len":5}\n\n{"prompt":"two"}\n{"other":1}\n';
    const items = await read(lines);
    assert.deepEqual(
      items.map(({ prompt, outputTokens }) => [prompt, outputTokens]),
      [
        ['one', 5],
        ['two', 10],
        ['one', 5],
      ],
    );
    const chat = await read('{"messages":[{"role":"user","content":"x"}]}', { api: 'chat' });
    assert.deepEqual(chat[0].prompt, [{ role: 'user', content: 'x' }]);
  });

  it('reads ShareGPT: the first question, and about as long an answer', async () => {
    const document = JSON.stringify([
      {
        conversations: [
          { from: 'human', value: 'why?' },
          { from: 'gpt', value: 'x'.repeat(400) },
        ],
      },
    ]);
    const [item] = await read(document);
    assert.deepEqual([item.prompt, item.outputTokens], ['why?', 100]);
  });

  it('says what is wrong with a file', async () => {
    await assert.rejects(read('{"prompt":"a"}\nnot json'), /Line 2 is not JSON/);
    await assert.rejects(read('[1, 2'), /It is not JSON/);
    await assert.rejects(read('{"a":1}'), /There are no prompts in it/);
    await assert.rejects(
      workload({ ...LOAD, dataset: join(folder, 'no') }),
      /There is no such file/,
    );
  });
});

describe('figures of a load', () => {
  it('are defined as NumPy defines them', () => {
    // Mean and std by Python's statistics; percentiles by hand: 1 2 3 5 7 9 12 16 18 25 40.
    const found = distribution(Float64Array.of(12, 7, 3, 25, 18, 1, 9, 40, 5, 16, 2));
    const expected = {
      mean: 12.545454545454545,
      std: 11.227916801547797,
      min: 1,
      p50: 9,
      p90: 25,
      p95: 32.5,
      p99: 38.5,
      max: 40,
    };
    for (const [name, value] of Object.entries(expected))
      assert.ok(Math.abs((found as unknown as Record<string, number>)[name] - value) < 1e-9, name);
    assert.equal(distribution(new Float64Array(0)), undefined);
  });

  it('leave out what failed, and say why it did', () => {
    const each: RequestRecord[] = [
      { start_s: 0, prompt_tokens: 10, output_tokens: 5, ttft_ms: 10, tpot_ms: 2, latency_ms: 18 },
      { start_s: 0, prompt_tokens: 10, output_tokens: 1, ttft_ms: 30, latency_ms: 30 },
      { start_s: 0, prompt_tokens: 0, output_tokens: 3, error: 'the stream broke off' },
    ];
    const figures = clientFigures({
      model: 'm',
      startUtcMs: 0,
      durationS: 2,
      each,
      interTokenMs: Float64Array.of(2, 2, 2, 2),
      client: { cpu_share: 0, delay_p99_ms: 0 },
    });
    assert.deepEqual(
      [figures.requests, figures.completed, figures.failed, figures.errors],
      [3, 2, 1, { 'the stream broke off': 1 }],
    );
    assert.deepEqual([figures.prompt_tokens, figures.output_tokens], [20, 6]);
    assert.deepEqual(
      [figures.request_throughput, figures.output_throughput, figures.total_token_throughput],
      [1, 3, 13],
    );
    assert.equal(figures.ttft_ms?.mean, 20);
    assert.equal(figures.tpot_ms?.mean, 2, 'an answer of one token has no time per further token');
  });

  it('are read from a result of vllm bench serve, what is missing staying missing', () => {
    const figures = fromBenchServe({
      date: '20260101',
      model_id: 'm',
      num_prompts: 10,
      duration: 4.5,
      completed: 9,
      total_input_tokens: 900,
      total_output_tokens: 90,
      request_throughput: 2,
      output_throughput: 20,
      total_token_throughput: 220,
      mean_ttft_ms: 11,
      median_ttft_ms: 10,
      std_ttft_ms: 1,
      p99_ttft_ms: 15,
      mean_itl_ms: 3,
      p99_itl_ms: Number.NaN,
    });
    assert.deepEqual(figures?.ttft_ms, { mean: 11, std: 1, p50: 10, p99: 15 });
    assert.deepEqual(figures?.itl_ms, { mean: 3 });
    assert.equal(figures?.tpot_ms, undefined);
    assert.equal(figures?.failed, 1);
    for (const other of [null, [], 'x', { completed: 1 }])
      assert.equal(fromBenchServe(other), undefined);
  });
});

describe('the client', () => {
  /** What the client makes of one request to a server that answers as told. */
  async function answered(
    answer: (response: http.ServerResponse) => unknown,
    { status = 200, timeout = LOAD.timeout } = {},
  ) {
    const server = http.createServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      answer(response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const items: WorkItem[] = [{ prompt: 'x', outputTokens: 3 }];
    const target = { url: `http://127.0.0.1:${port}`, model: 'm' };
    const figures = await runLoad(target, items, { ...LOAD, timeout }, { cancel: never });
    server.closeAllConnections();
    server.close();
    return figures;
  }
  /** Writes pieces, each in a packet of its own where nothing holds them up, and ends. */
  const pieces =
    (...data: readonly string[]) =>
    async (response: http.ServerResponse): Promise<void> => {
      for (const piece of data) {
        response.write(piece);
        await sleep(20);
      }
      response.end();
    };
  const token = (text: string) => `data: ${JSON.stringify({ choices: [{ text }] })}\n\n`;
  const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}\n\n`;
  const DONE = 'data: [DONE]\n\n';

  it('measures first piece, gaps and latency as they were made', async () => {
    // The clock is the server's to set, and stands still until the client has read it: what a
    // busy machine makes late is not late by this one.
    let [time, readings] = [0, 0];
    const clock = mock.method(performance, 'now', () => {
      readings++;
      return time;
    });
    try {
      const { each, itl_ms } = await answered(async (response) => {
        for (const [at, data] of [
          [800, token('a')],
          [1200, token('b')],
          [2400, token('c')],
          [2410, USAGE + DONE],
        ] as const) {
          const before = readings;
          time = at;
          response.write(data);
          await until('the client reads the clock', () => readings > before);
        }
        response.end();
      });
      const [request] = each ?? [];
      assert.equal(request.ttft_ms, 800);
      assert.equal(request.latency_ms, 2400);
      assert.equal(request.tpot_ms, (2400 - 800) / (3 - 1));
      assert.deepEqual([itl_ms?.min, itl_ms?.max], [400, 1200]);
      assert.deepEqual([request.prompt_tokens, request.output_tokens], [7, 3]);
    } finally {
      clock.mock.restore();
    }
  });

  it('puts together events that arrive in parts, and takes apart those that arrive together', async () => {
    const whole = token('a') + token('b');
    const figures = await answered(
      pieces(whole.slice(0, 17), whole.slice(17), 'data: [DO', 'NE]\n\n'),
    );
    assert.equal(figures.completed, 1);
    assert.equal(figures.output_tokens, 2, 'pieces are counted where the server does not');
  });

  it('takes what is no whole answer for a failure', async () => {
    const error = async (...args: Parameters<typeof answered>): Promise<string | undefined> =>
      Object.keys((await answered(...args)).errors ?? {})[0];
    const breaksOff = (response: http.ServerResponse): unknown =>
      response.write(token('a'), () => response.destroy());
    const isSilent = (): void => undefined;
    assert.equal(await error(breaksOff), 'the stream broke off');
    assert.equal(await error(pieces(token('a'))), 'the stream broke off');
    assert.equal(await error(pieces(DONE)), 'the answer was empty');
    assert.equal(await error(isSilent, { timeout: 1 }), 'no answer within 1 s');
    assert.equal(
      await error(pieces('{"error":{"message":"max_tokens is too large"}}'), { status: 400 }),
      'HTTP 400: max_tokens is too large',
    );
    assert.equal(
      await error(pieces('data: {"error":{"message":"engine died"}}\n\n')),
      'the server said: "engine died"',
    );
  });

  it('says that nobody answers', async () => {
    const items: WorkItem[] = [{ prompt: 'x', outputTokens: 3 }];
    const target = { url: 'http://127.0.0.1:9', model: 'm' };
    const figures = await runLoad(target, items, LOAD, { cancel: never });
    assert.deepEqual(figures.errors, { 'the connection failed (ECONNREFUSED)': 1 });
  });

  it('stops at once when cancelled', async () => {
    let asked = 0;
    // Never answers: who waits for an answer does not end.
    const server = http.createServer(() => asked++);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const target = { url: `http://127.0.0.1:${port}`, model: 'm' };
    const stop = new AbortController();
    const patient = { ...LOAD, timeout: 3600 };
    const loading = runLoad(target, await workload(LOAD), patient, { cancel: stop.signal });
    const ended = assert.rejects(loading, Cancelled);
    await eventually(() => assert.equal(asked, LOAD.concurrency));
    stop.abort();
    await ended;
    server.closeAllConnections();
    server.close();
  });

  describe('against a server', function () {
    let server: Server | undefined;
    before(function () {
      if (!hasPython('the client against a server')) this.skip();
    });
    afterEach(() => server?.stop());

    it('counts what the server counts', async () => {
      server = await Server.start({ stepMs: 2 });
      const items = await workload({ ...LOAD, prompt: { kind: 'uniform', min: 5, max: 50 } });
      let told = 0;
      const figures = await runLoad({ url: server.url, model: 'm' }, items, LOAD, {
        cancel: never,
        onProgress: (done) => (told = done),
      });
      assert.equal(figures.completed, 20);
      assert.equal(told, 20);
      assert.equal(figures.prompt_tokens, await server.metric('prompt_tokens_total'));
      assert.equal(figures.output_tokens, await server.metric('generation_tokens_total'));
      for (const { ttft_ms = NaN, tpot_ms = NaN, latency_ms = NaN } of figures.each ?? []) {
        assert.ok(Math.abs(ttft_ms + tpot_ms * 9 - latency_ms) < 1e-6);
        // Ten steps of 2 ms at least; how late each is seen is the machine's.
        assert.ok(ttft_ms >= 2 && latency_ms >= 20, `${ttft_ms} ms, ${latency_ms} ms`);
      }
      // Nine gaps in each answer, so that the mean of all is the mean of the answers' own.
      assert.ok(Math.abs((figures.itl_ms?.mean ?? NaN) - (figures.tpot_ms?.mean ?? NaN)) < 1e-6);
    });

    /** The most requests that were under way at a time. */
    function atOnce({ each = [] }: ClientFigures): number {
      const spans = each.map(({ start_s = NaN, latency_ms = 0 }) => [
        start_s,
        start_s + latency_ms / 1000,
      ]);
      return Math.max(
        ...spans.map(([start]) => spans.filter(([from, to]) => from <= start && start < to).length),
      );
    }

    it('keeps to the concurrency, and to the rate', async () => {
      server = await Server.start({ stepMs: 20 });
      const target = { url: server.url, model: 'm' };
      const few = await runLoad(
        target,
        await workload(LOAD),
        { ...LOAD, concurrency: 3 },
        { cancel: never },
      );
      assert.ok(atOnce(few) <= 3, `${atOnce(few)} at once`);

      const settings = { ...LOAD, rate: 40, concurrency: 100 };
      const items = await workload(settings);
      const paced = await runLoad(target, items, settings, { cancel: never });
      (paced.each ?? []).forEach(({ start_s = NaN }, i) => {
        const late = start_s - (items[i].at ?? 0);
        assert.ok(late >= -0.002, `request ${i} was ${-late} s early`);
      });
      assert.ok(atOnce(paced) > 1, 'none waits for the one before it');
    });

    it('goes on when some requests fail, and counts them', async () => {
      server = await Server.start({ stepMs: 1, fault: 'broken-stream:5,refuse:4' });
      const figures = await runLoad({ url: server.url, model: 'm' }, await workload(LOAD), LOAD, {
        cancel: never,
      });
      // Of 20: every fourth is refused; every fifth that is not refused breaks off.
      assert.deepEqual(figures.errors, {
        'HTTP 500: EngineCore is busy': 5,
        'the stream broke off': 3,
      });
      assert.equal(figures.completed, 12);
    });

    it('speaks chat, and takes whole answers', async () => {
      server = await Server.start({ stepMs: 1 });
      const target = { url: server.url, model: 'm' };
      const chat = { ...LOAD, api: 'chat' as const };
      const streamed = await runLoad(target, await workload(chat), chat, { cancel: never });
      assert.deepEqual(
        [streamed.completed, streamed.output_tokens, streamed.prompt_tokens],
        [20, 200, 600],
      );
      const whole = { ...LOAD, stream: false };
      const at = await runLoad(target, await workload(whole), whole, { cancel: never });
      assert.deepEqual([at.completed, at.output_tokens], [20, 200]);
      assert.equal(at.ttft_ms, undefined, 'an answer as a whole has no first piece');
      assert.ok((at.latency_ms?.min ?? 0) > 5);
    });

    it('holds 500 streams at once, and tells how little of the time is its own', async () => {
      // The server answers none before it has them all.
      server = await Server.start({ stepMs: 100, fault: 'gather:500' });
      const settings: LoadSettings = { ...LOAD, requests: 500, concurrency: 500 };
      const items = await workload({ ...settings, output: { kind: 'fixed', value: 40 } });
      const target = { url: server.url, model: 'm' };
      const figures = await runLoad(target, items, settings, { cancel: never });
      assert.deepEqual([figures.completed, figures.output_tokens], [500, 20_000]);
      const { cpu_share: share, delay_p99_ms: delay } = figures.client ?? {};
      assert.ok(share !== undefined && delay !== undefined);
      console.log(
        `      ${(share * 100).toFixed(0)} % of a core, ${delay.toFixed(0)} ms late at most`,
      );
    });
  });
});
