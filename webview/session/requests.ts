/** Requests from their arrival to their end, and what interrupted them. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { Params, Result } from '../../src/protocol/requests';
import type { RequestColumn, SessionRequestRow } from '../../src/protocol/session';
import { REQUEST_FIELDS } from '../../src/protocol/session-filter';
import type { Sort } from '../../src/protocol/page';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import type { TableSource } from '../ui/data-table';
import { contentKey } from '../ui/figures';
import '../ui/filter-box';
import type { Mark } from '../ui/marks';
import { section } from '../ui/parts';
import { spansOverTime } from '../ui/spans';
import { SessionView } from './session-view';
import { markOf } from './words';

type Requests = Result<'sessionRequests'>;
const DRAWN = 150;

const WAITING: Mark = { colour: '--vscode-charts-foreground', pattern: 'hatched' };
const RUNNING: Mark = markOf(0);
const PREEMPTED: Mark = { colour: '--vscode-charts-red', pattern: 'solid' };

@customElement('pm-session-requests')
export class RequestsView extends SessionView {
  protected readonly view = 'requests';
  private readonly columns = requestColumns((process) => this.name(process));

  protected override render(): unknown {
    const query = this.ask('sessionRequests', { scope: this.app.scope, limit: DRAWN });
    return this.page<Requests>(query, answer, (value) => this.renderBody(value));
  }

  focusFilter(): void {
    this.querySelector<HTMLElement>('pm-filter')?.focus();
  }

  private renderBody(value: Requests): TemplateResult {
    const { app } = this;
    return html`${section(
      t('Timeline'),
      value.rows.length > 0
        ? this.figure(this.timeline(value))
        : html`<p class="quiet">${t('No request has finished in this scope.')}</p>`,
      {
        note:
          value.rows.length < value.requests
            ? t(
                '{0} of {1} finished requests, evenly taken; drag to see a part',
                formatCount(value.rows.length),
                formatCount(value.requests),
              )
            : t('finished requests in the order of their start; drag to set the window'),
      },
    )}
    ${section(
      t('Requests'),
      html`<pm-table
        .app=${app}
        name="sessionLifecycles"
        label=${t('Finished requests')}
        .columns=${this.columns}
        .source=${this.source()}
        .rowKey=${(row: SessionRequestRow) => `${row.process} ${row.request}`}
        .maxRows=${16}
        .onOpen=${(row: SessionRequestRow) => this.showSteps(row)}
        .exported=${this.exported('sessionLifecycles', { filter: app.state.requestFilter })}
        .tools=${html`<pm-filter
          label=${t('Filter requests')}
          .value=${app.state.requestFilter}
          .fields=${REQUEST_FIELDS}
          .onFilter=${(requestFilter: string) => app.update({ requestFilter })}
        ></pm-filter>`}
        .empty=${html`<p class="quiet">${t('No request matches.')}</p>`}
      ></pm-table>`,
      {
        note: t('Enter or double click shows the steps it was there for'),
      },
    )}
    ${
      value.reasons.length > 0
        ? html`<p class="quiet">
            ${t(
              'Preempted for: {0}.',
              value.reasons
                .map(({ reason, count }) => `${reason || t('not told')} ${formatCount(count)}`)
                .join(', '),
            )}
          </p>`
        : ''
    }`;
  }

  private showSteps({ queued, started, finished }: SessionRequestRow): void {
    const from = started ?? queued ?? finished;
    if (from !== undefined) this.app.showSteps(from, finished ?? from);
  }

  private source(): TableSource<SessionRequestRow> {
    const { app } = this;
    const { scope } = app;
    const filter = app.state.requestFilter;
    return {
      version: JSON.stringify([scope, filter, app.revision]),
      subject: JSON.stringify([scope, filter]),
      load: ({ sort, offset, limit, signal }) =>
        app.client.call(
          'sessionLifecycles',
          {
            scope,
            filter,
            sort: sort as Sort<RequestColumn>,
            offset,
            limit,
          } satisfies Params<'sessionLifecycles'>,
          signal,
        ),
    };
  }

  private timeline(value: Requests) {
    const { app } = this;
    const times = value.rows.flatMap(({ queued, started, finished }) =>
      [queued, started, finished].filter((time) => time !== undefined),
    );
    const [start, end] = app.scope.window ?? [
      times.reduce((a, b) => Math.min(a, b), Infinity),
      times.reduce((a, b) => Math.max(a, b), -Infinity),
    ];
    return spansOverTime({
      key: contentKey(value),
      subject: JSON.stringify(app.scope),
      label: t('Requests over time: waiting, running, and waiting again after being preempted.'),
      start,
      end,
      kinds: [
        { label: t('Waiting'), mark: WAITING },
        { label: t('Running'), mark: RUNNING },
        { label: t('Preempted'), mark: PREEMPTED },
      ],
      head: [t('Request'), t('Queued'), t('Started'), t('Finished'), t('Preemptions')],
      brush: this.brush,
      rows: value.rows.map((row) => ({
        label: row.request,
        spans: spansOf(row),
        text: [
          row.request,
          t('waited {0}', formatTime(waited(row))),
          t('took {0}', formatTime(row.total)),
          plural(
            row.preemptions,
            '{0} preemption',
            '{0} preemptions',
            formatCount(row.preemptions),
          ),
        ].join(', '),
        cells: [
          row.request,
          formatTime(row.queued),
          formatTime(row.started),
          formatTime(row.finished),
          formatCount(row.preemptions),
        ],
        run: () => this.showSteps(row),
      })),
    });
  }
}

const waited = ({ queued, started }: SessionRequestRow): number | undefined =>
  queued === undefined || started === undefined ? undefined : started - queued;

/** Before the first span it waits; between two it was preempted. */
function spansOf({ queued, started, spans }: SessionRequestRow) {
  const drawn: { kind: number; start: number; end: number }[] = [];
  if (queued !== undefined && started !== undefined)
    drawn.push({ kind: 0, start: queued, end: started });
  spans.forEach(({ start, end }, index) => {
    if (start !== undefined && end !== undefined) drawn.push({ kind: 1, start, end });
    const next = spans[index + 1]?.start;
    if (end !== undefined && next !== undefined) drawn.push({ kind: 2, start: end, end: next });
  });
  return drawn;
}

function answer({ requests, preempted, preemptions, waiting, total, delay }: Requests): string {
  if (requests === 0)
    return t('{0} preemptions, and no request has finished.', formatCount(preemptions));
  const sentences = [
    plural(
      requests,
      'One request finished: {1}.',
      '{0} requests finished: p50 {1}, p95 {2}.',
      formatCount(requests),
      formatTime(total?.p50),
      formatTime(total?.p95),
    ),
    t(
      'They waited {0} (p50), {1} (p95) before they ran.',
      formatTime(waiting?.p50),
      formatTime(waiting?.p95),
    ),
  ];
  sentences.push(
    preemptions === 0 && !preempted
      ? t('None was preempted.')
      : t(
          '{0} of them were preempted, {1} times in all, and waited {2} (p50) in the middle.',
          formatShare(preempted),
          formatCount(preemptions),
          formatTime(delay?.p50),
        ),
  );
  return sentences.join(' ');
}

const requestColumns = (
  name: (process: number) => string,
): readonly Column<SessionRequestRow>[] => [
  {
    id: 'request',
    title: t('Request'),
    kind: 'text',
    width: 180,
    grow: true,
    value: (row) => row.request,
  },
  { id: 'started', title: t('Started'), kind: 'instant', width: 110, value: (row) => row.started },
  {
    id: 'total',
    title: t('Took'),
    hint: t('From when it was first scheduled to its end.'),
    kind: 'time',
    width: 100,
    value: (row) => row.total,
  },
  {
    id: 'waited',
    title: t('Waited'),
    hint: t('Before it was first scheduled.'),
    kind: 'time',
    width: 100,
    value: waited,
  },
  {
    id: 'preemptions',
    title: t('Preemptions'),
    kind: 'count',
    width: 110,
    value: (row) => row.preemptions,
  },
  {
    id: 'delay',
    title: t('Waited again'),
    hint: t('After being preempted, all times together.'),
    kind: 'time',
    width: 150,
    value: (row) => row.delay,
  },
  {
    id: 'reason',
    title: t('Ended by'),
    kind: 'text',
    width: 180,
    value: (row) => row.reason || undefined,
  },
  {
    id: 'queued',
    title: t('Queued'),
    kind: 'instant',
    width: 110,
    hidden: true,
    value: (row) => row.queued,
  },
  {
    id: 'finished',
    title: t('Finished'),
    kind: 'instant',
    width: 110,
    hidden: true,
    value: (row) => row.finished,
  },
  {
    id: 'process',
    title: t('Process'),
    kind: 'text',
    width: 140,
    hidden: true,
    sortable: false,
    value: (row) => name(row.process),
  },
];
