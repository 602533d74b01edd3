/** What the CPU did: CUDA API calls, NVTX ranges; and device memory taken and given back. */
import {
  RangeKind,
  type AllocationTable,
  type ApiTable,
  type RangeTable,
} from '../../profile/model';
import { NO_ALLOCATIONS, NO_API, NO_RANGES } from '../../profile/empty';
import { compact, f64, i32, TableBuilder, u32, u8 } from '../columns';
import { Texts } from '../texts';
import type { Row } from '../sqlite/row';
import type { Context } from './context';
import { processKey } from './activities';
import { cuptiId, processOf, threadOf } from './columns';
import { memoryKind } from './memory-kind';

export const API_TABLE = 'CUPTI_ACTIVITY_KIND_RUNTIME';

/** Runtime and driver API calls share one table. */
export async function readApi(context: Context): Promise<ApiTable> {
  const { db, anomalies, identities } = context;
  if (!db.has(API_TABLE)) return NO_API;
  const table = new TableBuilder(
    { start: f64(), end: f64(), thread: u32(), correlation: u32(), name: u32() },
    db.rowEstimate(API_TABLE),
  );
  const columns = [
    context.time('start'),
    context.time('end'),
    processOf('globalTid'),
    threadOf('globalTid'),
    'correlationId',
    'nameId',
  ];
  await context.scan(API_TABLE, columns, (row) => {
    const start = row.checked(0);
    const end = row.checked(1);
    if (!anomalies.time(start, 'API calls') || !anomalies.time(end, 'API calls')) return;
    const index = table.add();
    const { columns } = table;
    columns.start[index] = start;
    columns.end[index] = anomalies.end(start, end, 'API calls');
    columns.thread[index] = identities.thread(row.number(2), row.number(3));
    columns.correlation[index] = cuptiId(row.number(4));
    columns.name[index] = context.stringId(row.checked(5));
  });
  return compact(table.finish());
}

/** NVTX event types that are no ranges but name things. */
const THREAD_NAME = 39;
const DOMAIN_CREATE = 75;

/** NVTX ranges and marks; domains and thread names go to the identities. */
export async function readRanges(context: Context): Promise<RangeTable> {
  const name = 'NVTX_EVENTS';
  const { db, anomalies, identities, strings } = context;
  if (!db.has(name)) return NO_RANGES;
  const table = new TableBuilder(
    {
      start: f64(),
      end: f64(),
      kind: u8(),
      name: u32(),
      thread: u32(),
      domain: u32(),
    },
    db.rowEstimate(name),
  );
  // Hardly any range ends on another thread, so the column is made with the first that does.
  let ends: TableBuilder<{ thread: Uint32Array }> | undefined;
  const texts = new Texts(strings);
  const columns = [
    'eventType',
    context.time('start'),
    context.time('end'),
    processOf('globalTid'),
    threadOf('globalTid'),
    'domainId',
    'textId',
    'text',
    processOf('endGlobalTid'),
    threadOf('endGlobalTid'),
  ];
  // Registered strings are in textId, all others inline.
  const textOf = (row: Row): number =>
    row.isNull(7) ? context.stringId(row.checked(6)) : row.textId(7, texts);
  await context.scan(name, columns, (row) => {
    const kind = row.number(0) as RangeKind | typeof THREAD_NAME | typeof DOMAIN_CREATE;
    const key = row.number(3);
    switch (kind) {
      case RangeKind.Mark:
      case RangeKind.PushPop:
      case RangeKind.StartEnd:
      case RangeKind.ImportedPushPop:
      case RangeKind.ImportedStartEnd:
        break;
      case THREAD_NAME:
        identities.nameThread(identities.thread(key, row.number(4)), strings.get(textOf(row)));
        return;
      case DOMAIN_CREATE:
        identities.nameDomain(identities.domain(key, row.number(5)), strings.get(textOf(row)));
        return;
      default:
        return;
    }
    const start = row.checked(1);
    // Of NULL it is not known yet; anything else that is no time says nothing of the range.
    const end = row.isNull(2) ? NaN : row.checked(2);
    if (!anomalies.time(start, 'ranges')) return;
    if (!row.isNull(2) && !anomalies.time(end, 'ranges')) return;
    const index = table.add();
    const { columns } = table;
    columns.start[index] = start;
    // A mark is a point; a range without an end is still open.
    if (!row.isNull(2)) columns.end[index] = anomalies.end(start, end, 'ranges');
    else columns.end[index] = kind === RangeKind.Mark ? start : NaN;
    columns.kind[index] = kind;
    columns.name[index] = textOf(row);
    const thread = identities.thread(key, row.number(4));
    columns.thread[index] = thread;
    columns.domain[index] = identities.domain(key, row.number(5));
    const endThread = row.isNull(8) ? thread : identities.thread(row.number(8), row.number(9));
    if (!ends) {
      if (endThread === thread) return;
      ends = new TableBuilder({ thread: u32() }, db.rowEstimate(name));
      while (ends.length < index) {
        const earlier = ends.add();
        ends.columns.thread[earlier] = columns.thread[earlier];
      }
    }
    const at = ends.add();
    ends.columns.thread[at] = endThread;
  });
  const ranges = compact(table.finish());
  return { ...ranges, endThread: ends?.finish().thread ?? ranges.thread };
}

/** Device memory taken and given back (--cuda-memory-usage=true). */
export async function readAllocations(context: Context): Promise<AllocationTable> {
  const name = 'CUDA_GPU_MEMORY_USAGE_EVENTS';
  const { db, anomalies, identities } = context;
  if (!db.has(name)) return NO_ALLOCATIONS;
  const table = new TableBuilder(
    { time: f64(), device: i32(), process: u32(), bytes: f64(), operation: u8(), kind: u8() },
    db.rowEstimate(name),
  );
  const columns = [
    context.time('start'),
    processOf('globalPid'),
    'deviceId',
    'bytes',
    'memoryOperationType',
    'memKind',
  ];
  await context.scan(name, columns, (row) => {
    const time = row.checked(0);
    if (!anomalies.time(time, 'allocations')) return;
    const bytes = row.checked(3);
    if (!(bytes >= 0)) {
      anomalies.note('allocations without a valid size: left out');
      return;
    }
    const process = identities.process(processKey(context, row, 1, 'allocations'));
    const index = table.add();
    const { columns } = table;
    columns.time[index] = time;
    columns.process[index] = process;
    columns.device[index] = identities.device(process, row.number(2));
    columns.bytes[index] = bytes;
    columns.operation[index] = row.number(4);
    columns.kind[index] = memoryKind(row.checked(5));
  });
  return compact(table.finish());
}
