/** Better, worse, neither, or no way to tell: one rule for every figure. */
import { shift } from './shift';

export type Verdict = 'improved' | 'regressed' | 'within noise' | 'not comparable';

/**
 * - `repeated`: both sides have repeats, the noise is measured.
 * - `one of several`: one side has; the single run must lie outside of all of them.
 * - `single`: one run each; the threshold alone decides.
 */
export type Basis = 'repeated' | 'one of several' | 'single';

export interface Judged {
  /** Medians of the runs. */
  readonly baseline: number;
  readonly current: number;
  /** Per cent of the baseline, or points; null where the baseline is 0, of which nothing is a part. */
  readonly change: number | null;
  /** Of the change, where both sides have repeats. */
  readonly interval: {
    readonly low: number;
    readonly high: number;
    readonly confidence: number;
  } | null;
  readonly verdict: Verdict;
}

export interface Rule {
  readonly better: 'lower' | 'higher';
  readonly change: 'relative' | 'points';
  /** The change, in per cent or points, that matters. */
  readonly threshold: number;
}

export function basisOf(baselineRuns: number, currentRuns: number): Basis {
  if (baselineRuns > 1 && currentRuns > 1) return 'repeated';
  return baselineRuns > 1 || currentRuns > 1 ? 'one of several' : 'single';
}

const percent = (from: number, to: number): number =>
  from === to ? 0 : from === 0 ? Infinity * Math.sign(to) : ((to - from) / from) * 100;
const points = (from: number, to: number): number => to - from;

/** A change counts when it exceeds the threshold and, where noise is known, is not explained by it. */
export function judge(
  baseline: readonly number[],
  current: readonly number[],
  { better, change, threshold }: Rule,
): Judged {
  const moved = shift(baseline, current, change === 'relative' ? percent : points);
  const sign = better === 'lower' ? 1 : -1;
  const worse = moved.estimate * sign;
  const { interval } = moved;
  const known = Number.isFinite(moved.estimate);
  const sure = interval
    ? interval.low > 0 || interval.high < 0
    : Math.min(...current) > Math.max(...baseline) || Math.max(...current) < Math.min(...baseline);
  return {
    baseline: median(baseline),
    current: median(current),
    change: known ? moved.estimate : null,
    interval:
      interval && Number.isFinite(interval.low) && Number.isFinite(interval.high) ? interval : null,
    verdict: !known
      ? 'not comparable'
      : !sure || Math.abs(worse) <= threshold
        ? 'within noise'
        : worse > 0
          ? 'regressed'
          : 'improved',
  };
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
