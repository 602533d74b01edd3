/** Runs as tasks: saved by a click, run by their name, seen in the status bar and among the problems. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { root } from '../../scripts/vscode/paths';
import { runFolder } from '../data/run';
import { hasPython } from '../unit/capture/stand-in';
import { eventually } from '../harness/patience';
import { Studio, TEST_LIMIT, type Workbench } from './workbench';

const standIn = path.join(root, 'test/data/stand-in/bin/vllm');
const PLAN = 'Run the commands that the editor shows?';
const NEEDS_TRUST = 'Profiling runs programs, and needs a trusted workspace.';

/** The command by its key, which a window that has only just opened does not know yet. */
async function pressKey({ page }: Workbench, until: () => Promise<void>): Promise<void> {
  for (let tries = 10; ; tries--) {
    await page.keyboard.press('Control+Alt+KeyP');
    try {
      return await until();
    } catch (error) {
      if (tries === 0) throw error;
    }
  }
}

describe('runs as tasks', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench;

  before(async function () {
    // The PyTorch profiler is vLLM's own: these need no nsys.
    if (!hasPython('runs as tasks')) this.skip();
    studio = await Studio.start();
    mkdirSync(inWorkspace('Tiny-1B'));
    writeFileSync(inWorkspace('Tiny-1B/config.json'), '{}');
    // Slow enough to be looked at.
    profileWith('STAND_IN_STEP_MS=40');
    window = await studio.open({ theme: 'dark', width: 1400, height: 900 });
  });
  after(() => studio?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
  });

  /** A vLLM that behaves as the variables say. */
  function profileWith(variables: string): void {
    const vllm = inWorkspace('vllm');
    writeFileSync(vllm, `#!/bin/sh\nexec env ${variables} '${standIn}' "$@"\n`);
    chmodSync(vllm, 0o755);
    studio.set({ 'profilemate.vllm.path': vllm });
  }

  const inWorkspace = (name: string): string => path.join(studio.workspace.folder, name);
  const runs = (): readonly string[] =>
    existsSync(inWorkspace('profiles')) ? readdirSync(inWorkspace('profiles')) : [];
  const input = (): Locator => window.page.locator('.quick-input-widget');
  const question = (text: string): Promise<void> =>
    input().getByText(text).or(input().getByPlaceholder(text)).first().waitFor();
  const choose = async (text: string, choice: string): Promise<void> => {
    await question(text);
    await input().locator('.monaco-list-row', { hasText: choice }).first().click();
  };
  const status = (text: string): Locator =>
    window.page.locator('.statusbar-item', { hasText: text }).first();
  const problem = (): Locator =>
    window.page.locator('.markers-panel').getByText('The GPU ran out of memory.');

  it('are begun by a key, and saved for everyone who has the workspace', async () => {
    await pressKey(window, () =>
      input().getByPlaceholder('What do you want to know?').waitFor({ timeout: 6_000 }),
    );
    await choose('What do you want to know?', 'PyTorch');
    await choose('What is to be profiled?', 'Server');
    await question('The model: a name on Hugging Face');
    await input().locator('input').fill(inWorkspace('Tiny-1B'));
    await input().locator('input').press('Enter');
    await choose('In how much detail?', 'Light');
    await choose('Which requests?', 'Mixed');
    await question('More arguments of vLLM');
    await input().locator('input').press('Enter');
    await choose(PLAN, 'Save as Task');
    await window.tab('tasks.json').waitFor();
    const file = await eventually(() => {
      const text = readFileSync(inWorkspace('.vscode/tasks.json'), 'utf8');
      assert.ok(JSON.parse(text));
      return text;
    });
    const { tasks } = JSON.parse(file) as { tasks: Record<string, unknown>[] };
    assert.equal(tasks.length, 1);
    assert.equal(tasks[0].label, 'Profile Tiny-1B (torch)');
    assert.equal(tasks[0].model, '${workspaceFolder}/Tiny-1B');
    assert.ok(!file.includes(studio.workspace.folder), file);
    await window.picture('task saved');
  });

  it('run by their name, and the status bar leads to their terminal', async () => {
    await window.command('Tasks: Run Task');
    await choose('Select the task to run', 'Profile Tiny-1B (torch)');
    await status('Load: 64 requests').waitFor();
    const focused = window.page.locator('.terminal.xterm.focus');
    await window.tab('tasks.json').click();
    await focused.waitFor({ state: 'detached' });
    await status('Load: 64 requests').click();
    await focused.waitFor();
    await window.picture('task under way');
    await window.tab('.pt.trace.json').waitFor({ timeout: 120_000 });
    await status('Load: 64 requests').waitFor({ state: 'detached' });
    await eventually(() => assert.equal(runs().length, 1));
  });

  it('that fail are problems, until they have run well', async () => {
    profileWith('STAND_IN_FAULT=oom');
    await window.command('Tasks: Rerun Last Task');
    await window.command('Problems: Focus on Problems View');
    await problem().waitFor();
    await window.picture('task failed');
    profileWith('STAND_IN_STEP_MS=1');
    await window.command('Tasks: Rerun Last Task');
    await window.command('Problems: Focus on Problems View');
    await problem().waitFor({ state: 'detached', timeout: 120_000 });
    await status('Load: ').waitFor({ state: 'detached', timeout: 120_000 });
    await eventually(() => assert.equal(runs().length, 3));
  });

  it('run again from the list, when what is run has been seen', async () => {
    await window.page.getByRole('tab', { name: 'ProfileMate' }).click();
    const done = window.page.getByRole('treeitem', { name: /tokens\/s/ }).first();
    await done.hover();
    await done.getByRole('button', { name: 'Run Again' }).click();
    await question(PLAN);
    await window.page.locator('.view-lines', { hasText: 'POST' }).first().waitFor();
    await window.picture('task again');
    await choose(PLAN, 'Cancel');
    assert.equal(runs().length, 3);
  });
});

describe('a window that is not trusted', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench;
  let run: string;

  before(async () => {
    studio = await Studio.start();
    run = path.join(
      studio.workspace.folder,
      'profiles',
      '2026-02-25_06-12-00_Llama-3.2-1B-Instruct',
    );
    runFolder(run);
    const settings = {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
    };
    window = await studio.open({ theme: 'dark', width: 1400, height: 900, settings });
    await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  });
  after(() => studio?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
  });

  const why = (): Locator => window.notifications().getByText(NEEDS_TRUST).first();
  const dismiss = async (): Promise<void> => {
    await window.command('Notifications: Clear All Notifications');
    await why().waitFor({ state: 'detached' });
  };

  it('starts no run, and says why', async () => {
    await window.command('ProfileMate: Profile vLLM Model…');
    await why().waitFor();
    await dismiss();
    await pressKey(window, () => why().waitFor({ timeout: 6_000 }));
    await dismiss();
    await window.page.getByRole('tab', { name: 'ProfileMate' }).click();
    const done = window.page.getByRole('treeitem', { name: /TTFT/ }).first();
    await done.hover();
    await done.getByRole('button', { name: 'Run Again' }).click();
    await why().waitFor();
    await window.picture('untrusted run again');
    await dismiss();
    assert.deepEqual(readdirSync(path.dirname(run)), [path.basename(run)]);
  });

  it('shows runs that are there, and without one why there is none', async () => {
    await window.page.getByRole('treeitem', { name: /TTFT/ }).first().click();
    await window.view().locator('pm-run .lead').first().waitFor();
    rmSync(path.dirname(run), { recursive: true });
    await window.page.locator('.welcome-view-content').getByText(NEEDS_TRUST).waitFor();
    await window.picture('untrusted without runs');
  });
});
