/** The pages of comparisons: one a question, and those that an earlier window has left. */
import * as vscode from 'vscode';
import { readQuestion, type CompareQuestion } from '../../protocol/compare';
import { Disposable } from '../disposable';
import { ComparePanel, titleOf, type CompareServices } from './comparePanel';

export const COMPARISON_VIEW = 'profilemate.comparison';

export class CompareEditor extends Disposable implements vscode.WebviewPanelSerializer {
  private readonly panels = new Set<ComparePanel>();

  constructor(private readonly services: CompareServices) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(COMPARISON_VIEW, this));
  }

  /** Shows the page that there is, with figures as they are now, or makes one. */
  async show(question: CompareQuestion): Promise<void> {
    const key = JSON.stringify(question);
    const known = [...this.panels].find((page) => page.key === key);
    if (known) {
      known.panel.reveal();
      await known.compare();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      COMPARISON_VIEW,
      titleOf(question),
      vscode.ViewColumn.Active,
      { enableFindWidget: true },
    );
    this.keep(panel, question);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const question = readQuestion((state as { question?: unknown } | undefined)?.question);
    // A page that does not know what it was about has nothing to show.
    if (question) this.keep(panel, question);
    else panel.dispose();
    return Promise.resolve();
  }

  private keep(panel: vscode.WebviewPanel, question: CompareQuestion): void {
    const page = new ComparePanel(panel, question, this.services);
    this.panels.add(page);
    panel.onDidDispose(() => this.panels.delete(page));
  }
}
