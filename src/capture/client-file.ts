/** What a client measured, from a file that may be of any kind: recognised by its content. */
import { open, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { CLIENT_SCHEMA_VERSION, type ClientFigures } from '../profile/client-figures';
import { fromBenchServe } from './client-figures';

/** A detailed result of a hundred thousand requests is some ten megabytes. */
const LARGEST = 256 << 20;
/** Both kinds name these before anything that is long. */
const HEAD = 16 << 10;
const OURS = /"source"\s*:\s*"(profilemate|vllm bench serve)"/;
const BENCH = [/"completed"\s*:/, /"duration"\s*:/];

const figure = v.optional(v.pipe(v.number(), v.finite()));
const distribution = v.optional(
  v.object({
    mean: figure,
    std: figure,
    min: figure,
    p50: figure,
    p90: figure,
    p95: figure,
    p99: figure,
    max: figure,
  }),
);
const schema = v.object({
  schema_version: v.literal(CLIENT_SCHEMA_VERSION),
  source: v.picklist(['profilemate', 'vllm bench serve']),
  model: v.optional(v.string()),
  start_utc_ms: figure,
  duration_s: figure,
  requests: figure,
  completed: figure,
  failed: figure,
  errors: v.optional(v.record(v.string(), v.number())),
  prompt_tokens: figure,
  output_tokens: figure,
  request_throughput: figure,
  output_throughput: figure,
  total_token_throughput: figure,
  ttft_ms: distribution,
  tpot_ms: distribution,
  itl_ms: distribution,
  latency_ms: distribution,
  client: v.optional(v.object({ cpu_share: v.number(), delay_p99_ms: v.number() })),
  each: v.optional(
    v.array(
      v.object({
        start_s: figure,
        prompt_tokens: v.number(),
        output_tokens: v.number(),
        ttft_ms: figure,
        tpot_ms: figure,
        latency_ms: figure,
        error: v.optional(v.string()),
      }),
    ),
  ),
});

/** Undefined where the file cannot be read, or is not of a client. */
export async function readClientFile(file: string): Promise<ClientFigures | undefined> {
  try {
    if (!(await looksLikeOne(file))) return undefined;
    const document: unknown = JSON.parse(await readFile(file, 'utf8'));
    const ours = v.safeParse(schema, document);
    return ours.success ? ours.output : fromBenchServe(document);
  } catch {
    return undefined;
  }
}

/** So that a trace of gigabytes is not read to learn that it is something else. */
async function looksLikeOne(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > LARGEST) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = buffer.toString('utf8', 0, bytesRead);
    return OURS.test(head) || BENCH.every((field) => field.test(head));
  } finally {
    await handle.close();
  }
}
