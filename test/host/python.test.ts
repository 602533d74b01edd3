/** Lenses in Python: nothing until a profile is asked for, one file at a time, with the change since the baseline. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { toFile } from '../data/sqlite';
import { vllm } from '../data/vllm';
import { until } from '../harness/patience';

describe('lenses above Python', function () {
  const { executeCommand } = vscode.commands;
  let folder: string;
  let source: vscode.Uri;
  let other: vscode.Uri;
  let api: ProfileMateApi;

  const run = (name: string, seed: number): vscode.Uri => {
    const file = path.join(folder, name);
    toFile(file, (sink) => vllm(sink, { steps: 30, layers: 3, ranks: 1, seed }));
    return vscode.Uri.file(file);
  };
  const write = (name: string, text: string): vscode.Uri => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return vscode.Uri.file(file);
  };
  const lenses = async (uri: vscode.Uri): Promise<readonly vscode.CodeLens[]> => {
    await vscode.workspace.openTextDocument(uri);
    const all = await executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
    return all.filter(({ command }) => command?.command.startsWith('profilemate.'));
  };
  const titles = async (uri: vscode.Uri) =>
    (await lenses(uri)).map(({ command }) => command!.title);

  before(async () => {
    const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;
    api = await extension.activate();
    folder = mkdtempSync(
      path.join(vscode.workspace.workspaceFolders![0].uri.fsPath, 'python-lenses-'),
    );
    source = write(
      'gpu_model_runner.py',
      'def execute_model(self):\n    with record("gpu_model_runner: forward"):\n        pass\n',
    );
    other = write('elsewhere.py', 'print("nothing of it")\n');
  });
  after(async () => {
    await executeCommand('profilemate.clearHeat');
    await executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  it('are not there until they are asked for', async () => {
    assert.deepEqual(await titles(source), []);
  });

  it('say the share of GPU time, and the change since the run of the baseline', async () => {
    const first = run('first.nsys.sqlite', 1);
    const second = run('second.nsys.sqlite', 2);
    const baseline = vscode.Uri.file(path.join(folder, 'model.profile-baseline.json'));
    await executeCommand('profilemate.setBaseline', first, baseline);
    await executeCommand('vscode.open', second);
    await until('it is read', () =>
      api.openProfiles().some(({ status }) => status?.stage === 'complete'),
    );
    await executeCommand('profilemate.showHeat');

    await until('the lens is there', async () => (await lenses(source)).length > 0);
    const [top, ...closed] = await lenses(source);
    assert.match(top.command!.title, /Show GPU time in this file, by second\.nsys\.sqlite \(1\)/);
    assert.deepEqual(closed, []);
    assert.deepEqual(await titles(other), []);

    await executeCommand(top.command!.command, ...(top.command!.arguments as unknown[]));
    await until('the change is known', async () =>
      (await titles(source)).some((title) =>
        /^\d+(\.\d+)? % of GPU time, [+−]\d+\.\d points against first\.nsys\.sqlite$/.test(title),
      ),
    );
    const place = (await lenses(source)).at(-1)!;
    assert.equal(place.range.start.line, 1);
  });

  it('are cleared by one command', async () => {
    await executeCommand('profilemate.clearHeat');
    await until('they are gone', async () => (await titles(source)).length === 0);
  });
});
