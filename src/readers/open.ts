/** Recognises a profile by its content, whatever it is called, and reads it. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Profile } from '../profile/model';
import { readNsys, type ReadOptions } from './nsys';
import { readTorch } from './torch';

export type { ReadOptions, ReadStage } from './nsys';

/** @throws ReadFailure with one sentence that names the file, what was expected and what to do */
export function openProfile(path: string, options?: ReadOptions): Promise<Profile> {
  return isTraceHead(readHead(path)) ? readTorch(path, options) : readNsys(path, options);
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
