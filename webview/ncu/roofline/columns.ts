import { html } from 'lit';
import type { NcuRooflinePoint, NcuThroughputPoint, Weights } from '../../../src/protocol/ncu';
import { t } from '../../strings';
import { kernelName } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';
import { componentMark, swatch } from '../../ui/marks';
import type { SizeBy } from '../state';
import { boundLabel, roofLabel } from '../words';

interface Weighed {
  readonly weights: Weights;
}

export function weightLabel(size: SizeBy): string {
  switch (size) {
    case 'report':
      return t('Share under ncu');
    case 'all':
      return t('Share of the timeline');
    case 'prefill':
      return t('Share of prefill');
    case 'decode':
      return t('Share of decode');
  }
}

/** Of the shares that are known, the one that sizes the dots is shown. */
const weightColumns = <Row extends Weighed>(
  sizes: readonly SizeBy[],
  shown: SizeBy,
): readonly Column<Row>[] =>
  sizes.map((size) => ({
    id: size,
    title: weightLabel(size),
    kind: 'share',
    width: 166,
    hidden: size !== shown,
    value: (row) => row.weights[size],
  }));

const name = <Row extends Pick<NcuRooflinePoint, 'name' | 'component'>>(): Column<Row> => ({
  id: 'name',
  title: t('Kernel'),
  kind: 'text',
  width: 220,
  grow: true,
  value: (row) => row.name,
  display: (row) => html`${swatch(componentMark(row.component))}${kernelName(row.name)}`,
});

export const pointColumns = (
  sizes: readonly SizeBy[],
  shown: SizeBy,
): readonly Column<NcuRooflinePoint>[] => [
  name(),
  ...weightColumns<NcuRooflinePoint>(sizes, shown),
  {
    id: 'nearestShare',
    title: t('Of its roof'),
    hint: t('Performance, of what the nearest roof allows at this intensity.'),
    kind: 'share',
    width: 130,
    value: (row) => row.nearest?.share,
  },
  {
    id: 'nearest',
    title: t('Nearest roof'),
    kind: 'text',
    width: 140,
    value: (row) => row.nearest && roofLabel(row.nearest.name),
  },
  {
    id: 'bound',
    title: t('Bound'),
    hint: t('What holds it back, by throughput of memory and SMs.'),
    kind: 'text',
    width: 90,
    value: (row) => boundLabel(row.bound),
  },
  {
    id: 'intensity',
    title: t('FLOP/byte'),
    kind: 'number',
    width: 90,
    value: (row) => row.intensity,
  },
  {
    id: 'performance',
    title: t('Achieved'),
    kind: 'operations',
    width: 120,
    value: (row) => row.performance,
  },
  {
    id: 'precision',
    title: t('Precision'),
    hint: t('The one that did most of its operations.'),
    kind: 'text',
    width: 100,
    value: (row) => roofLabel(row.precision),
  },
  { id: 'duration', title: t('Time'), kind: 'time', width: 86, value: (row) => row.duration },
  { id: 'launches', title: t('Launches'), kind: 'count', width: 84, value: (row) => row.launches },
  { id: 'bytes', title: t('Bytes'), kind: 'bytes', width: 86, value: (row) => row.bytes },
];

export const throughputColumns = (
  sizes: readonly SizeBy[],
  shown: SizeBy,
): readonly Column<NcuThroughputPoint>[] => [
  name(),
  ...weightColumns<NcuThroughputPoint>(sizes, shown),
  {
    id: 'memory',
    title: t('Memory'),
    hint: t('The busiest part of the memory system, of its peak.'),
    kind: 'share',
    width: 140,
    value: (row) => row.memory,
  },
  {
    id: 'compute',
    title: t('SM'),
    hint: t('The busiest part of the SMs, of its peak.'),
    kind: 'share',
    width: 140,
    value: (row) => row.compute,
  },
  {
    id: 'bound',
    title: t('Bound'),
    kind: 'text',
    width: 90,
    value: (row) => boundLabel(row.bound),
  },
  { id: 'duration', title: t('Time'), kind: 'time', width: 86, value: (row) => row.duration },
  { id: 'launches', title: t('Launches'), kind: 'count', width: 84, value: (row) => row.launches },
];
