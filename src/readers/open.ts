/** Recognises a profile by its content, whatever it is called, and reads it. */
import type { Profile } from '../profile/model';
import { readNsys, type ReadOptions } from './nsys';

export type { ReadOptions, ReadStage } from './nsys';

/** @throws ReadFailure with one sentence that names the file, what was expected and what to do */
export function openProfile(path: string, options?: ReadOptions): Promise<Profile> {
  return readNsys(path, options);
}
