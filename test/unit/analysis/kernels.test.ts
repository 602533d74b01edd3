import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { Analysis } from '../../../src/analysis/analysis';
import {
  kernelDetail,
  kernelInstances,
  kernelTable,
  type KernelGrouping,
  type KernelRow,
} from '../../../src/analysis/kernels';
import type { Scope } from '../../../src/profile/scope';
import { readNsys } from '../../../src/readers/nsys';
import { buildProfile, randomNumbers, type KernelSpec, type ProfileSpec } from './build';
import { oracleProfiles } from '../real';

describe('kernel table', () => {
  const GROUPINGS: KernelGrouping[] = ['kernel', 'shortName', 'geometry', 'component'];

  it('agrees with a recount of every kernel, in every grouping and scope', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const spec = randomKernels(seed);
      const analysis = new Analysis(buildProfile(spec));
      const scopes: Scope[] = [{}, { devices: [1] }, { window: [50, 150] }, { devices: [] }];
      for (const grouping of GROUPINGS) {
        for (const scope of scopes) {
          const inScope = spec.kernels!.filter(
            ({ start, stream }) =>
              (!scope.devices || scope.devices.includes(stream! % 2)) &&
              (!scope.window || (start >= scope.window[0] && start < scope.window[1])),
          );
          const groups = groupBy(inScope, (kernel) => groupOf(kernel, grouping));
          const all = sum(inScope.map(length));
          const rows = kernelTable(analysis, scope, grouping);
          assert.equal(rows.length, groups.size);
          const recounted = [...groups.values()].map((group) => recount(group, spec.api!, all));
          for (const row of rows) {
            const expected = recounted.find((r) => r.total === row.total && matches(r, row));
            assert.ok(expected, `seed ${seed} ${grouping} ${JSON.stringify([row, recounted])}`);
          }
          assert.deepEqual(
            rows.map(({ total }) => total),
            recounted.map(({ total }) => total).sort((a, b) => b - a),
          );
          for (const row of rows) checkInstances(analysis, scope, grouping, row);
        }
      }
    }
  });

  it('keeps keys that tell rows apart and stay', () => {
    const spec = randomKernels(1);
    for (const grouping of GROUPINGS) {
      const keys = (s: ProfileSpec) =>
        kernelTable(new Analysis(buildProfile(s)), {}, grouping).map(({ key }) => key);
      assert.equal(new Set(keys(spec)).size, keys(spec).length);
      const reversed = { ...spec, kernels: spec.kernels!.slice().reverse() };
      assert.deepEqual(keys(reversed).sort(), keys(spec).sort());
    }
  });

  it('has neither rows nor detail where there is nothing', () => {
    const analysis = new Analysis(buildProfile({}));
    assert.deepEqual(kernelTable(analysis, {}, 'kernel'), []);
    assert.equal(kernelDetail(analysis, {}, 'kernel', 'x'), undefined);
    assert.equal(kernelInstances(analysis, {}, 'kernel', 'x').length, 0);
  });

  it('shows launch facts only where all instances agree', () => {
    const analysis = new Analysis(
      buildProfile({
        kernels: [
          { start: 0, end: 1, name: 'a', registers: 32, staticSharedMemory: 0, grid: [4, 1, 1] },
          { start: 1, end: 2, name: 'a', registers: 64, staticSharedMemory: 0, grid: [8, 1, 1] },
          { start: 2, end: 3, name: 'a', registers: 64, staticSharedMemory: 0, grid: [8, 1, 1] },
        ],
      }),
    );
    const [row] = kernelTable(analysis, {}, 'kernel');
    assert.equal(row.grid, undefined);
    assert.deepEqual(row.block, [32, 1, 1]);
    assert.equal(row.registers, undefined);
    assert.equal(row.staticSharedMemory, 0);
    assert.equal(row.dynamicSharedMemory, undefined);
    assert.equal(row.geometries, 2);
    assert.equal(row.apiTime, undefined);
    assert.equal(row.queueTime, undefined);
    assert.equal(kernelTable(analysis, { window: [1, 3] }, 'kernel')[0].registers, 64);
    const { byGeometry } = kernelDetail(analysis, {}, 'kernel', 'a')!;
    assert.deepEqual(
      byGeometry.map(({ grid, instances, sharedMemory }) => ({ grid, instances, sharedMemory })),
      [
        { grid: [8, 1, 1], instances: 2, sharedMemory: 0 },
        { grid: [4, 1, 1], instances: 1, sharedMemory: 0 },
      ],
    );
  });

  it('survives kernels of no length, and one value only', () => {
    const analysis = new Analysis(
      buildProfile({
        kernels: [
          { start: 5, end: 5, name: 'zero' },
          { start: 9, end: 3, name: 'zero' },
          { start: 1, end: 8, name: 'one' },
        ],
      }),
    );
    const [one, zero] = kernelTable(analysis, {}, 'kernel');
    assert.deepEqual([zero.total, zero.max, zero.share, zero.graphShare], [0, 0, 0, 0]);
    assert.deepEqual([one.share, one.stddev, one.median, one.p95], [1, 0, 7, 7]);
    for (const key of ['zero', 'one']) {
      const { counts, edges } = kernelDetail(analysis, {}, 'kernel', key)!.histogram;
      assert.equal(edges.length, counts.length + 1);
      assert.equal(sum([...counts]), key === 'zero' ? 2 : 1);
    }
  });

  it('details add up to the row', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const spec = randomKernels(seed);
      const analysis = new Analysis(buildProfile(spec));
      for (const row of kernelTable(analysis, {}, 'kernel')) {
        const detail = kernelDetail(analysis, {}, 'kernel', row.key)!;
        for (const parts of [detail.byPhase, detail.byStream, detail.byGeometry]) {
          assert.equal(sum(parts.map(({ total }) => total)), row.total);
          assert.equal(sum(parts.map(({ instances }) => instances)), row.instances);
        }
        const { edges, counts } = detail.histogram;
        const durations = spec.kernels!.filter(({ name }) => name === row.name).map(length);
        assert.equal(edges[0], Math.min(...durations));
        assert.equal(edges.at(-1), Math.max(...durations));
        assert.equal(sum([...counts]), durations.length);
        assert.ok(edges.every((edge, i) => i === 0 || edge >= edges[i - 1]));
      }
    }
  });

  function checkInstances(
    analysis: Analysis,
    scope: Scope,
    grouping: KernelGrouping,
    row: KernelRow,
  ): void {
    const { kernels } = analysis.profile;
    const rows = kernelInstances(analysis, scope, grouping, row.key);
    assert.equal(rows.length, row.instances);
    assert.ok(rows.every((r, i) => i === 0 || kernels.start[rows[i - 1]] <= kernels.start[r]));
    assert.equal(sum(Array.from(rows, (r) => kernels.end[r] - kernels.start[r])), row.total);
  }
});

describe('kernel table beside nsys stats', () => {
  const profiles = oracleProfiles();
  for (const { name, profile: path, oracle } of profiles) {
    it(`prints the same for ${name}`, async () => {
      const profile = await readNsys(path);
      const analysis = new Analysis(profile);
      const summary = readCsv(join(oracle, 'nsys_cuda_gpu_kern_sum.csv'));
      const rows = kernelTable(analysis, {}, 'kernel');
      assert.deepEqual(rows.map(printed).sort(), summary.map((line) => line.join('|')).sort());

      const byGeometry = readCsv(join(oracle, 'nsys_cuda_gpu_kern_gb_sum.csv'));
      const geometries = kernelTable(analysis, {}, 'geometry').map((row) => {
        const values = printed(row).split('|');
        const sizes = [row.grid!, row.block!].map((size) =>
          size.map((n) => n.toString().padStart(4)).join(' '),
        );
        return [...values.slice(0, 8), ...sizes, ...values.slice(8)].join('|');
      });
      assert.deepEqual(geometries.sort(), byGeometry.map((line) => line.join('|')).sort());

      const launches = join(oracle, 'nsys_cuda_kern_exec_sum.csv');
      // Not every profile has been put through this report.
      if (existsSync(launches)) compareLaunches(rows, readCsv(launches));
    });
  }

  /** A row as cuda_gpu_kern_sum prints it. */
  function printed(row: KernelRow): string {
    return [
      (row.share * 100).toFixed(1),
      row.total,
      row.instances,
      tenth(row.average),
      tenth(row.median),
      row.min,
      row.max,
      tenth(row.stddev),
      row.name,
    ].join('|');
  }

  /** cuda_kern_exec_sum has a row for each thread, device and API; weighted means bring them together. */
  function compareLaunches(rows: readonly KernelRow[], lines: string[][]): void {
    const byKernel = groupBy(lines, (line) => line[26]);
    for (const row of rows) {
      const own = byKernel.get(row.name) ?? [];
      const [count, queued] = [3, 4].map((column) => sum(own.map((line) => Number(line[column]))));
      const mean = (column: number, weight: number, all: number) =>
        sum(
          own.map((line) =>
            line[weight] === '0' ? 0 : Number(line[column]) * Number(line[weight]),
          ),
        ) / all;
      if (count === 0) assert.equal(row.apiTime, undefined, row.name);
      else assert.ok(Math.abs(row.apiTime! - mean(10, 3, count)) <= 0.051, row.name);
      if (queued === 0) assert.equal(row.queueTime, undefined, row.name);
      else assert.ok(Math.abs(row.queueTime! - mean(15, 4, queued)) <= 0.051, row.name);
    }
  }
});

/** As SQLite's round(x, 1) and its printing of the result. */
function tenth(value: number): string {
  return (Math.round((value + Number.EPSILON * value) * 10) / 10).toFixed(1);
}

/** Lines without the header; none where the report had nothing to say and no file was written. */
function readCsv(path: string): string[][] {
  if (!existsSync(path)) return [];
  const { data } = Papa.parse<string[]>(readFileSync(path, 'utf8'), { skipEmptyLines: true });
  return data.slice(1);
}

const NAMES = ['nvjet_a', 'flash_fwd_kernel<1>', 'flash_fwd_kernel<2>', 'strange'];
const SHORT: Record<string, string> = {
  'flash_fwd_kernel<1>': 'flash',
  'flash_fwd_kernel<2>': 'flash',
};
const COMPONENT: Record<string, string> = { nvjet_a: 'gemm', strange: 'other' };

function randomKernels(seed: number): ProfileSpec {
  const random = randomNumbers(seed);
  return {
    devices: [{}, {}],
    streams: [0, 1, 0, 1].map((device) => ({ device })),
    ranges: [
      { name: 'prefill', start: 0, end: 100 },
      { name: 'decode', start: 100, end: 200 },
    ],
    api: Array.from({ length: 30 }, (_, i) => {
      const start = random.whole(0, 200);
      return { start, end: start + random.whole(0, 20), correlation: i + 1 };
    }),
    kernels: Array.from({ length: random.whole(1, 80) }, () => {
      const start = random.whole(0, 200);
      const name = random.pick(NAMES);
      return {
        name,
        shortName: SHORT[name] ?? name,
        start,
        end: start + random.whole(0, 1000),
        stream: random.whole(0, 3),
        correlation: random.whole(0, 40),
        grid: [random.whole(1, 3), 1, 1] as const,
        graphNode: random.whole(0, 1),
      };
    }),
  };
}

function groupOf(kernel: KernelSpec, grouping: KernelGrouping): string {
  const name = kernel.name!;
  switch (grouping) {
    case 'kernel':
      return name;
    case 'shortName':
      return kernel.shortName!;
    case 'geometry':
      return `${name} ${kernel.grid!.join()}`;
    case 'component':
      return COMPONENT[name] ?? 'attention';
  }
}

function recount(group: KernelSpec[], api: NonNullable<ProfileSpec['api']>, all: number) {
  const durations = group.map(length).sort((a, b) => a - b);
  const total = sum(durations);
  const average = total / durations.length;
  const n = durations.length;
  const launched = group.flatMap((kernel) => {
    const call = api.find(({ correlation }) => correlation === kernel.correlation);
    return call ? [{ call, kernel }] : [];
  });
  const queues = launched.map(({ call, kernel }) => kernel.start - call.end).filter((q) => q >= 0);
  return {
    instances: n,
    total,
    share: all > 0 ? total / all : 0,
    average,
    median: (durations[(n - 1) >> 1] + durations[n >> 1]) / 2,
    min: durations[0],
    max: durations[n - 1],
    stddev: n > 1 ? Math.sqrt(sum(durations.map((d) => (d - average) ** 2)) / (n - 1)) : 0,
    geometries: new Set(group.map(({ grid }) => grid!.join())).size,
    streams: [...new Set(group.map(({ stream }) => stream!))].sort(),
    devices: [...new Set(group.map(({ stream }) => stream! % 2))].sort(),
    graphShare: total > 0 ? sum(group.filter((k) => k.graphNode).map(length)) / total : 0,
    apiTime:
      launched.length > 0
        ? sum(launched.map(({ call }) => length(call))) / launched.length
        : undefined,
    queueTime: queues.length > 0 ? sum(queues) / queues.length : undefined,
  };
}

function matches(expected: ReturnType<typeof recount>, row: KernelRow): boolean {
  return Object.entries(expected).every(([field, value]) => {
    const actual = row[field as keyof KernelRow];
    return typeof value === 'number'
      ? Math.abs((actual as number) - value) <= 1e-9 * Math.max(1, Math.abs(value))
      : JSON.stringify(actual) === JSON.stringify(value);
  });
}

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

const length = ({ start, end }: { start: number; end: number }): number => end - start;
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
