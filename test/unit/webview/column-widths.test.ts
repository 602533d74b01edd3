import assert from 'node:assert/strict';
import { ColumnWidths } from '../../../webview/ui/column-widths';

const NAME = { id: 'name', width: 200, grow: true };
const TIME = { id: 'time', width: 80 };

/** A table that keeps its widths, and counts how often it is drawn anew. */
function widths() {
  let kept: { widths?: Readonly<Record<string, number>> } = {};
  const table = {
    name: 'kernels',
    drawn: 0,
    requestUpdate() {
      this.drawn++;
    },
    app: {
      table: () => kept,
      setTable: (_: string, part: typeof kept) => (kept = { ...kept, ...part }),
    },
  };
  return { table, kept: () => kept.widths, widths: new ColumnWidths(table as never) };
}

describe('the widths of columns', () => {
  it('are the columns’ own until a person chooses, and again when they are reset', () => {
    const { widths: of, kept } = widths();
    assert.equal(of.template([NAME, TIME]), 'minmax(200px, 1fr) 80px');
    assert.equal(of.total([NAME, TIME]), 280);
    assert.equal(of.press('ArrowRight', NAME), true);
    assert.equal(of.template([NAME, TIME]), '216px 80px', 'a chosen width does not grow');
    of.reset(NAME);
    assert.equal(of.template([NAME, TIME]), 'minmax(200px, 1fr) 80px');
    assert.deepEqual(kept(), {});
  });

  it('follow an edge that is dragged, and are kept when it is let go', () => {
    const { widths: of, kept } = widths();
    of.dragTo(NAME, 260);
    assert.equal(of.template([NAME, TIME]), '260px 80px');
    assert.equal(kept(), undefined);
    of.drop();
    assert.deepEqual(kept(), { name: 260 });
    of.drop();
    assert.deepEqual(kept(), { name: 260 });
  });

  it('never go below what can be read, and other keys change nothing', () => {
    const { widths: of, table } = widths();
    for (let i = 0; i < 10; i++) of.press('ArrowLeft', TIME);
    assert.equal(of.of(TIME), 48);
    const { drawn } = table;
    assert.equal(of.press('ArrowUp', TIME), false);
    assert.equal(table.drawn, drawn);
  });
});
