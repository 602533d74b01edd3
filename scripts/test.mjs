/**
 * Runs every check and suite of the project and adds up what they say.
 *
 * The last line is `N passed, N failed`, and just above it is what failed and
 * why. A step that fails does not keep the next ones from running, and a suite that did not reach its end has failed,
 * whatever its exit status.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = path.join(root, 'test-results');
const reports = path.join(results, 'reports');
/** Pictures of every view in three themes and two widths take their time on a slow machine. */
const stepLimitMs = 40 * 60_000;

const bin = (name) => `node_modules/${name}`;
const mocha = (...args) => ['--import', 'tsx', bin('mocha/bin/mocha.js'), '--forbid-only', ...args];

/** A check is one test: it passes or it fails. */
const check = (name, ...args) => ({ name, args });
/** A suite counts its own tests and reports them in a file, and beside it what failed. */
const suite = (name, ...args) => ({ name, args, report: path.join(reports, `${name}.json`) });

const steps = [
  check('build', 'scripts/build.mjs'),
  check('lint', bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'),
  check('format', bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'),
  check('types', bin('typescript/bin/tsc'), '-p', 'tsconfig.json'),
  check('types of the webview', bin('typescript/bin/tsc'), '-p', 'webview/tsconfig.json'),
  suite('unit', ...mocha('test/unit/**/*.test.ts', '--ignore', 'test/unit/cli/**')),
  suite('command line', ...mocha('test/unit/cli/**/*.test.ts')),
  suite('inside VS Code', '--import', 'tsx', 'scripts/vscode/host-suite.ts'),
  check('package', 'scripts/package.mjs'),
  suite('in the window', ...mocha('test/ui/**/*.test.ts')),
];

/** Runs one program of Node's. @returns its exit status, or undefined where it was stopped. */
function run({ args, report }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...(report && { PROFILEMATE_TEST_REPORT: report }) },
      detached: true,
    });
    const kill = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended with all that it started.
      }
    };
    // Asked first, so that a suite can take its server and browser with it.
    const stop = async () => {
      kill('SIGTERM');
      await sleep(3000);
      kill('SIGKILL');
    };
    const interrupted = () => {
      // No further step.
      child.removeAllListeners('close');
      void stop().then(() => process.exit(130));
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);
    const limit = setTimeout(() => {
      console.error(`stopped after ${stepLimitMs / 60_000} minutes`);
      void stop();
    }, stepLimitMs);
    child.once('close', (status) => {
      clearTimeout(limit);
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      resolve(status ?? undefined);
    });
  });
}

/** What a suite's run amounts to. */
function count(status, report) {
  if (!existsSync(report)) return { passed: 0, failed: 1, why: 'it did not reach its end' };
  const { passes, failures, pending } = JSON.parse(readFileSync(report, 'utf8'));
  const counts = { passed: passes, failed: failures, skipped: pending };
  if (failures === 0 && passes === 0) return { ...counts, failed: 1, why: 'it ran no test' };
  if (failures === 0 && status !== 0)
    return { ...counts, failed: 1, why: `it ended with status ${status ?? 'none'}` };
  return counts;
}

rmSync(results, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const outcomes = [];
for (const step of steps) {
  console.log(`\n── ${step.name}`);
  const started = performance.now();
  const status = await run(step);
  const counts = step.report
    ? count(status, step.report)
    : { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  outcomes.push({ name: step.name, seconds: (performance.now() - started) / 1000, ...counts });
}

console.log('\n── all of it');
for (const { name, seconds, passed, failed, skipped, why } of outcomes) {
  const mark = failed ? '✗' : '✓';
  const notes = [skipped ? `${skipped} skipped` : '', why ?? ''].filter(Boolean).join(', ');
  console.log(
    `${mark} ${name.padEnd(22)}${seconds.toFixed(1).padStart(6)} s` +
      `${String(passed).padStart(6)} passed${String(failed).padStart(4)} failed  ${notes}`.trimEnd(),
  );
}
for (const { name, report } of steps) {
  if (!report || !existsSync(`${report}.failed`)) continue;
  console.log(`\n── what failed: ${name}\n\n${readFileSync(`${report}.failed`, 'utf8').trimEnd()}`);
}
const total = (key) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
const failed = total('failed');
process.exitCode = failed === 0 ? 0 : 1;
console.log(`\n${total('passed')} passed, ${failed} failed`);
