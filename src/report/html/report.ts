/**
 * One page that says where the time went, for people who have no profiler: it
 * loads nothing, runs nothing, and prints. Made from whichever results there
 * are; nothing is computed here.
 */
import { createHash } from 'node:crypto';
import type { ClientFigures, Comparison } from '../../analysis/compare';
import { formatCount, formatNumber, formatTime } from '../../profile/format';
import type { NcuResults } from '../ncu-results';
import type { Results } from '../results';
import { comparisonSection } from './comparison';
import { bandwidth, measured, roofline } from './kernel-report';
import { html, Markup, table } from './markup';
import { STYLE } from './style';
import {
  busyAndIdle,
  captured,
  cards,
  components,
  findings,
  graphs,
  kernels,
  memory,
  phases,
} from './timeline';

/** A table of a session, shown as it is. */
export interface SessionTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The first ones. */
  readonly rows: readonly (readonly string[])[];
  readonly rowCount: number;
}

export interface ReportInputs {
  readonly title?: string;
  /** ISO 8601. */
  readonly madeAt: string;
  /** Of ProfileMate. */
  readonly version: string;
  readonly nsys?: Results;
  readonly ncu?: NcuResults;
  readonly session?: { readonly name: string; readonly tables: readonly SessionTable[] };
  readonly client?: ClientFigures;
  readonly comparison?: Comparison;
}

/** Ours, and so no text to be escaped. */
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** No script, no picture, no font, no frame, no request; of styles this one alone. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

export function renderReport(inputs: ReportInputs): string {
  const { nsys, ncu, session, client, comparison } = inputs;
  const title = inputs.title ?? 'GPU profile';
  const body = [
    html`<h1>${title}</h1>
      <p class="soft">
        Made ${inputs.madeAt} by ProfileMate
        ${inputs.version}.${nsys?.source.generated && ' Generated sample data, not a measurement.'}
      </p>`,
    nsys &&
      html`<div class="cards">
        ${cards(nsys).map(([name, value]) => html`<div class="card">${name}<b>${value}</b></div>`)}
      </div>`,
    comparison && comparisonSection(comparison),
    nsys && findings(nsys),
    nsys && phases(nsys),
    client && clientSection(client),
    nsys && components(nsys),
    nsys && kernels(nsys),
    ncu && bandwidth(ncu),
    ncu && roofline(ncu),
    nsys && graphs(nsys),
    nsys && busyAndIdle(nsys),
    nsys && memory(nsys),
    session && sessionSection(session),
    (nsys ?? ncu) && html`<h2>How it was captured</h2>`,
    nsys && captured(nsys),
    ncu && measured(ncu),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        ${body.map((section) => section && html`${section} `)}
      </body>
    </html> `.text;
}

function clientSection(client: ClientFigures): Markup {
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
  return html`<h2>What the client saw</h2>
    <p>${facts.join(', ')}</p>
    ${rows.length > 0 && table([{ title: '' }, ...right], rows)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  ttft: 'Time to first token',
  tpot: 'Time per output token',
  itl: 'Inter-token latency',
  e2e: 'End to end',
};

function sessionSection({ name, tables }: NonNullable<ReportInputs['session']>): Markup {
  return html`<h2>Runtime session ${name}</h2>
    ${tables.map(
      ({ name: file, columns, rows, rowCount }) =>
        html`<h3>${file}</h3>
          ${table(
            columns.map((column) => ({ title: column })),
            rows,
          )}
          ${rowCount > rows.length && html`<p class="soft">The first ${rows.length} of ${formatCount(rowCount)} rows.</p>`}`,
    )}`;
}
