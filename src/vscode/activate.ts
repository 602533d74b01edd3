/** Puts the extension's parts together. */
import path from 'node:path';
import * as vscode from 'vscode';
import { ProfileRegistry } from '../engine/registry';
import { registerBaselines } from './baseline/register';
import { Captures } from './capture/register';
import { registerOpenAsProfile } from './commands/openAsProfile';
import { registerOpenProfileAt } from './commands/openProfileAt';
import { registerOpenSample } from './commands/openSample';
import { registerReload } from './commands/reload';
import { registerShowLog } from './commands/showLog';
import { registerLink } from './ncu/chooseLink';
import { Links } from './ncu/links';
import { registerOpenAsNcu } from './ncu/openAsNcu';
import { ProfileEditors, type OpenProfile } from './profileEditor';
import { registerOpenAsRun, runFolders } from './run/openAsRun';
import { registerRunEditor } from './run/runEditor';
import { ComponentRules } from './settings';
import { sessionFolders } from './session/folders';
import { registerOpenAsSession } from './session/openAsSession';
import { registerTorch } from './torch/commands';
import { Heat } from './torch/heat';
import { PythonLenses } from './torch/pythonLenses';

/** What `activate` returns to other extensions. */
export interface ProfileMateApi {
  /** The profiles open in editors, and how far each has been read. */
  openProfiles(): readonly OpenProfile[];
  /** How many files are being read or held; editors on one file share one. */
  readonly reads: number;
  /** Profiling runs: the one under way, and those of the workspace. */
  readonly captures: Pick<Captures, 'runs' | 'stage' | 'last'>;
}

/** A run under way, which has to end before the window does. */
let captures: Captures | undefined;

export function start(context: vscode.ExtensionContext): ProfileMateApi {
  const log = vscode.window.createOutputChannel('ProfileMate', { log: true });
  const registry = new ProfileRegistry(path.join(context.extensionUri.fsPath, 'dist', 'worker.js'));
  const links = new Links(context.workspaceState);
  const heat = new Heat();
  const editors = new ProfileEditors({ context, log, registry, links, heat });
  const rules = new ComponentRules(registry, log);
  void rules.apply();
  const runs = (captures = new Captures(context, log));
  context.subscriptions.push(
    log,
    registry,
    editors,
    rules,
    registerOpenSample(context.extensionUri),
    registerOpenAsProfile(),
    registerOpenAsNcu(),
    registerOpenProfileAt(editors),
    registerOpenAsSession(),
    sessionFolders(),
    registerOpenAsRun(editors),
    runFolders(),
    registerRunEditor(context.extensionUri, log),
    heat,
    new PythonLenses(heat, registry, log),
    registerTorch(editors, heat),
    registerLink(editors),
    registerBaselines({ context, log, editors, links, captures }),
    registerReload(editors),
    registerShowLog(log),
    runs,
  );
  return {
    openProfiles: () => editors.list(),
    captures: runs,
    get reads() {
      return registry.size;
    },
  };
}

/** Programs that a run has started must not outlive the window. */
export async function stop(): Promise<void> {
  await captures?.end();
}
