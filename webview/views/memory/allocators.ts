/** What PyTorch's allocators held over time, and which operators took it. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { OperatorMemory } from '../../../src/analysis/memory-events';
import { formatBytes, formatCount, formatTime } from '../../../src/profile/format';
import type { AllocatorView } from '../../../src/protocol/torch';
import type { App } from '../../app';
import { t } from '../../strings';
import type { Column } from '../../ui/cells';
import { choices, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import { emptyState, failed, section } from '../../ui/parts';
import { View } from '../view';
import { heldOverTime } from './held-over-time';

const MEMORY_FLAG = '--profiler-config.torch_profiler_with_memory=true';
const BINS = 400;

const columns = (): readonly Column<OperatorMemory>[] => [
  {
    id: 'name',
    title: t('Operator'),
    kind: 'text',
    width: 200,
    grow: true,
    value: (row) => row.name || t('(no operator open)'),
  },
  { id: 'taken', title: t('Taken'), kind: 'bytes', width: 96, value: (row) => row.taken },
  {
    id: 'returned',
    title: t('Given back'),
    kind: 'bytes',
    width: 124,
    value: (row) => row.returned,
  },
  { id: 'events', title: t('Events'), kind: 'count', width: 84, value: (row) => row.events },
];

/** The same wherever it is asked, so that it is computed once. */
export const allocatorQuestion = ({ scope, state }: App) => ({
  scope,
  device: state.allocator,
  bins: BINS,
});

@customElement('pm-allocators')
export class AllocatorsPart extends View {
  private readonly columns = columns();

  protected override render(): unknown {
    const { app } = this;
    if (!app.status?.torch?.memory) {
      return section(
        t('Memory held by PyTorch’s allocators'),
        emptyState(app, {
          why: t('No memory events in this trace. Profile with this option to see them.'),
          remedy: MEMORY_FLAG,
        }),
      );
    }
    const query = this.ask('allocators', allocatorQuestion(app));
    if (query.failure && !query.value) return failed(query.failure.message);
    const { value } = query;
    if (!value) return skeleton(1, 'chart');
    return html`<div class=${query.pending ? 'stale' : ''}>
      ${section(t('Memory held by PyTorch’s allocators'), this.renderHeld(value), {
        tools: this.renderDevices(value),
      })}
      ${section(t('Taken by operators'), this.renderOperators(value))}
    </div>`;
  }

  private renderDevices({ devices, device }: AllocatorView): unknown {
    if (devices.length < 2) return nothing;
    return choices(
      t('Device'),
      String(device),
      devices.map(({ id, name }) => [String(id), name] as const),
      (id) => this.app.update({ allocator: Number(id) }),
    );
  }

  private renderHeld(value: AllocatorView): unknown {
    const { app } = this;
    const { series } = value;
    if (!series || series.allocated.every((bytes) => bytes === null)) {
      return emptyState(app, {
        why: t('This trace has no totals: it was written before PyTorch 1.10.'),
      });
    }
    return html`<pm-figure
      .figure=${heldOverTime(
        JSON.stringify(['held', app.revision, app.scope, value.device]),
        told(value),
        series,
      )}
    ></pm-figure>`;
  }

  private renderOperators({ operators }: AllocatorView): TemplateResult {
    return html`<pm-table
      .app=${this.app}
      name="memory-operators"
      label=${t('Taken by operators')}
      .columns=${this.columns}
      .source=${this.local('memory-operators', operators, this.columns, 'memory-operators')}
      .defaultSort=${{ column: 'taken', descending: true }}
      .rowKey=${(row: OperatorMemory) => row.name}
      .maxRows=${8}
      .empty=${html`<p class="quiet">${t('Nothing was taken or given back in this scope.')}</p>`}
    ></pm-table>`;
  }
}

/** In words: what the device held at most. */
export function told({ devices, device }: AllocatorView): string {
  const one = devices.find(({ id }) => id === device);
  if (!one) return '';
  const events = t('{0} memory events', formatCount(one.events));
  if (one.peakAllocated === undefined) return t('{0}: {1}.', one.name, events);
  const peak = t(
    '{0}: at most {1} in tensors, at {2}',
    one.name,
    formatBytes(one.peakAllocated),
    formatTime(one.peakAllocatedAt),
  );
  return one.peakReserved === undefined
    ? t('{0}; {1}.', peak, events)
    : t('{0}; {1} reserved; {2}.', peak, formatBytes(one.peakReserved), events);
}
