import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { STATS_REPORTS, type StatsTable, type StatsValue } from '../../../src/analysis/nsys-stats';
import { compareText } from '../../../src/analysis/nsys-stats/groups';
import { CopyKind, RangeKind, type Profile } from '../../../src/profile/model';
import { buildProfile, randomNumbers } from '../analysis/build';

function run(name: string, profile: Profile): StatsTable {
  const report = STATS_REPORTS.find((r) => r.name === name);
  assert.ok(report, name);
  return report.run(new Analysis(profile));
}

/** Rows as objects by column name. */
function records({ columns, rows }: StatsTable): Record<string, StatsValue>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])));
}

/** Statistics the long way round: sums of squares from the mean, the middle of a sorted copy. */
function statistics(values: readonly number[]) {
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / values.length;
  const sorted = [...values].sort((a, b) => a - b);
  const half = values.length / 2;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return {
    sum,
    mean,
    median: (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2,
    min: sorted[0],
    max: sorted[sorted.length - 1],
    stddev: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0,
  };
}

function assertSpread(record: Record<string, StatsValue>, prefix: string, values: number[]): void {
  const expected = statistics(values);
  const near = (column: string, value: number): void => {
    const found = record[`${prefix}${column} (ns)`];
    assert.ok(
      typeof found === 'number' && Math.abs(found - value) < 0.0501,
      `${column}: ${found} for ${value}`,
    );
    assert.equal(found, Number(found.toFixed(1)));
  };
  near('Avg', expected.mean);
  near('Med', expected.median);
  near('StdDev', expected.stddev);
  assert.equal(record[`${prefix}Min (ns)`], expected.min);
  assert.equal(record[`${prefix}Max (ns)`], expected.max);
}

function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

const random = randomNumbers(7);
const NAMES = ['gemm', 'attention', 'norm'];
const kernels = Array.from({ length: 400 }, (_, i) => {
  const start = random.whole(0, 100_000);
  return {
    start,
    end: start + random.whole(0, 5_000),
    name: random.pick(NAMES),
    grid: [random.pick([1, 64]), 2, 3] as const,
    block: [random.pick([32, 128]), 1, 1] as const,
    registers: random.pick([16, 32]),
    stream: random.pick([0, 1]),
    correlation: i + 1,
  };
});
const api = Array.from({ length: 380 }, (_, i) => {
  const start = random.whole(0, 100_000);
  return {
    start,
    end: start + random.whole(1, 2_000),
    thread: random.pick([0, 1]),
    correlation: i + 1,
    name: random.pick(['cudaLaunchKernel_v7000', 'cuLaunchKernel', 'cudaLaunchKernel']),
  };
});
const memcpys = Array.from({ length: 90 }, () => {
  const start = random.whole(0, 100_000);
  const kind = random.pick([CopyKind.HostToDevice, CopyKind.DeviceToHost, 99]);
  return { start, end: start + random.whole(0, 900), bytes: random.whole(0, 1 << 24), kind };
});
const memsets = memcpys.slice(0, 20).map((row) => ({ ...row, kind: undefined }));
const ranges = Array.from({ length: 150 }, () => {
  const start = random.whole(0, 100_000);
  const kind = random.pick([RangeKind.PushPop, RangeKind.StartEnd, RangeKind.Mark]);
  const end = kind === RangeKind.Mark ? start : random.pick([NaN, start + random.whole(0, 30_000)]);
  return {
    start,
    end,
    kind,
    name: random.pick(['step', 'layer']),
    thread: random.pick([0, 1]),
    domain: random.pick([0, 1]),
  };
});
const profile = buildProfile({
  threads: [{ tid: 11 }, { tid: 12 }],
  streams: [{ ordinal: 0 }, { ordinal: 1 }],
  domains: [{}, { id: 3, name: 'NCCL' }],
  kernels,
  api,
  memcpys,
  memsets,
  ranges,
});
const lengthOf = (row: { start: number; end: number }): number => row.end - row.start;

function assertTimes<T extends { start: number; end: number }>(
  table: StatsTable,
  count: string,
  groups: ReadonlyMap<string, readonly T[]>,
  key: (record: Record<string, StatsValue>) => string,
  duration: (row: T) => number = lengthOf,
): void {
  const rows = records(table);
  assert.equal(rows.length, groups.size);
  const all = [...groups.values()].flat().reduce((sum, row) => sum + duration(row), 0);
  let above = Infinity;
  for (const row of rows) {
    const values = groups.get(key(row))?.map(duration);
    assert.ok(values, key(row));
    const total = values.reduce((a, b) => a + b, 0);
    assert.equal(row['Total Time (ns)'], total);
    assert.equal(row[count], values.length);
    assert.ok(Math.abs(Number(row['Time (%)']) - (100 * total) / all) < 0.0501);
    assertSpread(row, '', values);
    assert.ok(total <= above);
    above = total;
  }
}

describe('reports recounted', () => {
  it('kernels by name', () => {
    const table = run('cuda_gpu_kern_sum', profile);
    assertTimes(
      table,
      'Instances',
      groupBy(kernels, (k) => k.name),
      (r) => String(r.Name),
    );
  });

  it('kernels by name, grid and block, whatever their registers', () => {
    const pad = (sizes: readonly number[]): string =>
      sizes.map((size) => `    ${size}`.slice(-4)).join(' ');
    assertTimes(
      run('cuda_gpu_kern_gb_sum', profile),
      'Instances',
      groupBy(kernels, (k) => `${k.name}|${pad(k.grid)}|${pad(k.block)}`),
      (r) => `${r.Name}|${r.GridXYZ}|${r.BlockXYZ}`,
    );
  });

  it('copies and fills by time, without kinds that have no name', () => {
    const operation = { 1: '[CUDA memcpy Host-to-Device]', 2: '[CUDA memcpy Device-to-Host]' };
    const known = memcpys.filter(({ kind }) => kind !== 99);
    const groups = new Map<string, { start: number; end: number; bytes: number }[]>([
      ...groupBy(known, ({ kind }) => operation[kind as 1 | 2]),
      ['[CUDA memset]', memsets],
    ]);
    const key = (r: Record<string, StatsValue>): string => String(r.Operation);
    assertTimes(run('cuda_gpu_mem_time_sum', profile), 'Count', groups, key);

    for (const row of records(run('cuda_gpu_mem_size_sum', profile))) {
      const bytes = statistics(groups.get(key(row))!.map((copy) => copy.bytes));
      assert.equal(row.Count, groups.get(key(row))!.length);
      assert.equal(row['Total (MB)'], bytes.sum / 1e6);
      assert.equal(row['Min (MB)'], bytes.min / 1e6);
      assert.equal(row['Max (MB)'], bytes.max / 1e6);
      assert.equal(row['Med (MB)'], bytes.median / 1e6);
      assert.ok(Math.abs(Number(row['Avg (MB)']) - bytes.mean / 1e6) < 1e-9);
      assert.ok(Math.abs(Number(row['StdDev (MB)']) - bytes.stddev / 1e6) < 1e-9);
    }

    const everything = new Map<string, { start: number; end: number }[]>([
      ...groups,
      ...groupBy(kernels, (k) => k.name),
    ]);
    const both = run('cuda_gpu_sum', profile);
    assertTimes<{ start: number; end: number }>(both, 'Instances', everything, key);
    for (const row of records(both)) {
      assert.equal(row.Category, NAMES.includes(key(row)) ? 'CUDA_KERNEL' : 'MEMORY_OPER');
    }
  });

  it('API calls by recorded name, printed without its version', () => {
    const table = run('cuda_api_sum', profile);
    assert.equal(table.rows.length, 3);
    const names = records(table).map((row) => row.Name);
    assert.deepEqual([...names].sort(), ['cuLaunchKernel', 'cudaLaunchKernel', 'cudaLaunchKernel']);
    const groups = groupBy(api, (call) => call.name);
    for (const row of records(table)) {
      const calls = [...groups.values()].find(
        (group) => group.reduce((sum, call) => sum + lengthOf(call), 0) === row['Total Time (ns)'],
      );
      assert.equal(row['Num Calls'], calls?.length);
      assertSpread(row, '', calls!.map(lengthOf));
    }
  });

  it('launches by thread, device, call and kernel', () => {
    const launched = kernels
      .filter(({ correlation }) => correlation <= api.length)
      .map((kernel) => ({ kernel, call: api[kernel.correlation - 1] }));
    const groups = groupBy(launched, ({ kernel, call }) =>
      [11 + call.thread, kernel.stream, call.name.replace('_v7000', ''), kernel.name].join('|'),
    );
    const rows = records(run('cuda_kern_exec_sum', profile));
    assert.equal(rows.length, groups.size);
    for (const row of rows) {
      const group = groups.get([row.TID, row.DevId, row['API Name'], row['Kernel Name']].join('|'));
      assert.ok(group);
      assert.equal(row.Count, group.length);
      assertSpread(
        row,
        'T',
        group.map(({ kernel, call }) => Math.max(kernel.end, call.end) - call.start),
      );
      assertSpread(
        row,
        'A',
        group.map(({ call }) => lengthOf(call)),
      );
      assertSpread(
        row,
        'K',
        group.map(({ kernel }) => lengthOf(kernel)),
      );
      const queued = group
        .map(({ kernel, call }) => kernel.start - call.end)
        .filter((time) => time >= 0);
      assert.equal(row.QCount, queued.length);
      if (queued.length > 0) assertSpread(row, 'Q', queued);
      else assert.deepEqual([row['QAvg (ns)'], row['QStdDev (ns)']], [null, 0]);
    }
  });

  const horizon = Math.max(
    ...ranges.flatMap(({ start, end }) => (Number.isNaN(end) ? [start] : [start, end])),
  );
  const styles = { [RangeKind.PushPop]: 'PushPop', [RangeKind.StartEnd]: 'StartEnd' } as Record<
    number,
    string
  >;
  const tag = (r: { domain: number; name: string }): string =>
    r.domain === 1 ? `NCCL:${r.name}` : r.name;
  const closed = ranges
    .filter(({ kind }) => kind !== RangeKind.Mark)
    .map((range) => ({ ...range, end: Number.isNaN(range.end) ? horizon : range.end }));

  it('ranges by style and name with the domain before it; open ones end with the last event', () => {
    assertTimes(
      run('nvtx_sum', profile),
      'Instances',
      groupBy(closed, (range) => `${styles[range.kind]}|${tag(range)}`),
      (r) => `${r.Style}|${r.Range}`,
    );
    for (const [report, style] of [
      ['nvtx_pushpop_sum', 'PushPop'],
      ['nvtx_startend_sum', 'StartEnd'],
    ]) {
      const own = closed.filter(({ kind }) => styles[kind] === style);
      assertTimes(run(report, profile), 'Instances', groupBy(own, tag), (r) => String(r.Range));
    }
  });

  // Work is inside a range when its call is; there the horizon is that of ranges, marks aside.
  const rangeHorizon = Math.max(
    ...ranges
      .filter(({ kind }) => kind !== RangeKind.Mark)
      .flatMap(({ start, end }) => (Number.isNaN(end) ? [start] : [start, end])),
  );
  const projectable = ranges
    .filter(({ kind }) => kind !== RangeKind.Mark)
    .map((range) => ({ ...range, end: Number.isNaN(range.end) ? rangeHorizon : range.end }));
  const inside = (range: (typeof projectable)[number], call: (typeof api)[number]): boolean =>
    range.thread === call.thread && range.start <= call.start && range.end >= call.end;

  it('kernels by the ranges around their launch, and those outside any', () => {
    type Pair = { kernel: (typeof kernels)[number]; range?: (typeof projectable)[number] };
    const callOf = (pair: Pair) => api.at(pair.kernel.correlation - 1);
    const pairs = kernels.flatMap((kernel): Pair[] => {
      const call = callOf({ kernel });
      const around = projectable.filter((range) => call && inside(range, call));
      return around.length > 0 ? around.map((range) => ({ kernel, range })) : [{ kernel }];
    });
    const groups = groupBy(pairs, (pair) => {
      const call = callOf(pair);
      const place = pair.range ? `${tag(pair.range)}|${styles[pair.range.kind]}` : '|';
      return [place, call ? 11 + call.thread : '', pair.kernel.name].join('|');
    });
    const rows = records(run('nvtx_kern_sum', profile));
    assert.equal(rows.length, groups.size);
    for (const row of rows) {
      const group = groups.get(
        [row['NVTX Range'], row.Style, row.TID, row['Kernel Name']].map((v) => v ?? '').join('|'),
      );
      assert.ok(group);
      const held = new Set(group.map(({ range }) => range).filter((range) => range !== undefined));
      assert.equal(row['NVTX Inst'], held.size);
      assert.equal(row['Kern Inst'], new Set(group.map(({ kernel }) => kernel)).size);
      const values = group.map(({ kernel }) => lengthOf(kernel));
      assert.equal(row['Total Time (ns)'], statistics(values).sum);
      assertSpread(row, '', values);
    }
  });

  it('ranges by the span of the work launched inside', () => {
    const projected = projectable.flatMap((range) => {
      const launched = kernels.filter((kernel) => {
        const call = api.at(kernel.correlation - 1);
        return call && inside(range, call);
      });
      if (launched.length === 0) return [];
      return [
        {
          range,
          start: Math.min(...launched.map(({ start }) => start)),
          end: Math.max(...launched.map(({ end }) => end)),
          operations: launched.length,
        },
      ];
    });
    const groups = groupBy(projected, ({ range }) => `${styles[range.kind]}|${tag(range)}`);
    const rows = records(run('nvtx_gpu_proj_sum', profile));
    assert.equal(rows.length, groups.size);
    for (const row of rows) {
      const group = groups.get(`${row.Style}|${row.Range}`);
      assert.ok(group);
      assert.equal(row['Range Instances'], group.length);
      assert.equal(row['Total Proj Time (ns)'], statistics(group.map(lengthOf)).sum);
      assert.equal(
        row['Total Range Time (ns)'],
        statistics(group.map(({ range }) => lengthOf(range))).sum,
      );
      assert.equal(row['Total GPU Ops'], statistics(group.map((p) => p.operations)).sum);
      assertSpread(row, 'Proj ', group.map(lengthOf));
    }
  });
});

describe('reports of what is not there', () => {
  it('say which data is missing', () => {
    const nothing = buildProfile({});
    for (const { name } of STATS_REPORTS) {
      const table = run(name, nothing);
      assert.equal(table.status, 'missing', name);
      assert.match(table.message ?? '', /^The profile has no .*: record with --trace=\w+/, name);
    }
    const noCalls = run('nvtx_kern_sum', buildProfile({ kernels, ranges }));
    assert.match(noCalls.message ?? '', /CUDA API calls/);
  });

  it('say so where there is data but nothing to count', () => {
    const table = run(
      'nvtx_startend_sum',
      buildProfile({ ranges: [{ name: 'pushed', start: 0, end: 1 }] }),
    );
    assert.equal(table.status, 'empty');
    assert.match(table.message ?? '', /nothing/);
  });

  it('print no share of nothing', () => {
    const table = run('cuda_gpu_kern_sum', buildProfile({ kernels: [{ start: 5, end: 5 }] }));
    assert.deepEqual(table.rows, [[null, 0, 1, 0, 0, 0, 0, 0, 'kernel']]);
  });
});

describe('order of ties', () => {
  it('is that of the names in UTF-8', () => {
    const names = ['b', 'a', 'ab', '\u{1f600}', '\uff5e', 'é', 'z', 'B', ''];
    const bytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual([...names].sort(compareText), bytes);
    const rows = buildProfile({ kernels: names.map((name) => ({ start: 0, end: 10, name })) });
    const sorted = run('cuda_gpu_kern_sum', rows).rows.map((row) => row[8]);
    assert.deepEqual(sorted, bytes);
  });

  it('puts the kernel with fewer instances first', () => {
    const table = run(
      'cuda_gpu_kern_sum',
      buildProfile({
        kernels: [
          { start: 0, end: 5, name: 'a' },
          { start: 0, end: 5, name: 'a' },
          { start: 0, end: 10, name: 'b' },
        ],
      }),
    );
    assert.deepEqual(
      table.rows.map((row) => row[8]),
      ['b', 'a'],
    );
  });
});
