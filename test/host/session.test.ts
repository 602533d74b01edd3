/** Sessions of the runtime layer in the real VS Code: what opens them, and that they are followed. */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { FILES, TABLES } from '../../src/readers/session/files';
import { Folder, originalSession } from '../unit/session/folders';
import { until } from '../harness/patience';
import { twoGpus } from '../harness/two-gpus';

type OpenProfile = ReturnType<ProfileMateApi['openProfiles']>[number];

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;
const recordedIn = twoGpus();
const KV = 'p7-0000aa/kv_cache_usage.csv';

describe('the editor of sessions', () => {
  let api: ProfileMateApi;
  let folder: Folder;

  before(async () => {
    api = await extension.activate();
  });
  beforeEach(() => (folder = new Folder()));
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all sessions are closed', () => api.openProfiles().length === 0);
    assert.equal(api.reads, 0, 'a session is held though no editor shows it');
    folder.remove();
  });

  /** One process, with as many rows as it is told. */
  function ours(at = '', rows = 3): vscode.Uri {
    folder.json(path.join(at, 'metadata.json'), {
      schema: 'profilemate-session',
      schema_version: 1,
      start_wall_ns: 1_760_000_000_000_000_000,
    });
    folder.json(path.join(at, 'p7-0000aa/metadata.json'), {
      schema: 'profilemate-process',
      pid: 7,
      state: 'running',
    });
    const text = Array.from({ length: rows }, (_, row) => `${row},${10 + row}\n`).join('');
    folder.write(path.join(at, KV), `timestamp_sec,usage_pct\n${text}`);
    return vscode.Uri.file(path.join(folder.path, at));
  }

  const only = (): OpenProfile | undefined => api.openProfiles().at(0);
  async function settled(): Promise<OpenProfile> {
    await until('it is read', () => {
      const open = only();
      return open?.failure !== undefined || open?.status?.stage === 'complete';
    });
    return only()!;
  }
  const opened = async (uri: vscode.Uri): Promise<OpenProfile> => {
    await vscode.commands.executeCommand('profilemate.openAsSession', uri);
    return settled();
  };

  for (const [what, place] of [
    ['its folder', ''],
    ['its metadata.json', 'metadata.json'],
    ['a table of a process', KV],
    ['the folder of a process', 'p7-0000aa'],
  ] as const)
    it(`opens by ${what}`, async () => {
      const uri = vscode.Uri.joinPath(ours(), place);
      const { viewType, status, failure, uri: shown } = await opened(uri);
      assert.equal(failure, undefined, failure?.message);
      assert.equal(viewType, 'profilemate.session');
      assert.equal(shown, vscode.Uri.file(path.join(folder.path, 'metadata.json')).toString());
      assert.equal(status?.session?.layout, 'profilemate');
      assert.deepEqual(
        status.session.processes.map(({ pid, folder: own }) => [pid, own]),
        [[7, 'p7-0000aa']],
      );
      assert.equal(status.session.rows, 3);
    });

  for (const [what, place] of [
    ['the folder', ''],
    ['a table', 'cuda_graph_usage.csv'],
    ['a table of the experts', 'moe_expert_tracking/moe_load_imbalance.csv'],
  ] as const)
    it(`opens the original tool’s layout by ${what}`, async () => {
      originalSession(folder);
      const { status, failure } = await opened(vscode.Uri.file(path.join(folder.path, place)));
      assert.equal(failure, undefined, failure?.message);
      assert.equal(status?.session?.layout, 'original');
      assert.equal(status.session.state, 'ended');
    });

  it('opens where there is but one table, and by Open With on that', async () => {
    const file = folder.write('kv_cache_usage.csv', 'timestamp_sec,usage_pct\n0,10\n');
    const uri = vscode.Uri.file(file);
    const { uri: shown } = await opened(vscode.Uri.file(folder.path));
    assert.equal(shown, uri.toString());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('it is closed', () => api.openProfiles().length === 0);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'profilemate.session');
    assert.equal((await settled()).status?.session?.rows, 1);
  });

  it('two editors on files of one session share one reading', async () => {
    const uri = ours();
    await opened(uri);
    await vscode.commands.executeCommand(
      'vscode.openWith',
      vscode.Uri.joinPath(uri, KV),
      'profilemate.session',
    );
    await until('both are open', () => api.openProfiles().length === 2);
    await until('both are read', () => api.openProfiles().every(({ status }) => status?.session));
    assert.equal(api.reads, 1);
  });

  it('leaves metadata.json and tables to others unless asked', async () => {
    const uri = vscode.Uri.joinPath(ours(), 'metadata.json');
    await vscode.commands.executeCommand('vscode.open', uri);
    await until(
      'it is shown',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'metadata.json',
    );
    assert.equal(only(), undefined);
  });

  it('follows a session that grows, and marks it live', async () => {
    const uri = ours();
    const { status } = await opened(uri);
    assert.equal(status?.session?.state, 'waiting');
    appendFileSync(path.join(folder.path, KV), '3,40\n4,50\n');
    await until('the new rows are read', () => only()?.status?.session?.rows === 5);
    assert.equal(only()?.status?.session?.state, 'growing');
    assert.equal(only()?.changed, false, 'no reload is asked for');
  });

  it('is linked with the timeline of its run', async () => {
    ours('runtime');
    copyFileSync(recordedIn, path.join(folder.path, 'trace.nsys.sqlite'));
    folder.json('run.json', {
      schema_version: 1,
      state: 'done',
      model: 'm',
      started: '2026-01-01T00:00:00Z',
      files: { timelines: ['trace.nsys.sqlite'], torch: [], reports: [], runtime: 'runtime' },
    });
    await opened(vscode.Uri.file(path.join(folder.path, 'runtime')));
    const timeline = path.join(folder.path, 'trace.nsys.sqlite');
    await until('it is linked', () => only()?.status?.link !== undefined);
    assert.deepEqual(only()?.status?.link, { path: timeline, byRun: true });
    assert.deepEqual(readFileSync(timeline), readFileSync(timeline), 'a profile is not written to');
  });

  it('says in a sentence why a folder is no session', async () => {
    mkdirSync(path.join(folder.path, 'empty'));
    const metadata = folder.json('empty/metadata.json', { name: 'something else' });
    const uri = vscode.Uri.file(metadata);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'profilemate.session');
    const { failure } = await settled();
    assert.equal(failure?.code, 'not-a-profile');
    assert.match(failure.message, /is no session of the runtime layer/);
  });

  it('offers itself for every file that a session has', () => {
    const { contributes } = extension.packageJSON as {
      contributes: {
        customEditors: { viewType: string; selector: { filenamePattern: string }[] }[];
      };
    };
    const editor = contributes.customEditors.find(
      ({ viewType }) => viewType === 'profilemate.session',
    )!;
    assert.deepEqual(
      editor.selector.map(({ filenamePattern }) => filenamePattern).sort(),
      ['metadata.json', ...TABLES.map((table) => path.basename(FILES[table].file))].sort(),
    );
  });
});
