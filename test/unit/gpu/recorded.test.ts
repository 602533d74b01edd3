/**
 * The engine on a real GPU, under PyTorch's profiler, nsys and ncu, against what the program
 * itself knew and measured. What is recorded lies in `test/data/gpu/recorded`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Analysis } from '../../../src/analysis/analysis';
import { figuresOf } from '../../../src/analysis/ncu/metrics';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import { workOf } from '../../../src/analysis/ncu/flops';
import { roofline } from '../../../src/analysis/ncu/roofline';
import { roofs } from '../../../src/analysis/ncu/roofs';
import { graphs } from '../../../src/analysis/graphs';
import { STATS_REPORTS } from '../../../src/analysis/nsys-stats';
import { utilisation } from '../../../src/analysis/utilisation';
import { stepPoints } from '../../../src/analysis/phases';
import { readNcu } from '../../../src/readers/ncu';
import { openProfile } from '../../../src/readers/open';
import { formatStats } from '../../../src/report/stats-format';
import { generated } from '../analysis/generated';
import {
  checkKernels,
  checkSteps,
  checkTimes,
  checkTruth,
  type EngineTruth,
  GPU_DATA,
  readTruth,
  recorded,
} from './truth';

interface Measured {
  readonly measured: {
    readonly bytes: number;
    readonly scale_bytes_per_second: number;
    readonly product_flop: number;
    readonly product_flop_per_second: number;
  };
}

const SAMPLE = path.resolve(GPU_DATA, '../../../media/sample/sample.nsys.sqlite');
const traces = recorded('recorded', '.pt.trace.json.gz');
const databases = recorded('recorded', '.sqlite.gz');
const pages = recorded('recorded', '.csv.gz');

/** What `read` makes of a packed file, unpacked beside nothing else. */
async function unpacked<T>(file: string, read: (plain: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-recorded-'));
  try {
    const plain = path.join(folder, path.basename(file, '.gz'));
    writeFileSync(plain, gunzipSync(readFileSync(file)));
    return await read(plain);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const reportOf = (file: string): Promise<ReportAnalysis> =>
  unpacked(file, async (page) => new ReportAnalysis(await readNcu(page)));

const timelineOf = (file: string): Promise<Analysis> =>
  unpacked(file, async (database) => new Analysis(await openProfile(database)));

const launchesOf = (analysis: ReportAnalysis): number[] =>
  Array.from({ length: analysis.report.launches.length }, (_, launch) => launch);

const near = (found: number | undefined, expected: number, share: number, what: string): void => {
  assert.ok(
    found !== undefined && Math.abs(found / expected - 1) <= share,
    `${what}: ${found} for ${expected}`,
  );
};

/** Steps, time and kernels of each against the program's own; each step's kernels were counted. */
function checkAll(analysis: Analysis, truth: EngineTruth): void {
  checkTruth(truth);
  checkSteps(analysis, truth);
  checkTimes(analysis, truth);
  assert.equal(checkKernels(analysis, truth), truth.steps.length);
}

describe('an engine on a GPU', function () {
  it('is the sample that the extension shows: steps, kernels and time', async () => {
    const truth = readTruth(path.join(GPU_DATA, 'recorded/sample.nsys-node.truth.json'));
    checkAll(new Analysis(await openProfile(SAMPLE)), truth);
  });

  it('is the sample: every report that nsys stats prints of it, to the byte', async () => {
    const kept = path.join(GPU_DATA, 'recorded/sample.nsys-stats.txt.gz');
    const texts = gunzipSync(readFileSync(kept)).toString('utf8').split(/^# /m).slice(1);
    assert.ok(texts.length >= 11);
    const analysis = new Analysis(await openProfile(SAMPLE));
    for (const text of texts) {
      const [name] = text.split('\n', 1);
      const report = STATS_REPORTS.find((each) => each.name === name)!;
      assert.equal(formatStats(report.run(analysis), 'csv'), text.slice(name.length + 1), name);
    }
  });

  assert.ok(traces.length >= 2 && databases.length >= 2 && pages.length >= 10);
  for (const trace of traces) {
    it(`${path.basename(trace)}: steps, kernels and time`, async () => {
      const truth = readTruth(trace.replace('.pt.trace.json.gz', '.torch.truth.json'));
      checkAll(new Analysis(await openProfile(trace)), truth);
    });
  }

  for (const database of databases) {
    const truth = readTruth(database.replace('.sqlite.gz', '.truth.json'));
    it(`${path.basename(database)}: steps, kernels and time`, async () => {
      const analysis = await timelineOf(database);
      if (database.includes('nsys-node')) {
        checkAll(analysis, truth);
        return;
      }
      checkTruth(truth);
      checkSteps(analysis, truth);
      checkTimes(analysis, truth);
      // Asked for graphs as a whole, this nsys recorded nothing of them under a newer driver.
      const replayed = truth.steps.filter(({ graph }) => graph !== null).length;
      const { mode, launchCalls } = graphs(analysis, {});
      assert.deepEqual([mode, launchCalls], ['hidden', replayed]);
    });
  }

  it('is as busy as the bounds say where replays were not recorded', async () => {
    const folder = path.join(GPU_DATA, 'recorded');
    const hidden = await timelineOf(path.join(folder, 'dense.nsys-graph.sqlite.gz'));
    // The same work, all of it recorded.
    const seen = new Analysis(await openProfile(path.join(folder, 'dense.pt.trace.json.gz')));
    const busy = (analysis: Analysis): number => utilisation(analysis, {}).devices[0].busy;
    const { span, unknown } = utilisation(hidden, {}).devices[0];
    const told = `${busy(hidden)} ≤ ${busy(seen)} ≤ ${busy(hidden) + unknown} ns of ${span}`;
    assert.ok(busy(hidden) < busy(seen) && busy(seen) < busy(hidden) + unknown, told);
    assert.ok(busy(hidden) + unknown < span, told);
  });

  const reports = new Map<string, string[]>();
  for (const page of pages) {
    const [name] = path.basename(page).split('.ncu.');
    reports.set(name, [...(reports.get(name) ?? []), page]);
  }
  for (const [name, files] of reports) {
    it(`${name}.ncu: the same times from ${files.length} pages`, async () => {
      const times = await Promise.all(
        files.map(async (file) => {
          const analysis = await reportOf(file);
          return launchesOf(analysis).map((launch) => figuresOf(analysis, [launch]).duration);
        }),
      );
      assert.ok(files.length >= 2 && times[0].length >= 2);
      for (const other of times.slice(1)) {
        assert.equal(other.length, times[0].length);
        other.forEach((time, launch) => near(time, times[0][launch]!, 0.01, `launch ${launch}`));
      }
    });
  }

  it('bandwidth and FLOP/s as the program measured them without a profiler', async () => {
    const folder = path.join(GPU_DATA, 'recorded');
    const file = path.join(folder, 'measured.json');
    const { measured } = JSON.parse(readFileSync(file, 'utf8')) as Measured;
    const analysis = await reportOf(path.join(folder, 'large.ncu.raw.base.csv.gz'));
    const isProduct = (launch: number): boolean =>
      (workOf(analysis, launch).flops ?? 0) > measured.product_flop / 2;
    const [product, ...others] = launchesOf(analysis).filter(isProduct);
    assert.equal(others.length, 0);
    // More numbers than 32 bits can count are multiplied in halves, a launch each.
    const scaling = launchesOf(analysis).filter((launch) => !isProduct(launch));
    assert.equal(scaling.length, 2);
    const halves = scaling.map((launch) => figuresOf(analysis, [launch]));
    const sum = (values: (number | undefined)[]): number => values.reduce((a, b) => a! + b!, 0)!;
    near(sum(halves.map(({ dramBytes }) => dramBytes)), measured.bytes, 0.01, 'bytes');
    for (const { dramBandwidth } of halves) {
      near(dramBandwidth, measured.scale_bytes_per_second, 0.02, 'bandwidth');
    }
    const { flops } = workOf(analysis, product);
    // Its tiles are 320 rows high: 26 of them cover the 8192, and 128 rows of nothing.
    near(flops, (measured.product_flop * 26 * 320) / 8192, 1e-9, 'FLOP');
    const seconds = figuresOf(analysis, [product]).duration! / 1e9;
    near(measured.product_flop / seconds, measured.product_flop_per_second, 0.05, 'FLOP/s');
    // And below the roofs, as what was measured is: memory's by the machine's own clock and width.
    const roof = (name: string): number =>
      roofs(analysis).find((each) => each.name === name)!.ceiling;
    near(roof('dram'), 3.35232e12, 0.001, 'the bandwidth that the driver tells');
    for (const [found, of] of [
      [measured.scale_bytes_per_second, roof('dram')],
      [measured.product_flop_per_second, roof('tensor_bf16')],
    ]) {
      assert.ok(found > 0.7 * of && found < of, `${found} below ${of}`);
    }
    for (const { name, nearest } of roofline(analysis, 'launch', 'dram').points) {
      assert.ok(nearest !== undefined && nearest.share <= 1, `${name} is above its roof`);
    }
  });

  it('kernels of prefill and decode: products of a prompt compute, those of a token read', async () => {
    for (const name of ['dense', 'experts']) {
      const file = path.join(GPU_DATA, `recorded/${name}.ncu.raw.base.csv.gz`);
      const analysis = await reportOf(file);
      const intensities = launchesOf(analysis)
        .map((launch) => ({ work: workOf(analysis, launch), launch }))
        .filter(({ work }) => work.byPrecision[0]?.precision === 'tensor_bf16')
        .map(({ work, launch }) => work.flops! / figuresOf(analysis, [launch]).dramBytes!);
      assert.ok(intensities.some((each) => each > 200) && intensities.some((each) => each < 20));
      for (const { name, nearest } of roofline(analysis, 'launch', 'dram').points) {
        assert.ok(nearest !== undefined && nearest.share <= 1, `${name} is above its roof`);
      }
    }
  });
});

describe('what an engine on a GPU is held against', function () {
  /** A generated run told as the engine tells its own. */
  async function told(): Promise<{ analysis: Analysis; truth: EngineTruth }> {
    const { profile, truth } = await generated({ ranks: 1, steps: 30 });
    const analysis = new Analysis(profile);
    const counts = new Map<number, number>();
    for (const step of analysis.attribution.kernels) counts.set(step, (counts.get(step) ?? 0) + 1);
    const points = stepPoints(analysis, {});
    const steps = [...truth.steps].sort((a, b) => a.start - b.start);
    const kinds = ['prefill', 'decode', 'mixed'] as const;
    return {
      analysis,
      truth: {
        torch: '',
        device: { name: '' },
        requests: [],
        totals: Object.fromEntries(
          kinds.map((kind) => {
            const { steps, requests, contextTokens, generationTokens } = truth.phases[kind];
            return [
              kind,
              {
                steps,
                requests,
                context_tokens: contextTokens,
                generation_tokens: generationTokens,
              },
            ];
          }),
        ),
        steps: steps.map((step, i) => ({
          name: step.name,
          kind: step.phase,
          context_requests: step.contextRequests,
          context_tokens: step.contextTokens,
          generation_requests: step.generationRequests,
          generation_tokens: step.generationTokens,
          graph: step.phase === 'decode' ? 8 : null,
          forward_ms: (step.end - step.start) / 1e6,
          sample_ms: 0,
          host_ms: 0,
          launched: {
            forward_kernels: counts.get(points[i].step)! - 1,
            sample_kernels: 1,
            uploads: 0,
          },
        })),
      },
    };
  }

  it('agrees with a run that is told truly', async () => {
    const { analysis, truth } = await told();
    checkSteps(analysis, truth);
    checkTimes(analysis, truth);
    assert.equal(checkKernels(analysis, truth), truth.steps.length);
  });

  it('does not agree with one that is not', async () => {
    const { analysis, truth } = await told();
    const told7 = (change: object): EngineTruth => ({
      ...truth,
      steps: truth.steps.map((step, i) => (i === 7 ? { ...step, ...change } : step)),
    });
    assert.throws(() => checkSteps(analysis, told7({ context_tokens: 1 })));
    assert.throws(() =>
      checkSteps(analysis, told7({ name: 'execute_context_9(9)_generation_0(0)' })),
    );
    assert.throws(() =>
      checkTimes(analysis, told7({ forward_ms: truth.steps[7].forward_ms! / 2 })),
    );
    const launched = { forward_kernels: 1, sample_kernels: 1, uploads: 0 };
    assert.throws(() => checkKernels(analysis, told7({ launched })));
    assert.equal(checkKernels(analysis, told7({ launched: null })), truth.steps.length - 1);
    assert.throws(() => checkTruth({ ...truth, requests: [{ prompt: 1, output: 2 }] }));
  });
});
