/** Events into columns. */
import {
  RangeKind,
  type ActivityTable,
  type ApiTable,
  type Profile,
  type TraceKind,
} from '../../profile/model';
import { OperatorKind } from '../../profile/operators';
import {
  NO_ALLOCATIONS,
  NO_API,
  NO_GRAPH_TRACES,
  NO_KERNELS,
  NO_MEMCPYS,
  NO_MEMSETS,
  NO_RANGES,
  NO_SYNCHRONIZATIONS,
} from '../../profile/empty';
import { StringTable } from '../../profile/strings';
import { f64, i32, TableBuilder, u32, u8 } from '../columns';
import { Anomalies } from '../nsys/anomalies';
import { ShapeTable } from '../nsys/shapes';
import { Category, categoryOf } from './categories';
import type { TraceSink } from './document';
import { argument, member, type Event } from './event';
import { Facts } from './facts';
import { Identities } from './identities';
import { parseCopyName, parseFillName, shortKernelName, synchronizationKind } from './names';
import { processOfStreams } from './owners';
import { numberReplays } from './replays';
import { ByteStrings, compactJson, decodeString } from './text';

const PH = member('ph');
const NAME = member('name');
const PID = member('pid');
const TID = member('tid');
const TS = member('ts');
const DUR = member('dur');

const LABEL = argument('name');
const EXTERNAL = argument('External id');
const EXTERNAL_OLD = argument('external id');
const CORRELATION = argument('correlation');
const DEVICE = argument('device');
const STREAM = argument('stream');
const CONTEXT = argument('context');
const GRID = argument('grid');
const BLOCK = argument('block');
const REGISTERS = argument('registers per thread');
const SHARED_MEMORY = argument('shared memory');
const GRAPH = argument('graph id');
const GRAPH_NODE = argument('graph node id');
const BYTES = argument('bytes');
const DIMENSIONS = argument('Input Dims');
const TYPES = argument('Input type');
const SEQUENCE = argument('Sequence number');
const CALL_STACK = argument('Call stack');
const FLOPS = argument('flops');
const MEMORY_DEVICE_TYPE = argument('Device Type');
const MEMORY_DEVICE = argument('Device Id');
const MEMORY_BYTES = argument('Bytes');
const ALLOCATED = argument('Total Allocated');
const RESERVED = argument('Total Reserved');
const SYNC_KIND = argument('cuda_sync_kind');

const COMPLETE = 0x58; // X
const METADATA = 0x4d; // M
const INSTANT = 0x69; // i
const INSTANT_OLD = 0x49; // I
const BEGIN = 0x42; // B
const END = 0x45; // E

const LARGEST_ID = 2 ** 32 - 1;
const id = (value: number): number => (value >= 0 && value <= LARGEST_ID ? value : 0);

const activity = () => ({
  start: f64(),
  end: f64(),
  stream: u32(),
  correlation: u32(),
  external: u32(),
});
type Activities = TableBuilder<ReturnType<typeof activity>>;

/** Takes a table's column out of its columns. */
function split<T extends { readonly external: Uint32Array }>(
  columns: T,
): [Omit<T, 'external'>, Uint32Array] {
  const { external, ...rest } = columns;
  return [rest, external];
}

export class Builder implements TraceSink {
  readonly facts = new Facts();
  readonly anomalies = new Anomalies();
  /** Events of a kind that Kineto writes. */
  recognised = 0;

  private readonly strings = new StringTable();
  private readonly identities = new Identities();
  private readonly shapes = new ShapeTable();
  private readonly names = new ByteStrings(this.strings, (bytes, from, to) =>
    decodeString(bytes, from, to, () =>
      this.anomalies.note('escapes that JSON does not have: kept as they are written'),
    ),
  );
  private readonly values = new ByteStrings(this.strings, compactJson);

  private readonly kernels = new TableBuilder({ ...activity(), shape: u32() }, 0);
  /** Most traces have no graphs, so these are made with the first node. */
  private graphs: TableBuilder<{ graphNode: Float64Array; graphId: Uint32Array }> | undefined;
  private readonly memcpys = new TableBuilder(
    { ...activity(), bytes: f64(), kind: u8(), source: u8(), target: u8() },
    0,
  );
  private readonly memsets = new TableBuilder({ ...activity(), bytes: f64(), kind: u8() }, 0);
  private readonly synchronizations = new TableBuilder({ ...activity(), kind: u8() }, 0);
  private readonly api = new TableBuilder(
    {
      start: f64(),
      end: f64(),
      thread: u32(),
      correlation: u32(),
      name: u32(),
      external: u32(),
    },
    0,
  );
  private readonly ranges = new TableBuilder(
    { start: f64(), end: f64(), kind: u8(), name: u32(), thread: u32() },
    0,
  );
  private readonly operators = new TableBuilder(
    {
      start: f64(),
      end: f64(),
      kind: u8(),
      name: u32(),
      thread: u32(),
      externalId: u32(),
      shapes: u32(),
      types: u32(),
      sequence: i32(),
    },
    0,
  );
  private flops: TableBuilder<{ flops: Float64Array }> | undefined;
  private callStacks: TableBuilder<{ callStack: Uint32Array }> | undefined;
  private readonly python = new TableBuilder(
    { start: f64(), end: f64(), name: u32(), thread: u32() },
    0,
  );
  private readonly memory = new TableBuilder(
    {
      time: f64(),
      thread: u32(),
      deviceType: u8(),
      device: i32(),
      bytes: f64(),
      allocated: f64(),
      reserved: f64(),
    },
    0,
  );

  /** Shape, kind and memory of a name, found once. */
  private readonly shortNames = new Map<number, number>();
  private readonly copies = new Map<number, ReturnType<typeof parseCopyName>>();
  private readonly fills = new Map<number, number>();

  /**
   * Whole microseconds that times are counted from while the file is read: a
   * stamp in nanoseconds since 1970 is beyond what a double holds exactly.
   */
  private base = NaN;
  private earliest = Infinity;
  private start = 0;
  private end = 0;
  private span: number | undefined;
  private readonly grid = new Float64Array(3);
  private readonly block = new Float64Array(3);

  fact(name: string, json: string): void {
    this.facts.add(name, json);
  }

  event(event: Event): void {
    switch (event.initial(PH)) {
      case COMPLETE:
        this.complete(event);
        return;
      case INSTANT:
      case INSTANT_OLD:
        this.instant(event);
        return;
      case METADATA:
        this.metadata(event);
        return;
      case BEGIN:
      case END:
        this.anomalies.note('events with separate begin and end: not read');
    }
  }

  private complete(event: Event): void {
    const category = categoryOf(event);
    if (category === Category.Unknown) return;
    this.recognised++;
    if (category === Category.Passed || !this.interval(event, category)) return;
    switch (category) {
      case Category.Kernel:
        return this.kernel(event);
      case Category.Api:
        return this.call(event);
      case Category.Operator:
        return this.operator(event, OperatorKind.Operator);
      case Category.Python:
        return this.pythonCall(event);
      case Category.Annotation:
        return this.annotation(event);
      case Category.Memcpy:
        return this.copy(event);
      case Category.Memset:
        return this.fill(event);
      case Category.Synchronization:
        return this.synchronization(event);
      case Category.Span:
        this.span = this.end - this.start;
    }
  }

  /** Start and end of the event, from {@link base} on; false where it has none. */
  private interval(event: Event, category: Category): boolean {
    const what = KINDS[category];
    if (!this.stamp(event, what)) return false;
    if (event.time(DUR)) {
      const length = event.micros * 1e3 + event.nanos;
      const end = this.start + length;
      if (!this.anomalies.time(end, what)) return false;
      this.end = this.anomalies.end(this.start, end, what);
    } else {
      this.anomalies.note(`${what} without a length: counted with none`);
      this.end = this.start;
    }
    if (this.start < this.earliest) this.earliest = this.start;
    return true;
  }

  private stamp(event: Event, what: string): boolean {
    if (!event.time(TS)) return this.anomalies.time(NaN, what);
    if (Number.isNaN(this.base)) this.base = event.micros;
    this.start = (event.micros - this.base) * 1e3 + event.nanos;
    return this.anomalies.time(this.start, what);
  }

  private name(event: Event): number {
    return event.has(NAME)
      ? this.names.intern(event.bytes, event.textFrom(NAME), event.textTo(NAME))
      : 0;
  }

  private value(event: Event, key: number): number {
    return event.has(key)
      ? this.values.intern(event.bytes, event.textFrom(key), event.textTo(key))
      : 0;
  }

  private thread(event: Event): number {
    const pid = event.number(PID);
    const tid = event.number(TID);
    return this.identities.thread(
      Number.isNaN(pid) ? 0 : pid,
      Number.isNaN(tid) ? event.text(TID) : tid,
    );
  }

  private external(event: Event): number {
    return id(event.number(event.has(EXTERNAL) ? EXTERNAL : EXTERNAL_OLD));
  }

  private activity(event: Event, table: Activities): number {
    const row = table.add();
    const { columns } = table;
    columns.start[row] = this.start;
    columns.end[row] = this.end;
    columns.stream[row] = this.stream(event);
    columns.correlation[row] = id(event.number(CORRELATION));
    columns.external[row] = this.external(event);
    return row;
  }

  /** Of a GPU's events `pid` is the device and `tid` the stream, also as `stream 7`. */
  private stream(event: Event): number {
    let device = event.number(event.has(DEVICE) ? DEVICE : PID);
    // Without Kineto the thread is the device.
    if (Number.isNaN(device)) device = event.number(TID);
    const stream = event.has(STREAM)
      ? event.number(STREAM)
      : Number(/-?\d+/.exec(event.text(TID))?.[0]);
    const context = event.number(CONTEXT);
    return this.identities.stream(
      Number.isNaN(device) ? -1 : device,
      Number.isNaN(context) ? 0 : context,
      Number.isNaN(stream) ? -1 : stream,
    );
  }

  private kernel(event: Event): void {
    const row = this.activity(event, this.kernels);
    this.kernels.columns.shape[row] = this.shape(event);
    const node = event.number(GRAPH_NODE);
    const graph = event.number(GRAPH);
    if (!(node > 0) && !(graph > 0)) return;
    this.graphs ??= new TableBuilder({ graphNode: f64(), graphId: u32() }, this.kernels.length);
    const { graphs } = this;
    while (graphs.length <= row) graphs.add();
    graphs.columns.graphNode[row] = node > 0 ? node : 0;
    graphs.columns.graphId[row] = id(graph);
  }

  private shape(event: Event): number {
    const { grid, block } = this;
    const name = this.name(event);
    let short = this.shortNames.get(name);
    if (short === undefined) {
      short = this.strings.intern(shortKernelName(this.strings.get(name)));
      this.shortNames.set(name, short);
    }
    const shortName = short;
    event.numbers(GRID, grid);
    event.numbers(BLOCK, block);
    const registers = event.number(REGISTERS);
    const sharedMemory = event.number(SHARED_MEMORY);
    return this.shapes.intern(
      name,
      shortName,
      grid[0],
      grid[1],
      grid[2],
      block[0],
      block[1],
      block[2],
      registers || 0,
      0,
      sharedMemory || 0,
      () => ({
        name,
        shortName,
        mangledName: 0,
        gridX: grid[0],
        gridY: grid[1],
        gridZ: grid[2],
        blockX: block[0],
        blockY: block[1],
        blockZ: block[2],
        registers: Number.isNaN(registers) ? undefined : registers,
        // Kineto writes the sum of static and dynamic.
        staticSharedMemory: undefined,
        dynamicSharedMemory: Number.isNaN(sharedMemory) ? undefined : sharedMemory,
      }),
    );
  }

  private copy(event: Event): void {
    const row = this.activity(event, this.memcpys);
    const name = this.name(event);
    let copy = this.copies.get(name);
    if (!copy) this.copies.set(name, (copy = parseCopyName(this.strings.get(name))));
    const { columns } = this.memcpys;
    columns.bytes[row] = this.size(event, 'copies');
    columns.kind[row] = copy.kind;
    columns.source[row] = copy.source;
    columns.target[row] = copy.target;
  }

  private fill(event: Event): void {
    const row = this.activity(event, this.memsets);
    const name = this.name(event);
    let kind = this.fills.get(name);
    if (kind === undefined) this.fills.set(name, (kind = parseFillName(this.strings.get(name))));
    this.memsets.columns.bytes[row] = this.size(event, 'fills');
    this.memsets.columns.kind[row] = kind;
  }

  private size(event: Event, what: string): number {
    const bytes = event.number(BYTES);
    if (bytes >= 0 && Number.isFinite(bytes)) return bytes;
    this.anomalies.note(`${what} without a valid size`);
    return NaN;
  }

  private synchronization(event: Event): void {
    const row = this.activity(event, this.synchronizations);
    const kind = event.text(event.has(SYNC_KIND) ? SYNC_KIND : NAME);
    this.synchronizations.columns.kind[row] = synchronizationKind(kind);
  }

  private call(event: Event): void {
    const row = this.api.add();
    const { columns } = this.api;
    const thread = this.thread(event);
    columns.start[row] = this.start;
    columns.end[row] = this.end;
    columns.thread[row] = thread;
    columns.correlation[row] = id(event.number(CORRELATION));
    columns.name[row] = this.name(event);
    columns.external[row] = this.external(event);
    this.identities.calls[this.identities.threads[thread].process]++;
  }

  private annotation(event: Event): void {
    this.operator(event, OperatorKind.Annotation);
    this.range(event, RangeKind.PushPop);
  }

  private range(event: Event, kind: RangeKind): void {
    const row = this.ranges.add();
    const { columns } = this.ranges;
    columns.start[row] = this.start;
    columns.end[row] = this.end;
    columns.kind[row] = kind;
    columns.name[row] = this.name(event);
    columns.thread[row] = this.thread(event);
  }

  private operator(event: Event, kind: OperatorKind): void {
    const row = this.operators.add();
    const { columns } = this.operators;
    columns.start[row] = this.start;
    columns.end[row] = this.end;
    columns.kind[row] = kind;
    columns.name[row] = this.name(event);
    columns.thread[row] = this.thread(event);
    columns.externalId[row] = this.external(event);
    columns.shapes[row] = this.value(event, DIMENSIONS);
    columns.types[row] = this.value(event, TYPES);
    const sequence = event.number(SEQUENCE);
    columns.sequence[row] = sequence >= 0 && sequence < 2 ** 31 ? sequence : -1;
    const flops = event.number(FLOPS);
    if (flops >= 0) {
      this.flops ??= new TableBuilder({ flops: f64() }, this.operators.length);
      pad(this.flops, row, (column, at) => (column.flops[at] = NaN));
      this.flops.columns.flops[this.flops.add()] = flops;
    }
    if (event.isText(CALL_STACK)) {
      this.callStacks ??= new TableBuilder({ callStack: u32() }, this.operators.length);
      pad(this.callStacks, row, (column, at) => (column.callStack[at] = 0));
      const stack = this.names.intern(
        event.bytes,
        event.textFrom(CALL_STACK),
        event.textTo(CALL_STACK),
      );
      this.callStacks.columns.callStack[this.callStacks.add()] = stack;
    }
  }

  private pythonCall(event: Event): void {
    const row = this.python.add();
    const { columns } = this.python;
    columns.start[row] = this.start;
    columns.end[row] = this.end;
    columns.name[row] = this.name(event);
    columns.thread[row] = this.thread(event);
  }

  private instant(event: Event): void {
    // The profiler's own marks are of the process "Traces".
    if (Number.isNaN(event.number(PID))) return;
    const isMemory = event.has(MEMORY_BYTES);
    if (!this.stamp(event, isMemory ? 'memory events' : 'marks')) return;
    if (this.start < this.earliest) this.earliest = this.start;
    this.recognised++;
    if (!isMemory) {
      this.end = this.start;
      this.range(event, RangeKind.Mark);
      return;
    }
    const bytes = event.number(MEMORY_BYTES);
    if (!Number.isFinite(bytes)) {
      this.anomalies.note('memory events without a valid size: left out');
      return;
    }
    const row = this.memory.add();
    const { columns } = this.memory;
    columns.time[row] = this.start;
    columns.thread[row] = this.thread(event);
    columns.deviceType[row] = event.number(MEMORY_DEVICE_TYPE);
    const device = event.number(MEMORY_DEVICE);
    columns.device[row] = Number.isNaN(device) ? -1 : device;
    columns.bytes[row] = bytes;
    columns.allocated[row] = event.number(ALLOCATED);
    columns.reserved[row] = event.number(RESERVED);
  }

  private metadata(event: Event): void {
    const pid = event.number(PID);
    if (Number.isNaN(pid) || !event.isText(LABEL)) return;
    switch (event.text(NAME)) {
      case 'process_name':
        this.identities.nameProcess(pid, event.text(LABEL));
        return;
      case 'thread_name':
        this.identities.nameThread(pid, event.number(TID), event.text(LABEL));
    }
  }

  /** The tables, with times from the first event on. */
  finish(source: Profile['source']): Profile {
    const { facts, identities } = this;
    const zero = Number.isFinite(this.earliest) ? this.earliest : 0;
    const [kernels, kernelIds] = split(this.kernels.finish());
    const [memcpys, memcpyIds] = split(this.memcpys.finish());
    const [memsets, memsetIds] = split(this.memsets.finish());
    const [synchronizations] = split(this.synchronizations.finish());
    const [api, apiIds] = split(this.api.finish());
    const { flops, callStacks } = this;
    if (flops) pad(flops, this.operators.length, (column, at) => (column.flops[at] = NaN));
    while (callStacks && callStacks.length < this.operators.length) callStacks.add();
    const ranges = this.ranges.finish();
    const operators = this.operators.finish();
    const pythonCalls = this.python.finish();
    const memoryEvents = this.memory.finish();
    for (const table of [
      kernels,
      memcpys,
      memsets,
      synchronizations,
      api,
      ranges,
      operators,
      pythonCalls,
    ]) {
      shift(table.start, zero);
      shift(table.end, zero);
    }
    shift(memoryEvents.time, zero);

    const onGpu = kernels.length + memcpys.length + memsets.length > 0;
    const has: Record<TraceKind, boolean> = {
      kernels: onGpu,
      memcpys: onGpu,
      memsets: onGpu,
      graphTraces: false,
      synchronizations: synchronizations.length > 0,
      api: api.length > 0,
      ranges: ranges.length > 0,
      allocations: false,
    };
    const ownerOf = processOfStreams(identities, [kernels, memcpys, memsets], api);
    const parts = identities.finish(facts.devices, (device) => facts.device(device), ownerOf);
    const graphs = this.graphColumns(kernels, api, parts);
    const processOfThread = Uint32Array.from(parts.threads, (thread) => thread.process);
    return {
      source,
      capture: {
        ...facts.capture(onGpu || api.length > 0 ? ['cpu', 'cuda'] : ['cpu']),
        utcEpoch: Number.isNaN(this.base) ? undefined : facts.baseTime + this.base * 1e3 + zero,
        duration: this.span,
        graphTrace: graphs ? 'node' : undefined,
      },
      strings: this.strings,
      ...parts,
      shapes: this.shapes.shapes,
      kernels: has.kernels
        ? { graphNode: undefined, graphId: undefined, ...graphs, ...kernels }
        : NO_KERNELS,
      memcpys: has.memcpys ? { ...memcpys, graphNode: undefined } : NO_MEMCPYS,
      memsets: has.memsets ? { ...memsets, graphNode: undefined } : NO_MEMSETS,
      graphTraces: NO_GRAPH_TRACES,
      synchronizations: has.synchronizations ? synchronizations : NO_SYNCHRONIZATIONS,
      api: has.api ? api : NO_API,
      ranges: has.ranges
        ? {
            ...ranges,
            // A domain for each process, in their order.
            domain: Uint32Array.from(ranges.thread, (thread) => processOfThread[thread]),
            endThread: ranges.thread,
          }
        : NO_RANGES,
      allocations: NO_ALLOCATIONS,
      operators: {
        flops: undefined,
        callStack: undefined,
        ...flops?.finish(),
        ...callStacks?.finish(),
        ...operators,
      },
      pythonCalls,
      memoryEvents,
      externalIds: { kernels: kernelIds, memcpys: memcpyIds, memsets: memsetIds, api: apiIds },
      diagnostics: this.anomalies.diagnostics(),
      has,
    };
  }

  /** As the kernels have them, else as the calls tell; undefined where no graph was launched. */
  private graphColumns(
    kernels: ActivityTable & { readonly shape: Uint32Array },
    api: ApiTable,
    { streams, threads }: Pick<Profile, 'streams' | 'threads'>,
  ): { graphNode: Float64Array; graphId: Uint32Array } | undefined {
    const { graphs, strings } = this;
    if (!graphs) return numberReplays({ kernels, api, streams, threads, strings });
    while (graphs.length < kernels.length) graphs.add();
    return graphs.finish();
  }
}

/** How each kind of event is called where one is odd. */
const KINDS: Readonly<Record<Category, string>> = {
  [Category.Unknown]: 'events',
  [Category.Operator]: 'operators',
  [Category.Annotation]: 'annotations',
  [Category.Api]: 'API calls',
  [Category.Kernel]: 'kernels',
  [Category.Memcpy]: 'copies',
  [Category.Memset]: 'fills',
  [Category.Synchronization]: 'synchronisations',
  [Category.Python]: 'Python calls',
  [Category.Span]: 'spans',
  [Category.Passed]: 'events',
};

/** Fills a column that began late up to a row. */
function pad<C extends Record<string, Float64Array | Uint32Array>>(
  table: TableBuilder<C>,
  length: number,
  missing: (columns: C, row: number) => void,
): void {
  while (table.length < length) missing(table.columns, table.add());
}

function shift(times: Float64Array, zero: number): void {
  if (zero === 0) return;
  for (let row = 0; row < times.length; row++) times[row] -= zero;
}
