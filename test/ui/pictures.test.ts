/**
 * The pictures of the README: the sample profile, and kernels that ncu measured on the
 * same machine, in the packaged extension.
 * Written into media/readme where PROFILEMATE_WRITE_PICTURES is set, else only looked at.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from '../../scripts/vscode/paths';
import { atRest, Studio, TEST_LIMIT } from './workbench';

const pictures = {
  Overview: 'overview',
  Kernels: 'kernels',
};
const results = 'kernels.ncu.csv';

/** A README is read over slow lines too. */
const MAX_BYTES = 200_000;

describe('pictures for the README', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;

  before(async () => {
    studio = await Studio.start();
    const packed = readFileSync(
      path.join(root, 'test/data/gpu/recorded/dense.ncu.raw.base.csv.gz'),
    );
    writeFileSync(path.join(studio.workspace.folder, results), gunzipSync(packed));
  });
  after(async () => {
    await studio?.stop();
  });

  function keep(name: string, picture: Buffer): void {
    assert.ok(picture.length < MAX_BYTES, `${name}: ${picture.length} bytes`);
    if (!process.env['PROFILEMATE_WRITE_PICTURES']) return;
    const folder = path.join(root, 'media/readme');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${name}.png`), picture);
  }

  it('show what a person sees, and are small', async () => {
    const window = await studio.open({ width: 1280, height: 800 });
    await window.openFile('sample.nsys.sqlite');
    const sideBar = 'View: Toggle Primary Side Bar Visibility';
    await window.command(sideBar);
    for (const [title, name] of Object.entries(pictures)) {
      const panel = await window.show(title);
      if (title === 'Kernels') await panel.getByRole('gridcell').first().click();
      await window.page.mouse.move(0, 0);
      await window.show(title);
      keep(name, await window.page.screenshot());
    }
    await window.command(sideBar);
    await window.openFile(results);
    await window.command(sideBar);
    await window.view().locator('pm-figure canvas').waitFor();
    await atRest(() => window.page.screenshot());
    keep('roofline', await window.page.screenshot());
    await window.close();
  });
});
