import { html } from 'lit';
import type { FigureName } from '../../../src/analysis/ncu/metrics';
import type { NcuKernelColumn, NcuMetricRow, NcuTableRow } from '../../../src/protocol/ncu';
import { formatNumber, formatTime } from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { kernelName } from '../../ui/cell-parts';
import type { Column, ColumnKind } from '../../ui/cells';
import { componentLabel, componentMark, swatch } from '../../ui/marks';
import { boundLabel, boundMark, figureLabel } from '../words';

type KernelColumn = Column<NcuTableRow> & { readonly id: NcuKernelColumn | 'grid' | 'block' };

const figure = (
  name: FigureName,
  kind: ColumnKind,
  width: number,
  more: Partial<KernelColumn> = {},
): KernelColumn => ({
  id: name,
  title: figureLabel(name),
  kind,
  width,
  value: (row) => row.figures[name],
  ...more,
});

const size = (xyz: readonly number[] | undefined): string | undefined => xyz?.join('×');

function nameCell(row: NcuTableRow): unknown {
  const mark = swatch(componentMark(row.component));
  return row.heading === undefined
    ? html`${mark}${kernelName(row.name)}`
    : html`${mark}<strong>${componentLabel(row.component)}</strong
        ><span class="note"
          >${plural(row.heading, '{0} kernel', '{0} kernels', row.heading)}</span
        >`;
}

/** Of a kernel's own row; a heading stands over several. */
const own =
  <Value>(value: (row: NcuTableRow) => Value) =>
  (row: NcuTableRow): Value | undefined =>
    row.heading === undefined ? value(row) : undefined;

export const kernelColumns = (linked: boolean): readonly KernelColumn[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 240,
    grow: true,
    value: (row) => (row.heading === undefined ? row.name : componentLabel(row.component)),
    display: nameCell,
  },
  {
    id: 'decodeShare',
    title: t('Of decode'),
    hint: t('Of decode’s kernel time on the linked timeline.'),
    kind: 'share',
    width: 124,
    hidden: !linked,
    value: (row) => row.timeline?.phases.decode.share,
  },
  {
    id: 'prefillShare',
    title: t('Of prefill'),
    hint: t('Of prefill’s kernel time on the linked timeline.'),
    kind: 'share',
    width: 124,
    hidden: !linked,
    value: (row) => row.timeline?.phases.prefill.share,
  },
  {
    id: 'timelineShare',
    title: t('Of timeline'),
    hint: t('Of all kernel time on the linked timeline.'),
    kind: 'share',
    width: 124,
    hidden: true,
    value: (row) => row.timeline?.share,
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of the time of all launches in these results, under ncu.'),
    kind: 'share',
    width: 116,
    hidden: linked,
    value: (row) => row.share,
  },
  figure('duration', 'time', 84, { title: t('Time'), hint: t('A launch, median, under ncu.') }),
  { id: 'launches', title: t('Launches'), kind: 'count', width: 82, value: (row) => row.launches },
  {
    id: 'bound',
    title: t('Bound'),
    hint: t('What holds it back: memory, compute, or latency where neither is near its peak.'),
    kind: 'text',
    width: 104,
    value: own((row) => boundLabel(row.bound)),
    display: (row) =>
      row.heading === undefined
        ? html`${swatch(boundMark(row.bound))}${boundLabel(row.bound)}`
        : '',
  },
  {
    id: 'peak',
    title: t('Of peak'),
    hint: t('The busier of memory system and SMs, of its peak.'),
    kind: 'share',
    width: 116,
    value: (row) => row.peak,
  },
  figure('memoryShare', 'share', 116, {
    title: t('Memory'),
    hint: t('The busiest part of the memory system, of its peak.'),
  }),
  figure('smShare', 'share', 116, {
    title: t('SM'),
    hint: t('The busiest part of the SMs, of its peak.'),
  }),
  figure('dramShare', 'share', 116, {
    title: t('DRAM'),
    hint: t('Of the peak that ncu measured.'),
  }),
  figure('dramBandwidth', 'bandwidth', 136),
  {
    id: 'roof',
    title: t('Of its roof'),
    hint: t('On the DRAM roofline; only where operations were counted.'),
    kind: 'share',
    width: 116,
    hidden: true,
    value: (row) => row.nearest?.share,
  },
  figure('tensorShare', 'share', 116),
  figure('achievedOccupancy', 'share', 124, { title: t('Occupancy') }),
  figure('l2Share', 'share', 116, { title: t('L2'), hidden: true }),
  figure('l1Share', 'share', 116, { title: t('L1'), hidden: true }),
  figure('l2HitRate', 'share', 116, { hidden: true }),
  figure('l1HitRate', 'share', 116, { hidden: true }),
  figure('dramBytes', 'bytes', 96, { hidden: true }),
  figure('theoreticalOccupancy', 'share', 130, { hidden: true }),
  figure('registers', 'count', 84, { hidden: true }),
  figure('dynamicSharedMemory', 'bytes', 120, { hidden: true }),
  figure('wavesPerSm', 'number', 100, { hidden: true }),
  figure('loadSectorsPerRequest', 'number', 110, { hidden: true }),
  figure('storeSectorsPerRequest', 'number', 110, { hidden: true }),
  {
    id: 'totalDuration',
    title: t('Total'),
    hint: t('Of all launches in these results, under ncu.'),
    kind: 'time',
    width: 84,
    hidden: true,
    value: (row) => row.totalDuration,
  },
  {
    id: 'grid',
    title: t('Grid'),
    hint: t('Where all launches agree.'),
    kind: 'text',
    width: 100,
    hidden: true,
    sortable: false,
    value: (row) => size(row.grid),
  },
  {
    id: 'block',
    title: t('Block'),
    hint: t('Where all launches agree.'),
    kind: 'text',
    width: 90,
    hidden: true,
    sortable: false,
    value: (row) => size(row.block),
  },
];

/** A value in its unit; times read better in a unit of their size. */
export function metricText(value: number | undefined, unit: string): string {
  if (unit === 'ns') return formatTime(value);
  const text = formatNumber(value);
  return unit === '' || value === undefined ? text : `${text} ${unit}`;
}

export const metricColumns = (): readonly Column<NcuMetricRow>[] => [
  {
    id: 'name',
    title: t('Metric'),
    kind: 'text',
    width: 200,
    grow: true,
    value: (row) => row.name ?? row.displayName ?? row.key,
    display: (row) => kernelName(row.name ?? row.displayName ?? row.key),
  },
  {
    id: 'value',
    title: t('Median'),
    kind: 'number',
    width: 130,
    value: (row) => row.value ?? row.text,
    display: (row) =>
      html`<span class="clip">${row.text ?? metricText(row.value, row.unit)}</span>`,
  },
  {
    id: 'min',
    title: t('Min'),
    kind: 'number',
    width: 110,
    hidden: true,
    value: (row) => row.min,
    display: (row) => metricText(row.min, row.unit),
  },
  {
    id: 'max',
    title: t('Max'),
    kind: 'number',
    width: 110,
    hidden: true,
    value: (row) => row.max,
    display: (row) => metricText(row.max, row.unit),
  },
  {
    id: 'section',
    title: t('Section'),
    kind: 'text',
    width: 150,
    value: (row) => row.section,
  },
  {
    id: 'displayName',
    title: t('Display name'),
    kind: 'text',
    width: 150,
    hidden: true,
    value: (row) => row.displayName,
  },
  { id: 'unit', title: t('Unit'), kind: 'text', width: 90, hidden: true, value: (row) => row.unit },
];
