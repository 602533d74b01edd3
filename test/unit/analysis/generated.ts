/** Generated vLLM-like profiles, read as any other, beside the truth about them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analysis } from '../../../src/analysis/analysis';
import { readNsys } from '../../../src/readers/nsys';
import { toFile } from '../../data/sqlite';
import type { Truth } from '../../data/truth';
import { vllm, type VllmOptions } from '../../data/vllm';

export interface Generated {
  readonly analysis: Analysis;
  readonly truth: Truth;
}

export async function generated(options: Partial<VllmOptions> = {}): Promise<Generated> {
  const folder = mkdtempSync(join(tmpdir(), 'profilemate-'));
  try {
    const path = join(folder, 'generated.sqlite');
    const truth = toFile(path, (sink) => vllm(sink, options));
    return { analysis: new Analysis(await readNsys(path)), truth };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
