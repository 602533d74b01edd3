/** Recognises a profile by its content, whatever it is called, and reads it. */
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import type { Profile } from '../profile/model';
import { ReadFailure } from './failure';
import { sniffNcu } from './ncu';
import { readText } from './ncu/text';
import { readNsys, type ReadOptions } from './nsys';
import { readTorch } from './torch';

export type { ReadOptions, ReadStage } from './nsys';

/** @throws ReadFailure with one sentence that names the file, what was expected and what to do */
export async function openProfile(path: string, options?: ReadOptions): Promise<Profile> {
  refuseStream(path);
  return isTraceHead(readHead(path)) ? readTorch(path, options) : readNsys(path, options);
}

/** Opening a pipe waits for whoever writes to it, and a profile is not read from front to back. */
function refuseStream(path: string): void {
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch {
    // Its reader says better what is wrong with it.
    return;
  }
  if (stat.isFIFO() || stat.isSocket()) {
    throw new ReadFailure(
      'unreadable',
      `${path} is a pipe: a file was expected. Write what comes out of it into a file, then open that.`,
    );
  }
}

const HEAD = 256;

/** The first bytes; none where the file cannot be read, which its reader says better. */
function readHead(path: string): Uint8Array {
  const bytes = new Uint8Array(HEAD);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, HEAD, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}

/** Whether it is compressed by gzip, or text whose first character opens an object or a list. */
function isTraceHead(head: Uint8Array): boolean {
  if (head[0] === 0x1f && head[1] === 0x8b) return true;
  const text = new TextDecoder().decode(head).trimStart();
  return text.startsWith('{') || text.startsWith('[');
}

/** What a file holds: a timeline, what Nsight Compute measured of kernels, or the runtime layer's session. */
export type ProfileKind = 'timeline' | 'kernels' | 'session';

/**
 * The kind of a file by its first part; a report of ncu that is not printed yet
 * counts as one. What is neither, or cannot be read, is left to the reader of
 * timelines to refuse, except for `.csv`, which can only have been meant for ncu.
 */
export async function recognise(path: string): Promise<ProfileKind> {
  const named = /\.csv$/i.test(path);
  refuseStream(path);
  try {
    const { head, pieces } = await readText(path);
    const first = await pieces.next();
    await pieces.return();
    if (head.toString('latin1').startsWith('NVR')) return 'kernels';
    return named || sniffNcu(first.done ? '' : first.value) ? 'kernels' : 'timeline';
  } catch {
    return named ? 'kernels' : 'timeline';
  }
}

/** Whether a file is a page that ncu printed: for choosing among the files of a folder. */
export async function isNcuPage(path: string): Promise<boolean> {
  try {
    const { pieces } = await readText(path);
    const first = await pieces.next();
    await pieces.return();
    return !first.done && sniffNcu(first.value);
  } catch {
    return false;
  }
}
