/** Profiling from the real VS Code: from the questions to the open profile, with a stand-in for vLLM. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { findTool } from '../../src/capture/tools';
import { until } from '../harness/patience';

const extension = vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!;
const standIn = path.join(extension.extensionPath, 'test/data/stand-in/bin/vllm');
const SMALL = {
  requests: 8,
  concurrency: 4,
  warmup: 1,
  prompt: { kind: 'fixed', value: 50 },
  output: { kind: 'fixed', value: 8 },
};

describe('profiling', function () {
  let api: ProfileMateApi;
  let workspace: string;
  let profiles: string;
  let model: string;
  let nsys: string | undefined;

  before(async function () {
    api = await extension.activate();
    try {
      execFileSync('python3', ['--version'], { stdio: 'ignore' });
    } catch {
      notTested('profiling from the editor, for there is no python3 here.');
      this.skip();
    }
    [nsys] = await findTool('nsys', { configured: process.env.PROFILEMATE_NSYS });
    workspace = vscode.workspace.workspaceFolders![0].uri.fsPath;
    profiles = path.join(workspace, 'profiles');
    model = path.join(workspace, 'Tiny-1B');
    mkdirSync(model);
    writeFileSync(path.join(model, 'config.json'), '{}');
    await setting('vllm.path', standIn);
    await setting('nsys.path', nsys);
  });
  after(async () => {
    await setting('vllm.path', undefined);
    await setting('nsys.path', undefined);
    rmSync(model, { recursive: true, force: true });
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('all profiles are closed', () => api.openProfiles().length === 0);
    rmSync(profiles, { recursive: true, force: true });
    await until('the view is empty', () => api.captures.runs.length === 0);
    delete process.env.STAND_IN_FAULT;
  });

  const setting = (name: string, value: string | undefined) =>
    vscode.workspace
      .getConfiguration('profilemate')
      .update(name, value, vscode.ConfigurationTarget.Global);

  /** Longer than any run that a test starts takes on a busy machine. */
  const RUN_LIMIT = 180_000;
  const runHasEnded = (before: unknown): Promise<void> =>
    until('the run has ended', () => api.captures.last !== before, RUN_LIMIT);

  /** A task as tasks.json would have it. */
  async function runTask(definition: object): Promise<void> {
    const [task] = await tasksNamed(definition);
    await vscode.tasks.executeTask(task);
  }

  /** The exit status of a task, not of one before it that ends late. */
  async function statusOf(definition: object): Promise<number | undefined> {
    const [task] = await tasksNamed(definition);
    const ended = new Promise<number | undefined>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (!isDeepStrictEqual(execution.task.definition, task.definition)) return;
        listening.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    return ended;
  }

  async function tasksNamed(definition: object): Promise<vscode.Task[]> {
    const section = vscode.workspace.getConfiguration(
      'tasks',
      vscode.workspace.workspaceFolders![0],
    );
    const task = { type: 'profilemate', label: 'capture for a test', ...definition };
    const target = vscode.ConfigurationTarget.Workspace;
    await section.update('version', '2.0.0', target);
    await section.update('tasks', [task], target);
    let found: vscode.Task[] = [];
    await until('the task is known', async () => {
      const all = await vscode.tasks.fetchTasks({ type: 'profilemate' });
      found = all.filter(
        ({ name, definition: known }) =>
          name === task.label &&
          JSON.stringify(known).includes(JSON.stringify(definition).slice(1, -1)),
      );
      return found.length > 0;
    });
    return found;
  }

  it('asks, shows the commands, profiles, and opens the result', async function () {
    if (nsys === undefined) {
      notTested('a run under the real nsys, for there is none here.');
      this.skip();
    }
    const before = api.captures.last;
    const asking = vscode.commands.executeCommand(
      'profilemate.profileModel',
      vscode.Uri.file(model),
    );
    // Every question has a default: a person who only presses Enter gets a profile.
    let shown = '';
    await until('a run is started', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      shown ||=
        vscode.workspace.textDocuments
          .find(({ uri }) => uri.scheme === 'profilemate-text')
          ?.getText() ?? '';
      await sleep(200);
      return api.captures.stage !== undefined;
    });
    await asking;
    assert.match(shown, /nsys' ?|nsys profile|nsys launch/);
    assert.match(shown, /serve .*Tiny-1B/);
    await runHasEnded(before);
    const { last } = api.captures;
    assert.equal(last?.state, 'done', JSON.stringify(last));

    await until('the profile is read', () =>
      api.openProfiles().some(({ status }) => status?.stage === 'complete'),
    );
    const [open] = api.openProfiles();
    assert.equal(open.viewType, 'profilemate.nsys');
    assert.equal(
      vscode.Uri.parse(open.uri).fsPath,
      path.join(profiles, path.basename(last.folder), 'timeline.nsys.sqlite'),
    );
    await until('the view shows the run', () => api.captures.runs.length === 1);
    const [run] = api.captures.runs;
    assert.equal(run.record.state, 'done');
    assert.equal(run.record.model, model);
    assert.equal(run.record.headline.requests, 64);

    // It can be done again, with what was chosen.
    const again = (await vscode.tasks.fetchTasks({ type: 'profilemate' })).filter(
      ({ definition }) => definition.model === model,
    );
    assert.ok(again.length > 0, 'no task has what was chosen');
  });

  /** What goes wrong, and what the message, the record and the problem on it say of it. */
  const FAILURES: readonly (readonly [name: string, definition: object, sentence: RegExp])[] = [
    [
      'a server that is short of memory',
      { env: { STAND_IN_FAULT: 'oom' } },
      /The GPU ran out of memory\. Lower --gpu-memory/,
    ],
    ['a server that dies', { env: { STAND_IN_FAULT: 'die' } }, /ended before it was ready/],
    [
      'a server that dies under load',
      { env: { STAND_IN_FAULT: 'die-mid-load:3' } },
      /ended under load\. The GPU ran out of memory/,
    ],
    [
      'a server that hangs',
      { env: { STAND_IN_FAULT: 'hang' }, readyTimeout: 8 },
      /not healthy after 8 s: \/health says 503/,
    ],
    [
      'a server that hangs under load',
      {
        env: { STAND_IN_FAULT: 'hang-mid-load:3' },
        load: { ...SMALL, timeout: 2, warmup: 0 },
      },
      /The server hangs: no answer within 2 s/,
    ],
    ['an unknown option', { serverArgs: ['--no-such'] }, /does not know the option --no-such/],
  ];

  for (const [name, definition, sentence] of FAILURES)
    it(`says in a sentence what failed: ${name}`, async () => {
      const before = api.captures.last;
      await runTask({ model, mode: 'torch', load: SMALL, ...definition });
      await runHasEnded(before);
      const { last } = api.captures;
      assert.equal(last?.state, 'failed', JSON.stringify(last));
      assert.match(last.failure.message, sentence);
      await until('the view shows the run', () => api.captures.runs.length === 1);
      const [{ record, folder }] = api.captures.runs;
      assert.equal(record.state, 'failed');
      assert.equal(record.failure?.what, last.failure.text.what);
      assert.ok(existsSync(path.join(folder, 'logs')));
      const file = vscode.Uri.file(path.join(folder, 'run.json'));
      await until('a problem says so', () =>
        vscode.languages.getDiagnostics(file).some(({ message }) => sentence.test(message)),
      );
    });

  it('says what failed of a port that is taken, and of a server without a profiler', async () => {
    const server = http.createServer((request, response) => {
      response.statusCode = request.url === '/health' ? 200 : 404;
      response.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      const url = `http://127.0.0.1:${port}`;
      for (const [definition, sentence] of [
        [{ model, mode: 'torch', port }, /Port \d+ is taken by another program/],
        [
          { target: { kind: 'running', url }, load: { ...SMALL, warmup: 0 } },
          /The server has no \/start_profile\. It was started without a profiler/,
        ],
      ] as const) {
        const before = api.captures.last;
        await runTask(definition);
        await runHasEnded(before);
        const { last } = api.captures;
        assert.equal(last?.state, 'failed', JSON.stringify(last));
        assert.match(last.failure.message, sentence);
      }
    } finally {
      server.close();
    }
    await until('the view shows both', () => api.captures.runs.length === 2);
  });

  for (const [how, end] of [
    ['its task is ended', (task: vscode.TaskExecution) => task.terminate()],
    [
      'its terminal is closed',
      () => vscode.window.terminals.find(({ name }) => name.includes('capture for'))?.dispose(),
    ],
  ] as const)
    it(`leaves nothing of a run when ${how}`, async () => {
      const before = api.captures.last;
      const [task] = await tasksNamed({ model, mode: 'torch', env: { STAND_IN_FAULT: 'hang' } });
      const execution = await vscode.tasks.executeTask(task);
      await until('it waits for the server', () => /health/i.test(api.captures.stage ?? ''));
      end(execution);
      await runHasEnded(before);
      assert.equal(api.captures.last?.state, 'cancelled');
      assert.deepEqual(readdirSync(profiles), []);
    });

  it('leaves nothing of a run that is cancelled', async () => {
    const before = api.captures.last;
    await runTask({ model, mode: 'runtime', load: SMALL, env: { STAND_IN_FAULT: 'hang' } });
    await until('it waits for the server', () => /ready|health/i.test(api.captures.stage ?? ''));
    await vscode.commands.executeCommand('profilemate.cancelRun');
    await runHasEnded(before);
    assert.equal(api.captures.last?.state, 'cancelled');
    assert.deepEqual(readdirSync(profiles), []);
    assert.equal(api.captures.stage, undefined);
  });

  it('says what is wrong with a task, and runs nothing', async () => {
    const before = api.captures.last;
    assert.equal(await statusOf({ model, mode: 'nonsense' }), 2);
    assert.equal(api.captures.last, before);
  });

  it('shows runs that others have made, and forgets those that are gone', async () => {
    const folder = path.join(profiles, '2026-01-02_03-04-05_Other');
    mkdirSync(folder, { recursive: true });
    const record = {
      schema_version: 1,
      state: 'done',
      model: 'org/Other',
      mode: 'quick',
      started: '2026-01-02T03:04:05Z',
      files: { timelines: ['../../../outside.nsys.sqlite'], reports: [], torch: [] },
      headline: { output_tokens_per_s: 1234 },
    };
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(record));
    await until('the view shows it', () => api.captures.runs[0]?.record.model === 'org/Other');
    // A record does not get files outside its folder opened.
    await vscode.commands.executeCommand('profilemate.openRun', {
      kind: 'run',
      run: api.captures.runs[0],
    });
    assert.equal(api.openProfiles().length, 0);
    const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    assert.ok(input instanceof vscode.TabInputCustom, 'the page of the run');
    assert.equal(input.uri.fsPath, path.join(folder, 'run.json'));
    rmSync(folder, { recursive: true });
    await until('the view has forgotten it', () => api.captures.runs.length === 0);
  });
});

/** The server's extension host has no terminal; its launcher shows this file. */
function notTested(what: string): void {
  const line = `    NOT TESTED: ${what}`;
  const output = process.env.PROFILEMATE_TEST_OUTPUT;
  if (output) appendFileSync(output, `${line}\n`);
  else console.warn(line);
}
