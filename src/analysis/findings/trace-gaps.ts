/** What a trace of PyTorch's profiler cannot say: the profiler's own options, as vLLM names them. */
import { formatCount, formatShare } from '../../profile/format';
import type { Analysis } from '../analysis';
import { graphs } from '../graphs';
import { phaseBreakdown } from '../phases';
import type { Gap } from './capture-gaps';

const PROFILER = '--profiler-config.profiler torch';
const OPTION = '--profiler-config.torch_profiler_';

export function traceGaps(analysis: Analysis): readonly Gap[] {
  const { profile } = analysis;
  const { operators, pythonCalls, memoryEvents } = profile;
  const gaps: Gap[] = [];
  if (profile.kernels.length === 0) {
    gaps.push({
      id: 'no-kernels',
      text:
        profile.api.length > 0
          ? 'The GPU’s runtime was called, but no kernel was recorded: either none was launched, or the profiler could not trace the GPU.'
          : 'No kernels: the profiler traced the CPU alone (activities without ProfilerActivity.CUDA), or nothing ran on a GPU.',
    });
  } else if (profile.api.length === 0) {
    gaps.push({
      id: 'no-api',
      text: 'No calls of the GPU’s runtime were recorded: work cannot be traced back to the operators and steps that launched it.',
    });
  }
  gaps.push(...steps(analysis));
  const { mode, unrecorded } = graphs(analysis, {});
  if (mode === 'hidden') {
    gaps.push({
      id: 'graphs-hidden',
      text: 'CUDA graphs were launched, and nothing of what they ran was recorded: newer versions of CUDA and PyTorch do.',
    });
  } else if (unrecorded > 0) {
    gaps.push({
      id: 'graphs-hidden',
      text: `What ${formatCount(unrecorded)} graph ${unrecorded === 1 ? 'launch' : 'launches'} ran was not recorded, unlike that of the others.`,
    });
  }
  if (operators && operators.length > 0) {
    if (!operators.shapes.some((shapes) => shapes > 0)) {
      gaps.push({
        id: 'no-shapes',
        text: 'No shapes of operators’ inputs (record_shapes).',
        remedy: `${OPTION}record_shapes true`,
      });
    }
    if (!operators.callStack && !pythonCalls?.length) {
      gaps.push({
        id: 'no-stacks',
        text: 'No Python stacks (with_stack): operators cannot be traced back to lines of code.',
        remedy: `${OPTION}with_stack true`,
      });
    }
  }
  if (!memoryEvents?.length) {
    gaps.push({
      id: 'no-memory-usage',
      text: 'No events of the allocator (profile_memory): what was allocated when is not known.',
      remedy: `${OPTION}with_memory true`,
    });
  }
  return gaps;
}

function steps(analysis: Analysis): Gap[] {
  const phases = phaseBreakdown(analysis, {});
  if (phases.missing === 'no-ranges' || phases.missing === 'no-step-ranges') {
    return [
      {
        id: phases.missing,
        text:
          phases.missing === 'no-ranges'
            ? 'No annotations, so no engine steps: prefill and decode cannot be told apart.'
            : 'There are annotations, but none of them is an engine step: prefill and decode cannot be told apart.',
        remedy: PROFILER,
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
