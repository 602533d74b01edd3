import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadFailure } from '../../../src/readers/failure';
import { readNsys } from '../../../src/readers/nsys';
import { EDGES } from '../../data/edge';
import { BROKEN_FILES } from '../../data/files';
import { SAMPLE } from '../../data/generate';
import { inMemory } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { checkReading, checkResults } from '../../fuzz/expect';

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

describe('the bundled sample', () => {
  const sample = join(__dirname, '../../../media/sample/sample.nsys.sqlite');

  it('is what the generator writes, small, and says that it was generated', async () => {
    const bytes = readFileSync(sample);
    assert.ok(bytes.equals(inMemory((database) => void vllm(database, SAMPLE))), 'npm run sample');
    assert.ok(bytes.length < 6e6);
    assert.equal((await readNsys(sample)).source.generated, true);
  });
});
