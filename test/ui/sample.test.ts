/** The packaged extension shows the sample in every theme, wide and narrow, and leaves pictures of it. */
import assert from 'node:assert/strict';
import { fits, says, Studio, TEST_LIMIT, themes, type Theme, type Workbench } from './workbench';

const views = ['Overview', 'Prefill / Decode', 'Kernels', 'Ranges', 'CUDA Graphs', 'Memory'];
const widths = [1600, 800];

describe('the sample profile, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench | undefined;

  before(async () => {
    studio = await Studio.start();
  });
  after(async () => {
    await studio?.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.close();
    window = undefined;
  });

  for (const theme of Object.keys(themes) as Theme[])
    it(`shows every view, wide and narrow, ${theme}`, async () => {
      window = await studio.open({ theme, height: 1000 });
      const errors: string[] = [];
      window.page.on('pageerror', (error) => errors.push(error.message));
      await window.openFile('sample.nsys.sqlite');
      for (const width of widths) {
        await window.resize(width, 1000);
        for (const title of views) {
          const panel = await window.show(title);
          // Each opens with a sentence that has a figure.
          await says(panel.locator('.lead').first(), /\d/);
          await fits(panel, title);
          await window.picture(`${title.replace(' / ', '-')} ${theme} ${width}`);
        }
      }
      assert.deepEqual(errors, []);
    });

  it('opens another database with the profile editor when asked', async () => {
    assert.ok(studio.workspace.sample);
    studio.add(studio.workspace.sample, 'other.sqlite');
    window = await studio.open();
    await window.fileAction('other.sqlite', 'Open as Nsight Systems Profile');
    await window.show('Overview');
  });
});
