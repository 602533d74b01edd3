import assert from 'node:assert/strict';
import { Studio, themes, type Theme, type Workbench } from './workbench';

describe('the sample profile, from the package, in a real window', function () {
  this.timeout(180_000);
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
    for (const width of [800, 1600])
      it(`opens in its own editor, ${theme}, ${width} px`, async () => {
        window = await studio.open({ theme, width, height: 1000 });
        await window.openFile('sample.nsys.sqlite');
        const body = window.view().locator('body');
        await body.locator(':scope > *').first().waitFor();
        assert.match(await body.innerText(), /\S/);
        await window.picture(`sample ${theme} ${width}`);
      });
});
