/**
 * Stands in for @vscode/native-watchdog: ends this process soon after process
 * `pid` is gone. A timer instead of a thread, so a busy event loop delays it.
 */
'use strict';

const everyMs = 2000;
/** What the native module exits with. */
const parentGone = 87;

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

exports.start = (pid) => {
  const timer = setInterval(() => {
    if (!alive(pid)) process.exit(parentGone);
  }, everyMs);
  timer.unref();
};

exports.exit = (code) => process.exit(code ?? 0);
