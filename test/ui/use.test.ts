/** What a person does with a profile, by hand and by keyboard, in the packaged extension. */
import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { eventually } from '../harness/patience';
import { twoGpus } from '../harness/two-gpus';
import { atRest, says, Studio, TEST_LIMIT, type Workbench } from './workbench';

describe('a profile in use', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench;

  before(async () => {
    studio = await Studio.start();
    studio.add(twoGpus());
  });
  after(async () => {
    await studio?.stop();
  });
  beforeEach(async () => {
    window = await studio.open({ width: 1500, height: 1000 });
    await window.openFile('two-gpus.nsys.sqlite');
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.close();
  });

  /** A grid once it shows the rows that were asked for last. */
  const read = async (grid: Locator): Promise<Locator> => {
    await grid.and(window.view().locator('[aria-busy=false]')).waitFor();
    await grid.getByRole('gridcell').first().waitFor();
    return grid;
  };
  const breadcrumb = (): Locator => window.view().locator('.breadcrumb');
  const focused = (): Locator => window.view().locator(':focus');

  /** The picture as pixels, once it is drawn. */
  const drawn = (figure: Locator): Promise<string> =>
    atRest(() =>
      figure.locator('canvas').evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL()),
    );

  it('leads from a kernel to its launches and to the step of one, by keyboard alone', async () => {
    const { keyboard } = window.page;
    const panel = await window.show('Kernels');
    await window.view().getByLabel('Device', { exact: true }).selectOption({ index: 2 });
    await breadcrumb().getByText('GPU 1').waitFor();
    await (await read(panel.getByRole('grid', { name: 'Kernels' }))).focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await (await read(panel.getByRole('grid', { name: 'Launches of this kernel' }))).focus();
    await keyboard.press('ArrowDown');
    const kernels = window.view().locator('#panel-kernels');
    await kernels.evaluate((element: { setAttribute(name: string, value: string): void }) =>
      element.setAttribute('data-before', ''),
    );
    await keyboard.press('Enter');

    await window.view().locator('pm-phases .lead', { hasText: ': 1 step of ' }).waitFor();
    await says(breadcrumb(), /GPU 1.*\d+\.\d+\ss – \d+\.\d+\ss, [\d.]+\sms long/s);
    // The focus is not lost.
    await says(focused(), /^Prefill \/ Decode$/);
    // Nor is what a view holds, when another is shown before it in the row.
    await kernels.and(window.view().locator('[data-before]')).waitFor({ state: 'attached' });

    await keyboard.press('Escape');
    await keyboard.press('Escape');
    await breadcrumb().waitFor({ state: 'detached' });
  });

  it('draws the pictures of what is in scope, not of what was', async () => {
    const panel = await window.show('Prefill / Decode');
    const figure = panel.locator('pm-figure').first();
    await panel.getByRole('button', { name: 'Narrow everything to this phase' }).click();
    await panel.locator('.lead', { hasText: '100 % of GPU time:' }).waitFor();
    await panel.locator('.stale').waitFor({ state: 'detached' });
    const narrowed = await drawn(figure);
    // Drawn anew whatever was kept.
    await panel.getByRole('radio', { name: 'per step' }).click();
    await eventually(async () => assert.notEqual(await drawn(figure), narrowed));
    await panel.getByRole('radio', { name: 'total' }).click();
    await eventually(async () => assert.equal(await drawn(figure), narrowed));
  });

  it('lists its keys, and gives the focus back', async () => {
    const tab = window.view().getByRole('tab', { name: 'Overview' });
    await window.show('Overview');
    await tab.focus();
    await window.page.keyboard.press('?');
    await window.view().getByRole('dialog').waitFor();
    await window.page.keyboard.press('Escape');
    await window.view().getByRole('dialog').waitFor({ state: 'detached' });
    await says(focused(), /^Overview$/);
  });

  it('is as it was after a reload of the window', async () => {
    const panel = await window.show('Kernels');
    await panel.getByRole('combobox', { name: 'Filter kernels' }).fill('component:gemm');
    await breadcrumb().getByText('component:gemm').waitFor();
    const count = (): Locator =>
      window.view().locator('pm-kernels').getByRole('columnheader', { name: 'Count' }).first();
    const descending = (): Promise<void> =>
      eventually(async () => assert.equal(await count().getAttribute('aria-sort'), 'descending'));
    await count().click();
    await descending();
    await window.reload();
    await window.view().locator('pm-kernels').getByRole('gridcell').first().waitFor();
    await says(breadcrumb(), /component:gemm/);
    await descending();
  });

  it('copies a table whole and exact', async () => {
    const panel = await window.show('Kernels');
    await panel.getByRole('button', { name: 'Copy', exact: true }).click();
    await panel.getByRole('menuitem', { name: 'Copy as CSV' }).click();
    await window.view().locator('.notice').getByText('Copied 27 rows.').waitFor();
    const text = await window.copied(/^Name,.*Total \(ns\),Instances,/);
    const [head, ...rows] = text.trim().split(/\r?\n/);
    assert.equal(rows.length, 27);
    // The total of all kernels, as the file has it.
    const at = head.split(',').indexOf('Total (ns)') - head.split(',').length;
    const total = rows.reduce((sum, row) => sum + Number(row.split(',').at(at)), 0);
    assert.equal(total, 338_517_992);
  });

  it('says that its file has changed, in both editors on it, and reads it again', async () => {
    await window.show('Overview');
    await window.command('View: Split Editor Right');
    const frames = window.page.locator('iframe.webview.ready');
    await frames.nth(1).waitFor();
    const editors = [0, 1].map((index) =>
      window.page
        .frameLocator(`iframe.webview.ready >> nth=${index}`)
        .frameLocator('#active-frame'),
    );
    for (const editor of editors) await editor.locator('pm-overview .lead').waitFor();
    const now = new Date();
    utimesSync(path.join(studio.workspace.folder, 'two-gpus.nsys.sqlite'), now, now);
    for (const editor of editors) await editor.getByText('The file has changed on disk.').waitFor();
    await editors[1].getByRole('button', { name: 'Reload' }).click();
    for (const editor of editors)
      await editor.getByText('The file has changed on disk.').waitFor({ state: 'detached' });
  });
});
