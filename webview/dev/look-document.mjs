/**
 * Shows a comparison or trends in the page that the editor shows, from the
 * document that `profilemate check --json` or `profilemate history trends --json`
 * prints, and takes pictures of it.
 *
 *   node --import tsx webview/dev/look-document.mjs FOLDER DOCUMENT.json [name…]
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { bundlePage, takePictures } from './page.mjs';

const [folder, file, ...only] = process.argv.slice(2);
const out = path.resolve(folder);
const document = JSON.parse(await readFile(file, 'utf8'));
const name = 'groups' in document ? 'trends' : 'compare';
const question = { kind: 'runs', baseline: ['/runs/before'], current: ['/runs/now'] };
const address = await bundlePage(out, `${name}/main`, 'bridge');

const shots = [];
for (const theme of ['dark', 'light', 'contrast'])
  for (const width of [800, 1600])
    shots.push({ name: `${name}-${theme}-${width}`, width, theme, state: {} });
if (name === 'compare') {
  for (const width of [800, 1600])
    for (const tab of ['kernels', 'figures', 'roofline'])
      shots.push({ name: `${tab}-${width}`, width, state: { tab } });
  shots.push(
    { name: 'total', width: 1600, state: { measure: 'total' } },
    { name: 'token', width: 1600, state: { measure: 'token' } },
  );
}

const wrong = await takePictures(out, shots, only, async (page, shot) => {
  await page.exposeFunction('toHost', (message) => {
    if (message.action !== 'ready') return;
    const answer =
      name === 'compare'
        ? { kind: 'comparison', question, comparison: document, swappable: true }
        : {
            kind: 'trends',
            groups: document.groups,
            filter: {},
            place: '.profilemate/history.sqlite',
            folders: ['server', 'kernels'].map((key) => ({ key, name: key })),
            folder: 'server',
          };
    void page.evaluate((m) => globalThis.fromHost(m), answer).catch(() => undefined);
  });
  await page.goto(address({ theme: shot.theme ?? 'dark', state: JSON.stringify(shot.state) }));
  await page.waitForTimeout(700);
});
process.exit(wrong === 0 ? 0 : 1);
