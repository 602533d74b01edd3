/** A generated vLLM on two GPUs as a file: phases, collectives, idle stretches, copies that wait. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TWO_GPUS } from '../data/generate';
import { toFile } from '../data/sqlite';
import { vllm } from '../data/vllm';

let written: string | undefined;

/** Written at the first call, and gone with the process; the same bytes every time. */
export function twoGpus(): string {
  if (written === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-two-gpus-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'two-gpus.nsys.sqlite');
    toFile(file, (database) => vllm(database, TWO_GPUS));
    written = file;
  }
  return written;
}
