/** cuda_gpu_mem_time_sum, cuda_gpu_mem_size_sum, cuda_gpu_sum: copies and fills, by time, by size, beside kernels. */
import type { EventTable, Profile } from '../../profile/model';
import { copyName } from '../transfers';
import {
  compareText,
  durations,
  summarizeGroups,
  TextIndex,
  type GroupedValues,
  type GroupSummary,
} from './groups';
import { missingData } from './missing';
import { float, integer, report, text, timeColumns, timeRows } from './table';

/** Copies, then fills, with the group of each row by the operation's name. */
function memoryOperations(
  profile: Profile,
  names: TextIndex,
  values: (
    table: EventTable & { readonly bytes: Float64Array },
    group: (row: number) => number,
  ) => GroupedValues,
): GroupedValues[] {
  const { memcpys, memsets } = profile;
  const copies = Array.from({ length: COPY_KINDS }, (_, kind) =>
    names.id(`[CUDA memcpy ${copyName(kind)}]`),
  );
  const fill = names.id('[CUDA memset]');
  return [
    // A kind that nsys has no name for is in none of its reports.
    values(memcpys, (row) => copies[memcpys.kind[row]] ?? -1),
    values(memsets, () => fill),
  ];
}

/** Of ENUM_CUDA_MEMCPY_OPER, from 0 for unknown. */
const COPY_KINDS = 14;

export const memoryTimeSummary = report(
  'cuda_gpu_mem_time_sum',
  'CUDA GPU MemOps Summary (by Time)',
  [...timeColumns('Count'), text('Operation')],
  ({ profile }) => {
    const missing = missingData(profile, 'memory');
    if (missing) return missing;
    const { names, summaries } = byOperation(profile, durations);
    return timeRows(
      summaries,
      (a, b) => compareText(names[a], names[b]),
      (group) => [names[group]],
    );
  },
);

export const memorySizeSummary = report(
  'cuda_gpu_mem_size_sum',
  'CUDA GPU MemOps Summary (by Size)',
  [
    float('Total (MB)', 3),
    integer('Count'),
    ...['Avg (MB)', 'Med (MB)', 'Min (MB)', 'Max (MB)', 'StdDev (MB)'].map((n) => float(n, 3)),
    text('Operation'),
  ],
  ({ profile }) => {
    const missing = missingData(profile, 'memory');
    if (missing) return missing;
    const { names, summaries } = byOperation(profile, ({ length, bytes }, group) => ({
      length,
      group,
      value: (row) => bytes[row],
    }));
    return [...summaries.keys()]
      .filter((group) => summaries[group] !== undefined)
      .sort((a, b) => summaries[b]!.total - summaries[a]!.total || compareText(names[a], names[b]))
      .map((group) => {
        const { total, count, average, median, min, max, stddev } = summaries[group]!;
        const megabytes = [average, median, min, max, stddev].map((bytes) => bytes / 1e6);
        return [total / 1e6, count, ...megabytes, names[group]];
      });
  },
);

function byOperation(
  profile: Profile,
  values: Parameters<typeof memoryOperations>[2],
): { names: readonly string[]; summaries: (GroupSummary | undefined)[] } {
  const names = new TextIndex();
  const tables = memoryOperations(profile, names, values);
  return { names: names.texts, summaries: summarizeGroups(names.texts.length, ...tables) };
}

export const gpuSummary = report(
  'cuda_gpu_sum',
  'CUDA GPU Summary (Kernels/MemOps)',
  [...timeColumns('Instances'), text('Category'), text('Operation')],
  ({ profile }) => {
    const missing = missingData(profile, 'gpu');
    if (missing) return missing;
    const { kernels, shapes, strings } = profile;
    const names = new TextIndex();
    const groups = shapes.map((shape) => names.id(strings.get(shape.name)));
    const kernelNames = names.texts.length;
    const memory = memoryOperations(profile, names, durations);
    const summaries = summarizeGroups(
      names.texts.length,
      durations(kernels, (row) => groups[kernels.shape[row]]),
      ...memory,
    );
    return timeRows(
      summaries,
      (a, b) => compareText(names.texts[a], names.texts[b]),
      (group) => [group < kernelNames ? 'CUDA_KERNEL' : 'MEMORY_OPER', names.texts[group]],
    );
  },
);
