/** Profiling from the editor: its tasks, its commands, and the view of its runs. */
import * as vscode from 'vscode';
import type { CaptureResult } from '../../capture/run';
import { readRecord } from '../../capture/run-folder';
import { Disposable } from '../disposable';
import { registerCaptureCommands } from './commands';
import { TASK_TYPE } from './definition';
import { ShownTexts } from './planPreview';
import { CaptureProgress } from './progress';
import { Remembered } from './remembered';
import { openResults, showFailure } from './results';
import { RunsTree } from './runsTree';
import { type Run, stagesBefore } from './runs';
import { CaptureSession } from './session';
import { CaptureTasks } from './tasks';

export class Captures extends Disposable {
  private readonly session: CaptureSession;
  private readonly tree: RunsTree;
  private result: CaptureResult | undefined;

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const { extensionPath, workspaceState } = context;
    const session = (this.session = this.register(new CaptureSession(extensionPath)));
    const remembered = new Remembered(workspaceState);
    const tasks = new CaptureTasks(session, remembered, extensionPath);
    const texts = this.register(new ShownTexts());
    const tree = (this.tree = this.register(new RunsTree(session)));
    this.register(new CaptureProgress(session, (settings) => stagesBefore(tree.runs, settings)));
    this.register(vscode.tasks.registerTaskProvider(TASK_TYPE, tasks));
    this.register(
      registerCaptureCommands({ extensionPath, session, tasks, remembered, texts, tree, log }),
    );
    this.register(session.onDidEnd(({ result }) => void this.show(result)));
  }

  get onDidEnd(): CaptureSession['onDidEnd'] {
    return this.session.onDidEnd;
  }

  get onDidChangeRuns(): RunsTree['onDidChangeTreeData'] {
    return this.tree.onDidChangeTreeData;
  }

  /** What the view of runs shows. */
  get runs(): readonly Run[] {
    return this.tree.runs;
  }

  /** The stage of the run under way; undefined where there is none. */
  get stage(): string | undefined {
    return this.session.active?.stage;
  }

  /** How the last run of this window ended. */
  get last(): CaptureResult | undefined {
    return this.result;
  }

  /** Resolves when nothing of a run is left. */
  end(): Promise<void> {
    return this.session.end();
  }

  private async show(result: CaptureResult): Promise<void> {
    this.result = result;
    if (result.state === 'done') {
      await openResults({ folder: result.folder, record: result.record });
    } else if (result.state === 'failed') {
      this.log.error(result.failure);
      await showFailure(result.failure.message, await recorded(result.folder));
    }
  }
}

async function recorded(folder: string | undefined): Promise<Run | undefined> {
  if (folder === undefined) return undefined;
  const record = await readRecord(folder);
  return record && { folder, record };
}
