/**
 * One page that says where the time went, for people who have no profiler: it
 * loads nothing, runs nothing, and prints. Made from whichever results there
 * are; nothing is computed here.
 */
import type { ComparedClient, Comparison } from '../../analysis/compare';
import { formatBytes, formatCount, formatNumber, formatTime, UNKNOWN } from '../../profile/format';
import type { NcuResults } from '../ncu-results';
import type { Results, TraceResults } from '../results';
import { processName, type SessionResults } from '../session-results';
import { comparisonSection } from './comparison';
import { findings } from './findings';
import { bandwidth, measured, roofline } from './kernel-report';
import { html, Markup, table } from './markup';
import { operators } from './operators';
import { session, sessionLimits } from './session';
import { page, type Section } from './page';
import {
  answer,
  busyAndIdle,
  captured,
  cards,
  components,
  graphs,
  kernels,
  memory,
  phases,
} from './timeline';

/** What a capture wrote down of its run. */
export interface RunFacts {
  readonly model: string;
  readonly mode: string;
  /** ISO 8601. */
  readonly started: string;
  readonly seconds?: number;
  readonly gpus: readonly string[];
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly commit?: string;
  readonly notes: readonly string[];
}

export interface ReportInputs {
  readonly title?: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Of ProfileMate. */
  readonly version: string;
  /** Of Nsight Systems, or of the PyTorch profiler. */
  readonly timeline?: Results;
  /** Of the PyTorch profiler, besides. */
  readonly trace?: TraceResults;
  readonly ncu?: NcuResults;
  readonly session?: SessionResults;
  readonly client?: ComparedClient;
  readonly comparison?: Comparison;
  readonly run?: RunFacts;
}

export function renderReport(inputs: ReportInputs): string {
  const { timeline, trace, ncu, client, comparison } = inputs;
  const title = inputs.title ?? 'GPU profile';
  const sections = [
    timeline && phases(timeline),
    client && clientSection(client),
    timeline && components(timeline),
    timeline && kernels(timeline),
    trace && operators(trace),
    ncu && bandwidth(ncu),
    ncu && roofline(ncu),
    timeline && graphs(timeline),
    timeline && busyAndIdle(timeline),
    timeline && memory(timeline),
    ...(inputs.session ? session(inputs.session) : []),
    capturedSection(inputs),
  ];
  const ids = new Set(idsOf(sections));
  const all = [
    comparison && comparisonSection(comparison),
    findings(
      {
        timeline: timeline?.overview.findings ?? [],
        kernels: ncu?.findings ?? [],
        session: inputs.session?.findings ?? [],
      },
      ids,
    ),
    ...sections,
  ];
  const body = [
    html`<h1>${title}</h1>
      <p class="soft">
        Made ${inputs.madeAt} by ProfileMate
        ${inputs.version}.${timeline?.source.generated && ' Generated data, not a measurement.'}
      </p>`,
    timeline && html`<p class="answer">${answer(timeline)}</p>`,
    timeline &&
      html`<div class="cards">
        ${cards(timeline).map(
          ([name, value]) => html`<div class="card">${name}<b>${value}</b></div>`,
        )}
      </div>`,
    contents(all),
    ...all,
  ];
  return page(title, body);
}

const idsOf = (sections: readonly Section[]): string[] =>
  sections.flatMap((section) =>
    section ? [...section.text.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id) : [],
  );

/** The headings, which are markup already. */
function contents(sections: readonly Section[]): Markup | undefined {
  const found = sections.flatMap((section) =>
    section ? [...section.text.matchAll(/<h2 id="([\w-]+)"\s*>([^<]*)<\/h2>/g)] : [],
  );
  if (found.length < 3) return undefined;
  return html`<nav>
    ${found.map(([, id, title]) => html`<a href="#${id}">${new Markup(title)}</a> `)}
  </nav>`;
}

function capturedSection(inputs: ReportInputs): Markup | undefined {
  const { timeline, trace, ncu, session: read, run } = inputs;
  if (!timeline && !trace && !ncu && !read && !run) return undefined;
  const limits = read ? sessionLimits(read) : [];
  return html`<h2 id="captured">How it was captured</h2>
    ${run && capturedRun(run)} ${timeline && captured(timeline)} ${trace && tracedFile(trace)}
    ${ncu && measured(ncu)}
    ${
      read &&
      table(
        [{ title: '' }, { title: '' }],
        [
          ['Runtime session', read.name],
          ['Processes', read.processes.map(processName).join(', ')],
          [
            'vLLM',
            [...new Set(read.processes.map(({ vllmVersion }) => vllmVersion))]
              .filter((version) => version !== undefined)
              .join(', ') || UNKNOWN,
          ],
        ],
      )
    }
    ${
      limits.length > 0 &&
      html`<h3>What the session can't say</h3>
        <ul>
          ${limits.map((text) => html`<li>${text}</li>`)}
        </ul>`
    }`;
}

function capturedRun({ model, mode, started, seconds, gpus, versions, commit, notes }: RunFacts) {
  const known = Object.entries(versions).filter(([, version]) => version !== undefined);
  return html`${table(
    [{ title: '' }, { title: '' }],
    [
      ['Model', model],
      ['Way of profiling', mode],
      ['Started', started],
      ['Took', seconds === undefined ? UNKNOWN : formatTime(seconds * 1e9)],
      ['GPUs', gpus.join(', ') || UNKNOWN],
      ['Commit', commit ?? UNKNOWN],
      ...known.map(([name, version]) => [name, version!]),
    ],
  )}
  ${
    notes.length > 0 &&
    html`<ul>
      ${notes.map((text) => html`<li>${text}</li>`)}
    </ul>`
  }`;
}

const tracedFile = ({ source }: TraceResults): Markup =>
  table(
    [{ title: '' }, { title: '' }],
    [
      ['PyTorch trace', source.path.split(/[\\/]/).at(-1) ?? ''],
      ['Size', formatBytes(source.size)],
    ],
  );

function clientSection(client: ComparedClient): Markup {
  const rows = Object.entries(client.latencies).map(([name, figures]) => [
    NAMES[name] ?? name,
    ...[figures.mean, figures.p50, figures.p90, figures.p95, figures.p99].map((value) =>
      formatTime(value === null ? undefined : value * 1e6),
    ),
  ]);
  const facts = [
    client.outputTokensPerSecond !== null &&
      `${formatNumber(client.outputTokensPerSecond)} output tokens per second`,
    client.requestsPerSecond !== null &&
      `${formatNumber(client.requestsPerSecond)} requests per second`,
    client.requests !== null && `${formatCount(client.requests)} requests`,
    client.failed !== null && client.failed > 0 && `${formatCount(client.failed)} failed`,
  ].filter((fact) => fact !== false);
  const right = ['Mean', 'p50', 'p90', 'p95', 'p99'].map((title) => ({ title, right: true }));
  return html`<h2 id="client">What the client saw</h2>
    <p>${facts.join(', ')}</p>
    ${rows.length > 0 && table([{ title: '' }, ...right], rows)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  ttft: 'Time to first token',
  tpot: 'Time per output token',
  itl: 'Inter-token latency',
  e2e: 'End to end',
};
