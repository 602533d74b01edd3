/** Text as a file, read as any other trace. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../../src/profile/model';
import { openProfile } from '../../../src/readers/open';

export async function readText(
  text: string | Buffer,
  name = 'trace.pt.trace.json',
): Promise<Profile> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    return await openProfile(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const readEvents = (...events: (object | string)[]): Promise<Profile> =>
  readText(
    `{"traceEvents": [${events
      .map((event) => (typeof event === 'string' ? event : JSON.stringify(event)))
      .join(',\n')}]}`,
  );

/** An operator of a microsecond, to be changed where a test needs it. */
export const operator = (changes: object = {}): object => ({
  ph: 'X',
  cat: 'cpu_op',
  name: 'aten::mm',
  pid: 1,
  tid: 2,
  ts: 1000,
  dur: 1,
  args: { 'External id': 7 },
  ...changes,
});

export const kernel = (changes: object = {}, args: object = {}): object => ({
  ph: 'X',
  cat: 'kernel',
  name: 'void f<int>(int)',
  pid: 0,
  tid: 7,
  ts: 1000,
  dur: 1,
  args: { 'External id': 7, device: 0, context: 1, stream: 7, correlation: 3, ...args },
  ...changes,
});

export const call = (changes: object = {}, args: object = {}): object => ({
  ph: 'X',
  cat: 'cuda_runtime',
  name: 'cudaLaunchKernel',
  pid: 1,
  tid: 2,
  ts: 1000,
  dur: 1,
  args: { 'External id': 7, correlation: 3, ...args },
  ...changes,
});
