/** How figures of a baseline are told in the editor; the numbers are written as reports write them. */
import path from 'node:path';
import * as vscode from 'vscode';
import type {
  ComparisonDocument,
  DocumentKernel,
  DocumentMetric,
  Verdict,
} from '../../analysis/compare';
import { shortenMiddle } from '../../profile/format';
import { formatChange, formatValue, milliseconds } from '../../report/compare-figures';
import { culprits } from './comparison';

const KERNEL_WIDTH = 80;

export function verdictWord(verdict: Verdict): string {
  switch (verdict) {
    case 'regressed':
      return vscode.l10n.t('regressed');
    case 'improved':
      return vscode.l10n.t('improved');
    case 'within noise':
      return vscode.l10n.t('within noise');
    case 'not comparable':
      return vscode.l10n.t('not comparable');
  }
}

const ICONS: Readonly<Record<Verdict, string>> = {
  regressed: '$(error)',
  improved: '$(pass)',
  'within noise': '$(dash)',
  'not comparable': '$(circle-slash)',
};

/** Names are text: a lens would draw `$(name)` as a picture. */
const plain = (text: string): string => text.replaceAll('$(', '$\u200b(');

export function changeOf(metric: DocumentMetric): string {
  return formatChange(metric.change, metric.changeIn);
}

export function metricLens(metric: DocumentMetric): string {
  const value = formatValue(metric.current, metric.unit);
  return `${ICONS[metric.verdict]} ${value} (${changeOf(metric)}) ${verdictWord(metric.verdict)}`;
}

export function topLens(comparison: ComparisonDocument): string {
  const [run] = comparison.current;
  const [first] = culprits(comparison);
  const name = path.basename(run.label);
  const verdict = verdictWord(comparison.verdict);
  return plain(
    first && comparison.verdict === 'regressed'
      ? vscode.l10n.t(
          'Newest run {0}: {1} by {2}',
          name,
          verdict,
          shortenMiddle(first.name, KERNEL_WIDTH),
        )
      : vscode.l10n.t('Newest run {0}: {1}', name, verdict),
  ).replace(/^/, `${ICONS[comparison.verdict]} `);
}

export function metricProblem(metric: DocumentMetric, comparison: ComparisonDocument): string {
  return vscode.l10n.t(
    '{0} is worse than the baseline: {1} → {2} ({3}) in {4}',
    metric.title,
    formatValue(metric.baseline, metric.unit),
    formatValue(metric.current, metric.unit),
    changeOf(metric),
    comparison.current[0].label,
  );
}

/** `name: 1.00ms → 1.15ms (+15.0%), each call is slower`. */
export function kernelLine({ name, baseline, current, time, because }: DocumentKernel): string {
  const ms = (side: { readonly ms: number } | null) => `${milliseconds(side?.ms ?? 0)}ms`;
  const change = formatChange(time?.change ?? null);
  return `${name}: ${ms(baseline)} → ${ms(current)} (${change})${because && `, ${because}`}`;
}
