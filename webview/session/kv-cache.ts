/** How full the KV cache is, and what its evictions say. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { KvCacheUse } from '../../src/analysis/session/kv-cache';
import { formatCount, formatNumber, formatShare, formatTime } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { contentKey } from '../ui/figures';
import { lines } from '../ui/lines';
import { section } from '../ui/parts';
import { timesScatter } from '../ui/scatter';
import { kvBands } from './kv-bands';
import { SessionView } from './session-view';
import { markOf } from './words';

type KvCache = Result<'sessionKvCache'>;
const BINS = 600;

@customElement('pm-session-kv-cache')
export class KvCacheView extends SessionView {
  protected readonly view = 'kv-cache';
  private readonly columns = kvColumns((process) => this.name(process));

  protected override render(): unknown {
    const query = this.ask('sessionKvCache', { scope: this.app.scope, bins: BINS });
    return this.page<KvCache>(
      query,
      (value) => this.answer(value),
      (value) => this.renderBody(value),
    );
  }

  private answer({ uses, evictions }: KvCache): string {
    const sentences: string[] = [];
    const [fullest] = [...uses].sort((a, b) => b.mean - a.mean);
    if (fullest) {
      sentences.push(
        t(
          'The KV cache was {0} full on average, {1} at its peak, and above {2} for {3} of the time.',
          formatShare(fullest.mean),
          formatShare(fullest.peak),
          formatShare(this.overview?.kvRanges.under),
          formatShare(fullest.aboveUnder),
        ),
      );
      if (uses.length > 1)
        sentences.push(t('These are the fullest of {0} engines.', formatCount(uses.length)));
    }
    sentences.push(
      evictions.count === 0
        ? t('No cached block was evicted.')
        : t(
            '{0} cached blocks were evicted, {1} a second; half of them had lived less than {2}.',
            formatCount(evictions.count),
            formatNumber(evictions.rate),
            formatTime(evictions.lifetime?.p50),
          ),
    );
    return sentences.join(' ');
  }

  private renderBody(value: KvCache): TemplateResult {
    const { app } = this;
    return html`${section(
      t('In use over time'),
      value.uses.length > 0
        ? this.figure(this.overTime(value))
        : html`<p class="quiet">${t('No row tells how full it was.')}</p>`,
      { note: t('drag to set the window; a click or Enter shows the steps of that time') },
    )}
    ${section(
      t('By engine'),
      html`<pm-table
        .app=${app}
        name="sessionKvCache"
        label=${t('Use of the KV cache by engine')}
        .columns=${this.columns}
        .source=${this.local('uses', value.uses, this.columns)}
        .rowKey=${(row: KvCacheUse) => String(row.process)}
        .maxRows=${12}
        .onOpen=${(row: KvCacheUse) => app.narrow('process', row.process)}
        .exported=${this.exported('sessionKvCache')}
      ></pm-table>`,
    )}
    ${section(
      t('Evictions'),
      value.evictions.points.length > 0
        ? this.figure(this.scatter(value))
        : html`<p class="quiet">
            ${t('A cached prefix is evicted when its block is needed for a new one. None was.')}
          </p>`,
      {
        note:
          value.evictions.count > value.evictions.points.length
            ? t(
                '{0} of {1}, evenly taken',
                formatCount(value.evictions.points.length),
                formatCount(value.evictions.count),
              )
            : t('each by how long its block lived, and how long it had been idle'),
      },
    )}`;
  }

  private overTime({ uses }: KvCache) {
    const { app } = this;
    const [{ series }] = uses;
    return lines({
      key: contentKey(uses),
      subject: JSON.stringify(app.scope),
      label: t(
        'Share of the KV cache’s blocks in use over time, with the ranges that are too little and too much.',
      ),
      timeTitle: t('Time'),
      start: series.start,
      width: series.width,
      series: uses.map((use, index) => ({
        label: this.name(use.process),
        mark: markOf(index),
        values: use.series.mean,
        low: use.series.min,
        high: use.series.max,
      })),
      format: formatShare,
      max: 1,
      bands: this.overview ? kvBands(this.overview.kvRanges) : [],
      stepped: true,
      height: 240,
      brush: this.brush,
      pick: (start, end) => app.showSteps(start, end),
    });
  }

  private scatter({ evictions }: KvCache) {
    const { app } = this;
    const points = evictions.points.filter(
      ({ lifetime, idle }) => lifetime !== undefined && idle !== undefined,
    );
    const edge = this.overview?.ranges.find(({ figure }) => figure === 'evictionLifetime')?.from;
    return timesScatter({
      key: contentKey(evictions),
      subject: `evictions ${JSON.stringify(app.scope)}`,
      label: t('Evicted blocks by lifetime and idle time.'),
      xTitle: t('Idle before it was evicted'),
      yTitle: t('Lifetime'),
      logarithmic: true,
      head: [t('Time'), t('Lifetime'), t('Idle')],
      series: [
        {
          label: t('Evicted block'),
          mark: markOf(0),
          points: points.map(({ time, lifetime, idle }) => ({
            x: idle!,
            y: lifetime!,
            text: t(
              'at {0}, lived {1}, idle {2}',
              formatTime(time),
              formatTime(lifetime),
              formatTime(idle),
            ),
            cells: [formatTime(time), formatTime(lifetime), formatTime(idle)],
          })),
        },
      ],
      ...(edge !== undefined && {
        edge: { y: edge, label: t('healthy above: {0}', formatTime(edge)) },
      }),
      pick: (_, point) => app.showSteps(points[point].time, points[point].time),
    });
  }
}

const kvColumns = (name: (process: number) => string): readonly Column<KvCacheUse>[] => [
  {
    id: 'process',
    title: t('Engine'),
    kind: 'text',
    width: 150,
    grow: true,
    value: (row) => name(row.process),
  },
  {
    id: 'mean',
    title: t('Mean'),
    hint: t('Over time: each row holds until the next.'),
    kind: 'share',
    width: 120,
    value: (row) => row.mean,
  },
  {
    id: 'p95',
    title: t('p95'),
    hint: t('Over rows.'),
    kind: 'share',
    width: 120,
    value: (row) => row.p95,
  },
  { id: 'peak', title: t('Peak'), kind: 'share', width: 120, value: (row) => row.peak },
  {
    id: 'totalBlocks',
    title: t('Blocks'),
    kind: 'count',
    width: 90,
    value: (row) => row.totalBlocks,
  },
  {
    id: 'belowOver',
    title: t('Over-provisioned'),
    hint: t('Of the time, with less in use than the load would need.'),
    kind: 'share',
    width: 140,
    value: (row) => row.belowOver,
  },
  {
    id: 'good',
    title: t('Good balance'),
    hint: t('Of the time.'),
    kind: 'share',
    width: 130,
    value: (row) => row.good,
  },
  {
    id: 'aboveUnder',
    title: t('Under-provisioned'),
    hint: t('Of the time, nearly full.'),
    kind: 'share',
    width: 140,
    value: (row) => row.aboveUnder,
  },
];
