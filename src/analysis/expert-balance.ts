/** How evenly experts were loaded, over the time of a load. */
import type { ExpertBalance } from '../profile/expert-balance';
import { formatShare } from '../profile/format';
import { binned, extent, type Series } from './session/series';

const BINS = 120;

/**
 * Of each model the average over the most tokens, in bins that all models share.
 * @param zeroUtcMs what times count from, in ms since 1970
 */
export function balanceSeries({ models }: ExpertBalance, zeroUtcMs: number): readonly Series[] {
  const times = models.map(({ samples }) =>
    Float64Array.from(samples, ({ at_utc_ms }) => (at_utc_ms - zeroUtcMs) * 1e6),
  );
  const window = extent(times) ?? { start: 0, end: 0 };
  return models.map(({ samples }, i) =>
    binned(
      times[i],
      Float64Array.from(samples, ({ avg_tokens, max_tokens }) => avg_tokens / max_tokens),
      BINS,
      window,
    ),
  );
}

/** What the log told of the served model, and what it does not tell, in a sentence or two. */
export function loggedBalance({ across, models }: ExpertBalance): string {
  const figure = formatShare(models[0].balancedness);
  if (across === 'gpus')
    return `By vLLM’s log the average GPU had ${figure} of the tokens of the busiest, for which the others wait.`;
  if (across === 'layers')
    return `By vLLM’s log the average layer had ${figure} of the tokens of the busiest: up to 0.27 it compares layers, not GPUs, and does not tell how evenly GPUs were loaded.`;
  return `vLLM’s log tells a balance of ${figure}, of GPUs only from 0.28 on: up to 0.27 it compares layers, and the version of vLLM is not known.`;
}
