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
import { stepPoints } from '../../../src/analysis/phases';
import { readNcu } from '../../../src/readers/ncu';
import { openProfile } from '../../../src/readers/open';
import { generated } from '../analysis/generated';
import {
  checkKernels,
  checkSteps,
  checkTimes,
  checkTruth,
  type EngineTruth,
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

const traces = recorded('recorded', '.pt.trace.json.gz');
const databases = recorded('recorded', '.sqlite').filter((file) => !/why\.nsys/.test(file));
const pages = recorded('recorded', '.csv.gz');

async function reportOf(file: string): Promise<ReportAnalysis> {
  const folder = mkdtempSync(path.join(tmpdir(), 'profilemate-ncu-'));
  try {
    const page = path.join(folder, path.basename(file, '.gz'));
    writeFileSync(page, gunzipSync(readFileSync(file)));
    return new ReportAnalysis(await readNcu(page));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const near = (found: number | undefined, expected: number, share: number, what: string): void => {
  assert.ok(
    found !== undefined && Math.abs(found / expected - 1) <= share,
    `${what}: ${found} for ${expected}`,
  );
};

describe('an engine on a GPU', function () {
  if (traces.length + databases.length + pages.length === 0) {
    it('HAS NOT BEEN RECORDED: no figure here is held against a real GPU', () => {
      console.warn('      test/data/gpu/README.md says how; it takes a GPU ten minutes');
    });
  }

  for (const trace of traces) {
    it(`${path.basename(trace)}: steps, kernels and time`, async () => {
      const truth = readTruth(trace.replace('.pt.trace.json.gz', '.torch.truth.json'));
      checkTruth(truth);
      const analysis = new Analysis(await openProfile(trace));
      checkSteps(analysis, truth);
      checkTimes(analysis, truth);
      if (checkKernels(analysis, truth) === 0) console.warn('      its program counted no kernels');
    });
  }

  for (const database of databases) {
    it(`${path.basename(database)}: steps, kernels and time`, async () => {
      const truth = readTruth(database.replace('.sqlite', '.truth.json'));
      checkTruth(truth);
      const analysis = new Analysis(await openProfile(database));
      checkSteps(analysis, truth);
      checkTimes(analysis, truth);
      // A graph traced as a whole hides its kernels, and says so.
      if (database.includes('nsys-node') && checkKernels(analysis, truth) === 0) {
        console.warn('      its program counted no kernels');
      }
    });
  }

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
          return Array.from(
            { length: analysis.report.launches.length },
            (_, launch) => figuresOf(analysis, [launch]).duration,
          );
        }),
      );
      assert.ok(times[0].length >= 2);
      for (const other of times.slice(1)) {
        assert.equal(other.length, times[0].length);
        other.forEach((time, launch) => near(time, times[0][launch]!, 0.01, `launch ${launch}`));
      }
    });
  }

  const large = pages.find((page) => /large\.ncu\.raw\.base/.test(page));
  if (large !== undefined) {
    it('bandwidth and FLOP/s as the program measured them without a profiler', async () => {
      const file = large.replace(/large\.ncu\.raw\.base\.csv\.gz$/, 'measured.json');
      const { measured } = JSON.parse(readFileSync(file, 'utf8')) as Measured;
      const analysis = await reportOf(large);
      const launches = Array.from(
        { length: analysis.report.launches.length },
        (_, launch) => launch,
      );
      const product = launches.find(
        (launch) => (workOf(analysis, launch).flops ?? 0) > measured.product_flop / 2,
      )!;
      const scale = launches.find((launch) => launch !== product)!;
      const copied = figuresOf(analysis, [scale]);
      near(copied.dramBytes, measured.bytes, 0.05, 'bytes');
      near(copied.dramBandwidth, measured.scale_bytes_per_second, 0.1, 'bandwidth');
      const { flops } = workOf(analysis, product);
      near(flops, measured.product_flop, 0.01, 'FLOP');
      const seconds = figuresOf(analysis, [product]).duration! / 1e9;
      near(flops! / seconds, measured.product_flop_per_second, 0.2, 'FLOP/s');
      for (const { name, nearest } of roofline(analysis, 'launch', 'dram').points) {
        assert.ok(nearest === undefined || nearest.share <= 1.05, `${name} is above its roof`);
      }
    });
  }
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
