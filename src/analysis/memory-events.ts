/**
 * What PyTorch's allocators held over time, by device, as the profiler recorded
 * it (`profile_memory=True`): totals are the allocator's own, so that what was
 * allocated before the capture is in them.
 */
import { NONE } from '../profile/model';
import { MemoryDevice, type MemoryEventTable } from '../profile/operators';
import type { Scope } from '../profile/scope';
import type { Bytes, Nanoseconds } from '../profile/units';
import type { Analysis } from './analysis';
import { orderBy } from './intervals';
import { innermostAt, nest } from './nesting';

export interface DeviceMemory {
  /** Identity within the profile. */
  readonly id: number;
  /** `CPU`, `GPU 0`, or c10's number of another type of device. */
  readonly name: string;
  readonly events: number;
  /** Sum of what was taken, whatever was given back. */
  readonly taken: Bytes;
  /** Sum of what was given back. */
  readonly returned: Bytes;
  /** What tensors held at most; undefined where the trace has no totals. */
  readonly peakAllocated: Bytes | undefined;
  readonly peakAllocatedAt: Nanoseconds | undefined;
  readonly peakReserved: Bytes | undefined;
  readonly endAllocated: Bytes | undefined;
  /** At the peak: the part of what is reserved that no tensor held. */
  readonly unusedAtPeak: Bytes | undefined;
}

/** Held at most in each of equal bins; NaN before the first event with a total. */
export interface MemorySeries {
  readonly device: number;
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly bins: number;
  readonly allocated: Float64Array;
  readonly reserved: Float64Array;
}

/** What operators took, by the innermost operator open at the time. */
export interface OperatorMemory {
  /** Empty where no operator was open. */
  readonly name: string;
  readonly events: number;
  readonly taken: Bytes;
  readonly returned: Bytes;
}

const MAX_BINS = 4096;
/** c10 numbers its types of devices up to some twenty. */
const DEVICES = 1 << 16;

/** Devices with events, by their number; the CPU first. */
export function memoryDevices(analysis: Analysis, scope: Scope): readonly DeviceMemory[] {
  const { memoryEvents } = analysis.profile;
  if (!memoryEvents) return [];
  return analysis.scoped('memory-events', scope, () =>
    [...rowsByDevice(analysis, memoryEvents)].map(([id, rows]) =>
      summarise(id, memoryEvents, inWindow(memoryEvents, rows, scope.window)),
    ),
  );
}

/** Undefined where the device has no events. */
export function memorySeries(
  analysis: Analysis,
  device: number,
  bins: number,
  window?: Scope['window'],
): MemorySeries | undefined {
  const { memoryEvents: table } = analysis.profile;
  const rows = table && rowsByDevice(analysis, table).get(device);
  if (!table || !rows || rows.length === 0) return undefined;
  const count = Math.max(1, Math.min(Math.floor(bins), MAX_BINS));
  const [start, end] = window ?? [table.time[rows[0]], table.time[rows[rows.length - 1]]];
  const fill = (values: Float64Array): Float64Array =>
    binMaxima(table, rows, values, start, end, count);
  return {
    device,
    start,
    end,
    bins: count,
    allocated: fill(table.allocated),
    reserved: fill(table.reserved),
  };
}

/** By what was taken, descending. */
export function memoryByOperator(
  analysis: Analysis,
  device: number,
  scope: Scope,
): readonly OperatorMemory[] {
  const { memoryEvents: table, operators, strings, threads } = analysis.profile;
  if (!table || !operators) return [];
  const around = analysis.once('memory-events.operators', () =>
    innermostAt(operators, nest(operators, threads.length, false), threads.length, table),
  );
  const sums = new Map<number, { events: number; taken: number; returned: number }>();
  const rows = rowsByDevice(analysis, table).get(device) ?? new Uint32Array(0);
  for (const row of inWindow(table, rows, scope.window)) {
    const name = around[row] === NONE ? 0 : operators.name[around[row]];
    let sum = sums.get(name);
    if (!sum) sums.set(name, (sum = { events: 0, taken: 0, returned: 0 }));
    sum.events++;
    if (table.bytes[row] > 0) sum.taken += table.bytes[row];
    else sum.returned -= table.bytes[row];
  }
  return [...sums]
    .map(([name, sum]) => ({ name: strings.get(name), ...sum }))
    .sort((a, b) => b.taken - a.taken || b.events - a.events);
}

/** Rows of each device in order of time. */
function rowsByDevice(analysis: Analysis, table: MemoryEventTable): Map<number, Uint32Array> {
  return analysis.once('memory-events.devices', () => {
    const rows = new Map<number, number[]>();
    for (const row of orderBy(table.time)) {
      const device = table.deviceType[row] * DEVICES + table.device[row] + 1;
      const own = rows.get(device);
      if (own) own.push(row);
      else rows.set(device, [row]);
    }
    return new Map(
      [...rows].sort(([a], [b]) => a - b).map(([device, own]) => [device, Uint32Array.from(own)]),
    );
  });
}

function inWindow(
  table: MemoryEventTable,
  rows: Uint32Array,
  window: Scope['window'],
): Uint32Array {
  if (!window) return rows;
  return rows.filter((row) => table.time[row] >= window[0] && table.time[row] < window[1]);
}

function summarise(id: number, table: MemoryEventTable, rows: Uint32Array): DeviceMemory {
  let taken = 0;
  let returned = 0;
  let peak = -1;
  let peakReserved: number | undefined;
  let last: number | undefined;
  for (const row of rows) {
    const bytes = table.bytes[row];
    if (bytes > 0) taken += bytes;
    else returned -= bytes;
    const allocated = table.allocated[row];
    if (!Number.isNaN(allocated)) {
      last = allocated;
      if (peak < 0 || allocated > table.allocated[peak]) peak = row;
    }
    const reserved = table.reserved[row];
    if (reserved > (peakReserved ?? -Infinity)) peakReserved = reserved;
  }
  const unused = peak < 0 ? NaN : table.reserved[peak] - table.allocated[peak];
  return {
    id,
    name: deviceName(Math.floor(id / DEVICES), (id % DEVICES) - 1),
    events: rows.length,
    taken,
    returned,
    peakAllocated: peak < 0 ? undefined : table.allocated[peak],
    peakAllocatedAt: peak < 0 ? undefined : table.time[peak],
    peakReserved,
    endAllocated: last,
    unusedAtPeak: unused >= 0 ? unused : undefined,
  };
}

function deviceName(type: number, device: number): string {
  switch (type as MemoryDevice) {
    case MemoryDevice.Cpu:
      return 'CPU';
    case MemoryDevice.Cuda:
    case MemoryDevice.Hip:
      return `GPU ${device}`;
    default:
      return `device type ${type}, ${device}`;
  }
}

/** What is held stays held until the next event, so that a bin starts with what the one before ended with. */
function binMaxima(
  table: MemoryEventTable,
  rows: Uint32Array,
  values: Float64Array,
  start: Nanoseconds,
  end: Nanoseconds,
  bins: number,
): Float64Array {
  const maxima = new Float64Array(bins).fill(NaN);
  const width = (end - start) / bins;
  let held = NaN;
  let bin = 0;
  for (const row of rows) {
    const time = table.time[row];
    if (time > end) break;
    if (Number.isNaN(values[row])) continue;
    const at =
      time < start || !(width > 0) ? 0 : Math.min(bins - 1, Math.floor((time - start) / width));
    for (; bin < at; bin++) {
      if (!(maxima[bin] >= held)) maxima[bin] = held;
      maxima[bin + 1] = held;
    }
    held = values[row];
    // What was held before the window began is known by its first bin only as what it was last.
    if (time < start) maxima[0] = held;
    else if (!(maxima[at] >= held)) maxima[at] = held;
  }
  for (; bin < bins - 1; bin++) maxima[bin + 1] = held;
  return maxima;
}
