/**
 * Runs the suite inside the extension host: the entry that both launchers,
 * the desktop VS Code and the one from npm, give to `extensionTestsPath`.
 */
import { appendFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import Reporter from '../harness/reporter.cjs';

export async function run(): Promise<void> {
  // The server's extension host has no terminal; the launcher shows this file.
  const output = process.env.PROFILEMATE_TEST_OUTPUT;
  if (output)
    Mocha.reporters.Base.consoleLog = (...line: unknown[]) =>
      appendFileSync(output, `${format(...line)}\n`);

  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 300_000, reporter: Reporter });
  mocha.forbidOnly();
  // A part of the suite, while developing: a pattern of the tests' names.
  const part = process.env.PROFILEMATE_HOST_GREP;
  if (part) mocha.grep(new RegExp(part));
  for (const file of readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.js'))
    .sort())
    mocha.addFile(path.join(__dirname, file));

  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) => {
      if (failures > 0) reject(new Error(`${failures} failed`));
      else resolve();
    });
  });
}
