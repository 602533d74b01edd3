import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder } from '../../../src/disk/make-folder';

describe('a folder with those above it', () => {
  let place: string;
  beforeEach(() => (place = mkdtempSync(path.join(tmpdir(), 'profilemate-disk-'))));
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  it('is made once, by as many as want it', async () => {
    const folder = path.join(place, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder)));
    assert.ok(statSync(folder).isDirectory());
    await makeFolder(folder);
    symlinkSync(folder, path.join(place, 'link'));
    await makeFolder(path.join(place, 'link', 'd'));
    assert.ok(existsSync(path.join(folder, 'd')));
  });

  it('is not made where something is in the way', async () => {
    writeFileSync(path.join(place, 'file'), '');
    symlinkSync(path.join(place, 'gone'), path.join(place, 'nowhere'));
    await assert.rejects(makeFolder(path.join(place, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(path.join(place, 'file', 'a', 'b')), { code: 'ENOTDIR' });
    await assert.rejects(makeFolder(path.join(place, 'nowhere')), { code: 'EEXIST' });
    assert.equal(existsSync(path.join(place, 'gone')), false);
  });
});
