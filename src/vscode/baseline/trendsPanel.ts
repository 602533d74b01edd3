/** The page of the history's trends: asks the command line's process, and does what the page asks. */
import path from 'node:path';
import * as vscode from 'vscode';
import { RequestFailure, toFailure } from '../../engine/failure';
import {
  checkFromTrends,
  type FromTrends,
  type ToTrends,
  type TrendFilter,
  type TrendGroup,
  type TrendsDocument,
} from '../../protocol/trends';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import { saveAs } from '../saveAs';
import { showPage } from '../webviewHtml';
import { complaint, type Cli } from './cli';
import type { CompareEditor } from './compareEditor';
import { historyOf, openRun } from './places';

export const TRENDS_VIEW = 'profilemate.trends';
const DAY_MS = 86_400_000;

export interface TrendsServices {
  readonly extensionUri: vscode.Uri;
  readonly cli: Cli;
  readonly compare: CompareEditor;
  readonly log: vscode.LogOutputChannel;
  /** A run has landed, or a baseline. */
  readonly onDidChange: vscode.Event<void>;
}

/** One page for the workspace, which comes back when its window is reloaded. */
export class TrendsEditor extends Disposable implements vscode.WebviewPanelSerializer {
  private page: TrendsPanel | undefined;

  constructor(private readonly services: TrendsServices) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(TRENDS_VIEW, this));
  }

  show(): void {
    if (this.page) {
      this.page.panel.reveal();
      return;
    }
    this.keep(
      vscode.window.createWebviewPanel(
        TRENDS_VIEW,
        vscode.l10n.t('Trends'),
        vscode.ViewColumn.Active,
        { enableFindWidget: true },
      ),
    );
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.keep(panel);
    return Promise.resolve();
  }

  private keep(panel: vscode.WebviewPanel): void {
    const page = new TrendsPanel(panel, this.services);
    this.page = page;
    panel.onDidDispose(() => {
      if (this.page === page) this.page = undefined;
    });
  }
}

class TrendsPanel extends Disposable {
  private latest: ToTrends | undefined;
  private groups: readonly TrendGroup[] = [];
  /** Undefined until the page has said which runs it shows. */
  private filter: TrendFilter | undefined;
  /** That the page asked for. */
  private folder: string | undefined;
  /** Where the person was when it was opened. */
  private readonly active = activeFolder();
  private asked = new AbortController();

  constructor(
    readonly panel: vscode.WebviewPanel,
    private readonly services: TrendsServices,
  ) {
    super();
    const { webview } = panel;
    const { extensionUri } = services;
    this.register(webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.register(panel.onDidDispose(() => this.dispose()));
    this.register(services.onDidChange(() => void this.read()));
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.read()));
    this.register({ dispose: () => this.asked.abort() });
    showPage(webview, extensionUri, 'trends');
  }

  /** One that was taken out of the workspace is not shown any more. */
  private get shown(): vscode.WorkspaceFolder | undefined {
    const all = folders();
    return all.find((one) => keyOf(one) === this.folder) ?? this.active ?? all.at(0);
  }

  /** The folder that names of runs count from. */
  private get home(): vscode.Uri {
    return this.shown?.uri ?? vscode.Uri.file(process.cwd());
  }

  /** `historyOf` is asked for a file: any that lies in the folder. */
  private get place(): string {
    return historyOf(vscode.Uri.joinPath(this.home, 'any'));
  }

  private async read(): Promise<void> {
    const { filter } = this;
    if (!filter) return;
    this.asked.abort();
    const asked = new AbortController();
    this.asked = asked;
    this.tell({ kind: 'trendsReading' });
    const of = {
      folders: folders().map((one) => ({ key: keyOf(one), name: one.name })),
      folder: this.shown && keyOf(this.shown),
    };
    try {
      const result = await this.history(
        ['trends', '--json', ...filterArguments(filter)],
        asked.signal,
      );
      if (asked.signal.aborted || this.isDisposed) return;
      this.groups = (JSON.parse(result) as TrendsDocument).groups;
      this.tell({ kind: 'trends', groups: this.groups, filter, place: this.place, ...of });
    } catch (error) {
      if (asked.signal.aborted || this.isDisposed) return;
      const failure = toFailure(error);
      this.services.log.warn(`${this.place}: ${failure.message}`);
      this.tell({ kind: 'trendsFailed', error: failure, ...of });
    }
  }

  /** @throws RequestFailure with what the command says against it */
  private async history(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const { cli } = this.services;
    const [action, ...more] = args;
    const result = await cli.run(
      ['history', action, '--store', this.place, ...more],
      this.home.fsPath,
      signal,
    );
    // That there is no run is an answer.
    if (result.stdout.trim() === '') throw new RequestFailure('bad-request', complaint(result));
    return result.stdout;
  }

  private tell(message: ToTrends): void {
    this.latest = message;
    void this.panel.webview.postMessage(message);
  }

  private receive(received: unknown): void {
    const message = checkFromTrends(received);
    if (!message) {
      this.services.log.warn('The page of trends said what makes no sense.');
      return;
    }
    this.act(message).catch((error: unknown) => {
      void vscode.window.showErrorMessage(toFailure(error).message);
    });
  }

  private async act(message: FromTrends): Promise<void> {
    switch (message.action) {
      case 'ready':
        if (this.latest) void this.panel.webview.postMessage(this.latest);
        break;
      case 'show':
        this.filter = message.filter;
        this.folder = message.folder;
        await this.read();
        break;
      case 'keepRun':
        await vscode.commands.executeCommand(commandIds.keepRun);
        break;
      case 'profileModel':
        await vscode.commands.executeCommand(commandIds.profileModel);
        break;
      case 'openRun': {
        const label = this.labelOf(message.run);
        if (label !== undefined) await openRun(label, this.home.fsPath);
        break;
      }
      case 'compare': {
        const [before, now] = [message.before, message.now].map((id) => this.labelOf(id));
        if (before === undefined || now === undefined) return;
        const file = (label: string) => path.resolve(this.home.fsPath, label);
        await this.services.compare.show({
          kind: 'runs',
          baseline: [file(before)],
          current: [file(now)],
        });
        break;
      }
      case 'exportAll':
        await this.save(
          'history.csv',
          Buffer.from(await this.history(['export', ...filterArguments(this.filter ?? {})])),
        );
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        break;
      case 'save':
        await this.save(message.name, Buffer.from(message.text, message.encoding ?? 'utf8'));
    }
  }

  private save(name: string, content: Uint8Array): Promise<void> {
    return saveAs(this.home, name, content);
  }

  private labelOf(run: string): string | undefined {
    return this.groups.flatMap(({ runs }) => runs).find(({ id }) => id === run)?.label;
  }
}

const folders = (): readonly vscode.WorkspaceFolder[] =>
  (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');

const keyOf = ({ uri }: vscode.WorkspaceFolder): string => uri.toString();

/** The folder of what is shown in the active tab. */
function activeFolder(): vscode.WorkspaceFolder | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom
      ? input.uri
      : undefined;
  const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
  return folder?.uri.scheme === 'file' ? folder : undefined;
}

function filterArguments({ branch, days }: TrendFilter): readonly string[] {
  return [
    ...(branch === undefined ? [] : ['--branch', branch]),
    ...(days === undefined ? [] : ['--since', new Date(Date.now() - days * DAY_MS).toISOString()]),
  ];
}
