/**
 * Packages the extension into dist/profilemate.vsix and fails where that is
 * larger than people on a slow line should have to wait for.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const limitBytes = 3_000_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const vsix = path.join(root, 'dist/profilemate.vsix');

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// Output of an earlier build, of a view that has gone or a map, must not ship.
rmSync(path.join(root, 'dist/webview'), { recursive: true, force: true });
mkdirSync(path.dirname(vsix), { recursive: true });
run('scripts/build.mjs', '--production');
// Bundles carry all that they use, so no dependency is packed.
run('node_modules/@vscode/vsce/vsce', 'package', '--no-dependencies', '--out', vsix);

const { size } = statSync(vsix);
const megabytes = (size / 1e6).toFixed(2);
if (size > limitBytes) {
  console.error(`package: ${megabytes} MB is more than the ${limitBytes / 1e6} MB allowed`);
  process.exit(1);
}
console.log(`package: ${path.relative(root, vsix)}, ${megabytes} MB`);
