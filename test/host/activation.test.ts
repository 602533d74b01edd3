import assert from 'node:assert/strict';
import Mocha from 'mocha';
import * as vscode from 'vscode';

interface Manifest {
  readonly contributes?: { readonly commands?: readonly { readonly command: string }[] };
}

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('profilemate.profilemate');
  assert.ok(found, 'the extension is not installed in this VS Code');
  return found;
}

describe('the extension', () => {
  it('activates', async () => {
    const active = extension().isActive;
    const started = performance.now();
    await extension().activate();
    assert.equal(extension().isActive, true);
    // Told for the benchmark's page; a busy machine's time proves nothing.
    if (!active) {
      const took = Math.round(performance.now() - started);
      Mocha.reporters.Base.consoleLog(`      loaded and activated in ${took} ms`);
    }
  });

  it('runs beside the files, not in the window', () => {
    assert.equal(extension().extensionKind, vscode.ExtensionKind.Workspace);
  });

  it('registers every command that it contributes', async () => {
    const contributed = (extension().packageJSON as Manifest).contributes?.commands ?? [];
    assert.ok(contributed.length > 0, 'the manifest contributes no command');
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = contributed.map(({ command }) => command).filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });
});
