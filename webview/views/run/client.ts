/** What the client of a run measured: the few figures, all of them, and each request. */
import { html, nothing, type TemplateResult } from 'lit';
import type {
  ClientFigures,
  Distribution,
  RequestMeasure,
} from '../../../src/profile/client-figures';
import { formatCount, formatNumber, formatShare, formatTime } from '../../../src/profile/format';
import { MOST_REQUESTS, REQUEST_MEASURES, type ShownClient } from '../../../src/protocol/run';
import type { Core } from '../../core';
import { plural, t } from '../../strings';
import type { Column } from '../../ui/cells';
import { button, choices } from '../../ui/controls';
import type { TableSource } from '../../ui/data-table';
import '../../ui/figure';
import { contentKey, dots, histogram, type Dot } from '../../ui/figures';
import { PLAIN } from '../../ui/marks';
import { section, tile, warning } from '../../ui/parts';
import { measureText, ms, sourceText } from './words';

/** From here on a client may be slower than the server it measures. */
const BUSY_CLIENT = 0.8;

/** The figures that say the most, where they are known; in brief with `run`, which leads to the rest. */
export function clientTiles(figures: ClientFigures, run?: () => void): readonly TemplateResult[] {
  const time = (label: string, title: string, of: Partial<Distribution> | undefined) =>
    of?.p50 === undefined
      ? []
      : [
          tile(ms(of.p50), t('{0} p50', label), {
            title,
            note: of.p99 === undefined ? undefined : t('p99 {0}', ms(of.p99)),
            run,
          }),
        ];
  const { output_throughput, request_throughput, completed, requests, failed } = figures;
  return [
    ...time(t('TTFT'), TTFT(), figures.ttft_ms),
    ...time(t('TPOT'), TPOT(), figures.tpot_ms),
    ...(run ? [] : time(t('ITL'), ITL(), figures.itl_ms)),
    ...time(t('Latency'), LATENCY(), figures.latency_ms),
    ...(output_throughput === undefined
      ? []
      : [
          tile(formatNumber(output_throughput), t('output tokens/s'), {
            title: t('Over the time from the first request’s start to the last one’s end.'),
            note:
              request_throughput === undefined
                ? undefined
                : t('{0} requests/s', formatNumber(request_throughput)),
            run,
          }),
        ]),
    ...(completed === undefined
      ? []
      : [
          tile(formatCount(completed), plural(completed, 'request answered', 'requests answered'), {
            note:
              failed === undefined
                ? requests === undefined
                  ? undefined
                  : t('of {0}', formatCount(requests))
                : failed === 0
                  ? t('none failed')
                  : t('{0} failed', formatCount(failed)),
            run,
          }),
        ]),
  ];
}

const TTFT = () =>
  t('Time to first token: from sending a request to the first piece of its answer.');
const TPOT = () =>
  t('Time per output token after the first: (latency − TTFT) / (output tokens − 1).');
const ITL = () =>
  t('Inter-token latency: between two pieces of an answer, of all requests together.');
const LATENCY = () => t('From sending a request to the last piece of its answer.');

export interface ClientRow extends Partial<Distribution> {
  readonly name: string;
  readonly title: string;
}

/** A row a figure that the source has. */
export function clientRows(figures: ClientFigures): readonly ClientRow[] {
  const rows: readonly (readonly [string, string, Partial<Distribution> | undefined])[] = [
    [t('TTFT'), TTFT(), figures.ttft_ms],
    [t('TPOT'), TPOT(), figures.tpot_ms],
    [t('ITL'), ITL(), figures.itl_ms],
    [t('Latency'), LATENCY(), figures.latency_ms],
  ];
  return rows.flatMap(([name, title, of]) => (of ? [{ name, title, ...of }] : []));
}

const POINTS = ['mean', 'p50', 'p90', 'p95', 'p99', 'min', 'max', 'std'] as const;

export function clientColumns(): readonly Column<ClientRow>[] {
  const titles = {
    mean: t('Mean'),
    p50: 'p50',
    p90: 'p90',
    p95: 'p95',
    p99: 'p99',
    min: t('Min'),
    max: t('Max'),
    std: t('σ'),
  };
  return [
    {
      id: 'name',
      title: t('Figure'),
      kind: 'text',
      width: 120,
      grow: true,
      value: (row) => row.name,
      display: (row) => html`<span title=${row.title}>${row.name}</span>`,
    },
    ...POINTS.map((point): Column<ClientRow> => ({
      id: point,
      title: titles[point],
      kind: 'time',
      unitGroup: 'time',
      width: 88,
      value: (row) => (row[point] === undefined ? undefined : row[point] * 1e6),
    })),
  ];
}

export interface ClientSection {
  readonly app: Core;
  readonly client: ShownClient;
  readonly others: readonly ShownClient[];
  readonly columns: readonly Column<ClientRow>[];
  readonly source: TableSource<ClientRow>;
  readonly choose: (file: string) => void;
}

export function clientSection(of: ClientSection): TemplateResult {
  const { app, client, others, columns, source } = of;
  const { figures } = client;
  return html`${section(
    t('What the client saw'),
    html`<div class="tiles">${clientTiles(figures)}</div>
      ${busyWarning(figures)}`,
    { note: sourceText(client), tools: others.length > 0 ? chooseFile(of) : nothing },
  )}
  ${section(
    t('Times of requests'),
    html`<pm-table
        .app=${app}
        name="clientFigures"
        label=${t('Times of requests')}
        .columns=${columns}
        .source=${source}
        .rowKey=${(row: ClientRow) => row.name}
        .maxRows=${4}
      ></pm-table>
      ${moreOfBench(app, figures)} ${errors(figures)}`,
    { note: t('of those that were answered') },
  )}`;
}

/** Never guessed in silence: which file is shown, and which others there are. */
function chooseFile({ client, others, choose }: ClientSection): TemplateResult {
  return html`<label class="labelled"
    ><span
      >${plural(
        others.length,
        'another file here has such figures:',
        '{0} other files here have such figures:',
        others.length,
      )}</span
    ><select
      aria-label=${t('File of the client’s figures')}
      @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}
    >
      ${[client, ...others]
        .map(({ file }) => file)
        .sort()
        .map(
          (file) => html`<option value=${file} ?selected=${file === client.file}>${file}</option>`,
        )}
    </select></label
  >`;
}

function busyWarning({ client }: ClientFigures): unknown {
  if (!client || client.cpu_share < BUSY_CLIENT) return nothing;
  return warning(
    t(
      'The client used {0} of a core: these figures may be its own limits, and not the server’s.',
      formatShare(client.cpu_share),
    ),
  );
}

const ALL_PERCENTILES = '--percentile-metrics ttft,tpot,itl,e2el --metric-percentiles 50,90,95,99';

/** It tells what it is asked to. */
function moreOfBench(app: Core, figures: ClientFigures): unknown {
  const { source, ttft_ms, latency_ms } = figures;
  if (source === 'profilemate' || (ttft_ms?.p90 !== undefined && latency_ms)) return nothing;
  return html`<p class="quiet">
    ${t('vllm bench serve tells the figures it is asked for; for all of them, add')}
    <code>${ALL_PERCENTILES}</code> ${button(t('Copy'), () => app.copy(ALL_PERCENTILES), {
      icon: 'copy',
    })}
  </p>`;
}

function errors({ errors: found = {} }: ClientFigures): unknown {
  const rows = Object.entries(found).sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) return nothing;
  return html`<table class="mini run-errors">
    <thead>
      <tr>
        <th scope="col">${t('Requests failed for')}</th>
        <th scope="col" class="number">${t('Count')}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([why, count]) =>
          html`<tr>
            <td title=${why}>${why}</td>
            <td class="number">${formatCount(count)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export interface RequestsSection {
  readonly client: ShownClient;
  readonly measure: RequestMeasure;
  readonly choose: (measure: RequestMeasure) => void;
  /** The profile's time at the load's start, in ns, where both clocks are known. */
  readonly start?: number;
  /** Sets the window of the profile. */
  readonly select?: (from: number, to: number) => void;
}

/** How the times of the requests are spread, and how they went over the load. */
export function requestsSection(of: RequestsSection): unknown {
  const { client, choose } = of;
  const known = REQUEST_MEASURES.filter((one) => client.histograms[one]);
  if (known.length === 0) return nothing;
  const measure = known.includes(of.measure) ? of.measure : known[0];
  const { edges, counts } = client.histograms[measure]!;
  const label = measureText(measure);
  const { recorded } = client;
  return section(
    t('Each request'),
    html`<div class="columns">
      <div>
        <h3>${t('How {0} is spread', label)}</h3>
        <pm-figure
          .figure=${histogram({
            key: contentKey(client, measure),
            label: t(
              'How many requests had which {0}, between {1} and {2}.',
              label,
              formatTime(edges[0]),
              formatTime(edges[edges.length - 1]),
            ),
            edges,
            counts,
            countTitle: t('Requests'),
            timeTitle: label,
          })}
        ></pm-figure>
      </div>
      <div>${overTime(of, measure)}</div>
    </div>`,
    {
      note:
        recorded > MOST_REQUESTS
          ? t('drawn: every so many of {0} requests', formatCount(recorded))
          : undefined,
      tools: choices<RequestMeasure>(
        t('Time of a request'),
        measure,
        known.map((one) => [one, measureText(one)] as const),
        choose,
      ),
    },
  );
}

function overTime(
  { client, start, select }: RequestsSection,
  measure: RequestMeasure,
): TemplateResult {
  const { each = [] } = client.figures;
  const label = measureText(measure);
  const title = html`<h3>${t('{0} over the load', label)}</h3>`;
  const timed = each.filter(({ start_s }) => start_s !== undefined);
  if (timed.length === 0) {
    return html`${title}
      <p class="quiet">${t('{0} does not say when each request was sent.', client.file)}</p>`;
  }
  const zero = start ?? 0;
  const at = (seconds: number) => zero + seconds * 1e9;
  const shown = timed.flatMap((request): readonly Dot[] => {
    const value = request[measure];
    if (value === undefined || request.error !== undefined) return [];
    const x = at(request.start_s!);
    const sent = t('sent at {0}', formatTime(x));
    const tokens = t(
      '{0} prompt and {1} output tokens',
      formatCount(request.prompt_tokens),
      formatCount(request.output_tokens),
    );
    return [
      {
        x,
        y: value * 1e6,
        shade: 0.6,
        text: [`${label} ${ms(value)}`, sent, tokens].join(', '),
        cells: [
          formatTime(x),
          ms(value),
          formatCount(request.prompt_tokens),
          formatCount(request.output_tokens),
        ],
      },
    ];
  });
  const last = timed.reduce((most, { start_s }) => Math.max(most, start_s!), 0);
  const lost = timed.length - shown.length;
  return html`${title}
    <pm-figure
      .figure=${dots({
        key: contentKey(client, measure, zero),
        label: t('{0} of each request, by when it was sent.', label),
        head: [t('Sent'), label, t('Prompt tokens'), t('Output tokens')],
        start: zero,
        end: at(Math.max(last, 1e-3)),
        series: [{ id: 'requests', label: t('Request'), mark: PLAIN, dots: shown }],
        brush: select && {
          hint: t('Arrow keys read it out; with Shift they choose a window, Enter sets it.'),
          select: (from, to) => select(Math.floor(from), Math.ceil(to)),
        },
      })}
    ></pm-figure>
    <p class="quiet">
      ${
        start === undefined
          ? t('Times count from the load’s start.')
          : select
            ? t('Times are those of the profile: drag to set the window.')
            : nothing
      }
      ${lost > 0 ? plural(lost, '{0} request without such a time is not drawn.', '{0} requests without such a time are not drawn.', formatCount(lost)) : nothing}
    </p>`;
}
