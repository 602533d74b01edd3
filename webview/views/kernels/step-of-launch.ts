/** Where in time the step of a launch lies. */
import type { StepPoint } from '../../../src/analysis/phases';
import type { LaunchRow } from '../../../src/protocol/requests';

/**
 * The steps of an engine are listed as its lead rank saw them; the other ranks
 * go through the same steps at about the same time. So a launch's step is the
 * one of its name nearest to it, and not more than its own length away.
 *
 * @returns the time of that step, widened so that the launch lies in it
 */
export function windowOfStep(
  launch: Pick<LaunchRow, 'step' | 'start' | 'duration'>,
  steps: readonly StepPoint[],
): readonly [start: number, end: number] | undefined {
  let nearest: StepPoint | undefined;
  let least = Infinity;
  for (const step of steps) {
    if (step.name !== launch.step) continue;
    const away = Math.max(step.start - launch.start, launch.start - (step.start + step.span), 0);
    if (away >= least) continue;
    least = away;
    nearest = step;
  }
  if (!nearest || least > nearest.span) return undefined;
  return [
    Math.min(nearest.start, launch.start),
    Math.max(nearest.start + nearest.span, launch.start + launch.duration, nearest.start + 1),
  ];
}
