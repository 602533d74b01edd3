/** Share of GPU time beside the lines of Python that asked for it; off until it is wanted. */
import * as vscode from 'vscode';
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { Result } from '../../protocol/requests';
import { toFailure } from '../../engine/failure';
import { Disposable } from '../disposable';
import type { ProfileDocument } from '../profileDocument';
import { commonTail, currentLine, functionOf } from './match';

type Line = Result<'pythonLines'>[number];

/** Less is no place to look at. */
const LEAST_SHARE = 0.0005;

export class Heat extends Disposable {
  private readonly decoration = this.register(
    vscode.window.createTextEditorDecorationType({
      after: {
        margin: '0 0 0 3em',
        color: new vscode.ThemeColor('editorCodeLens.foreground'),
      },
      overviewRulerColor: new vscode.ThemeColor('charts.orange'),
      overviewRulerLane: vscode.OverviewRulerLane.Right,
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
    }),
  );
  /** Lines of each file by the last part of its path. */
  private lines = new Map<string, Map<string, Line[]>>();
  private asked: AbortController | undefined;

  constructor() {
    super();
    this.register(vscode.window.onDidChangeVisibleTextEditors(() => this.decorate()));
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (this.isOn) this.decorate(document);
      }),
    );
    this.register({ dispose: () => this.asked?.abort() });
  }

  get isOn(): boolean {
    return this.lines.size > 0;
  }

  /** Takes the lines of one profile in place of those of the last. */
  async show(document: ProfileDocument): Promise<void> {
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    let lines: Result<'pythonLines'>;
    try {
      lines = await document.call('pythonLines', {}, asked.signal);
    } catch (error) {
      const { code, message } = toFailure(error);
      if (code !== 'cancelled') void vscode.window.showErrorMessage(message);
      return;
    }
    if (this.isDisposed || asked.signal.aborted) return;
    if (lines.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          'This trace has no Python stacks. Record them with --profiler-config.torch_profiler_with_stack=true and profile again.',
        ),
      );
      return;
    }
    this.lines = byFile(lines);
    this.decorate();
    void vscode.window.setStatusBarMessage(
      vscode.l10n.t(
        'GPU time is shown beside {0} Python functions in files of this workspace',
        formatCount(lines.length),
      ),
      8000,
    );
  }

  clear(): void {
    this.asked?.abort();
    this.lines = new Map();
    for (const editor of vscode.window.visibleTextEditors) {
      editor.setDecorations(this.decoration, []);
    }
  }

  /** What would stand beside the lines of a document. */
  notesFor(document: vscode.TextDocument): readonly vscode.DecorationOptions[] {
    const lines = this.linesOf(document);
    if (lines.length === 0) return [];
    const text = document.getText().split(/\r?\n/);
    const notes = new Map<number, vscode.DecorationOptions>();
    for (const line of lines) {
      if (line.share < LEAST_SHARE) continue;
      const at = currentLine(text, line.source!.line, functionOf(line.name));
      if (at === undefined || notes.has(at)) continue;
      notes.set(at, note(document.lineAt(at - 1).range, line));
    }
    return [...notes.values()];
  }

  private decorate(only?: vscode.TextDocument): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (only && editor.document !== only) continue;
      editor.setDecorations(this.decoration, this.notesFor(editor.document));
    }
  }

  /** Of the files that the trace names, the one that this document fits best. */
  private linesOf({ uri, languageId }: vscode.TextDocument): readonly Line[] {
    if (languageId !== 'python' && !/\.py$/i.test(uri.path)) return [];
    const files = this.lines.get(lastPart(uri.path));
    let best: readonly Line[] = [];
    let most = 0;
    for (const [file, lines] of files ?? []) {
      const common = commonTail(file, uri.path);
      if (common <= most) continue;
      most = common;
      best = lines;
    }
    return best;
  }
}

const lastPart = (file: string): string => file.split(/[\\/]+/).at(-1) ?? '';

function byFile(lines: Result<'pythonLines'>): Map<string, Map<string, Line[]>> {
  const files = new Map<string, Map<string, Line[]>>();
  for (const line of lines) {
    const { file } = line.source!;
    const name = lastPart(file);
    let named = files.get(name);
    if (!named) files.set(name, (named = new Map<string, Line[]>()));
    const own = named.get(file);
    if (own) own.push(line);
    else named.set(file, [line]);
  }
  return files;
}

function note(range: vscode.Range, line: Line): vscode.DecorationOptions {
  const hover = new vscode.MarkdownString();
  // Names come from the trace: text, never markup.
  hover.appendText(
    vscode.l10n.t(
      'GPU work launched under {0}: {1} ({2}), {3} of it by no other Python call in it; {4} kernels, copies and fills.',
      functionOf(line.name),
      formatTime(line.total),
      formatShare(line.share),
      formatTime(line.own),
      formatCount(line.count),
    ),
  );
  return {
    range: new vscode.Range(range.end, range.end),
    hoverMessage: hover,
    renderOptions: {
      after: { contentText: vscode.l10n.t('{0} of GPU time', formatShare(line.share)) },
    },
  };
}
