/** From what a person names to the profile in it. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Profile } from '../profile/model';
import { isNcuPage, openProfile } from '../readers/open';
import { exportCommand, isReport, readable } from './exports';
import { CliFailure, reason } from './failure';
import { progressLine } from './progress';

const EXPORT = /\.(sqlite3?|db)$/i;
const TRACE = /\.pt\.trace\.json(?:\.gz)?$/i;
const PAGE = /\.csv$/i;

/**
 * The profiles of a folder (not of folders in it), in order of name, or the one file.
 * @throws CliFailure where there is nothing that could be one
 */
export async function findProfiles(place: string): Promise<readonly string[]> {
  const found = await stat(place).catch((error: unknown) => {
    throw new CliFailure(
      `Cannot open ${place}: ${reason(error)}. Expected a profile (an Nsight Systems SQLite export, a trace of PyTorch, a Nsight Compute CSV) or a folder with one.`,
    );
  });
  if (!found.isDirectory()) return [place];
  const names = await readdir(place).catch((error: unknown) => {
    throw new CliFailure(`Cannot look into ${place}: ${reason(error)}.`);
  });
  const profiles: string[] = [];
  for (const name of names.sort()) {
    const file = path.join(place, name);
    // A folder has many CSV files, those of earlier analyses among them.
    const named = EXPORT.test(name) || TRACE.test(name);
    if (named || (PAGE.test(name) && (await isNcuPage(file)))) profiles.push(file);
  }
  if (profiles.length > 0) return profiles;
  const report = names.filter(isReport).sort()[0];
  const advice =
    report === undefined
      ? 'Name the file itself, or the folder that a capture wrote to.'
      : `There is a report that is not exported yet: run ${exportCommand(path.join(place, report))}`;
  throw new CliFailure(
    `No profile (*.sqlite, *.sqlite3, *.db, *.pt.trace.json, *.csv of Nsight Compute) in ${place}. ${advice}`,
  );
}

/**
 * The one profile of a folder, where a single one is wanted: an export goes before traces and
 * results of Nsight Compute of the same run.
 * @throws CliFailure where there are several
 */
export async function findProfile(place: string): Promise<string> {
  const all = await findProfiles(place);
  const kinds = [EXPORT, TRACE].map((kind) => all.filter((file) => kind.test(file)));
  return onlyOne(place, kinds.find(({ length }) => length > 0) ?? all);
}

/** @throws CliFailure where there are several */
export function onlyOne(place: string, [one, ...others]: readonly string[]): string {
  if (others.length === 0) return one;
  const names = [one, ...others].map((file) => path.basename(file)).join(', ');
  throw new CliFailure(`${place} holds ${others.length + 1} profiles: ${names}. Name one of them.`);
}

/** @throws ReadFailure, CliFailure */
export async function readProfile(file: string): Promise<Profile> {
  const source = readable(file);
  const progress = progressLine();
  try {
    const profile = await openProfile(source, progress.options);
    // What was exported is named by what the person has.
    return { ...profile, source: { ...profile.source, path: file } };
  } finally {
    progress.done();
  }
}
