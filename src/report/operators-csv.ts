/** PyTorch's operators as its `key_averages()` has them, one a row, by time on the GPU. */
import type { OperatorRow } from '../analysis/operators';
import { csvRow } from '../profile/delimited';

const COLUMNS = [
  'name',
  'kind',
  'count',
  'cpu_self_us',
  'cpu_total_us',
  'gpu_self_us',
  'gpu_total_us',
  'gpu_percent',
  'flops',
];

export function* operatorsCsv(rows: readonly OperatorRow[]): Generator<string> {
  yield `${csvRow(COLUMNS)}\n`;
  for (const row of rows) {
    yield `${csvRow([
      row.name,
      row.kind,
      row.count,
      row.cpuSelf / 1e3,
      row.cpuTotal / 1e3,
      row.gpuSelf === undefined ? undefined : row.gpuSelf / 1e3,
      row.gpuTotal === undefined ? undefined : row.gpuTotal / 1e3,
      row.gpuShare === undefined ? undefined : row.gpuShare * 100,
      row.flops,
    ])}\n`;
  }
}
