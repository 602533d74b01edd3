/** The tables of Nsight Compute results: what their columns are and what a filter may ask. */
import type { UnprofiledKernel } from '../../analysis/ncu/join';
import { FIGURE_NAMES, FIGURES, type FigureName } from '../../analysis/ncu/metrics';
import { NAME_FIELDS } from '../../protocol/filter';
import type { NcuMetricRow, NcuRooflinePoint, NcuTableRow } from '../../protocol/ncu';
import { NCU_KERNEL_FIELDS, NCU_METRIC_FIELDS } from '../../protocol/ncu-filter';
import { dimensions, number, share, text, time, type Column, type TableSpec } from '../tables';

const TITLES: Readonly<Record<FigureName, string>> = {
  duration: 'Duration',
  smClock: 'SM Clock',
  dramBytes: 'DRAM Bytes',
  dramReadBytes: 'DRAM Read',
  dramWriteBytes: 'DRAM Written',
  dramBandwidth: 'DRAM Bandwidth',
  dramShare: 'DRAM of Peak',
  l2Bytes: 'L2 Bytes',
  l2Bandwidth: 'L2 Bandwidth',
  l2Share: 'L2 of Peak',
  l1Bytes: 'L1 Bytes',
  l1Bandwidth: 'L1 Bandwidth',
  l1Share: 'L1 of Peak',
  memoryShare: 'Memory of Peak',
  smShare: 'SM of Peak',
  tensorShare: 'Tensor Pipe',
  fp64Share: 'FP64 Pipe',
  fmaShare: 'FMA Pipe',
  fp16Share: 'FP16 Pipe',
  aluShare: 'ALU Pipe',
  achievedOccupancy: 'Achieved Occupancy',
  theoreticalOccupancy: 'Theoretical Occupancy',
  registers: 'Registers',
  staticSharedMemory: 'Static Shared Memory',
  dynamicSharedMemory: 'Dynamic Shared Memory',
  wavesPerSm: 'Waves per SM',
  l1HitRate: 'L1 Hit Rate',
  l2HitRate: 'L2 Hit Rate',
  loadSectorsPerRequest: 'Sectors per Load',
  storeSectorsPerRequest: 'Sectors per Store',
  ipc: 'IPC',
};

const UNITS = { byte: ' (B)', 'byte/s': ' (B/s)', Hz: ' (Hz)', '': '' } as const;

function figure(name: FigureName): Column<NcuTableRow> {
  const { unit } = FIGURES[name];
  const value = (row: NcuTableRow) => row.figures[name];
  if (unit === 'share') return share(name, TITLES[name], value);
  if (unit === 'ns') return time(name, TITLES[name], value);
  return number(name, `${TITLES[name]}${UNITS[unit]}`, value);
}

export const NCU_KERNELS: TableSpec<NcuTableRow> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('component', 'Component', (row) => row.component),
    text('grid', 'Grid', (row) => dimensions(row.grid)),
    text('block', 'Block', (row) => dimensions(row.block)),
    number('launches', 'Launches', (row) => row.launches),
    text('bound', 'Bound', (row) => row.bound),
    share('peak', 'Of Peak', (row) => row.peak),
    share('roof', 'Of Nearest Roof', (row) => row.nearest?.share),
    share('share', 'Of Profiled Time', (row) => row.share),
    time('totalDuration', 'Time under ncu', (row) => row.totalDuration),
    share('timelineShare', 'Of Timeline', (row) => row.timeline?.share),
    share('prefillShare', 'Of Prefill', (row) => row.timeline?.phases.prefill.share),
    share('decodeShare', 'Of Decode', (row) => row.timeline?.phases.decode.share),
    ...FIGURE_NAMES.map(figure),
  ],
  fields: NCU_KERNEL_FIELDS,
  name: (row) => row.name,
  access: {
    text: (row, field) => {
      if (field === 'component') return row.component;
      return field === 'bound' ? row.bound : row.name;
    },
    number: (row, field) => FILTERED[field]?.(row),
  },
};

const FILTERED: Readonly<Record<string, (row: NcuTableRow) => number | undefined>> = {
  peak: (row) => row.peak,
  roof: (row) => row.nearest?.share,
  time: (row) => row.figures.duration,
  share: (row) => row.share,
  launches: (row) => row.launches,
  memory: (row) => row.figures.memoryShare,
  sm: (row) => row.figures.smShare,
  dram: (row) => row.figures.dramShare,
  l2: (row) => row.figures.l2Share,
  l1: (row) => row.figures.l1Share,
  tensor: (row) => row.figures.tensorShare,
  occupancy: (row) => row.figures.achievedOccupancy,
  registers: (row) => row.figures.registers,
  prefill: (row) => row.timeline?.phases.prefill.share,
  decode: (row) => row.timeline?.phases.decode.share,
};

export const NCU_METRICS: TableSpec<NcuMetricRow> = {
  columns: [
    text('name', 'Metric', (row) => row.name),
    text('displayName', 'Display Name', (row) => row.displayName),
    text('section', 'Section', (row) => row.section),
    number('value', 'Median', (row) => row.value),
    number('min', 'Min', (row) => row.min),
    number('max', 'Max', (row) => row.max),
    text('text', 'Text', (row) => row.text),
    text('unit', 'Unit', (row) => row.unit),
  ],
  fields: NCU_METRIC_FIELDS,
  name: (row) => row.name ?? row.displayName ?? row.key,
  access: {
    text: (row, field) => {
      if (field === 'section') return row.section;
      return field === 'unit' ? row.unit : `${row.name ?? ''} ${row.displayName ?? ''}`;
    },
    number: (row) => row.value,
  },
};

export const NCU_POINTS: TableSpec<NcuRooflinePoint> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('component', 'Component', (row) => row.component),
    number('launches', 'Launches', (row) => row.launches),
    text('precision', 'Precision', (row) => row.precision),
    number('intensity', 'Arithmetic Intensity (FLOP/B)', (row) => row.intensity),
    number('performance', 'Performance (FLOP/s)', (row) => row.performance),
    number('flops', 'Operations (FLOP)', (row) => row.flops),
    number('bytes', 'Bytes (B)', (row) => row.bytes),
    time('duration', 'Duration', (row) => row.duration),
    text('nearest', 'Nearest Roof', (row) => row.nearest?.name),
    share('nearestShare', 'Of Nearest Roof', (row) => row.nearest?.share),
    text('bound', 'Bound', (row) => row.bound),
    share('share', 'Of Profiled Time', (row) => row.weights.report),
    share('prefillShare', 'Of Prefill', (row) => row.weights.prefill),
    share('decodeShare', 'Of Decode', (row) => row.weights.decode),
  ],
  fields: NAME_FIELDS,
  access: { text: (row) => row.name, number: () => undefined },
  name: (row) => row.name,
};

export const NCU_UNPROFILED: TableSpec<UnprofiledKernel> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('component', 'Component', (row) => row.component),
    share('share', 'Of Timeline', (row) => row.share),
    share('prefillShare', 'Of Prefill', (row) => row.phases.prefill.share),
    share('decodeShare', 'Of Decode', (row) => row.phases.decode.share),
    time('total', 'Total', (row) => row.total),
    number('instances', 'Instances', (row) => row.instances),
    text('command', 'Command', (row) => row.command?.display),
    text('refusal', 'Why No Command', (row) => row.refusal),
  ],
  fields: NAME_FIELDS,
  access: { text: (row) => row.name, number: () => undefined },
  name: (row) => row.name,
};
