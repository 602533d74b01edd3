import assert from 'node:assert/strict';
import { cellText, exactText, rowAsText, unitOf, type Column } from '../../../webview/ui/cells';

interface Row {
  readonly name: string;
  readonly time?: number;
  readonly share?: number;
}
const NAME: Column<Row> = {
  id: 'name',
  title: 'Name',
  kind: 'text',
  width: 1,
  value: (row) => row.name,
};
const TIME: Column<Row> = {
  id: 'time',
  title: 'Time',
  kind: 'time',
  width: 1,
  value: (row) => row.time,
};

describe('cells', () => {
  it('tell times of a column in one unit, exact ones in nanoseconds', () => {
    const rows: Row[] = [
      { name: 'a', time: 12_345_678 },
      { name: 'b', time: 12_340 },
      { name: 'c' },
    ];
    const unit = unitOf(TIME, rows);
    assert.equal(unit, 'ms');
    assert.deepEqual(
      rows.map((row) => cellText(TIME, row, unit)),
      ['12.3', '0.0123', '–'],
    );
    assert.equal(exactText(TIME, rows[0]), '12,345,678 ns');
  });

  it('are copied exactly, unknown as nothing, names harmless to a spreadsheet', () => {
    const columns = [NAME, TIME];
    assert.equal(
      rowAsText(columns, { name: '=HYPERLINK("x")\n\ty', time: 1.5 }),
      `Name\tTime (ns)\n'=HYPERLINK("x") y\t1.5\n`,
    );
    assert.equal(rowAsText(columns, { name: 'k' }), 'Name\tTime (ns)\nk\t\n');
  });
});
