/** Parts of the model that take more than they should. */
import {
  formatBandwidth,
  formatCount,
  formatNumber,
  formatShare,
  formatTime,
} from '../../profile/format';
import type { Share } from '../../profile/units';
import { readCommand } from '../compare/command';
import type { Component } from '../components';
import { weightBytes } from '../weights';
import type { Evidence } from './evidence';
import type { Finding, FindingRule } from './rule';

/** A component that takes more than it should; silent unless the profile looks like a transformer's. */
export function componentRule(
  id: string,
  component: 'kv_cache' | 'communication' | 'other',
  limit: Share,
  severity: Finding['severity'],
  words: { title: (share: string) => string; detail: string; advice: string },
): FindingRule {
  return {
    id,
    evaluate(evidence) {
      if (!evidence.isEnough || !evidence.isTransformer) return undefined;
      const share = evidence.component(component);
      // A graph traced as a whole is "other" because nobody saw into it: that is told as a gap.
      const isUnseen = component === 'other' && evidence.analysis.profile.graphTraces.length > 0;
      if (share < limit || isUnseen) return undefined;
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

export const kvCacheWrite = componentRule('kv-cache-write', 'kv_cache', 0.05, 'info', {
  title: (share) => `Writing and moving the KV cache takes ${share} of GPU time`,
  detail:
    'These kernels only move bytes; next to attention and matrix products they should hardly show.',
  advice: 'Compare attention backends: some write the cache in the kernel that makes its values.',
});

export const otherComponent = componentRule('component-other', 'other', 0.1, 'info', {
  title: (share) => `${share} of GPU time is in kernels that no component rule knows`,
  detail: 'The breakdown by component leaves this much open.',
  advice: 'Add rules for these names in the setting for component rules.',
});

const ATTENTION: Share = 0.6;
/** A phase with less than this of the GPU time is not what the run is about. */
const MATTERS: Share = 0.3;

export const attentionShare: FindingRule = {
  id: 'attention-share',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps || !evidence.isTransformer) return undefined;
    const rows = (['decode', 'prefill'] as const)
      .map((phase) => evidence.phase(phase))
      .filter(({ share }) => share >= MATTERS)
      .map((row) => ({ row, attention: evidence.componentIn(row.phase, 'attention') }))
      .sort((a, b) => b.attention.share - a.attention.share);
    const [most] = rows;
    if (most === undefined || most.attention.share < ATTENTION) return undefined;
    const { row, attention } = most;
    return {
      id: this.id,
      severity: 'info',
      title: `Attention takes ${formatShare(attention.share)} of ${row.phase}`,
      detail: `Matrix products, which grow with the model and not with the context, take ${formatShare(evidence.componentIn(row.phase, 'gemm').share)}. Attention grows with the context of each request: long prompts look like this, and so does a backend that does not suit the GPU.`,
      advice:
        'Compare attention backends (--attention-backend), and KV caches of fewer bits (--kv-cache-dtype fp8): decode reads the whole cache in each step.',
      measured: `${formatShare(attention.share)} of the time of ${row.phase} in attention`,
      threshold: `rule of thumb: below ${formatShare(ATTENTION)}`,
      view: 'kernels',
      filter: `component:attention phase:${row.phase}`,
      weight: 0,
    };
  },
};

const POINTWISE: Share = 0.4;
/** One operation an element, so that all they do is read and write. */
const POINTWISE_COMPONENTS: readonly Component[] = [
  'elementwise',
  'norm',
  'activation',
  'rope',
  'quantization',
];

export const pointwiseShare: FindingRule = {
  id: 'pointwise-share',
  evaluate(evidence) {
    if (!evidence.isEnough || !evidence.isTransformer) return undefined;
    const share = POINTWISE_COMPONENTS.reduce((sum, name) => sum + evidence.component(name), 0);
    if (share < POINTWISE) return undefined;
    const products = evidence.component('gemm') + evidence.component('moe');
    return {
      id: this.id,
      severity: 'warning',
      title: `Kernels that work element by element take ${formatShare(share)} of GPU time`,
      detail: `Matrix products, which a transformer should spend most of its time in, take ${formatShare(products)}. Norms, activations and element-wise kernels only read and write, each time all of it.`,
      advice:
        'torch.compile fuses them (vLLM without --enforce-eager does, and its custom operators too).',
      measured: `${formatShare(share)} of GPU time in ${POINTWISE_COMPONENTS.join(', ')}`,
      threshold: `rule of thumb: below ${formatShare(POINTWISE)}`,
      view: 'kernels',
      weight: share / 2,
    };
  },
};

/** Times as long as reading the weights; what is below may be the estimate's own error. */
const TIMES_WEIGHTS = 3;
/** With more tokens in a step, products take longer than reading the weights does. */
const FEW_TOKENS = 64;

export const slowMatrixProducts: FindingRule = {
  id: 'gemm-above-weights',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const found = productsAgainstWeights(evidence);
    if (found === undefined || found.products < TIMES_WEIGHTS * found.reading) return undefined;
    const { products, reading, bytes, bandwidth, tokens } = found;
    const times = products / reading;
    return {
      id: this.id,
      severity: 'warning',
      title: `Matrix products of decode take ${formatNumber(times)} times as long as reading the weights`,
      detail: `They take ${formatTime(products)} a step, with ${formatCount(tokens)} tokens on average. A GPU's part of the weights is about ${formatNumber(bytes / 1e9)} GB, by the model's name and flags, and would be read in ${formatTime(reading)} at ${formatBandwidth(bandwidth)}.`,
      advice:
        'Look at which kernels they are (library, tile, split): small batches often get one that does not fill the GPU; profile the longest with Nsight Compute.',
      measured: `${formatNumber(times)} times the estimate`,
      threshold: `below ${TIMES_WEIGHTS} times`,
      view: 'kernels',
      filter: 'component:gemm phase:decode',
      weight: Math.min(1, evidence.componentIn('decode', 'gemm').share * (1 - 1 / times)),
    };
  },
};

function productsAgainstWeights(evidence: Evidence) {
  const { analysis, phases } = evidence;
  const decode = evidence.phase('decode');
  const { ranks, engines } = phases;
  const tokens = (decode.generationTokens ?? Infinity) / decode.steps;
  if (decode.share < MATTERS || !(tokens <= FEW_TOKENS) || evidence.component('moe') > 0) {
    return undefined;
  }
  const { command } = analysis.profile.capture;
  const facts = command && readCommand(command.join(' '));
  const whole = facts?.model ? weightBytes(facts.model, facts.flags) : undefined;
  const bandwidth = evidence.slowestMemory;
  if (whole === undefined || bandwidth === undefined || engines === 0) return undefined;
  const ranksAnEngine = ranks / engines;
  const bytes = whole / ranksAnEngine;
  const products = evidence.componentIn('decode', 'gemm').total / (decode.steps * ranksAnEngine);
  return { products, reading: (bytes / bandwidth) * 1e9, bytes, bandwidth, tokens };
}
