/** What the runtime layer wrote inside vLLM: sections of a report, each only where there is something. */
import { formatCount, formatNumber, formatShare, formatTime, UNKNOWN } from '../../profile/format';
import { processName, type LoggedBalance, type SessionResults } from '../session-results';
import { bars, lines, stack, type Colour } from './charts';
import { figure, html, table, type Markup } from './markup';
import { PHASE_COLOURS } from './style';

const LISTED = 50;
const DRAWN = 12;

const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });

export function session(results: SessionResults): readonly (Markup | undefined)[] {
  return [
    html`<h2 id="session">Runtime session ${results.name}</h2>`,
    kvCache(results),
    batches(results),
    latency(results),
    graphs(results),
    operations(results),
    requests(results),
    experts(results),
    components(results),
  ];
}

const nameOf = ({ processes }: SessionResults, process: number): string =>
  processName(processes[process]);

/** Times of a bin's start and its mean; bins without a row are left out. */
const points = (series: SessionResults['kvCache'][number]['series']) =>
  Array.from(series.mean, (y, bin) => ({ x: series.start + bin * series.width, y })).filter(
    ({ y }) => !Number.isNaN(y),
  );

function kvCache(results: SessionResults): Markup | undefined {
  const { kvCache: uses, evictions } = results;
  if (uses.length === 0 && evictions.count === 0) return undefined;
  return html`<h3 id="session-kv-cache">KV cache</h3>
    ${
      uses.length > 0 &&
      figure(
        lines(
          'KV cache in use over time',
          uses.map((use) => ({ name: nameOf(results, use.process), points: points(use.series) })),
          1,
          '100 % of its blocks',
        ),
        table(
          [
            left('Process'),
            right('Blocks'),
            right('Mean'),
            right('p95'),
            right('Peak'),
            right('Time nearly full'),
          ],
          uses.map((use) => [
            nameOf(results, use.process),
            formatCount(use.totalBlocks),
            formatShare(use.mean),
            formatShare(use.p95),
            formatShare(use.peak),
            formatShare(use.aboveUnder),
          ]),
        ),
      )
    }
    ${
      evictions.count > 0 &&
      html`<p>
        ${formatCount(evictions.count)} cached blocks gave way to new ones; half of them lived less
        than ${formatTime(evictions.lifetime?.p50)} and lay idle for less than
        ${formatTime(evictions.idle?.p50)}.
      </p>`
    }`;
}

function batches(results: SessionResults): Markup | undefined {
  if (results.batches.length === 0) return undefined;
  return html`<h3 id="session-batches">Batches</h3>
    ${results.batches.map((use) =>
      figure(
        lines(
          `Requests running and waiting over time, ${nameOf(results, use.process)}`,
          [
            { name: 'running', points: points(use.series.running) },
            { name: 'waiting', points: points(use.series.waiting) },
          ],
          undefined,
          'requests',
        ),
        table(
          [
            left('Process'),
            right('Steps'),
            left('Of them'),
            right('Sequences, of the limit'),
            right('Tokens, of the limit'),
            right('Running'),
            right('Waiting'),
            right('Most waiting'),
          ],
          [
            [
              nameOf(results, use.process),
              formatCount(use.steps),
              use.phases.map(({ phase, steps }) => `${phase} ${formatCount(steps)}`).join(', '),
              formatShare(use.requestShare),
              formatShare(use.tokenShare),
              formatNumber(use.meanRunning),
              formatNumber(use.meanWaiting),
              formatCount(use.mostWaiting),
            ],
          ],
        ),
      ),
    )}`;
}

function latency(results: SessionResults): Markup | undefined {
  const { latency: rows } = results;
  if (rows.length === 0) return undefined;
  const colours: Readonly<Record<string, Colour>> = PHASE_COLOURS;
  return html`<h3 id="session-latency">Steps of the model</h3>
    ${figure(
      bars(
        'Median time of a step by phase',
        rows
          .filter(({ times }) => times !== undefined)
          .map((row) => ({
            label: `${row.phase}, ${nameOf(results, row.process)}`,
            value: row.times!.p50,
            text: formatTime(row.times!.p50),
            colour: colours[row.phase] ?? 8,
          })),
      ),
      table(
        [
          left('Process'),
          left('Phase'),
          left('Timed by'),
          right('Steps'),
          right('p50'),
          right('p95'),
          right('p99'),
          right('Requests'),
          right('Tokens'),
          right('Tokens/s'),
        ],
        rows.map((row) => [
          nameOf(results, row.process),
          row.phase,
          row.timing === 'cuda_events' ? 'the GPU' : row.timing === 'host' ? 'the host' : UNKNOWN,
          formatCount(row.steps),
          formatTime(row.times?.p50),
          formatTime(row.times?.p95),
          formatTime(row.times?.p99),
          formatNumber(row.requests),
          formatNumber(row.tokens),
          formatCount(row.tokensPerSecond),
        ]),
      ),
    )}`;
}

function graphs({ graphs: found }: SessionResults): Markup | undefined {
  if (found.steps === 0 && found.captured === 0) return undefined;
  const used = found.graphs.filter(({ replays }) => replays > 0);
  const name = (graph: (typeof used)[number]): string =>
    `${graph.mode} ${graph.tokens === undefined ? '' : `${formatCount(graph.tokens)} tokens`}`.trim();
  return html`<h3 id="session-graphs">CUDA graphs by size</h3>
    <p>
      ${formatCount(found.captured)} captured in ${formatTime(found.captureTime)},
      ${formatCount(found.neverUsed)} of them never replayed. ${formatShare(found.coverage)} of
      ${formatCount(found.steps)} steps replay one; ${formatShare(found.padding)} of their tokens
      are padding.
    </p>
    ${
      found.graphs.length > 0 &&
      figure(
        bars(
          'Steps by the graph they replayed',
          used.slice(0, DRAWN).map((graph) => ({
            label: name(graph),
            value: graph.replays,
            text: `${formatCount(graph.replays)} steps, ${formatShare(graph.share)}`,
            colour: 2,
          })),
        ),
        table(
          [
            left('Graph'),
            right('Requests'),
            right('Steps'),
            right('Share'),
            right('Padding'),
            right('Capture took'),
          ],
          found.graphs
            .slice(0, LISTED)
            .map((graph) => [
              name(graph),
              formatCount(graph.requests),
              formatCount(graph.replays),
              formatShare(graph.share),
              formatShare(graph.padding),
              formatTime(graph.captureTime),
            ]),
        ),
      )
    }`;
}

function operations(results: SessionResults): Markup | undefined {
  const rows = results.operations;
  if (rows.length === 0) return undefined;
  return html`<h3 id="session-cpu">The host's time</h3>
    ${figure(
      bars(
        'Operations of the host by time',
        rows.slice(0, DRAWN).map((row) => ({
          label: `${row.operation}, ${nameOf(results, row.process)}`,
          value: row.times.total,
          text: `${formatTime(row.times.total)}, ${formatShare(row.share)} of the time`,
          colour: 6,
        })),
      ),
      table(
        [
          left('Operation'),
          left('Process'),
          right('Calls'),
          right('Share of the time'),
          right('p50'),
          right('p95'),
          right('p99'),
        ],
        rows
          .slice(0, LISTED)
          .map((row) => [
            row.operation,
            nameOf(results, row.process),
            formatCount(row.times.count),
            formatShare(row.share),
            formatTime(row.times.p50),
            formatTime(row.times.p95),
            formatTime(row.times.p99),
          ]),
      ),
    )}`;
}

function requests({ requests: found }: SessionResults): Markup | undefined {
  if (found.requests === 0) return undefined;
  const row = (name: string, times: typeof found.total) => [
    name,
    formatTime(times?.p50),
    formatTime(times?.p95),
    formatTime(times?.p99),
    formatTime(times?.max),
  ];
  return html`<h3 id="session-requests">Requests</h3>
    <p>
      ${formatCount(found.requests)} finished; ${formatShare(found.preempted)} were preempted,
      ${formatCount(found.preemptions)} times in
      all${found.reasons.map(({ reason, count }) => `, ${reason || 'unknown'} ${formatCount(count)}`).join('')}.
    </p>
    ${table(
      [left(''), right('p50'), right('p95'), right('p99'), right('Longest')],
      [
        row('Waited for its start', found.waiting),
        row('From start to end', found.total),
        row('Waited after being preempted', found.delay),
      ],
    )}`;
}

function experts({ experts: { layers }, balance }: SessionResults): Markup | undefined {
  if (layers.length === 0 && !balance) return undefined;
  return html`<h3 id="session-experts">Experts</h3>
    ${balance && logged(balance)} ${layers.length > 0 && expertLayers(layers)}`;
}

/** What the log of the session's run told. */
const logged = ({ answer, models, series }: LoggedBalance): Markup =>
  html`<p>${answer}</p>
    ${figure(
      lines(
        'How evenly experts were loaded over time, by the log',
        series.map((one, i) => ({
          name: models[i].model ?? 'balancedness',
          points: points(one),
        })),
        1,
        '1: even',
      ),
      table(
        [left('Model'), right('Steps'), right('All together'), right('Median'), right('Least')],
        models.map(({ model, samples, balancedness, p50, min }) => [
          model ?? UNKNOWN,
          formatCount(samples.length),
          formatNumber(balancedness),
          formatNumber(p50),
          formatNumber(min),
        ]),
      ),
    )}`;

function expertLayers(layers: SessionResults['experts']['layers']): Markup {
  const uneven = [...layers].sort((a, b) => b.deviation - a.deviation);
  return html`${figure(
    bars(
      'How uneven the load of experts is, by layer',
      uneven.slice(0, DRAWN).map((layer) => ({
        label: `layer ${layer.layer}`,
        value: layer.deviation,
        text: `deviation ${formatShare(layer.deviation)} of the mean`,
        colour: 3,
      })),
    ),
    table(
      [
        right('Layer'),
        right('Experts'),
        right('Used'),
        right('Busiest'),
        right('Its share'),
        right('Busiest / least'),
        right('Deviation'),
        right('Mean weight'),
      ],
      layers.map((layer) => [
        String(layer.layer),
        formatCount(layer.counts.length),
        formatShare(layer.coverage),
        String(layer.busiest),
        formatShare(layer.counts[layer.busiest] / layer.total),
        Number.isFinite(layer.ratio) ? formatNumber(layer.ratio) : 'one had none',
        formatShare(layer.deviation),
        formatNumber(layer.weights?.mean),
      ]),
    ),
  )}`;
}

function components({ components: rows }: SessionResults): Markup | undefined {
  if (rows.length === 0) return undefined;
  return html`<h3 id="session-components">Encoder and decoder</h3>
    <p class="soft">In the steps in which the encoder ran.</p>
    ${figure(
      stack(
        'Time by part of the model',
        rows.map((row, i) => ({
          label: row.component,
          value: row.times.total,
          text: formatShare(row.share),
          colour: i,
        })),
      ),
      table(
        [left('Part'), right('Times'), right('Share'), right('p50'), right('p99')],
        rows.map((row) => [
          row.component,
          formatCount(row.times.count),
          formatShare(row.share),
          formatTime(row.times.p50),
          formatTime(row.times.p99),
        ]),
      ),
    )}`;
}

/** What no figure of the session is about. */
export function sessionLimits({ processes }: SessionResults): readonly string[] {
  return [...new Set(processes.flatMap(({ limits }) => limits.map(({ statement }) => statement)))];
}
