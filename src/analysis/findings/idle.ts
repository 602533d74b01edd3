/** When nothing runs on the GPU, and what the CPU was in meanwhile. */
import { formatShare, formatTime, shortenMiddle } from '../../profile/format';
import type { Nanoseconds, Share } from '../../profile/units';
import type { FindingRule } from './rule';

const IDLE_BETWEEN_STEPS: Share = 0.05;
/** Scheduling takes less than this; a longer wait between steps is for requests to come. */
const PAUSE: Nanoseconds = 5e6;

export const idleBetweenSteps: FindingRule = {
  id: 'idle-between-steps',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const { gaps } = evidence.utilisation;
    const between = gaps.filter((gap) => gap.betweenSteps);
    const pauses = between.filter((gap) => gap.duration >= PAUSE);
    // Were all the gaps that are known pauses, there might be more of them.
    if (pauses.length > 0 && pauses.length === gaps.length) return undefined;
    const paused = pauses.reduce((sum, gap) => sum + gap.duration, 0);
    const share = (evidence.sum('idleBetweenSteps') - paused) / (evidence.span - paused);
    if (!(share >= IDLE_BETWEEN_STEPS)) return undefined;
    const waits = between.filter((gap) => gap.duration < PAUSE);
    const cause = evidence.cause(waits);
    const longest =
      waits.length > 0 ? ` The longest such gap is ${formatTime(waits[0].duration)}.` : '';
    const leftOut =
      pauses.length > 0
        ? ` Pauses of ${formatTime(PAUSE)} and more, as for want of requests, are left out.`
        : '';
    return {
      id: this.id,
      severity: share >= 2 * IDLE_BETWEEN_STEPS ? 'problem' : 'warning',
      title: `The GPU waits between steps ${formatShare(share)} of the time`,
      detail: `Nothing was queued when a step's work was done: the CPU had not prepared the next one yet.${longest}${cause ? ` In most of the longest, the launching thread was in ${shortenMiddle(cause, 60)}.` : ''}${leftOut}`,
      advice:
        'Check that async scheduling is on and that the engine has CPU cores to itself; larger batches make the wait a smaller part.',
      measured: `${formatShare(share)} of the time idle between steps`,
      threshold: `below ${formatShare(IDLE_BETWEEN_STEPS)}`,
      view: 'overview',
      weight: share,
    };
  },
};

const IDLE: Share = 0.3;

export const idle: FindingRule = {
  id: 'idle',
  evaluate(evidence) {
    if (!evidence.isEnough || evidence.scope.phase) return undefined;
    const gaps = evidence.utilisation.gaps.filter((gap) => !gap.betweenSteps);
    const share = gaps.reduce((sum, gap) => sum + gap.duration, 0) / evidence.span;
    if (share < IDLE) return undefined;
    const cause = evidence.cause(gaps);
    return {
      id: this.id,
      severity: 'info',
      title: `The GPU is idle ${formatShare(share)} of the time in its ${gaps.length} longest gaps`,
      detail: `The longest gap is ${formatTime(gaps[0].duration)}.${cause ? ` In most of them the launching thread was in ${shortenMiddle(cause, 60)}.` : ''} Waiting for requests, loading and warming up look like this.`,
      advice:
        'Narrow the window to the part of the run that matters, or capture under a steady load.',
      measured: `${formatShare(share)} of the time in the ${gaps.length} longest gaps`,
      threshold: `below ${formatShare(IDLE)}`,
      view: 'overview',
      weight: share,
    };
  },
};
