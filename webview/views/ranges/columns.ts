import { html, nothing } from 'lit';
import type { RangeNode } from '../../../src/analysis/ranges';
import { formatCount } from '../../../src/profile/format';
import { t } from '../../strings';
import { longName } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';
import { icon } from '../../ui/controls';
import type { TreeRow } from './range-tree';

export const rangeColumns = (): readonly Column<RangeNode>[] => [
  {
    id: 'name',
    title: t('Range'),
    kind: 'text',
    width: 280,
    grow: true,
    value: (row) => row.name,
    display: (row) =>
      html`${row.name === '' ? t('(no name)') : longName(row.name)}${
        row.numbered
          ? html`<span
              class="quiet"
              title=${t('PyTorch numbers each call in the name of its range (seq, op_id). All calls are one row here.')}
            >
              ${t('all calls')}</span
            >`
          : nothing
      }${
        row.open > 0
          ? html`<span class="note" title=${t('Still open when the capture ended; not counted.')}>
              ${icon('warning')} ${t('{0} open', formatCount(row.open))}</span
            >`
          : nothing
      }`,
  },
  {
    id: 'gpuBusy',
    title: t('GPU busy'),
    hint: t('Time in which work launched inside the range ran on a GPU.'),
    kind: 'time',
    width: 126,
    value: (row) => row.gpuBusy,
  },
  {
    id: 'gpuProjected',
    title: t('GPU projected'),
    hint: t('From the first work launched inside to the end of the last, added up.'),
    kind: 'time',
    width: 136,
    value: (row) => row.gpuProjected,
  },
  {
    id: 'gpuOperations',
    title: t('GPU ops'),
    hint: t('Kernels, copies and fills launched inside.'),
    kind: 'count',
    width: 86,
    value: (row) => row.gpuOperations,
  },
  {
    id: 'cpuTotal',
    title: t('CPU time'),
    hint: t('Length of the ranges on the CPU: launches return before their work is done.'),
    kind: 'time',
    width: 110,
    value: (row) => row.cpuTotal,
  },
  {
    id: 'cpuSelf',
    title: t('CPU self'),
    hint: t('Not spent in a range inside.'),
    kind: 'time',
    width: 106,
    value: (row) => row.cpuSelf,
  },
  {
    id: 'cpuAverage',
    title: t('CPU avg'),
    kind: 'time',
    width: 106,
    value: (row) => row.cpuAverage,
  },
  {
    id: 'cpuMax',
    title: t('CPU max'),
    kind: 'time',
    width: 106,
    hidden: true,
    value: (row) => row.cpuMax,
  },
  { id: 'instances', title: t('Count'), kind: 'count', width: 80, value: (row) => row.instances },
  {
    id: 'domain',
    title: t('Domain'),
    kind: 'text',
    width: 100,
    value: (row) => row.domain,
  },
  {
    id: 'level',
    title: t('Level'),
    kind: 'count',
    width: 60,
    hidden: true,
    value: (row) => row.level,
  },
  {
    id: 'children',
    title: t('Children'),
    kind: 'count',
    width: 76,
    hidden: true,
    value: (row) => row.children,
  },
];

/** The same columns for rows of a tree. */
export const treeColumns = (columns: readonly Column<RangeNode>[]): readonly Column<TreeRow>[] =>
  columns.map((column) => ({
    ...column,
    value: (row) => (row.kind === 'more' ? undefined : column.value(row.node)),
    display: column.display
      ? (row) =>
          row.kind === 'more'
            ? html`<span class="quiet"
                >${t('{0} more: Enter shows them', formatCount(row.left))}</span
              >`
            : column.display!(row.node)
      : undefined,
  }));
