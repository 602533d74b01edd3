/** `profilemate session`: what the runtime layer wrote, as text, as JSON, for Prometheus. */
import path from 'node:path';
import { version } from '../../package.json';
import { loggedBalance } from '../analysis/expert-balance';
import { batchTotals } from '../analysis/session/batches';
import { coselections, experts } from '../analysis/session/experts';
import { sessionFindings } from '../analysis/session/findings';
import { sessionGraphs } from '../analysis/session/graphs';
import { evictionTotals, kvCacheTotals } from '../analysis/session/kv-cache';
import { components, cpuOperations, forwardLatency } from '../analysis/session/latency';
import { requestTotals } from '../analysis/session/requests';
import type { ExpertBalance, ModelBalance } from '../profile/expert-balance';
import { formatCount, formatNumber, formatShare, formatTime, UNKNOWN } from '../profile/format';
import type { Session } from '../profile/session';
import { readSession } from '../readers/session';
import { processName } from '../report/session-results';
import { onePath, readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { note, plain, print } from './output';
import { lacks, runAt } from './run-at';
import { balanceOf } from './session-results';
import { prometheusText } from './session-prometheus';

const help = `Usage: profilemate session DIR [--json | --prometheus]

What the runtime layer wrote inside vLLM's own processes: KV cache, CUDA graphs,
batches, times of the model and of the host, requests and preemptions, experts; and
what stands out. Also of folders of the original sitecustomize profiler.

  DIR            a session folder, its metadata.json, or any of its CSV files; a run's folder

      --json        print the figures as one JSON document, with schema_version;
                    times in ns, shares from 0 to 1
      --prometheus  print the figures as Prometheus text, for a textfile collector
  -h, --help        print this

Exit status: 0 done, 2 the input is bad.
`;

/** Everything the JSON document holds; series are left out. */
function figures(session: Session, balance: ExpertBalance | undefined): Record<string, unknown> {
  const withoutSeries = <T extends { series: unknown }>({ series: _, ...rest }: T): object => rest;
  const { points: _, ...evicted } = evictionTotals(session);
  const { rows: __, ...requests } = requestTotals(session);
  const { layers, ...routing } = experts(session);
  return {
    schema_version: 1,
    generator: `profilemate ${version}`,
    session: {
      name: session.name,
      format: session.format,
      schema_version: session.schemaVersion,
      start: session.utcEpoch === undefined ? undefined : new Date(session.utcEpoch / 1e6),
      host: session.host,
      missing: session.missing,
    },
    processes: session.processes,
    kv_cache: { use: kvCacheTotals(session).map(withoutSeries), evictions: evicted },
    cuda_graphs: sessionGraphs(session),
    batches: batchTotals(session).map(withoutSeries),
    forward_pass: forwardLatency(session),
    cpu_operations: cpuOperations(session),
    requests,
    components: components(session),
    experts: {
      ...routing,
      layers: layers.map(({ counts, weights, ...layer }) => ({
        ...layer,
        counts: [...counts],
        weights: weights && { ...weights, means: [...weights.means] },
      })),
      coselections: coselections(session, undefined, 50),
      logged: balance && { ...balance, models: balance.models.map(withoutSamples) },
    },
    findings: sessionFindings(session, balance),
    diagnostics: session.diagnostics,
  };
}

const withoutSamples = ({ samples, ...figures }: ModelBalance): object => ({
  ...figures,
  steps: samples.length,
});

const who = (session: Session, process: number): string => processName(session.processes[process]);

/** The session itself, or that of a run. */
async function sessionAt(place: string): Promise<string> {
  const run = await runAt(place);
  if (!run) return place;
  if (run.session === undefined) throw new CliFailure(lacks(run, 'session of the runtime layer'));
  return path.join(run.folder, run.session);
}

function text(session: Session, balance: ExpertBalance | undefined): string {
  const lines: string[] = [];
  const section = (title: string, rows: readonly string[]): void => {
    if (rows.length > 0) lines.push('', title, ...rows.map((row) => `  ${plain(row)}`));
  };
  const { processes } = session;
  const versions = [...new Set(processes.map((each) => each.vllmVersion).filter(Boolean))];
  lines.push(
    plain(
      `${session.name}: ${formatCount(processes.length)} ${processes.length === 1 ? 'process' : 'processes'}${versions.length > 0 ? `, vLLM ${versions.join(', ')}` : ''}${session.format === 'original' ? ', of the original tool' : ''}`,
    ),
  );

  section(
    'What stands out',
    sessionFindings(session, balance).flatMap(({ severity, title, advice }) => [
      `${severity === 'info' ? '·' : '!'} ${title}`,
      `  ${advice}`,
    ]),
  );
  const evicted = evictionTotals(session);
  section('KV cache', [
    ...kvCacheTotals(session).map(
      (use) =>
        `${who(session, use.process)}: mean ${formatShare(use.mean)}, p95 ${formatShare(use.p95)}, peak ${formatShare(use.peak)} of ${formatCount(use.totalBlocks)} blocks`,
    ),
    ...(evicted.count > 0
      ? [
          `${formatCount(evicted.count)} cached blocks evicted, p50 lifetime ${formatTime(evicted.lifetime?.p50)}, idle ${formatTime(evicted.idle?.p50)}`,
        ]
      : []),
  ]);
  const graphs = sessionGraphs(session);
  section(
    'CUDA graphs',
    graphs.steps === 0 && graphs.captured === 0
      ? []
      : [
          `${formatCount(graphs.captured)} captured in ${formatTime(graphs.captureTime)}, ${formatCount(graphs.neverUsed)} never replayed; ${formatShare(graphs.coverage)} of ${formatCount(graphs.steps)} steps replay one, ${formatShare(graphs.padding)} of their tokens are padding`,
          ...graphs.graphs
            .filter(({ replays }) => replays > 0)
            .slice(0, 10)
            .map(
              (graph) =>
                `${graph.mode.padEnd(10)} ${String(graph.tokens ?? UNKNOWN).padStart(6)} tokens  ${formatCount(graph.replays).padStart(10)} steps  ${formatShare(graph.share).padStart(7)}  padding ${formatShare(graph.padding)}`,
            ),
        ],
  );
  section(
    'Batches',
    batchTotals(session).map(
      (use) =>
        `${who(session, use.process)}: ${formatCount(use.steps)} steps (${use.phases.map(({ phase, steps }) => `${phase} ${formatCount(steps)}`).join(', ')}), sequences ${formatShare(use.requestShare)} and tokens ${formatShare(use.tokenShare)} of the limits, ${formatNumber(use.meanWaiting)} waiting`,
    ),
  );
  section(
    'Model (execute_model)',
    forwardLatency(session).map(
      (each) =>
        `${who(session, each.process)} ${each.phase}: ${formatCount(each.steps)} steps, p50 ${formatTime(each.times?.p50)}, p95 ${formatTime(each.times?.p95)}, p99 ${formatTime(each.times?.p99)}, ${formatNumber(each.tokensPerSecond)} tokens/s${each.timing === 'host' ? " (the host's time)" : ''}`,
    ),
  );
  section(
    'Host',
    cpuOperations(session).map(
      (each) =>
        `${who(session, each.process)} ${each.operation}: ${formatCount(each.times.count)} calls, p50 ${formatTime(each.times.p50)}, p99 ${formatTime(each.times.p99)}, ${formatShare(each.share)} of the time`,
    ),
  );
  const requests = requestTotals(session);
  section(
    'Requests',
    requests.requests === 0
      ? []
      : [
          `${formatCount(requests.requests)} finished, p50 ${formatTime(requests.total?.p50)}, p95 ${formatTime(requests.total?.p95)}; waited p50 ${formatTime(requests.waiting?.p50)}`,
          `${formatCount(requests.preemptions)} preemptions of ${formatShare(requests.preempted)} of requests${requests.reasons.map(({ reason, count }) => `, ${reason || 'unknown'} ${formatCount(count)}`).join('')}`,
        ],
  );
  section('Experts', [
    ...(balance ? [loggedBalance(balance)] : []),
    ...experts(session).layers.map(
      (layer) =>
        `layer ${layer.layer}: ${formatShare(layer.coverage)} of ${layer.counts.length} used, busiest ${layer.busiest}, busiest/least ${formatNumber(layer.ratio)}, deviation ${formatShare(layer.deviation)}${layer.weights ? `, mean weight ${formatNumber(layer.weights.mean)}` : ''}`,
    ),
  ]);
  section(
    'Encoder and decoder, in the steps of the encoder',
    components(session).map(
      (each) =>
        `${each.component}: ${formatShare(each.share)}, ${formatCount(each.times.count)} times, p50 ${formatTime(each.times.p50)}`,
    ),
  );
  const limits = new Set(processes.flatMap(({ limits: each }) => each.map((l) => l.statement)));
  section('What this session cannot say', [...limits]);
  return `${lines.join('\n')}\n`;
}

export const session: Command = {
  name: 'session',
  summary: 'what the runtime layer wrote inside vLLM',
  help,
  async run(args) {
    const { values, positionals } = readArgs('session', args, {
      json: { type: 'boolean' },
      prometheus: { type: 'boolean' },
    });
    if (values.json && values.prometheus) {
      throw new CliFailure('Either --json or --prometheus. See: profilemate session --help');
    }
    const read = await readSession(
      await sessionAt(onePath('session', 'session folder', positionals)),
    );
    for (const { text: said } of read.diagnostics) note(`profilemate: ${plain(said)}`);
    const balance = await balanceOf(read);
    if (values.json) await print(`${JSON.stringify(figures(read, balance), jsonNumbers, 2)}\n`);
    else if (values.prometheus) await print(prometheusText(read));
    else await print(text(read, balance));
    return ExitStatus.Done;
  },
};

/** What is not known is null, as is a ratio to nothing: JSON has no other numbers. */
const jsonNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? null : value;
