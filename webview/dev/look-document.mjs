/**
 * Shows a comparison or trends in the page that the editor shows, from the
 * document that `profilemate check --json` or `profilemate history trends --json`
 * prints, and takes pictures of it.
 *
 *   node --import tsx webview/dev/look-document.mjs FOLDER DOCUMENT.json [name…]
 */
import { mkdir, writeFile, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL, URLSearchParams } from 'node:url';
import esbuild from 'esbuild';
import { launchBrowser } from '../../scripts/vscode/browser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [folder, file, ...only] = process.argv.slice(2);
const out = path.resolve(folder);
await mkdir(out, { recursive: true });
const document = JSON.parse(await readFile(file, 'utf8'));
const name = Array.isArray(document) ? 'trends' : 'compare';
const question = { kind: 'runs', baseline: ['/runs/before'], current: ['/runs/now'] };

await esbuild.build({
  absWorkingDir: root,
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  tsconfig: 'webview/tsconfig.json',
  entryPoints: [
    { out: name, in: `webview/${name}/main.ts` },
    { out: 'bridge', in: 'webview/dev/bridge.ts' },
  ],
  outdir: out,
  logLevel: 'warning',
});
for (const part of ['codicon.css', 'codicon.ttf']) {
  await copyFile(path.join(root, 'node_modules/@vscode/codicons/dist', part), path.join(out, part));
}
const policy = `default-src 'none'; style-src file: 'nonce-x'; font-src file:; script-src 'nonce-x'`;
await writeFile(
  path.join(out, `${name}.html`),
  `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta property="csp-nonce" content="x">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="codicon.css"><link rel="stylesheet" href="${name}.css"></head>
<body><profilemate-app></profilemate-app>
<script type="application/json" id="profilemate-l10n" nonce="x">{}</script>
<script nonce="x" src="bridge.js"></script><script nonce="x" src="${name}.js"></script></body></html>`,
);

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

const browser = await launchBrowser();
let wrong = 0;
for (const shot of shots) {
  if (only.length > 0 && !only.some((part) => shot.name.includes(part))) continue;
  const page = await browser.newPage({ viewport: { width: shot.width, height: 1000 } });
  const complain = (text) => {
    wrong++;
    process.stderr.write(`${shot.name}: ${text}\n`);
  };
  page.on('pageerror', (error) => complain(error.stack ?? error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complain(message.text());
  });
  await page.exposeFunction('toHost', (message) => {
    if (message.action !== 'ready') return;
    const answer =
      name === 'compare'
        ? { kind: 'comparison', question, comparison: document, swappable: true }
        : { kind: 'trends', groups: document, filter: {}, place: '.profilemate/history.sqlite' };
    void page.evaluate((m) => globalThis.fromHost(m), answer).catch(() => undefined);
  });
  const query = { theme: shot.theme ?? 'dark', state: JSON.stringify(shot.state) };
  await page.goto(`${pathToFileURL(path.join(out, `${name}.html`))}?${new URLSearchParams(query)}`);
  await page.waitForTimeout(700);
  await page.screenshot({ path: path.join(out, `${shot.name}.png`) });
  await page.close();
}
await browser.close();
process.stdout.write(`${out}: ${wrong === 0 ? 'nothing complained' : `${wrong} complaints`}\n`);
process.exit(wrong === 0 ? 0 : 1);
