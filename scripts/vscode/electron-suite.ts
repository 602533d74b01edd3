/** Runs test/host in the desktop VS Code, which @vscode/test-electron downloads. */
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { buildHostTests, hostTests } from './host-build';
import { cache, root } from './paths';
import { makeWorkspace } from './workspace';

async function runElectronSuite(): Promise<void> {
  await buildHostTests();
  const workspace = makeWorkspace(mkdtempSync(path.join(os.tmpdir(), 'pm-')));
  await runTests({
    cachePath: cache,
    extensionDevelopmentPath: root,
    extensionTestsPath: hostTests,
    launchArgs: [
      workspace.folder,
      '--disable-extensions',
      '--disable-workspace-trust',
      // Chromium refuses to be sandboxed as root, which is what containers run as.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
}

runElectronSuite().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
