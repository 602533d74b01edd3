/**
 * npm run bench -- load [STREAMS…]
 *
 * What the load generator costs: streams at once against the stand-in for vLLM,
 * which gives each of them a token every 100 ms. The client is the limit where
 * it takes a whole core, or where the gaps it sees are longer than the server's.
 */
import { runLoad } from '../../src/capture/load';
import { PRESETS } from '../../src/capture/load-settings';
import { workload } from '../../src/capture/workload';
import { Server } from '../unit/capture/stand-in';
import { keep } from './results';

const TOKENS = 100;
const STEP_MS = 100;

async function measure(streams: number): Promise<string> {
  const server = await Server.start({ stepMs: STEP_MS });
  try {
    const settings = {
      ...PRESETS.mixed,
      requests: streams,
      concurrency: streams,
      prompt: { kind: 'fixed', value: 30 },
      output: { kind: 'fixed', value: TOKENS },
    } as const;
    const { signal } = new AbortController();
    const figures = await runLoad(
      { url: server.url, model: 'm' },
      await workload(settings),
      settings,
      { cancel: signal },
    );
    const { client, output_throughput: rate = 0, output_tokens: tokens = 0, itl_ms } = figures;
    const micros = ((client?.cpu_share ?? 0) * (figures.duration_s ?? 0) * 1e6) / tokens;
    return [
      streams,
      Math.round(rate).toLocaleString('en'),
      `${((client?.cpu_share ?? 0) * 100).toFixed(0)} %`,
      micros.toFixed(1),
      itl_ms?.p50?.toFixed(1),
      itl_ms?.p99?.toFixed(1),
      figures.failed,
    ].join(' | ');
  } finally {
    server.stop();
  }
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2).map(Number);
  const rows: string[] = [];
  for (const streams of asked.length > 0 ? asked : [1, 100, 500, 1000])
    rows.push(`| ${await measure(streams)} |`);
  keep({
    part: 'load',
    title: 'The load generator',
    about: `Against a server on the same machine that gives each stream a token every ${STEP_MS} ms: what the
generator takes of a core, and the gaps between tokens that it sees.`,
    body: `| streams | tokens/s | CPU of a core | µs a token | ITL p50 ms | ITL p99 ms | failed |
|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}`,
  });
}

void main();
