/** A run in a few words. */
import * as vscode from 'vscode';
import type { Headline, RunRecord } from '../../capture/run-folder';

type Show = readonly [name: string, show: (figure: string) => string];

/** In the order in which they say the most. A figure that a run does not have is not shown. */
const FIGURES: readonly Show[] = [
  ['output_tokens_per_s', (figure) => vscode.l10n.t('{0} tokens/s', figure)],
  ['ttft_p50_ms', (figure) => vscode.l10n.t('TTFT {0} ms', figure)],
  ['tpot_p50_ms', (figure) => vscode.l10n.t('TPOT {0} ms', figure)],
  ['gpu_busy_percent', (figure) => vscode.l10n.t('GPU busy {0} %', figure)],
  ['prefill_step_p50_ms', (figure) => vscode.l10n.t('prefill step {0} ms', figure)],
  ['decode_step_p50_ms', (figure) => vscode.l10n.t('decode step {0} ms', figure)],
  ['expert_balance', (figure) => vscode.l10n.t('experts {0} balanced (1 is even)', figure)],
  ['failed_requests', (figure) => vscode.l10n.t('{0} requests failed', figure)],
];

/** The figures that a list of runs has room for; then all others by their names. */
export function headline(figures: Headline = {}): readonly string[] {
  const shown = FIGURES.flatMap(([name, show]) => {
    const figure = figures[name];
    if (typeof figure !== 'number' || (name === 'failed_requests' && figure === 0)) return [];
    return [show(shorten(figure))];
  });
  return shown.length === 0 ? [] : [shown.slice(0, 3).join(', '), ...shown.slice(3)];
}

const shorten = (figure: number): string =>
  figure.toLocaleString(vscode.env.language, { maximumSignificantDigits: 3 });

/** The last part of a name on Hugging Face, or of a folder. */
export const modelName = (model: string): string =>
  model.split(/[\\/]/).filter(Boolean).at(-1) ?? vscode.l10n.t('No model');

/** Local time, as the run's folder is named; with the year where it is another one. */
export function timeText(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return time.toLocaleString(vscode.env.language, {
    year: time.getFullYear() === new Date().getFullYear() ? undefined : 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
}

/** When, how, and what came of it. */
export const runText = ({ started, mode, failure, headline: figures }: RunRecord): string =>
  [timeText(started), mode, failure?.what ?? headline(figures)[0]].filter(Boolean).join(' · ');
