/** What would be run, shown before it is. */
import * as vscode from 'vscode';
import type { Check } from '../../capture/environment';
import { describePlan } from '../../capture/plan';
import { preview } from '../../capture/run';
import type { CaptureSettings } from '../../capture/settings';
import { Disposable } from '../disposable';
import { type Answer, BACK, CLOSED, pick } from './quickInput';

const SCHEME = 'profilemate-text';

export type Decision = 'run' | 'save';

/** Texts to read, in editors that nothing can be typed into. */
export class ShownTexts extends Disposable implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changes = this.register(new vscode.EventEmitter<vscode.Uri>());
  readonly onDidChange = this.changes.event;

  constructor() {
    super();
    this.register(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.texts.set(uri.path, text);
    this.changes.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true, preserveFocus: true });
  }

  async hide(name: string): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const shown = tabs.filter(
      ({ input }) =>
        input instanceof vscode.TabInputText &&
        input.uri.scheme === SCHEME &&
        input.uri.path === `/${name}`,
    );
    await vscode.window.tabGroups.close(shown, true);
  }
}

const MARKS: Readonly<Record<Check['state'], string>> = { ok: '✔', warning: '!', missing: '✖' };

export function checkText(checks: readonly Check[]): string {
  return checks
    .map(({ what, state, found, remedy }) => {
      const line = `${MARKS[state]} ${what}: ${found}`;
      return remedy === undefined ? line : `${line}\n    → ${remedy}`;
    })
    .join('\n');
}

/** @throws CaptureFailure for settings that contradict each other */
export async function decide(
  settings: CaptureSettings,
  texts: ShownTexts,
  back: boolean,
): Promise<Answer<Decision>> {
  const name = vscode.l10n.t('What will be run');
  const { plan, checks } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Checking the environment') },
    () => preview(settings),
  );
  const commands = describePlan(plan);
  await texts.show(name, `${commands}\n${checkText(checks)}\n`);
  const missing = checks.filter(({ needed }) => needed);
  const placeholder =
    missing.length === 0
      ? vscode.l10n.t('Run the commands that the editor shows?')
      : vscode.l10n.t('Missing: {0}', missing.map(({ what }) => what).join(', '));
  try {
    for (;;) {
      const answer = await pick<Decision | 'copy' | 'cancel'>(
        { title: vscode.l10n.t('Profile vLLM Model'), placeholder, back },
        [
          { value: 'run', label: `$(play) ${vscode.l10n.t('Run')}` },
          { value: 'copy', label: `$(copy) ${vscode.l10n.t('Copy Commands')}` },
          { value: 'save', label: `$(save) ${vscode.l10n.t('Save as Task')}` },
          { value: 'cancel', label: `$(close) ${vscode.l10n.t('Cancel')}` },
        ],
        (value) => value === 'run',
      );
      if (answer === 'cancel') return CLOSED;
      if (answer === BACK || answer === CLOSED || answer !== 'copy') return answer;
      await vscode.env.clipboard.writeText(commands);
    }
  } finally {
    await texts.hide(name);
  }
}
