import assert from 'node:assert/strict';
import {
  MAX_HEIGHT,
  maxTop,
  reveal,
  rowsAt,
  scrolledHeight,
  toScrolled,
  toVirtual,
  type Extent,
} from '../../../webview/ui/virtual';

const extent = (rows: number): Extent => ({ rows, rowHeight: 24, viewport: 600 });

describe('rows on a scrollbar', () => {
  it('leaves short tables as they are', () => {
    const short = extent(1000);
    assert.equal(scrolledHeight(short), 24_000);
    assert.equal(toVirtual(1234, short), 1234);
    assert.equal(toScrolled(1234, short), 1234);
  });

  it('keeps tables of millions below what browsers lay out, and reaches both ends', () => {
    for (const rows of [400_000, 5_000_000, 2 ** 31]) {
      const long = extent(rows);
      assert.equal(scrolledHeight(long), MAX_HEIGHT);
      assert.equal(toVirtual(0, long), 0);
      const bottom = MAX_HEIGHT - long.viewport;
      assert.equal(toVirtual(bottom, long), maxTop(long));
      assert.equal(rowsAt(toVirtual(bottom, long), long, 0)[1], rows);
    }
  });

  it('maps there and back', () => {
    const long = extent(5_000_000);
    for (const top of [0, 24, 1_000_000, 119_000_000]) {
      assert.ok(Math.abs(toVirtual(toScrolled(top, long), long) - top) < 1e-6);
    }
  });

  it('draws every row that touches the view, and none past the end', () => {
    const table = extent(100);
    for (let top = 0; top <= maxTop(table); top += 7) {
      const [first, last] = rowsAt(top, table, 0);
      const seen = Array.from({ length: 100 }, (_, row) => row).filter(
        (row) => (row + 1) * 24 > top && row * 24 < top + 600,
      );
      assert.ok(first <= seen[0] && last > seen[seen.length - 1], `at ${top}`);
      assert.ok(last <= 100 && last - first <= seen.length + 1);
    }
    assert.deepEqual(rowsAt(0, extent(0), 8), [0, 0]);
  });

  it('moves no more than it must to show a row', () => {
    const table = extent(1000);
    assert.equal(reveal(10, 0, table), 0);
    assert.equal(reveal(25, 0, table), 24);
    assert.equal(reveal(3, 240, table), 72);
  });
});
