import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseRun, RUN_FILE } from '../../capture/run-folder';

/** The timeline that was captured in the same run as a session, where the run's record says so. */
export async function timelineOfRun(session: string): Promise<string | undefined> {
  const run = path.dirname(session);
  const text = await readFile(path.join(run, RUN_FILE), 'utf8').catch(() => undefined);
  const files = text === undefined ? undefined : parseRun(text)?.files;
  if (files?.runtime === undefined || path.join(run, files.runtime) !== session) return undefined;
  const [timeline] = [...files.timelines, ...files.torch];
  // What a record names lies in its folder, or is not what it says.
  if (timeline === undefined || path.relative(run, path.join(run, timeline)).startsWith('..'))
    return undefined;
  return path.join(run, timeline);
}
