/**
 * npm run bench -- [PART…] [options of the one part]
 *
 * Parts: exports, traces, hooks, load; all of them where none is named. Each is
 * a program of its own beside this file, says in its head what it measures, and
 * replaces its own section of RESULTS.md.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PARTS = ['exports', 'traces', 'hooks', 'load'];

const args = process.argv.slice(2);
const first = args.findIndex((arg) => !PARTS.includes(arg));
const named = first < 0 ? args : args.slice(0, first);
const options = args.slice(named.length);
const parts = named.length > 0 ? named : PARTS;

if (options.length > 0 && parts.length !== 1) {
  process.stderr.write(
    `${options.join(' ')}: options belong to one part, which comes before them: ${PARTS.join(', ')}\n`,
  );
  process.exitCode = 2;
} else
  for (const part of parts) {
    console.log(`── ${part}`);
    const { status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join(__dirname, `${part}.ts`), ...options],
      { stdio: 'inherit' },
    );
    process.exitCode ||= status ?? 1;
  }
