/** Regressions as problems on the lines of a baseline, and what can be done about them there. */
import * as vscode from 'vscode';
import type { ComparisonDocument, DocumentMetric } from '../../analysis/compare';
import { locateMetrics, type BaselinePlaces } from '../../history/baseline-text';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import type { Checks } from './checks';
import { culprits, metricOf } from './comparison';
import { kernelLine, metricProblem } from './words';

const SOURCE = 'ProfileMate';
const KERNELS_NAMED = 5;
const KERNEL = 'kernel:';

export class BaselineProblems extends Disposable implements vscode.CodeActionProvider {
  private readonly problems = this.register(
    vscode.languages.createDiagnosticCollection('profilemate-baseline'),
  );

  constructor(
    private readonly checks: Checks,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(checks.onDidChange((uri) => void this.show(uri)));
    this.register(
      vscode.languages.registerCodeActionsProvider({ scheme: 'file', pattern: '**/*.json' }, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  private async show(uri: vscode.Uri): Promise<void> {
    try {
      const comparison = this.checks.of(uri)?.comparison;
      if (!comparison) {
        this.problems.delete(uri);
        return;
      }
      const document = await vscode.workspace.openTextDocument(uri);
      if (this.isDisposed) return;
      this.problems.set(uri, this.problemsOf(document, comparison));
    } catch (error) {
      // The file went away in between.
      this.problems.delete(uri);
      this.log.debug(String(error));
    }
  }

  private problemsOf(
    document: vscode.TextDocument,
    comparison: ComparisonDocument,
  ): vscode.Diagnostic[] {
    const places = locateMetrics(document.getText());
    const related = culprits(comparison)
      .slice(0, KERNELS_NAMED)
      .map(
        (kernel) =>
          new vscode.DiagnosticRelatedInformation(
            new vscode.Location(document.uri, kernelRange(document, places, kernel.name)),
            kernelLine(kernel),
          ),
      );
    return this.checks.regressions(document.uri, comparison).flatMap((metric) => {
      const range = metricRange(document, places, metric.name);
      return range ? [problem(range, metric, comparison, related)] : [];
    });
  }

  provideCodeActions(
    { uri }: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const comparison = this.checks.of(uri)?.comparison;
    if (!comparison) return [];
    return diagnostics
      .filter(({ source, code }) => source === SOURCE && typeof code === 'string')
      .flatMap((diagnostic) => {
        const name = diagnostic.code as string;
        const metric = metricOf(comparison, name);
        if (!metric) return [];
        const action = (title: string, command: string, ...args: unknown[]) => {
          const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
          made.command = { title, command, arguments: [uri, ...args] };
          made.diagnostics = [diagnostic];
          return made;
        };
        return [
          action(
            vscode.l10n.t('Accept: take the value of the newest run'),
            commandIds.acceptMetric,
            name,
            metric.current,
          ),
          action(vscode.l10n.t('Compare with the newest run'), commandIds.compareNewest),
          action(vscode.l10n.t('Open the newest run'), commandIds.openNewestRun, name),
          action(vscode.l10n.t('Dismiss for this run'), commandIds.dismissRegression, [name]),
        ];
      });
  }
}

function problem(
  range: vscode.Range,
  metric: DocumentMetric,
  comparison: ComparisonDocument,
  related: vscode.DiagnosticRelatedInformation[],
): vscode.Diagnostic {
  const made = new vscode.Diagnostic(
    range,
    metricProblem(metric, comparison),
    vscode.DiagnosticSeverity.Warning,
  );
  made.source = SOURCE;
  made.code = metric.name;
  made.relatedInformation = related;
  return made;
}

function metricRange(
  document: vscode.TextDocument,
  { metrics }: BaselinePlaces,
  name: string,
): vscode.Range | undefined {
  const place = metrics.find((metric) => metric.name === name);
  if (!place) return undefined;
  const { offset, length } = place;
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

/** The kernel's own line where the baseline names it. */
function kernelRange(
  document: vscode.TextDocument,
  places: BaselinePlaces,
  kernel: string,
): vscode.Range {
  const at = document.positionAt(places.top);
  return metricRange(document, places, KERNEL + kernel) ?? new vscode.Range(at, at);
}
