import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder with those above it, where they are not there. Node's own recursive
 * `mkdir` never ends where a file system says of a new name that it is not found, as
 * /proc does.
 * @throws the system's error
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  let at = path.resolve(folder);
  while (!(await isFolder(at))) {
    missing.push(at);
    // Where there is a file above, the system says so itself.
    if (at === path.dirname(at) || (await isBelowFile(at))) break;
    at = path.dirname(at);
  }
  for (const each of missing.reverse()) {
    try {
      await mkdir(each);
    } catch (error) {
      // Somebody else may have made it in the meantime.
      if (!(await isFolder(each))) throw error;
    }
  }
}

const isFolder = (place: string): Promise<boolean> =>
  stat(place).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

const isBelowFile = (place: string): Promise<boolean> =>
  stat(place).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOTDIR',
  );
