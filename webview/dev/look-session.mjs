/**
 * Shows a session in the page that the editor shows, answered by the real engine, and
 * takes pictures of it.
 *
 *   [HEIGHT=2000] node --import tsx webview/dev/look-session.mjs FOLDER SESSION [TIMELINE] [name…]
 */
import path from 'node:path';
import { readRunAbout } from '../../src/capture/run-about.ts';
import { RuntimeSession } from '../../src/engine/runtime/session.ts';
import { shownRun } from '../../src/vscode/run/shownRun.ts';
import { bundlePage, connect, takePictures } from './page.mjs';

const [folder, place, ...rest] = process.argv.slice(2);
const timeline = rest.find((one) => /\.sqlite$/.test(one));
const only = rest.filter((one) => one !== timeline);
const out = path.resolve(folder);
const about = await readRunAbout(path.resolve(place));
const address = await bundlePage(out, 'session/main', 'bridge');

const TABS = [
  ...['overview', 'kv-cache', 'graphs', 'batches', 'latency', 'cpu'],
  ...['requests', 'experts', 'steps'],
];
const height = Number(process.env.HEIGHT) || undefined;
const shots = [];
for (const tab of TABS) {
  shots.push({ height, name: `${tab}-dark-1600`, width: 1600, theme: 'dark', state: { tab } });
  shots.push({ height, name: `${tab}-light-800`, width: 800, theme: 'light', state: { tab } });
  shots.push({
    height,
    name: `${tab}-contrast-1200`,
    width: 1200,
    theme: 'contrast',
    state: { tab },
  });
}
const weights = { tab: 'experts', expertFigure: 'weight' };
shots.push({ height, name: 'weights-dark-1600', width: 1600, theme: 'dark', state: weights });
shots.push({ height, name: 'weights-light-800', width: 800, theme: 'light', state: weights });

const link = (session) => {
  if (timeline)
    session.receive({ kind: 'call', id: 1e9, name: 'link', params: { path: timeline } });
};
const sessions = [];
const wrong = await takePictures(out, shots, only, async (page, shot) => {
  const make = (tell) => {
    const session = new RuntimeSession({ path: place, rules: [] }, tell);
    sessions.push(session);
    // What the host would tell once it has looked for the run.
    session.receive({ kind: 'configure', rules: [], balance: about?.experts });
    if (about) setTimeout(() => tell({ kind: 'run', run: shownRun(about, place) }), 300);
    return session;
  };
  await connect(page, make, link);
  await page.goto(address({ theme: shot.theme, state: JSON.stringify(shot.state) }));
  await page.waitForTimeout(timeline ? 2500 : 1200);
});
// They would follow their folder for ever.
for (const session of sessions) session.dispose();
process.exit(wrong === 0 ? 0 : 1);
