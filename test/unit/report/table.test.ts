import assert from 'node:assert/strict';
import { printable, textTable } from '../../../src/report/table';

describe('text tables', () => {
  it('makes columns as wide as they need, figures to the right', () => {
    const table = textTable(
      [{ title: 'name' }, { title: 'ms', right: true }],
      [
        ['a', '1,234'],
        ['longer', '5'],
      ],
    );
    assert.deepEqual(table.split('\n'), [
      'name       ms',
      '──────  ─────',
      'a       1,234',
      'longer      5',
    ]);
  });

  it('lets no name steer the terminal', () => {
    const hostile = 'a\u001b[2J\u0007b\r\nc\u202ed\u009b1m';
    assert.equal(printable(hostile), 'a�[2J�b��c�d�1m');
    assert.ok(!textTable([{ title: 't' }], [[hostile]]).includes('\u001b'));
    assert.equal(printable('naïve kernel<日本語>'), 'naïve kernel<日本語>');
  });
});
