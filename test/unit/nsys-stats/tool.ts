/** NVIDIA's own tool, where this machine has it in the version whose output ours is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Later versions print other columns and names (`:range` in the default domain); they are no reference. */
const VERSION = /2023\.4\./;

/** Path of nsys 2023.4, from PROFILEMATE_NSYS or PATH; undefined, said loudly, where there is none. */
export function referenceTool(tests: string): string | undefined {
  const nsys = process.env.PROFILEMATE_NSYS ?? 'nsys';
  let version: string;
  try {
    version = execFileSync(nsys, ['--version'], { encoding: 'utf8' });
  } catch {
    version = 'none';
  }
  if (VERSION.test(version)) return nsys;
  console.warn(
    `    NOT TESTED: ${tests}, for ${nsys} is ${version.trim()}; ` +
      'set PROFILEMATE_NSYS to an nsys of 2023.4.',
  );
  return undefined;
}

/** What the tool writes for a database, by `report.extension` (csv, json, txt). */
export function runTool(
  nsys: string,
  database: string,
  reports: readonly string[],
): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-nsys-'));
  try {
    const formats = ['csv', 'json', 'table'];
    // One format and one output for each report.
    const args = formats.flatMap((format) =>
      reports.flatMap((report) => ['-r', report, '-f', format, '-o', join(folder, 'out')]),
    );
    execFileSync(nsys, ['stats', '-q', ...args, database], { stdio: 'ignore' });
    return new Map(
      readdirSync(folder).map((file) => [
        file.replace(/^out_/, ''),
        readFileSync(join(folder, file), 'utf8'),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
