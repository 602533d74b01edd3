/** cuda_gpu_kern_sum and cuda_gpu_kern_gb_sum: kernels by name, and by name, grid and block. */
import type { LaunchShape } from '../../profile/model';
import { compareText, durations, summarizeGroups, TextIndex } from './groups';
import { missingData } from './missing';
import { report, text, timeColumns, timeRows } from './table';

export const kernelSummary = report(
  'cuda_gpu_kern_sum',
  'CUDA GPU Kernel Summary',
  [...timeColumns('Instances'), text('Name')],
  ({ profile }) => {
    const missing = missingData(profile, 'kernels');
    if (missing) return missing;
    const { kernels, shapes, strings } = profile;
    const names = new TextIndex();
    const groups = shapes.map((shape) => names.id(strings.get(shape.name)));
    const summaries = summarizeGroups(
      names.texts.length,
      durations(kernels, (row) => groups[kernels.shape[row]]),
    );
    return timeRows(
      summaries,
      (a, b) =>
        summaries[a]!.count - summaries[b]!.count || compareText(names.texts[a], names.texts[b]),
      (group) => [names.texts[group]],
    );
  },
);

export const kernelGridBlockSummary = report(
  'cuda_gpu_kern_gb_sum',
  'CUDA GPU Kernel/Grid/Block Summary',
  [...timeColumns('Instances'), text('GridXYZ'), text('BlockXYZ'), text('Name')],
  ({ profile }) => {
    const missing = missingData(profile, 'kernels');
    if (missing) return missing;
    const { kernels, shapes, strings } = profile;
    const keys = new TextIndex();
    const examples: LaunchShape[] = [];
    const groups = shapes.map((shape) => {
      const group = keys.id([shape.name, ...geometry(shape)].join(' '));
      examples[group] ??= shape;
      return group;
    });
    const summaries = summarizeGroups(
      examples.length,
      durations(kernels, (row) => groups[kernels.shape[row]]),
    );
    const nameOf = (group: number): string => strings.get(examples[group].name);
    return timeRows(
      summaries,
      (a, b) =>
        summaries[a]!.count - summaries[b]!.count ||
        compareText(nameOf(a), nameOf(b)) ||
        compareNumbers(geometry(examples[a]), geometry(examples[b])),
      (group) => {
        const sizes = geometry(examples[group]);
        return [padded(sizes.slice(0, 3)), padded(sizes.slice(3)), nameOf(group)];
      },
    );
  },
);

const geometry = (shape: LaunchShape): readonly number[] => [
  shape.gridX,
  shape.gridY,
  shape.gridZ,
  shape.blockX,
  shape.blockY,
  shape.blockZ,
];

const padded = (sizes: readonly number[]): string =>
  sizes.map((size) => String(size).padStart(4)).join(' ');

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, i) => value !== b[i]);
  return place < 0 ? 0 : a[place] - b[place];
}
