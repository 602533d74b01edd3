/** nvtx_kern_sum: the kernels launched inside each range, by range, thread and kernel. */
import { NONE } from '../../profile/model';
import type { Analysis } from '../analysis';
import { rangeProjection, type RangeProjection } from '../range-projection';
import { compareText, PairIndex, Samples, TextIndex, type GroupSummary } from './groups';
import { missingData } from './missing';
import { groupRanges } from './range-names';
import { kernelsInside } from './range-work';
import { integer, report, spread, spreadOf, text, type StatsRows } from './table';

export const rangeKernelSummary = report(
  'nvtx_kern_sum',
  'NVTX Range Kernel Summary',
  [
    text('NVTX Range'),
    text('Style'),
    ...['PID', 'TID', 'NVTX Inst', 'Kern Inst', 'Total Time (ns)'].map(integer),
    ...spread(''),
    text('Kernel Name'),
  ],
  rangeKernelRows,
);

/** A kernel is in every range around its launch; some millions of them in ranges a thousand deep would not end. */
const MAX_PAIRS = 50_000_000;

/** What a row is about. No range: launched outside any; no thread: launched by no call we know of. */
interface Key {
  readonly name: string | null;
  readonly style: string | null;
  readonly pid: number | null;
  readonly tid: number | null;
  readonly kernel: string;
}

/** A row: what it is about and what is counted. */
interface Row extends Key {
  readonly rangeInstances: number;
  readonly kernelInstances: number;
  readonly summary: GroupSummary;
}

function rangeKernelRows(analysis: Analysis): StatsRows {
  const missing = missingData(analysis.profile, 'ranges', 'kernels', 'api');
  if (missing) return missing;
  const projection = rangeProjection(analysis, 'all');
  const pairs = countPairs(projection, analysis.launches.kernels);
  if (pairs > MAX_PAIRS) {
    return 'The profile has ranges nested too deeply to list the kernels of each.';
  }
  return collect(analysis, projection, pairs)
    .sort(
      (a, b) =>
        compareNullable(a.name, b.name, compareText) ||
        compareNullable(a.pid, b.pid, compareNumber) ||
        compareNullable(a.tid, b.tid, compareNumber) ||
        b.summary.total - a.summary.total ||
        compareNullable(a.style, b.style, compareText) ||
        compareText(a.kernel, b.kernel),
    )
    .map(({ name, style, pid, tid, rangeInstances, kernelInstances, summary, kernel }) => [
      name,
      style,
      pid,
      tid,
      rangeInstances,
      kernelInstances,
      summary.total,
      ...spreadOf(summary),
      kernel,
    ]);
}

/** Walks the pairs of a kernel and a range around its launch twice: to group and count them, and for the durations. */
function collect(analysis: Analysis, projection: RangeProjection, pairs: number): Row[] {
  const { api, kernels, ranges, shapes, strings, threads, processes } = analysis.profile;
  const { stack, rangeOf, listNext } = projection;
  const links = analysis.launches.kernels;
  const named = groupRanges(analysis.profile);
  const kernelNames = new TextIndex();
  const kernelName = shapes.map((shape) => kernelNames.id(strings.get(shape.name)));
  /** A range's name and style, and a thread. */
  const places = new PairIndex();
  const placeOf = Int32Array.from(named.of, (range, row) => places.id(range, ranges.thread[row]));
  /** A place and a kernel's name: a row. */
  const groups = new PairIndex();
  const held = new HeldNames(kernelsInside(analysis));
  const sizes: number[] = [];
  const rangeInstances: number[] = [];
  const kernelInstances: number[] = [];
  const lastKernel: number[] = [];
  const groupOf = new Int32Array(pairs);

  let pair = 0;
  const add = (kernel: number, range: number, place: number): void => {
    const name = kernelName[kernels.shape[kernel]];
    const group = groups.id(place, name);
    if (group === sizes.length) {
      sizes.push(0);
      rangeInstances.push(0);
      kernelInstances.push(0);
      lastKernel.push(NONE);
    }
    sizes[group]++;
    if (range !== NONE && held.add(range, name)) rangeInstances[group]++;
    // Ranges of one name may be inside one another: the kernel is one all the same.
    if (lastKernel[group] !== kernel) kernelInstances[group]++;
    lastKernel[group] = kernel;
    groupOf[pair++] = group;
  };
  for (let kernel = 0; kernel < kernels.length; kernel++) {
    const call = links[kernel];
    const head = call === NONE ? NONE : stack[call];
    if (head === NONE) add(kernel, NONE, places.id(NONE, call === NONE ? NONE : api.thread[call]));
    for (let f = head; f !== NONE; f = listNext[f]) {
      const range = rangeOf(f);
      add(kernel, range, placeOf[range]);
    }
  }

  const samples = new Samples(sizes);
  pair = 0;
  for (let kernel = 0; kernel < kernels.length; kernel++) {
    const duration = kernels.end[kernel] - kernels.start[kernel];
    let f = links[kernel] === NONE ? NONE : stack[links[kernel]];
    do {
      samples.add(groupOf[pair++], duration);
      f = f === NONE ? NONE : listNext[f];
    } while (f !== NONE);
  }
  return samples.summaries().map((summary, group) => {
    const place = groups.first(group);
    const range = places.first(place);
    const thread = places.second(place);
    return {
      name: range === NONE ? null : named.names[range],
      style: range === NONE ? null : named.styles[range],
      pid: thread === NONE ? null : processes[threads[thread].process].pid,
      tid: thread === NONE ? null : threads[thread].tid,
      kernel: kernelNames.texts[groups.second(group)],
      rangeInstances: rangeInstances[group],
      kernelInstances: kernelInstances[group],
      summary: summary!,
    };
  });
}

/** Ranges with at most this many kernels look a name up among the few they hold. */
const FEW = 16;

/** Which kernels' names each range holds. */
class HeldNames {
  /** Names + 1 of the ranges with few kernels, side by side; 0 where none is yet. */
  private readonly few: Int32Array;
  /** Where each range's names begin. */
  private readonly offset: Float64Array;
  private readonly many = new PairIndex();

  constructor(private readonly kernels: Uint32Array) {
    this.offset = new Float64Array(kernels.length);
    let length = 0;
    for (let range = 0; range < kernels.length; range++) {
      this.offset[range] = length;
      if (kernels[range] <= FEW) length += kernels[range];
    }
    this.few = new Int32Array(length);
  }

  /** Whether the range did not hold the name before. */
  add(range: number, name: number): boolean {
    if (this.kernels[range] > FEW) {
      const known = this.many.length;
      return this.many.id(range, name) === known;
    }
    let at = this.offset[range];
    while (this.few[at] !== 0) {
      if (this.few[at] === name + 1) return false;
      at++;
    }
    this.few[at] = name + 1;
    return true;
  }
}

/** Pairs of a kernel and a range around its launch; a kernel outside any range counts one. */
function countPairs({ stack, listNext }: RangeProjection, links: Int32Array): number {
  let pairs = 0;
  for (const call of links) {
    let f = call === NONE ? NONE : stack[call];
    if (f === NONE) pairs++;
    for (; f !== NONE && pairs <= MAX_PAIRS; f = listNext[f]) pairs++;
  }
  return pairs;
}

const compareNumber = (a: number, b: number): number => a - b;

/** As SQLite sorts: NULL before anything else. */
function compareNullable<T>(a: T | null, b: T | null, compare: (a: T, b: T) => number): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compare(a, b);
}
