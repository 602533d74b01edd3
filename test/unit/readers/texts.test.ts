import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StringTable } from '../../../src/profile/strings';
import { Texts } from '../../../src/readers/texts';

describe('texts interned by their bytes', () => {
  it('have the ids that interning the strings would give', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
        const strings = new StringTable();
        const texts = new Texts(strings);
        const expected = new StringTable();
        for (const word of [...words, ...words]) {
          const bytes = Buffer.from(`..${word}..`);
          const length = bytes.length - 4;
          const text = bytes.toString('utf8', 2, 2 + length);
          const cut = text.includes('\0') ? text.slice(0, text.indexOf('\0')) : text;
          assert.equal(texts.intern(bytes, 2, length), expected.intern(cut));
        }
        assert.equal(strings.length, expected.length);
      }),
    );
  });

  it('stay apart and together while the table grows', () => {
    const texts = new Texts(new StringTable());
    const ids = new Set<number>();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20_000; i++) {
        const bytes = Buffer.from(`execute_context_0(0)_generation_${i}(${i})`);
        ids.add(texts.intern(bytes, 0, bytes.length));
      }
    }
    assert.equal(ids.size, 20_000);
  });
});
