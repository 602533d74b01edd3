/** Generated runs in the form in which they are compared. */
import { Analysis } from '../../../src/analysis/analysis';
import { snapshotOfAnalysis, type Snapshot } from '../../../src/analysis/compare';
import type { VllmOptions } from '../../data/vllm';
import { generated } from '../analysis/generated';

/** Small enough to make dozens of. */
export const SMALL: Partial<VllmOptions> = { steps: 40, layers: 4, ranks: 1 };

/** Runs of one load that differ in their timing only. */
export const repeat = (seed: number, options: Partial<VllmOptions> = {}): Promise<Snapshot> =>
  run({ load: 1, seed, ...options });

export async function run(options: Partial<VllmOptions> = {}): Promise<Snapshot> {
  const { profile } = await generated({ ...SMALL, ...options });
  return snapshotOfAnalysis(new Analysis(profile), { label: `seed ${options.seed ?? 1}` });
}
