/** A session at a glance: how it ran, what stands out, and what could not be recorded. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { SessionProcess } from '../../src/profile/session';
import { formatCount, formatNumber, formatShare, formatTime } from '../../src/profile/format';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import { icon, iconButton, skeleton } from '../ui/controls';
import '../ui/data-table';
import '../ui/figure';
import { contentKey } from '../ui/figures';
import { findingsList } from '../ui/findings';
import { lines } from '../ui/lines';
import { emptyState, lead, section, tile, warning } from '../ui/parts';
import { View } from '../views/view';
import type { SessionApp } from './app';
import { healthyList } from './healthy';
import { kvBands } from './kv-bands';
import type { Overview } from './session-view';
import { markOf, processName, sessionPhaseLabel, tabOf, viewLabel } from './words';

@customElement('pm-session-overview')
export class SessionOverviewView extends View<SessionApp> {
  @property({ attribute: false }) overview?: Overview;
  private readonly columns = processColumns((process) =>
    processName(this.app.status?.session, process),
  );

  protected override render(): unknown {
    const { app, overview: value } = this;
    if (!value) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        <div class="tiles">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(6)}
      </div>`;
    }
    if (app.status?.session?.rows === 0) {
      return html`<div class="view">
        ${lead(t('The session holds no rows yet.'))}
        ${emptyState(app, {
          why: t(
            'The layer writes once a second when the engine runs: send the server a request, and this page fills by itself.',
          ),
        })}
        ${this.renderGaps(value)}
      </div>`;
    }
    return html`<div class="view">
      ${lead(answer(value))} ${this.renderWarnings(value)}
      <div class="tiles">${this.renderTiles(value)}</div>
      ${this.renderActivity(value)}
      <div class="columns">
        <div>
          ${section(
            t('What stands out'),
            findingsList(
              value.findings,
              ({ view }) =>
                () =>
                  app.go(tabOf(view)),
            ),
          )}
        </div>
        <div>
          ${section(
            t('Healthy ranges'),
            healthyList(
              value.ranges.filter(({ healthy }) => healthy !== undefined),
              ({ view }) => app.go(tabOf(view)),
            ),
            { note: t('rules of thumb') },
          )}
          ${section(t('What this session can’t say'), this.renderGaps(value))}
        </div>
      </div>
      ${section(t('Processes'), this.renderProcesses(value))}
    </div>`;
  }

  private renderWarnings({ diagnostics }: Overview): unknown {
    const [first, ...others] = diagnostics.filter(({ severity }) => severity !== 'info');
    if (first === undefined) return nothing;
    if (others.length === 0) return warning(first.text);
    return warning(
      html`${first.text}
        <details>
          <summary>
            ${plural(others.length, '{0} more', '{0} more', formatCount(others.length))}
          </summary>
          <ul>
            ${others.map(({ text }) => html`<li>${text}</li>`)}
          </ul>
        </details>`,
    );
  }

  private renderTiles({ kv, graphs, latency, requests, batches, experts }: Overview): unknown {
    const { app } = this;
    return html`${
      kv
        ? tile(formatShare(kv.mean), t('KV cache in use'), {
            note: t('on average · peak {0}', formatShare(kv.peak)),
            run: () => app.go('kv-cache'),
          })
        : nothing
    }${
      graphs
        ? tile(formatShare(graphs.coverage), t('of steps replay a graph'), {
            note: t('{0} captured', formatCount(graphs.captured)),
            run: () => app.go('graphs'),
          })
        : nothing
    }${
      batches
        ? tile(formatNumber(batches.meanRunning), t('requests at once'), {
            note: t('on average · up to {0} waiting', formatCount(batches.mostWaiting)),
            run: () => app.go('batches'),
          })
        : nothing
    }${
      latency
        ? tile(
            formatTime(latency.p50),
            t('a {0} step', sessionPhaseLabel(latency.phase).toLowerCase()),
            {
              note: t('p50 · p99 {0}', formatTime(latency.p99)),
              run: () => app.go('latency'),
            },
          )
        : nothing
    }${
      requests
        ? tile(
            formatCount(requests.finished),
            plural(requests.finished, 'request finished', 'requests finished'),
            {
              note: t(
                '{0} preempted · p50 {1}',
                formatShare(requests.preempted),
                formatTime(requests.p50),
              ),
              run: () => app.go('requests'),
            },
          )
        : nothing
    }${
      experts
        ? tile(formatShare(experts.deviation), t('expert imbalance'), {
            note: t('deviation from the mean, of the worst of {0} layers', experts.layers),
            run: () => app.go('experts'),
          })
        : nothing
    }`;
  }

  private renderActivity(value: Overview): unknown {
    const { app } = this;
    const { kv, running, waiting } = value.activity;
    const brush = {
      hint: t('Arrow keys read it out; with Shift they choose a window, Enter sets it.'),
      select: (from: number, to: number) =>
        app.narrow('window', [Math.floor(from), Math.ceil(to)] as const),
    };
    const shared = { subject: JSON.stringify(app.scope), timeTitle: t('Time'), brush, height: 150 };
    const requests = running ?? waiting;
    return html`<div class="columns">
      ${
        kv
          ? html`<div>
              ${section(
                t('KV cache in use over time'),
                html`<pm-figure
                  .figure=${lines({
                    ...shared,
                    key: contentKey(kv),
                    label: t('Share of the KV cache’s blocks in use over time.'),
                    start: kv.start,
                    width: kv.width,
                    series: [
                      {
                        label: t('In use'),
                        mark: markOf(0),
                        values: kv.mean,
                        low: kv.min,
                        high: kv.max,
                      },
                    ],
                    format: formatShare,
                    max: 1,
                    bands: kvBands(value.kvRanges),
                    stepped: true,
                    pick: (start, end) => app.showSteps(start, end),
                  })}
                ></pm-figure>`,
                { note: t('drag to set the window; a click shows the steps of that time') },
              )}
            </div>`
          : nothing
      }${
        requests
          ? html`<div>
              ${section(
                t('Requests over time'),
                html`<pm-figure
                  .figure=${lines({
                    ...shared,
                    key: contentKey(requests),
                    label: t('Requests that run and that wait, over time.'),
                    start: requests.start,
                    width: requests.width,
                    series: [
                      ...(running
                        ? [{ label: t('Running'), mark: markOf(0), values: running.mean }]
                        : []),
                      ...(waiting
                        ? [{ label: t('Waiting'), mark: markOf(1), values: waiting.mean }]
                        : []),
                    ],
                    format: formatNumber,
                    pick: (start, end) => app.showSteps(start, end),
                  })}
                ></pm-figure>`,
              )}
            </div>`
          : nothing
      }
    </div>`;
  }

  /** Never a silence: what is not there, and why. */
  private renderGaps({ recorded }: Overview): TemplateResult {
    const gaps = recorded.flatMap(({ view, state, variable, files, limits }) => {
      const name = viewLabel(view);
      const table = files.join(', ');
      const statements = limits.map(({ statement }) => ({ text: statement, remedy: '' }));
      switch (state) {
        case 'off':
          return [
            { text: t('{0}: not recorded, its tracker was off.', name), remedy: `${variable}=1` },
          ];
        case 'missing':
          return [
            { text: t('{0}: the session has no {1}.', name, table), remedy: '' },
            ...statements,
          ];
        case 'nothing':
          return [
            { text: t('{0}: nothing has happened that would be written.', name), remedy: '' },
            ...statements,
          ];
        case 'elsewhere':
          return [{ text: t('{0}: nothing in this scope.', name), remedy: '' }];
        case 'recorded':
          return statements;
      }
    });
    if (gaps.length === 0)
      return html`<p class="quiet">${t('The session holds all that the views ask for.')}</p>`;
    return html`<ul class="gaps">
      ${gaps.map(
        ({ text, remedy }) =>
          html`<li>
            ${icon('circle-slash')}
            <span
              >${text}${
                remedy === ''
                  ? nothing
                  : html` <code>${remedy}</code> ${iconButton('copy', t('Copy'), () =>
                        this.app.copy(remedy),
                      )}`
              }</span
            >
          </li>`,
      )}
    </ul>`;
  }

  private renderProcesses({ processes }: Overview): TemplateResult {
    const { app } = this;
    const rows = processes.map((process, index) => ({ ...process, index }));
    return html`<pm-table
      .app=${app}
      name="sessionProcesses"
      label=${t('Processes of the session')}
      .columns=${this.columns}
      .source=${this.local('processes', this.kept(processes, rows), this.columns)}
      .rowKey=${(row: ProcessRow) => row.folder || String(row.index)}
      .maxRows=${12}
      .onOpen=${(row: ProcessRow) => app.narrow('process', row.index)}
    ></pm-table>`;
  }

  private rows?: { readonly of: unknown; readonly rows: readonly ProcessRow[] };
  private kept(of: unknown, rows: readonly ProcessRow[]): readonly ProcessRow[] {
    if (this.rows?.of !== of) this.rows = { of, rows };
    return this.rows!.rows;
  }
}

type ProcessRow = SessionProcess & { readonly index: number };

const processColumns = (name: (process: number) => string): readonly Column<ProcessRow>[] => [
  {
    id: 'process',
    title: t('Process'),
    kind: 'text',
    width: 160,
    grow: true,
    value: (row) => name(row.index),
  },
  {
    id: 'runner',
    title: t('Model runner'),
    kind: 'text',
    width: 110,
    value: (row) => row.modelRunner,
  },
  { id: 'version', title: t('vLLM'), kind: 'text', width: 90, value: (row) => row.vllmVersion },
  {
    id: 'state',
    title: t('State'),
    hint: t('A process that was killed has not written that it ended.'),
    kind: 'text',
    width: 130,
    value: (row) =>
      row.state === undefined ? undefined : row.state === 'finished' ? t('ended') : t('not ended'),
  },
  {
    id: 'sampleEvery',
    title: t('Steps per row'),
    hint: t('Counts are of all steps; rows of one in so many.'),
    kind: 'count',
    width: 110,
    value: (row) => row.sampleEvery,
  },
  {
    id: 'droppedRows',
    title: t('Rows lost'),
    kind: 'count',
    width: 100,
    value: (row) => row.droppedRows,
  },
  {
    id: 'removedFiles',
    title: t('Files removed'),
    hint: t('Old files that made room for new ones: their rows are gone.'),
    kind: 'count',
    width: 110,
    value: (row) => row.removedFiles,
  },
];

function answer({ span, steps, kv, graphs, requests, latency }: Overview): string {
  const sentences: string[] = [];
  if (span && steps > 0) {
    sentences.push(
      plural(
        steps,
        '{0} step in {1}.',
        '{0} steps in {1}.',
        formatCount(steps),
        formatTime(span[1] - span[0]),
      ),
    );
  }
  if (kv)
    sentences.push(
      t(
        'The KV cache was {0} full on average and {1} at its peak.',
        formatShare(kv.mean),
        formatShare(kv.peak),
      ),
    );
  if (graphs?.coverage !== undefined)
    sentences.push(t('{0} of steps replayed a CUDA graph.', formatShare(graphs.coverage)));
  if (latency)
    sentences.push(
      t(
        'A {0} step took {1} (p50).',
        sessionPhaseLabel(latency.phase).toLowerCase(),
        formatTime(latency.p50),
      ),
    );
  if (requests)
    sentences.push(
      plural(
        requests.finished,
        '{0} request finished, {1} preempted.',
        '{0} requests finished, {1} of them preempted.',
        formatCount(requests.finished),
        formatShare(requests.preempted),
      ),
    );
  return sentences.length > 0
    ? sentences.join(' ')
    : t('The session says little: see below what is in it.');
}
