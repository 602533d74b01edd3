/** Names of what the views of Nsight Compute results tell apart, and how each looks. */
import type { Bound } from '../../src/analysis/ncu/bound';
import type { FigureName } from '../../src/analysis/ncu/metrics';
import {
  formatBandwidth,
  formatBytes,
  formatNumber,
  formatShare,
  formatTime,
  shortenMiddle,
} from '../../src/profile/format';
import { readableKernelName } from '../../src/profile/kernel-name';
import { t } from '../strings';
import type { Mark } from '../ui/mark';

export function boundLabel(bound: Bound): string {
  switch (bound) {
    case 'memory':
      return t('memory');
    case 'compute':
      return t('compute');
    case 'latency':
      return t('latency');
    case 'unknown':
      return t('not known');
  }
}

const BOUND_MARKS: Readonly<Record<Bound, Mark>> = {
  memory: { colour: '--vscode-charts-blue', pattern: 'solid' },
  compute: { colour: '--vscode-charts-orange', pattern: 'stripes' },
  latency: { colour: '--vscode-charts-purple', pattern: 'dots' },
  unknown: { colour: '--vscode-charts-foreground', pattern: 'grid' },
};
export const boundMark = (bound: Bound): Mark => BOUND_MARKS[bound];

/** The name of a roof or a precision: `dram`, `fp32`, `tensor_bf16`, `tensor_fp4_fp6_sparse`. */
export function roofLabel(name: string): string {
  const [, tensor, structured] = /^tensor_(.+?)(_sparse)?$/.exec(name) ?? [];
  if (tensor === undefined) return name.toUpperCase();
  const types = tensor.toUpperCase().replaceAll('_', '/');
  return structured === undefined ? t('tensor {0}', types) : t('sparse tensor {0}', types);
}

export function figureLabel(name: FigureName | 'stall' | 'roof'): string {
  switch (name) {
    case 'duration':
      return t('Duration');
    case 'smClock':
      return t('SM clock');
    case 'dramBytes':
      return t('DRAM bytes');
    case 'dramReadBytes':
      return t('DRAM read');
    case 'dramWriteBytes':
      return t('DRAM written');
    case 'dramBandwidth':
      return t('DRAM bandwidth');
    case 'dramShare':
      return t('DRAM of peak');
    case 'l2Bytes':
      return t('L2 bytes');
    case 'l2Bandwidth':
      return t('L2 bandwidth');
    case 'l2Share':
      return t('L2 of peak');
    case 'l1Bytes':
      return t('L1 bytes');
    case 'l1Bandwidth':
      return t('L1 bandwidth');
    case 'l1Share':
      return t('L1 of peak');
    case 'memoryShare':
      return t('Memory of peak');
    case 'smShare':
      return t('SM of peak');
    case 'tensorShare':
      return t('Tensor pipe');
    case 'fp64Share':
      return t('FP64 pipe');
    case 'fmaShare':
      return t('FMA pipe');
    case 'fp16Share':
      return t('FP16 pipe');
    case 'aluShare':
      return t('ALU pipe');
    case 'achievedOccupancy':
      return t('Achieved occupancy');
    case 'theoreticalOccupancy':
      return t('Theoretical occupancy');
    case 'registers':
      return t('Registers');
    case 'staticSharedMemory':
      return t('Static shared memory');
    case 'dynamicSharedMemory':
      return t('Dynamic shared memory');
    case 'wavesPerSm':
      return t('Waves per SM');
    case 'l1HitRate':
      return t('L1 hit rate');
    case 'l2HitRate':
      return t('L2 hit rate');
    case 'loadSectorsPerRequest':
      return t('Sectors per load');
    case 'storeSectorsPerRequest':
      return t('Sectors per store');
    case 'ipc':
      return t('Instructions per cycle');
    case 'stall':
      return t('Of a warp’s time');
    case 'roof':
      return t('Of the roof');
  }
}

const BYTES: ReadonlySet<string> = new Set([
  'dramBytes',
  'dramReadBytes',
  'dramWriteBytes',
  'l2Bytes',
  'l1Bytes',
  'staticSharedMemory',
  'dynamicSharedMemory',
]);

export function figureText(name: FigureName | 'stall' | 'roof', value: number | undefined): string {
  if (name === 'duration') return formatTime(value);
  if (name === 'smClock') {
    return value === undefined ? formatNumber(value) : `${formatNumber(value / 1e9)} GHz`;
  }
  if (BYTES.has(name)) return formatBytes(value);
  if (name.endsWith('Bandwidth')) return formatBandwidth(value);
  if (/Share$|Rate$|Occupancy$|^stall$|^roof$/.test(name)) return formatShare(value);
  return formatNumber(value);
}

/** `fmha_fwd` of `void ns::<unnamed>::fmha_fwd<…>(…)`: for labels, where whole names do not fit. */
export function shortName(name: string, width = 26): string {
  const plain = readableKernelName(name).replace(/[<(].*$/s, '');
  return shortenMiddle(plain.split('::').at(-1) || name, width);
}
