/** Kernels of two groups of runs held against each other, per step. */
import { matchKernels, matchLaunches, type MatchKind } from './match';
import { stepsOf, type LaunchSnapshot, type Per, type Snapshot } from './snapshot';
import { judge, type Judged, type Verdict } from './verdict';

export interface KernelFigures {
  /** Means over the runs: time and calls per step (per run where there are no steps); of kernel reports the median launch, and all launches that were profiled. */
  readonly ms: number;
  readonly calls: number;
  /** Of kernel reports. */
  readonly launch?: Pick<
    LaunchSnapshot,
    'memoryPercent' | 'computePercent' | 'occupancyPercent' | 'bound'
  >;
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
  /** ms per step, or per launch: current less baseline. */
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
  readonly per: Per;
  /** Of the kernel of that name; undefined where it has none of its own. */
  threshold(name: string): number | undefined;
  readonly defaultThreshold: number;
  /** Kernels below this share of the work are shown and do not decide. */
  readonly minimumShare: number;
  /** Whether the kernel of that current name may be judged. */
  comparable(name: string): boolean;
}

interface Column {
  readonly name: string;
  readonly cut: boolean;
  readonly calls: number;
  readonly component: string | null;
  /** By run. */
  readonly ms: Float64Array;
  readonly counts: Float64Array;
  /** By run: what it took in all, by which its share is known. */
  readonly work: Float64Array;
  readonly launch?: LaunchSnapshot;
}

export const MINIMUM_SHARE = 0.01;

/** The largest change first. */
export function kernelChanges(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  rules: KernelRules,
): readonly KernelChange[] {
  const work = Math.max(meanWork(baseline, rules.per), meanWork(current, rules.per));
  const match = rules.per === 'launch' ? matchLaunches<Column> : matchKernels<Column>;
  return match(columns(baseline, rules.per), columns(current, rules.per))
    .map((match) => {
      const before = merge(match.baseline, baseline.length);
      const after = merge(match.current, current.length);
      return changeOf(match.kind, before, after, work, rules);
    })
    .sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta) || (a.name < b.name ? -1 : 1));
}

export const divisor = (run: Snapshot, per: Per): number =>
  per === 'step' ? (stepsOf(run) ?? 1) : 1;

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length > 0 ? sum / values.length : 0;
};

export const meanWork = (runs: readonly Snapshot[], per: Per): number =>
  mean(runs.map((run) => run.workMs / divisor(run, per)));

function columns(runs: readonly Snapshot[], per: Per): Column[] {
  const byName = new Map<string, Omit<Column, 'name' | 'calls'>>();
  runs.forEach((run, r) => {
    const by = divisor(run, per);
    for (const { name, cut, component, count, totalMs, launch } of run.kernels) {
      let column = byName.get(name);
      if (column === undefined) {
        const [ms, counts, work] = [0, 1, 2].map(() => new Float64Array(runs.length));
        column = { cut, component, ms, counts, work, launch };
        byName.set(name, column);
      }
      column.work[r] += totalMs / by;
      column.counts[r] += count / by;
      // Of a report, how often a kernel was profiled says nothing: one launch is compared.
      column.ms[r] += launch?.ms ?? totalMs / by;
    }
  });
  return [...byName].map(([name, column]) => ({ name, calls: mean(column.counts), ...column }));
}

/** Several spellings of one kernel as one; undefined where there is none. */
function merge(columns: readonly Column[], runs: number): Column | undefined {
  if (columns.length <= 1) return columns[0];
  // Several spellings of one kernel: the one measured most often stands for it.
  if (columns.some(({ launch }) => launch)) {
    return columns.reduce((most, column) => (column.calls > most.calls ? column : most));
  }
  const sum = (of: (column: Column) => Float64Array): Float64Array =>
    Float64Array.from({ length: runs }, (_, r) =>
      columns.reduce((total, column) => total + of(column)[r], 0),
    );
  const ms = sum((column) => column.ms);
  const counts = sum((column) => column.counts);
  return { ...columns[0], ms, counts, work: ms, calls: mean(counts) };
}

function changeOf(
  kind: MatchKind,
  before: Column | undefined,
  after: Column | undefined,
  work: number,
  rules: KernelRules,
): KernelChange {
  const { minimumShare } = rules;
  const own = rules.threshold((before ?? after)!.name) ?? rules.threshold((after ?? before)!.name);
  const threshold = own ?? rules.defaultThreshold;
  const baseline = before ? figures(before) : null;
  const current = after ? figures(after) : null;
  const { name, component } = (after ?? before)!;
  const comparable = rules.comparable(name);
  const works = [before, after].map((column) => (column ? mean(column.work) : 0));
  const share = work > 0 ? Math.max(...works) / work : 0;
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

function figures({ ms, counts, launch }: Column): KernelFigures {
  return {
    ms: mean(ms),
    calls: mean(counts),
    ...(launch && {
      launch: {
        memoryPercent: launch.memoryPercent,
        computePercent: launch.computePercent,
        occupancyPercent: launch.occupancyPercent,
        bound: launch.bound,
      },
    }),
  };
}

const perCall = ({ ms, counts, launch }: Column): number[] =>
  launch ? [...ms] : Array.from(ms, (time, r) => (counts[r] > 0 ? time / counts[r] : 0));

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
