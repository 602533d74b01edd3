import assert from 'node:assert/strict';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { Analysis } from '../../../src/analysis/analysis';
import { memory } from '../../../src/analysis/transfers';
import { CopyKind, MemoryKind } from '../../../src/profile/model';
import { readNsys } from '../../../src/readers/nsys';
import { buildProfile, randomNumbers } from './build';
import { analysed } from './analysed';
import { oracleProfiles } from '../real';

describe('transfers', () => {
  it('agrees with what nsys prints of every real profile', async () => {
    for (const { name, profile, oracle } of oracleProfiles()) {
      const report = join(oracle, 'nsys_cuda_gpu_mem_time_sum.csv');
      if (!existsSync(report)) continue;
      const { data } = Papa.parse<Record<string, string>>(readFileSync(report, 'utf8').trim(), {
        header: true,
      });
      const { transfers } = memory(new Analysis(await readNsys(profile)), {});
      for (const row of data) {
        const operation = row.Operation.replace(/^\[CUDA (memcpy )?|\]$/g, '');
        const own = transfers.filter((transfer) => transfer.operation === operation);
        const sum = (figure: 'count' | 'total') => own.reduce((all, r) => all + r[figure], 0);
        assert.equal(sum('total'), Number(row['Total Time (ns)']), `${name} ${operation}`);
        assert.equal(sum('count'), Number(row.Count), `${name} ${operation}`);
        assert.equal(Math.max(...own.map((r) => r.max)), Number(row['Max (ns)']), name);
      }
    }
  });

  it('finds the copies a generated run is known to hold', async () => {
    const { analysis, truth } = await analysed();
    const { transfers } = memory(analysis, {});
    const found = transfers
      .filter((row) => row.operation !== 'memset')
      .map(({ count, bytes, total }) => ({ count, bytes, total }));
    const known = truth.copies.map(({ count, bytes, total }) => ({ count, bytes, total }));
    const byTotal = (a: { total: number }, b: { total: number }) => b.total - a.total;
    assert.deepEqual(found.sort(byTotal), known.sort(byTotal));
    const [fills] = transfers.filter((row) => row.operation === 'memset');
    assert.deepEqual(
      { count: fills.count, bytes: fills.bytes, total: fills.total },
      { ...truth.memsets },
    );
    const isPageable = (kind: MemoryKind): boolean => kind === MemoryKind.Pageable;
    const pageable = truth.copies.filter(
      ({ source = NaN, target = NaN }) => isPageable(source) || isPageable(target),
    );
    assert.equal(
      transfers.reduce((sum, row) => sum + (row.pageable ? row.count : 0), 0),
      pageable.reduce((sum, copy) => sum + copy.count, 0),
    );
  });

  it('divides summed bytes by summed time', () => {
    const [row] = memory(
      new Analysis(
        buildProfile({
          memcpys: [
            { start: 0, end: 10, bytes: 100, kind: CopyKind.HostToDevice },
            { start: 20, end: 50, bytes: 20, kind: CopyKind.HostToDevice },
          ],
        }),
      ),
      {},
    ).transfers;
    assert.equal(row.memory, 'pageable → device');
    assert.equal(row.pageable, true);
    assert.equal(Math.round(row.bandwidth!), 3e9);
    assert.equal(row.averageSize, 60);
    assert.equal(row.share, 1);
    assert.equal(row.impossible, false);
  });

  it('keeps a bandwidth as recorded, and marks what no memory can do', () => {
    // 295,731 GB/s, as a fill of a real profile comes out.
    const memcpys = [{ start: 0, end: 1000, bytes: 295_731_000, kind: CopyKind.DeviceToDevice }];
    const [row] = memory(new Analysis(buildProfile({ memcpys })), {}).transfers;
    assert.equal(Math.round(row.bandwidth! / 1e9), 295_731);
    assert.equal(row.impossible, true);
  });

  it('follows what is held on the device, in any order of rows', () => {
    const random = randomNumbers(5);
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      time: i,
      bytes: random.whole(1, 100),
      operation: random.pick([0, 0, 1] as const),
    }));
    rows[1500] = { time: 1500, bytes: 1e6, operation: 0 };
    rows[1501] = { time: 1501, bytes: 1e6, operation: 1 };
    let held = 0;
    let lowest = 0;
    const running = rows.map((row) => {
      held += row.operation === 1 ? -row.bytes : row.bytes;
      lowest = Math.min(lowest, held);
      return held;
    });
    const shuffled = [...rows].sort(() => random.next() - 0.5);
    const { allocated } = memory(new Analysis(buildProfile({ allocations: shuffled })), {});
    assert.equal(allocated!.end, held - lowest);
    assert.equal(allocated!.peak, Math.max(...running) - lowest);
    assert.ok(allocated!.series.length <= 1000);
    assert.ok(allocated!.series.some((point) => point.bytes === allocated!.peak));
    assert.ok(allocated!.series.every((p, i, all) => i === 0 || all[i - 1].time <= p.time));
  });

  it('does not call memory unknown memory none', () => {
    assert.equal(memory(new Analysis(buildProfile({})), {}).allocated, undefined);
  });

  it('sums waits by kind, in the window', () => {
    const analysis = new Analysis(
      buildProfile({
        synchronizations: [
          { start: 0, end: 4, kind: 3 },
          { start: 5, end: 6, kind: 3 },
          { start: 7, end: 17, kind: 1 },
          { start: 100, end: 300, kind: 4 },
        ],
      }),
    );
    assert.deepEqual(memory(analysis, { window: [0, 50] }).synchronizations, [
      { kind: 'Event sync', count: 1, total: 10 },
      { kind: 'Stream sync', count: 2, total: 5 },
    ]);
  });
});
