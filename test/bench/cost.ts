/** What a command costs, as a whole process. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';

const CACHE = resolve(__dirname, '../../.cache/bench');

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** User and system seconds. */
  readonly cpu: number;
  /** Peak MiB. */
  readonly memory: number;
}

/** @returns the cost, or why it failed */
export function run(command: readonly string[]): Cost | string {
  const measure = join(__dirname, 'measure.py');
  const output = join(CACHE, 'output');
  const child = spawnSync('python3', [measure, output, ...command], { encoding: 'utf8' });
  if (child.status !== 0)
    return child.stderr.trim().split('\n').at(-1) || `exit status ${child.status}`;
  const [wall, cpu, memory] = child.stdout.trim().split(' ').map(Number);
  return { wall, cpu, memory };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

export const machine = (): string =>
  `${cpus()[0].model.trim()}, ${availableParallelism()} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.version}`;
