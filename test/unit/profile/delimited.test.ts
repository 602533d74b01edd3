import assert from 'node:assert/strict';
import fc from 'fast-check';
import Papa from 'papaparse';
import { csvRow, markdownRow, markdownRule } from '../../../src/profile/delimited';

describe('rows as CSV', () => {
  it('are read back by another program as they were', () => {
    const cell = fc.string({ unit: 'binary' }).filter((text) => !/^[=+\-@\t\r]/.test(text));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 6 }), (cells) => {
        const { data } = Papa.parse<string[]>(`${csvRow(cells)}\n`, {
          delimiter: ',',
          newline: '\n',
        });
        assert.deepEqual(data[0], cells);
      }),
    );
  });

  it('have no formulas', () => {
    assert.equal(csvRow(['=1+1', '+a', '@x', '-a', '\tb']), `'=1+1,'+a,'@x,'-a,'\tb`);
    assert.equal(csvRow(['-5', -5, '+1e3']), '-5,-5,+1e3');
  });

  it('leave a cell empty where nothing is known, and do not where it is zero', () => {
    assert.equal(csvRow([undefined, NaN, 0, '']), ',,0,');
  });
});

describe('rows as Markdown', () => {
  it('show names as they are', () => {
    assert.equal(
      markdownRow(['a|b<c>*d*_e_`f`', 1.5, undefined]),
      '| a\\|b\\<c\\>\\*d\\*\\_e\\_\\`f\\` | 1.5 |  |',
    );
    assert.equal(markdownRow(['two\r\nlines']), '| two lines |');
  });

  it('have figures on the right', () => {
    assert.equal(markdownRule([{ right: false }, { right: true }]), '| --- | ---: |');
  });
});
