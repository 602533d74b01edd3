/** What a capture cannot say, and the flag or setting that would have recorded it. */
import { formatCount, formatShare } from '../../profile/format';
import type { Analysis } from '../analysis';
import { graphs } from '../graphs';
import { phaseBreakdown } from '../phases';
import { traceGaps } from './trace-gaps';

export interface Gap {
  readonly id: string;
  readonly text: string;
  /** To copy: a flag or command. */
  readonly remedy?: string;
}

/** Flags are those of nsys and vLLM. */
const STEP_RANGES = '--profiler-config.profiler cuda';

export function captureGaps(analysis: Analysis): readonly Gap[] {
  return analysis.once('captureGaps', () => {
    const { profile } = analysis;
    if (profile.source.format === 'torch') return traceGaps(analysis);
    const gaps = [...noKernels(analysis), ...noRanges(analysis), ...hiddenGraphs(analysis)];
    if (profile.kernels.length > 0 && profile.api.length === 0) {
      gaps.push({
        id: 'no-api',
        text: 'No CUDA API calls were recorded: work cannot be traced back to the ranges and steps that launched it.',
        remedy: '--trace=cuda,nvtx',
      });
    }
    if (!profile.has.allocations && !profile.memoryEvents?.length) {
      gaps.push({
        id: 'no-memory-usage',
        text: 'No memory-usage trace: what was allocated when is not known.',
        remedy: '--cuda-memory-usage=true',
      });
    }
    return gaps;
  });
}

function noKernels({ profile }: Analysis): Gap[] {
  if (profile.kernels.length > 0 || profile.graphTraces.length > 0) return [];
  if (profile.api.length > 0) {
    return [
      {
        id: 'no-kernels',
        text: 'CUDA calls were recorded, but no kernel: either none was launched, or the launching process was not traced to its end.',
        remedy: '--trace-fork-before-exec=true',
      },
    ];
  }
  return [
    {
      id: 'no-kernels',
      text: 'No kernels: CUDA was not traced, or the traced processes did not use it.',
      remedy: '--trace=cuda,nvtx --trace-fork-before-exec=true',
    },
  ];
}

function noRanges(analysis: Analysis): Gap[] {
  const { profile } = analysis;
  if (profile.ranges.length === 0) {
    return [
      {
        id: 'no-ranges',
        text: 'No NVTX ranges, so no steps: prefill and decode cannot be told apart.',
        remedy: `nsys profile --trace=cuda,nvtx … vllm serve … ${STEP_RANGES}`,
      },
    ];
  }
  const phases = phaseBreakdown(analysis, {});
  if (phases.missing === 'no-step-ranges') {
    return [
      {
        id: 'no-step-ranges',
        text: 'There are NVTX ranges, but none of them is an engine step: prefill and decode cannot be told apart.',
        remedy: STEP_RANGES,
      },
    ];
  }
  if (phases.missing || phases.coverage >= 1) return [];
  return [
    {
      id: 'outside-steps',
      text: `${formatShare(1 - phases.coverage)} of GPU time is outside any step.`,
    },
  ];
}

function hiddenGraphs(analysis: Analysis): Gap[] {
  const { mode, untimed, unrecorded } = graphs(analysis, {});
  const some = unrecorded - untimed;
  switch (mode) {
    case 'graph':
    case 'mixed':
      return [
        {
          id: 'graphs-whole',
          text: 'CUDA graphs were traced as a whole: their kernels and components are not known, and their time counts as “other”.',
          remedy: '--cuda-graph-trace=node',
        },
        ...(untimed === 0
          ? []
          : [
              {
                id: 'graphs-untimed',
                text: `${formatCount(untimed)} graph ${untimed === 1 ? 'launch was' : 'launches were'} recorded without a time: the GPU was busy for longer than is said here, and idle for less.`,
                remedy: '--cuda-graph-trace=node',
              },
            ]),
      ];
    case 'hidden':
      return [
        {
          id: 'graphs-hidden',
          text: 'CUDA graphs were launched, and nothing of what they ran was recorded: nsys has to be as new as the CUDA of the GPU’s driver.',
          remedy: '--cuda-graph-trace=node',
        },
      ];
    case 'node':
    case 'none':
      return some > 0
        ? [
            {
              id: 'graphs-hidden',
              text: `What ${formatCount(some)} ${some === 1 ? 'graph launch' : 'graph launches'} ran was not recorded, unlike that of the others.`,
              remedy: '--cuda-graph-trace=node',
            },
          ]
        : [];
  }
}
