/** What the scheduler puts into steps. */
import { formatNumber, formatShare, formatTime } from '../../profile/format';
import type { Share } from '../../profile/units';
import { readCommand } from '../compare/command';
import { stepPoints, type StepPoint } from '../phases';
import type { Evidence } from './evidence';
import type { FindingRule } from './rule';

const PREFILL: Share = 0.6;

export const prefillShare: FindingRule = {
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
        'Prefix caching saves prompts that begin alike; chunked prefill with a larger max_num_batched_tokens fills the GPU better.',
      measured: `${formatShare(share)} of GPU time`,
      threshold: `below ${formatShare(PREFILL)}`,
      view: 'phases',
      filter: 'phase:prefill',
      weight: 0,
    };
  },
};

const STALLS: Share = 0.05;
const MANY_STALLS = 10;

/**
 * Requests that decode are scheduled in every step, unless a step is a prompt's
 * alone: then all of them wait for it.
 */
export const prefillStalls: FindingRule = {
  id: 'prefill-stalls-decode',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps || evidence.scope.phase || mayBePipelined(evidence)) {
      return undefined;
    }
    const { stalls, time, longest } = stalledDecodes(stepPoints(evidence.analysis, evidence.scope));
    const span = evidence.phases.phases.reduce((sum, row) => sum + row.span, 0);
    const share = time / span;
    if (stalls < MANY_STALLS || share < STALLS) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: `Prompts hold up decoding ${formatShare(share)} of the time in steps`,
      detail: `${stalls} times a step of prompts alone came between decode steps of the same requests, which got no token meanwhile; the longest took ${formatTime(longest)}.`,
      advice:
        'Chunked prefill (on by default; --enable-chunked-prefill) puts prompts into the steps that decode; a smaller --max-num-batched-tokens makes them shorter.',
      measured: `${formatShare(share)} of the time in steps`,
      threshold: `below ${formatShare(STALLS)}`,
      view: 'phases',
      filter: 'phase:prefill',
      weight: share,
    };
  },
};

/** With a pipeline, other requests decode at the same time: who waits cannot be told from the steps. */
function mayBePipelined({ analysis, phases }: Evidence): boolean {
  if (phases.ranks <= phases.engines) return false;
  const { command } = analysis.profile.capture;
  if (command === undefined) return true;
  const { flags } = readCommand(command.join(' '));
  return (
    command.includes('-pp') || flags.some((flag) => flag.startsWith('--pipeline-parallel-size'))
  );
}

/** Prompts between two decode steps, the second with as many requests as the first or more. */
export function stalledDecodes(points: readonly StepPoint[]) {
  const engines = new Map<number, { requests: number; prompts: StepPoint[] }>();
  let stalls = 0;
  let time = 0;
  let longest = 0;
  for (const point of points) {
    const before = engines.get(point.engine);
    if (point.phase === 'prefill') {
      before?.prompts.push(point);
      continue;
    }
    if (point.phase === 'decode' && before && point.requests >= before.requests) {
      for (const { span } of before.prompts) {
        stalls++;
        time += span;
        if (span > longest) longest = span;
      }
    }
    if (point.phase === 'decode') {
      engines.set(point.engine, { requests: point.requests, prompts: [] });
    } else engines.delete(point.engine);
  }
  return { stalls, time, longest };
}

const SMALL_BATCH = 8;
const DECODE_DOMINATES: Share = 0.5;

export const smallBatches: FindingRule = {
  id: 'small-batches',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const { requests, steps, share } = evidence.phase('decode');
    if (requests === undefined || share < DECODE_DOMINATES) return undefined;
    const batch = requests / steps;
    if (batch >= SMALL_BATCH) return undefined;
    return {
      id: this.id,
      severity: 'info',
      title: `Decode runs ${formatNumber(batch)} requests at a time`,
      detail:
        'A step reads all weights once, however many requests share it: more requests would take hardly longer. A load that has no more, or latency as its only aim, looks like this too.',
      advice:
        'Send more requests at once, or allow more (--max-num-seqs); for few requests, speculative decoding makes more tokens of each reading of the weights.',
      measured: `${formatNumber(batch)} requests a decode step on average`,
      threshold: `rule of thumb: at least ${SMALL_BATCH}`,
      view: 'phases',
      filter: 'phase:decode',
      weight: 0,
    };
  },
};
