/** How far the capture itself can be relied on. */
import { formatShare } from '../../profile/format';
import type { Share } from '../../profile/units';
import type { FindingRule } from './rule';

const STEP_COVERAGE: Share = 0.9;

export const stepCoverage: FindingRule = {
  id: 'step-coverage-thin',
  evaluate(evidence) {
    const { phases } = evidence;
    if (evidence.scope.phase || phases.missing || !evidence.isEnough) return undefined;
    if (phases.coverage >= STEP_COVERAGE) return undefined;
    return {
      id: this.id,
      severity: 'info',
      title: `${formatShare(1 - phases.coverage)} of GPU time belongs to no step`,
      detail:
        'Figures by phase leave it out. Warm-up, graph capture, dummy batches and other processes look like this.',
      advice: 'Capture between /start_profile and /stop_profile only, or narrow the window.',
      measured: `${formatShare(phases.coverage)} of GPU time inside steps`,
      threshold: `at least ${formatShare(STEP_COVERAGE)}`,
      view: 'phases',
      weight: 0,
    };
  },
};

/** Said of tracing a process's CUDA or NVTX; other traces (OpenGL, OS calls) hold none of the figures. */
const LOST_CUDA = /not all cuda events|\b(cuda|cupti|gpu)\b.*\b(dropped|lost)\b/i;
const LOST_NVTX = /not all nvtx events|\bnvtx\b.*\b(dropped|lost)\b/i;

export const dataLost: FindingRule = {
  id: 'data-lost',
  evaluate({ analysis: { profile } }) {
    // Of a process that used none the profiler says the same.
    const hasCuda = profile.kernels.length > 0 || profile.api.length > 0;
    const hasNvtx = profile.ranges.length > 0;
    const told = (pattern: RegExp): boolean =>
      profile.diagnostics.some(({ text }) => pattern.test(text));
    const lost = [
      ...(hasCuda && told(LOST_CUDA) ? ['CUDA events'] : []),
      ...(hasNvtx && told(LOST_NVTX) ? ['NVTX ranges'] : []),
    ];
    if (lost.length === 0) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: 'The capture may have lost data',
      // Its own words stand among what the profiler said.
      detail: `The profiler warns that ${lost.join(' and ')} may be missing: figures that count them may be too low.`,
      advice:
        'End the profiled program with SIGINT and wait until it has ended; for captures over 30 s add --cuda-flush-interval=10000.',
      measured: `a warning of the profiler about ${lost.join(' and about ')}`,
      threshold: 'none',
      view: 'overview',
      weight: 0,
    };
  },
};
