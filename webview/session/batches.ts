/** How full batches are, and who waits. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatCount, formatNumber, formatShare } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import type { SessionBatchUse } from '../../src/protocol/session';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { contentKey } from '../ui/figures';
import { lines, type LineSeries } from '../ui/lines';
import { section } from '../ui/parts';
import { SessionView } from './session-view';
import { markOf, sessionPhaseLabel } from './words';

type Batches = Result<'sessionBatches'>;
const BINS = 600;

@customElement('pm-session-batches')
export class BatchesView extends SessionView {
  protected readonly view = 'batches';
  private readonly columns = batchColumns((process) => this.name(process));

  protected override render(): unknown {
    const query = this.ask('sessionBatches', { scope: this.app.scope, bins: BINS });
    return this.page<Batches>(query, answer, (value) => this.renderBody(value));
  }

  private renderBody(value: Batches): TemplateResult {
    const { app } = this;
    const several = value.length > 1;
    const named = (use: SessionBatchUse, what: string) =>
      several ? `${this.name(use.process)}, ${what}` : what;
    const queues = value.flatMap((use, index): LineSeries[] => [
      { label: named(use, t('running')), mark: markOf(2 * index), values: use.series.running.mean },
      {
        label: named(use, t('waiting')),
        mark: markOf(2 * index + 1),
        values: use.series.waiting.mean,
      },
    ]);
    const shares = value.flatMap((use, index): LineSeries[] => [
      ...part(named(use, t('requests')), 2 * index, use.series.requests.mean, use.maxRequests),
      ...part(named(use, t('tokens')), 2 * index + 1, use.series.tokens.mean, use.maxTokens),
    ]);
    const [{ series }] = value;
    const shared = {
      timeTitle: t('Time'),
      start: series.requests.start,
      width: series.requests.width,
      brush: this.brush,
      pick: (start: number, end: number) => app.showSteps(start, end),
    };
    return html`<div class="columns">
        <div>
          ${section(
            t('Queues over time'),
            this.figure(
              lines({
                ...shared,
                key: contentKey(value, 'queues'),
                subject: `queues ${JSON.stringify(app.scope)}`,
                label: t('Requests that run and that wait, over time.'),
                series: queues,
                format: formatNumber,
              }),
            ),
            { note: t('drag to set the window') },
          )}
        </div>
        <div>
          ${section(
            t('Of what a step may hold'),
            shares.length > 0
              ? this.figure(
                  lines({
                    ...shared,
                    key: contentKey(value, 'shares'),
                    subject: `shares ${JSON.stringify(app.scope)}`,
                    label: t('Requests and tokens of a step against their limits, over time.'),
                    series: shares,
                    format: formatShare,
                    max: 1,
                  }),
                )
              : html`<p class="quiet">${t('The session does not tell the limits.')}</p>`,
          )}
        </div>
      </div>
      ${section(
        t('By engine'),
        html`<pm-table
          .app=${app}
          name="sessionBatches"
          label=${t('Batches by engine')}
          .columns=${this.columns}
          .source=${this.local('batches', value, this.columns)}
          .rowKey=${(row: SessionBatchUse) => String(row.process)}
          .maxRows=${12}
          .onOpen=${(row: SessionBatchUse) => app.narrow('process', row.process)}
          .exported=${this.exported('sessionBatches')}
        ></pm-table>`,
      )}`;
  }
}

/** Against its limit, where that is told. */
function part(
  label: string,
  index: number,
  values: Float64Array,
  limit: number | undefined,
): readonly LineSeries[] {
  if (limit === undefined || !(limit > 0)) return [];
  return [{ label, mark: markOf(index), values: values.map((value) => value / limit) }];
}

function answer(value: Batches): string {
  const [use] = [...value].sort((a, b) => b.steps - a.steps);
  const phases = use.phases
    .filter(({ phase }) => phase !== '')
    .map(({ phase, steps }) => `${sessionPhaseLabel(phase).toLowerCase()} ${formatCount(steps)}`);
  return [
    plural(
      use.steps,
      'One step.',
      phases.length > 0 ? '{0} steps: {1}.' : '{0} steps.',
      formatCount(use.steps),
      phases.join(', '),
    ),
    use.requestShare === undefined
      ? t('{0} requests run at once on average.', formatNumber(use.meanRunning))
      : t(
          'On average a step holds {0} of the requests it may, and {1} of the tokens.',
          formatShare(use.requestShare),
          formatShare(use.tokenShare),
        ),
    t(
      '{0} requests wait on average, {1} at most.',
      formatNumber(use.meanWaiting),
      formatCount(use.mostWaiting),
    ),
    ...(value.length > 1
      ? [t('These are of the engine with most steps, of {0}.', formatCount(value.length))]
      : []),
  ].join(' ');
}

const batchColumns = (name: (process: number) => string): readonly Column<SessionBatchUse>[] => [
  {
    id: 'process',
    title: t('Engine'),
    kind: 'text',
    width: 150,
    grow: true,
    value: (row) => name(row.process),
  },
  { id: 'steps', title: t('Steps'), kind: 'count', width: 90, value: (row) => row.steps },
  {
    id: 'requestShare',
    title: t('Of requests'),
    hint: t('Requests in a step against max_num_seqs, on average.'),
    kind: 'share',
    width: 130,
    value: (row) => row.requestShare,
  },
  {
    id: 'maxRequests',
    title: t('At most'),
    hint: t('max_num_seqs'),
    kind: 'count',
    width: 90,
    value: (row) => row.maxRequests,
  },
  {
    id: 'tokenShare',
    title: t('Of tokens'),
    hint: t('Tokens in a step against max_num_batched_tokens, on average.'),
    kind: 'share',
    width: 130,
    value: (row) => row.tokenShare,
  },
  {
    id: 'maxTokens',
    title: t('At most'),
    hint: t('max_num_batched_tokens'),
    kind: 'count',
    width: 90,
    value: (row) => row.maxTokens,
  },
  {
    id: 'meanRunning',
    title: t('Running'),
    hint: t('On average over steps.'),
    kind: 'number',
    width: 90,
    value: (row) => row.meanRunning,
  },
  {
    id: 'meanWaiting',
    title: t('Waiting'),
    hint: t('On average over steps.'),
    kind: 'number',
    width: 90,
    value: (row) => row.meanWaiting,
  },
  {
    id: 'mostWaiting',
    title: t('Most waiting'),
    kind: 'count',
    width: 110,
    value: (row) => row.mostWaiting,
  },
  {
    id: 'underused',
    title: t('Half empty'),
    hint: t(
      'Steps in which requests wait though requests and tokens are both below half of their limit.',
    ),
    kind: 'share',
    width: 130,
    value: (row) => row.underused,
  },
];
