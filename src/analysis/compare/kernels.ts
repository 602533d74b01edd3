/** Kernels of two groups of runs held against each other, per step. */
import { matchKernels, type MatchKind } from './match';
import { stepsOf, type Snapshot } from './snapshot';
import { judge, type Judged, type Verdict } from './verdict';

export interface KernelFigures {
  /** Means over the runs: time and calls per step (per run where there are no steps). */
  readonly ms: number;
  readonly calls: number;
}

export interface KernelChange {
  /** As the current runs have it; the baseline's where it is gone. */
  readonly name: string;
  /** Where it was called something else. */
  readonly formerName?: string;
  readonly kind: MatchKind;
  readonly component: string | null;
  readonly baseline: KernelFigures | null;
  readonly current: KernelFigures | null;
  /** ms per step: current less baseline. */
  readonly delta: number;
  /** Of the time per step; absent for what is new or gone. */
  readonly time?: Judged;
  /** Of the time per call. */
  readonly call?: Judged;
  /** Of all work per step, the larger of both sides. */
  readonly share: number;
  readonly verdict: Verdict;
  /** Whether it is large enough to decide. */
  readonly gates: boolean;
  /** What changed, in words: `each call is slower`, … */
  readonly because: string;
}

export interface KernelRules {
  readonly per: 'step' | 'run';
  /** Of the kernel of that name; undefined where it has none of its own. */
  threshold(name: string): number | undefined;
  readonly defaultThreshold: number;
  /** Kernels below this share of the work are shown and do not decide. */
  readonly minimumShare: number;
  readonly comparable: boolean;
}

interface Column {
  readonly name: string;
  readonly cut: boolean;
  readonly calls: number;
  readonly component: string | null;
  /** By run. */
  readonly ms: Float64Array;
  readonly counts: Float64Array;
}

export const MINIMUM_SHARE = 0.01;

/** The largest change first. */
export function kernelChanges(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  rules: KernelRules,
): readonly KernelChange[] {
  const work = Math.max(meanWork(baseline, rules.per), meanWork(current, rules.per));
  return matchKernels(columns(baseline, rules.per), columns(current, rules.per))
    .map((match) => {
      const before = merge(match.baseline, baseline.length);
      const after = merge(match.current, current.length);
      return changeOf(match.kind, before, after, work, rules);
    })
    .sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta) || (a.name < b.name ? -1 : 1));
}

export const divisor = (run: Snapshot, per: 'step' | 'run'): number =>
  per === 'step' ? (stepsOf(run) ?? 1) : 1;

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length > 0 ? sum / values.length : 0;
};

export const meanWork = (runs: readonly Snapshot[], per: 'step' | 'run'): number =>
  mean(runs.map((run) => run.workMs / divisor(run, per)));

function columns(runs: readonly Snapshot[], per: 'step' | 'run'): Column[] {
  const byName = new Map<
    string,
    { cut: boolean; component: string | null; ms: Float64Array; counts: Float64Array }
  >();
  runs.forEach((run, r) => {
    const by = divisor(run, per);
    for (const { name, cut, component, count, totalMs } of run.kernels) {
      let column = byName.get(name);
      if (column === undefined) {
        column = {
          cut,
          component,
          ms: new Float64Array(runs.length),
          counts: new Float64Array(runs.length),
        };
        byName.set(name, column);
      }
      column.ms[r] += totalMs / by;
      column.counts[r] += count / by;
    }
  });
  return [...byName].map(([name, column]) => ({ name, calls: mean(column.counts), ...column }));
}

/** Several spellings of one kernel as one; undefined where there is none. */
function merge(columns: readonly Column[], runs: number): Column | undefined {
  if (columns.length <= 1) return columns[0];
  const sum = (of: (column: Column) => Float64Array): Float64Array =>
    Float64Array.from({ length: runs }, (_, r) =>
      columns.reduce((total, column) => total + of(column)[r], 0),
    );
  const ms = sum((column) => column.ms);
  const counts = sum((column) => column.counts);
  return { ...columns[0], ms, counts, calls: mean(counts) };
}

function changeOf(
  kind: MatchKind,
  before: Column | undefined,
  after: Column | undefined,
  work: number,
  rules: KernelRules,
): KernelChange {
  const { minimumShare, comparable } = rules;
  const own = rules.threshold((before ?? after)!.name) ?? rules.threshold((after ?? before)!.name);
  const threshold = own ?? rules.defaultThreshold;
  const baseline = before ? { ms: mean(before.ms), calls: mean(before.counts) } : null;
  const current = after ? { ms: mean(after.ms), calls: mean(after.counts) } : null;
  const { name, component } = (after ?? before)!;
  const share = work > 0 ? Math.max(baseline?.ms ?? 0, current?.ms ?? 0) / work : 0;
  const common = {
    name,
    ...(before && after && before.name !== after.name && { formerName: before.name }),
    kind,
    component,
    baseline,
    current,
    delta: (current?.ms ?? 0) - (baseline?.ms ?? 0),
    share,
    gates: own !== undefined || share >= minimumShare,
  };
  if (!before || !after) {
    const verdict = comparable ? 'within noise' : 'not comparable';
    return { ...common, verdict, gates: false, because: after ? 'new' : 'gone' };
  }
  const rule = { better: 'lower', change: 'relative', threshold } as const;
  const time = judge([...before.ms], [...after.ms], rule);
  const call = judge(perCall(before), perCall(after), rule);
  return {
    ...common,
    time,
    call,
    verdict: comparable ? time.verdict : 'not comparable',
    because: cause(time, call),
  };
}

const perCall = ({ ms, counts }: Column): number[] =>
  Array.from(ms, (time, r) => (counts[r] > 0 ? time / counts[r] : 0));

/** The larger part of the change: calls that take longer, or more of them. */
function cause(time: Judged, call: Judged): string {
  if (time.change === null || call.change === null || time.change === 0) return '';
  const slower = Math.log1p(call.change / 100);
  const whole = Math.log1p(time.change / 100);
  if (Math.abs(slower) >= Math.abs(whole) / 2 && Math.sign(slower) === Math.sign(whole)) {
    return whole > 0 ? 'each call is slower' : 'each call is faster';
  }
  return whole > 0 ? 'called more often' : 'called less often';
}
