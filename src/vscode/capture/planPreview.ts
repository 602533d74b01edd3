/** What would be run, shown before it is. */
import * as vscode from 'vscode';
import type { Check } from '../../capture/environment';
import { describePlan } from '../../capture/plan';
import { preview } from '../../capture/run';
import type { CaptureSettings } from '../../capture/settings';
import { Disposable } from '../disposable';
import { PROGRAM_PATHS, showSettings } from '../settings';
import { type Answer, BACK, CLOSED, pick } from './quickInput';

const SCHEME = 'profilemate-text';
/** Of the language in package.json that wraps long lines. */
const LANGUAGE = 'profilemate-text';

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
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
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

/** What was chosen: the questions cover the first lines of the editor, so what is known stands there. */
function chosenText({ model, mode, target, load, outputDir }: CaptureSettings): string {
  const what = {
    serve: () => vscode.l10n.t('a server'),
    bench: () => vscode.l10n.t('an offline run'),
    script: () => vscode.l10n.t('a script'),
    running: () => vscode.l10n.t('a server that runs already'),
  }[target.kind]();
  return [
    vscode.l10n.t('Nothing has been started yet. This is what will be run, in this order:'),
    '',
    vscode.l10n.t('Model: {0}', model),
    vscode.l10n.t('Mode: {0}, of {1}', mode, what),
    vscode.l10n.t('Requests: {0}, {1} at a time', load.requests, load.concurrency),
    vscode.l10n.t('Results: {0}', outputDir),
    '',
    '',
  ].join('\n');
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
  await texts.show(name, `${chosenText(settings)}${commands}\n${checkText(checks)}\n`);
  const missing = checks.filter(({ needed }) => needed);
  const placeholder =
    missing.length === 0
      ? vscode.l10n.t('Run the commands that the editor shows?')
      : vscode.l10n.t('Missing: {0}', missing.map(({ what }) => what).join(', '));
  try {
    for (;;) {
      const answer = await pick<Decision | 'copy' | 'settings' | 'cancel'>(
        { title: vscode.l10n.t('Profile vLLM Model'), placeholder, back },
        [
          { value: 'run', label: `$(play) ${vscode.l10n.t('Run')}` },
          { value: 'copy', label: `$(copy) ${vscode.l10n.t('Copy Commands')}` },
          { value: 'save', label: `$(save) ${vscode.l10n.t('Save as Task')}` },
          ...(missing.length === 0
            ? []
            : [
                {
                  value: 'settings' as const,
                  label: `$(gear) ${vscode.l10n.t('Say Where Programs Are…')}`,
                },
              ]),
          { value: 'cancel', label: `$(close) ${vscode.l10n.t('Cancel')}` },
        ],
        (value) => value === (missing.length === 0 ? 'run' : 'settings'),
      );
      if (answer === 'cancel') return CLOSED;
      if (answer === 'settings') {
        await showSettings(...PROGRAM_PATHS);
        return CLOSED;
      }
      if (answer === BACK || answer === CLOSED || answer !== 'copy') return answer;
      await vscode.env.clipboard.writeText(commands);
    }
  } finally {
    await texts.hide(name);
  }
}
