import { html, nothing } from 'lit';
import type { OperatorNode, OperatorRow, OperatorRowKind } from '../../../src/analysis/operators';
import { formatCount } from '../../../src/profile/format';
import { t } from '../../strings';
import type { Column } from '../../ui/cells';
import type { TreeRow } from '../ranges/range-tree';

function kindLabel(kind: OperatorRowKind): string {
  switch (kind) {
    case 'operator':
      return t('operator');
    case 'annotation':
      return t('annotation');
    case 'call':
      return t('runtime call');
  }
}

export interface OperatorColumnsOptions {
  readonly shapes: boolean;
  readonly flops: boolean;
}

export const operatorColumns = ({
  shapes,
  flops,
}: OperatorColumnsOptions): readonly Column<OperatorRow>[] => [
  {
    id: 'name',
    title: t('Operator'),
    kind: 'text',
    width: 240,
    grow: true,
    value: (row) => row.name,
  },
  ...(shapes
    ? ([
        {
          id: 'shapes',
          title: t('Input shapes'),
          hint: t('Dimensions of the inputs; [] is a number.'),
          kind: 'text',
          width: 220,
          value: (row) => row.shapes || undefined,
          display: (row) =>
            row.shapes === '' ? nothing : html`<code class="clip">${row.shapes}</code>`,
        },
        {
          id: 'types',
          title: t('Input types'),
          kind: 'text',
          width: 160,
          hidden: true,
          value: (row) => row.types || undefined,
        },
      ] satisfies Column<OperatorRow>[])
    : []),
  {
    id: 'gpuShare',
    title: t('GPU share'),
    hint: t('Of all work on the GPU that an operator launched.'),
    kind: 'share',
    width: 130,
    value: (row) => row.gpuShare,
  },
  {
    id: 'gpuSelf',
    title: t('GPU self'),
    hint: t('Sum of the lengths of the work that the operator itself launched.'),
    kind: 'time',
    unitGroup: 'gpu',
    width: 124,
    value: (row) => row.gpuSelf,
  },
  {
    id: 'gpuTotal',
    title: t('GPU total'),
    hint: t('With what the operators in it launched.'),
    kind: 'time',
    unitGroup: 'gpu',
    width: 124,
    value: (row) => row.gpuTotal,
  },
  {
    id: 'cpuSelf',
    title: t('CPU self'),
    hint: t('Time on the CPU, without the operators and CUDA calls in it.'),
    kind: 'time',
    unitGroup: 'cpu',
    width: 116,
    value: (row) => row.cpuSelf,
  },
  {
    id: 'cpuTotal',
    title: t('CPU total'),
    kind: 'time',
    unitGroup: 'cpu',
    width: 116,
    value: (row) => row.cpuTotal,
  },
  { id: 'count', title: t('Count'), kind: 'count', width: 84, value: (row) => row.count },
  ...(flops
    ? ([
        {
          id: 'flops',
          title: t('FLOPs'),
          hint: t(
            'Floating point operations by PyTorch’s own formulas, for operators that it has one for.',
          ),
          kind: 'number',
          width: 90,
          value: (row) => row.flops,
        },
      ] satisfies Column<OperatorRow>[])
    : []),
  {
    id: 'kind',
    title: t('Kind'),
    kind: 'text',
    width: 90,
    value: (row) => kindLabel(row.kind),
  },
];

/** The same columns for rows of a tree. */
export const operatorTreeColumns = (
  columns: readonly Column<OperatorRow>[],
): readonly Column<TreeRow<OperatorNode>>[] =>
  columns
    .filter(({ id }) => id !== 'shapes' && id !== 'types')
    .map((column) => ({
      ...column,
      value: (row) => (row.kind === 'more' ? undefined : column.value(row.node)),
      display:
        column.id === 'name'
          ? (row) =>
              row.kind === 'more'
                ? html`<span class="quiet"
                    >${t('{0} more: Enter shows them', formatCount(row.left))}</span
                  >`
                : html`<span class="clip">${row.node.name}</span>`
          : undefined,
    }));
