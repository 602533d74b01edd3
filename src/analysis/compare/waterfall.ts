/**
 * Which work explains the change in GPU work per step: bars from the
 * baseline's level to the current one. Each begins where the one before ends
 * and the last ends at the current level, so that the parts are the change.
 */
import type { KernelChange } from './kernels';
import type { Per } from './snapshot';

export interface WaterfallBar {
  readonly kind: 'kernel' | 'copies' | 'others' | 'unlisted';
  readonly label: string;
  /** Of a kernel. */
  readonly change?: KernelChange;
  /** How many kernels the bar stands for. */
  readonly kernels: number;
  /** ms per step (per run where there are no steps). */
  readonly delta: number;
  /** Level before and after it. */
  readonly start: number;
  readonly end: number;
}

export interface Waterfall {
  readonly per: Per;
  readonly from: number;
  readonly to: number;
  readonly bars: readonly WaterfallBar[];
}

export interface Level {
  /** All work, ms per step. */
  readonly work: number;
  /** Copies and fills in it. */
  readonly copies: number;
}

/** Of the largest change: what is less is no cause worth a bar. */
const SMALLEST = 0.01;

/** @param kernels the largest change first */
export function waterfall(
  per: Waterfall['per'],
  baseline: Level,
  current: Level,
  kernels: readonly KernelChange[],
  shown = 10,
): Waterfall {
  const moved = kernels.filter(({ delta }) => delta !== 0);
  const least = SMALLEST * Math.abs(moved[0]?.delta ?? 0);
  const named = moved.slice(0, shown).filter(({ delta }) => Math.abs(delta) >= least);
  const others = moved.slice(named.length);
  const parts: Omit<WaterfallBar, 'start' | 'end'>[] = named.map((change) => ({
    kind: 'kernel',
    label: change.name,
    change,
    kernels: 1,
    delta: change.delta,
  }));
  const sum = (changes: readonly KernelChange[]): number =>
    changes.reduce((total, { delta }) => total + delta, 0);
  if (others.length > 0) {
    parts.push({
      kind: 'others',
      label: `${others.length} other ${others.length === 1 ? 'kernel' : 'kernels'}`,
      kernels: others.length,
      delta: sum(others),
    });
  }
  const copies = current.copies - baseline.copies;
  if (copies !== 0)
    parts.push({ kind: 'copies', label: 'Copies and fills', kernels: 0, delta: copies });
  // What has no name of its own: graphs traced as a whole, kernels beyond a summary's list.
  const unlisted = current.work - baseline.work - sum(moved) - copies;
  if (Math.abs(unlisted) > 1e-9 * Math.max(baseline.work, current.work)) {
    parts.push({
      kind: 'unlisted',
      label: 'Work not listed by kernel',
      kernels: 0,
      delta: unlisted,
    });
  }
  const bars: WaterfallBar[] = [];
  let level = baseline.work;
  parts.forEach((part, i) => {
    const end = i === parts.length - 1 ? current.work : level + part.delta;
    bars.push({ ...part, start: level, end });
    level = end;
  });
  return { per, from: baseline.work, to: current.work, bars };
}
