/**
 * Bundles the webview with a mock editor and takes pictures of it.
 *
 *   node webview/dev/look.mjs [folder] [name…]
 *
 * CHROME_PATH names the browser; without it the one of @sparticuz/chromium is unpacked.
 */
import { mkdir, writeFile, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL, URLSearchParams } from 'node:url';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(root, '.cache/look'));
const only = process.argv.slice(3);
await mkdir(out, { recursive: true });

await esbuild.build({
  absWorkingDir: root,
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  tsconfig: 'webview/tsconfig.json',
  entryPoints: [
    { out: 'main', in: 'webview/main.ts' },
    { out: 'mock', in: 'webview/dev/mock.ts' },
  ],
  outdir: out,
  logLevel: 'warning',
});
for (const file of ['codicon.css', 'codicon.ttf']) {
  await copyFile(path.join(root, 'node_modules/@vscode/codicons/dist', file), path.join(out, file));
}

const policy = (source) =>
  `default-src 'none'; style-src ${source} 'nonce-x'; font-src ${source}; script-src 'nonce-x'`;
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta property="csp-nonce" content="x">
<meta http-equiv="Content-Security-Policy" content="${policy('file:')}">
<link rel="stylesheet" href="codicon.css"><link rel="stylesheet" href="main.css"></head>
<body><profilemate-app></profilemate-app>
<script type="application/json" id="profilemate-l10n" nonce="x">{}</script>
<script nonce="x" src="mock.js"></script><script nonce="x" src="main.js"></script></body></html>`;
await writeFile(path.join(out, 'index.html'), page);

const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH,
  args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files'],
});

const tab = (name, more = {}) => ({ state: JSON.stringify({ tab: name, ...more }) });
const shots = [];
for (const name of ['overview', 'phases', 'kernels', 'ranges', 'graphs', 'memory']) {
  shots.push({ name: `${name}-dark-1600`, width: 1600, query: tab(name) });
  shots.push({ name: `${name}-light-800`, width: 800, query: { ...tab(name), theme: 'light' } });
}
shots.push(
  { name: 'overview-contrast', width: 1200, query: { ...tab('overview'), theme: 'contrast' } },
  { name: 'phases-contrast', width: 1200, query: { ...tab('phases'), theme: 'contrast' } },
  { name: 'detail-dark-1600', width: 1600, query: tab('kernels', { kernel: 'k0' }) },
  {
    name: 'detail-light-800',
    width: 800,
    query: { ...tab('kernels', { kernel: 'k0' }), theme: 'light' },
  },
  {
    name: 'kernels-contrast',
    width: 1200,
    query: { ...tab('kernels', { kernel: 'k0' }), theme: 'contrast' },
  },
  { name: 'failed', width: 900, query: { scenario: 'failed' } },
  { name: 'converting', width: 900, query: { scenario: 'converting' } },
  { name: 'reading', width: 1200, query: { scenario: 'reading', ...tab('overview') } },
  { name: 'reading-kernels', width: 1200, query: { scenario: 'kernels', ...tab('kernels') } },
  { name: 'no-ranges', width: 1200, query: { missing: 'no-ranges', ...tab('phases') } },
  {
    name: 'narrowed',
    width: 1200,
    query: {
      scenario: 'changed',
      generated: '',
      ...tab('kernels', {
        scope: { window: [2e9, 9e9], phase: 'decode' },
        narrowed: ['window', 'phase', 'filter'],
        kernelFilter: 'component:gemm',
      }),
    },
  },
  { name: 'memory-allocated', width: 1200, query: { allocated: '', ...tab('memory') } },
);

let wrong = 0;
for (const shot of shots) {
  if (only.length > 0 && !only.some((name) => shot.name.includes(name))) continue;
  const view = await browser.newPage({
    viewport: { width: shot.width, height: shot.height ?? 950 },
  });
  const complain = (text) => {
    wrong++;
    process.stderr.write(`${shot.name}: ${text}\n`);
  };
  view.on('pageerror', (error) => complain(error.stack ?? error.message));
  view.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complain(message.text());
  });
  await view.goto(
    `${pathToFileURL(path.join(out, 'index.html'))}?${new URLSearchParams(shot.query)}`,
  );
  await view.waitForTimeout(700);
  await view.screenshot({ path: path.join(out, `${shot.name}.png`) });
  await view.close();
}
await browser.close();
process.stdout.write(`${out}: ${wrong === 0 ? 'nothing complained' : `${wrong} complaints`}\n`);
process.exit(wrong === 0 ? 0 : 1);
