/** The tables that have a row a name, a phase, a step: what their columns are and what a filter may ask. */
import type { GraphRow } from '../analysis/graphs';
import type { ComponentTime, PhaseRow, StepPoint } from '../analysis/phases';
import type { RangeNode } from '../analysis/ranges';
import type { TransferRow } from '../analysis/transfers';
import type { Gap } from '../analysis/utilisation';
import {
  KERNEL_FIELDS,
  NAME_FIELDS,
  RANGE_FIELDS,
  type FilterAccess,
  type FilterField,
} from '../protocol/filter';
import type { LinkedKernelRow } from '../protocol/requests';

export interface Column<Row> {
  /** As in requests. */
  readonly id: string;
  /** As in a copied table's head, with the unit. */
  readonly title: string;
  readonly value: (row: Row) => string | number | undefined;
  readonly text: boolean;
}

export interface TableSpec<Row> {
  readonly columns: readonly Column<Row>[];
  readonly fields: readonly FilterField[];
  readonly access: FilterAccess<Row>;
  /** Orders rows that are equal in the sorted column. */
  readonly name: (row: Row) => string;
}

type Of<Row, Value> = (row: Row) => Value | undefined;

export const text = <Row>(id: string, title: string, value: Of<Row, string>): Column<Row> => ({
  id,
  title,
  value,
  text: true,
});
export const number = <Row>(id: string, title: string, value: Of<Row, number>): Column<Row> => ({
  id,
  title,
  value,
  text: false,
});
export const time = <Row>(id: string, title: string, value: Of<Row, number>): Column<Row> =>
  number(id, `${title} (ns)`, value);
/** Copied as per cent; ordered the same. */
export const share = <Row>(id: string, title: string, value: Of<Row, number>): Column<Row> =>
  number(id, `${title} (%)`, (row) => {
    const part = value(row);
    return part === undefined ? undefined : Number((part * 100).toPrecision(12));
  });

export const dimensions = (size: readonly number[] | undefined): string | undefined =>
  size?.join('×');

/** A filter that only knows names, for the small tables. */
function byName<Row>(
  name: (row: Row) => string,
): Pick<TableSpec<Row>, 'fields' | 'access' | 'name'> {
  return { fields: NAME_FIELDS, access: { text: name, number: () => undefined }, name };
}

export const KERNELS: TableSpec<LinkedKernelRow> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('shortName', 'Short Name', (row) => row.shortName),
    text('component', 'Component', (row) => row.component),
    share('share', 'Share', (row) => row.share),
    time('total', 'Total', (row) => row.total),
    number('instances', 'Instances', (row) => row.instances),
    time('average', 'Average', (row) => row.average),
    time('median', 'Median', (row) => row.median),
    time('p95', 'P95', (row) => row.p95),
    time('min', 'Min', (row) => row.min),
    time('max', 'Max', (row) => row.max),
    time('stddev', 'StdDev', (row) => row.stddev),
    text('grid', 'Grid', (row) => dimensions(row.grid)),
    text('block', 'Block', (row) => dimensions(row.block)),
    number('geometries', 'Geometries', (row) => row.geometries),
    number('registers', 'Registers', (row) => row.registers),
    number('staticSharedMemory', 'Static Shared Memory (B)', (row) => row.staticSharedMemory),
    number('dynamicSharedMemory', 'Dynamic Shared Memory (B)', (row) => row.dynamicSharedMemory),
    share('graphShare', 'In CUDA Graphs', (row) => row.graphShare),
    time('apiTime', 'API Time', (row) => row.apiTime),
    time('queueTime', 'Queue Time', (row) => row.queueTime),
    text('bound', 'Bound', (row) => row.linked?.bound),
    share('peak', 'Of Peak', (row) => row.linked?.peak),
  ],
  fields: KERNEL_FIELDS,
  name: (row) => row.name,
  access: {
    text: (row, field) => {
      if (field === 'name') return row.name;
      if (field === 'component') return row.component;
      if (field === 'bound') return row.linked?.bound;
      return field === 'in' ? (row.graphShare > 0 ? 'graph' : '') : undefined;
    },
    number: (row, field) => {
      switch (field) {
        case 'time':
          return row.total;
        case 'share':
          return row.share;
        case 'count':
          return row.instances;
        case 'avg':
          return row.average;
        case 'med':
          return row.median;
        case 'p95':
          return row.p95;
        case 'min':
          return row.min;
        case 'max':
          return row.max;
        case 'stddev':
          return row.stddev;
        case 'graph':
          return row.graphShare;
        case 'registers':
          return row.registers;
        case 'shared':
          return sum(row.staticSharedMemory, row.dynamicSharedMemory);
        case 'api':
          return row.apiTime;
        case 'queue':
          return row.queueTime;
        case 'peak':
          return row.linked?.peak;
        default:
          return undefined;
      }
    },
  },
};

/** Unknown only where both are. */
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

export const RANGES: TableSpec<RangeNode> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('domain', 'Domain', (row) => row.domain),
    number('level', 'Level', (row) => row.level),
    number('instances', 'Instances', (row) => row.instances),
    number('open', 'Open', (row) => row.open),
    time('cpuTotal', 'CPU Total', (row) => row.cpuTotal),
    time('cpuSelf', 'CPU Self', (row) => row.cpuSelf),
    time('cpuAverage', 'CPU Average', (row) => row.cpuAverage),
    time('cpuMax', 'CPU Max', (row) => row.cpuMax),
    time('gpuBusy', 'GPU Busy', (row) => row.gpuBusy),
    time('gpuProjected', 'GPU Projected', (row) => row.gpuProjected),
    number('gpuOperations', 'GPU Operations', (row) => row.gpuOperations),
    number('children', 'Children', (row) => row.children),
  ],
  fields: RANGE_FIELDS,
  name: (row) => row.name,
  access: {
    text: (row, field) => (field === 'domain' ? row.domain : row.name),
    number: (row, field) => {
      switch (field) {
        case 'time':
          return row.cpuTotal;
        case 'gpu':
          return row.gpuBusy;
        case 'self':
          return row.cpuSelf;
        case 'avg':
          return row.cpuAverage;
        case 'max':
          return row.cpuMax;
        case 'count':
          return row.instances;
        case 'operations':
          return row.gpuOperations;
        case 'level':
          return row.level;
        default:
          return undefined;
      }
    },
  },
};

export const PHASES: TableSpec<PhaseRow> = {
  columns: [
    text('phase', 'Phase', (row) => row.phase),
    number('steps', 'Steps', (row) => row.steps),
    number('requests', 'Requests', (row) => row.requests),
    number('contextTokens', 'Context Tokens', (row) => row.contextTokens),
    number('generationTokens', 'Generation Tokens', (row) => row.generationTokens),
    time('busy', 'GPU Busy', (row) => row.busy),
    share('share', 'Share', (row) => row.share),
    time('total', 'Total', (row) => row.total),
    time('span', 'Span', (row) => row.span),
    time('idle', 'Idle', (row) => row.idle),
    number('tokensPerSecond', 'Tokens per Second', (row) => row.tokensPerSecond),
    time('p50', 'Step P50', (row) => row.stepTime?.p50),
    time('p95', 'Step P95', (row) => row.stepTime?.p95),
    time('p99', 'Step P99', (row) => row.stepTime?.p99),
  ],
  ...byName((row) => row.phase),
};

export const COMPONENTS: TableSpec<ComponentTime> = {
  columns: [
    text('component', 'Component', (row) => row.component),
    share('share', 'Share', (row) => row.share),
    time('total', 'Total', (row) => row.total),
    number('instances', 'Instances', (row) => row.instances),
  ],
  ...byName((row) => row.component),
};

export const STEPS: TableSpec<StepPoint> = {
  columns: [
    number('step', 'Step', (row) => row.step),
    text('name', 'Name', (row) => row.name),
    text('phase', 'Phase', (row) => row.phase),
    number('engine', 'Engine', (row) => row.engine),
    time('start', 'Start', (row) => row.start),
    time('span', 'Span', (row) => row.span),
    time('busy', 'GPU Busy', (row) => row.busy),
    number('requests', 'Requests', (row) => row.requests),
    number('tokens', 'Tokens', (row) => row.tokens),
  ],
  ...byName((row) => row.name),
};

export const GRAPHS: TableSpec<GraphRow> = {
  columns: [
    number('graphId', 'Graph', (row) => row.graphId),
    number('replays', 'Replays', (row) => row.replays),
    number('kernelsPerReplay', 'Kernels per Replay', (row) => row.kernelsPerReplay),
    number('kernels', 'Kernels', (row) => row.kernels),
    time('total', 'Total', (row) => row.total),
    time('averageReplay', 'Average Replay', (row) => row.averageReplay),
    share('share', 'Share', (row) => row.share),
  ],
  ...byName((row) => String(row.graphId)),
};

export const TRANSFERS: TableSpec<TransferRow> = {
  columns: [
    text('operation', 'Operation', (row) => row.operation),
    text('memory', 'Memory', (row) => row.memory),
    number('count', 'Count', (row) => row.count),
    number('bytes', 'Bytes', (row) => row.bytes),
    time('total', 'Total', (row) => row.total),
    share('share', 'Share', (row) => row.share),
    number('bandwidth', 'Bandwidth (B/s)', (row) => row.bandwidth),
    time('average', 'Average', (row) => row.average),
    time('max', 'Max', (row) => row.max),
    number('averageSize', 'Average Size (B)', (row) => row.averageSize),
  ],
  ...byName((row) => `${row.operation} ${row.memory}`),
};

export const GAPS: TableSpec<Gap> = {
  columns: [
    number('device', 'Device', (row) => row.device),
    time('start', 'Start', (row) => row.start),
    time('duration', 'Duration', (row) => row.duration),
    text('before', 'Before', (row) => row.before),
    text('after', 'After', (row) => row.after),
    text('cpuKind', 'CPU In', (row) => row.cpu.kind),
    text('cpuName', 'CPU Name', (row) => row.cpu.name),
    share('cpuShare', 'CPU Share of Gap', (row) => row.cpu.share),
    text('betweenSteps', 'Between Steps', (row) => (row.betweenSteps ? 'yes' : 'no')),
  ],
  ...byName((row) => `${row.before} ${row.after} ${row.cpu.name}`),
};
