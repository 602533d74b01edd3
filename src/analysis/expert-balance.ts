/** How evenly experts were loaded, over the time of a load. */
import type { ExpertBalance } from '../profile/expert-balance';
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
