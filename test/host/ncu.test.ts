/** Nsight Compute results in the real VS Code: which editor opens, what it reads, what it is linked with. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { twoGpusResults } from '../data/ncu';
import { eventually, until } from '../harness/patience';
import { twoGpus } from '../harness/two-gpus';

type OpenProfile = ReturnType<ProfileMateApi['openProfiles']>[number];

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;
const recordedIn = twoGpus();

describe('the editor of Nsight Compute results', () => {
  let api: ProfileMateApi;
  let folder: string;

  before(async () => {
    api = await extension.activate();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-ncu-host-'));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all profiles are closed', () => api.openProfiles().length === 0);
    assert.equal(api.reads, 0, 'a profile is held though no editor shows it');
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, content = twoGpusResults()): vscode.Uri {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return vscode.Uri.file(file);
  }

  const profile = (uri: vscode.Uri): OpenProfile | undefined =>
    api.openProfiles().find((open) => open.uri === uri.toString());

  async function settled(uri: vscode.Uri): Promise<OpenProfile> {
    await until(`${uri.fsPath} is read`, () => {
      const open = profile(uri);
      return open?.failure !== undefined || open?.status?.stage === 'complete';
    });
    return profile(uri)!;
  }

  it('is the default for *.ncu.csv', async () => {
    const uri = write('run.ncu.csv');
    await vscode.commands.executeCommand('vscode.open', uri);
    const { viewType, status, failure } = await settled(uri);
    assert.equal(failure, undefined);
    assert.equal(viewType, 'profilemate.ncu');
    await until('it is shown', () => activeViewType() === 'profilemate.ncu');
    assert.equal(status?.format, 'ncu');
    assert.deepEqual(status.devices, [{ index: 0, name: 'NVIDIA H100 80GB HBM3' }]);
  });

  it('leaves other CSV files to others, and opens them when asked', async () => {
    const uri = write('run.csv');
    await vscode.commands.executeCommand('vscode.open', uri);
    await until(
      'it is shown',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'run.csv',
    );
    assert.equal(profile(uri), undefined);
    await vscode.commands.executeCommand('profilemate.openAsNcu', uri);
    assert.equal((await settled(uri)).viewType, 'profilemate.ncuAny');
  });

  it('says in a sentence why a file is no page', async () => {
    const uri = write('log.ncu.csv', '==PROF== Connected to process 1 (/bin/true)\n');
    await vscode.commands.executeCommand('vscode.open', uri);
    const { failure } = await settled(uri);
    assert.equal(failure?.code, 'not-a-profile');
    assert.match(failure.message, /no kernel was captured/);
  });

  it('is linked with a timeline, now and when it is opened again', async () => {
    const uri = write('run.ncu.csv');
    const timeline = path.join(folder, 'run.nsys.sqlite');
    copyFileSync(recordedIn, timeline);
    await vscode.commands.executeCommand('vscode.open', uri);
    await settled(uri);
    await vscode.commands.executeCommand('profilemate.link', vscode.Uri.file(timeline));
    await until('it is linked', () => profile(uri)?.status?.link !== undefined);
    const { status: before } = profile(uri)!;
    assert.deepEqual(before?.link, { path: timeline });

    await vscode.commands.executeCommand('profilemate.reload');
    await until('it is read and linked again', () => {
      const { status } = profile(uri)!;
      return status !== before && status?.link?.path === timeline;
    });

    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('it is closed', () => api.openProfiles().length === 0);
    await vscode.commands.executeCommand('vscode.open', uri);
    await until('it is linked as before', () => profile(uri)?.status?.link?.path === timeline);
  });

  it('links results beside a timeline, and says where they cannot be read', async () => {
    const results = write('kernels.csv');
    const uri = vscode.Uri.file(path.join(folder, 'run.nsys.sqlite'));
    copyFileSync(recordedIn, uri.fsPath);
    await vscode.commands.executeCommand('vscode.open', uri);
    await settled(uri);
    await vscode.commands.executeCommand('profilemate.link', results);
    await eventually(() => assert.deepEqual(profile(uri)?.status?.link, { path: results.fsPath }));
    const nothing = vscode.Uri.file(path.join(folder, 'nothing.csv'));
    await vscode.commands.executeCommand('profilemate.link', nothing);
    await eventually(() =>
      assert.match(profile(uri)?.status?.link?.failure ?? '', /nothing\.csv does not exist/),
    );
    assert.equal(profile(uri)?.failure, undefined, 'the timeline itself is as good as before');
  });

  describe('for a report', () => {
    const setting = (value: string | undefined) =>
      vscode.workspace
        .getConfiguration('profilemate')
        .update('ncu.path', value, vscode.ConfigurationTarget.Global);
    afterEach(() => setting(undefined));

    /** Prints a page, as ncu does; notes its arguments. */
    async function standIn(body: string): Promise<string> {
      const ncu = path.join(folder, 'my ncu');
      const notes = path.join(folder, 'arguments');
      writeFileSync(ncu, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${notes}'\n${body}\n`);
      chmodSync(ncu, 0o755);
      await setting(ncu);
      return notes;
    }

    it('prints it with ncu into its own storage, once', async () => {
      const page = write('page', twoGpusResults()).fsPath;
      const notes = await standIn(`cat '${page}'`);
      const uri = write(`it's a $(run).ncu-rep`, 'NVR\0');
      await vscode.commands.executeCommand('vscode.open', uri);
      const open = await settled(uri);
      assert.equal(open.failure, undefined, open.failure?.message);
      assert.equal(open.viewType, 'profilemate.ncu');
      assert.equal(open.status?.path, uri.fsPath);
      const expected = ['--import', uri.fsPath, '--page', 'raw', '--csv', '--print-units', 'base'];
      const told = () => readFileSync(notes, 'utf8').trim().split('\n');
      assert.deepEqual(told(), expected);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('it is closed', () => api.openProfiles().length === 0);
      await vscode.commands.executeCommand('vscode.open', uri);
      await settled(uri);
      assert.deepEqual(told(), expected, 'printed twice');
    });

    it('hands on what ncu says against it', async () => {
      await standIn('echo "==ERROR== Failed to load report: newer version"; exit 1');
      const uri = write('new.ncu-rep', 'NVR\0');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'tool-failed');
      assert.match(failure.message, /Failed to load report: newer version/);
    });

    it('says what is needed where ncu is missing, and tries again when it is there', async () => {
      await setting(path.join(folder, 'nowhere'));
      const uri = write('run.ncu-rep', 'NVR\0');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'no-tool');
      assert.match(failure.message, /profilemate\.ncu\.path/);
      await standIn(`cat '${write('page').fsPath}'`);
      await until('the report is read', () => profile(uri)?.status?.stage === 'complete');
    });
  });

  describe('on real pages', () => {
    const real = path.join(
      process.env.PROFILEMATE_REAL_PROFILES ?? path.join(extension.extensionPath, '../shared/data'),
      'ncu',
    );
    const files = existsSync(real) ? readdirSync(real).filter((name) => name.endsWith('.csv')) : [];
    it(`opens each of ${files.length}, or says why not`, async function () {
      if (files.length === 0) {
        assert.ok(!existsSync(real), `${real} holds no page`);
        console.warn(`NOT TESTED: some 58 real pages, for ${real} is not there.`);
        return;
      }
      for (const name of files) {
        const uri = vscode.Uri.file(path.join(folder, name));
        copyFileSync(path.join(real, name), uri.fsPath);
        await vscode.commands.executeCommand('profilemate.openAsNcu', uri);
        const { status, failure } = await settled(uri);
        if (failure) {
          assert.equal(failure.code, 'not-a-profile', `${name}: ${failure.message}`);
          assert.match(
            name,
            /processed|benchmark_flash_attention|trtllm_decode|activation_relu/,
            failure.message,
          );
        } else assert.equal(status?.format, 'ncu');
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      }
    });
  });
});

function activeViewType(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom ? input.viewType : undefined;
}
