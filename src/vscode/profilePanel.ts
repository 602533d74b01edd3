/** One editor on a profile: checks and answers what its webview asks. */
import * as vscode from 'vscode';
import { toFailure } from '../engine/failure';
import type { Call, HostAction, ToWebview } from '../protocol/messages';
import type { ProfilePlace } from '../protocol/place';
import type { Nanoseconds } from '../profile/units';
import { checkFromWebview } from '../protocol/validate';
import type { ProfileKind } from '../readers/open';
import { commandIds } from './commands/ids';
import type { Services } from './context';
import { Disposable } from './disposable';
import { chooseLink } from './ncu/chooseLink';
import type { ProfileDocument } from './profileDocument';
import { actOnRun, openRunPart } from './run/actions';
import { saveAs } from './saveAs';
import { NSYS_PATH, showSettings } from './settings';
import { readRanks, saveTrimmed } from './torch/commands';
import { profileKernel } from './ncu/profileKernel';
import { openSource } from './torch/sources';
import { showPage, type PageName } from './webviewHtml';

const PAGES: Readonly<Record<ProfileKind, PageName>> = {
  timeline: 'main',
  kernels: 'ncu',
  session: 'session',
};

/** A place as the editor can be told it. */
export interface HostPlace extends ProfilePlace {
  /**
   * A window by the wall clock, in ns since 1970, for those who know no time of
   * the profile; it takes the place of `window`. The person is told where the
   * profile does not say when it was recorded, or has nothing of that time.
   */
  readonly utcWindow?: readonly [start: Nanoseconds, end: Nanoseconds];
}

export class ProfilePanel extends Disposable {
  /** Questions the webview still waits for. */
  private readonly asked = new Map<number, AbortController>();
  /** Whether the webview is there to hear; one that is not seen is let go. */
  private ready = false;
  /** Where to go once it is. */
  private awaited: ProfilePlace | undefined;

  constructor(
    readonly document: ProfileDocument,
    private readonly panel: vscode.WebviewPanel,
    private readonly services: Services,
  ) {
    super();
    const { webview } = panel;
    const { extensionUri } = services.context;
    this.register(webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.register(document.onEvent((event) => this.post(event)));
    this.register(
      panel.onDidChangeViewState(() => {
        if (panel.visible) document.checkForChange();
        else this.ready = false;
      }),
    );
    this.register(panel.onDidDispose(() => this.dispose()));
    this.register({ dispose: () => this.dropQuestions() });
    showPage(webview, extensionUri, PAGES[document.kind]);
  }

  /** Goes to a place, now or as soon as the webview is there. */
  async reveal({ utcWindow, ...rest }: HostPlace): Promise<void> {
    const window = utcWindow ? await this.document.windowAt(utcWindow) : rest.window;
    const place = { ...rest, ...(window && { window }) };
    if (this.ready) this.post({ kind: 'reveal', place });
    else this.awaited = place;
  }

  private post(message: ToWebview): void {
    if (!this.isDisposed) void this.panel.webview.postMessage(message);
  }

  private receive(message: unknown): void {
    const checked = checkFromWebview(message);
    if (!checked.ok) {
      this.services.log.warn(checked.error.message);
      if (checked.id !== undefined) {
        this.post({ kind: 'answer', id: checked.id, ok: false, error: checked.error });
      }
      return;
    }
    switch (checked.message.kind) {
      case 'call':
        void this.answer(checked.message);
        break;
      case 'cancel':
        this.asked.get(checked.message.id)?.abort();
        break;
      case 'action':
        void this.act(checked.message);
        break;
    }
  }

  private async answer({ id, name, params }: Call): Promise<void> {
    const asked = new AbortController();
    this.asked.set(id, asked);
    try {
      const result = await this.document.call(name, params, asked.signal);
      this.post({ kind: 'answer', id, ok: true, result });
    } catch (error) {
      this.post({ kind: 'answer', id, ok: false, error: toFailure(error) });
    } finally {
      if (this.asked.get(id) === asked) this.asked.delete(id);
    }
  }

  private async act(action: HostAction): Promise<void> {
    const { uri } = this.document;
    switch (action.action) {
      case 'ready':
        // The webview starts anew each time it is shown; what it asked before, it no longer waits for.
        this.dropQuestions();
        for (const event of this.document.missedEvents()) this.post(event);
        this.ready = true;
        if (this.awaited) this.post({ kind: 'reveal', place: this.awaited });
        this.awaited = undefined;
        break;
      case 'reload':
        this.document.reload();
        break;
      case 'cancel':
        this.document.cancel();
        break;
      case 'openFolder':
        // A desktop's file manager can not show a remote machine's folder; the explorer can.
        await vscode.commands.executeCommand(
          vscode.env.remoteName === undefined ? 'revealFileInOS' : 'revealInExplorer',
          uri,
        );
        break;
      case 'openWith':
        await vscode.commands.executeCommand('workbench.action.reopenWithEditor');
        break;
      case 'openSettings':
        // Offered where nsys is missing, or failed.
        await showSettings(NSYS_PATH);
        break;
      case 'openSample':
        await vscode.commands.executeCommand(commandIds.openSample);
        break;
      case 'profileModel':
        await vscode.commands.executeCommand(commandIds.profileModel);
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(action.text);
        break;
      case 'save':
        await saveAs(
          vscode.Uri.joinPath(uri, '..'),
          action.name,
          Buffer.from(action.text, action.encoding ?? 'utf8'),
        );
        break;
      case 'link':
        await chooseLink(this.document);
        break;
      case 'unlink':
        await this.document.link(null);
        break;
      case 'openLinked':
        await this.openLinked(action.place);
        break;
      case 'openRunPart':
        if (this.document.run?.about) await openRunPart(this.document.run.about, action.file);
        break;
      case 'actOnRun':
        if (this.document.run?.about)
          await actOnRun(
            action.what,
            this.document.run.about,
            vscode.Uri.file(this.document.shownPath),
          );
        break;
      case 'showRank':
        this.document.showRank(action.rank);
        break;
      case 'readRanks':
        await readRanks(this.document);
        break;
      case 'saveTrimmed':
        await saveTrimmed(this.document, action.window);
        break;
      case 'openSource':
        await openSource(action.file, action.line);
        break;
      case 'profileKernel':
        await profileKernel(action);
        break;
      case 'showHeat':
        await this.services.heat.show(this.document);
        break;
      case 'clearHeat':
        this.services.heat.clear();
        break;
    }
  }

  /** The timeline that is read beside this one, at a place whose times are this one's. */
  private async openLinked({ window, ...place }: ProfilePlace): Promise<void> {
    const { link, utcEpoch } = this.document.status ?? {};
    if (!link || (window && utcEpoch === undefined)) return;
    const utcWindow = window && ([window[0] + utcEpoch!, window[1] + utcEpoch!] as const);
    await vscode.commands.executeCommand(commandIds.openProfileAt, vscode.Uri.file(link.path), {
      ...place,
      ...(utcWindow && { utcWindow }),
    } satisfies HostPlace);
  }

  private dropQuestions(): void {
    for (const asked of this.asked.values()) asked.abort();
    this.asked.clear();
  }
}
