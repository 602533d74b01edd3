import assert from 'node:assert/strict';
import fc from 'fast-check';
import { orderRows, orderSummary } from '../../../src/engine/order';
import { cost } from '../../harness/cost';

/** What is to be: a stable sort by comparison, unknown values last. */
function expected(rows: readonly number[], keys: readonly number[], descending: boolean): number[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [keys[a], keys[b]];
    if (Number.isNaN(x) || Number.isNaN(y))
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x === y ? 0 : x < y ? -direction : direction;
  });
}

const anyKey = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    1,
    -1,
    65_535,
    65_536,
    2 ** 53,
    Number.MIN_VALUE,
  ),
  fc.integer({ min: 0, max: 5 }),
);

describe('the order of rows', () => {
  it('is that of a stable sort by comparison', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 60 }), fc.boolean(), (keys, descending) => {
        const rows = keys.map((_, i) => i).reverse();
        const order = orderRows(Uint32Array.from(rows), (row) => keys[row], descending);
        assert.deepEqual([...order], expected(rows, keys, descending));
      }),
    );
  });

  it('leaves the rows it was given alone', () => {
    const rows = Uint32Array.of(5, 3, 4);
    assert.deepEqual([...orderRows(rows, (row) => row, false)], [3, 4, 5]);
    assert.deepEqual([...rows], [5, 3, 4]);
  });

  it('takes time in proportion to the rows', async () => {
    const length = 2_000_000;
    const rows = Uint32Array.from({ length }, (_, i) => i);
    const key = (row: number) => (row * 2_654_435_761) % 1_000_003;
    let order: Uint32Array = new Uint32Array();
    const ms = await cost(() => (order = orderRows(rows, key, true)));
    for (let i = 1; i < length; i++) assert.ok(key(order[i - 1]) >= key(order[i]));
    assert.ok(ms < 5_000, `two million rows took ${ms} ms`);
  });
});

describe('the order of a summary', () => {
  const rows = [
    { name: 'b10', value: 1 },
    { name: 'b9', value: 1 },
    { name: 'a', value: undefined },
    { name: 'c', value: 2 },
  ];
  const all = Uint32Array.of(0, 1, 2, 3);
  const names = (descending: boolean) =>
    [
      ...orderSummary(
        rows,
        all,
        (row) => row.value,
        (row) => row.name,
        descending,
      ),
    ].map((i) => rows[i].name);

  it('has ties by name, and unknown values last both ways', () => {
    assert.deepEqual(names(false), ['b9', 'b10', 'c', 'a']);
    assert.deepEqual(names(true), ['c', 'b9', 'b10', 'a']);
  });
});
