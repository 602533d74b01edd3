/** Bundles test/host, each file for itself, into dist/test/host. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './paths';

const folder = path.join(root, 'dist/test/host');

/** What `extensionTestsPath` names. */
export const hostTests = path.join(folder, 'index.js');

export async function buildHostTests(): Promise<void> {
  // A test that was renamed must not run under its old name too.
  rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/host/index.ts', 'test/host/**/*.test.ts'],
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}
