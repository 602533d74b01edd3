/** The tables that only traces of PyTorch have. */
import type { FrameRow } from '../../analysis/frames';
import type { OperatorNode, OperatorRow } from '../../analysis/operators';
import { FRAME_FIELDS, OPERATOR_FIELDS } from '../../protocol/filter';
import { number, share, text, time, type Column, type TableSpec } from '../tables';

export const OPERATORS: TableSpec<OperatorRow> = {
  columns: [
    text('name', 'Name', (row) => row.name),
    text('kind', 'Kind', (row) => row.kind),
    text('shapes', 'Input Shapes', (row) => row.shapes || undefined),
    text('types', 'Input Types', (row) => row.types || undefined),
    number('count', 'Count', (row) => row.count),
    time('cpuTotal', 'CPU Total', (row) => row.cpuTotal),
    time('cpuSelf', 'CPU Self', (row) => row.cpuSelf),
    time('gpuTotal', 'CUDA Total', (row) => row.gpuTotal),
    time('gpuSelf', 'CUDA Self', (row) => row.gpuSelf),
    share('gpuShare', 'CUDA Self Share', (row) => row.gpuShare),
    number('flops', 'FLOPs', (row) => row.flops),
  ],
  fields: OPERATOR_FIELDS,
  name: (row) => `${row.name} ${row.shapes}`,
  access: {
    text: (row, field) => {
      if (field === 'kind') return row.kind;
      return field === 'shape' ? row.shapes : row.name;
    },
    number: (row, field) => {
      switch (field) {
        case 'gpu':
          return row.gpuTotal;
        case 'gpuself':
          return row.gpuSelf;
        case 'share':
          return row.gpuShare;
        case 'cpu':
          return row.cpuTotal;
        case 'cpuself':
          return row.cpuSelf;
        case 'count':
          return row.count;
        default:
          return undefined;
      }
    },
  },
};

export const OPERATOR_TREE: TableSpec<OperatorNode> = {
  ...OPERATORS,
  columns: [
    ...(OPERATORS.columns as readonly Column<OperatorNode>[]),
    number('children', 'Children', (row) => row.children),
  ],
};

export const FRAMES: TableSpec<FrameRow> = {
  columns: [
    text('name', 'Frame', (row) => row.name || '(no recorded place)'),
    text('kind', 'Kind', (row) => row.kind),
    text('file', 'File', (row) => row.source?.file),
    number('line', 'Line', (row) => row.source?.line),
    time('total', 'CUDA Total', (row) => row.total),
    share('share', 'Share', (row) => row.share),
    time('own', 'CUDA Own', (row) => row.own),
    share('ownShare', 'Own Share', (row) => row.ownShare),
    number('count', 'Operations', (row) => row.count),
  ],
  fields: FRAME_FIELDS,
  name: (row) => row.name,
  access: {
    text: (row, field) => (field === 'kind' ? row.kind : row.name),
    number: (row, field) => {
      switch (field) {
        case 'time':
          return row.total;
        case 'own':
          return row.own;
        case 'share':
          return row.share;
        case 'count':
          return row.count;
        default:
          return undefined;
      }
    },
  },
};
