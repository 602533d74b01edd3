/** Two reports of Nsight Compute held against each other, made up so that what is true is known. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import {
  answerOf,
  compare,
  metricsOf,
  snapshotOfReport,
  snapshotOfSummary,
  keptDocument,
  type Snapshot,
} from '../../../src/analysis/compare';
import { readNcu } from '../../../src/readers/ncu';
import { measured, rawPage, type Measured, type PrintedLaunch } from '../../data/ncu';

const GEMM: Measured = {
  name: 'void gemm<128, 64>(float *)',
  grid: [80, 1, 1],
  ns: 40e3,
  bytes: 1e8,
  fma: 4e9,
  memory: 70,
  sm: 40,
};
const NORM: Measured = {
  name: 'rms_norm',
  grid: [16, 1, 1],
  ns: 8e3,
  bytes: 1e6,
  memory: 20,
  sm: 10,
};

let folder: string;

async function snapshot(label: string, launches: readonly PrintedLaunch[], cc?: string) {
  const file = path.join(folder, 'page.csv');
  writeFileSync(file, rawPage(launches, cc));
  return snapshotOfReport(new ReportAnalysis(await readNcu(file)), { label })!;
}
const of = (label: string, ...kernels: readonly Measured[]): Promise<Snapshot> =>
  snapshot(label, kernels.map(measured));

const kinds = (a: Snapshot, b: Snapshot): readonly string[] =>
  compare([a], [b]).differences.map(({ kind }) => kind);

describe('comparing kernel reports', () => {
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'profilemate reports '))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('goes by the median launch, however many were profiled', async () => {
    const old = await of('before', GEMM, NORM);
    const now = await of(
      'after',
      ...[46e3, 45e3, 90e3].map((ns) => ({ ...GEMM, ns, memory: 62 })),
      NORM,
    );
    const result = compare([old], [now]);
    assert.equal(result.per, 'launch');
    assert.equal(result.verdict, 'regressed');
    const [first, second] = result.kernels;
    assert.equal(first.name, GEMM.name);
    assert.deepEqual(
      [first.baseline?.ms, first.current?.ms, first.baseline?.calls, first.current?.calls],
      [0.04, 0.046, 1, 3],
    );
    assert.equal(first.time?.change?.toFixed(6), '15.000000');
    assert.equal(first.because, 'each call is slower');
    assert.deepEqual(
      [first.baseline?.launch?.memoryPercent, first.current?.launch?.memoryPercent],
      [70, 62],
    );
    assert.equal(first.current?.launch?.bound, 'memory');
    // Of all that was profiled: three launches of 181 µs in 189.
    assert.ok(Math.abs(first.share - 181 / 189) < 1e-9);
    assert.equal(second.verdict, 'within noise');
    assert.equal(answerOf(result).kernel?.name, GEMM.name);
    assert.equal(compare([now], [old]).verdict, 'improved');
    assert.deepEqual(result.waterfall.bars, [], 'launches of different kernels add up to nothing');
  });

  it('does not judge other clocks, other GPUs, or kernels launched otherwise', async () => {
    const old = await of('before', GEMM, NORM);
    const other = await snapshot(
      'clock',
      [GEMM, NORM].map(measured).map((launch) => ({
        ...launch,
        metrics: { ...launch.metrics, 'sm__cycles_elapsed.avg.per_second': 1.2e9 },
      })),
    );
    assert.deepEqual(kinds(old, other), ['clock']);
    const clock = compare([old], [other]);
    assert.equal(clock.verdict, 'not comparable');
    assert.match(clock.differences[0].text, /1590 MHz in the baseline, 1200 MHz now/);
    assert.notEqual(compare([old], [other], { allow: ['clock'] }).verdict, 'not comparable');

    const page = (name: string) =>
      snapshot('gpu', [
        {
          ...measured(GEMM),
          metrics: { ...measured(GEMM).metrics, device__attribute_display_name: name },
        },
      ]);
    assert.deepEqual(kinds(await page('NVIDIA H100'), await page('NVIDIA A100')), ['gpu']);
    const unnamed = (cc: string) => {
      const { device__attribute_display_name: _, ...metrics } = measured(GEMM).metrics;
      return snapshot('cc', [{ ...measured(GEMM), metrics }], cc);
    };
    assert.deepEqual(kinds(await unnamed('8.0'), await unnamed('9.0')), ['gpu']);
    assert.deepEqual(kinds(await unnamed('9.0'), await page('NVIDIA H100')), []);

    const grid = await of('grid', { ...GEMM, grid: [160, 1, 1], ns: 80e3 }, { ...NORM, ns: 12e3 });
    const result = compare([old], [grid]);
    assert.deepEqual(kinds(old, grid), ['geometry']);
    assert.match(result.differences[0].text, /80x1x1 × 128x1x1 in the baseline, 160x1x1/);
    assert.deepEqual(
      result.kernels.map(({ name, verdict }) => [name, verdict]),
      [
        [GEMM.name, 'not comparable'],
        [NORM.name, 'regressed'],
      ],
    );
    assert.equal(result.verdict, 'regressed', 'the other kernel was launched as before');
    assert.equal(compare([old], [grid], { allow: ['geometry'] }).kernels[0].verdict, 'regressed');
  });

  it('says which figures one side alone has, and compares the others', async () => {
    const { 'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed': _, ...metrics } =
      measured(GEMM).metrics;
    const less = await snapshot('less', [{ ...measured(GEMM), metrics }]);
    const result = compare([await of('all', GEMM)], [less]);
    assert.deepEqual(
      result.differences.map(({ kind, text }) => [kind, text]),
      [['sections', 'Other sections: memory throughput is in the baseline only.']],
    );
    assert.equal(result.verdict, 'within noise');
    assert.equal(result.kernels[0].current?.launch?.memoryPercent, null);
  });

  it('pairs the only kernels of two pages, and no others of other names', async () => {
    const written = await of('anew', { ...GEMM, name: 'gemm_tiled', grid: [8, 8, 1], ns: 20e3 });
    const tuned = compare([await of('naive', GEMM)], [written]);
    assert.equal(tuned.verdict, 'improved');
    assert.deepEqual(
      tuned.kernels.map(({ kind, formerName }) => [kind, formerName]),
      [['renamed', GEMM.name]],
    );
    const apart = compare([await of('two', GEMM, NORM)], [written]);
    assert.equal(apart.verdict, 'not comparable');
    assert.deepEqual(
      apart.differences.map(({ kind }) => kind),
      ['kernels'],
    );
  });

  it('measures the noise of repeats', async () => {
    const repeats = (label: string, ns: readonly number[]): Promise<Snapshot[]> =>
      ns.reduce<Promise<Snapshot[]>>(
        async (before, each) => [...(await before), await of(label, { ...GEMM, ns: each })],
        Promise.resolve([]),
      );
    const old = await repeats('before', [40e3, 40.2e3, 39.9e3, 40.1e3]);
    const now = await repeats('after', [46e3, 46.2e3, 45.9e3, 46.1e3]);
    const result = compare(old, now);
    assert.equal(result.verdict, 'regressed');
    assert.ok(result.kernels[0].time!.interval!.low > 14);
    assert.equal(
      compare(old, await repeats('noisy', [36e3, 52e3, 40e3, 47e3])).verdict,
      'within noise',
    );
  });

  it('is no run of a timeline', async () => {
    const report = await of('report', GEMM);
    const timeline: Snapshot = { ...report, source: 'gpu', kernels: [] };
    assert.ok(kinds(timeline, report).includes('measure'));
    assert.equal(compare([timeline], [report]).verdict, 'not comparable');
  });

  it('comes back from the document that a history keeps, whoever names it', async () => {
    const report = await of('/some/where.csv', GEMM, NORM);
    const document = JSON.parse(JSON.stringify(keptDocument(report))) as unknown;
    assert.deepEqual(snapshotOfSummary(document, { label: report.label }), report);
    const named = snapshotOfSummary(document, { label: 'x', model: 'm', commit: 'c' });
    assert.deepEqual([named.identity.model, named.identity.commit], ['m', 'c']);
    const figures = metricsOf([report], [`kernel.memory:${GEMM.name}`, `kernel:${GEMM.name}`]);
    assert.deepEqual(
      figures.map((metric) => [metric.name, metric.value(report), metric.unit]),
      [
        [`kernel.memory:${GEMM.name}`, 70, '%'],
        [`kernel:${GEMM.name}`, 0.04, 'ms'],
      ],
    );
  });
});
