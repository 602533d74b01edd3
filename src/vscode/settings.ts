/** The settings, read where they are needed and checked there. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { parseRules, type ComponentRule } from '../analysis/components';
import type { ProfileRegistry } from '../engine/registry';
import { Disposable } from './disposable';

const section = () => vscode.workspace.getConfiguration('profilemate');

export const NSYS_PATH = 'profilemate.nsys.path';

/** Undefined where nsys is to be looked for. */
export function nsysPath(): string | undefined {
  return section().get<string>('nsys.path')?.trim() || undefined;
}

export const NCU_PATH = 'profilemate.ncu.path';

/** Undefined where ncu is to be looked for. */
export function ncuPath(): string | undefined {
  return section().get<string>('ncu.path')?.trim() || undefined;
}

const VLLM_PATH = 'profilemate.vllm.path';
const PYTHON_PATH = 'profilemate.python.path';

/** Where programs are, which is a matter of the machine. */
export const PROGRAM_PATHS: readonly string[] = [VLLM_PATH, NSYS_PATH, NCU_PATH, PYTHON_PATH];

/**
 * Shows settings where their values count: what belongs to a machine is, in a
 * remote window, among the settings of the remote one.
 */
export async function showSettings(...names: readonly string[]): Promise<void> {
  const query = `@id:${names.join(',')}`;
  if (vscode.env.remoteName === undefined || !names.every((name) => PROGRAM_PATHS.includes(name))) {
    await vscode.commands.executeCommand('workbench.action.openSettings', query);
  } else {
    await vscode.commands.executeCommand('workbench.action.openRemoteSettings', { query });
  }
}

/** Undefined where vllm is to be looked for. */
export function vllmPath(): string | undefined {
  return section().get<string>('vllm.path')?.trim() || undefined;
}

/** Undefined where python3 is to be looked for. */
export function pythonPath(): string | undefined {
  return section().get<string>('python.path')?.trim() || undefined;
}

export const CAPTURE_FOLDER = 'profilemate.capture.folder';

/** Where runs are kept; undefined where the usual place will do. */
export function captureFolder(): string | undefined {
  return section().get<string>('capture.folder')?.trim() || undefined;
}

const RULES = 'profilemate.componentRules';

/** Gives the engine the user's component rules, now and whenever they change. */
export class ComponentRules extends Disposable {
  /** What was last complained about: said once, not again for every window and edit elsewhere. */
  private complaint = '';

  constructor(
    private readonly registry: ProfileRegistry,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(RULES)) void this.apply();
      }),
    );
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.apply()));
  }

  async apply(): Promise<void> {
    const { rules, problems } = await this.read();
    if (this.isDisposed) return;
    this.registry.configure(rules);
    this.complain(problems);
  }

  private async read(): Promise<{
    readonly rules: readonly ComponentRule[];
    readonly problems: readonly string[];
  }> {
    const value = section().get<unknown>('componentRules');
    if (typeof value !== 'string') return parseRules(value ?? []);
    if (value.trim() === '') return parseRules([]);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const file = path.resolve(folder?.scheme === 'file' ? folder.fsPath : '/', value.trim());
    try {
      return parseRules(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return {
        rules: [],
        problems: [vscode.l10n.t('The component rules in {0} can not be read: {1}', file, why)],
      };
    }
  }

  private complain(problems: readonly string[]): void {
    const complaint = problems.join('\n');
    if (complaint === this.complaint) return;
    this.complaint = complaint;
    if (complaint === '') return;
    this.log.warn(complaint);
    const open = vscode.l10n.t('Open Settings');
    const message =
      problems.length === 1
        ? problems[0]
        : vscode.l10n.t('{0} (and {1} more, in the log)', problems[0], problems.length - 1);
    void vscode.window.showWarningMessage(message, open).then((choice) => {
      if (choice === open) void showSettings(RULES);
    });
  }
}
