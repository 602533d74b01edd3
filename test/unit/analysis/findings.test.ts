import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { captureGaps, findings } from '../../../src/analysis/findings';
import { weightBytes } from '../../../src/analysis/weights';
import { overview } from '../../../src/analysis/overview';
import { MemoryKind, type Profile } from '../../../src/profile/model';
import { readNsys } from '../../../src/readers/nsys';
import { analysed } from './analysed';
import { call, kernel, operator, readEvents } from '../torch/read';
import { buildProfile, type ApiSpec, type KernelSpec, type RangeSpec } from './build';
import { oracleProfiles } from '../real';

const ids = (profile: Profile): string[] => findings(new Analysis(profile), {}).map((f) => f.id);

interface Run {
  steps: number;
  /** Of a step's ranges, in turn. */
  names: readonly string[];
  kernelsPerStep: number;
  kernel: number;
  between: number;
  graph?: boolean;
  pageable?: boolean;
  /** Pinned, so that only their time is the matter. */
  copies?: number;
  name?: (kernel: number) => string;
  command?: readonly string[];
  bandwidth?: number;
}

/** Steps of equal kernels back to back, with a wait between steps. */
function run(options: Run): Profile {
  const kernels: KernelSpec[] = [];
  const api: ApiSpec[] = [];
  const ranges: RangeSpec[] = [];
  const memcpys = [];
  let time = 0;
  let correlation = 0;
  for (let step = 0; step < options.steps; step++) {
    time += options.between;
    ranges.push({ name: options.names[step % options.names.length], start: time, end: time + 900 });
    if (options.graph) api.push({ start: time, end: time + 9, correlation: ++correlation });
    for (let i = 0; i < options.kernelsPerStep; i++) {
      if (!options.graph) api.push({ start: time, end: time + 9, correlation: ++correlation });
      kernels.push({
        name: options.name?.(i) ?? (i % 2 ? 'flash_fwd_kernel' : 'sm90_xmma_gemm_bf16'),
        start: time + 20 + i * options.kernel,
        end: time + 20 + (i + 1) * options.kernel,
        correlation,
        graphNode: options.graph ? i + 1 : undefined,
        graphId: options.graph ? 1 : undefined,
      });
    }
    time += 20 + options.kernelsPerStep * options.kernel;
    if (options.pageable) {
      api.push({
        start: ranges[step].start + 10,
        end: ranges[step].end,
        correlation: ++correlation,
      });
      memcpys.push({ start: time, end: time + 200_000, correlation, bytes: 1e6 });
      time += 200_000;
    }
    if (options.copies) {
      api.push({ start: time, end: time + 9, correlation: ++correlation });
      ranges[step] = { ...ranges[step], end: time + 9 };
      memcpys.push({
        start: time,
        end: time + options.copies,
        correlation,
        source: MemoryKind.Pinned,
        target: MemoryKind.Device,
      });
      time += options.copies;
    }
  }
  return buildProfile({
    kernels,
    api,
    ranges,
    memcpys,
    devices: [{ memoryBandwidth: options.bandwidth }],
    capture: { command: options.command },
  });
}

const DECODE = 'execute_context_0(0)_generation_8(8)';
/** No decode between them, so that nobody waits. */
const PREFILL = 'execute_context_2(900)_generation_0(0)';
const QUIET: Run = {
  steps: 100,
  names: [DECODE],
  kernelsPerStep: 20,
  kernel: 50_000,
  between: 1_000,
  graph: true,
};

describe('findings', () => {
  it('has nothing to say of a run where all is well', () => {
    assert.deepEqual(ids(run(QUIET)), []);
  });

  it('names each thing that is wrong, and only that', () => {
    const cases: [string, Partial<Run>][] = [
      ['graph-coverage-low', { graph: false }],
      ['idle-between-steps', { between: 200_000 }],
      ['prefill-share', { names: [PREFILL] }],
      ['pageable-copies', { pageable: true }],
      ['component-other', { name: (i) => ['flash_fwd_kernel', 'my_gemm', 'zzz'][i % 3] }],
      [
        'communication',
        { name: (i) => ['flash_fwd_kernel', 'my_gemm', 'ncclDevKernel_AllReduce'][i % 3] },
      ],
      [
        'kv-cache-write',
        { name: (i) => ['flash_fwd_kernel', 'my_gemm', 'reshape_and_cache_flash_kernel'][i % 3] },
      ],
      ['attention-share', { name: (i) => (i % 10 < 7 ? 'flash_fwd_kernel' : 'my_gemm') }],
      [
        'pointwise-share',
        { name: (i) => ['flash_fwd_kernel', 'my_gemm', 'rms_norm_kernel', 'silu_and_mul'][i % 4] },
      ],
      ['small-batches', { names: ['execute_context_0(0)_generation_2(2)'] }],
      ['exposed-copies', { copies: 100_000 }],
      // Ten products of 50 µs each, where 0.5e9 weights of 2 bytes take 100 µs.
      [
        'gemm-above-weights',
        { command: ['vllm', 'serve', 'org/Model-0.5B'], bandwidth: 10_000_000_000_000 },
      ],
      [
        'prefill-stalls-decode',
        { names: [DECODE, 'execute_context_1(500)_generation_0(0)', DECODE, DECODE] },
      ],
    ];
    for (const [id, change] of cases) assert.deepEqual(ids(run({ ...QUIET, ...change })), [id]);
  });

  it('does not hold against a run what only looks like a fault', () => {
    const cases: [string, Partial<Run>][] = [
      ['just enough attention', { name: (i) => (i % 10 < 5 ? 'flash_fwd_kernel' : 'my_gemm') }],
      [
        'requests that left before the prompt came',
        {
          names: [
            'execute_context_0(0)_generation_10(10)',
            'execute_context_1(500)_generation_0(0)',
            'execute_context_0(0)_generation_9(9)',
            'execute_context_1(500)_generation_9(9)',
          ],
        },
      ],
      [
        'prompts that share steps with decoding',
        { names: [DECODE, 'execute_context_1(500)_generation_8(8)'] },
      ],
      ['copies beside kernels', { copies: 1_000 }],
      [
        'products as fast as their weights',
        { command: ['vllm', 'serve', 'org/Model-0.5B'], bandwidth: 3_000_000_000_000 },
      ],
      [
        'weights of unknown size',
        { command: ['vllm', 'serve', 'org/Model-8x7B'], bandwidth: 1e15 },
      ],
      ['memory of unknown speed', { command: ['vllm', 'serve', 'org/Model-0.5B'] }],
    ];
    for (const [why, change] of cases) assert.deepEqual(ids(run({ ...QUIET, ...change })), [], why);
  });

  it('knows what the names of models say of their weights, and when to be silent', () => {
    const cases: [string, string[], number | undefined][] = [
      ['meta-llama/Llama-3.1-8B-Instruct', [], 16e9],
      ['/models/Qwen2.5-0.5B-Instruct/', [], 1e9],
      ['Qwen/Qwen2.5-0.5B-Instruct', [], 1e9],
      ['meta-llama/Llama-2-7b-hf', ['--dtype=float32'], 28e9],
      ['org/Llama-3.1-70B-Instruct-FP8', [], 70e9],
      ['org/Llama-3.1-70B', ['--quantization=fp8'], 70e9],
      ['org/Llama-3.1-70B-AWQ', [], undefined],
      ['org/Llama-3.1-70B', ['--quantization=bitsandbytes'], undefined],
      ['mistralai/Mixtral-8x7B-v0.1', [], undefined],
      ['Qwen/Qwen3-30B-A3B', [], undefined],
      ['allenai/OLMoE-1B-7B-0924', [], undefined],
      ['google/gemma-3n-E4B-it', [], undefined],
      ['openai/gpt2', [], undefined],
      ['org/Llama-3.1-8B', ['--pipeline-parallel-size=2'], undefined],
      ['org/Llama-3.1-8B', ['--speculative-config=#1'], undefined],
    ];
    for (const [model, flags, bytes] of cases)
      assert.equal(weightBytes(model, flags), bytes, `${model} ${flags.join(' ')}`);
  });

  it('finds the GPU that the others wait for', () => {
    /** Both GPUs end a collective together; the second begins it later by `late`. */
    const ranks = (late: (i: number) => number) =>
      buildProfile({
        devices: [{}, { id: 1 }],
        streams: [{}, { device: 1 }],
        kernels: [0, 1].flatMap((stream) =>
          Array.from({ length: 400 }, (_, i) => {
            const start = i * 300_000;
            const behind = stream === 1 ? late(i) : late(i) < 0 ? -late(i) : 0;
            return [
              { name: 'my_gemm', stream, start, end: start + 150_000 + Math.max(0, behind) },
              {
                name: 'ncclDevKernel_AllReduce',
                stream,
                start: start + 150_000 + Math.max(0, behind),
                end: start + 220_000,
              },
            ];
          }).flat(),
        ),
      });
    const told = (profile: Profile) =>
      findings(new Analysis(profile), {}).filter(({ id }) => id === 'communication-wait');
    const [finding] = told(ranks(() => 50_000));
    assert.match(
      finding.detail,
      /In 400 collectives they wait 20(\.0)? ms.*GPU 1 comes last in 100 %/,
    );
    // 50 of 220 µs on one GPU of two.
    assert.ok(Math.abs(finding.weight - 50 / 440) < 1e-9, String(finding.weight));
    assert.match(told(ranks((i) => (i % 2 ? 50_000 : -50_000)))[0].detail, /None of them/);
    assert.deepEqual(told(ranks(() => 5_000)), []);
  });

  it('takes long pauses for want of requests, not for slow scheduling', () => {
    assert.ok(!ids(run({ ...QUIET, between: 6_000_000 })).includes('idle-between-steps'));
  });

  it('is silent on thin evidence', () => {
    assert.deepEqual(ids(run({ ...QUIET, steps: 5, graph: false, between: 400_000 })), []);
    assert.deepEqual(ids(buildProfile({})), []);
  });

  it('sees many short kernels with waits between their launches', () => {
    const kernels = Array.from({ length: 20_000 }, (_, i) => ({
      name: i % 2 ? 'a_gemm' : 'flash_fwd',
      start: i * 10_000,
      end: i * 10_000 + 3_000,
    }));
    const [finding, ...others] = findings(new Analysis(buildProfile({ kernels })), {});
    assert.equal(finding.id, 'launch-bound');
    assert.deepEqual(others, []);
    // The hundred longest gaps are left out.
    assert.ok(Math.abs(finding.weight - 0.7) < 0.01);
  });

  it('has all its fields filled, ordered by severity', async () => {
    const { analysis } = await analysed({ steps: 120 });
    const all = findings(analysis, {});
    assert.ok(all.length > 0);
    const order = all.map(({ severity }) => ['problem', 'warning', 'info'].indexOf(severity));
    assert.deepEqual(order, [...order].sort());
    for (const finding of all) {
      for (const field of ['title', 'detail', 'advice', 'measured', 'threshold'] as const) {
        assert.ok(finding[field].length > 0, `${finding.id} ${field}`);
        assert.ok(!/NaN|undefined|Infinity/.test(finding[field]), finding[field]);
      }
    }
  });

  it('says that data was lost without repeating the words of the profiler', () => {
    const warned = (text: string, work: object) => {
      const profile = { ...buildProfile(work), diagnostics: [{ severity: 'warning', text }] };
      return findings(new Analysis(profile as Profile), {}).find(({ id }) => id === 'data-lost');
    };
    const ran = { start: 0, end: 10, correlation: 1 };
    const work = { api: [ran], kernels: [ran], ranges: [{ name: 'a', start: 0, end: 9 }] };
    for (const [text, of] of [
      ['Not all CUDA events might have been collected.', /CUDA events may be missing/],
      ['Not all NVTX events might have been collected.', /NVTX ranges may be missing/],
    ] as const) {
      const found = warned(text, work)!;
      assert.match(found.detail, of);
      for (const field of ['title', 'detail', 'measured'] as const)
        assert.equal(found[field].includes(text), false);
      assert.doesNotMatch(found.advice, /server/, 'a script may have been profiled');
      assert.equal(warned(text, {}), undefined, 'nothing could be lost of what was not used');
    }
    assert.equal(warned('Not all OpenGL events might have been collected.', work), undefined);
  });

  it('says nothing of models and steps about real profiles that have none', async () => {
    for (const { name, profile } of oracleProfiles()) {
      const read = await readNsys(profile);
      for (const finding of findings(new Analysis(read), {})) {
        assert.ok(
          ['data-lost', 'idle', 'launch-bound'].includes(finding.id),
          `${name} ${finding.id}`,
        );
        if (finding.id !== 'data-lost') continue;
        assert.ok(
          read.diagnostics.some(({ text }) => /not all|dropped/i.test(text)),
          name,
        );
      }
    }
  });
});

describe('what a trace of PyTorch cannot say', () => {
  const told = async (...events: object[]): Promise<readonly string[]> => {
    const gaps = captureGaps(new Analysis(await readEvents(...events)));
    // Nothing in it is of nsys: its words and flags would lead nowhere.
    for (const { text, remedy } of gaps)
      assert.doesNotMatch(`${text} ${remedy}`, /NVTX|--trace|cuda-memory-usage/);
    return gaps.map(({ id }) => id);
  };

  it('names the profiler’s option that would have recorded it', async () => {
    assert.deepEqual(await told(operator({})), [
      'no-kernels',
      'no-shapes',
      'no-stacks',
      'no-memory-usage',
    ]);
    const shaped = operator({ args: { 'Input Dims': [[2, 3]], 'External id': 1 } });
    const python = operator({ cat: 'python_function', name: 'a.py(3): f' });
    const step = operator({ cat: 'user_annotation', name: 'mine' });
    assert.deepEqual(await told(shaped, python, step, kernel({})), [
      'no-api',
      'no-step-ranges',
      'no-memory-usage',
    ]);
    const held = { ph: 'i', name: '[memory]', pid: 1, tid: 1, ts: 5, args: { Bytes: 512 } };
    assert.deepEqual(
      await told(
        shaped,
        python,
        operator({ cat: 'user_annotation', name: DECODE, dur: 1e6 }),
        call({}, { correlation: 5 }),
        kernel({}, { correlation: 5 }),
        held,
      ),
      [],
    );
  });
});

describe('what a capture cannot say', () => {
  const gaps = (profile: Profile): string[] => captureGaps(new Analysis(profile)).map((g) => g.id);
  const call = { start: 0, end: 1, correlation: 1 };
  const kernel = { start: 2, end: 3, correlation: 1 };

  it('names what is missing, with the flag that would have recorded it', () => {
    assert.deepEqual(gaps(buildProfile({})), ['no-kernels', 'no-ranges', 'no-memory-usage']);
    assert.deepEqual(
      gaps(
        buildProfile({
          kernels: [kernel],
          ranges: [{ name: 'my range', start: 0, end: 9 }],
          allocations: [{ time: 0, bytes: 1 }],
        }),
      ),
      ['no-step-ranges', 'no-api'],
    );
    const hidden = { ...call, name: 'cudaGraphLaunch_v10000', correlation: 2 };
    assert.deepEqual(
      gaps(
        buildProfile({
          kernels: [kernel],
          api: [call, hidden],
          ranges: [{ name: DECODE, start: 0, end: 9 }],
          allocations: [{ time: 0, bytes: 1 }],
        }),
      ),
      ['graphs-hidden'],
    );
    for (const gap of captureGaps(new Analysis(buildProfile({})))) assert.match(gap.remedy!, /--/);
  });

  it('tells how much is outside of steps, and graphs traced as a whole', async () => {
    const { analysis } = await analysed({ graphs: 'graph' });
    const all = captureGaps(analysis);
    assert.equal(all.find((gap) => gap.id === 'graphs-whole')?.remedy, '--cuda-graph-trace=node');
    assert.ok(all.some((gap) => gap.id === 'outside-steps'));
  });
});

describe('overview', () => {
  it('puts together what is known of a generated run', async () => {
    const { analysis, truth } = await analysed();
    const result = overview(analysis, {});
    assert.deepEqual(result.counts, truth.counts);
    const span = truth.devices.reduce((sum, device) => sum + device.end - device.start, 0);
    assert.equal(result.busyShare, truth.busy / span);
    assert.equal(result.phases.busy, truth.busy);
    assert.equal(result.topKernels[0].name, truth.kernels[0].name);
    const { timeInside, timeOutside } = truth.graphs;
    assert.equal(result.graphCoverage, timeInside / (timeInside + timeOutside));
    assert.equal(result.devices.filter((device) => device.used).length, truth.devices.length);
  });

  it('knows no busy share where nothing ran', () => {
    const result = overview(new Analysis(buildProfile({})), {});
    assert.equal(result.busyShare, undefined);
    assert.equal(result.duration, 0);
  });
});
