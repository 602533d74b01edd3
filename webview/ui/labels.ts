/** Names of what all views tell apart. */
import type { Component } from '../../src/analysis/components';
import type { Phase } from '../../src/profile/scope';
import { t } from '../strings';

export function componentLabel(component: Component): string {
  switch (component) {
    case 'attention':
      return t('Attention');
    case 'gemm':
      return t('GEMM');
    case 'moe':
      return t('MoE');
    case 'norm':
      return t('Norm');
    case 'activation':
      return t('Activation');
    case 'rope':
      return t('RoPE');
    case 'kv_cache':
      return t('KV cache');
    case 'sampling':
      return t('Sampling');
    case 'communication':
      return t('Communication');
    case 'quantization':
      return t('Quantization');
    case 'memory':
      return t('Memory');
    case 'embedding':
      return t('Embedding');
    case 'input_prep':
      return t('Input preparation');
    case 'elementwise':
      return t('Elementwise');
    case 'other':
      return t('Other');
  }
}

export function phaseLabel(phase: Phase): string {
  switch (phase) {
    case 'prefill':
      return t('Prefill');
    case 'decode':
      return t('Decode');
    case 'mixed':
      return t('Mixed');
    case 'unattributed':
      return t('Unattributed');
  }
}
