import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  compileFilter,
  KERNEL_FIELDS,
  LAUNCH_FIELDS,
  NAME_FIELDS,
  parseFilter,
  RANGE_FIELDS,
  suggest,
  type FilterField,
} from '../../../src/protocol/filter';

interface Row {
  readonly name: string;
  readonly component?: string;
  readonly in?: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

const FLASH: Row = {
  name: 'void flash::FlashAttnFwdSm90<float, 128>(int)',
  component: 'attention',
  in: 'graph',
  numbers: { time: 7_000_000, share: 0.31, count: 240, avg: 29_166.7 },
};
const GEMM: Row = {
  name: 'ampere_gemm_128x64',
  component: 'gemm',
  in: '',
  numbers: { time: 2_000_000, share: 0.02, count: 99, avg: 20_202 },
};
const COPY: Row = { name: 'std::copy=<=x "quoted" name', component: 'memory', in: '' };
const ROWS = [FLASH, GEMM, COPY];

function matches(text: string, fields: readonly FilterField[] = KERNEL_FIELDS): readonly Row[] {
  const parsed = parseFilter(text, fields);
  assert.ok(parsed.ok, parsed.ok ? '' : `${parsed.error.message} (at ${parsed.error.at})`);
  const test = compileFilter<Row>(parsed.filter, {
    text: (row, field) => row[field as 'name' | 'component' | 'in'],
    number: (row, field) => row.numbers?.[field],
  });
  return test ? ROWS.filter(test) : ROWS;
}

function errorOf(text: string, fields: readonly FilterField[] = KERNEL_FIELDS) {
  const parsed = parseFilter(text, fields);
  assert.ok(!parsed.ok, `“${text}” was understood`);
  return parsed.error;
}

describe('the filter language', () => {
  it('lets everything pass when empty', () => {
    for (const text of ['', '   ', '\t\n']) assert.deepEqual(matches(text), ROWS);
  });

  it('finds words in names, whatever their case, all of them', () => {
    assert.deepEqual(matches('FLASH'), [FLASH]);
    assert.deepEqual(matches('flash sm90'), [FLASH]);
    assert.deepEqual(matches('flash gemm'), []);
  });

  it('finds phrases with their spaces', () => {
    assert.deepEqual(matches('"float, 128"'), [FLASH]);
    assert.deepEqual(matches('name:"float, 128"'), [FLASH]);
    assert.deepEqual(matches('"128 float"'), []);
  });

  it('leaves out what is negated', () => {
    assert.deepEqual(matches('-flash'), [GEMM, COPY]);
    assert.deepEqual(matches('-"float, 128"'), [GEMM, COPY]);
    assert.deepEqual(matches('-component:gemm'), [FLASH, COPY]);
    assert.deepEqual(matches('-in:graph'), [GEMM, COPY]);
  });

  it('takes colons and brackets of C++ for what they are', () => {
    assert.deepEqual(matches('flash::Flash'), [FLASH]);
    assert.deepEqual(matches('std::copy'), [COPY]);
    assert.deepEqual(matches('Sm90<float,'), [FLASH]);
    assert.deepEqual(matches('128>(int)'), [FLASH]);
    assert.deepEqual(matches('name::x'), []);
    // Quoted, even a condition is a word.
    assert.deepEqual(matches('"time>1ms"'), []);
  });

  it('compares figures, in units', () => {
    assert.deepEqual(matches('time>5ms'), [FLASH]);
    assert.deepEqual(matches('time<=2ms'), [GEMM]);
    assert.deepEqual(matches('time>=0.002s'), [FLASH, GEMM]);
    assert.deepEqual(matches('avg<25us'), [GEMM]);
    assert.deepEqual(matches('avg<25µs'), [GEMM]);
    assert.deepEqual(matches('count>=100'), [FLASH]);
    assert.deepEqual(matches('count:99'), [GEMM]);
    assert.deepEqual(matches('count!=99'), [FLASH]);
    assert.deepEqual(matches('instances<0.1k'), [GEMM]);
    assert.deepEqual(matches('share>2'), [FLASH]);
    assert.deepEqual(matches('share=2'), [GEMM]);
    assert.deepEqual(matches('share>=2%'), [FLASH, GEMM]);
  });

  it('lets a value that is not known satisfy nothing, negated or not', () => {
    assert.deepEqual(matches('time>1ns'), [FLASH, GEMM]);
    assert.deepEqual(matches('-time>1ns'), []);
    assert.deepEqual(matches('api>1us'), []);
    assert.deepEqual(matches('-api>1us'), []);
  });

  it('tells whole names from parts', () => {
    assert.deepEqual(matches('name:gemm'), [GEMM]);
    assert.deepEqual(matches('name=gemm'), []);
    assert.deepEqual(matches('name=ampere_gemm_128x64'), [GEMM]);
    assert.deepEqual(matches('name!=ampere_gemm_128x64'), [FLASH, COPY]);
  });

  it('combines', () => {
    assert.deepEqual(matches('time>1ms -in:graph gemm component:gemm'), [GEMM]);
  });

  it('says what is wrong, and where', () => {
    const places: readonly (readonly [string, number, RegExp])[] = [
      ['flash "open', 6, /never closed/],
      ['time>5', 6, /unit/],
      ['time>5kg', 6, /“kg” is not a unit/],
      ['time>fast', 5, /not a number/],
      ['gemm component:atention', 15, /attention/],
      ['compnent:attention', 0, /did you mean “component”/],
      ['tiem>5ms', 0, /did you mean “time”/],
      ['colour>5', 0, /there are name, component/],
      ['component>gemm', 9, /not a figure/],
      ['a component:', 12, /Write a value/],
      ['-', 0, /leave out/],
      ['-phase:decode', 1, /can not be negated/],
      ['""', 0, /nothing between/],
    ];
    for (const [text, at, message] of places) {
      const error = errorOf(text);
      assert.match(error.message, message, text);
      assert.equal(error.at, at, text);
    }
  });

  it('lets launches be chosen by phase, either way', () => {
    assert.ok(parseFilter('-phase:decode phase!=mixed', LAUNCH_FIELDS).ok);
  });

  it('has examples that it understands itself', () => {
    for (const fields of [KERNEL_FIELDS, LAUNCH_FIELDS, RANGE_FIELDS, NAME_FIELDS]) {
      for (const { example, name } of fields) {
        const parsed = parseFilter(example, fields);
        assert.ok(parsed.ok, example);
        assert.equal(parsed.filter[0].field.name, name, example);
      }
    }
  });

  it('never throws, and points into the text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'time',
        'component',
        'phase',
        'in',
        'share',
        ':',
        '<',
        '>=',
        '=',
        '!=',
        '"',
        '-',
        ' ',
        '5',
        '1e999',
        'ms',
        'ns',
        '%',
        '::',
        'attention',
        'graph',
        '\u0000',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(80), (pieces, caret) => {
        const text = pieces.join('');
        for (const fields of [KERNEL_FIELDS, LAUNCH_FIELDS]) {
          const parsed = parseFilter(text, fields);
          if (parsed.ok) {
            const test = compileFilter<Row>(parsed.filter, {
              text: (row) => row.name,
              number: () => 1,
            });
            if (test) for (const row of ROWS) assert.equal(typeof test(row), 'boolean');
          } else {
            assert.ok(parsed.error.at >= 0 && parsed.error.at <= text.length);
            assert.ok(parsed.error.message.length > 10);
          }
          suggest(text, Math.min(caret, text.length), fields);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds any quoted text in the names that hold it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (text, before, after) => {
        fc.pre(!text.includes('"'));
        const parsed = parseFilter(`"${text}"`, KERNEL_FIELDS);
        assert.ok(parsed.ok);
        const name = before + text + after;
        // Lower case can depend on neighbours (a final sigma); such names are not asked about.
        fc.pre(name.toLowerCase().includes(text.toLowerCase()));
        const test = compileFilter<string>(parsed.filter, {
          text: (row) => row,
          number: () => undefined,
        });
        assert.equal(test!(name), true);
      }),
    );
  });
});

describe('suggestions', () => {
  const inserts = (text: string, caret = text.length) =>
    suggest(text, caret, KERNEL_FIELDS).map(({ insert, from }) => `${from} ${insert}`);

  it('lists every field where nothing is typed yet', () => {
    assert.equal(suggest('', 0, KERNEL_FIELDS).length, KERNEL_FIELDS.length);
  });

  it('completes fields, by their other names too', () => {
    assert.deepEqual(inserts('comp'), ['0 component:']);
    assert.deepEqual(inserts('flash -comp'), ['7 component:']);
    assert.deepEqual(inserts('tot'), ['0 time>']);
  });

  it('completes values', () => {
    assert.deepEqual(inserts('phase:de'), ['0 phase:decode']);
    assert.deepEqual(inserts('a in:'), ['2 in:graph']);
    assert.deepEqual(inserts('phase:decode'), []);
  });

  it('is silent inside quotes', () => {
    assert.deepEqual(inserts('"comp'), []);
  });
});
