/** Runs in the real VS Code: from a folder or any of its files to one thing with its parts joined. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { benchServe, runFolder, type RunTruth } from '../data/run';
import { eventually, until } from '../harness/patience';

type OpenProfile = ReturnType<ProfileMateApi['openProfiles']>[number];

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;

describe('a run', () => {
  let api: ProfileMateApi;
  let folder: string;
  let truth: RunTruth;

  before(async () => {
    api = await extension.activate();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate run host '));
    truth = runFolder(path.join(folder, 'run'), { timeline: { steps: 8, layers: 2, ranks: 1 } });
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all profiles are closed', () => api.openProfiles().length === 0);
    assert.equal(api.reads, 0, 'a profile is held though no editor shows it');
    rmSync(folder, { recursive: true, force: true });
  });

  const inRun = (name: string): vscode.Uri => vscode.Uri.file(path.join(truth.folder, name));
  const profile = (uri: vscode.Uri): OpenProfile | undefined =>
    api.openProfiles().find((open) => open.uri === uri.toString());
  const activeInput = (): unknown => vscode.window.tabGroups.activeTabGroup.activeTab?.input;

  it('opens from its folder and its record as the first of its profiles', async () => {
    for (const place of [vscode.Uri.file(truth.folder), inRun('run.json'), inRun('logs')]) {
      await vscode.commands.executeCommand('profilemate.openAsRun', place);
      await until('the timeline is open', () => api.openProfiles().length === 1);
      assert.equal(api.openProfiles()[0].uri, inRun('timeline.nsys.sqlite').toString());
      await until('it knows its run', () => api.openProfiles()[0].run === truth.folder);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('it is closed', () => api.openProfiles().length === 0);
    }
  });

  it('has timeline and kernel metrics linked, both ways, each by the folder', async () => {
    const [timeline, kernels] = [inRun('timeline.nsys.sqlite'), inRun('kernels.csv')];
    await vscode.commands.executeCommand('vscode.open', timeline);
    await until('the metrics are linked', () => profile(timeline)?.status?.link !== undefined);
    assert.deepEqual(profile(timeline)!.status!.link, { path: kernels.fsPath, byRun: true });

    await vscode.commands.executeCommand('profilemate.openAsNcu', kernels);
    await until('the timeline is linked', () => profile(kernels)?.status?.link !== undefined);
    assert.deepEqual(profile(kernels)!.status!.link, { path: timeline.fsPath, byRun: true });

    // What the person chooses goes before.
    const other = path.join(folder, 'other.csv');
    copyFileSync(kernels.fsPath, other);
    await vscode.commands.executeCommand('vscode.open', timeline);
    await vscode.commands.executeCommand('profilemate.link', vscode.Uri.file(other));
    await eventually(() => assert.deepEqual(profile(timeline)!.status!.link, { path: other }));
  });

  it('is its page alone where it left no profile', async () => {
    const failed = runFolder(path.join(folder, 'failed'), { failed: true, parts: [] });
    await vscode.commands.executeCommand('profilemate.openAsRun', vscode.Uri.file(failed.folder));
    await eventually(() => {
      const input = activeInput();
      assert.ok(input instanceof vscode.TabInputCustom);
      assert.equal(input.viewType, 'profilemate.run');
      assert.equal(input.uri.fsPath, path.join(failed.folder, 'run.json'));
    });
    assert.equal(api.openProfiles().length, 0);
  });

  it('is none without a record, but a profile knows of a client’s figures beside it', async () => {
    const loose = path.join(folder, 'loose');
    mkdirSync(loose);
    const uri = vscode.Uri.file(path.join(loose, 'run.nsys.sqlite'));
    copyFileSync(inRun('timeline.nsys.sqlite').fsPath, uri.fsPath);
    await vscode.commands.executeCommand('profilemate.openAsRun', vscode.Uri.file(loose));
    await until('nothing is shown', () => activeInput() === undefined);

    await vscode.commands.executeCommand('vscode.open', uri);
    await until('it is read', () => profile(uri)?.status?.stage === 'complete');
    assert.equal(profile(uri)?.run, undefined);
    // Measured while it is open. A folder made just before may not be watched yet, and what
    // happened in it until then is never told: it is written until it is seen.
    await until('the figures are found', async () => {
      writeFileSync(path.join(loose, 'bench.json'), JSON.stringify(benchServe(truth.client)));
      await sleep(2_000);
      return profile(uri)?.run === loose;
    });
    assert.equal(profile(uri)?.status?.link, undefined);
  });

  it('leads to a place in a profile of any kind, whatever is open already', async () => {
    const [timeline, kernels] = [inRun('timeline.nsys.sqlite'), inRun('kernels.csv')];
    for (const [uri, viewType] of [
      [timeline, 'profilemate.nsys'],
      [kernels, 'profilemate.ncuAny'],
      [timeline, 'profilemate.nsys'],
    ] as const) {
      await vscode.commands.executeCommand('profilemate.openProfileAt', uri, { tab: 'kernels' });
      await eventually(() => {
        const input = activeInput();
        assert.ok(input instanceof vscode.TabInputCustom);
        assert.deepEqual([input.uri.toString(), input.viewType], [uri.toString(), viewType]);
      });
    }
    assert.equal(api.openProfiles().length, 2);
  });
});
