import assert from 'node:assert/strict';
import Papa from 'papaparse';
import { float, integer, round1, text } from '../../../src/analysis/nsys-stats/table';
import type { StatsTable } from '../../../src/analysis/nsys-stats';
import { formatStats } from '../../../src/report/stats-format';

const table = (columns: StatsTable['columns'], rows: StatsTable['rows']): StatsTable => ({
  report: 'r',
  title: 'R',
  columns,
  rows,
  status: rows.length > 0 ? 'ok' : 'empty',
});

describe('rounding to a decimal', () => {
  it('is that of the tool', () => {
    // Averages of whole numbers that nsys stats 2023.4.4 was given, and what it printed.
    const printed: readonly (readonly [sum: number, count: number, printed: number])[] = [
      [1, 20, 0.1],
      [3, 20, 0.2],
      [5, 20, 0.3],
      [7, 20, 0.4],
      [23, 20, 1.2],
      [201, 20, 10.1],
      [1, 40, 0],
      [3, 40, 0.1],
      [2_000_001, 20, 100_000.1],
      [20_000_000_001, 20, 1_000_000_000.1],
      [20_000_000_000_001, 20, 1_000_000_000_000.1],
      [12_000_000_000_001, 4, 3_000_000_000_000.3],
      [16_000_000_001, 3, 5_333_333_333.7],
      [-15, 2, -7.5],
    ];
    for (const [sum, count, expected] of printed) {
      assert.equal(round1(sum / count), expected, `${sum} / ${count}`);
    }
  });

  it('carries into the whole, and leaves alone what has no decimals', () => {
    assert.equal(round1(9.97), 10);
    assert.equal(round1(1e300), 1e300);
    assert.ok(Number.isNaN(round1(NaN)));
  });
});

describe('reports as text', () => {
  it('show a terminal nothing that it would obey', () => {
    const names = table([text('Name')], [['a\u001b[31mb\u009bc\r\nd\te']]);
    assert.match(formatStats(names, 'table'), /\| a�\[31mb�c d�e \|/);
  });

  const sizes = table(
    [float('Total (MB)', 3), text('Operation')],
    [
      // Of these many bytes, as nsys stats 2023.4.4 prints them.
      ...[62_500, 187_500, 312_500, 1_062_500, 2_500, 4_500, 9_999_500, 1_000_500].map(
        (bytes) => [bytes / 1e6, 'x'] as const,
      ),
      [123_456_789_012_345 / 1e6, 'x'],
    ],
  );

  it('round an exact half to the even neighbour, as C does', () => {
    const printed = formatStats(sizes, 'csv').split('\n').slice(1, -1);
    assert.deepEqual(
      printed.map((line) => line.split(',')[0]),
      ['0.062', '0.188', '0.312', '1.062', '0.003', '0.004', '9.999', '1.000', '123456789.012'],
    );
  });

  const names = [
    'plain',
    'a,b',
    'a"b',
    'a,"b"',
    '"quoted"',
    'line\nbreak\r\nand another',
    "=cmd|' /C calc'!A0",
    '  spaces  ',
    '',
    '1e5',
    'null',
    'x'.repeat(150),
    '核函数 😀',
    '\u0001\u001b[31m',
  ];
  const named = table(
    [integer('Count'), text('Name')],
    names.map((name, i) => [i, name]),
  );

  it('give every name back from CSV', () => {
    const { data } = Papa.parse<string[]>(formatStats(named, 'csv').trimEnd());
    assert.deepEqual(
      data.slice(1).map((row) => row[1]),
      names,
    );
  });

  it('quote in CSV only what nsys quotes, where that reads back', () => {
    const [, plain, comma, quote] = formatStats(named, 'csv').split('\n');
    assert.deepEqual([plain, comma, quote], ['0,plain', '1,"a,b"', '2,a"b']);
  });

  it('are JSON with names as texts and figures as numbers', () => {
    const parsed = JSON.parse(formatStats(named, 'json')) as unknown;
    assert.deepEqual(
      parsed,
      names.map((name, i) => ({ Count: i, Name: name })),
    );
  });

  it('leave an empty place for what is not known', () => {
    const missing = table(
      [float('QAvg (ns)'), integer('QMin (ns)'), text('Name')],
      [[null, null, null]],
    );
    assert.equal(formatStats(missing, 'csv'), 'QAvg (ns),QMin (ns),Name\n,,\n');
    assert.deepEqual(JSON.parse(formatStats(missing, 'json')), [
      { 'QAvg (ns)': '', 'QMin (ns)': '', Name: '' },
    ]);
  });

  it('are a box whose lines are all as wide', () => {
    const lines = formatStats(named, 'table').split('\n');
    assert.deepEqual(lines.slice(0, 3), ['', ' ** R (r):', '']);
    assert.equal(lines.at(-1), '');
    const box = lines.slice(3, -1);
    assert.equal(box.length, names.length + 4);
    for (const line of box) assert.equal([...line].length, [...box[0]].length, line);
    assert.ok(box.some((line) => line.includes(`${'x'.repeat(99)}… |`)));
  });

  it('are as wide as their first hundred rows ask for', () => {
    const rows = Array.from({ length: 101 }, (_, i) => [i < 100 ? 'short' : 'longer than that']);
    const lines = formatStats(table([text('Name')], rows), 'table').split('\n');
    assert.equal(lines.at(-3), '| long… |');
  });

  it('are nothing without rows, and an empty list in JSON where there was something to count', () => {
    const empty = table([text('Name')], []);
    assert.equal(formatStats(empty, 'csv'), '');
    assert.equal(formatStats(empty, 'table'), '');
    assert.deepEqual(JSON.parse(formatStats(empty, 'json')), []);
    assert.equal(formatStats({ ...empty, status: 'missing' }, 'json'), '');
  });
});
