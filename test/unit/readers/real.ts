import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Context } from 'mocha';

/** The folder of real profiles, which are not part of the project. */
export const REAL = resolve(process.env.PROFILEMATE_REAL_PROFILES ?? '../shared/data');

/** Real profiles of a kind; where there are none the test says so loudly and is pending. */
export function realProfiles(test: Context, kind: string, suffix: string): string[] {
  const folder = join(REAL, kind);
  if (!existsSync(folder)) {
    console.error(
      `NOT TESTED: no real profiles at ${folder}; set PROFILEMATE_REAL_PROFILES to test "${test.test?.title}".`,
    );
    test.skip();
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => join(folder, name));
}
