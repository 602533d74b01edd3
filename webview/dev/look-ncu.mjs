/**
 * Shows Nsight Compute results in the page that the editor shows, answered by
 * the real session, and takes pictures of it.
 *
 *   node --import tsx webview/dev/look-ncu.mjs FOLDER FILE [TIMELINE] [name…]
 */
import path from 'node:path';
import { NcuSession } from '../../src/engine/ncu/session.ts';
import { bundlePage, connect, takePictures } from './page.mjs';

const [folder, file, ...rest] = process.argv.slice(2);
const timeline = rest.find((one) => /\.sqlite$/.test(one));
const only = rest.filter((one) => one !== timeline);
const out = path.resolve(folder);
const address = await bundlePage(out, 'ncu/main', 'bridge');

const shots = [];
for (const theme of ['dark', 'light', 'contrast']) {
  for (const width of [800, 1600]) {
    shots.push({ name: `roofline-${theme}-${width}`, width, theme, state: { tab: 'roofline' } });
  }
  shots.push(
    { name: `kernels-${theme}`, width: 1600, theme, state: { tab: 'kernels' }, select: true },
    { name: `selected-${theme}`, width: 1600, theme, state: { tab: 'roofline' }, select: true },
  );
}
shots.push(
  { name: 'kernels-800', width: 800, state: { tab: 'kernels' } },
  { name: 'by-component', width: 1600, state: { tab: 'kernels', byComponent: true } },
  { name: 'bound', width: 1200, state: { colourBy: 'bound', grouping: 'launch' } },
  { name: 'l1', width: 1200, state: { level: 'l1' } },
  { name: 'throughput', width: 1200, state: { throughput: true } },
  { name: 'timeline', width: 1400, state: { tab: 'timeline' } },
);

const link = (session) => {
  if (timeline)
    session.receive({ kind: 'call', id: 1e9, name: 'link', params: { path: timeline } });
};
const wrong = await takePictures(out, shots, only, async (page, shot) => {
  await connect(page, (tell) => new NcuSession({ path: file, rules: [] }, tell), link);
  await page.goto(address({ theme: shot.theme ?? 'dark', state: JSON.stringify(shot.state) }));
  await page.waitForTimeout(timeline ? 2500 : 900);
  if (!shot.select) return;
  const panel = page.locator('.panel:not([hidden])');
  await panel.locator('.grid-rows .grid-row').first().click();
  await page.waitForTimeout(600);
});
process.exit(wrong === 0 ? 0 : 1);
