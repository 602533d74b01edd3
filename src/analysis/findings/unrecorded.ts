/** Whether the capture saw what the GPU ran: what every other finding stands on. */
import { formatCount, formatShare } from '../../profile/format';
import type { Share } from '../../profile/units';
import type { Evidence } from './evidence';
import type { FindingRule } from './rule';

const MOST: Share = 0.5;

export const unrecordedGraphs: FindingRule = {
  id: 'graphs-unrecorded',
  evaluate(evidence) {
    const { unrecorded, launchCalls } = evidence.graphs();
    if (unrecorded === 0) return undefined;
    const of = formatCount(unrecorded);
    const busy = evidence.sum('busy');
    const bounds =
      evidence.span > 0
        ? ` The GPU was busy ${formatShare(busy / evidence.span)} of the time at least, and ${formatShare((busy + evidence.sum('unknown')) / evidence.span)} at most.`
        : '';
    return {
      id: this.id,
      severity: unrecorded >= MOST * launchCalls ? 'problem' : 'warning',
      title:
        unrecorded === 1
          ? 'What a launch of a CUDA graph ran was not recorded'
          : `What ${of} launches of CUDA graphs ran was not recorded`,
      detail: `Busy times and steps are too short by it, shares of phases, components and kernels are of the rest alone, and findings of such shares are left out.${bounds}`,
      advice: advice(evidence),
      measured: `${of} of ${formatCount(launchCalls)} graph launches without recorded work`,
      threshold: 'none',
      view: 'graphs',
      weight: 0,
    };
  },
};

function advice({ analysis: { profile } }: Evidence): string {
  if (profile.source.format === 'torch') {
    return 'Trace with a PyTorch built for a CUDA as new as the GPU’s driver: its profiler then records what replays run.';
  }
  const { tool } = profile.capture;
  const written = tool === undefined ? '' : ` (this capture is by ${tool})`;
  return `Capture with --cuda-graph-trace=node and an nsys at least as new as the CUDA of the GPU’s driver${written}: an older one drops them without a word.`;
}
