/** A trace of PyTorch in a real window, from the package: its views in every theme, wide and narrow. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { trace } from '../data/torch/trace';
import { realFile } from '../unit/real';
import { fits, says, Studio, TEST_LIMIT, themes, type Theme, type Workbench } from './workbench';

const views = ['Overview', 'Memory', 'Operators', 'Flame Graph', 'Ranks'];
const widths = [1600, 800];

const nameOf = (rank: number): string => `vllm_tp${rank}_rank${rank}.1773709742341.pt.trace.json`;

describe('a trace of PyTorch, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let folder: string;
  let window: Workbench | undefined;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'profilemate-ui-'));
    studio = await Studio.start();
    for (const rank of [0, 1]) {
      const { text } = trace({ rank, worldSize: 2, steps: 12, layers: 6, slowness: 1 + rank / 10 });
      writeFileSync(path.join(studio.workspace.folder, nameOf(rank)), text);
    }
    const models = path.join(studio.workspace.folder, 'vllm/model_executor/models');
    mkdirSync(models, { recursive: true });
    const lines = Array.from({ length: 411 }, (_, line) => `# line ${line + 1}`);
    writeFileSync(
      path.join(models, 'llama.py'),
      `${[...lines, 'def forward(self, input_ids):', '    return self.model(input_ids)'].join('\n')}\n`,
    );
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

  for (const theme of Object.keys(themes) as Theme[])
    it(`shows its views, wide and narrow, ${theme}`, async () => {
      window = await studio.open({ theme, width: 1600, height: 1000 });
      const errors: string[] = [];
      window.page.on('pageerror', (error) => errors.push(error.message));
      await window.openFile(nameOf(0));
      await window.show('Ranks');
      const open = window.view().getByText('Open All 2 Ranks');
      await open.click();
      await window.view().locator('.lead', { hasText: 'Rank 1 has the longest steps' }).waitFor();
      for (const width of widths) {
        await window.resize(width, 1000);
        for (const title of views) {
          const panel = await window.show(title);
          // Each opens with a sentence that has a figure.
          await says(panel.locator('.lead').first(), /\d/);
          await fits(panel, title);
          if (title === 'Operators') {
            await panel.getByRole('gridcell', { name: 'aten::mm' }).first().click();
            await panel.locator('.callers button').first().waitFor();
          }
          await window.picture(`torch ${title} ${theme} ${width}`);
        }
      }
      assert.deepEqual(errors, []);
    });

  it('leads from an operator to its line, shows GPU time beside it, and takes it away', async () => {
    window = await studio.open({ width: 1600, height: 1000 });
    await window.openFile(nameOf(0));
    const panel = await window.show('Operators');
    await panel.getByRole('gridcell', { name: 'aten::mm' }).first().dblclick();
    await window.tab('llama.py').waitFor();
    await window.page.locator('.view-line', { hasText: 'def forward' }).waitFor();
    await window.command('ProfileMate: Show GPU Time Beside Python Lines');
    await window.page.waitForFunction(
      `[...document.querySelectorAll('.view-line span')].some((one) => getComputedStyle(one, '::after').content.includes('of GPU time'))`,
    );
    await window.picture('torch heat');
    await window.command('ProfileMate: Clear GPU Time Beside Python Lines');
    await window.page.waitForFunction(
      `![...document.querySelectorAll('.view-line span')].some((one) => getComputedStyle(one, '::after').content.includes('of GPU time'))`,
    );
  });

  it('zooms and searches the flame graph by keyboard, and shows another rank', async () => {
    window = await studio.open({ width: 1280, height: 900 });
    await window.openFile(nameOf(0));
    const panel = await window.show('Flame Graph');
    await panel.locator('.flame-scroll').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await window.page.keyboard.press(key);
    const reset = panel.getByText('Reset Zoom');
    await reset.waitFor();
    await window.page.keyboard.press('Home');
    await reset.waitFor({ state: 'detached' });
    await panel.getByRole('searchbox').fill('attention');
    await panel.getByText(/places, .* of GPU time/).waitFor();
    await window.picture('torch flame search');
    await window.view().getByRole('combobox', { name: 'Rank' }).selectOption('1');
    await window.view().getByText(nameOf(1)).first().waitFor();
    await window.show('Flame Graph');
  });

  it('shows what real traces have', async function () {
    const real = [
      [
        'torch/tracelens__inference_vllm_decode_full_graph_execution.json.gz',
        'vllm.pt.trace.json.gz',
      ],
      [
        'torch/pytorch__kineto__tb_plugin_samples_resnet50_num_workers_0_worker0.1623143089861.pt.trace.json.gz',
        'resnet.pt.trace.json.gz',
      ],
    ].flatMap(([file, name]) => {
      const found = realFile(file, 'real traces in a window');
      return found ? [[found, name]] : [];
    });
    if (real.length === 0) this.skip();
    for (const [file, name] of real) {
      writeFileSync(path.join(studio.workspace.folder, name), readFileSync(file));
    }
    window = await studio.open({ width: 1600, height: 1000 });
    for (const [, name] of real) {
      await window.openFile(name);
      for (const title of ['Overview', 'Operators', 'Flame Graph', 'Memory']) {
        const panel = await window.show(title);
        await says(panel.locator('.lead').first(), /\d/);
        await window.picture(`torch ${name.split('.')[0]} ${title}`);
      }
      await window.command('View: Close All Editors');
    }
  });
});
