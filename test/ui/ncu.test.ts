/** Nsight Compute results, from the package, in a real window. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FrameLocator } from 'playwright-core';
import { root } from '../../scripts/vscode/paths';
import { twoGpusResults } from '../data/ncu';
import { twoGpus } from '../harness/two-gpus';
import {
  atRest,
  fits,
  says,
  Studio,
  TEST_LIMIT,
  themes,
  type Theme,
  type Workbench,
} from './workbench';

/** What ncu printed on an H100; named as the explorer shows it, and what its first line must say. */
const REAL = [
  ['large.ncu.csv', 'large.ncu.raw.base.csv.gz', /\d\s% of its DRAM roof/],
  [
    'experts.ncu.csv',
    'experts.ncu.details.auto.csv.gz',
    /^Of 27 kernels latency holds back 23, memory 3, compute 1\.$/,
  ],
] as const;

/** Stands in for ncu: writes the report that it is told to, notes its arguments, and prints a page. */
const ncuStandIn = (page: string, told: string): string =>
  [
    '#!/bin/sh',
    `if [ "$1" = --import ]; then cat '${page}'; exit; fi`,
    `printf '%s\\n' "$@" > '${told}'`,
    'while [ "$1" != --export ]; do shift; done',
    'printf NVR > "$2"',
    '',
  ].join('\n');

describe('Nsight Compute results, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench | undefined;
  let folder: string;
  let told: string;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-ncu-ui-'));
    told = path.join(folder, 'told');
    const page = path.join(folder, 'kernels.ncu.csv');
    writeFileSync(page, twoGpusResults());
    studio = await Studio.start();
    const ncu = path.join(folder, 'ncu');
    writeFileSync(ncu, ncuStandIn(page, told), { mode: 0o755 });
    const settings = path.join(studio.workspace.folder, '.vscode');
    mkdirSync(settings, { recursive: true });
    writeFileSync(
      path.join(settings, 'settings.json'),
      JSON.stringify({ 'profilemate.ncu.path': ncu }),
    );
    studio.add(page);
    studio.add(twoGpus());
    for (const [name, file] of REAL) {
      const packed = readFileSync(path.join(root, 'test/data/gpu/recorded', file));
      writeFileSync(path.join(folder, name), gunzipSync(packed));
      studio.add(path.join(folder, name));
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

  async function open(name: string, theme: Theme = 'dark', width = 1600): Promise<FrameLocator> {
    window = await studio.open({ theme, width, height: 1000 });
    await window.openFile(name);
    const view = window.view();
    await view.locator('.lead').first().waitFor();
    await view.locator('pm-figure canvas').waitFor();
    return view;
  }

  for (const [name, , sentence] of REAL)
    for (const theme of Object.keys(themes) as Theme[])
      for (const width of [800, 1600])
        it(`draws ${name}, ${theme}, ${width} px`, async () => {
          const view = await open(name, theme, width);
          await says(view.locator('.lead').first(), sentence);
          await fits(view.locator('.panel:not([hidden])'), 'the roofline');
          await fits(view.locator('.roof-side'), 'what stands beside it');
          await window!.picture(`${name} ${theme} ${width}`);
        });

  const selected = (view: FrameLocator) => view.locator('.panel:not([hidden]) .grid-row.selected');

  it('selects a kernel’s row by a click on its point, and by keys', async () => {
    const view = await open('kernels.ncu.csv');
    const at = await atRest(() =>
      view.locator('pm-figure').evaluate((figure) => {
        // The canvas has no elements to ask for; the chart knows where it drew the first dot.
        const { chart } = figure as unknown as {
          chart: { getDatasetMeta(at: number): { data: { x: number; y: number }[] } };
        };
        const { x, y } = chart.getDatasetMeta(0).data[0];
        return { x, y };
      }),
    );
    assert.equal(await selected(view).count(), 0);
    await view.locator('pm-figure canvas').click({ position: at });
    await says(selected(view), /nvjet_tst_192x192/);
    await says(view.locator('.roof-side'), /Held by compute/);
    await window!.picture('ncu selected');

    await view.locator('pm-figure canvas').press('End');
    await view.locator('pm-figure canvas').press('Home');
    await view.locator('pm-figure canvas').press('Enter');
    await selected(view).filter({ hasText: 'triton_red_fused' }).waitFor();

    await view.getByRole('tab', { name: 'Kernels' }).click();
    await view.locator('pm-ncu-kernel-detail', { hasText: 'What limits this kernel' }).waitFor();
    await says(selected(view), /triton/);
    await window!.picture('ncu kernels');
  });

  it('zooms by a box, and shows everything again', async () => {
    const view = await open('kernels.ncu.csv');
    const canvas = view.locator('pm-figure canvas');
    const box = (await atRest(() => canvas.boundingBox()))!;
    const { mouse } = window!.page;
    await mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.1);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.5, { steps: 4 });
    await mouse.up();
    const reset = view.getByRole('button', { name: 'Reset zoom' });
    await reset.waitFor();
    await window!.picture('ncu zoomed');
    await reset.click();
    await reset.waitFor({ state: 'detached' });
  });

  it('is linked with a timeline from the file dialog', async () => {
    const view = await open('kernels.ncu.csv');
    await view.getByRole('tab', { name: 'Timeline' }).click();
    await view.getByRole('button', { name: 'Link a timeline…' }).click();
    await window!.chooseFile(path.join(studio.workspace.folder, 'two-gpus.nsys.sqlite'));
    await view.locator('.lead', { hasText: 'of the timeline’s kernel time' }).waitFor();
    const missed = view.locator('.grid-row', { hasText: 'flash::FlashAttn' }).first();
    await missed.getByRole('button', { name: 'Copy ncu command' }).click();
    await window!.copied(/^ncu --set full .*regex:\^device_kernel\$/);
    await window!.picture('ncu timeline');
    await view.getByRole('tab', { name: 'Roofline' }).click();
    await view.locator('.labelled', { hasText: 'Size by' }).waitFor();
    await window!.picture('ncu linked');
  });

  it('profiles a kernel that was left out, with the program that is named, and opens the report', async () => {
    window = await studio.open({ width: 1600, height: 1000 });
    await window.openFile('kernels.ncu.csv');
    const view = window.view();
    await view.getByRole('tab', { name: 'Timeline' }).click();
    // It may be linked from before.
    const link = view.getByRole('button', { name: /^Link a(nother|\stimeline)…$/ });
    await link.click();
    await window.chooseFile(path.join(studio.workspace.folder, 'two-gpus.nsys.sqlite'));
    const missed = view.locator('.grid-row', { hasText: 'flash::FlashAttn' }).first();
    await missed.getByRole('button', { name: 'Run…' }).click();
    const input = window.page.locator('.quick-input-widget input');
    await input.fill(`python3 "my server.py" --port 1`);
    await input.press('Enter');
    const dialog = window.page.getByRole('dialog');
    await dialog.getByText('--kernel-name').waitFor();
    await window.picture('ncu run');
    await dialog.getByRole('button', { name: 'Run' }).click();
    await window.tab('device_kernel.ncu-rep').waitFor();
    const words = readFileSync(told, 'utf8').trim().split('\n');
    assert.equal(words[words.indexOf('--kernel-name') + 1], 'regex:^device_kernel$');
    assert.deepEqual(words.slice(-5), [
      path.join(studio.workspace.folder, 'device_kernel.ncu-rep'),
      'python3',
      'my server.py',
      '--port',
      '1',
    ]);
    await window.view().locator('.lead').first().waitFor();
    await window.picture('ncu run done');
  });

  it('shows what holds kernels back beside their time, in the timeline’s own table', async () => {
    window = await studio.open({ width: 1600, height: 1000 });
    await window.openFile('two-gpus.nsys.sqlite');
    const view = window.view();
    await view.getByRole('tab', { name: 'Kernels' }).click();
    await view.getByRole('button', { name: 'Link kernel metrics…' }).click();
    await window.chooseFile(path.join(studio.workspace.folder, 'kernels.ncu.csv'));
    await view.getByRole('columnheader', { name: 'Bound' }).waitFor();
    await view
      .locator('.grid-row', { hasText: 'nvjet_tst_192x192' })
      .getByText('compute')
      .waitFor();
    await window.picture('timeline linked');
  });
});
