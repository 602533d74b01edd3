/** Comparisons, trends and baselines, from the package, in a real window. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { root } from '../../scripts/vscode/paths';
import { MODEL } from '../data/kernels';
import { toFile } from '../data/sqlite';
import { vllm, type VllmOptions } from '../data/vllm';
import { twoGpusResults } from '../data/ncu';
import { eventually } from '../harness/patience';
import { fits, says, Studio, TEST_LIMIT, type Theme, themes, type Workbench } from './workbench';

const SLOW = MODEL.gateUp.demangled;
const BASELINE = 'model.profile-baseline.json';

describe('comparisons, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench | undefined;
  let folder: string;

  const profilemate = (...args: string[]) =>
    execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), ...args], {
      cwd: studio.workspace.folder,
    });

  before(async () => {
    studio = await Studio.start();
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-compare-ui-'));
    const run = (name: string, options: Partial<VllmOptions>) => {
      const file = path.join(folder, `${name}.nsys.sqlite`);
      toFile(file, (sink) => vllm(sink, { steps: 120, layers: 8, ranks: 1, load: 1, ...options }));
      studio.add(file);
    };
    run('before', { seed: 1 });
    run('now', { seed: 2, slower: { kernel: 'gateUp', factor: 1.15 } });
    // Beside each run what Nsight Compute measured, the tensor kernel slower in the second.
    const page = twoGpusResults();
    for (const [name, text] of [
      ['before', page],
      ['now', page.replaceAll('"410000"', '"520000"').replaceAll('"402000"', '"515000"')],
    ] as const) {
      const file = path.join(folder, `${name}.ncu.csv`);
      writeFileSync(file, text);
      studio.add(file);
    }
  });
  after(async () => {
    await studio?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.close();
    window = undefined;
  });

  /** Both files selected in the explorer, as a person does. */
  async function compare(
    theme: Theme = 'dark',
    width = 1600,
    kind = 'nsys.sqlite',
  ): Promise<FrameLocator> {
    // What the editor shows is not to be selected in place of what the person selects.
    const settings = { 'explorer.autoReveal': false };
    window = await studio.open({ theme, width, height: 1000, settings });
    await window.file(`now.${kind}`).click();
    await window.file(`before.${kind}`).click({ modifiers: ['ControlOrMeta'] });
    await window.fileAction(`before.${kind}`, 'Compare with…');
    const view = window.view();
    await view.locator('.answer .lead').waitFor();
    return view;
  }

  for (const theme of Object.keys(themes) as Theme[])
    for (const width of [800, 1600])
      it(`says what became slower and which kernel did it, ${theme}, ${width} px`, async () => {
        const view = await compare(theme, width);
        const lead = await says(
          view.locator('.answer .lead'),
          /^\s*1 kernel is slower; all GPU work by \+\d\.\d/,
        );
        assert.ok(lead.includes(SLOW.slice(0, 20)), lead);
        assert.match(lead, /rests on one run each/);
        await view.locator('pm-compare-change pm-figure canvas').waitFor();
        await fits(view.locator('.panel:not([hidden])'), 'the comparison');
        await window!.picture(`comparison ${theme} ${width}`);
      });

  it('lists that kernel first, filters, swaps the sides, and comes back after a reload', async () => {
    const view = await compare();
    await view.getByRole('tab', { name: 'Kernels' }).click();
    const rows = view.locator('pm-compare-kernels .grid-rows .grid-row');
    await says(rows.first(), /regressed/);
    assert.equal(await rows.first().locator('.cell').first().getAttribute('title'), SLOW);
    const all = await rows.count();
    await view.locator('pm-compare-kernels pm-filter input').fill('verdict:regressed');
    await says(view.locator('pm-compare-kernels .table-foot'), /^1 (row|of)\b/);
    await eventually(async () => assert.ok((await rows.count()) < all));
    await window!.picture('comparison kernels');

    await view.getByRole('tab', { name: 'Roofline' }).click();
    await view.locator('pm-compare-roofline pm-figure canvas').waitFor();
    await window!.picture('comparison roofline');
    await view.getByRole('tab', { name: 'All Figures' }).click();
    await view.locator('pm-compare-figures .grid-rows .grid-row').first().waitFor();
    await window!.picture('comparison figures');

    await view.getByRole('button', { name: 'Swap the sides' }).click();
    await view.locator('.lead', { hasText: '1 kernel is faster' }).waitFor();
    await window!.reload();
    await window!.view().locator('.lead', { hasText: '1 kernel is faster' }).waitFor();
    await window!.view().getByRole('tab', { name: 'All Figures', selected: true }).waitFor();
  });

  it('compares two pages of Nsight Compute by the launch, and opens one at its kernel', async () => {
    const view = await compare('dark', 1600, 'ncu.csv');
    await view.locator('.answer .lead', { hasText: '1 kernel is slower' }).waitFor();
    const first = view.locator('pm-compare-kernels .grid-rows .grid-row').first();
    await first.locator('.cell', { hasText: 'regressed' }).waitFor();
    await first.locator('.cell', { hasText: '86.0\u00a0%' }).first().waitFor();
    await window!.picture('comparison of pages');
    await view.getByRole('tab', { name: 'Roofline' }).click();
    await view.locator('pm-compare-roofline pm-figure canvas').waitFor();
    await view.getByRole('tab', { name: 'Kernels' }).click();
    await first.click();
    await view.locator('pm-compare-kernels .grid').press('Enter');
    await window!.tab('now.ncu.csv').first().waitFor();
    await window!.view().locator('pm-ncu-kernel-detail, .roof-side h2').first().waitFor();
    await window!.picture('comparison of pages opens kernel');
  });

  it('opens the run at the kernel', async () => {
    const view = await compare();
    await view.getByRole('tab', { name: 'Kernels' }).click();
    await view.locator('pm-compare-kernels .grid-rows .grid-row').first().click();
    await view.locator('pm-compare-kernels .grid').press('Enter');
    await window!.tab('now.nsys.sqlite').first().waitFor();
    await window!
      .view()
      .locator('pm-kernel-detail', { hasText: SLOW.slice(0, 12) })
      .waitFor();
    await window!.picture('comparison opens kernel');
  });

  it('says how to keep a run, and draws trends when runs land', async () => {
    window = await studio.open({ width: 1600, height: 1000 });
    await window.command('ProfileMate: Show Trends');
    const view = window.view();
    await view.locator('.lead', { hasText: 'No run is kept yet' }).waitFor();
    await window.picture('trends empty');
    // From outside, as CI does: the page sees it by itself.
    for (const [i, name] of ['before', 'now', 'before', 'now'].entries()) {
      profilemate(
        'history',
        'add',
        `${name}.nsys.sqlite`,
        '--commit',
        `c0ffee${i}`,
        '--branch',
        'main',
        ...(i === 0 ? ['--baseline'] : []),
      );
    }
    await view.locator('.lead', { hasText: '2 runs so far' }).waitFor();
    await view.locator('pm-figure canvas').first().waitFor();
    await view.getByText('against the baseline').first().waitFor();
    await window.picture('trends');
  });

  it('draws the trends of each folder of a window that has several', async () => {
    const second = path.join(folder, 'second');
    mkdirSync(second);
    const inFolder = (cwd: string, ...args: string[]) =>
      execFileSync(process.execPath, [path.join(root, 'dist/cli.js'), 'history', ...args], { cwd });
    inFolder(studio.workspace.folder, 'add', 'before.nsys.sqlite', 'now.nsys.sqlite');
    inFolder(second, 'add', path.join(folder, 'now.nsys.sqlite'));
    const workspace = path.join(folder, 'both.code-workspace');
    const folders = [{ path: studio.workspace.folder, name: 'first' }, { path: second }];
    writeFileSync(workspace, JSON.stringify({ folders }));

    window = await studio.open({ width: 1600, height: 1000, workspace });
    await window.command('ProfileMate: Show Trends');
    const view = window.view();
    const kept = view.locator('footer');
    const choose = async (name: string): Promise<void> => {
      await view.getByRole('combobox', { name: 'Folder' }).click();
      await view.getByRole('option', { name }).click();
    };
    await view.locator('.lead', { hasText: '2 runs so far' }).waitFor();
    await says(kept, /workspace\/\.profilemate\/history\.sqlite/);
    await choose('second');
    await view.locator('.lead', { hasText: '1 run so far' }).waitFor();
    await says(kept, /second\/\.profilemate\/history\.sqlite/);
    await window.picture('trends of two folders');
    // A run that lands in the other folder changes nothing here; one that lands here does.
    inFolder(second, 'add', path.join(folder, 'before.nsys.sqlite'));
    await view.locator('.lead', { hasText: '2 runs so far' }).waitFor();
    await says(kept, /second/);
    await choose('first');
    await says(kept, /workspace\/\.profilemate/);
  });

  it('shows the lens of a baseline and its problem', async () => {
    profilemate('history', 'baseline', 'before.nsys.sqlite', '-o', BASELINE);
    window = await studio.open({ width: 1600, height: 1000 });
    await window.openFile(BASELINE);
    const lens = window.page.locator('.codelens-decoration');
    await lens.filter({ hasText: /Newest run now\.nsys\.sqlite: regressed by nvjet/ }).waitFor();
    await lens
      .filter({ hasText: /\+1\d\.\d%\) regressed/ })
      .first()
      .waitFor({ state: 'attached' });
    await window.command('Problems: Focus on Problems View');
    await window.page
      .locator('.markers-panel', { hasText: 'is worse than the baseline' })
      .waitFor();
    await window.picture('baseline');
  });
});
