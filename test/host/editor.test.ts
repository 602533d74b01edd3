/** Profiles in the real VS Code: which editor opens, how far it reads, and what it frees. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { until } from '../harness/patience';

type OpenProfile = ReturnType<ProfileMateApi['openProfiles']>[number];

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;
const sample = path.join(extension.extensionPath, 'media/sample/sample.nsys.sqlite');

describe('the profile editor', () => {
  let api: ProfileMateApi;
  let folder: string;

  before(async () => {
    api = await extension.activate();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-host-'));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all profiles are closed', () => api.openProfiles().length === 0);
    assert.equal(api.reads, 0, 'a profile is held though no editor shows it');
    rmSync(folder, { recursive: true, force: true });
  });

  function copyAs(name: string, of = sample): vscode.Uri {
    const file = path.join(folder, name);
    copyFileSync(of, file);
    return vscode.Uri.file(file);
  }

  function profile(uri: vscode.Uri): OpenProfile | undefined {
    return api.openProfiles().find((open) => open.uri === uri.toString());
  }

  /** The profile once it is read to its end, or refused. */
  async function settled(uri: vscode.Uri): Promise<OpenProfile> {
    await until(`${uri.fsPath} is read`, () => {
      const open = profile(uri);
      return open?.failure !== undefined || open?.status?.stage === 'complete';
    });
    return profile(uri)!;
  }

  async function complete(uri: vscode.Uri): Promise<OpenProfile> {
    const open = await settled(uri);
    assert.equal(open.failure, undefined, open.failure?.message);
    return open;
  }

  it('opens the sample by its command, which a GPU ran', async () => {
    await vscode.commands.executeCommand('profilemate.openSample');
    const open = await complete(vscode.Uri.file(sample));
    assert.equal(open.viewType, 'profilemate.nsys');
    assert.equal(open.status?.generated, false);
    assert.match(open.status.devices[0].name, /H100/);
  });

  it('is the default for *.nsys.sqlite', async () => {
    const uri = copyAs('run.nsys.sqlite');
    await vscode.commands.executeCommand('vscode.open', uri);
    const open = await complete(uri);
    assert.equal(open.viewType, 'profilemate.nsys');
    await until('it is shown', () => activeViewType() === 'profilemate.nsys');
    assert.ok(open.status!.devices.length > 0);
    assert.ok(open.status!.extent[1] > open.status!.extent[0]);
  });

  it('leaves other databases to others, and opens them when asked', async () => {
    const uri = copyAs('run.sqlite');
    await vscode.commands.executeCommand('vscode.open', uri);
    await until(
      'it is shown',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'run.sqlite',
    );
    assert.notEqual(activeViewType(), 'profilemate.nsysAny');
    assert.equal(profile(uri), undefined);
    await vscode.commands.executeCommand('profilemate.openAsProfile', uri);
    assert.equal((await complete(uri)).viewType, 'profilemate.nsysAny');
  });

  it('reads a file once for two editors on it', async () => {
    const uri = copyAs('run.nsys.sqlite');
    await vscode.commands.executeCommand('vscode.open', uri);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'profilemate.nsysAny', {
      viewColumn: vscode.ViewColumn.Beside,
    });
    await until('both editors are open', () => api.openProfiles().length === 2);
    assert.equal(api.reads, 1);
    await complete(uri);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await until('one editor is closed', () => api.openProfiles().length === 1);
    assert.equal(api.reads, 1);
    assert.equal(api.openProfiles()[0].status?.stage, 'complete');
  });

  it('notices that its file was written to, and reads again on demand', async () => {
    const uri = copyAs('run.nsys.sqlite');
    await vscode.commands.executeCommand('vscode.open', uri);
    const { size } = (await complete(uri)).status!;
    assert.equal(profile(uri)?.changed, false);
    appendFileSync(uri.fsPath, Buffer.alloc(4096));
    await until('the change is noticed', () => profile(uri)?.changed === true);
    assert.equal(profile(uri)?.status?.size, size, 'it was read again unasked');
    await vscode.commands.executeCommand('profilemate.reload');
    await until('the new size is known', () => (profile(uri)?.status?.size ?? 0) > size);
    await settled(uri);
    assert.equal(profile(uri)?.changed, false);
  });

  it('says in a sentence why a file is no profile', async () => {
    const uri = vscode.Uri.file(path.join(folder, 'notes.nsys.sqlite'));
    writeFileSync(uri.fsPath, 'not a database '.repeat(500));
    await vscode.commands.executeCommand('vscode.open', uri);
    const { failure } = await settled(uri);
    assert.equal(failure?.code, 'not-sqlite');
    assert.match(failure.message, /notes\.nsys\.sqlite/);
    // And again, when it is read again.
    writeFileSync(uri.fsPath, '');
    await vscode.commands.executeCommand('profilemate.reload');
    await until('it is refused anew', () => profile(uri)?.failure?.code === 'empty');
  });

  it('says so where there is no disk below a file', async () => {
    const provider = vscode.workspace.registerFileSystemProvider('memory', new OneFile());
    try {
      const uri = vscode.Uri.parse('memory:/run.nsys.sqlite');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'unreadable');
      assert.match(failure.message, /disk/);
    } finally {
      provider.dispose();
    }
  });

  describe('for a report', () => {
    const setting = (value: string | undefined) =>
      vscode.workspace
        .getConfiguration('profilemate')
        .update('nsys.path', value, vscode.ConfigurationTarget.Global);
    afterEach(() => setting(undefined));

    /** Does what nsys does: `export … -o OUTPUT REPORT`; notes its arguments. */
    async function standIn(version: string, body: string): Promise<string> {
      const nsys = path.join(folder, 'my nsys');
      const notes = path.join(folder, 'arguments');
      writeFileSync(
        nsys,
        `#!/bin/sh
if [ "$1" = --version ]; then echo "NVIDIA Nsight Systems version ${version}"; exit; fi
printf '%s\\n' "$@" >> '${notes}'
while [ "$1" != -o ]; do shift; done
${body.replaceAll('OUTPUT', '"$2"').replaceAll('REPORT', '"$3"')}
`,
      );
      chmodSync(nsys, 0o755);
      await setting(nsys);
      return notes;
    }

    function report(version: string): vscode.Uri {
      const file = path.join(folder, `it's a $(run).nsys-rep`);
      writeFileSync(file, `NVIDIA Tegra Profiler Report ${version}@1@1-1v0.\n`);
      return vscode.Uri.file(file);
    }

    it('exports it with nsys into its own storage, once', async () => {
      const notes = await standIn('2025.1.1.1', `cp '${sample}' OUTPUT`);
      const uri = report('2024');
      await vscode.commands.executeCommand('vscode.open', uri);
      const open = await complete(uri);
      assert.equal(open.viewType, 'profilemate.nsysReport');
      assert.equal(open.status?.path, uri.fsPath);
      const args = readFileSync(notes, 'utf8').trim().split('\n');
      assert.deepEqual(args.slice(0, 6), [
        'export',
        '--type',
        'sqlite',
        '--force-overwrite',
        'true',
        '-o',
      ]);
      assert.equal(args[7], uri.fsPath);
      assert.deepEqual(
        readdirSync(path.dirname(args[6])).filter((name) => name.includes('part')),
        [],
      );
      assert.deepEqual(readdirSync(folder).sort(), [
        'arguments',
        path.basename(uri.fsPath),
        'my nsys',
      ]);

      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('it is closed', () => api.openProfiles().length === 0);
      await vscode.commands.executeCommand('vscode.open', uri);
      await complete(uri);
      assert.equal(
        readFileSync(notes, 'utf8').trim().split('\n').length,
        args.length,
        'exported twice',
      );

      // A report that has changed is exported anew.
      utimesSync(uri.fsPath, new Date(), new Date(Date.now() + 60_000));
      await vscode.commands.executeCommand('profilemate.reload');
      await until(
        'it is exported again',
        () => readFileSync(notes, 'utf8').trim().split('\n').length === 2 * args.length,
      );
      await complete(uri);
    });

    it('says what is needed where nsys is missing', async () => {
      await setting(path.join(folder, 'nowhere'));
      const uri = report('2024');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'no-tool');
      assert.match(failure.message, /profilemate\.nsys\.path/);

      // It is tried again as soon as the setting is put right.
      await standIn('2025.1.1.1', `cp '${sample}' OUTPUT`);
      await until('the report is read', () => profile(uri)?.status?.stage === 'complete');
    });

    it('says what is needed where nsys is older than the report', async () => {
      await standIn('2023.4.4.54', 'echo half > OUTPUT; echo "Exportation error" >&2; exit 1');
      const uri = report('2029');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'no-tool');
      assert.match(failure.message, /2029\.1\.1.*2023\.4\.4/);
    });

    it('hands on what nsys says against a report', async () => {
      await standIn(
        '2025.1.1.1',
        'echo half > OUTPUT; echo "Exportation error: bad magic." >&2; exit 1',
      );
      const uri = report('2024');
      await vscode.commands.executeCommand('vscode.open', uri);
      const { failure } = await settled(uri);
      assert.equal(failure?.code, 'tool-failed');
      assert.match(failure.message, /bad magic/);
    });
  });

  describe('on real exports', () => {
    const real = path.join(
      process.env.PROFILEMATE_REAL_PROFILES ?? path.join(extension.extensionPath, '../shared/data'),
      'nsys',
    );
    const files = existsSync(real)
      ? readdirSync(real).filter((name) => name.endsWith('.sqlite'))
      : [];
    it(`opens each of ${files.length}, or says why not`, async function () {
      if (files.length === 0) {
        assert.ok(!existsSync(real), `${real} holds no profile`);
        console.warn(`NOT TESTED: some 36 real exports, for ${real} is not there.`);
        return;
      }
      for (const name of files) {
        const uri = copyAs(name, path.join(real, name));
        await vscode.commands.executeCommand('vscode.openWith', uri, 'profilemate.nsysAny');
        const { status, failure } = await settled(uri);
        if (name.includes('dlprof')) assert.equal(failure?.code, 'not-a-profile');
        else assert.equal(status?.stage, 'complete', `${name}: ${failure?.message}`);
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      }
    });
  });
});

function activeViewType(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom ? input.viewType : undefined;
}

/** A file system that is on no disk. */
class OneFile implements vscode.FileSystemProvider {
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;
  watch = () => new vscode.Disposable(() => undefined);
  stat = () => ({ type: vscode.FileType.File, ctime: 0, mtime: 0, size: 3 });
  readFile = () => new Uint8Array(3);
  readDirectory = () => [];
  createDirectory = () => undefined;
  writeFile = () => undefined;
  delete = () => undefined;
  rename = () => undefined;
}
