import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { endAll } from '../../../src/capture/processes';

describe('ending all that a run has started', () => {
  it('ends what was out of sight for a moment, as a program is that is being started', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)']);
    const closed = new Promise((done) => child.once('close', done));
    const runs = (): boolean => child.exitCode === null && child.signalCode === null;
    let looks = 0;
    try {
      await endAll(() =>
        Promise.resolve(
          looks++ > 0 && runs() ? [{ pid: child.pid!, parent: process.pid, program: '' }] : [],
        ),
      );
      assert.ok(!runs(), 'it still runs');
    } finally {
      child.kill('SIGKILL');
      await closed;
    }
  });
});
