/** What a comparison comes to: the figure that decided, and the kernel that moved it most. */
import type { Comparison, MetricChange } from './compare';
import type { KernelChange } from './kernels';

export interface Answer {
  /** Of the figures that decided, the one behind which most time stands. */
  readonly metric?: MetricChange;
  /** The kernel whose work changed most, the same way. */
  readonly kernel?: KernelChange;
  /** Of the change in all GPU work per step; above 1 where other work changed the other way. */
  readonly share?: number;
}

/** Nothing of it where the runs are no different, or not comparable. */
export function answerOf(comparison: Comparison): Answer {
  const { verdict, metrics, kernels, waterfall } = comparison;
  if (verdict !== 'regressed' && verdict !== 'improved') return {};
  const metric = metrics
    .filter((row) => row.gates && row.verdict === verdict)
    .sort((a, b) => rank(a) - rank(b) || weight(b, comparison) - weight(a, comparison))[0];
  const whole = waterfall.to - waterfall.from;
  const sign = verdict === 'regressed' ? 1 : -1;
  const moved = kernels.filter(({ delta }) => Math.sign(delta) === sign);
  const kernel = moved.find((row) => row.gates && row.verdict === verdict) ?? moved[0];
  const explains = kernel !== undefined && Math.sign(whole) === sign;
  return {
    ...(metric && { metric }),
    ...(kernel && { kernel }),
    ...(explains && { share: kernel.delta / whole }),
  };
}

/** A phase's time says more than the time of everything; what is no time of the GPU comes last. */
const GROUPS = ['phase', 'whole', 'component', 'kernel', 'client', 'copies', 'graphs', 'serving'];
const rank = ({ metric }: MetricChange): number => GROUPS.indexOf(metric.group);

/** Of a phase, what all of its steps lost or won together. */
function weight(
  { metric, baseline, current }: MetricChange,
  { current: runs }: Comparison,
): number {
  const rows = runs.flatMap(({ phases }) => phases.filter(({ phase }) => phase === metric.phase));
  const steps = rows.reduce((sum, row) => sum + row.steps, 0);
  return Math.abs(current - baseline) * Math.max(1, steps);
}
