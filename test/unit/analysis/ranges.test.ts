import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { Analysis } from '../../../src/analysis/analysis';
import { STATS_REPORTS } from '../../../src/analysis/nsys-stats';
import { rangeChildren, rangeNames, type RangeNode } from '../../../src/analysis/ranges';
import { RangeKind } from '../../../src/profile/model';
import type { Scope } from '../../../src/profile/scope';
import { readNsys } from '../../../src/readers/nsys';
import { unionLength } from '../../data/truth';
import { buildProfile, randomNumbers, type RangeSpec } from './build';
import { analysed } from './analysed';
import { oracleProfiles } from '../real';
import { cost } from '../../harness/cost';

function readReport(file: string): Record<string, string>[] {
  return Papa.parse<Record<string, string>>(readFileSync(file, 'utf8').trim(), { header: true })
    .data;
}

/** A row's name as nsys prints it. */
const printed = ({ domain, name }: RangeNode): string => (domain ? `${domain}:${name}` : name);

/** nsys's rows by what their ranges are called without the numbers that PyTorch gives each call. */
function byOperator(rows: readonly Record<string, string>[]) {
  const groups = new Map<string, Record<string, string>[]>();
  for (const row of rows) {
    const name = row.Range.replace(/^:/, '').replace(/, (seq|op_id) = \d+/g, '');
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

const sum = (rows: readonly Record<string, string>[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

/** Ranges that nest on each of two threads, and calls in them. */
function randomRanges(seed: number) {
  const random = randomNumbers(seed);
  const ranges: (RangeSpec & { thread: number; path: string })[] = [];
  const nest = (thread: number, from: number, to: number, path: string, depth: number): void => {
    let at = from;
    while (to - at > 12 && depth < 4 && random.next() < 0.8) {
      const start = at + random.whole(1, 5);
      const end = Math.min(to - 1, start + random.whole(6, Math.max(6, (to - from) >> 1)));
      if (end <= start) break;
      const name = random.pick(['a', 'b', 'c']);
      ranges.push({ name, start, end, thread, path: `${path}/${name}` });
      nest(thread, start, end, `${path}/${name}`, depth + 1);
      at = end + 1;
    }
  };
  nest(0, 0, 400, '', 0);
  nest(1, 0, 400, '', 0);
  const api = Array.from({ length: 60 }, (_, i) => {
    const start = random.whole(0, 395);
    return {
      start,
      end: start + random.whole(0, 4),
      thread: random.whole(0, 1),
      correlation: i + 1,
    };
  });
  const kernels = api.flatMap((call) =>
    Array.from({ length: random.whole(0, 2) }, () => {
      const start = call.start + random.whole(0, 100);
      return {
        start,
        end: start + random.whole(0, 15),
        stream: random.whole(0, 1),
        correlation: call.correlation,
      };
    }),
  );
  const profile = buildProfile({
    threads: [{}, { tid: 7 }],
    devices: [{}, {}],
    streams: [{}, { device: 1 }],
    ranges,
    api,
    kernels,
  });
  return { ranges, api, kernels, analysis: new Analysis(profile) };
}

function walk(
  analysis: Analysis,
  scope: Scope,
  parent?: RangeNode,
  path = '',
): [string, RangeNode][] {
  const children = rangeChildren(analysis, scope, parent?.id);
  if (parent) assert.equal(parent.children, children.length);
  return children.flatMap((node) => {
    const own = `${path}/${node.name}`;
    return [[own, node] as [string, RangeNode], ...walk(analysis, scope, node, own)];
  });
}

describe('ranges', () => {
  it('agrees with nsys on every real profile, name by name', async () => {
    for (const { name, profile, oracle } of oracleProfiles()) {
      const pushPop = join(oracle, 'nsys_nvtx_pushpop_sum.csv');
      const projected = join(oracle, 'nsys_nvtx_gpu_proj_sum.csv');
      if (!existsSync(pushPop)) continue;
      const analysis = new Analysis(await readNsys(profile));
      const found = new Map(
        rangeNames(analysis, {})
          .filter((row) => row.style === 'push-pop')
          .map((row) => [printed(row), row]),
      );
      for (const [range, rows] of byOperator(readReport(pushPop))) {
        const own = found.get(range);
        assert.ok(own, `${name}: no range ${range}`);
        assert.equal(own.cpuTotal, sum(rows, 'Total Time (ns)'), `${name} ${range}`);
        assert.equal(own.instances, sum(rows, 'Instances'), `${name} ${range}`);
        const longest = Math.max(...rows.map((row) => Number(row['Max (ns)'])));
        assert.equal(own.cpuMax, longest, `${name} ${range}`);
      }
      if (!existsSync(projected)) continue;
      const pushed = readReport(projected).filter((row) => row.Style === 'PushPop');
      for (const [range, rows] of byOperator(pushed)) {
        const own = found.get(range);
        assert.ok(own, `${name}: no range ${range}`);
        assert.equal(own.gpuProjected, sum(rows, 'Total Proj Time (ns)'), `${name} ${range}`);
        assert.ok(own.gpuBusy! <= own.gpuProjected);
      }
    }
  });

  it('finds what a generated run is known to hold', async () => {
    for (const operatorRanges of [false, true]) {
      const { analysis, truth } = await analysed({ operatorRanges });
      const found = new Map(
        rangeNames(analysis, {}).map((row) => [`${row.domain}:${row.name}`, row]),
      );
      for (const known of truth.ranges) {
        const own = found.get(`${known.domain}:${known.name}`);
        assert.ok(own, known.name);
        assert.equal(own.instances, known.instances, known.name);
        assert.equal(own.cpuTotal, known.cpuTotal, known.name);
        assert.equal(own.gpuProjected, known.projected, known.name);
        assert.equal(own.gpuBusy, known.busy, known.name);
      }
    }
  });

  it('agrees with a comparison of every range with every call', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { ranges, api, kernels, analysis } = randomRanges(seed);
      for (const scope of [{}, { devices: [1] }] as const) {
        const inScope = kernels.filter((kernel) => !scope.devices || kernel.stream === 1);
        const launchedIn = (range: (typeof ranges)[number]) =>
          inScope.filter((kernel) => {
            const call = api[kernel.correlation - 1];
            return (
              call.thread === range.thread && range.start <= call.start && call.end <= range.end
            );
          });
        const figures = (own: typeof ranges) => {
          const kept = own.filter((range) => !scope.devices || launchedIn(range).length > 0);
          const work = [...new Set(kept.flatMap(launchedIn))];
          const busy = [0, 1].map((stream) =>
            unionLength(
              work.filter((k) => k.stream === stream).map((k) => [k.start, k.end] as const),
            ),
          );
          return {
            instances: kept.length,
            cpuTotal: kept.reduce((sum, range) => sum + range.end - range.start, 0),
            gpuBusy: busy[0] + busy[1],
            gpuOperations: work.length,
            gpuProjected: kept.reduce((sum, range) => {
              const inside = launchedIn(range);
              if (inside.length === 0) return sum;
              return (
                sum +
                Math.max(...inside.map((k) => k.end)) -
                Math.min(...inside.map((k) => k.start))
              );
            }, 0),
          };
        };
        const pick = (node: RangeNode) => ({
          instances: node.instances,
          cpuTotal: node.cpuTotal,
          gpuBusy: node.gpuBusy,
          gpuOperations: node.gpuOperations,
          gpuProjected: node.gpuProjected,
        });
        const nodes = walk(analysis, scope);
        const paths = new Set(ranges.map((range) => range.path));
        const inside = [...paths].filter(
          (path) => figures(ranges.filter((range) => range.path === path)).instances > 0,
        );
        assert.deepEqual(nodes.map(([path]) => path).sort(), inside.sort());
        for (const [path, node] of nodes) {
          assert.deepEqual(
            pick(node),
            figures(ranges.filter((range) => range.path === path)),
            `seed ${seed} ${path}`,
          );
        }
        for (const node of rangeNames(analysis, scope)) {
          assert.deepEqual(
            pick(node),
            figures(ranges.filter((range) => range.name === node.name)),
            `seed ${seed} ${node.name}`,
          );
        }
        if (scope.devices) continue;
        const self = nodes.reduce((sum, [, node]) => sum + node.cpuSelf, 0);
        const top = ranges.filter((range) => range.path.lastIndexOf('/') === 0);
        assert.equal(
          self,
          top.reduce((sum, range) => sum + range.end - range.start, 0),
        );
      }
    }
  });

  it('keeps start-end ranges beside the tree, and does not count open ones as time', () => {
    const analysis = new Analysis(
      buildProfile({
        ranges: [
          { name: 'outer', start: 0, end: 100 },
          { name: 'request', start: 10, end: 60, kind: RangeKind.StartEnd },
          { name: 'inner', start: 20, end: 30 },
          { name: 'request', start: 50, end: 150, kind: RangeKind.StartEnd },
          { name: 'open', start: 110, end: NaN },
          { name: 'here', start: 40, end: NaN, kind: RangeKind.Mark },
        ],
        api: [{ start: 21, end: 22, correlation: 1 }],
        kernels: [{ start: 25, end: 35, correlation: 1 }],
      }),
    );
    const top = rangeChildren(analysis, {}, undefined);
    assert.deepEqual(
      top.map(({ name, style, instances, open, cpuTotal, gpuBusy }) => [
        name,
        style,
        instances,
        open,
        cpuTotal,
        gpuBusy,
      ]),
      [
        ['request', 'start-end', 2, 0, 150, 10],
        ['outer', 'push-pop', 1, 0, 100, 10],
        ['open', 'push-pop', 1, 1, 0, 0],
      ],
    );
    const [inner] = rangeChildren(analysis, {}, top[1].id);
    assert.equal(inner.name, 'inner');
    assert.equal(inner.level, 1);
    assert.equal(top[1].cpuSelf, 90);
  });

  it('tell no GPU time where no work on a GPU was recorded', () => {
    const ranges = [{ name: 'step', start: 0, end: 100 }];
    const figures = (profile: ReturnType<typeof buildProfile>) =>
      rangeNames(new Analysis(profile), {}).map(
        ({ cpuTotal, gpuBusy, gpuOperations, gpuProjected }) =>
          [cpuTotal, gpuBusy, gpuOperations, gpuProjected] as const,
      );
    assert.deepEqual(figures(buildProfile({ ranges })), [[100, undefined, undefined, undefined]]);
    const elsewhere = [{ start: 200, end: 210, correlation: 1 }];
    const work = { api: elsewhere, kernels: elsewhere };
    assert.deepEqual(figures(buildProfile({ ranges, ...work })), [[100, 0, 0, 0]]);
  });

  it('have one row for the calls of an operator that PyTorch numbers', () => {
    const calls = [
      ['aten::add, seq = 12, op_id = 345', 'aten::add'],
      ['aten::add, op_id = 346', 'aten::add'],
      ['aten::add, seq = 13', 'aten::add'],
      ['aten::add', 'aten::add'],
      [
        'aten::mm, seq = 1, op_id = 7, sizes = [[2, 3], [3, 4]]',
        'aten::mm, sizes = [[2, 3], [3, 4]]',
      ],
      [
        'aten::mm, op_id = 8, sizes = [[2, 3], [3, 4]], input_op_ids = [(7,0), (6,1)]',
        'aten::mm, sizes = [[2, 3], [3, 4]]',
      ],
      ['aten::t, op_id = 9, input_op_ids = [(8,0)]', 'aten::t'],
      // Whoever wrote these meant what they wrote.
      ['step, seq = 5 of 9', 'step, seq = 5 of 9'],
      [', op_id = 1', ', op_id = 1'],
      ['batch, seq = x', 'batch, seq = x'],
    ];
    const work = calls.map((_, i) => ({
      start: 100 * i + 10,
      end: 100 * i + 20,
      correlation: i + 1,
    }));
    const analysis = new Analysis(
      buildProfile({
        ranges: calls.map(([name], i) => ({ name, start: 100 * i, end: 100 * i + 50 })),
        api: work,
        kernels: work,
      }),
    );
    const expected = new Map<string, number>();
    for (const [, name] of calls) expected.set(name, (expected.get(name) ?? 0) + 1);
    for (const rows of [rangeNames(analysis, {}), rangeChildren(analysis, {}, undefined)]) {
      assert.deepEqual(new Map(rows.map((row) => [row.name, row.instances])), expected);
      for (const row of rows) {
        assert.equal(row.cpuTotal, 50 * row.instances, row.name);
        assert.equal(row.gpuBusy, 10 * row.instances, row.name);
        assert.equal(row.numbered, /^aten::/.test(row.name), row.name);
      }
    }
    // nsys has a row a name, and so have its reports here.
    const report = STATS_REPORTS.find(({ name }) => name === 'nvtx_sum')!.run(analysis);
    assert.equal(report.rows.length, calls.length);
  });

  it('bears stacks of any depth', async () => {
    const depth = 20_000;
    const ranges = Array.from({ length: depth }, (_, i) => ({
      name: `level ${i}`,
      start: i,
      end: 3 * depth - i,
    }));
    const api = Array.from({ length: 200 }, (_, i) => ({
      start: depth + i,
      end: depth + i,
      correlation: i + 1,
    }));
    const kernels = api.map((call) => ({ ...call, end: call.end + 1 }));
    const analysis = new Analysis(buildProfile({ ranges, api, kernels }));
    const ms = await cost(() => {
      const [top] = rangeChildren(analysis, {}, undefined);
      assert.equal(top.name, 'level 0');
      assert.equal(top.gpuOperations, 200);
      assert.equal(rangeNames(analysis, {}).length, depth);
    });
    assert.ok(ms < 5_000, `${ms} ms`);
  });
});
