/**
 * The rules behind {@link Finding}s. Each is an object of its own, with the
 * threshold it holds a figure against; none of them computes a figure. Where
 * the evidence is thin they stay silent: a wrong finding costs more trust than
 * a missing one.
 */
import { formatCount, formatShare, formatTime, shortenMiddle } from '../profile/format';
import type { Nanoseconds, Share } from '../profile/units';
import type { Evidence } from './evidence';
import type { Finding } from './findings';

export interface FindingRule {
  readonly id: string;
  evaluate(evidence: Evidence): Finding | undefined;
}

const GRAPH_COVERAGE: Share = 0.5;
const DECODE_DOMINATES: Share = 0.5;

/** Decode is where steps are shortest and launches cost most. */
const graphCoverage: FindingRule = {
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

const IDLE_BETWEEN_STEPS: Share = 0.05;
/** Scheduling takes less than this; a longer wait between steps is for requests to come. */
const PAUSE: Nanoseconds = 5e6;

const idleBetweenSteps: FindingRule = {
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
        'Check that async scheduling is on and that the server has CPU cores to itself; larger batches make the wait a smaller part.',
      measured: `${formatShare(share)} of the time idle between steps`,
      threshold: `below ${formatShare(IDLE_BETWEEN_STEPS)}`,
      view: 'overview',
      weight: share,
    };
  },
};

const LAUNCH_BOUND: Share = 0.2;
const MANY_KERNELS = 1000;
/** Longer gaps than this on average have another cause than one launch after the other. */
const SHORT_GAP = 50e3;

const launchBound: FindingRule = {
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
      detail: `${formatCount(evidence.kernels)} kernels keep the GPU busy for ${formatTime(perKernel)} each on average, and wait ${formatTime(rest / count)} for the next launch.`,
      advice:
        'CUDA graphs and torch.compile take the CPU out of the launches; larger batches give each kernel more to do.',
      measured: `${formatShare(share)} of the time in short gaps`,
      threshold: `below ${formatShare(LAUNCH_BOUND)}`,
      view: 'kernels',
      weight: share,
    };
  },
};

const IDLE: Share = 0.3;

const idle: FindingRule = {
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

const PAGEABLE: Share = 0.02;
const MANY_COPIES = 10;

/** Only inside steps: loading a model copies a lot, once, and nobody waits for it. */
const pageableCopies: FindingRule = {
  id: 'pageable-copies',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const rows = evidence.transfersInSteps.filter((row) => row.pageable);
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    const time = rows.reduce((sum, row) => sum + row.total, 0);
    const share = time / evidence.span;
    if (count < MANY_COPIES || share < PAGEABLE) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: `Copies from and to pageable memory take ${formatShare(share)} of the time`,
      detail: `${formatCount(count)} copies, ${formatTime(time)} in all. The CPU stages them and waits, so that they hold up what is launched after them.`,
      advice:
        'Allocate the host side as pinned memory (pin_memory=True) and copy with non_blocking=True.',
      measured: `${formatShare(share)} of the time in pageable copies inside steps`,
      threshold: `below ${formatShare(PAGEABLE)}`,
      view: 'memory',
      weight: share,
    };
  },
};

/** A component that takes more than it should; silent unless the profile looks like a transformer's. */
function componentRule(
  id: string,
  component: 'kv_cache' | 'communication' | 'other',
  limit: Share,
  severity: Finding['severity'],
  words: { title: (share: string) => string; detail: string; advice: string },
): FindingRule {
  return {
    id,
    evaluate(evidence) {
      if (!evidence.isEnough) return undefined;
      const share = evidence.component(component);
      const isModel = evidence.component('attention') > 0 && evidence.component('gemm') > 0;
      if (share < limit || !isModel) return undefined;
      return {
        id,
        severity,
        title: words.title(formatShare(share)),
        detail: words.detail,
        advice: words.advice,
        measured: `${formatShare(share)} of GPU time`,
        threshold: `below ${formatShare(limit)}`,
        view: 'kernels',
        filter: `component:${component}`,
        weight: component === 'other' ? 0 : share,
      };
    },
  };
}

const kvCache = componentRule('kv-cache-write', 'kv_cache', 0.05, 'info', {
  title: (share) => `Writing and moving the KV cache takes ${share} of GPU time`,
  detail:
    'These kernels only move bytes; next to attention and matrix products they should hardly show.',
  advice: 'Compare attention backends: some write the cache in the kernel that makes its values.',
});

const communication = componentRule('communication', 'communication', 0.15, 'info', {
  title: (share) => `Communication between GPUs takes ${share} of GPU time`,
  detail: 'Collectives also count the time in which they wait for the slowest rank.',
  advice:
    'Compare the ranks of one step for one that lags; a smaller tensor-parallel size needs less communication.',
});

const otherComponent = componentRule('component-other', 'other', 0.1, 'info', {
  title: (share) => `${share} of GPU time is in kernels that no component rule knows`,
  detail: 'The breakdown by component leaves this much open.',
  advice: 'Add rules for these names in the setting for component rules.',
});

const STEP_COVERAGE: Share = 0.9;

const stepCoverage: FindingRule = {
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

const PREFILL: Share = 0.6;

const prefillShare: FindingRule = {
  id: 'prefill-share',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps || evidence.scope.phase) return undefined;
    const { share, steps } = evidence.phase('prefill');
    if (share < PREFILL) return undefined;
    return {
      id: this.id,
      severity: 'info',
      title: `Prefill takes ${formatShare(share)} of GPU time`,
      detail: `${steps} steps that only process prompts: this load is bound by prompts, not by tokens generated.`,
      advice:
        'Prefix caching saves prompts that begin alike; look at attention and matrix products first.',
      measured: `${formatShare(share)} of GPU time`,
      threshold: `below ${formatShare(PREFILL)}`,
      view: 'phases',
      filter: 'phase:prefill',
      weight: 0,
    };
  },
};

/** Said of tracing a process's CUDA or NVTX; other traces (OpenGL, OS calls) hold none of the figures. */
const LOST_CUDA = /not all cuda events|\b(cuda|cupti|gpu)\b.*\b(dropped|lost)\b/i;
const LOST_NVTX = /not all nvtx events|\bnvtx\b.*\b(dropped|lost)\b/i;

const dataLost: FindingRule = {
  id: 'data-lost',
  evaluate({ analysis: { profile } }) {
    // Of a process that used none the profiler says the same.
    const hasCuda = profile.kernels.length > 0 || profile.api.length > 0;
    const hasNvtx = profile.ranges.length > 0;
    const lost = profile.diagnostics.filter(
      ({ text }) => (hasCuda && LOST_CUDA.test(text)) || (hasNvtx && LOST_NVTX.test(text)),
    );
    if (lost.length === 0) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: 'The capture may have lost data',
      detail: `The profiler said: ${lost.map(({ text }) => text.replace(/\s+/g, ' ').trim()).join(' ')}`,
      advice:
        'Stop the server with SIGINT and wait for it to end; for captures over 30 s add --cuda-flush-interval=10000.',
      measured: `${lost.length} message${lost.length === 1 ? '' : 's'} from the profiler`,
      threshold: 'none',
      view: 'overview',
      weight: 0,
    };
  },
};

export const RULES: readonly FindingRule[] = [
  graphCoverage,
  idleBetweenSteps,
  launchBound,
  idle,
  pageableCopies,
  kvCache,
  communication,
  otherComponent,
  stepCoverage,
  prefillShare,
  dataLost,
];
