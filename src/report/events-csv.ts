/**
 * One row an event: `nvtx_ranges.csv`, `kernel_stats.csv` and `memcpy_stats.csv`,
 * in order of start, with the columns that existing scripts read.
 *
 * Written in pieces: five million rows never stand in memory as text. A value
 * that the capture does not have is an empty cell. Names that a spreadsheet
 * would run as a formula are made text by an apostrophe (see `delimited.ts`).
 */
import { CopyKind, type EventTable, type Profile } from '../profile/model';
import { csvRow } from '../profile/delimited';

export interface EventFile {
  readonly name: string;
  /** Pieces of text of some 64 KB, whole lines each. */
  lines(profile: Profile): Generator<string>;
}

const PIECE = 1 << 16;

function* rows(
  table: EventTable,
  header: readonly string[],
  line: (row: number) => string,
): Generator<string> {
  let piece = csvRow(header) + '\n';
  for (const row of inOrder(table)) {
    piece += line(row) + '\n';
    if (piece.length >= PIECE) {
      yield piece;
      piece = '';
    }
  }
  if (piece) yield piece;
}

/** A number as a cell; what is not known is empty. */
const cell = (value: number): number | string => (Number.isNaN(value) ? '' : value);

/** Rows by start, equal ones as in the file. */
function inOrder({ length, start }: EventTable): Uint32Array {
  const order = Uint32Array.from({ length }, (_, row) => row);
  let ordered = true;
  for (let row = 1; row < length && ordered; row++) ordered = start[row - 1] <= start[row];
  return ordered ? order : order.sort((a, b) => start[a] - start[b] || a - b);
}

/** nsys's globalTid, exact beyond 2^53: process bits and thread bits side by side. */
function globalThreadIds(profile: Profile): readonly string[] {
  return profile.threads.map(({ process, tid }) =>
    String(BigInt(profile.processes[process]?.key ?? 0) * 0x1000000n + BigInt(tid)),
  );
}

const nvtxRanges: EventFile = {
  name: 'nvtx_ranges.csv',
  lines(profile) {
    const { ranges, strings } = profile;
    const threadIds = globalThreadIds(profile);
    const names: string[] = [];
    return rows(ranges, ['name', 'duration_ms', 'start_ns', 'end_ns', 'thread_id'], (row) => {
      const [start, end] = [ranges.start[row], ranges.end[row]];
      const name = (names[ranges.name[row]] ??= csvRow([strings.get(ranges.name[row])]));
      const duration = cell((end - start) / 1e6);
      return `${name},${duration},${cell(start)},${cell(end)},${threadIds[ranges.thread[row]] ?? ''}`;
    });
  },
};

const kernelStats: EventFile = {
  name: 'kernel_stats.csv',
  lines(profile) {
    const { kernels, shapes, strings } = profile;
    const names = shapes.map((shape) => csvRow([strings.get(shape.name)]));
    const geometry = shapes.map((shape) =>
      csvRow([
        shape.gridX * shape.gridY * shape.gridZ,
        shape.blockX * shape.blockY * shape.blockZ,
        sum(shape.staticSharedMemory, shape.dynamicSharedMemory),
        shape.registers,
      ]),
    );
    const header = [
      'kernel_name',
      'duration_us',
      'start_ns',
      'grid_size',
      'block_size',
      'shared_mem_bytes',
      'registersPerThread',
    ];
    return rows(kernels, header, (row) => {
      const shape = kernels.shape[row];
      const start = kernels.start[row];
      const duration = cell((kernels.end[row] - start) / 1e3);
      return `${names[shape]},${duration},${cell(start)},${geometry[shape]}`;
    });
  },
};

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

const DIRECTIONS: Readonly<Record<number, string>> = {
  [CopyKind.HostToDevice]: 'HtoD',
  [CopyKind.DeviceToHost]: 'DtoH',
  [CopyKind.DeviceToDevice]: 'DtoD',
};

const memcpyStats: EventFile = {
  name: 'memcpy_stats.csv',
  lines(profile) {
    const { memcpys } = profile;
    return rows(memcpys, ['duration_us', 'bytes', 'bandwidth_gbps', 'direction'], (row) => {
      const duration = memcpys.end[row] - memcpys.start[row];
      const bandwidth = duration > 0 ? cell(memcpys.bytes[row] / duration) : '';
      const direction = DIRECTIONS[memcpys.kind[row]] ?? 'Other';
      return `${cell(duration / 1e3)},${cell(memcpys.bytes[row])},${bandwidth},${direction}`;
    });
  },
};

export const EVENT_FILES: readonly EventFile[] = [nvtxRanges, kernelStats, memcpyStats];
