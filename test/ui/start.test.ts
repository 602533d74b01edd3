/** `npm start` as a person meets it: a line a step, an address, the sample open behind it, Ctrl-C. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launchBrowser } from '../../scripts/vscode/browser';
import { root } from '../../scripts/vscode/paths';
import { TEST_LIMIT, Workbench } from './workbench';

/** PATH with nothing on it but what building needs, so without a desktop's `code`. */
function pathWithoutDesktop(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pm-'));
  symlinkSync(process.execPath, path.join(folder, 'node'));
  return folder;
}

describe('npm start', function () {
  this.timeout(TEST_LIMIT);

  it('opens the sample in a browser, and ends with Ctrl-C', async () => {
    const bare = pathWithoutDesktop();
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/start.ts'], {
      cwd: root,
      env: { ...process.env, PATH: bare, DISPLAY: '', WAYLAND_DISPLAY: '', PORT: '0' },
    });
    const ended = once(child, 'exit');
    let output = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const browser = await launchBrowser();
    try {
      const address = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', () => {
          const found = /^(http:\/\/\S+)\n[^]*Ctrl-C/m.exec(output);
          if (found) resolve(found[1]);
        });
        child.once('exit', () => reject(new Error(`npm start ended:\n${output}${errors}`)));
      });
      assert.match(output, /^ *\d+\.\d s {2}building/m, 'no step is announced with its time');

      const window = new Workbench(await browser.newPage({ reducedMotion: 'reduce' }));
      await window.page.goto(address);
      await window.show('Overview');
      await window.tab('sample.nsys.sqlite').waitFor();
      await window.picture('npm start');

      child.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
      await assert.rejects(fetch(address), 'the server is still there');
    } finally {
      await browser.close();
      child.kill('SIGTERM');
      rmSync(bare, { recursive: true });
    }
  });
});
