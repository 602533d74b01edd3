/**
 * Bundles everything that ships into `dist/`.
 *
 *   node scripts/build.mjs [--production] [--watch]
 *
 * The worker and the SQLite engine's wasm lie beside the bundles that load
 * them, so a relative path finds them from the extension and from the command
 * line alike.
 */
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const { values: flags } = parseArgs({
  options: { production: { type: 'boolean' }, watch: { type: 'boolean' } },
});

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: flags.production ?? false,
  sourcemap: flags.production ? false : 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': flags.production ? '"production"' : '"development"' },
};

const node = {
  ...shared,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  tsconfig: 'tsconfig.json',
};

const browser = {
  ...shared,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  tsconfig: 'webview/tsconfig.json',
  // Fonts and pictures named in a style sheet travel beside it: a webview's
  // content security policy allows files of the extension, not data: URLs.
  loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'file' },
  assetNames: '[name]',
};

/** `webview/main.ts` is `main`; `webview/<name>/main.ts` is `<name>`. */
function webviewEntries() {
  const folders = readdirSync(path.join(root, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ out: entry.name, in: `webview/${entry.name}/main.ts` }));
  return [{ out: 'main', in: 'webview/main.ts' }, ...folders].filter((entry) =>
    existsSync(path.join(root, entry.in)),
  );
}

const bundles = [
  {
    ...node,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
  },
  { ...node, entryPoints: ['src/engine/worker.ts'], outfile: 'dist/worker.js' },
  {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
  { ...browser, entryPoints: webviewEntries(), outdir: 'dist/webview' },
];

const assets = [
  ['node_modules/sql.js/dist/sql-wasm.wasm', 'dist/sql-wasm.wasm'],
  ['node_modules/@vscode/codicons/dist/codicon.css', 'dist/webview/codicon.css'],
  ['node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/webview/codicon.ttf'],
];

/** Bundles whose entry is not written yet are named and left out. */
function present(bundle) {
  const missing = bundle.entryPoints.filter(
    (entry) => typeof entry === 'string' && !existsSync(path.join(root, entry)),
  );
  for (const entry of missing) console.warn(`build: ${entry} does not exist yet, left out`);
  if (bundle.entryPoints.length === 0) console.warn('build: no webview has a main.ts yet');
  return missing.length === 0 && bundle.entryPoints.length > 0;
}

async function copyAssets() {
  await mkdir(path.join(root, 'dist/webview'), { recursive: true });
  await Promise.all(
    assets.map(([from, to]) => copyFile(path.join(root, from), path.join(root, to))),
  );
}

async function makeRunnable() {
  const cli = path.join(root, 'dist/cli.js');
  if (existsSync(cli)) await chmod(cli, 0o755);
}

const started = performance.now();
await copyAssets();

if (flags.watch) {
  for (const bundle of bundles.filter(present)) {
    const context = await esbuild.context({ ...bundle, logLevel: 'info' });
    await context.watch();
  }
  console.log('build: watching');
} else {
  try {
    await Promise.all(bundles.filter(present).map((bundle) => esbuild.build(bundle)));
  } catch {
    // esbuild has already printed what is wrong and where.
    process.exit(1);
  }
  await makeRunnable();
  console.log(`build: dist/ in ${Math.round(performance.now() - started)} ms`);
}
