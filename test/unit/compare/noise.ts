/** Repeats of a run with noise of a known size, for rates that need thousands of them. */
import type { Snapshot } from '../../../src/analysis/compare';
import { Random } from '../../data/random';

/**
 * Every time of a run is longer or shorter by one factor (clocks, temperature),
 * and every phase and kernel by one of its own; both log-normal.
 * @param sigma of the logarithm of each
 */
export function noisy(run: Snapshot, seed: number, sigma: number): Snapshot {
  const random = new Random(seed);
  const factor = (): number => Math.exp(sigma * normal(random));
  const common = factor();
  const kernels = run.kernels.map((row) => ({ ...row, totalMs: row.totalMs * common * factor() }));
  const sum = (of: Snapshot['kernels']): number => of.reduce((ms, { totalMs }) => ms + totalMs, 0);
  return {
    ...run,
    kernels,
    workMs: run.workMs + sum(kernels) - sum(run.kernels),
    phases: run.phases.map((row) => ({ ...row, busyMs: row.busyMs * common * factor() })),
  };
}

/** By Box and Muller. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
