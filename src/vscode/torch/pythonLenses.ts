/**
 * Above lines of Python: their share of GPU time, and how it changed since the
 * baseline's run. Nothing is there until a person asks for it, a file's lenses
 * open one file at a time, and one command clears them all.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { toFailure } from '../../engine/failure';
import type { ProfileRegistry } from '../../engine/registry';
import { BASELINE_SUFFIX, readBaseline } from '../../history/baseline';
import { formatShare } from '../../profile/format';
import { commandIds } from '../commands/ids';
import { Disposable } from '../disposable';
import { isTraceName } from '../file';
import { sharesOf, type Heat, type PythonPlace, type PythonShares } from './heat';

const BASELINES_LOOKED_AT = 20;
const EXPORT = /\.(sqlite3?|db)$/i;

interface Before {
  readonly name: string;
  readonly shares: PythonShares;
}

export class PythonLenses extends Disposable implements vscode.CodeLensProvider {
  private readonly changes = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changes.event;
  private readonly open = new Set<string>();
  /** Registered while there is something to show: editors without it ask nothing. */
  private provider: vscode.Disposable | undefined;
  private before: Before | undefined;
  private asked: AbortController | undefined;

  constructor(
    private readonly heat: Heat,
    private readonly registry: ProfileRegistry,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(heat.onDidChange(() => this.follow()));
    this.register(
      vscode.commands.registerCommand(commandIds.togglePythonLenses, (uri: string) => {
        if (!this.open.delete(uri)) this.open.add(uri);
        this.changes.fire();
      }),
    );
    this.register({
      dispose: () => {
        this.asked?.abort();
        this.provider?.dispose();
      },
    });
  }

  private follow(): void {
    this.asked?.abort();
    this.before = undefined;
    const { shown } = this.heat;
    if (!shown) {
      this.open.clear();
      this.provider?.dispose();
      this.provider = undefined;
      return;
    }
    this.provider ??= vscode.languages.registerCodeLensProvider(
      [{ language: 'python' }, { pattern: '**/*.py' }],
      this,
    );
    this.changes.fire();
    this.asked = new AbortController();
    void this.readBefore(shown.shownPath, this.asked.signal);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { shown } = this.heat;
    const places = this.heat.placesIn(document);
    if (!shown || places.length === 0) return [];
    const uri = document.uri.toString();
    const isOpen = this.open.has(uri);
    const top = lens(
      0,
      isOpen
        ? vscode.l10n.t('$(flame) Hide GPU time of this file')
        : vscode.l10n.t(
            '$(flame) Show GPU time in this file, by {0} ({1})',
            plain(path.basename(shown.shownPath)),
            places.length,
          ),
      commandIds.togglePythonLenses,
      uri,
    );
    if (!isOpen) return [top];
    const profile = vscode.Uri.file(shown.shownPath);
    return [
      top,
      ...places.map((place) =>
        lens(place.at - 1, this.title(place), commandIds.openProfileAt, profile, place.place),
      ),
    ];
  }

  private title({ key, share, modules }: PythonPlace): string {
    const { before } = this;
    const earlier = before?.shares.get(key);
    return [
      vscode.l10n.t('{0} of GPU time', formatShare(share)),
      modules !== undefined && modules > 1 && vscode.l10n.t('in {0} modules', modules),
      before &&
        (earlier === undefined
          ? vscode.l10n.t('not in {0}', plain(before.name))
          : vscode.l10n.t('{0} points against {1}', points(share - earlier), plain(before.name))),
    ]
      .filter((part) => typeof part === 'string')
      .join(', ');
  }

  /** The run that a baseline of this workspace was set from, where it is of the same kind and still there. */
  private async readBefore(current: string, signal: AbortSignal): Promise<void> {
    const file = await earlierRun(current);
    if (file === undefined || signal.aborted) return;
    const lease = this.registry.acquire(file, file);
    try {
      const lines = await lease.client.call('pythonLines', {}, signal);
      const ranges = lines.length > 0 ? [] : await lease.client.call('pythonRanges', {}, signal);
      if (signal.aborted || this.isDisposed) return;
      this.before = { name: path.basename(file), shares: sharesOf(lines, ranges) };
      this.changes.fire();
    } catch (error) {
      if (!signal.aborted) this.log.info(`${file}: ${toFailure(error).message}`);
    } finally {
      lease.dispose();
    }
  }
}

async function earlierRun(current: string): Promise<string | undefined> {
  const baselines = await vscode.workspace.findFiles(
    `**/*${BASELINE_SUFFIX}`,
    undefined,
    BASELINES_LOOKED_AT,
  );
  for (const uri of baselines) {
    const home = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(uri.fsPath);
    try {
      const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
      const file = path.resolve(home, readBaseline(text).provenance.run);
      if (file === current || isTraceName(file) !== isTraceName(current)) continue;
      if (!isTraceName(file) && !EXPORT.test(file)) continue;
      if ((await stat(file)).isFile()) return file;
    } catch {
      // A baseline that cannot be read, or whose run is gone, is none to compare with.
    }
  }
  return undefined;
}

/** Names are text: a lens would draw `$(name)` as a picture. */
const plain = (text: string): string => text.replaceAll('$(', '$\u200b(');

const points = (share: number): string =>
  `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;

function lens(line: number, title: string, command: string, ...args: unknown[]): vscode.CodeLens {
  return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
    title,
    command,
    arguments: args,
  });
}
