/**
 * The pictures of the README: the sample profile in the packaged extension.
 * Written into media/readme where PROFILEMATE_WRITE_PICTURES is set, else only looked at.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/vscode/paths';
import { Studio, TEST_LIMIT } from './workbench';

const pictures = {
  Overview: 'overview',
  Kernels: 'kernels',
};

/** A README is read over slow lines too. */
const MAX_BYTES = 200_000;

describe('pictures for the README', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;

  before(async () => {
    studio = await Studio.start();
  });
  after(async () => {
    await studio?.stop();
  });

  it('show what a person sees, and are small', async () => {
    const window = await studio.open({ width: 1280, height: 800 });
    await window.openFile('sample.nsys.sqlite');
    await window.command('View: Toggle Primary Side Bar Visibility');
    const folder = path.join(root, 'media/readme');
    for (const [title, name] of Object.entries(pictures)) {
      const panel = await window.show(title);
      if (title === 'Kernels') await panel.getByRole('gridcell').first().click();
      await window.page.mouse.move(0, 0);
      await window.show(title);
      const picture = await window.page.screenshot();
      assert.ok(picture.length < MAX_BYTES, `${name}: ${picture.length} bytes`);
      if (!process.env['PROFILEMATE_WRITE_PICTURES']) continue;
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${name}.png`), picture);
    }
    await window.close();
  });
});
