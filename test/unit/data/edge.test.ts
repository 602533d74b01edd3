import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadFailure } from '../../../src/readers/failure';
import { readNsys } from '../../../src/readers/nsys';
import { EDGES } from '../../data/edge';
import { BROKEN_FILES } from '../../data/files';
import { TWO_GPUS } from '../../data/generate';
import { inMemory } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { checkReading, checkResults } from '../../fuzz/expect';
import { twoGpus } from '../../harness/two-gpus';

describe('strange and broken exports', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'profilemate-edge-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [name, edge] of Object.entries(EDGES))
    it(`${name}: ${edge.about}`, async () => {
      const path = join(folder, 'edge.sqlite');
      const tables = edge.build();
      tables.write(path);
      const profile = await readNsys(path);
      assert.equal(profile.kernels.length, edge.kernels);
      const lengths = profile.kernels.end.map((end, i) => end - profile.kernels.start[i]);
      assert.equal(
        lengths.reduce((a, b) => a + b, 0),
        edge.kernelTime,
      );
      assert.equal(
        profile.diagnostics.some(({ severity }) => severity !== 'info'),
        edge.told,
      );
      checkReading(tables, profile);
      checkResults(profile);
    });

  for (const [name, file] of Object.entries(BROKEN_FILES))
    it(`${name} (${file.about}) is refused as ${file.code}, and left alone`, async () => {
      const path = join(folder, 'broken.sqlite');
      file.write(path);
      const before = readdirSync(folder);
      await assert.rejects(readNsys(path), (error) => {
        assert.ok(error instanceof ReadFailure, String(error));
        assert.equal(error.code, file.code);
        assert.ok(error.message.includes(path));
        return true;
      });
      assert.deepEqual(readdirSync(folder), before);
    });
});

describe('what views are tried on', () => {
  it('is the same bytes every time, and says that it was generated', async () => {
    const bytes = readFileSync(twoGpus());
    assert.ok(bytes.equals(inMemory((database) => void vllm(database, TWO_GPUS))));
    assert.equal((await readNsys(twoGpus())).source.generated, true);
  });
});
