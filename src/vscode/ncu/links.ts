import * as vscode from 'vscode';

const KEY = 'links';
/** The latest are kept; who opens a file after a thousand others can link it anew. */
const KEPT = 1000;

/** Which file is read beside which, remembered with the workspace. */
export class Links {
  constructor(private readonly memory: vscode.Memento) {}

  /** Null where the person wants none; undefined where nobody has chosen. */
  get(uri: vscode.Uri): string | null | undefined {
    return this.all()[uri.toString()];
  }

  /** Paths of all files that are read beside it, or beside which it is read. */
  linkedWith(uri: vscode.Uri): readonly string[] {
    const own = this.get(uri);
    const others = Object.entries(this.all())
      .filter(([, other]) => other === uri.fsPath)
      .map(([name]) => vscode.Uri.parse(name).fsPath);
    return typeof own === 'string' ? [own, ...others] : others;
  }

  async set(uri: vscode.Uri, other: string | null): Promise<void> {
    const key = uri.toString();
    const entries = Object.entries(this.all())
      .filter(([name]) => name !== key)
      .slice(1 - KEPT);
    entries.push([key, other]);
    await this.memory.update(KEY, Object.fromEntries(entries));
  }

  private all(): Readonly<Record<string, string | null>> {
    return this.memory.get<Record<string, string | null>>(KEY) ?? {};
  }
}
