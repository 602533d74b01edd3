/** The real profiles, which are not part of the project, where a machine has them. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of real profiles. */
export const REAL = resolve(process.env.PROFILEMATE_REAL_PROFILES ?? '../shared/data');

/** Path of something in (or beside) the folder; undefined, with a warning that counts, where it is missing. */
export function realFile(path: string, tests: string): string | undefined {
  const file = join(REAL, path);
  if (existsSync(file)) return file;
  warnMissing(file, tests);
  return undefined;
}

/** nsys exports with what `nsys stats` prints for each. */
export function oracleProfiles(): { name: string; profile: string; oracle: string }[] {
  const oracles = join(REAL, 'nsys', 'oracle');
  if (!existsSync(oracles)) {
    warnMissing(oracles, 'comparison with what nsys stats prints for some 28 profiles');
    return [];
  }
  return readdirSync(oracles).map((name) => ({
    name,
    profile: join(REAL, 'nsys', `${name}.sqlite`),
    oracle: join(oracles, name),
  }));
}

/** Real profiles of a kind, in order of name; none, with a warning that counts, where they are missing. */
export function realProfiles(kind: string, suffix: string, tests: string): string[] {
  const folder = realFile(kind, tests);
  return folder === undefined
    ? []
    : readdirSync(folder)
        .filter((name) => name.endsWith(suffix))
        .sort()
        .map((name) => join(folder, name));
}

let missing = 0;
function warnMissing(path: string, tests: string): void {
  missing++;
  console.warn(
    `    NOT TESTED (${missing}): ${tests}, for ${path} is not there. ` +
      'Set PROFILEMATE_REAL_PROFILES to the folder of real profiles.',
  );
}
