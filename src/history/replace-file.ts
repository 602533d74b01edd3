/** Replaces a file so that it is the old one or the new one, whatever happens meanwhile. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** @param ready asked when the new file is on the disk, just before it takes its place; may throw */
export async function replaceFile(
  file: string,
  content: Uint8Array,
  ready?: () => Promise<void>,
): Promise<void> {
  const beside = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(beside, 'wx');
    try {
      await handle.writeFile(content);
      // The name must not reach the disk before the content does.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await ready?.();
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes the rename last through a power cut; Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems refuse; the rename itself has happened.
  } finally {
    await handle.close();
  }
}
