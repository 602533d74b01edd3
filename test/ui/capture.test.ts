/** Profiling by hand: from a right-click to the open profile, with the real nsys around a stand-in for vLLM. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { root } from '../../scripts/vscode/paths';
import { hasPython, realNsys } from '../unit/capture/stand-in';
import { eventually } from '../harness/patience';
import { says, Studio, TEST_LIMIT, themes, type Theme, type Workbench } from './workbench';

const standIn = path.join(root, 'test/data/stand-in/bin/vllm');

describe('profiling by hand', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench;
  let nsys: string | undefined;
  let folder: string | undefined;

  before(async function () {
    if (!hasPython('profiling by hand')) this.skip();
    nsys = await realNsys('profiling by hand');
    if (nsys === undefined) this.skip();
    studio = await Studio.start();
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-capture-ui-'));
    const vllm = path.join(folder, 'vllm');
    writeFileSync(vllm, `#!/bin/sh\n. '${folder}/how'\nexec '${standIn}' "$@"\n`, { mode: 0o755 });
    serves(10);
    studio.set({ 'profilemate.vllm.path': vllm, 'profilemate.nsys.path': nsys });
    for (const name of ['Tiny-1B', 'notes']) mkdirSync(inWorkspace(name));
    writeFileSync(inWorkspace('Tiny-1B/config.json'), '{}');
    // One window, as it remembers what was chosen in it.
    await open();
  });
  after(async () => {
    await studio?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.page.keyboard.press('Escape');
  });

  /** What the next server does: its steps, in milliseconds of each, and what goes wrong. */
  const serves = (stepMs: number, fault = ''): void =>
    writeFileSync(
      path.join(folder!, 'how'),
      `export STAND_IN_STEP_MS=${stepMs} STAND_IN_FAULT='${fault}'\n`,
    );

  const inWorkspace = (name: string): string => path.join(studio.workspace.folder, name);
  const runs = (): readonly string[] => readdirSync(inWorkspace('profiles'));

  const open = async (theme: Theme = 'dark'): Promise<void> => {
    const settings = { 'terminal.integrated.gpuAcceleration': 'off' };
    window = await studio.open({ theme, width: 1400, height: 900, settings });
  };
  const input = (): Locator => window.page.locator('.quick-input-widget');
  const row = (text: string): Locator =>
    input().locator('.monaco-list-row', { hasText: text }).first();
  /** A question by its words, once it is asked. */
  const question = (text: string): Promise<void> =>
    input().getByText(text).or(input().getByPlaceholder(text)).first().waitFor();
  const answer = async (text: string, choice?: string): Promise<void> => {
    await question(text);
    if (choice === undefined) await input().locator('input').press('Enter');
    else await row(choice).click();
  };
  const stage = (name: string | RegExp): Promise<void> =>
    window.page.locator('.statusbar-item', { hasText: name }).first().waitFor();
  const terminal = (text: string): Promise<void> =>
    window.page.locator('.xterm-rows', { hasText: text }).first().waitFor();

  const PLAN = 'Run the commands that the editor shows?';

  async function profileAgain(): Promise<void> {
    await window.command('ProfileMate: Run Again');
    await answer(PLAN, 'Run');
  }

  /** Command lines of what still runs of what was started for this workspace. */
  const leftOver = (): readonly string[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
          return line.includes(`serve ${inWorkspace('Tiny-1B')}`) ? [line] : [];
        } catch {
          return [];
        }
      });

  it('goes from a right-click to the open profile, with phases in it', async () => {
    await window.fileAction('Tiny-1B', 'Profile vLLM Model…');
    await question('What do you want to know?');
    await window.picture('capture question');
    await answer('What do you want to know?', 'Quick');
    await answer('What is to be profiled?', 'Server');
    await answer('Which requests?', 'Mixed');
    await answer('More arguments of vLLM');
    await question(PLAN);
    await window.picture('capture plan');
    await answer(PLAN, 'Run');

    await stage('Load: 64 requests');
    await terminal('of 64');
    await window.picture('capture under way');
    await window.view().locator('pm-overview .lead').first().waitFor({ timeout: 120_000 });
    const panel = await window.show('Prefill / Decode');
    await says(panel.locator('.lead').first(), /Prefill [1-9]\d*, Decode [1-9]/);
    await window.picture('capture result');
    assert.match(runs()[0], /_Tiny-1B$/);
  });

  it('goes back to each question, and asks what only some runs need', async () => {
    await window.command('ProfileMate: Profile vLLM Model…');
    const back = async (to: string): Promise<void> => {
      await input().getByRole('button', { name: 'Back' }).click();
      await question(to);
    };
    await answer('What do you want to know?', 'PyTorch');
    await answer('What is to be profiled?', 'Server that runs already');
    await answer('Address of the server');
    await question('Folder that the server');
    await back('Address of the server');
    await back('What is to be profiled?');
    await answer('What is to be profiled?', 'Server');
    await question('The model: a name on Hugging Face');
    // What was profiled last is the default.
    await eventually(async () =>
      assert.equal(await input().locator('input').inputValue(), inWorkspace('Tiny-1B')),
    );
    await answer('The model: a name on Hugging Face');
    await answer('In how much detail?', 'Detailed');
    await answer('Which requests?', 'Custom');
    for (const [asked, typed] of [
      ['How many requests are profiled?', '12'],
      ['How many of them at a time?', '4'],
      ['Requests per second', '50'],
      ['Tokens of a prompt', '10-20'],
      ['Tokens of an answer', '8'],
    ]) {
      await question(asked);
      await input().locator('input').fill('nonsense');
      await input().locator('input').press('Enter');
      await input()
        .locator('.quick-input-message')
        .filter({ hasText: 'umber' })
        .or(input().getByText('Like 512'))
        .first()
        .waitFor();
      await input().locator('input').fill(typed);
      await input().locator('input').press('Enter');
    }
    await answer('More arguments of vLLM');
    await question(PLAN);
    for (const to of [
      'More arguments of vLLM',
      'Tokens of an answer',
      'Tokens of a prompt',
      'Requests per second',
      'How many of them at a time?',
      'How many requests are profiled?',
      'Which requests?',
      'In how much detail?',
      'The model: a name on Hugging Face',
      'What is to be profiled?',
      'What do you want to know?',
    ])
      await back(to);
    await window.page.keyboard.press('Escape');
    await input().waitFor({ state: 'hidden' });
  });

  it('says that a folder holds no model', async () => {
    await window.fileAction('notes', 'Profile vLLM Model…');
    await window.notifications().getByText('notes is not a model’s folder').waitFor();
  });

  it('ends by its notification, and leaves nothing', async () => {
    const before = runs();
    // It would take half a minute, so that it is still under way.
    serves(40);
    await profileAgain();
    await stage('Load: 64 requests');
    // The run before tells how long this one will take.
    await window
      .notifications()
      .getByText(/about \d+ (s|min) left/)
      .waitFor();
    await window.picture('capture estimate');
    const cancel = window.page
      .locator('.notification-toast')
      .getByRole('button', { name: 'Cancel' });
    // By key, for it moves while what it is under changes.
    await cancel.press('Enter');
    await terminal('Cancelled. Nothing is left behind.');
    assert.deepEqual(runs(), before);
    assert.deepEqual(leftOver(), []);
  });

  it('ends with its window', async () => {
    const before = runs();
    serves(40);
    await profileAgain();
    await stage('Load: 64 requests');
    assert.equal(leftOver().length > 0, true);
    await window.reload();
    await eventually(() => {
      assert.deepEqual(leftOver(), []);
      assert.deepEqual(runs(), before);
    });
  });

  it('shows in a sentence what failed', async () => {
    serves(10, 'oom');
    await profileAgain();
    await window.notifications().getByText('The GPU ran out of memory.').waitFor();
    await window.command('View: Focus Problems');
    await window.page.locator('.markers-panel').getByText('The GPU ran out of memory.').waitFor();
    await window.picture('capture failure');
  });

  for (const theme of Object.keys(themes) as Theme[])
    it(`lists its runs, ${theme}`, async () => {
      await window.close();
      await open(theme);
      await window.page.getByRole('tab', { name: 'ProfileMate' }).click();
      const tree = window.page.locator('.pane-body', { hasText: 'Tiny-1B' });
      const run = tree.getByRole('treeitem', { name: /tokens\/s/ }).first();
      await window.menu(run, 'Delete Profiling Run…');
      await window.picture(`capture runs ${theme}`);
    });

  it('deletes a run when that is confirmed', async () => {
    const failed = window.page.getByRole('treeitem', { name: /ended before it was ready/ });
    const before = runs().length;
    await window.menuAction(failed, 'Delete Profiling Run…');
    await window.page.getByRole('dialog').getByText('Delete this run of Tiny-1B?').waitFor();
    await window.picture('capture delete');
    await window.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal(runs().length, before);
    await window.menuAction(failed, 'Delete Profiling Run…');
    await window.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Delete Permanently' })
      .click();
    await failed.waitFor({ state: 'detached' });
    // Its record goes before the rest of it.
    await eventually(() => assert.equal(runs().length, before - 1));
  });
});
