/**
 * Share of GPU time at the lines of Python that asked for it; off until it is
 * wanted. Of traces with stacks it stands beside the functions; what is known of
 * a file, of stacks and of ranges, is asked for by the lenses.
 */
import * as vscode from 'vscode';
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { ProfilePlace } from '../../protocol/place';
import type { Result } from '../../protocol/requests';
import { toFailure } from '../../engine/failure';
import { Disposable } from '../disposable';
import type { ProfileDocument } from '../profileDocument';
import { commonTail, currentLine, functionOf } from './match';
import { rangePlaces } from './rangePlaces';

type Line = Result<'pythonLines'>[number];

/** What a profile says of a line. */
export interface PythonPlace {
  /** From 1. */
  readonly at: number;
  /** The same for the same thing in another profile. */
  readonly key: string;
  readonly name: string;
  readonly share: number;
  /** How many modules it stands for, of a module. */
  readonly modules?: number;
  /** Where in the profile it is seen. */
  readonly place: ProfilePlace;
}

/** Shares by the key of {@link PythonPlace}. */
export type PythonShares = ReadonlyMap<string, number>;

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
  private readonly changes = this.register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changes.event;
  private ranges: Result<'pythonRanges'> = [];
  private source: ProfileDocument | undefined;
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
    return this.lines.size > 0 || this.ranges.length > 0;
  }

  /** The profile whose figures are shown. */
  get shown(): ProfileDocument | undefined {
    return this.isOn ? this.source : undefined;
  }

  /** Takes the lines of one profile in place of those of the last. */
  async show(document: ProfileDocument): Promise<void> {
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    let lines: Result<'pythonLines'>;
    let ranges: Result<'pythonRanges'>;
    try {
      lines = await document.call('pythonLines', {}, asked.signal);
      ranges = lines.length > 0 ? [] : await document.call('pythonRanges', {}, asked.signal);
    } catch (error) {
      const { code, message } = toFailure(error);
      if (code !== 'cancelled') void vscode.window.showErrorMessage(message);
      return;
    }
    if (this.isDisposed || asked.signal.aborted) return;
    if (lines.length === 0 && ranges.length === 0) {
      void vscode.window.showInformationMessage(
        document.status?.torch
          ? vscode.l10n.t(
              'This trace has no Python stacks. Record them with --profiler-config.torch_profiler_with_stack=true and profile again.',
            )
          : vscode.l10n.t(
              'This profile has no ranges with GPU work. Record them with nsys profile -t cuda,nvtx, and modules with --enable-layerwise-nvtx-tracing.',
            ),
      );
      return;
    }
    this.ranges = ranges;
    this.source = document;
    this.lines = byFile(lines);
    this.decorate();
    this.changes.fire();
    void vscode.window.setStatusBarMessage(
      lines.length > 0
        ? vscode.l10n.t(
            'GPU time is shown beside Python functions: {0} are in the trace',
            formatCount(lines.length),
          )
        : vscode.l10n.t(
            'GPU time is shown above Python lines that ranges name: {0} are in the profile',
            formatCount(ranges.length),
          ),
      8000,
    );
  }

  clear(): void {
    this.asked?.abort();
    this.lines = new Map();
    this.ranges = [];
    this.source = undefined;
    this.changes.fire();
    for (const editor of vscode.window.visibleTextEditors) {
      editor.setDecorations(this.decoration, []);
    }
  }

  /** What would stand beside the lines of a document. */
  notesFor(document: vscode.TextDocument): readonly vscode.DecorationOptions[] {
    return this.functionsIn(document).map(({ at, line }) =>
      note(document.lineAt(at - 1).range, line),
    );
  }

  /** What is known of a document, in its order. Linear in its text. */
  placesIn(document: vscode.TextDocument): readonly PythonPlace[] {
    if (!isPython(document)) return [];
    if (this.ranges.length === 0) {
      return this.functionsIn(document)
        .map(({ at, line }) => ({
          at,
          key: keyOfLine(line),
          name: functionOf(line.name),
          share: line.share,
          place: { tab: 'flame' } as const,
        }))
        .sort((a, b) => a.at - b.at);
    }
    return rangePlaces(document.getText().split(/\r?\n/), this.ranges)
      .filter(({ range }) => range.share >= LEAST_SHARE)
      .map(({ at, range }) => ({
        at,
        key: keyOfRange(range),
        name: range.name,
        share: range.share,
        ...(range.kind === 'module' && { modules: range.modules }),
        place: { tab: 'ranges', filter: `"${range.name.replaceAll('"', '')}"` } as const,
      }));
  }

  private functionsIn(document: vscode.TextDocument): readonly { at: number; line: Line }[] {
    const lines = this.linesOf(document);
    if (lines.length === 0) return [];
    const text = document.getText().split(/\r?\n/);
    const found = new Map<number, Line>();
    for (const line of lines) {
      if (line.share < LEAST_SHARE) continue;
      const at = currentLine(text, line.source!.line, functionOf(line.name));
      if (at !== undefined && !found.has(at)) found.set(at, line);
    }
    return [...found].map(([at, line]) => ({ at, line }));
  }

  private decorate(only?: vscode.TextDocument): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (only && editor.document !== only) continue;
      editor.setDecorations(this.decoration, this.notesFor(editor.document));
    }
  }

  /** Of the files that the trace names, the one that this document fits best. */
  private linesOf(document: vscode.TextDocument): readonly Line[] {
    if (!isPython(document)) return [];
    const { uri } = document;
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

const isPython = ({ uri, languageId }: vscode.TextDocument): boolean =>
  languageId === 'python' || /\.py$/i.test(uri.path);

const keyOfLine = ({ name, source }: Line): string =>
  JSON.stringify([lastPart(source?.file ?? ''), functionOf(name)]);

const keyOfRange = ({ kind, owner, name }: Result<'pythonRanges'>[number]): string =>
  JSON.stringify([kind, owner, name]);

/** What another profile says of the same places. */
export function sharesOf(
  lines: Result<'pythonLines'>,
  ranges: Result<'pythonRanges'>,
): PythonShares {
  return new Map([
    // The heaviest comes first: of several functions of a name it stays.
    ...[...lines].reverse().map((line) => [keyOfLine(line), line.share] as const),
    ...ranges.map((range) => [keyOfRange(range), range.share] as const),
  ]);
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
