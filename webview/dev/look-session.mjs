/**
 * Shows a session in the page that the editor shows, answered by the real engine, and
 * takes pictures of it.
 *
 *   node --import tsx webview/dev/look-session.mjs FOLDER SESSION [TIMELINE] [name…]
 */
import { mkdir, writeFile, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL, URLSearchParams } from 'node:url';
import esbuild from 'esbuild';
import { launchBrowser } from '../../scripts/vscode/browser.ts';
import { RuntimeSession } from '../../src/engine/runtime/session.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [folder, place, ...rest] = process.argv.slice(2);
const timeline = rest.find((one) => /\.sqlite$/.test(one));
const only = rest.filter((one) => one !== timeline);
const out = path.resolve(folder);
await mkdir(out, { recursive: true });

await esbuild.build({
  absWorkingDir: root,
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  tsconfig: 'webview/tsconfig.json',
  entryPoints: [
    { out: 'session', in: 'webview/session/main.ts' },
    { out: 'bridge', in: 'webview/dev/bridge.ts' },
  ],
  outdir: out,
  logLevel: 'warning',
});
for (const name of ['codicon.css', 'codicon.ttf']) {
  await copyFile(path.join(root, 'node_modules/@vscode/codicons/dist', name), path.join(out, name));
}
const policy = `default-src 'none'; style-src file: 'nonce-x'; font-src file:; script-src 'nonce-x'`;
await writeFile(
  path.join(out, 'session.html'),
  `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta property="csp-nonce" content="x">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="codicon.css"><link rel="stylesheet" href="session.css"></head>
<body><profilemate-app></profilemate-app>
<script type="application/json" id="profilemate-l10n" nonce="x">{}</script>
<script nonce="x" src="bridge.js"></script><script nonce="x" src="session.js"></script></body></html>`,
);

const TABS = [
  ...['overview', 'kv-cache', 'graphs', 'batches', 'latency', 'cpu'],
  ...['requests', 'experts', 'components', 'steps'],
];
const shots = [];
for (const tab of TABS) {
  shots.push({ name: `${tab}-dark-1600`, width: 1600, theme: 'dark', state: { tab } });
  shots.push({ name: `${tab}-light-800`, width: 800, theme: 'light', state: { tab } });
  shots.push({ name: `${tab}-contrast-1200`, width: 1200, theme: 'contrast', state: { tab } });
}

const browser = await launchBrowser();
let wrong = 0;
for (const shot of shots) {
  if (only.length > 0 && !only.some((name) => shot.name.includes(name))) continue;
  const page = await browser.newPage({ viewport: { width: shot.width, height: 1000 } });
  const complain = (text) => {
    wrong++;
    process.stderr.write(`${shot.name}: ${text}\n`);
  };
  page.on('pageerror', (error) => complain(error.stack ?? error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complain(message.text());
  });
  const tell = (message) => {
    if (message.kind === 'answer' && message.id === 1e9) return;
    if (message.kind === 'answer' && !message.ok) complain(message.error.message);
    void page.evaluate((m) => globalThis.fromHost(m), message).catch(() => undefined);
  };
  const session = new RuntimeSession({ path: place, rules: [] }, tell);
  await page.exposeFunction('toHost', (message) => {
    if (message.kind !== 'action') session.receive(message);
    else if (message.action === 'ready') {
      void session.run().then(() => {
        if (timeline)
          session.receive({ kind: 'call', id: 1e9, name: 'link', params: { path: timeline } });
      });
    }
  });
  const query = { theme: shot.theme, state: JSON.stringify(shot.state) };
  await page.goto(`${pathToFileURL(path.join(out, 'session.html'))}?${new URLSearchParams(query)}`);
  await page.waitForTimeout(timeline ? 2500 : 1200);
  await page.screenshot({ path: path.join(out, `${shot.name}.png`) });
  await page.close();
  session.dispose();
}
await browser.close();
process.stdout.write(`${out}: ${wrong === 0 ? 'nothing complained' : `${wrong} complaints`}\n`);
process.exit(wrong === 0 ? 0 : 1);
