import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { compare, type Snapshot } from '../../../src/analysis/compare';
import { MODEL } from '../../data/kernels';
import { noisy } from './noise';
import { repeat, run } from './runs';

describe('comparing generated runs', function () {
  let unchanged: Snapshot[];
  let slower: Snapshot[];
  const slow = { kernel: 'gateUp', factor: 1.15 } as const;

  before(async () => {
    unchanged = [];
    slower = [];
    for (let seed = 1; seed <= 21; seed++) unchanged.push(await repeat(seed));
    for (let seed = 31; seed <= 35; seed++) slower.push(await repeat(seed, { slower: slow }));
  });

  it('finds nothing in twenty repeats, one by one', () => {
    const [baseline, ...others] = unchanged;
    for (const current of others) {
      const result = compare([baseline], [current]);
      const told = [...result.metrics, ...result.kernels].filter(
        ({ gates, verdict }) => gates && verdict === 'regressed',
      );
      assert.deepEqual(told, []);
      assert.equal(result.verdict, 'within noise');
      assert.equal(result.basis, 'single');
      assert.deepEqual(result.differences, []);
    }
  });

  it('finds nothing between halves of the repeats, though it looks for 2 %', () => {
    const result = compare(unchanged.slice(0, 10), unchanged.slice(10, 20), { threshold: 2 });
    assert.equal(result.verdict, 'within noise');
    assert.equal(result.basis, 'repeated');
  });

  // The rates that docs/check.md tells, for fewer runs.
  it('raises no false alarm where noise is small, nor where it is measured', () => {
    const alarms = (sigma: number, size: number): number =>
      Array.from({ length: 150 }, (_, i) => {
        const group = (first: number): Snapshot[] =>
          Array.from({ length: size }, (_, k) => noisy(unchanged[0], i * 100 + first + k, sigma));
        return compare(group(1), group(51)).verdict;
      }).filter((verdict) => verdict === 'regressed').length;
    assert.equal(alarms(0.01, 1), 0);
    assert.equal(alarms(0.02, 4), 0);
    assert.ok(alarms(0.03, 5) <= 2);
    // A single run cannot know better.
    assert.ok(alarms(0.03, 1) > 15);
  });

  it('never calls another load a regression', async () => {
    for (let seed = 51; seed < 61; seed++) {
      const result = compare([unchanged[0]], [await run({ seed })]);
      assert.notEqual(result.verdict, 'regressed', JSON.stringify(result.differences));
    }
  });

  for (const name of ['one run each', 'five runs each'] as const) {
    it(`names the kernel that became 15 % slower, first: ${name}`, () => {
      const count = name === 'one run each' ? 1 : 5;
      const result = compare(unchanged.slice(0, count), slower.slice(0, count));
      assert.equal(result.verdict, 'regressed');
      const [first] = result.kernels;
      assert.equal(first.name, MODEL.gateUp.demangled);
      assert.equal(first.verdict, 'regressed');
      assert.equal(first.because, 'each call is slower');
      assert.ok(Math.abs(first.time!.change! - 15) < 2, String(first.time!.change));
      assert.equal(result.waterfall.bars[0].label, MODEL.gateUp.demangled);
      const regressed = result.kernels.filter((k) => k.gates && k.verdict === 'regressed');
      assert.deepEqual(
        regressed.map((kernel) => kernel.name),
        [MODEL.gateUp.demangled],
      );
      if (count > 1) assert.ok(first.time!.interval!.low > 10);
    });
  }

  it('explains the change in work per step with parts that add up to it', () => {
    const pairs = [
      [unchanged.slice(0, 1), slower.slice(0, 1)],
      [unchanged.slice(0, 3), slower.slice(0, 4)],
      [unchanged.slice(0, 1), unchanged.slice(1, 2)],
    ];
    for (const [baseline, current] of pairs) {
      const { waterfall } = compare(baseline, current);
      const perStep = (runs: readonly Snapshot[]): number =>
        runs.reduce((sum, { components, phases }) => {
          const work = Object.values(components).reduce((total, ms) => total + ms, 0);
          return sum + work / phases.reduce((steps, phase) => steps + phase.steps, 0);
        }, 0) / runs.length;
      assert.ok(Math.abs(waterfall.from - perStep(baseline)) < 1e-12);
      assert.ok(Math.abs(waterfall.to - perStep(current)) < 1e-12);
      const sum = waterfall.bars.reduce((total, bar) => total + bar.delta, 0);
      assert.ok(Math.abs(sum - (waterfall.to - waterfall.from)) < 1e-12);
      assert.equal(waterfall.bars[0].start, waterfall.from);
      assert.equal(waterfall.bars.at(-1)!.end, waterfall.to);
      waterfall.bars.slice(1).forEach((bar, i) => assert.equal(bar.start, waterfall.bars[i].end));
      // Every kernel is listed, so nothing is left over.
      assert.ok(waterfall.bars.every(({ kind }) => kind !== 'unlisted'));
    }
  });

  it('tells an improvement from a regression', () => {
    const result = compare(slower.slice(0, 1), unchanged.slice(0, 1));
    assert.equal(result.verdict, 'improved');
    assert.equal(result.kernels[0].verdict, 'improved');
  });

  it('finds graphs that are no longer used', async () => {
    const result = compare([unchanged[0]], [await repeat(2, { graphs: 'none' })]);
    const coverage = result.metrics.find((m) => m.metric.name === 'graphs.coverage_percent')!;
    assert.equal(coverage.verdict, 'regressed');
    assert.equal(coverage.current, 0);
    assert.equal(result.verdict, 'regressed');
  });

  it('says what makes runs not comparable, and lets a person overrule it', async () => {
    const other = await repeat(2, { ranks: 2 });
    const result = compare([unchanged[0]], [other]);
    assert.equal(result.verdict, 'not comparable');
    const kinds = result.differences.map(({ kind }) => kind);
    assert.ok(kinds.includes('gpu') && kinds.includes('flags'), kinds.join());
    assert.match(result.differences[0].text, /H100.* in the baseline, 2 × .*H100.* now/);
    const allowed = compare([unchanged[0]], [other], { allow: ['gpu', 'flags'] });
    assert.notEqual(allowed.verdict, 'not comparable');
    assert.ok(allowed.differences.every((difference) => difference.allowed));

    const mode = compare([unchanged[0]], [await repeat(2, { graphs: 'graph' })]);
    assert.deepEqual(
      mode.differences.map(({ kind }) => kind),
      ['capture'],
    );
    assert.ok(mode.kernels.every(({ verdict }) => verdict === 'not comparable'));
    const baseline = unchanged[0];
    const torch: Snapshot = { ...baseline, identity: { ...baseline.identity, profiler: 'torch' } };
    const profiler = compare([baseline], [torch]);
    assert.equal(profiler.verdict, 'not comparable');
    assert.deepEqual(profiler.differences, [
      {
        kind: 'profiler',
        text: 'Measured by another profiler: Nsight Systems in the baseline, PyTorch’s profiler now. Times per kernel carry different overheads.',
        allowed: false,
      },
    ]);
    assert.ok(profiler.metrics.every(({ verdict }) => verdict === 'not comparable'));
    assert.equal(compare([baseline], [torch], { allow: ['profiler'] }).verdict, 'within noise');

    const model = compare([unchanged[0]], [await repeat(2, { moe: true })]);
    assert.equal(model.verdict, 'not comparable');
    assert.ok(model.differences.some(({ kind }) => kind === 'model'));
  });

  it('compares runs of different length by their steps', async () => {
    const longer = await repeat(3, { steps: 40 });
    const doubled: Snapshot = {
      ...longer,
      workMs: longer.workMs * 2,
      phases: longer.phases.map((row) => ({
        ...row,
        steps: row.steps * 2,
        busyMs: row.busyMs * 2,
        contextTokens: row.contextTokens === null ? null : row.contextTokens * 2,
        generationTokens: row.generationTokens === null ? null : row.generationTokens * 2,
      })),
      kernels: longer.kernels.map((k) => ({ ...k, count: k.count * 2, totalMs: k.totalMs * 2 })),
      copies: longer.copies!.map((c) => ({ ...c, count: c.count * 2, totalMs: c.totalMs * 2 })),
    };
    const result = compare([unchanged[0]], [doubled]);
    assert.equal(result.per, 'step');
    assert.equal(result.verdict, 'within noise');
  });
});
