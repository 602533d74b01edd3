/** A generated run under analysis, with its truth. */
import { Analysis } from '../../../src/analysis/analysis';
import type { VllmOptions } from '../../data/vllm';
import { generated } from './generated';

export async function analysed(options: Partial<VllmOptions> = {}) {
  const { profile, truth } = await generated(options);
  return { analysis: new Analysis(profile), truth };
}
