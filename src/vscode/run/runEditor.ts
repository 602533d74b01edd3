/** The page of a run by itself, on its run.json: for runs that left no profile. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { HostAction, ToWebview } from '../../protocol/messages';
import { checkFromWebview } from '../../protocol/validate';
import { Disposable } from '../disposable';
import { notOnDisk, RUN_VIEW_TYPE } from '../file';
import { showPage } from '../webviewHtml';
import { actOnRun, openRunPart } from './actions';
import { RunWatch } from './runWatch';
import { shownRun } from './shownRun';

export function registerRunEditor(
  extensionUri: vscode.Uri,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const provider: vscode.CustomReadonlyEditorProvider = {
    openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: ({ uri }, panel) => void new RunPage(uri, panel, extensionUri, log),
  };
  return vscode.window.registerCustomEditorProvider(RUN_VIEW_TYPE, provider, {
    supportsMultipleEditorsPerDocument: true,
  });
}

class RunPage extends Disposable {
  private readonly run: RunWatch | undefined;
  private ready = false;

  constructor(
    private readonly uri: vscode.Uri,
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const { webview } = panel;
    this.run = notOnDisk(uri) ? undefined : this.register(new RunWatch(uri.fsPath));
    if (this.run) this.register(this.run.onDidChange(() => this.tell()));
    this.register(webview.onDidReceiveMessage((message: unknown) => void this.receive(message)));
    this.register(panel.onDidDispose(() => this.dispose()));
    showPage(webview, extensionUri, 'run');
  }

  private post(message: ToWebview): void {
    if (!this.isDisposed) void this.panel.webview.postMessage(message);
  }

  private tell(): void {
    if (!this.ready) return;
    const error = notOnDisk(this.uri);
    const about = this.run?.about;
    if (about?.record) this.post({ kind: 'run', run: shownRun(about) });
    else
      this.post({
        kind: 'failed',
        error: error ?? {
          code: 'not-a-profile',
          message: vscode.l10n.t(
            '{0} is no record of a run that this version can read: expected is what a capture writes, with schema_version 1, a model and a state.',
            path.basename(this.uri.path),
          ),
        },
      });
  }

  private async receive(message: unknown): Promise<void> {
    const checked = checkFromWebview(message);
    if (!checked.ok) {
      this.log.warn(checked.error.message);
      return;
    }
    if (checked.message.kind !== 'action') return;
    await this.act(checked.message);
  }

  /** What its page can ask; the rest is about profiles. */
  private async act(action: HostAction): Promise<void> {
    const about = this.run?.about;
    if (action.action === 'ready') {
      await this.run?.settled;
      this.ready = true;
      this.tell();
    } else if (action.action === 'reload') this.run?.refresh();
    else if (action.action === 'openWith')
      await vscode.commands.executeCommand('workbench.action.reopenWithEditor');
    else if (action.action === 'copy') await vscode.env.clipboard.writeText(action.text);
    else if (action.action === 'openRunPart' && about) await openRunPart(about, action.file);
    else if (action.action === 'actOnRun' && about) await actOnRun(action.what, about, undefined);
  }
}
