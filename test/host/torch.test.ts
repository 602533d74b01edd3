/** Traces of PyTorch in the real VS Code: which editor opens, what it knows of them, what it writes. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { trace } from '../data/torch/trace';
import { realProfiles } from '../unit/real';
import { until } from '../harness/patience';

type OpenProfile = ReturnType<ProfileMateApi['openProfiles']>[number];

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;

describe('the editor for traces of PyTorch', () => {
  let api: ProfileMateApi;
  let folder: string;

  before(async () => {
    api = await extension.activate();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-torch-'));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all traces are closed', () => api.openProfiles().length === 0);
    assert.equal(api.reads, 0, 'a trace is held though no editor shows it');
    rmSync(folder, { recursive: true, force: true });
  });

  function add(name: string, text: string | Buffer = trace().text): vscode.Uri {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return vscode.Uri.file(file);
  }

  async function settled(uri: vscode.Uri): Promise<OpenProfile> {
    const found = () => api.openProfiles().find((open) => open.uri === uri.toString());
    await until(`${uri.fsPath} is read`, () => {
      const open = found();
      return open?.failure !== undefined || open?.status?.stage === 'complete';
    });
    return found()!;
  }

  for (const [name, pack] of [
    ['run.pt.trace.json', (text: string) => Buffer.from(text)],
    ['run.pt.trace.json.gz', (text: string) => gzipSync(text)],
  ] as const)
    it(`is the default for ${name}`, async () => {
      const uri = add(name, pack(trace().text));
      await vscode.commands.executeCommand('vscode.open', uri);
      const open = await settled(uri);
      assert.equal(open.failure, undefined, open.failure?.message);
      assert.equal(open.viewType, 'profilemate.torch');
      assert.equal(open.status?.format, 'torch');
      assert.deepEqual(open.status?.torch, {
        operators: true,
        shapes: true,
        flops: false,
        stacks: true,
        memory: true,
        rank: 0,
        worldSize: 1,
      });
    });

  it('leaves other JSON to others, and opens it when asked', async () => {
    const uri = add('settings.json');
    await vscode.commands.executeCommand('vscode.open', uri);
    await until(
      'it is shown',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'settings.json',
    );
    assert.deepEqual(api.openProfiles(), []);
    await vscode.commands.executeCommand('profilemate.openAsTorch', uri);
    const open = await settled(uri);
    assert.equal(open.viewType, 'profilemate.torchAny');
    assert.equal(open.failure, undefined);
  });

  it('says in a sentence why a file is no trace', async () => {
    const uri = add('notes.pt.trace.json', '{"hello": "world"}');
    await vscode.commands.executeCommand('vscode.open', uri);
    const { failure } = await settled(uri);
    assert.equal(failure?.code, 'not-a-profile');
    assert.match(failure.message, /notes\.pt\.trace\.json/);
  });

  it('opens a trace that a crash cut off, and says so', async () => {
    const { text } = trace();
    const uri = add('cut.pt.trace.json', text.slice(0, text.length / 2));
    await vscode.commands.executeCommand('vscode.open', uri);
    const { status } = await settled(uri);
    assert.match(status!.diagnostics.map((one) => one.text).join(' '), /cut off/);
  });

  it('saves a window of time as a trace of its own', async () => {
    const uri = add('run.pt.trace.json', trace({ steps: 8 }).text);
    await vscode.commands.executeCommand('vscode.open', uri);
    const { status } = await settled(uri);
    const [start, end] = status!.extent;
    const target = vscode.Uri.file(path.join(folder, 'part.pt.trace.json'));
    const middle = (start + end) / 2;
    await vscode.commands.executeCommand('profilemate.saveTrimmed', [start, middle], target);
    const part = JSON.parse(readFileSync(target.fsPath, 'utf8')) as { traceEvents: unknown[] };
    const whole = JSON.parse(readFileSync(uri.fsPath, 'utf8')) as { traceEvents: unknown[] };
    assert.ok(part.traceEvents.length > 10);
    assert.ok(part.traceEvents.length < whole.traceEvents.length);
    assert.ok(!existsSync(`${target.fsPath}.partial`));
    // Never over the trace itself.
    await vscode.commands.executeCommand('profilemate.saveTrimmed', [start, middle], uri);
    assert.equal(
      (JSON.parse(readFileSync(uri.fsPath, 'utf8')) as typeof whole).traceEvents.length,
      whole.traceEvents.length,
    );
  });

  it('reads all ranks of a run, and lets go of them', async () => {
    const uris = [0, 1].map((rank) =>
      add(
        `vllm_tp${rank}_rank${rank}.1773709742341.pt.trace.json`,
        trace({ rank, worldSize: 2 }).text,
      ),
    );
    await vscode.commands.executeCommand('vscode.open', uris[0]);
    await settled(uris[0]);
    await vscode.commands.executeCommand('profilemate.openRanks');
    await until('both are read', () => api.openProfiles()[0]?.status?.torch?.ranksRead === 2);
  });

  it('shows and takes away GPU time beside lines without a trace that has them', async () => {
    const uri = add('bare.pt.trace.json', trace({ python: false }).text);
    await vscode.commands.executeCommand('vscode.open', uri);
    await settled(uri);
    await vscode.commands.executeCommand('profilemate.showHeat');
    await vscode.commands.executeCommand('profilemate.clearHeat');
  });

  for (const file of [
    ...realProfiles('torch', '.json.gz', 'the editor on real traces, compressed'),
    ...realProfiles('torch', '.json', 'the editor on real traces'),
  ])
    it(`opens ${path.basename(file)}, or says why not`, async () => {
      const copy = path.join(folder, path.basename(file));
      copyFileSync(file, copy);
      const uri = vscode.Uri.file(copy);
      await vscode.commands.executeCommand('profilemate.openAsTorch', uri);
      const { failure, status } = await settled(uri);
      if (failure) assert.match(failure.message, /^.{20,}\.$/s);
      else assert.ok(status!.extent[1] > status!.extent[0]);
    });
});
