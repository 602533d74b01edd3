/** A verdict as it is seen: a mark beside the word, so that no colour tells it alone. */
import { html, type TemplateResult } from 'lit';
import type { Verdict } from '../../src/analysis/compare';
import { icon } from '../ui/controls';
import { verdictLabel } from './words';

const ICONS: Readonly<Record<Verdict, string>> = {
  regressed: 'error',
  improved: 'pass',
  'within noise': 'dash',
  'not comparable': 'circle-slash',
};

export const verdictIcon = (verdict: Verdict): TemplateResult =>
  html`<span class="verdict ${verdict.replace(' ', '-')}">${icon(ICONS[verdict])}</span>`;

export const verdictCell = (verdict: Verdict): TemplateResult =>
  html`${verdictIcon(verdict)}<span class="clip">${verdictLabel(verdict)}</span>`;
