/** What the newest run says, above a baseline and each of its figures. */
import * as vscode from 'vscode';
import type { ComparisonDocument } from '../../analysis/compare';
import { locateMetrics, type MetricPlace } from '../../history/baseline-text';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import type { Checks } from './checks';
import { metricOf } from './comparison';
import { isBaselineDocument } from './places';
import { metricLens, topLens } from './words';

/** A text longer than this is no baseline that a person reads. */
const LONGEST = 8 << 20;

export class BaselineLenses extends Disposable implements vscode.CodeLensProvider {
  private readonly changes = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(private readonly checks: Checks) {
    super();
    this.register(checks.onDidChange(() => this.changes.fire()));
    this.register(
      vscode.languages.registerCodeLensProvider({ scheme: 'file', pattern: '**/*.json' }, this),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!isBaselineDocument(document)) return [];
    const text = document.getText();
    if (text.length > LONGEST) return [];
    const places = locateMetrics(text);
    const check = this.checks.of(document.uri);
    const { uri } = document;
    const top = (title: string, command: string, ...more: unknown[]) =>
      lens(document, places.top, title, command, uri, ...more);
    if (!check) return [top(vscode.l10n.t('$(sync~spin) Comparing…'), '')];
    const { comparison } = check;
    if (!comparison) {
      return [
        top(check.why, ''),
        top(vscode.l10n.t('Compare with…'), commandIds.compare),
        top(vscode.l10n.t('Check Again'), commandIds.checkBaseline),
      ];
    }
    const worse = this.checks.regressions(uri, comparison).map(({ name }) => name);
    return [
      top(topLens(comparison), commandIds.compareNewest),
      top(vscode.l10n.t('Compare'), commandIds.compareNewest),
      top(vscode.l10n.t('Open Run'), commandIds.openNewestRun),
      top(vscode.l10n.t('Update Baseline…'), commandIds.updateBaseline),
      ...(worse.length > 0
        ? [top(vscode.l10n.t('Dismiss All'), commandIds.dismissRegression, worse)]
        : []),
      ...places.metrics.flatMap((place) => this.metricLenses(document, place, comparison)),
    ];
  }

  private metricLenses(
    document: vscode.TextDocument,
    { name, offset }: MetricPlace,
    comparison: ComparisonDocument,
  ): vscode.CodeLens[] {
    const { uri } = document;
    const metric = metricOf(comparison, name);
    const above = (title: string, command: string, ...more: unknown[]) =>
      lens(document, offset, title, command, uri, ...more);
    if (!metric) return [above(vscode.l10n.t('not in the newest run'), '')];
    const shown = above(metricLens(metric), commandIds.compareNewest);
    const open = above(vscode.l10n.t('Open'), commandIds.openNewestRun, name);
    if (metric.verdict !== 'regressed' && metric.verdict !== 'improved') return [shown, open];
    const dismissed = this.checks.isDismissed(uri, comparison, name);
    return [
      shown,
      open,
      above(vscode.l10n.t('Accept'), commandIds.acceptMetric, name, metric.current),
      ...(metric.verdict === 'improved'
        ? []
        : dismissed
          ? [above(vscode.l10n.t('dismissed'), '')]
          : [above(vscode.l10n.t('Dismiss'), commandIds.dismissRegression, [name])]),
    ];
  }
}

function lens(
  document: vscode.TextDocument,
  offset: number,
  title: string,
  command: string,
  ...args: unknown[]
): vscode.CodeLens {
  const at = document.positionAt(offset);
  return new vscode.CodeLens(new vscode.Range(at, at), { title, command, arguments: args });
}
