/**
 * Shows a run in the pages that the editor shows, answered by the real session
 * of its timeline, and takes pictures of it.
 *
 *   node --import tsx webview/dev/look-run.mjs FOLDER RUN_FOLDER [name…]
 */
import path from 'node:path';
import { readRunAbout } from '../../src/capture/run-about.ts';
import { Session } from '../../src/engine/session.ts';
import { shownRun } from '../../src/vscode/run/shownRun.ts';
import { bundlePage, connect, takePictures } from './page.mjs';

const [folder, place, ...only] = process.argv.slice(2);
const out = path.resolve(folder);
const about = await readRunAbout(path.resolve(place));
if (!about) throw new Error(`${place} is no run`);
const profile = about.profiles.find(({ kind }) => kind === 'timeline');
const file = profile && path.join(about.folder, profile.file);
const address = await bundlePage(out, file ? 'main' : 'run/main', 'bridge');

const shots = [];
for (const theme of ['dark', 'light', 'contrast']) {
  for (const width of [800, 1600]) {
    shots.push({ name: `run-${theme}-${width}`, width, height: 2000, theme, tab: 'run' });
  }
}
shots.push({ name: 'overview-800', width: 800, theme: 'light', tab: 'overview' });
shots.push({ name: 'overview-1600', width: 1600, theme: 'dark', tab: 'overview' });

/** A run without a timeline is told, and nothing is asked. */
const none = (tell) => ({
  receive: () => undefined,
  run: () => Promise.resolve(tell({ kind: 'run', run: shownRun(about) })),
});

const wrong = await takePictures(out, shots, only, async (page, shot) => {
  await connect(page, (tell) => {
    if (!file) return none(tell);
    setTimeout(() => tell({ kind: 'run', run: shownRun(about, file) }), 300);
    return new Session({ path: file, rules: [] }, tell);
  });
  const state = JSON.stringify({ tab: shot.tab, tables: {} });
  await page.goto(address({ theme: shot.theme, state }));
  await page.waitForTimeout(1500);
});
process.exit(wrong === 0 ? 0 : 1);
