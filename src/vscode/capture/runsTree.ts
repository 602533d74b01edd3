/** The view of all runs: by model, the newest first, with what came of each. */
import path from 'node:path';
import * as vscode from 'vscode';
import { failureLines } from '../../capture/events';
import { DEFAULTS } from '../../capture/settings';
import { Disposable } from '../disposable';
import { CAPTURE_FOLDER, captureFolder } from '../settings';
import { commandIds } from '../commands/ids';
import { diskFolders } from './machine';
import { headline, modelName, timeText } from './runText';
import { readRuns, resultOf, type Run } from './runs';
import type { ActiveRun, CaptureSession } from './session';

export const RUNS_VIEW = 'profilemate.runs';
const SETTLE_MS = 150;

export type RunsNode =
  | { readonly kind: 'active'; readonly run: ActiveRun }
  | { readonly kind: 'model'; readonly model: string; readonly runs: readonly Run[] }
  | { readonly kind: 'run'; readonly run: Run };

export class RunsTree extends Disposable implements vscode.TreeDataProvider<RunsNode> {
  private readonly changes = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.changes.event;
  private watchers: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private shown: readonly Run[] = [];
  private reading = 0;

  constructor(private readonly session: CaptureSession) {
    super();
    this.register(
      vscode.window.createTreeView(RUNS_VIEW, { treeDataProvider: this, canSelectMany: true }),
    );
    this.register(session.onDidChange(() => this.changes.fire()));
    this.register(session.onDidEnd(() => void this.refresh()));
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => this.watch()));
    this.register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(CAPTURE_FOLDER)) this.watch();
      }),
    );
    this.watch();
  }

  /** What the view shows. */
  get runs(): readonly Run[] {
    return this.shown;
  }

  override dispose(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers) watcher.dispose();
    super.dispose();
  }

  async refresh(): Promise<void> {
    const reading = ++this.reading;
    const runs = await readRuns(outputDirs());
    // A later look has seen more.
    if (reading !== this.reading || this.isDisposed) return;
    this.shown = runs;
    this.changes.fire();
  }

  getChildren(node?: RunsNode): RunsNode[] | undefined {
    if (node?.kind === 'model') return node.runs.map((run) => ({ kind: 'run', run }));
    if (node !== undefined) return undefined;
    const models = new Map<string, Run[]>();
    for (const run of this.shown) {
      const { model } = run.record;
      const others = models.get(model);
      if (others) others.push(run);
      else models.set(model, [run]);
    }
    const { active } = this.session;
    return [
      ...(active ? [{ kind: 'active' as const, run: active }] : []),
      ...[...models].map(([model, runs]) => ({ kind: 'model' as const, model, runs })),
    ];
  }

  getTreeItem(node: RunsNode): vscode.TreeItem {
    switch (node.kind) {
      case 'active':
        return activeItem(node.run);
      case 'model':
        return modelItem(node.model, node.runs.length);
      case 'run':
        return runItem(node.run);
    }
  }

  private watch(): void {
    for (const watcher of this.watchers.splice(0)) watcher.dispose();
    for (const folder of outputDirs()) {
      const parent = vscode.Uri.file(path.dirname(folder));
      const name = path.basename(folder);
      for (const pattern of [name, `${name}/*`, `${name}/*/run.json`]) {
        const watcher = vscode.workspace.createFileSystemWatcher(
          new vscode.RelativePattern(parent, pattern),
        );
        const onChange = () => this.settle();
        watcher.onDidCreate(onChange);
        watcher.onDidChange(onChange);
        watcher.onDidDelete(onChange);
        this.watchers.push(watcher);
      }
    }
    void this.refresh();
  }

  /** A folder that is copied or deleted tells so file by file. */
  private settle(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), SETTLE_MS);
  }
}

function outputDirs(): readonly string[] {
  const name = captureFolder() ?? DEFAULTS.outputDir;
  return diskFolders().map(({ uri }) => path.resolve(uri.fsPath, name));
}

function activeItem({ name, stage }: ActiveRun): vscode.TreeItem {
  const item = new vscode.TreeItem(name);
  item.id = 'active';
  item.description = stage;
  item.iconPath = new vscode.ThemeIcon('sync~spin');
  item.contextValue = 'active';
  item.command = { command: commandIds.showRun, title: vscode.l10n.t('Show Terminal') };
  return item;
}

function modelItem(model: string, runs: number): vscode.TreeItem {
  const item = new vscode.TreeItem(modelName(model), vscode.TreeItemCollapsibleState.Expanded);
  item.id = `model ${model}`;
  item.description = String(runs);
  item.tooltip = model;
  item.iconPath = new vscode.ThemeIcon('symbol-class');
  item.contextValue = 'model';
  return item;
}

function runItem(run: Run): vscode.TreeItem {
  const { record, folder } = run;
  const failed = record.state === 'failed';
  const item = new vscode.TreeItem(timeText(record.started));
  item.id = `run ${folder}`;
  const figures = headline(record.headline);
  const sentence = record.failure ? failureLines(record.failure, 0)[0] : undefined;
  item.description = [record.mode, failed ? record.failure?.what : figures[0]]
    .filter(Boolean)
    .join(' · ');
  item.tooltip = [folder, sentence, ...figures].filter(Boolean).join('\n');
  item.iconPath = failed
    ? new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'))
    : new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
  // Only what has a profile can be compared.
  item.contextValue = `run.${record.state}${resultOf(run) ? '.profile' : ''}`;
  item.command = {
    command: commandIds.openRun,
    title: vscode.l10n.t('Open Results'),
    arguments: [{ kind: 'run', run } satisfies RunsNode],
  };
  return item;
}
