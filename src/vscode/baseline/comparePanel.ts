/** One page of a comparison: has it computed by the command line's process, and does what the page asks. */
import path from 'node:path';
import * as vscode from 'vscode';
import { kernelMetricName, type ComparisonDocument } from '../../analysis/compare';
import { toFailure } from '../../engine/failure';
import {
  checkFromCompare,
  type CompareQuestion,
  type FromCompare,
  type ToCompare,
} from '../../protocol/compare';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import type { Links } from '../ncu/links';
import { saveAs } from '../saveAs';
import { showPage } from '../webviewHtml';
import type { Cli } from './cli';
import { compareBy } from './comparison';
import { historyOf, homeOf, isBaselineName, nameFrom, openRun, placeOfMetric } from './places';

export interface CompareServices {
  readonly extensionUri: vscode.Uri;
  readonly cli: Cli;
  readonly links: Links;
  readonly log: vscode.LogOutputChannel;
}

export class ComparePanel extends Disposable {
  private latest: ToCompare | undefined;
  private comparison: ComparisonDocument | undefined;
  private asked = new AbortController();

  constructor(
    readonly panel: vscode.WebviewPanel,
    private question: CompareQuestion,
    private readonly services: CompareServices,
  ) {
    super();
    const { webview } = panel;
    const { extensionUri } = services;
    this.register(webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.register(panel.onDidDispose(() => this.dispose()));
    this.register({ dispose: () => this.asked.abort() });
    showPage(webview, extensionUri, 'compare');
    void this.compare();
  }

  get key(): string {
    return JSON.stringify(this.question);
  }

  /** Compares anew: the runs may be others by now. */
  async compare(): Promise<void> {
    this.asked.abort();
    const asked = new AbortController();
    this.asked = asked;
    const { question } = this;
    this.panel.title = titleOf(question);
    this.comparison = undefined;
    this.tell({ kind: 'comparing', question });
    try {
      const comparison = await compareBy(
        this.services.cli,
        this.argumentsFor(question),
        homeFor(question),
        asked.signal,
      );
      if (asked.signal.aborted || this.isDisposed) return;
      this.comparison = comparison;
      this.tell({ kind: 'comparison', question, comparison, swappable: isSwappable(question) });
    } catch (error) {
      // Another comparison has taken its place.
      if (this.asked !== asked || this.isDisposed) return;
      const failure = asked.signal.aborted
        ? { code: 'cancelled' as const, message: vscode.l10n.t('The comparison was cancelled.') }
        : toFailure(error);
      this.services.log.info(`${titleOf(question)}: ${failure.message}`);
      this.tell({ kind: 'compareFailed', question, error: failure });
    }
  }

  private tell(message: ToCompare): void {
    this.latest = message;
    void this.panel.webview.postMessage(message);
  }

  private argumentsFor(question: CompareQuestion): readonly string[] {
    const home = homeFor(question);
    if (question.kind === 'newest') {
      const file = vscode.Uri.file(question.baseline);
      return ['--history', historyOf(file), '--baseline', question.baseline];
    }
    const { baseline, current } = question;
    const named = (files: readonly string[]) => files.map((file) => nameFrom(home, file));
    return [
      ...['--baseline', ...named(baseline)],
      ...['--current', ...named(current)],
      ...this.linkedKernels('--baseline-ncu', baseline),
      ...this.linkedKernels('--current-ncu', current),
    ];
  }

  /** Results that the person has linked with a profile go before those that lie beside it. */
  private linkedKernels(option: string, runs: readonly string[]): readonly string[] {
    if (runs.length !== 1) return [];
    const linked = this.services.links.get(vscode.Uri.file(runs[0]));
    return typeof linked === 'string' && /\.(csv|ncu-rep)$/i.test(linked) ? [option, linked] : [];
  }

  private receive(received: unknown): void {
    const message = checkFromCompare(received);
    if (message) void this.act(message);
    else this.services.log.warn('The page of a comparison said what makes no sense.');
  }

  private async act(message: FromCompare): Promise<void> {
    switch (message.action) {
      case 'ready':
        if (this.latest) void this.panel.webview.postMessage(this.latest);
        break;
      case 'swap':
        if (!isSwappable(this.question)) return;
        this.question = { ...this.question, ...swapped(this.question) };
        await this.compare();
        break;
      case 'again':
        await this.compare();
        break;
      case 'cancel':
        this.asked.abort();
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        break;
      case 'save':
        await saveAs(
          vscode.Uri.file(homeFor(this.question)),
          message.name,
          Buffer.from(message.text, message.encoding ?? 'utf8'),
        );
        break;
      case 'openRun': {
        const run = this.comparison?.[message.side][message.run];
        const { kernel } = message;
        const place = kernel === undefined ? {} : placeOfMetric(kernelMetricName(kernel));
        if (run) await openRun(run.label, homeFor(this.question), place);
        break;
      }
      case 'setBaseline': {
        const run = this.comparison?.current[message.run];
        if (!run) return;
        const file = path.resolve(homeFor(this.question), run.label);
        await vscode.commands.executeCommand(commandIds.setBaseline, vscode.Uri.file(file));
      }
    }
  }
}

type Runs = Extract<CompareQuestion, { kind: 'runs' }>;

const isSwappable = (question: CompareQuestion): question is Runs =>
  question.kind === 'runs' && !question.baseline.some(isBaselineName);

const swapped = ({ baseline, current }: Runs): Pick<Runs, 'baseline' | 'current'> => ({
  baseline: current,
  current: baseline,
});

const homeFor = (question: CompareQuestion): string =>
  homeOf(vscode.Uri.file(question.kind === 'newest' ? question.baseline : question.current[0]));

export function titleOf(question: CompareQuestion): string {
  if (question.kind === 'newest') return path.basename(question.baseline);
  const name = ([first, ...more]: readonly string[]) =>
    path.basename(first) + (more.length > 0 ? ` +${more.length}` : '');
  return `${name(question.baseline)} ↔ ${name(question.current)}`;
}
