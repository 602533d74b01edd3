/** A page that shows a bundled webview without an editor, and a browser to look at it with. */
import { mkdir, writeFile, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL, URLSearchParams } from 'node:url';
import esbuild from 'esbuild';
import { launchBrowser } from '../../scripts/vscode/browser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles a webview with what stands in for the editor, under the policy the editor gives it.
 * @param view file of `webview/`, without its ending; @param standIn file of `webview/dev/`
 * @returns the page's address for a query
 */
export async function bundlePage(out, view, standIn) {
  await mkdir(out, { recursive: true });
  await esbuild.build({
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    tsconfig: 'webview/tsconfig.json',
    entryPoints: [
      { out: 'view', in: `webview/${view}.ts` },
      { out: 'stand-in', in: `webview/dev/${standIn}.ts` },
    ],
    outdir: out,
    logLevel: 'warning',
  });
  for (const file of ['codicon.css', 'codicon.ttf']) {
    const source = path.join(root, 'node_modules/@vscode/codicons/dist', file);
    await copyFile(source, path.join(out, file));
  }
  const policy = `default-src 'none'; style-src file: 'nonce-x'; font-src file:; script-src 'nonce-x'`;
  await writeFile(
    path.join(out, 'index.html'),
    `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta property="csp-nonce" content="x">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="codicon.css"><link rel="stylesheet" href="view.css"></head>
<body><profilemate-app></profilemate-app>
<script type="application/json" id="profilemate-l10n" nonce="x">{}</script>
<script nonce="x" src="stand-in.js"></script><script nonce="x" src="view.js"></script></body></html>`,
  );
  const address = pathToFileURL(path.join(out, 'index.html'));
  return (query) => `${address}?${new URLSearchParams(query)}`;
}

/**
 * Takes a picture for each shot; what a page complains of goes to stderr.
 * @param shots `{ name, width, height?, query, … }`; only those whose name holds one of `only`
 * @param visit called with the page, before it has an address, and the shot: goes there and prepares it
 * @returns how many complaints there were
 */
export async function takePictures(out, shots, only, visit) {
  const browser = await launchBrowser();
  let wrong = 0;
  for (const shot of shots) {
    if (only.length > 0 && !only.some((name) => shot.name.includes(name))) continue;
    const page = await browser.newPage({
      viewport: { width: shot.width, height: shot.height ?? 950 },
    });
    const complain = (text) => {
      wrong++;
      process.stderr.write(`${shot.name}: ${text}\n`);
    };
    page.on('pageerror', (error) => complain(error.stack ?? error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complain(message.text());
    });
    await visit(page, shot);
    await page.screenshot({ path: path.join(out, `${shot.name}.png`) });
    await page.close();
  }
  await browser.close();
  process.stdout.write(`${out}: ${wrong === 0 ? 'nothing complained' : `${wrong} complaints`}\n`);
  return wrong;
}

/** Connects a page with the bridge to a session of the engine, started when the page is ready. */
export async function connect(page, makeSession, onReady) {
  const tell = (message) => {
    if (message.kind === 'answer' && message.id === -1) return;
    void page.evaluate((m) => globalThis.fromHost(m), message).catch(() => undefined);
  };
  const session = makeSession(tell);
  await page.exposeFunction('toHost', (message) => {
    if (message.kind !== 'action') session.receive(message);
    else if (message.action === 'ready') void session.run().then(() => onReady?.(session));
  });
}
