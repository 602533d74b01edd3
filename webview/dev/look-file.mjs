/**
 * Shows a profile in the page that the editor shows, answered by the real
 * session, and takes a picture of each view.
 *
 *   node --import tsx webview/dev/look-file.mjs FOLDER FILE [name…]
 */
import path from 'node:path';
import { Session } from '../../src/engine/session.ts';
import { bundlePage, connect, takePictures } from './page.mjs';

const [folder, file, ...only] = process.argv.slice(2);
const out = path.resolve(folder);
const address = await bundlePage(out, 'main', 'bridge');

const shots = [];
for (const tab of [
  ...['overview', 'phases', 'kernels', 'ranges', 'graphs', 'memory'],
  ...['operators', 'flame'],
]) {
  for (const theme of ['dark', 'light', 'contrast']) {
    for (const width of [800, 1600]) {
      shots.push({ name: `${tab}-${theme}-${width}`, width, theme, state: { tab } });
    }
  }
}
shots.push({
  name: 'detail-dark-1600',
  width: 1600,
  height: 1500,
  state: { tab: 'kernels' },
  select: true,
});
shots.push({
  name: 'detail-light-800',
  width: 800,
  theme: 'light',
  state: { tab: 'kernels' },
  select: true,
});

const wrong = await takePictures(out, shots, only, async (page, shot) => {
  await connect(page, (tell) => new Session({ path: file, rules: [] }, tell));
  await page.goto(address({ theme: shot.theme ?? 'dark', state: JSON.stringify(shot.state) }));
  await page.waitForTimeout(1200);
  if (!shot.select) return;
  const panel = page.locator('.panel:not([hidden])');
  await panel.locator('.grid-rows .grid-row').first().click();
  await page.waitForTimeout(800);
});
process.exit(wrong === 0 ? 0 : 1);
