/**
 * How far two groups of repeated measurements lie apart, and how sure that is.
 *
 * The Hodges–Lehmann estimate, the median of all pairwise changes, with the
 * exact interval that the Mann–Whitney (Wilcoxon rank-sum) test gives it: the
 * changes no test at that level would reject. It assumes no distribution, one
 * slow run does not move it, and it draws nothing at random. (Hollander, Wolfe,
 * Chicken: Nonparametric Statistical Methods, 3rd ed., 4.2 and 4.3.)
 *
 * Few runs cannot give much confidence: three against three reach 90 % at most.
 * The interval says which it reached.
 */

export interface Shift {
  readonly estimate: number;
  /** Undefined where one side has fewer than two runs: nothing is known of the noise. */
  readonly interval?: {
    readonly low: number;
    readonly high: number;
    /** What the exact distribution gives: at least 0.95, or the most that so few runs can give. */
    readonly confidence: number;
  };
}

export const SHIFT_METHOD =
  'Hodges–Lehmann estimate with the exact Mann–Whitney interval, at 95 % or the most that the number of runs allows';

const WANTED = 0.95;
/** From here on the normal approximation of the rank sum is as good, and exact counts are long. */
const LARGEST_EXACT = 60;

/**
 * @param change of one current against one baseline value: a ratio, a difference
 */
export function shift(
  baseline: readonly number[],
  current: readonly number[],
  change: (from: number, to: number) => number,
): Shift {
  const changes = Float64Array.from(
    current.flatMap((to) => baseline.map((from) => change(from, to))),
  ).sort();
  const count = changes.length;
  const estimate = middle(changes);
  if (baseline.length < 2 || current.length < 2 || count === 0) return { estimate };
  const { cut, confidence } = cutOff(baseline.length, current.length);
  return {
    estimate,
    interval: { low: changes[cut], high: changes[count - 1 - cut], confidence },
  };
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** How many of the ordered changes lie outside at each end: the largest with P(U < cut + 1) <= 2.5 %. */
function cutOff(m: number, n: number): { cut: number; confidence: number } {
  const tail = (1 - WANTED) / 2;
  if (m > LARGEST_EXACT || n > LARGEST_EXACT) {
    const spread = Math.sqrt((m * n * (m + n + 1)) / 12);
    return { cut: Math.max(0, Math.floor((m * n) / 2 - 1.96 * spread)), confidence: WANTED };
  }
  const chances = rankSumChances(m, n);
  let below = chances[0];
  let cut = 0;
  while (below + chances[cut + 1] <= tail) below += chances[++cut];
  return { cut, confidence: 1 - 2 * below };
}

/** P(U = u), u = 0 … m·n: the number of pairs in order, all orders of m + n values equally likely. */
export function rankSumChances(m: number, n: number): Float64Array {
  // The Gaussian binomial coefficient (m+n choose m), as product of (1 - q^(n+i)) / (1 - q^i),
  // scaled to chances as it goes, so that no number overflows.
  const chances = new Float64Array(m * n + 1);
  chances[0] = 1;
  for (let i = 1; i <= m; i++) {
    for (let u = m * n; u >= n + i; u--) chances[u] -= chances[u - n - i];
    for (let u = i; u <= m * n; u++) chances[u] += chances[u - i];
    const scale = i / (n + i);
    for (let u = 0; u <= m * n; u++) chances[u] *= scale;
  }
  return chances;
}
