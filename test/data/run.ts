/**
 * The folder of a run as a capture leaves it, with everything about it known:
 * a timeline, kernel metrics of some of its kernels, what the client measured,
 * the session of the runtime layer, logs, and the record. All of it happens at
 * the same wall-clock times.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Mode } from '../../src/capture/settings';
import { DEFAULTS } from '../../src/capture/settings';
import type { RunFiles, RunRecord, StageRecord } from '../../src/capture/run-folder';
import type { ClientFigures, RequestRecord } from '../../src/profile/client-figures';
import { BALANCE_SCHEMA_VERSION, type ExpertBalance } from '../../src/profile/expert-balance';
import { twoGpusResults } from './ncu';
import { MemoryTables, toFile } from './sqlite';
import type { StepTruth, Truth } from './truth';
import { vllm, type VllmOptions } from './vllm';

/** `balance`: what the server's log told of how evenly experts were loaded. */
export type RunPart = 'timeline' | 'kernels' | 'client' | 'session' | 'balance';

export interface RunOptions {
  readonly model: string;
  readonly mode: Mode;
  readonly parts: readonly RunPart[];
  /** The server died before it was healthy; what `parts` names is there all the same. */
  readonly failed: boolean;
  readonly timeline: Partial<VllmOptions>;
  /** What the log took averages over. */
  readonly across?: ExpertBalance['across'];
}

export const RUN_DEFAULTS: RunOptions = {
  model: 'meta-llama/Llama-3.2-1B-Instruct',
  mode: 'full',
  parts: ['timeline', 'kernels', 'client', 'session'],
  failed: false,
  timeline: { steps: 24, layers: 4, ranks: 1 },
};

/** What stands in the record and must never be shown. */
export const RUN_SECRETS = ['not-for-eyes-1', 'not-for-eyes-2'];

/** Wall clock of the timeline's time 0, as {@link vllm} writes it: ns since 1970. */
export const RUN_UTC_EPOCH = 1_772_000_000_123_456_789n;

export interface RunTruth {
  readonly folder: string;
  readonly record: RunRecord;
  readonly timeline: Truth;
  /** The lead rank's steps, which the session has a row for each of. */
  readonly steps: readonly StepTruth[];
  readonly client: ClientFigures;
  /** In the timeline's time: when the client began, and its last request was sent, in ns. */
  readonly load: readonly [start: number, end: number];
  /** What is to be added to a time of the session to have the timeline's, in ns. */
  readonly sessionOffset: number;
}

/** Answered requests; the figures of {@link clientOf} follow from it being 101. */
const ANSWERED = 101;
const REFUSED = 2;
const SESSION_OFFSET = 250_000_000;

/** @param folder is made, and filled */
export function runFolder(folder: string, overrides: Partial<RunOptions> = {}): RunTruth {
  const options = { ...RUN_DEFAULTS, ...overrides };
  const has = (part: RunPart): boolean => options.parts.includes(part);
  mkdirSync(path.join(folder, 'logs'), { recursive: true });
  const write = (name: string, content: string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  const timeline = has('timeline')
    ? toFile(path.join(folder, 'timeline.nsys.sqlite'), (sink) => vllm(sink, options.timeline))
    : vllm(new MemoryTables(), options.timeline);
  const steps = timeline.steps.filter(({ rank, engine }) => rank === 0 && engine === 0);
  const load = [steps[0].rangeStart, steps[steps.length - 1].rangeEnd] as const;
  const client = clientOf(options.model, load);
  if (has('kernels')) write('kernels.csv', twoGpusResults());
  if (has('client')) write('client.json', JSON.stringify(client));
  if (has('session')) session(write, steps);
  if (has('balance')) write(BALANCE_FILE, JSON.stringify(balanceOf(load, options.across)));
  write('logs/server.log', 'INFO: Started server process\nValueError: no such option: --quick\n');
  if (has('timeline')) write('logs/nsys.log', 'Exporting …\n');
  const record = recordOf(options, load, client);
  write('run.json', JSON.stringify(record, undefined, 2));
  return { folder, record, timeline, steps, client, load, sessionOffset: SESSION_OFFSET };
}

const BALANCE_FILE = 'expert_balance.json';
const LOGGED_STEPS = 40;

/** The busiest GPU has 128 tokens in each step, the average one by turns 64 and 128: 96 of 128 in all. */
const balanceOf = (
  [start, end]: readonly [number, number],
  across: ExpertBalance['across'],
): ExpertBalance => ({
  schema_version: BALANCE_SCHEMA_VERSION,
  ...(across && { across }),
  models: [
    {
      balancedness: 0.75,
      p50: 0.75,
      min: 0.5,
      samples: Array.from({ length: LOGGED_STEPS }, (_, i) => ({
        at_utc_ms: utcMs(start + ((end - start) * i) / LOGGED_STEPS),
        step: 20 * i,
        avg_tokens: i % 2 === 0 ? 64 : 128,
        max_tokens: 128,
      })),
    },
  ],
});

/** In ms since 1970: a double of that is good to a quarter of a microsecond. */
const utcMs = (time: number): number => Number(RUN_UTC_EPOCH + BigInt(Math.round(time))) / 1e6;

/**
 * Request `i` waits 20 + k ms for its first token and (10 + k / 10) ms for each
 * of ten more, k being each of 0 to 100 once: percentiles can be read off.
 */
function clientOf(model: string, [start, end]: readonly [number, number]): ClientFigures {
  const count = ANSWERED + REFUSED;
  const each = Array.from({ length: count }, (_, i): RequestRecord => {
    const start_s = ((end - start) / 1e9) * (i / count);
    if (i >= ANSWERED)
      return { start_s, prompt_tokens: 0, output_tokens: 0, error: 'HTTP 500: no blocks left' };
    const k = (i * 37) % ANSWERED;
    const tpot_ms = 10 + k / 10;
    return {
      start_s,
      prompt_tokens: 100,
      output_tokens: 11,
      ttft_ms: 20 + k,
      tpot_ms,
      latency_ms: 120 + 2 * k,
    };
  });
  /** Of `from` to `from + 100 × step`, evenly. */
  const even = (from: number, step: number) => ({
    mean: from + 50 * step,
    std: step * Math.sqrt((ANSWERED ** 2 - 1) / 12),
    min: from,
    p50: from + 50 * step,
    p90: from + 90 * step,
    p95: from + 95 * step,
    p99: from + 99 * step,
    max: from + 100 * step,
  });
  return {
    schema_version: 1,
    source: 'profilemate',
    model,
    start_utc_ms: utcMs(start),
    duration_s: 2,
    requests: count,
    completed: ANSWERED,
    failed: REFUSED,
    errors: { 'HTTP 500: no blocks left': REFUSED },
    prompt_tokens: 100 * ANSWERED,
    output_tokens: 11 * ANSWERED,
    request_throughput: ANSWERED / 2,
    output_throughput: (11 * ANSWERED) / 2,
    total_token_throughput: (111 * ANSWERED) / 2,
    ttft_ms: even(20, 1),
    tpot_ms: even(10, 0.1),
    itl_ms: even(10, 0.1),
    latency_ms: even(120, 2),
    client: { cpu_share: 0.12, delay_p99_ms: 0.4 },
    each,
  };
}

/** The same load as `vllm bench serve --save-result` tells it; with `--save-detailed`, each request. */
export function benchServe(client: ClientFigures, detailed = false): Record<string, unknown> {
  const spread = (name: string, of: ClientFigures['ttft_ms']) => ({
    [`mean_${name}_ms`]: of?.mean,
    [`median_${name}_ms`]: of?.p50,
    [`std_${name}_ms`]: of?.std,
    [`p99_${name}_ms`]: of?.p99,
  });
  const each = client.each ?? [];
  const seconds = (ms: number | undefined): number => (ms ?? 0) / 1e3;
  return {
    date: '20260225-061322',
    backend: 'vllm',
    model_id: client.model,
    tokenizer_id: client.model,
    num_prompts: client.requests,
    request_rate: 'inf',
    duration: client.duration_s,
    completed: client.completed,
    failed: client.failed,
    total_input_tokens: client.prompt_tokens,
    total_output_tokens: client.output_tokens,
    request_throughput: client.request_throughput,
    output_throughput: client.output_throughput,
    total_token_throughput: client.total_token_throughput,
    ...(detailed && {
      input_lens: each.map(({ prompt_tokens }) => prompt_tokens),
      output_lens: each.map(({ output_tokens }) => output_tokens),
      ttfts: each.map(({ ttft_ms }) => seconds(ttft_ms)),
      itls: each.map(({ tpot_ms }) =>
        tpot_ms === undefined ? [] : new Array<number>(10).fill(seconds(tpot_ms)),
      ),
      generated_texts: each.map(() => ''),
      errors: each.map(({ error }) => error ?? ''),
    }),
    ...spread('ttft', client.ttft_ms),
    ...spread('tpot', client.tpot_ms),
    ...spread('itl', client.itl_ms),
  };
}

/** One process of an engine with its worker; a row a step, and the KV cache filling up. */
function session(write: (name: string, content: string) => void, steps: readonly StepTruth[]) {
  const seconds = (time: number): string => ((time - SESSION_OFFSET) / 1e9).toFixed(9);
  const csv = (head: string, rows: readonly string[]): string => [head, ...rows, ''].join('\n');
  const of = 'runtime/p4117-0a1b2c';
  write(
    'runtime/metadata.json',
    JSON.stringify({
      schema: 'profilemate-session',
      schema_version: 1,
      writer: 'profilemate-runtime 0.1.0',
      session: 'runtime',
      start_wall_ns: Number(RUN_UTC_EPOCH + BigInt(SESSION_OFFSET)),
      hostname: 'gpu-node-7',
    }),
  );
  write(
    `${of}/metadata.json`,
    JSON.stringify({
      schema: 'profilemate-process',
      schema_version: 1,
      state: 'finished',
      pid: 4117,
      rank: 0,
      engine_core: true,
      worker: true,
      vllm_version: '0.27.0',
    }),
  );
  const tokens = (step: StepTruth): number => step.contextTokens + step.generationTokens;
  write(
    `${of}/forward_pass_timing.csv`,
    csv(
      'timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,timing,context_requests,context_tokens,step',
      steps.map((step, i) =>
        [
          seconds(step.rangeStart),
          step.phase,
          step.contextRequests + step.generationRequests,
          tokens(step),
          ((step.end - step.start) / 1e6).toFixed(6),
          'cuda_event',
          step.contextRequests,
          step.contextTokens,
          i,
        ].join(','),
      ),
    ),
  );
  write(
    `${of}/kv_cache_usage.csv`,
    csv(
      'timestamp_sec,usage_pct,num_blocks,total_blocks',
      steps.map((step, i) =>
        [seconds(step.rangeStart), ((100 * (i + 1)) / steps.length).toFixed(4), i + 1, steps.length]
          .map(String)
          .join(','),
      ),
    ),
  );
}

function recordOf(
  { model, mode, parts, failed }: RunOptions,
  load: readonly [number, number],
  client: ClientFigures,
): RunRecord {
  const has = (part: RunPart): boolean => parts.includes(part);
  const iso = (time: number): string => new Date(utcMs(time)).toISOString();
  const stage = (
    id: StageRecord['stage'],
    title: string,
    start: number,
    end: number,
    detail?: string,
  ): StageRecord => ({
    stage: id,
    title,
    state: 'done',
    started: iso(start),
    seconds: (end - start) / 1e9,
    ...(detail !== undefined && { detail }),
  });
  const [start, end] = load;
  const second = 1e9;
  const begun = start - 30 * second;
  const files: RunFiles = {
    timelines: has('timeline') ? ['timeline.nsys.sqlite'] : [],
    reports: [],
    ...(has('kernels') && { kernels: 'kernels.csv' }),
    torch: [],
    ...(has('client') && { client: 'client.json' }),
    ...(has('session') && { runtime: 'runtime' }),
    ...(has('balance') && { balance: BALANCE_FILE }),
  };
  const command = {
    stage: 'start' as const,
    program: '/usr/bin/nsys',
    args: ['profile', '--trace=cuda,nvtx', '--', 'vllm', 'serve', model, '--api-key', '***'],
    env: { HF_TOKEN: RUN_SECRETS[0], VLLM_WORKER_MULTIPROC_METHOD: 'spawn' },
  };
  return {
    schema_version: 1,
    id: '0a1b2c',
    state: failed ? 'failed' : 'done',
    model,
    mode,
    started: iso(begun),
    seconds: (end - begun) / 1e9 + 5,
    profilemate: '0.1.0',
    versions: { vllm: '0.27.0', nsys: '2026.2.1', python: '3.12.4', driver: '580.65.06' },
    gpus: ['NVIDIA H100 80GB HBM3'],
    git: { commit: '3f1d7a520c7e4c7b9d525e1a6f0c2b11deadbeef', changed: true },
    settings: {
      ...DEFAULTS,
      model,
      mode,
      engineArgs: ['--max-model-len', '8192'],
      env: { SOME_KEY: RUN_SECRETS[1] },
    },
    notes: failed ? [] : ['CUDA graphs are traced node by node.'],
    commands: [
      {
        ...command,
        text: `HF_TOKEN=${RUN_SECRETS[0]} nsys profile …`,
        started: iso(begun + second),
        seconds: failed ? 12 : (end - begun) / 1e9,
        exit_status: failed ? 1 : 0,
      },
    ],
    stages: [
      stage('check', 'Check the environment', begun, begun + second, 'vLLM 0.27.0'),
      stage('start', 'Start the server', begun + second, begun + 2 * second),
      failed
        ? {
            ...stage('ready', 'Wait until it is healthy', begun + 2 * second, begun + 12 * second),
            state: 'failed',
            detail: 'The server has ended before it was healthy.',
          }
        : stage('ready', 'Wait until it is healthy', begun + 2 * second, begun + 28 * second),
      ...(failed
        ? []
        : [
            stage('load', 'Send the load', start, end, `${client.completed} answered`),
            stage('shut-down', 'Shut down', end, end + 3 * second),
            stage('export', 'Export', end + 3 * second, end + 4 * second, 'timeline.nsys.sqlite'),
          ]),
    ],
    files,
    headline: has('client')
      ? { requests: ANSWERED, failed_requests: REFUSED, ttft_p50_ms: 70, tpot_p50_ms: 15 }
      : {},
    ...(failed && {
      failure: {
        stage: 'ready',
        what: 'The server has ended before it was healthy.',
        why: 'vLLM does not know the option --quick.',
        advice: 'Remove it, or update vLLM.',
        log: 'ValueError: no such option: --quick',
      },
    }),
  };
}
