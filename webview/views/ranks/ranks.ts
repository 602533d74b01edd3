/** The ranks of one run side by side: whose steps are slow, and who waits for whom. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { RankRow, Skew, StepSkew } from '../../../src/analysis/skew';
import { formatShare, formatTime } from '../../../src/profile/format';
import { t } from '../../strings';
import type { Column } from '../../ui/cells';
import { button, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import { stackedBars } from '../../ui/figures';
import type { Mark } from '../../ui/marks';
import { estimate, failed, lead, section } from '../../ui/parts';
import { View } from '../view';

const WORK: Mark = { colour: '--vscode-charts-blue', pattern: 'solid' };
const EXCHANGE: Mark = { colour: '--vscode-charts-red', pattern: 'solid' };
const WAIT: Mark = { colour: '--vscode-charts-red', pattern: 'hatched' };

const rankColumns = (): readonly Column<RankRow>[] => [
  { id: 'rank', title: t('Rank'), kind: 'count', width: 70, value: (row) => row.rank },
  {
    id: 'stepTime',
    title: t('Step, median'),
    hint: t('From a step’s first work on the GPU to its last.'),
    kind: 'time',
    width: 140,
    value: (row) => row.stepTime,
  },
  { id: 'steps', title: t('Steps'), kind: 'count', width: 80, value: (row) => row.steps },
  { id: 'busy', title: t('GPU busy'), kind: 'time', width: 110, value: (row) => row.busy },
  {
    id: 'communication',
    title: t('Communication'),
    hint: t('Sum of the lengths of the collectives’ kernels.'),
    kind: 'time',
    unitGroup: 'communication',
    width: 150,
    value: (row) => row.communication,
  },
  {
    id: 'wait',
    title: t('Waits'),
    hint: t(
      'An estimate: how much longer its collectives took than those of the rank that came last.',
    ),
    kind: 'time',
    unitGroup: 'communication',
    width: 100,
    value: (row) => row.wait,
  },
  {
    id: 'lastToArrive',
    title: t('Came last'),
    hint: t('An estimate: how often the others waited for this rank.'),
    kind: 'count',
    width: 100,
    value: (row) => row.lastToArrive,
  },
  {
    id: 'collectives',
    title: t('Collectives'),
    kind: 'count',
    width: 110,
    value: (row) => row.collectives,
  },
  {
    id: 'path',
    title: t('File'),
    kind: 'text',
    width: 200,
    grow: true,
    value: (row) => row.path.split(/[\\/]/).at(-1),
  },
];

const stepColumns = (): readonly Column<StepSkew>[] => [
  {
    id: 'name',
    title: t('Step'),
    kind: 'text',
    width: 240,
    grow: true,
    value: (row) => row.name,
  },
  { id: 'step', title: t('Number'), kind: 'count', width: 84, value: (row) => row.step },
  {
    id: 'spread',
    title: t('Spread'),
    hint: t('Between the slowest rank and the fastest.'),
    kind: 'time',
    unitGroup: 'step',
    width: 100,
    value: (row) => row.slowest - row.fastest,
  },
  {
    id: 'slowest',
    title: t('Slowest'),
    kind: 'time',
    unitGroup: 'step',
    width: 100,
    value: (row) => row.slowest,
  },
  {
    id: 'fastest',
    title: t('Fastest'),
    kind: 'time',
    unitGroup: 'step',
    width: 100,
    value: (row) => row.fastest,
  },
  {
    id: 'slowestRank',
    title: t('Slowest rank'),
    kind: 'count',
    width: 110,
    value: (row) => row.slowestRank,
  },
];

@customElement('pm-ranks')
export class RanksView extends View {
  private readonly rankColumns = rankColumns();
  private readonly stepColumns = stepColumns();

  protected override render(): unknown {
    const { app } = this;
    const count = app.ranks?.files.length ?? 0;
    const query = this.ask('skew', {});
    if (query.failure) return failed(query.failure.message);
    if (!app.has('complete') || (query.pending && !query.value)) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(6)}
      </div>`;
    }
    const { value } = query;
    if (!value) {
      return html`<div class="view">
        ${lead(t('{0} ranks of this run lie side by side; one is open.', count))}
        <div class="empty">
          <div>
            <p>
              ${t('Reading all of them tells whose steps are slow and who waits for whom. It takes as much memory as opening each.')}
            </p>
            ${button(
              t('Open All {0} Ranks', count),
              () => app.client.act({ kind: 'action', action: 'readRanks' }),
              { primary: true },
            )}
          </div>
        </div>
      </div>`;
    }
    return html`<div class="view">
      ${lead(answer(value))}
      ${section(t('GPU time by rank'), this.renderBars(value), {
        note: value.missing === undefined ? estimate() : undefined,
      })}
      ${section(t('Ranks'), this.renderRanks(value))}
      ${section(t('Steps in which ranks differ'), this.renderSteps(value))}
    </div>`;
  }

  private renderBars({ ranks }: Skew): TemplateResult {
    const { app } = this;
    return html`<pm-figure
      .figure=${stackedBars({
        key: JSON.stringify(['skew', app.revision]),
        label: t(
          'GPU time by rank: {0}.',
          ranks.map(({ rank, busy }) => `${rank} ${formatTime(busy)}`).join(', '),
        ),
        rowTitle: t('Rank'),
        rows: ranks.map(({ rank, busy }) => ({
          label: t('rank {0}', rank),
          note: formatTime(busy),
        })),
        format: (time) => (time === 0 ? '0' : formatTime(time)),
        series: [
          {
            label: t('own work'),
            mark: WORK,
            values: ranks.map(({ busy, communication }) => Math.max(0, busy - communication)),
          },
          {
            label: t('communication'),
            mark: EXCHANGE,
            values: ranks.map(({ communication, wait }) => communication - (wait ?? 0)),
          },
          {
            label: t('waiting for other ranks'),
            mark: WAIT,
            values: ranks.map(({ wait }) => wait ?? 0),
          },
        ],
      })}
    ></pm-figure>`;
  }

  private renderRanks({ ranks }: Skew): TemplateResult {
    const { app } = this;
    return html`<pm-table
      .app=${app}
      name="ranks"
      label=${t('Ranks')}
      .columns=${this.rankColumns}
      .source=${this.local('ranks', ranks, this.rankColumns, 'ranks')}
      .defaultSort=${{ column: 'rank', descending: false }}
      .rowKey=${(row: RankRow) => String(row.index)}
      .onOpen=${(row: RankRow) => {
        const name = row.path.split(/[\\/]/).at(-1);
        const at = app.ranks?.files.findIndex((file) => file.name === name) ?? -1;
        if (at >= 0) app.showRank(at);
      }}
      .maxRows=${16}
    ></pm-table>`;
  }

  private renderSteps({ steps, ranks }: Skew): TemplateResult {
    return html`<pm-table
      .app=${this.app}
      name="rank-steps"
      label=${t('Steps in which ranks differ')}
      .columns=${this.stepColumns}
      .source=${this.local(
        'rank-steps',
        steps.map((step) => ({ ...step, slowestRank: ranks[step.slowestRank].rank })),
        this.stepColumns,
        'rank-steps',
      )}
      .defaultSort=${{ column: 'spread', descending: true }}
      .rowKey=${(row: StepSkew) => String(row.step)}
      .maxRows=${14}
      .empty=${html`<p class="quiet">
        ${t('Ranks have different numbers of steps, or none: they cannot be set side by side.')}
      </p>`}
    ></pm-table>`;
  }
}

function answer({ ranks, missing }: Skew): string {
  const timed = ranks.filter((rank) => rank.stepTime !== undefined);
  const byTime = [...timed].sort((a, b) => b.stepTime! - a.stepTime!);
  const sentences: string[] = [];
  if (byTime.length > 1) {
    const [slowest] = byTime;
    const fastest = byTime.at(-1)!;
    sentences.push(
      t(
        'Rank {0} has the longest steps, {1} at the median; rank {2} the shortest, {3}.',
        slowest.rank,
        formatTime(slowest.stepTime),
        fastest.rank,
        formatTime(fastest.stepTime),
      ),
    );
  } else sentences.push(t('{0} ranks side by side.', ranks.length));
  switch (missing) {
    case undefined: {
      const waited = [...ranks].sort((a, b) => (b.wait ?? 0) - (a.wait ?? 0))[0];
      if (!waited.wait) {
        sentences.push(t('No rank waited for another.'));
        break;
      }
      const awaited = [...ranks].sort((a, b) => (b.lastToArrive ?? 0) - (a.lastToArrive ?? 0))[0];
      sentences.push(
        t(
          'Rank {0} waits most, about {1} of its communication; rank {2} came last in {3} of {4} collectives.',
          waited.rank,
          formatShare(waited.communication > 0 ? (waited.wait ?? 0) / waited.communication : 0),
          awaited.rank,
          awaited.lastToArrive ?? 0,
          awaited.collectives,
        ),
      );
      break;
    }
    case 'no-collectives':
      sentences.push(t('No collectives were recorded, so that no waiting can be told.'));
      break;
    case 'different-collectives':
      sentences.push(
        t('The ranks recorded different numbers of collectives, so that no waiting can be told.'),
      );
      break;
    case 'one-rank':
      sentences.push(t('There is one rank alone.'));
  }
  return sentences.join(' ');
}
