/** Baselines held against the newest run of the history, one after another and each only when it is asked for. */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ComparisonDocument, DocumentMetric } from '../../analysis/compare';
import { toFailure } from '../../engine/failure';
import { Disposable } from '../disposable';
import { fileMark } from '../file';
import type { Cli } from './cli';
import { compareBy, metricOf, runMark } from './comparison';
import { historyOf, homeOf, HISTORY_PATH, isBaselineDocument, isServer } from './places';

export type Check =
  | { readonly comparison: ComparisonDocument; readonly why?: undefined }
  /** Why there is nothing to compare with, for people. */
  | { readonly comparison?: undefined; readonly why: string };

const SETTLE_MS = 300;
const BASELINES_LOOKED_AT = 20;
const DISMISSED = 'baseline.dismissed';
const DISMISSED_KEPT = 500;

export class Checks extends Disposable {
  private readonly changes = this.register(new vscode.EventEmitter<vscode.Uri>());
  /** A baseline's check is another than before. */
  readonly onDidChange = this.changes.event;

  private readonly landings = this.register(new vscode.EventEmitter<void>());
  /** A run has landed in a history, or a baseline in the workspace. */
  readonly onDidLand = this.landings.event;

  private readonly known = new Map<string, Check>();
  private readonly wanted = new Map<string, vscode.Uri>();
  private readonly marks = new Map<string, string>();
  private readonly stop = new AbortController();
  private running = false;
  private timer: NodeJS.Timeout | undefined;
  private watchers: vscode.Disposable | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const { workspace } = vscode;
    this.register(
      workspace.onDidSaveTextDocument((document) => {
        if (isBaselineDocument(document)) this.refresh(document.uri);
      }),
    );
    this.register(workspace.onDidChangeWorkspaceFolders(() => this.watch()));
    this.register(
      workspace.onDidChangeConfiguration((change) => {
        if (!change.affectsConfiguration(HISTORY_PATH)) return;
        this.watch();
        this.soon();
      }),
    );
    this.register({
      dispose: () => {
        this.stop.abort();
        clearTimeout(this.timer);
        this.watchers?.dispose();
      },
    });
    this.watch();
    this.soon();
  }

  /** What is known now; where that is nothing, it is found out and told by {@link onDidChange}. */
  of(baseline: vscode.Uri): Check | undefined {
    const found = this.known.get(baseline.toString());
    if (!found) this.want(baseline);
    return found;
  }

  /** To be looked at again, though nothing seems to have changed. */
  refresh(baseline: vscode.Uri): void {
    this.marks.delete(baseline.toString());
    this.want(baseline);
  }

  isDismissed(baseline: vscode.Uri, comparison: ComparisonDocument, metric: string): boolean {
    return this.dismissed().includes(dismissal(baseline, comparison, metric));
  }

  /** Until another run is the newest. */
  async dismiss(baseline: vscode.Uri, metrics: readonly string[]): Promise<void> {
    const { comparison } = this.known.get(baseline.toString()) ?? {};
    if (!comparison) return;
    const more = metrics.map((name) => dismissal(baseline, comparison, name));
    const all = [...new Set([...this.dismissed(), ...more])];
    await this.memory.update(DISMISSED, all.slice(-DISMISSED_KEPT));
    this.changes.fire(baseline);
  }

  /** Figures that are worse, decide, and were not dismissed. */
  regressions(baseline: vscode.Uri, comparison: ComparisonDocument): readonly DocumentMetric[] {
    return comparison.metrics.filter(
      ({ name, gates, verdict }) =>
        gates && verdict === 'regressed' && !this.isDismissed(baseline, comparison, name),
    );
  }

  private dismissed(): readonly string[] {
    return this.memory.get<readonly string[]>(DISMISSED, []);
  }

  /** A run has landed, or a baseline: those that are open and those of the workspace are looked at. */
  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.landings.fire();
      void this.lookAtAll();
    }, SETTLE_MS);
  }

  private async lookAtAll(): Promise<void> {
    const open = vscode.workspace.textDocuments.filter(isBaselineDocument).map(({ uri }) => uri);
    const found = await vscode.workspace.findFiles(
      '**/*.profile-baseline.json',
      undefined,
      BASELINES_LOOKED_AT,
    );
    for (const uri of [...open, ...found]) this.want(uri);
  }

  private watch(): void {
    this.watchers?.dispose();
    const events: vscode.Disposable[] = [];
    const follow = (pattern: vscode.GlobPattern) => {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      events.push(watcher);
      for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
        events.push(event(() => this.soon()));
      }
    };
    follow('**/*.profile-baseline.json');
    for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
      const history = historyOf(vscode.Uri.joinPath(uri, 'any'));
      if (isServer(history)) continue;
      const inside = path.relative(uri.fsPath, history);
      const [base, pattern] = inside.startsWith('..')
        ? [path.dirname(history), path.basename(history)]
        : [uri.fsPath, inside.split(path.sep).join('/')];
      follow(new vscode.RelativePattern(vscode.Uri.file(base), pattern));
    }
    this.watchers = vscode.Disposable.from(...events);
  }

  private want(baseline: vscode.Uri): void {
    this.wanted.set(baseline.toString(), baseline);
    if (!this.running) void this.work();
  }

  private async work(): Promise<void> {
    this.running = true;
    try {
      for (;;) {
        const [next] = this.wanted;
        if (!next || this.isDisposed) return;
        const [key, baseline] = next;
        this.wanted.delete(key);
        await this.check(key, baseline);
      }
    } finally {
      this.running = false;
    }
  }

  private async check(key: string, baseline: vscode.Uri): Promise<void> {
    const history = historyOf(baseline);
    const file = await fileMark(baseline.fsPath);
    if (file === undefined) {
      this.marks.delete(key);
      if (this.known.delete(key)) this.changes.fire(baseline);
      return;
    }
    const mark = isServer(history) ? undefined : `${file} ${history} ${await fileMark(history)}`;
    if (mark !== undefined && mark === this.marks.get(key)) return;
    const result = await this.compare(baseline, history);
    if (this.isDisposed) return;
    if (mark !== undefined) this.marks.set(key, mark);
    this.known.set(key, result);
    this.changes.fire(baseline);
  }

  private async compare(baseline: vscode.Uri, history: string): Promise<Check> {
    if (!isServer(history) && !(await stat(history).catch(() => undefined))) {
      return { why: vscode.l10n.t('No run is kept in {0} yet.', history) };
    }
    const args = ['--history', history, '--baseline', baseline.fsPath];
    try {
      return {
        comparison: await compareBy(this.cli, args, homeOf(baseline), this.stop.signal),
      };
    } catch (error) {
      const { message } = toFailure(error);
      this.log.warn(`${baseline.fsPath}: ${message}`);
      return { why: message };
    }
  }
}

function dismissal(baseline: vscode.Uri, comparison: ComparisonDocument, metric: string): string {
  const current = metricOf(comparison, metric)?.current;
  return JSON.stringify([baseline.toString(), runMark(comparison), metric, current]);
}
