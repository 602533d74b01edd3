/** Generated runs, read as any other profile, with their truth. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../../src/profile/model';
import { readNsys } from '../../../src/readers/nsys';
import { toFile } from '../../data/sqlite';
import type { Truth } from '../../data/truth';
import { vllm, type VllmOptions } from '../../data/vllm';

export async function generated(
  options: Partial<VllmOptions>,
): Promise<{ profile: Profile; truth: Truth }> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-'));
  try {
    const path = join(folder, 'run.sqlite');
    const truth = toFile(path, (database) => vllm(database, options));
    return { profile: await readNsys(path), truth };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
