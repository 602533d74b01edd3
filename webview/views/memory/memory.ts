/** Copies and fills, what waits for them, and what the device's memory holds. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { MemoryResult, TransferRow } from '../../../src/analysis/transfers';
import type { Sort } from '../../../src/protocol/requests';
import {
  formatBandwidth,
  formatBytes,
  formatCount,
  formatShare,
  formatTime,
} from '../../../src/profile/format';
import { t } from '../../strings';
import type { Column } from '../../ui/cells';
import { icon, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import { areaOverTime, contentKey, stackedBars } from '../../ui/figures';
import type { Mark } from '../../ui/marks';
import { emptyState, failed, lead, section, warning } from '../../ui/parts';
import { View } from '../view';
import { allocatorQuestion, told } from './allocators';

const SLOW: Mark = { colour: '--vscode-charts-orange', pattern: 'stripes' };
const FAST: Mark = { colour: '--vscode-charts-blue', pattern: 'solid' };

const transferColumns = (): readonly Column<TransferRow>[] => [
  {
    id: 'operation',
    title: t('Operation'),
    kind: 'text',
    width: 170,
    grow: true,
    value: (row) => row.operation,
  },
  {
    id: 'memory',
    title: t('Memory'),
    kind: 'text',
    width: 190,
    value: (row) => memoryOf(row),
    display: (row) =>
      row.pageable
        ? html`<span title=${t('Pageable memory is copied twice, and the call waits for it.')}
            >${icon('warning')} ${row.memory}</span
          >`
        : memoryOf(row),
  },
  { id: 'share', title: t('Share'), kind: 'share', width: 130, value: (row) => row.share },
  { id: 'total', title: t('Time'), kind: 'time', width: 90, value: (row) => row.total },
  { id: 'bytes', title: t('Bytes'), kind: 'bytes', width: 90, value: (row) => row.bytes },
  {
    id: 'bandwidth',
    title: t('Bandwidth'),
    hint: t('Bytes over the time in which they were copied.'),
    kind: 'bandwidth',
    width: 110,
    value: (row) => row.bandwidth,
    display: (row) =>
      row.impossible
        ? html`<span title=${t('As recorded; more than any memory can do.')}
            >${icon('warning')} ${formatBandwidth(row.bandwidth)}</span
          >`
        : formatBandwidth(row.bandwidth),
  },
  { id: 'count', title: t('Count'), kind: 'count', width: 80, value: (row) => row.count },
  {
    id: 'average',
    title: t('Avg'),
    kind: 'time',
    unitGroup: 'one',
    width: 80,
    value: (row) => row.average,
  },
  {
    id: 'max',
    title: t('Max'),
    kind: 'time',
    unitGroup: 'one',
    width: 80,
    value: (row) => row.max,
  },
  {
    id: 'averageSize',
    title: t('Avg size'),
    kind: 'bytes',
    width: 104,
    value: (row) => row.averageSize,
  },
];

/** Between which kinds of memory; nothing where the capture names neither. */
const memoryOf = (row: TransferRow): string =>
  row.memory === 'unknown → unknown' ? '' : row.memory;

type Synchronization = MemoryResult['synchronizations'][number];
const synchronizationColumns = (): readonly Column<Synchronization>[] => [
  {
    id: 'kind',
    title: t('Waits for'),
    kind: 'text',
    width: 200,
    grow: true,
    value: (row) => row.kind,
  },
  { id: 'total', title: t('Time'), kind: 'time', width: 100, value: (row) => row.total },
  { id: 'count', title: t('Count'), kind: 'count', width: 90, value: (row) => row.count },
  {
    id: 'average',
    title: t('Avg'),
    kind: 'time',
    width: 90,
    value: (row) => (row.count > 0 ? row.total / row.count : undefined),
  },
];

@customElement('pm-memory')
export class MemoryView extends View {
  private readonly transferColumns = transferColumns();
  private readonly synchronizationColumns = synchronizationColumns();

  protected override render(): unknown {
    const { app } = this;
    const query = this.ask('memory', { scope: app.scope });
    const { value } = query;
    if (query.failure && !value) return failed(query.failure.message);
    if (!value) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(6)}
      </div>`;
    }
    const pageable = value.transfers.filter((row) => row.pageable);
    const slow = pageable.reduce((sum, row) => sum + row.total, 0);
    return html`<div class="view ${query.pending ? 'stale' : ''}">
      ${lead(`${answer(value)} ${this.heldSentence()}`)}
      ${
        slow > 0
          ? warning(
              t(
                '{0} of copying was from or to pageable memory, which the driver copies twice. Pin it where the copies matter.',
                formatTime(slow),
              ),
            )
          : nothing
      }
      ${value.transfers
        .filter(({ impossible }) => impossible)
        .map((row) =>
          warning(
            t(
              'The bandwidth of {0}, {1}, is as recorded; it is more than any memory can do, so that its bytes or its time were recorded wrong.',
              memoryOf(row) ? `${row.operation} (${memoryOf(row)})` : row.operation,
              formatBandwidth(row.bandwidth),
            ),
          ),
        )}
      <div class="columns">
        ${section(t('Time by operation'), this.renderBars(value))}
        ${
          this.app.status?.torch
            ? html`<pm-allocators .app=${this.app} ?active=${this.active}></pm-allocators>`
            : section(t('Device memory over the run'), this.renderAllocated(value))
        }
      </div>
      ${section(t('Copies and fills'), this.renderTransfers(value))}
      ${section(t('Synchronisation'), this.renderSynchronizations(value))}
    </div>`;
  }

  /** What PyTorch's allocators held, in traces that say. */
  private heldSentence(): string {
    const { app } = this;
    if (!app.status?.torch?.memory) return '';
    const held = this.ask('allocators', allocatorQuestion(app)).value;
    return held ? told(held) : '';
  }

  private renderBars(value: MemoryResult): unknown {
    if (value.transfers.length === 0) return this.renderNoTransfers();
    const operations = [...new Set(value.transfers.map((row) => row.operation))];
    const sum = (operation: string, pageable: boolean) =>
      value.transfers
        .filter((row) => row.operation === operation && row.pageable === pageable)
        .reduce((total, row) => total + row.total, 0);
    return html`<pm-figure
      .figure=${stackedBars({
        key: contentKey(value),
        label: t(
          'Time in copies and fills: {0}.',
          operations
            .map((name) => `${name} ${formatTime(sum(name, true) + sum(name, false))}`)
            .join(', '),
        ),
        rowTitle: t('Operation'),
        rows: operations.map((operation) => ({
          label: operation,
          note: formatBytes(bytesOf(value.transfers.filter((row) => row.operation === operation))),
        })),
        format: (time) => (time === 0 ? '0' : formatTime(time)),
        series: [
          {
            label: t('not pageable'),
            mark: FAST,
            values: operations.map((operation) => sum(operation, false)),
          },
          {
            label: t('pageable'),
            mark: SLOW,
            values: operations.map((operation) => sum(operation, true)),
          },
        ],
      })}
    ></pm-figure>`;
  }

  private renderNoTransfers(): TemplateResult {
    const { app } = this;
    return emptyState(app, {
      why: t('No copy or fill was recorded in this scope.'),
      action:
        app.state.narrowed.length > 0
          ? { label: t('Widen the scope'), run: () => app.widen() }
          : undefined,
    });
  }

  private renderAllocated({ allocated }: MemoryResult): unknown {
    const { app } = this;
    if (!allocated) {
      return emptyState(app, {
        why: t('No memory-usage trace in this profile. Capture with this option to see it.'),
        remedy: '--cuda-memory-usage=true',
        profile: true,
      });
    }
    return html`<pm-figure
      .figure=${areaOverTime({
        key: contentKey(allocated),
        label: t(
          'Bytes held on the device over time: at most {0}, {1} at the end.',
          formatBytes(allocated.peak),
          formatBytes(allocated.end),
        ),
        points: allocated.series.map((point) => ({ x: point.time, y: point.bytes })),
        format: formatBytes,
        timeTitle: t('Time'),
        valueTitle: t('Held'),
      })}
    ></pm-figure>`;
  }

  private renderTransfers(value: MemoryResult): TemplateResult {
    const { app } = this;
    return html`<pm-table
      .app=${app}
      name="transfers"
      label=${t('Copies and fills')}
      .columns=${this.transferColumns}
      .source=${this.local('transfers', value.transfers, this.transferColumns, 'transfers')}
      .defaultSort=${{ column: 'total', descending: true }}
      .rowKey=${(row: TransferRow) => `${row.operation} ${row.memory}`}
      .maxRows=${14}
      .exported=${(sort: Sort | undefined) => ({
        table: 'transfers',
        scope: app.scope,
        filter: '',
        sort,
      })}
      .empty=${html`<p class="quiet">${t('No copy or fill was recorded in this scope.')}</p>`}
    ></pm-table>`;
  }

  private renderSynchronizations(value: MemoryResult): TemplateResult {
    return html`<pm-table
      .app=${this.app}
      name="synchronizations"
      label=${t('Synchronisation')}
      .columns=${this.synchronizationColumns}
      .source=${this.local(
        'synchronizations',
        value.synchronizations,
        this.synchronizationColumns,
        'synchronizations',
      )}
      .defaultSort=${{ column: 'total', descending: true }}
      .rowKey=${(row: Synchronization) => row.kind}
      .maxRows=${6}
      .empty=${html`<p class="quiet">
        ${t('No waiting of the CPU or of a stream was recorded in this scope.')}
      </p>`}
    ></pm-table>`;
  }
}

/** Undefined where no size was recorded. */
const bytesOf = (rows: readonly TransferRow[]): number | undefined =>
  rows.reduce<number | undefined>(
    (sum, { bytes }) => (bytes === undefined ? sum : (sum ?? 0) + bytes),
    undefined,
  );

function answer(value: MemoryResult): string {
  const total = value.transfers.reduce((sum, row) => sum + row.total, 0);
  const bytes = bytesOf(value.transfers);
  const count = value.transfers.reduce((sum, row) => sum + row.count, 0);
  if (count === 0) return t('No copy or fill was recorded in this scope.');
  const top = [...value.transfers].sort((a, b) => b.total - a.total)[0];
  const sentences = [
    bytes === undefined
      ? t(
          '{0} copies and fills took {1}; how much they moved was not recorded.',
          formatCount(count),
          formatTime(total),
        )
      : t(
          '{0} copies and fills moved {1} in {2}.',
          formatCount(count),
          formatBytes(bytes),
          formatTime(total),
        ),
    t(
      '{0} takes most: {1} of that time.',
      memoryOf(top) ? `${top.operation} (${memoryOf(top)})` : top.operation,
      formatShare(top.share),
    ),
  ];
  if (value.allocated) {
    sentences.push(t('The device held at most {0}.', formatBytes(value.allocated.peak)));
  }
  return sentences.join(' ');
}
