import assert from 'node:assert/strict';
import { PAGE, Pages, sortRows, type LoadPage } from '../../../webview/ui/pages';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function numbers(total: number) {
  const asked: number[] = [];
  const load: LoadPage<number> = async ({ offset, limit, signal }) => {
    asked.push(offset);
    await turn();
    if (signal.aborted) throw new Error('given up');
    const length = Math.max(0, Math.min(limit, total - offset));
    return {
      rows: Array.from({ length }, (_, at) => offset + at),
      offset,
      matched: total,
      total,
    };
  };
  return { asked, load };
}

describe('pages of a table', () => {
  it('asks for each page once, whatever is wanted of it', async () => {
    const { asked, load } = numbers(1000);
    const pages = new Pages(load, undefined, () => {});
    pages.want(0, 40);
    pages.want(10, 50);
    pages.want(190, 230);
    await turn();
    await turn();
    pages.want(0, 400);
    await turn();
    assert.deepEqual(asked, [0, PAGE]);
    assert.equal(pages.row(7), 7);
    assert.equal(pages.row(PAGE + 3), PAGE + 3);
    assert.equal(pages.matched, 1000);
  });

  it('gives up on pages scrolled past, and asks again when they come back', async () => {
    const { asked, load } = numbers(5_000_000);
    const pages = new Pages(load, undefined, () => {});
    pages.want(0, 30);
    pages.want(4_000_000, 4_000_030);
    await turn();
    await turn();
    assert.equal(pages.row(0), undefined);
    assert.equal(pages.row(4_000_001), 4_000_001);
    pages.want(0, 30);
    await turn();
    await turn();
    assert.equal(pages.row(0), 0);
    assert.deepEqual(asked, [0, 4_000_000, 0]);
  });

  it('holds a bounded number of rows however far one scrolls', async () => {
    const { load } = numbers(5_000_000);
    const pages = new Pages(load, undefined, () => {});
    for (let page = 0; page < 300; page++) {
      pages.want(page * PAGE, page * PAGE + 30);
      await turn();
      await turn();
    }
    assert.ok([...pages.rows()].length <= 50 * PAGE);
    assert.equal(pages.row(299 * PAGE), 299 * PAGE);
  });

  it('keeps the reason when a page fails', async () => {
    const pages = new Pages<number>(
      () => Promise.reject(new Error('no')),
      undefined,
      () => {},
    );
    pages.want(0, 1);
    await turn();
    assert.equal((pages.failure as Error).message, 'no');
  });
});

describe('sorting rows that are all here', () => {
  const rows = [{ a: 2 }, { a: undefined }, { a: 10 }, { a: 1 }];
  const value = (row: (typeof rows)[number]) => row.a;

  it('puts what is not known last, whichever way', () => {
    const by = (descending: boolean) =>
      sortRows(rows, { column: 'a', descending }, value).map((row) => row.a);
    assert.deepEqual(by(false), [1, 2, 10, undefined]);
    assert.deepEqual(by(true), [10, 2, 1, undefined]);
  });
});
