/**
 * PyTorch's `key_averages()` written down again as it stands there, object by
 * object, on events that JSON.parse made: `_parse_kineto_results` in
 * torch/autograd/profiler.py, `EventList` and `FunctionEvent` in profiler_util.py.
 */
export interface RawEvent {
  readonly ph: string;
  readonly cat?: string;
  readonly name?: string;
  readonly pid: number | string;
  readonly tid: number | string;
  /** As it stands in the file. */
  readonly ts: string;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

interface FunctionEvent {
  readonly name: string;
  readonly kind: string;
  readonly thread: string;
  readonly start: number;
  readonly end: number;
  readonly id: number;
  readonly shapes: string;
  kernels: number[];
  children: FunctionEvent[];
  parent: FunctionEvent | undefined;
}

export interface Average {
  count: number;
  cpuTotal: number;
  cpuSelf: number;
  gpuTotal: number;
  gpuSelf: number;
}

const KINDS: Readonly<Record<string, string>> = {
  cpu_op: 'operator',
  operator: 'operator',
  user_annotation: 'annotation',
  cuda_runtime: 'call',
  cuda_driver: 'call',
  runtime: 'call',
};
const ON_GPU = new Set(['kernel', 'gpu_memcpy', 'gpu_memset', 'memcpy', 'memset']);

const nanos = (micros: number): number => Math.round(micros * 1000);

/** Of an event, in ns. */
export function stamp({ ts }: RawEvent): bigint {
  const [whole, fraction = ''] = ts.split('.');
  return BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
}

export function keyAverages(events: readonly RawEvent[], byShape = false): Map<string, Average> {
  const first = events.find((event) => event.ph === 'X');
  const base = first ? stamp(first) : 0n;
  const frontend: FunctionEvent[] = [];
  const linked = new Map<number, { gpu: number[]; calls: FunctionEvent[] }>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const category = event.cat!.toLowerCase();
    const external = Number(event.args?.['External id'] ?? event.args?.['external id'] ?? 0);
    const start = Number(stamp(event) - base);
    const length = nanos(event.dur ?? 0);
    if (ON_GPU.has(category)) {
      const link = linked.get(external) ?? { gpu: [], calls: [] };
      link.gpu.push(length);
      linked.set(external, link);
      continue;
    }
    const kind = KINDS[category];
    if (kind === undefined) continue;
    const call = kind === 'call';
    const made: FunctionEvent = {
      name: event.name!.replace(/^ProfilerStep#\d+$/, 'ProfilerStep*'),
      kind,
      // A runtime event is of no thread until it is linked.
      thread: call ? `alone ${frontend.length}` : `${event.pid} ${event.tid}`,
      start,
      end: start + length,
      id: call ? 0 : external,
      shapes: JSON.stringify([
        event.args?.['Input Dims'] ?? null,
        event.args?.['Input type'] ?? null,
      ]),
      kernels: [],
      children: [],
      parent: undefined,
    };
    if (call) {
      const link = linked.get(external) ?? { gpu: [], calls: [] };
      link.calls.push(made);
      linked.set(external, link);
    }
    frontend.push(made);
  }
  let list = frontend.map((event) => ({ ...event }));
  const copies = new Map(frontend.map((event, i) => [event, list[i]]));
  for (const event of list) {
    if (event.id === 0) continue;
    const link = linked.get(event.id);
    event.kernels.push(...(link?.gpu ?? []));
    for (const call of link?.calls ?? []) {
      (copies.get(call)! as { thread: string }).thread = event.thread;
    }
  }
  populateChildren(list);
  list = removeDuplicates(list);

  const averages = new Map<string, Average>();
  for (const event of list) {
    const key = `${event.kind} ${event.name}${byShape ? ` ${event.shapes}` : ''}`;
    const sum = averages.get(key) ?? { count: 0, cpuTotal: 0, cpuSelf: 0, gpuTotal: 0, gpuSelf: 0 };
    averages.set(key, sum);
    sum.count++;
    sum.cpuTotal += event.end - event.start;
    sum.cpuSelf += event.end - event.start - total(event.children, (c) => c.end - c.start);
    sum.gpuTotal += deviceTotal(event);
    sum.gpuSelf += deviceTotal(event) - total(event.children, deviceTotal);
  }
  return averages;
}

function total(events: readonly FunctionEvent[], of: (event: FunctionEvent) => number): number {
  return events.reduce((sum, event) => sum + of(event), 0);
}

function deviceTotal(event: FunctionEvent): number {
  return event.kernels.reduce((a, b) => a + b, 0) + total(event.children, deviceTotal);
}

function populateChildren(list: readonly FunctionEvent[]): void {
  const threads = new Map<string, FunctionEvent[]>();
  for (const event of list) {
    const own = threads.get(event.thread);
    if (own) own.push(event);
    else threads.set(event.thread, [event]);
  }
  for (const events of threads.values()) {
    events.sort((a, b) => a.start - b.start || b.end - a.end);
    const current: FunctionEvent[] = [];
    for (const event of events) {
      while (current.length > 0) {
        const parent = current[current.length - 1];
        if (event.start >= parent.end || event.end > parent.end) {
          current.pop();
        } else {
          parent.children.push(event);
          event.parent = parent;
          break;
        }
      }
      current.push(event);
    }
  }
}

function removeDuplicates(all: FunctionEvent[]): FunctionEvent[] {
  let list = all;
  for (;;) {
    const gone = new Set<FunctionEvent>();
    for (const event of list) {
      const { parent } = event;
      if (parent?.name !== event.name || parent.children.length !== 1) continue;
      parent.children = event.children;
      parent.kernels = event.kernels;
      for (const child of event.children) child.parent = parent;
      gone.add(event);
    }
    if (gone.size === 0) return list;
    list = list.filter((event) => !gone.has(event));
  }
}
