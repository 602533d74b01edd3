/** nvtx_kern_sum: the kernels launched inside each range, by range, thread and kernel. */
import { NONE } from '../../profile/model';
import type { Analysis } from '../analysis';
import { rangeProjection } from '../range-projection';
import { compareText, PairIndex, summarizeGroups, TextIndex } from './groups';
import { missingData } from './missing';
import { groupRanges } from './range-names';
import { integer, report, spread, spreadOf, text, type StatsRows, type StatsValue } from './table';

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
const MAX_PAIRS = 100_000_000;

/** What a row is about. No range: launched outside any; no thread: launched by no call we know of. */
interface Key {
  readonly name: string | null;
  readonly style: string | null;
  readonly pid: number | null;
  readonly tid: number | null;
  readonly kernel: string;
}

function rangeKernelRows(analysis: Analysis): StatsRows {
  const { profile } = analysis;
  const missing = missingData(profile, 'ranges', 'kernels', 'api');
  if (missing) return missing;
  const { api, kernels, ranges, shapes, strings, threads, processes } = profile;
  const { stack, listRange, listNext, operations } = rangeProjection(analysis, 'all');
  const links = analysis.launches.kernels;

  const pairs = countPairs(stack, listNext, links);
  if (pairs > MAX_PAIRS) {
    return 'The ranges of this profile are nested too deeply to list the kernels of each.';
  }
  const named = groupRanges(profile);
  const kernelNames = new TextIndex();
  const kernelName = shapes.map((shape) => kernelNames.id(strings.get(shape.name)));
  const places = new PairIndex();
  const placeOf = Int32Array.from(named.of, (range, row) => places.id(range, ranges.thread[row]));
  const groups = new PairIndex();
  /** Ranges that hold a kernel of a name, each once. */
  const holders = new PairIndex();
  const rangeInstances: number[] = [];
  const kernelInstances: number[] = [];
  const lastKernel: number[] = [];
  const groupOf = new Int32Array(pairs);
  const kernelOf = new Uint32Array(pairs);

  let pair = 0;
  const add = (kernel: number, range: number, place: number): void => {
    const name = kernelName[kernels.shape[kernel]];
    const group = groups.id(place, name);
    if (group === rangeInstances.length) {
      rangeInstances.push(0);
      kernelInstances.push(0);
      lastKernel.push(NONE);
    }
    if (range !== NONE) {
      const known = holders.length;
      // Most ranges of operators hold a single kernel, and need not be remembered.
      if (operations[range] === 1 || holders.id(range, name) === known) rangeInstances[group]++;
    }
    if (lastKernel[group] !== kernel) kernelInstances[group]++;
    lastKernel[group] = kernel;
    groupOf[pair] = group;
    kernelOf[pair] = kernel;
    pair++;
  };
  for (let kernel = 0; kernel < kernels.length; kernel++) {
    const call = links[kernel];
    const head = call === NONE ? NONE : stack[call];
    if (head === NONE) add(kernel, NONE, places.id(NONE, call === NONE ? NONE : api.thread[call]));
    for (let f = head; f !== NONE; f = listNext[f]) {
      add(kernel, listRange[f], placeOf[listRange[f]]);
    }
  }

  const summaries = summarizeGroups(groups.length, {
    length: pairs,
    group: (row) => groupOf[row],
    value: (row) => kernels.end[kernelOf[row]] - kernels.start[kernelOf[row]],
  });
  const keys = Array.from({ length: groups.length }, (_, group): Key => {
    const place = groups.first(group);
    const range = places.first(place);
    const thread = places.second(place);
    return {
      name: range === NONE ? null : named.names[range],
      style: range === NONE ? null : named.styles[range],
      pid: thread === NONE ? null : processes[threads[thread].process].pid,
      tid: thread === NONE ? null : threads[thread].tid,
      kernel: kernelNames.texts[groups.second(group)],
    };
  });
  return [...keys.keys()]
    .sort(
      (a, b) =>
        compareNullable(keys[a].name, keys[b].name, compareText) ||
        compareNullable(keys[a].pid, keys[b].pid, compareNumber) ||
        compareNullable(keys[a].tid, keys[b].tid, compareNumber) ||
        summaries[b]!.total - summaries[a]!.total ||
        compareNullable(keys[a].style, keys[b].style, compareText) ||
        compareText(keys[a].kernel, keys[b].kernel),
    )
    .map((group): readonly StatsValue[] => {
      const { name, style, pid, tid, kernel } = keys[group];
      const summary = summaries[group]!;
      return [
        name,
        style,
        pid,
        tid,
        rangeInstances[group],
        kernelInstances[group],
        summary.total,
        ...spreadOf(summary),
        kernel,
      ];
    });
}

/** Pairs of a kernel and a range around its launch; a kernel outside any range counts one. */
function countPairs(stack: Int32Array, listNext: Int32Array, links: Int32Array): number {
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
