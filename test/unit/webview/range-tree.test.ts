import assert from 'node:assert/strict';
import type { RangeNode } from '../../../src/analysis/ranges';
import { RangeTree, type TreeRow } from '../../../webview/views/ranges/range-tree';

/** Children of `id` are `id * 10 + 1`, `id * 10 + 2`; at the top there are as many as is said. */
function tree(top: number, open = new Set<number>()) {
  const asked: (number | undefined)[] = [];
  const node = (id: number) => ({ id, name: String(id), children: id < 100 ? 2 : 0 }) as RangeNode;
  const made = new RangeTree(
    (parent, offset, limit) => {
      asked.push(parent);
      const ids =
        parent === undefined
          ? Array.from({ length: top }, (_, at) => at + 1)
          : [parent * 10 + 1, parent * 10 + 2];
      const rows = ids.slice(offset, offset + limit).map(node);
      return Promise.resolve({ rows, offset, matched: ids.length, total: ids.length });
    },
    () => {},
    open,
  );
  return { made, asked };
}

const shape = (rows: readonly TreeRow[]) =>
  rows.map(
    (row) => `${' '.repeat(row.depth)}${row.kind === 'range' ? row.node.id : `+${row.left}`}`,
  );

describe('the tree of ranges', () => {
  it('loads children when a row is opened, once', async () => {
    const { made, asked } = tree(2);
    await made.start();
    assert.deepEqual(shape(made.rows), ['1', '2']);
    await made.toggle(made.rows[0]);
    await made.toggle(made.rows[1]);
    assert.deepEqual(shape(made.rows), ['1', ' 11', '  111', '  112', ' 12', '2']);
    await made.toggle(made.rows[0]);
    assert.deepEqual(shape(made.rows), ['1', '2']);
    await made.toggle(made.rows[0]);
    assert.deepEqual(shape(made.rows), ['1', ' 11', '  111', '  112', ' 12', '2']);
    assert.deepEqual(asked, [undefined, 1, 11]);
    assert.equal(made.isOpen(made.rows[2]), undefined);
  });

  it('says how many more there are, and gets them', async () => {
    const { made } = tree(2_500);
    await made.start();
    assert.equal(shape(made.rows).at(-1), '+1500');
    await made.toggle(made.rows.at(-1)!);
    await made.toggle(made.rows.at(-1)!);
    assert.equal(made.rows.length, 2_500);
    assert.equal(shape(made.rows).at(-1), '2500');
  });

  it('opens again what was open', async () => {
    const { made } = tree(2, new Set([2, 21]));
    await made.start();
    assert.deepEqual(shape(made.rows), ['1', '2', ' 21', '  211', '  212', ' 22']);
  });
});
