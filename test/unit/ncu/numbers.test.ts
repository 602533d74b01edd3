import assert from 'node:assert/strict';
import { NumberReader } from '../../../src/readers/ncu/numbers';
import { unitScale } from '../../../src/readers/ncu/units';

/** Reads values as one page would hold them. */
function page(cells: readonly string[], unit = ''): { values: number[]; reader: NumberReader } {
  const reader = new NumberReader();
  const read = cells.map((cell) => {
    const token = reader.read(cell);
    return { token, value: reader.value, separator: reader.separator };
  });
  const values = read.map(({ token, value, separator }) =>
    token === 'ambiguous' ? reader.resolve(separator, value, unitScale(unit)) : value,
  );
  return { values, reader };
}

describe('ncu: numbers of every locale', () => {
  const written: Record<string, string[]> = {
    C: ['19329', '1329513', '0.55', '1234567.50'],
    en_US: ['19,329', '1,329,513', '0.55', '1,234,567.50'],
    de_DE: ['19.329', '1.329.513', '0,55', '1.234.567,50'],
    fr_FR: ['19 329', '1 329 513', '0,55', '1 234 567,50'],
    'fr_FR, no-break': ['19\u202f329', '1\u00a0329\u00a0513', '0,55', '1\u202f234\u202f567,50'],
    de_CH: ["19'329", "1'329'513", '0.55', '1’234’567.50'],
    hi_IN: ['19,329', '13,29,513', '0.55', '12,34,567.50'],
  };
  for (const [locale, cells] of Object.entries(written)) {
    it(locale, () => {
      const { values, reader } = page(cells);
      assert.deepEqual(values, [19329, 1329513, 0.55, 1234567.5]);
      assert.equal(reader.guessed, 0);
    });
  }

  it('takes %f values for what they are beside German ones', () => {
    const { values, reader } = page(['430.080000', '430.080', '5.120', '0,55']);
    assert.deepEqual(values, [430.08, 430080, 5120, 0.55]);
    assert.equal(reader.guessed, 0);
    assert.equal(reader.convention().decimal, ',');
  });

  it('groups without evidence, since ncu never prints three decimals, and says so', () => {
    const { values, reader } = page(['4.096', '12', '430.080000']);
    assert.deepEqual(values, [4096, 12, 430.08]);
    assert.equal(reader.guessed, 1);
    assert.match(reader.convention().reason, /1 as thousands, because ncu never prints/);
  });

  it('lets a scaled unit or a percentage decide where the page does not, and says so', () => {
    assert.deepEqual(page(['1,234'], 'Kbyte').values, [1.234]);
    const { values, reader } = page(['99.125'], '%');
    assert.deepEqual(values, [99.125]);
    assert.match(reader.convention().reason, /1 as decimals, because their unit/);
  });

  it('reads signs, exponents and instance lists', () => {
    assert.deepEqual(
      page(['-344', '1.5e9', '2,5E+03', '24641536 (6684672; 6553600)']).values,
      [-344, 1.5e9, 2500, 24641536],
    );
  });

  it('makes no number of what is none', () => {
    const reader = new NumberReader();
    for (const cell of ['', 'n/a', 'nan', 'no data', '-'])
      assert.equal(reader.read(cell), 'missing');
    for (const cell of ['CachePreferNone', '127.0.0.1', '0-11', '1,23,4', '0x10', '1.2.3', 'No-CC'])
      assert.equal(reader.read(cell), 'text', cell);
  });
});

describe('ncu: units', () => {
  const cases: [string, string, number][] = [
    ['nsecond', 'ns', 1],
    ['ns', 'ns', 1],
    ['usecond', 'ns', 1e3],
    ['us', 'ns', 1e3],
    ['msecond', 'ns', 1e6],
    ['second', 'ns', 1e9],
    ['byte', 'byte', 1],
    ['Kbyte', 'byte', 1e3],
    ['Gbyte', 'byte', 1e9],
    ['Kbyte/block', 'byte/block', 1e3],
    ['Kbyte/cycle', 'byte/cycle', 1e3],
    ['Tbyte/second', 'byte/s', 1e12],
    ['Tbyte/s', 'byte/s', 1e12],
    ['byte/ns', 'byte/s', 1e9],
    ['cycle/nsecond', 'Hz', 1e9],
    ['cycle/usecond', 'Hz', 1e6],
    ['cycle/second', 'Hz', 1],
    ['hz', 'Hz', 1],
    ['Ghz', 'Hz', 1e9],
    ['sector/usecond', 'sector/s', 1e6],
    ['1/ns', '1/s', 1e9],
    ['sectors', 'sector', 1],
    ['register/thread', 'register/thread', 1],
    ['inst/cycle', 'inst/cycle', 1],
    ['%', '%', 1],
    ['', '', 1],
  ];
  for (const [printed, unit, factor] of cases) {
    it(`${printed || '(none)'} is ${factor} ${unit || '(none)'}`, () => {
      const scale = unitScale(printed);
      assert.equal(scale.unit, unit);
      assert.equal(scale.factor, factor);
    });
  }
});
