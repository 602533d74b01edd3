/** Work on the device: kernels, copies, fills, graph launches, synchronisation. */
import {
  CopyKind,
  type GraphTraceTable,
  type KernelTable,
  type LaunchShape,
  type MemcpyTable,
  type MemsetTable,
  type SynchronizationTable,
} from '../../profile/model';
import { NO_GRAPH_TRACES, NO_MEMCPYS, NO_MEMSETS, NO_SYNCHRONIZATIONS } from '../../profile/empty';
import { compact, f64, TableBuilder, u32, u8 } from '../columns';
import type { Column, Row } from '../sqlite/row';
import type { Context } from './context';
import { cuptiId, processOf } from './columns';
import { memoryKind } from './memory-kind';
import { ShapeTable } from './shapes';

/** The first columns of every activity table; {@link place} reads them. */
const placeColumns = ({ time }: Context): readonly Column[] => [
  time('start'),
  time('end'),
  processOf('globalPid'),
  'deviceId',
  'contextId',
  'streamId',
  'correlationId',
];
/** How many they are. */
const AFTER = 7;

const activityColumns = () => ({ start: f64(), end: f64(), stream: u32(), correlation: u32() });
type Place = TableBuilder<ReturnType<typeof activityColumns>>;

/** Key of the process that a row is of. */
export function processKey(context: Context, row: Row, column: number, what: string): number {
  const key = row.number(column) || context.soleProcess();
  if (key !== undefined) return key;
  context.anomalies.note(
    `${what} that do not say which of several processes they are of: of no step or range`,
  );
  return 0;
}

/** Adds a row with the columns every activity has; -1 where it has no valid time. */
function place(context: Context, row: Row, what: string, table: Place): number {
  const { anomalies, identities } = context;
  const start = row.checked(0);
  const end = row.checked(1);
  if (!anomalies.time(start, what) || !anomalies.time(end, what)) return -1;
  const process = identities.process(processKey(context, row, 2, what));
  const index = table.add();
  const { columns } = table;
  columns.start[index] = start;
  columns.end[index] = anomalies.end(start, end, what);
  columns.stream[index] = identities.stream(process, row.number(3), row.number(4), row.number(5));
  columns.correlation[index] = cuptiId(row.number(6));
  return index;
}

const MANGLED = AFTER + 14;

const KERNEL = 'CUPTI_ACTIVITY_KIND_KERNEL';

/** Kernels, and the shapes they were launched in. */
export async function readKernels(
  context: Context,
): Promise<{ kernels: KernelTable; shapes: LaunchShape[] }> {
  const { db } = context;
  const shapes = new ShapeTable();
  const table = new TableBuilder({ ...activityColumns(), shape: u32() }, db.rowEstimate(KERNEL));
  const present = db.columns(KERNEL);
  const named = present.has('demangledName');
  const inGraphs = present.has('graphNodeId') || present.has('graphId');
  // Most captures have the columns and nothing in them, so they are made with the first node.
  let graphs: TableBuilder<{ graphNode: Float64Array; graphId: Uint32Array }> | undefined;
  const columns: Column[] = [
    ...placeColumns(context),
    named ? 'demangledName' : 'shortName',
    present.has('shortName') ? 'shortName' : 'demangledName',
    'gridX',
    'gridY',
    'gridZ',
    'blockX',
    'blockY',
    'blockZ',
    'registersPerThread',
    'staticSharedMemory',
    'dynamicSharedMemory',
    'graphNodeId',
    'graphId',
    // The node's upper half numbers the graph; 2026 adds the number itself.
    { column: 'graphNodeId', part: 'high' },
    'mangledName',
  ];
  let current: Row;
  const newShape = (): LaunchShape => shapeOf(context, current);
  await context.scan(KERNEL, columns, (row) => {
    const index = place(context, row, 'kernels', table);
    if (index < 0) return;
    current = row;
    const name = row.checked(AFTER);
    const short = row.checked(AFTER + 1);
    table.columns.shape[index] = shapes.intern(
      context.stringId(name),
      context.stringId(short),
      row.number(AFTER + 2),
      row.number(AFTER + 3),
      row.number(AFTER + 4),
      row.number(AFTER + 5),
      row.number(AFTER + 6),
      row.number(AFTER + 7),
      row.number(AFTER + 8),
      row.number(AFTER + 9),
      row.number(AFTER + 10),
      newShape,
    );
    if (!inGraphs) return;
    const node = row.number(AFTER + 11);
    const graph = row.number(AFTER + 12) || row.number(AFTER + 13);
    if (!graphs) {
      if (node === 0 && graph === 0) return;
      graphs = new TableBuilder({ graphNode: f64(), graphId: u32() }, db.rowEstimate(KERNEL));
    }
    while (graphs.length <= index) graphs.add();
    graphs.columns.graphNode[index] = node;
    graphs.columns.graphId[index] = graph;
  });
  while (graphs && graphs.length < table.length) graphs.add();
  return {
    kernels: {
      graphNode: undefined,
      graphId: undefined,
      ...graphs?.finish(),
      ...compact(table.finish()),
    },
    shapes: shapes.shapes,
  };
}

function shapeOf(context: Context, row: Row): LaunchShape {
  const known = (column: number) => {
    const value = row.checked(column);
    return Number.isNaN(value) ? undefined : value;
  };
  return {
    name: context.stringId(row.checked(AFTER)),
    shortName: context.stringId(row.checked(AFTER + 1)),
    mangledName: context.stringId(row.checked(MANGLED)),
    gridX: row.number(AFTER + 2),
    gridY: row.number(AFTER + 3),
    gridZ: row.number(AFTER + 4),
    blockX: row.number(AFTER + 5),
    blockY: row.number(AFTER + 6),
    blockZ: row.number(AFTER + 7),
    registers: known(AFTER + 8),
    staticSharedMemory: known(AFTER + 9),
    dynamicSharedMemory: known(AFTER + 10),
  };
}

const copyKind = (kind: number): CopyKind => (kind in CopyKind ? kind : CopyKind.Unknown);

export async function readMemcpys(context: Context): Promise<MemcpyTable> {
  const name = 'CUPTI_ACTIVITY_KIND_MEMCPY';
  const { db } = context;
  if (!db.has(name)) return NO_MEMCPYS;
  const table = new TableBuilder(
    {
      ...activityColumns(),
      bytes: f64(),
      kind: u8(),
      source: u8(),
      target: u8(),
      graphNode: f64(),
    },
    db.rowEstimate(name),
  );
  let inGraph = false;
  const columns = [
    ...placeColumns(context),
    'bytes',
    'copyKind',
    'srcKind',
    'dstKind',
    'graphNodeId',
  ];
  await context.scan(name, columns, (row) => {
    const index = place(context, row, 'copies', table);
    if (index < 0) return;
    const { columns } = table;
    columns.bytes[index] = size(context, row, AFTER, 'copies');
    columns.kind[index] = copyKind(row.number(AFTER + 1));
    columns.source[index] = memoryKind(row.checked(AFTER + 2));
    columns.target[index] = memoryKind(row.checked(AFTER + 3));
    const node = row.number(AFTER + 4);
    if (node !== 0) inGraph = true;
    columns.graphNode[index] = node;
  });
  const done = compact(table.finish());
  return inGraph ? done : { ...done, graphNode: undefined };
}

export async function readMemsets(context: Context): Promise<MemsetTable> {
  const name = 'CUPTI_ACTIVITY_KIND_MEMSET';
  const { db } = context;
  if (!db.has(name)) return NO_MEMSETS;
  const table = new TableBuilder(
    { ...activityColumns(), bytes: f64(), kind: u8(), graphNode: f64() },
    db.rowEstimate(name),
  );
  let inGraph = false;
  const columns = [...placeColumns(context), 'bytes', 'memKind', 'graphNodeId'];
  await context.scan(name, columns, (row) => {
    const index = place(context, row, 'fills', table);
    if (index < 0) return;
    const { columns } = table;
    columns.bytes[index] = size(context, row, AFTER, 'fills');
    columns.kind[index] = memoryKind(row.checked(AFTER + 1));
    const node = row.number(AFTER + 2);
    if (node !== 0) inGraph = true;
    columns.graphNode[index] = node;
  });
  const done = compact(table.finish());
  return inGraph ? done : { ...done, graphNode: undefined };
}

/** A size that is one; what is not counts as none, and is told. */
function size(context: Context, row: Row, column: number, what: string): number {
  const bytes = row.checked(column);
  if (bytes >= 0 && Number.isFinite(bytes)) return bytes;
  context.anomalies.note(`${what} without a valid size: counted with 0 bytes`);
  return 0;
}

export async function readGraphTraces(context: Context): Promise<GraphTraceTable> {
  const name = 'CUPTI_ACTIVITY_KIND_GRAPH_TRACE';
  const { db } = context;
  if (!db.has(name)) return NO_GRAPH_TRACES;
  const table = new TableBuilder(
    { ...activityColumns(), graphId: u32(), graphExecId: u32() },
    db.rowEstimate(name),
  );
  await context.scan(name, [...placeColumns(context), 'graphId', 'graphExecId'], (row) => {
    const index = place(context, row, 'graph launches', table);
    if (index < 0) return;
    table.columns.graphId[index] = row.number(AFTER);
    table.columns.graphExecId[index] = row.number(AFTER + 1);
  });
  return compact(table.finish());
}

export async function readSynchronizations(context: Context): Promise<SynchronizationTable> {
  const name = 'CUPTI_ACTIVITY_KIND_SYNCHRONIZATION';
  const { db } = context;
  if (!db.has(name)) return NO_SYNCHRONIZATIONS;
  const table = new TableBuilder({ ...activityColumns(), kind: u8() }, db.rowEstimate(name));
  await context.scan(name, [...placeColumns(context), 'syncType'], (row) => {
    const index = place(context, row, 'synchronisations', table);
    if (index >= 0) table.columns.kind[index] = row.number(AFTER);
  });
  return compact(table.finish());
}
