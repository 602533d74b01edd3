/** What every history does, wherever it is kept. */
import assert from 'node:assert/strict';
import { it } from 'mocha';
import type { HistoryStore } from '../../../src/history/store';
import { madeUp } from './run';

/** @param open a history with nothing in it, or again the one opened before */
export function behavesAsHistory(open: (fresh: boolean) => Promise<HistoryStore>): void {
  it('keeps runs with their figures, kernels and documents', async () => {
    const history = await open(true);
    assert.deepEqual(await history.list(), []);
    const run = madeUp('one', { decode: 300, commit: 'abc123', kernel: `k'"; DROP TABLE x; --` });
    const { record, added } = await history.add({
      ...run,
      client: { ttft_ms: { p50: 1 } },
      note: 'n',
    });
    assert.equal(added, true);
    await history.close();

    const again = await open(false);
    const [kept] = await again.list();
    assert.deepEqual(kept, record);
    assert.equal(kept.metrics['decode.step_ms'], 3);
    assert.equal(kept.commit, 'abc123');
    assert.equal(kept.note, 'n');
    assert.equal(kept.model, 'org/model');
    assert.equal(kept.kernels[0].name, `k'"; DROP TABLE x; --`);
    assert.ok(Math.abs(kept.kernels[0].ms - 40 / 110) < 1e-12);
    assert.deepEqual((await again.documents(kept.id))?.summary, run.summary);
    assert.deepEqual((await again.documents(kept.id))?.client, { ttft_ms: { p50: 1 } });
    assert.equal(await again.documents('none'), undefined);
    await again.close();
  });

  it('keeps a run that is added twice once', async () => {
    const history = await open(true);
    const first = await history.add(madeUp('one'));
    const second = await history.add(madeUp('one'));
    assert.deepEqual([first.added, second.added], [true, false]);
    assert.deepEqual(second.record, first.record);
    assert.equal((await history.list()).length, 1);
    await history.close();
  });

  it('lists in order of capture, filters, marks baselines, and removes', async () => {
    const history = await open(true);
    for (const [tag, day, model] of [
      ['c', 3, 'org/a'],
      ['a', 1, 'org/a'],
      ['b', 2, 'org/b'],
    ] as const)
      await history.add(madeUp(tag, { day, model }));
    const labels = async (filter = {}) => (await history.list(filter)).map(({ label }) => label);
    assert.deepEqual(await labels(), ['a', 'b', 'c']);
    assert.deepEqual(await labels({ model: 'org/a' }), ['a', 'c']);
    assert.deepEqual(await labels({ since: '2026-01-02T00:00:00.000Z' }), ['b', 'c']);
    const [a, b] = await history.list();
    assert.equal(await history.setBaseline(b.id, true), true);
    assert.equal(await history.setBaseline('none', true), false);
    assert.deepEqual(await labels({ baseline: true }), ['b']);
    assert.equal(await history.remove([a.id, 'none']), 1);
    assert.deepEqual(await labels(), ['b', 'c']);
    await history.close();
  });

  it('takes calls that do not wait for each other', async () => {
    const history = await open(true);
    await Promise.all(Array.from({ length: 8 }, (_, i) => history.add(madeUp(`run ${i}`))));
    assert.equal((await history.list()).length, 8);
    await history.close();
  });
}
