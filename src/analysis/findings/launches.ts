/** What the CPU's launching costs: graphs that are not used, kernels too short for it. */
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { Nanoseconds, Share } from '../../profile/units';
import type { Evidence } from './evidence';
import type { FindingRule } from './rule';

const GRAPH_COVERAGE: Share = 0.5;
const DECODE_DOMINATES: Share = 0.5;

/** Decode is where steps are shortest and launches cost most. */
export const graphCoverage: FindingRule = {
  id: 'graph-coverage-low',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const decode = evidence.phase('decode');
    if (decode.share < DECODE_DOMINATES) return undefined;
    const graphs = evidence.graphs({ ...evidence.scope, phase: 'decode' });
    const { coverage } = graphs;
    if (coverage === undefined || coverage >= GRAPH_COVERAGE) return undefined;
    const none = graphs.mode === 'none';
    return {
      id: this.id,
      severity: 'warning',
      title: none
        ? 'Decode runs without CUDA graphs'
        : `Only ${formatShare(coverage)} of decode runs in CUDA graphs`,
      detail: `Decode takes ${formatShare(decode.share)} of GPU time in ${decode.steps} steps; every kernel outside a graph is launched by the CPU one by one.`,
      advice:
        'Start vLLM without --enforce-eager, and check that the batch sizes of decode are among cudagraph_capture_sizes.',
      measured: `${formatShare(coverage)} of decode kernel time in graphs`,
      threshold: `at least ${formatShare(GRAPH_COVERAGE)}`,
      view: 'graphs',
      // What graphs could free is the idle time inside decode's own steps.
      weight: decode.span > 0 ? decode.idle / decode.span : 0,
    };
  },
};

const LAUNCH_BOUND: Share = 0.2;
const MANY_KERNELS = 1000;
const MOSTLY: Share = 0.6;
/** Longer gaps than this on average have another cause than one launch after the other. */
const SHORT_GAP: Nanoseconds = 50e3;

export const launchBound: FindingRule = {
  id: 'launch-bound',
  evaluate(evidence) {
    if (!evidence.isEnough || evidence.kernels < MANY_KERNELS) return undefined;
    const { gaps } = evidence.utilisation;
    const longest = gaps.reduce((sum, gap) => sum + gap.duration, 0);
    const between = evidence.steps > 0 ? evidence.sum('idleBetweenSteps') : 0;
    const betweenLongest = gaps.reduce((sum, g) => sum + (g.betweenSteps ? g.duration : 0), 0);
    // The longest gaps are left out: what remains is many short ones or nothing.
    const rest =
      evidence.sum('idle') - longest - (evidence.steps > 0 ? between - betweenLongest : 0);
    const count = evidence.sum('gaps') - gaps.length;
    const share = rest / evidence.span;
    if (count < MANY_KERNELS || share < LAUNCH_BOUND || rest / count > SHORT_GAP) return undefined;
    const perKernel = evidence.sum('busy') / evidence.kernels;
    if (perKernel > rest / count) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: `Many short kernels: ${formatShare(share)} of the time is spent in gaps between them`,
      detail: `${formatCount(evidence.kernels)} kernels keep the GPU busy for ${formatTime(perKernel)} each on average, and wait ${formatTime(rest / count)} for the next launch.${where(evidence)}`,
      advice:
        'CUDA graphs and torch.compile take the CPU out of the launches; larger batches give each kernel more to do.',
      measured: `${formatShare(share)} of the time in short gaps`,
      threshold: `below ${formatShare(LAUNCH_BOUND)}`,
      view: 'kernels',
      weight: share,
    };
  },
};

/** Where one phase has most of the idle time inside steps: which, as graphs may serve the others. */
function where({ phases, scope }: Evidence): string {
  if (scope.phase) return '';
  const idle = phases.phases.reduce((sum, row) => sum + row.idle, 0);
  const most = phases.phases.find((row) => row.idle >= MOSTLY * idle && row.idle > 0);
  return most === undefined
    ? ''
    : ` ${formatShare(most.idle / idle)} of the idle time inside steps is in ${most.phase === 'mixed' ? 'mixed steps' : most.phase}.`;
}
