/**
 * Writes an nsys export row by row: processes, threads, streams, API calls,
 * work on the device, ranges. It knows the schema of each version and nothing
 * of vLLM; scenarios sit on top.
 *
 * As nsys itself does, a table is created with its first row, and columns a
 * version does not have are left out silently.
 */
import { ENUMS, VERSIONS, columnName, columnsOf, type NsysVersion } from './nsys-schema';
import type { RowSink, TableSink, Value } from './sqlite';

export interface BuilderOptions {
  readonly version: NsysVersion;
  /** Highest byte of every global id; not 0, ids exceed 2^53 (128 and more: they are negative). */
  readonly hardwareId?: number;
  /** Next byte; 1 in most real captures. 32 and more exceed 2^53 as well. */
  readonly vmId?: number;
}

export interface ProcessRef {
  readonly pid: number;
  readonly globalPid: bigint;
}

export interface ThreadRef {
  readonly process: ProcessRef;
  readonly tid: number;
  readonly globalTid: bigint;
}

export interface StreamRef {
  readonly process: ProcessRef;
  /** The ordinal that the process uses for its device. */
  readonly device: number;
  readonly context: number;
  readonly id: number;
}

export interface KernelKind {
  readonly demangled: string;
  readonly short: string;
  readonly mangled: string;
  readonly registers: number;
  readonly block: readonly [number, number, number];
  readonly staticShared: number;
  readonly dynamicShared: number;
}

export interface GraphNode {
  readonly graphExecId: number;
  readonly node: number;
}

export interface ApiCall {
  readonly thread: ThreadRef;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly correlation: number;
  /** 0 runtime (the default), 1 driver. */
  readonly driver?: boolean;
}

export interface Activity {
  readonly stream: StreamRef;
  readonly start: number;
  readonly end: number;
  readonly correlation: number;
  readonly graph?: GraphNode;
}

export interface KernelLaunch extends Activity {
  readonly kind: KernelKind;
  readonly grid: readonly [number, number, number];
}

export interface Copy extends Activity {
  readonly bytes: number;
  readonly copyKind: number;
  readonly source: number;
  readonly target: number;
}

export interface Fill extends Activity {
  readonly bytes: number;
  readonly memoryKind?: number;
}

export interface NvtxRange {
  readonly thread: ThreadRef;
  readonly start: number;
  /** Null while open. */
  readonly end: number | null;
  readonly name: string;
  /** As a registered string (`textId`) instead of inline (`text`). */
  readonly registered?: boolean;
  readonly domain?: number;
  /** ENUM_NSYS_EVENT_TYPE, 59 (push/pop) unless said otherwise. */
  readonly kind?: number;
  readonly endThread?: ThreadRef;
  readonly rangeId?: number;
}

/** A table being filled by column name; unknown names land in a spare cell that is not written. */
class Table {
  private readonly names: string[];
  readonly row: Value[];
  constructor(
    private readonly sink: RowSink,
    columns: readonly string[],
  ) {
    this.names = columns.map(columnName);
    this.row = new Array<Value>(columns.length + 1).fill(null);
  }
  /** Position of a column, or of the spare cell. */
  at(name: string): number {
    const at = this.names.indexOf(name);
    return at < 0 ? this.names.length : at;
  }
  write(): void {
    this.sink.insert(this.row);
  }
  insert(values: Readonly<Record<string, Value>>): void {
    this.row.fill(null);
    for (const [name, value] of Object.entries(values)) this.row[this.at(name)] = value;
    this.write();
  }
}

/** Writes rows of one table fast: the positions are looked up once. */
type RowWriter<T> = (row: T) => void;

export class NsysBuilder {
  private readonly tables = new Map<string, Table | undefined>();
  private readonly strings = new Map<string, number>();
  private readonly writers = new Map<string, RowWriter<never>>();
  private nextGridId = 1;
  readonly version: NsysVersion;

  constructor(
    private readonly sink: TableSink,
    private readonly options: BuilderOptions,
  ) {
    this.version = options.version;
  }

  /** A row by column names, for everything that has no method of its own. */
  insert(table: string, values: Readonly<Record<string, Value>>): void {
    this.table(table)?.insert(values);
  }

  string(text: string): number {
    let id = this.strings.get(text);
    if (id === undefined) this.strings.set(text, (id = this.strings.size + 1));
    return id;
  }

  process(pid: number, name: string): ProcessRef {
    const process = { pid, globalPid: this.globalId(pid, 0) };
    this.insert('PROCESSES', { globalPid: process.globalPid, pid, name });
    return process;
  }

  thread(process: ProcessRef, tid: number, name?: string): ThreadRef {
    const thread = { process, tid, globalTid: this.globalId(process.pid, tid) };
    if (name !== undefined)
      this.insert('ThreadNames', {
        nameId: this.string(name),
        priority: 20,
        globalTid: thread.globalTid,
      });
    return thread;
  }

  /** Id of the machine, as in vmId and globalVid columns. */
  get globalVid(): bigint {
    return this.globalId(0, 0);
  }

  api(call: ApiCall): void {
    this.fast('CUPTI_ACTIVITY_KIND_RUNTIME', (table) => {
      const [start, end, eventClass, globalTid, correlation, name, result] = positions(table, [
        'start',
        'end',
        'eventClass',
        'globalTid',
        'correlationId',
        'nameId',
        'returnValue',
      ]);
      return (row: ApiCall) => {
        table.row[start] = row.start;
        table.row[end] = row.end;
        table.row[eventClass] = row.driver ? 1 : 0;
        table.row[globalTid] = row.thread.globalTid;
        table.row[correlation] = row.correlation;
        table.row[name] = this.string(row.name);
        table.row[result] = 0;
        table.write();
      };
    })(call);
  }

  kernel(launch: KernelLaunch): void {
    this.fast('CUPTI_ACTIVITY_KIND_KERNEL', (table) => {
      const activity = activityWriter<KernelLaunch>(table);
      const [demangled, short, mangled, registers, gx, gy, gz, bx, by, bz] = positions(table, [
        'demangledName',
        'shortName',
        'mangledName',
        'registersPerThread',
        'gridX',
        'gridY',
        'gridZ',
        'blockX',
        'blockY',
        'blockZ',
      ]);
      const [shared, dynamicShared, gridId, graphId] = positions(table, [
        'staticSharedMemory',
        'dynamicSharedMemory',
        'gridId',
        'graphId',
      ]);
      const constants: Record<string, Value> = {
        launchType: 1,
        cacheConfig: 1,
        localMemoryPerThread: 0,
        localMemoryTotal: 205_258_752,
        sharedMemoryExecuted: 32_768,
        sharedMemoryLimitConfig: 0,
        clusterX: 0,
        clusterY: 0,
        clusterZ: 0,
        clusterSchedulingPolicy: 1,
        maxPotentialClusterSize: 0,
        maxActiveClusters: 0,
        tensorSizeMinusOneElements: '[]',
      };
      for (const [name, value] of Object.entries(constants)) table.row[table.at(name)] = value;
      return (row: KernelLaunch) => {
        const { kind, grid } = row;
        table.row[demangled] = this.string(kind.demangled);
        table.row[short] = this.string(kind.short);
        table.row[mangled] = this.string(kind.mangled);
        table.row[registers] = kind.registers;
        table.row[gx] = grid[0];
        table.row[gy] = grid[1];
        table.row[gz] = grid[2];
        table.row[bx] = kind.block[0];
        table.row[by] = kind.block[1];
        table.row[bz] = kind.block[2];
        table.row[shared] = kind.staticShared;
        table.row[dynamicShared] = kind.dynamicShared;
        table.row[gridId] = this.nextGridId++;
        table.row[graphId] = row.graph?.graphExecId ?? null;
        activity(row);
        table.write();
      };
    })(launch);
  }

  memcpy(copy: Copy): void {
    this.fast('CUPTI_ACTIVITY_KIND_MEMCPY', (table) => {
      const activity = activityWriter<Copy>(table);
      const [bytes, kind, source, target] = positions(table, [
        'bytes',
        'copyKind',
        'srcKind',
        'dstKind',
      ]);
      table.row[table.at('copyCount')] = 1;
      return (row: Copy) => {
        table.row[bytes] = row.bytes;
        table.row[kind] = row.copyKind;
        table.row[source] = row.source;
        table.row[target] = row.target;
        activity(row);
        table.write();
      };
    })(copy);
  }

  memset(fill: Fill): void {
    this.fast('CUPTI_ACTIVITY_KIND_MEMSET', (table) => {
      const activity = activityWriter<Fill>(table);
      const [bytes, value, kind] = positions(table, ['bytes', 'value', 'memKind']);
      return (row: Fill) => {
        table.row[bytes] = row.bytes;
        table.row[value] = 0;
        table.row[kind] = row.memoryKind ?? 2;
        activity(row);
        table.write();
      };
    })(fill);
  }

  synchronization(sync: Activity & { syncType: number }): void {
    const { stream } = sync;
    this.insert('CUPTI_ACTIVITY_KIND_SYNCHRONIZATION', {
      start: sync.start,
      end: sync.end,
      deviceId: stream.device,
      contextId: stream.context,
      streamId: stream.id,
      correlationId: sync.correlation,
      globalPid: stream.process.globalPid,
      syncType: sync.syncType,
      eventId: sync.syncType === 1 ? 42 : 4294967295,
    });
  }

  /** A graph launch in a capture that traces graphs as a whole. */
  graphTrace(launch: Activity & { graphId: number; graphExecId: number }): void {
    const { stream } = launch;
    this.insert('CUPTI_ACTIVITY_KIND_GRAPH_TRACE', {
      start: launch.start,
      end: launch.end,
      deviceId: stream.device,
      contextId: stream.context,
      greenContextId: 0,
      streamId: stream.id,
      correlationId: launch.correlation,
      globalPid: stream.process.globalPid,
      graphId: launch.graphId,
      graphExecId: launch.graphExecId,
    });
  }

  range(range: NvtxRange): void {
    this.fast('NVTX_EVENTS', (table) => {
      const [start, end, type, text, textId, thread, endThread, domain, rangeId] = positions(
        table,
        [
          'start',
          'end',
          'eventType',
          'text',
          'textId',
          'globalTid',
          'endGlobalTid',
          'domainId',
          'rangeId',
        ],
      );
      return (row: NvtxRange) => {
        table.row[start] = row.start;
        table.row[end] = row.end;
        table.row[type] = row.kind ?? 59;
        table.row[text] = row.registered ? null : row.name;
        table.row[textId] = row.registered ? this.string(row.name) : null;
        table.row[thread] = row.thread.globalTid;
        table.row[endThread] = row.endThread?.globalTid ?? null;
        table.row[domain] = row.domain ?? 0;
        table.row[rangeId] = row.rangeId ?? null;
        table.write();
      };
    })(range);
  }

  /** Creates an NVTX domain, as recorded by one of the process's threads. */
  domain(thread: ThreadRef, id: number, name: string, at: number, registered = false): void {
    this.range({ thread, start: at, end: null, kind: 75, name, domain: id, registered });
  }

  diagnostic(severity: number, text: string, process?: ProcessRef, timestamp = 0): void {
    this.insert('DIAGNOSTIC_EVENT', {
      timestamp,
      timestampType: 1,
      source: 3,
      severity,
      text,
      globalPid: process?.globalPid ?? this.globalVid,
    });
  }

  captureFact(name: string, value: string): void {
    this.insert('META_DATA_CAPTURE', { name, value });
  }

  environment(name: string, nameEnum: number, value: string): void {
    this.insert('TARGET_INFO_SYSTEM_ENV', {
      globalVid: this.globalVid,
      devStateName: 'Local (CLI)',
      name,
      nameEnum,
      value,
    });
  }

  /** Writes what is known only now: strings, enumerations, the exporter's own facts. */
  finish(): void {
    for (const [table, rows] of Object.entries(ENUMS))
      rows.forEach(([name, label], id) => this.insert(table, { id, name, label }));
    const { exportTable, product, date, schema } = VERSIONS[this.version];
    if (exportTable !== undefined) {
      const [major, minor, micro] = schema.split('.');
      const facts = {
        EXPORT_PRODUCT_NAME: 'NVIDIA Nsight Systems',
        EXPORT_PRODUCT_VERSION: product,
        EXPORT_PRODUCT_DATE: date,
        EXPORT_SCHEMA_VERSION: schema,
        EXPORT_SCHEMA_VERSION_MAJOR: major,
        EXPORT_SCHEMA_VERSION_MINOR: minor,
        EXPORT_SCHEMA_VERSION_MICRO: micro,
        EXPORT_PLATFORM: 'linux-desktop',
        EXPORT_ARCH: 'x64',
      };
      for (const [name, value] of Object.entries(facts)) this.insert(exportTable, { name, value });
    }
    for (const [value, id] of this.strings) this.insert('StringIds', { id, value });
  }

  private table(name: string): Table | undefined {
    if (!this.tables.has(name)) {
      const columns = columnsOf(this.version, name);
      this.tables.set(name, columns && new Table(this.sink.table(name, columns), columns));
    }
    return this.tables.get(name);
  }

  private fast<T>(name: string, prepare: (table: Table) => RowWriter<T>): RowWriter<T> {
    let writer = this.writers.get(name) as RowWriter<T> | undefined;
    if (writer === undefined) {
      const table = this.table(name);
      writer = table ? prepare(table) : () => undefined;
      this.writers.set(name, writer);
    }
    return writer;
  }

  private globalId(pid: number, tid: number): bigint {
    const { hardwareId = 0, vmId = 1 } = this.options;
    const id =
      (BigInt(hardwareId) << 56n) | (BigInt(vmId) << 48n) | (BigInt(pid) << 24n) | BigInt(tid);
    return BigInt.asIntN(64, id);
  }
}

const positions = (table: Table, names: readonly string[]): number[] =>
  names.map((name) => table.at(name));

/** Fills the columns that all work on a stream has. */
function activityWriter<T extends Activity>(table: Table): (row: T) => void {
  const [start, end, device, context, green, stream, correlation, pid, node] = positions(table, [
    'start',
    'end',
    'deviceId',
    'contextId',
    'greenContextId',
    'streamId',
    'correlationId',
    'globalPid',
    'graphNodeId',
  ]);
  return (row) => {
    table.row[start] = row.start;
    table.row[end] = row.end;
    table.row[device] = row.stream.device;
    table.row[context] = row.stream.context;
    table.row[green] = 0;
    table.row[stream] = row.stream.id;
    table.row[correlation] = row.correlation;
    table.row[pid] = row.stream.process.globalPid;
    table.row[node] = row.graph
      ? (BigInt(row.graph.graphExecId) << 32n) | BigInt(row.graph.node)
      : null;
  };
}
