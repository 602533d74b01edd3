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
  const others = readdirSync(path.join(root, 'webview'))
    .map((name) => ({ out: name, in: `webview/${name}/main.ts` }))
    .filter((entry) => existsSync(path.join(root, entry.in)));
  return [{ out: 'main', in: 'webview/main.ts' }, ...others];
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

async function copyAssets() {
  await mkdir(path.join(root, 'dist/webview'), { recursive: true });
  await Promise.all(
    assets.map(([from, to]) => copyFile(path.join(root, from), path.join(root, to))),
  );
}

const started = performance.now();
await copyAssets();

if (flags.watch) {
  for (const bundle of bundles) {
    const context = await esbuild.context({ ...bundle, logLevel: 'info' });
    await context.watch();
  }
  console.log('build: watching');
} else {
  try {
    await Promise.all(bundles.map((bundle) => esbuild.build(bundle)));
  } catch {
    // esbuild has already printed what is wrong and where.
    process.exit(1);
  }
  await chmod(path.join(root, 'dist/cli.js'), 0o755);
  console.log(`build: dist/ in ${Math.round(performance.now() - started)} ms`);
}
