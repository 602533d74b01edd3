import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { baseName, canonicalName } from '../../../src/analysis/ncu/kernel-names';
import { joinTimeline } from '../../../src/analysis/ncu/join';
import { ncuCommand } from '../../../src/analysis/ncu/command';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import { buildProfile, type KernelSpec } from '../analysis/build';
import { buildReport, type LaunchSpec } from './build';

describe('ncu: names of two demanglers', () => {
  const same: string[][] = [
    [
      'void at::native::vectorized_elementwise_kernel<(int)4, at::native::FillFunctor<int>, at::detail::Array<char *, (int)1>>(int, T2, T3)',
      'void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<int>, at::detail::Array<char*, 1> >(int, at::native::FillFunctor<int>, at::detail::Array<char*, 1>)',
      'at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<int>, at::detail::Array<char *, 1>>',
    ],
    [
      'void <unnamed>::elementwise_kernel_with_index<int, f<float>>(int, T2)',
      'void (anonymous namespace)::elementwise_kernel_with_index<int, f<float> >(int, f<float>)',
      'unnamed>::elementwise_kernel_with_index<int, f<float>>(int, T2)',
    ],
    [
      'void flash::fwd<flash::Traits<(int)128, (bool)1, (bool)0, cutlass::half_t>>(flash::Params)',
      'void flash::fwd<flash::Traits<128, true, false, cutlass::half_t> >(flash::Params)',
    ],
    [
      'void k<[lambda(float) (instance 1)], (unsigned long)4>(const float *)',
      'void k<{lambda(float)#1}, 4ul>(float const*)',
    ],
    ['gemm_naive(const float *, float *)', 'gemm_naive', 'void gemm_naive(float const*, float*)'],
    ['copy(int) const', 'copy'],
    ['reduce<(ns::Op)2>(int)', 'void reduce<2>(int)'],
  ];
  for (const names of same) {
    it(names[1], () => {
      assert.equal(new Set(names.map(canonicalName)).size, 1, names.map(canonicalName).join('\n'));
    });
  }

  it('keeps different kernels apart', () => {
    const names = ['k<4>(int)', 'k<8>(int)', 'a::k<4>(int)', 'k<4, int>(int)', 'k2<4>(int)'];
    assert.equal(new Set(names.map(canonicalName)).size, names.length);
  });

  it('finds the function’s own name', () => {
    assert.equal(
      baseName('void at::native::reduce_kernel<512, a::b<c>>(a::b<c>)'),
      'reduce_kernel',
    );
    assert.equal(baseName('unnamed>::gemm_naive_kernel(const float *)'), 'gemm_naive_kernel');
    assert.equal(baseName('ampere_sgemm_128x64_nn'), 'ampere_sgemm_128x64_nn');
  });

  it('is done in a moment with hostile names', () => {
    for (const c of ['(', ')', '<', '>', ' ', '((int)', '[lambda(', '::']) {
      canonicalName(c.repeat(30_000));
      baseName(c.repeat(30_000));
    }
  });
});

describe('ncu: join with a timeline', () => {
  // Two steps: a prefill and a decode; each kernel's time is its length.
  const run = (
    phase: 'prefill' | 'decode',
    start: number,
    lengths: [string, number, number?][],
  ) => {
    let at = start;
    const kernels: (KernelSpec & { step: string })[] = [];
    for (const [name, length, gridX] of lengths) {
      kernels.push({
        name,
        start: at,
        end: at + length,
        grid: [gridX ?? 1, 1, 1],
        block: [128, 1, 1],
        step: phase,
      });
      at += length;
    }
    return { kernels, end: at };
  };
  const GEMM = 'void gemm<128, half>(half const*, float*)';
  const ATTENTION = 'void flash::attention<true>(Params)';
  const NCCL = 'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevComm*)';

  function timeline(): Analysis {
    const prefill = run('prefill', 1000, [
      [GEMM, 600, 64],
      [ATTENTION, 400],
    ]);
    const decode = run('decode', 10_000, [
      [GEMM, 100, 8],
      [ATTENTION, 500],
      [NCCL, 400],
      ['tiny(int)', 1],
    ]);
    const kernels = [...prefill.kernels, ...decode.kernels].map((kernel, i) => ({
      ...kernel,
      correlation: i + 1,
    }));
    return new Analysis(
      buildProfile({
        kernels,
        api: kernels.map((kernel, i) => ({
          start: kernel.step === 'prefill' ? 100 + i : 9100 + i,
          end: kernel.step === 'prefill' ? 101 + i : 9101 + i,
          correlation: i + 1,
        })),
        ranges: [
          { name: 'prefill', start: 50, end: 200 },
          { name: 'decode', start: 9050, end: 9200 },
        ],
        capture: { command: ['python', 'serve.py', "it's"] },
      }),
    );
  }
  const report = (...launches: LaunchSpec[]): ReportAnalysis =>
    new ReportAnalysis(buildReport(launches));

  it('gives shares of prefill and decode by name', () => {
    const result = joinTimeline(
      report({ name: 'void gemm<(int)128, half>(const half *, float *)', metrics: {} }),
      timeline(),
      'kernel',
    );
    const [gemm] = result.kernels;
    assert.equal(gemm.match, 'name');
    assert.equal(gemm.total, 700);
    assert.equal(gemm.share, 700 / 2001);
    assert.deepEqual(gemm.phases.prefill, { total: 600, share: 0.6 });
    assert.deepEqual(gemm.phases.decode, { total: 100, share: 100 / 1001 });
    assert.equal(result.coverage, 700 / 2001);
    assert.equal(result.byTimelineName[GEMM], 'void gemm<(int)128, half>(const half *, float *)');
  });

  it('pairs by grid and block where both sides give them', () => {
    const name = 'void gemm<(int)128, half>(const half *, float *)';
    const result = joinTimeline(
      report(
        { name, grid: [64, 1, 1], block: [128, 1, 1], metrics: {} },
        { name, grid: [8, 1, 1], block: [128, 1, 1], metrics: {} },
        { name, grid: [3, 1, 1], block: [128, 1, 1], metrics: {} },
      ),
      timeline(),
      'geometry',
    );
    assert.deepEqual(
      result.kernels.map(({ match, total }) => [match, total]),
      [
        ['geometry', 600],
        ['geometry', 100],
        ['name', 700],
      ],
    );
  });

  it('lists what matters and was not profiled, with the command that would', () => {
    const result = joinTimeline(report({ name: GEMM, metrics: {} }), timeline(), 'kernel');
    assert.deepEqual(
      result.unprofiled.map(({ name }) => name),
      [ATTENTION, NCCL],
      'tiny is below one per cent everywhere',
    );
    const [attention, nccl] = result.unprofiled;
    assert.equal(attention.phases.decode.share, 500 / 1001);
    const { options: args, program } = attention.command!;
    assert.equal(args[args.indexOf('--kernel-name') + 1], 'regex:^attention$');
    assert.equal(args[args.indexOf('--launch-skip') + 1], '1');
    assert.equal(args[args.indexOf('--launch-count') + 1], '2');
    assert.deepEqual(program, ['python', 'serve.py', "it's"]);
    assert.match(attention.command!.display, /'regex:\^attention\$'.* 'it'\\''s'$/);
    assert.equal(nccl.command, undefined);
    assert.match(nccl.refusal!, /would hang/);
  });

  it('says which of the report’s kernels the timeline does not have', () => {
    const result = joinTimeline(report({ name: 'other()', metrics: {} }), timeline(), 'kernel');
    assert.deepEqual(result.unmatched, ['other()']);
    assert.equal(result.coverage, 0);
  });

  it('pairs a bare function name only where it cannot be another', () => {
    const [one] = joinTimeline(
      report({ name: 'attention', metrics: {} }),
      timeline(),
      'kernel',
    ).kernels;
    assert.equal(one.match, 'function');
    const two = joinTimeline(
      report({ name: 'attention', metrics: {} }, { name: 'x::attention<3>()', metrics: {} }),
      timeline(),
      'kernel',
    );
    assert.equal(two.kernels.length, 0);
  });

  it('knows names again of which ncu left out namespaces, unless two could be meant', () => {
    // As nsys 2023 and ncu 2025 print them of one program on an H100.
    const nsys = [
      'void at::native::reduce_kernel<(int)512, (int)1, at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int, long, (int)4, (int)4>>(T3)',
      'void at::native::sbtopk::gatherTopK<float, unsigned int, (int)2, (bool)0>(at::cuda::detail::TensorInfo<const T1, T2>, T2)',
      'void at::native::<unnamed>::cunn_SoftMaxForward<(int)4, float, at::native::<unnamed>::SoftMaxForwardEpilogue>(T4 *, int)',
      'void one::scale<float>(float *)',
      'void two::scale<float>(float *)',
    ];
    const ncu = [
      'void at::reduce_kernel<512, 1, at::ReduceOp<float, at::ArgMaxOps<float>, unsigned int, long, 4, 4>>(T3)',
      'void sbtopk::gatherTopK<float, unsigned int, 2, 0>(cuda::TensorInfo<const T1, T2>, T2)',
      'void <unnamed>::cunn_SoftMaxForward<4, float, SoftMaxForwardEpilogue>(T4 *, int)',
      'void scale<float>(float *)',
    ];
    const kernels = nsys.map((name, i) => ({ name, start: 10 * i, end: 10 * i + 10 }));
    const joined = joinTimeline(
      report(...ncu.map((name) => ({ name, metrics: {} }))),
      new Analysis(buildProfile({ kernels })),
      'kernel',
    );
    assert.deepEqual(
      joined.kernels.map(({ match, names }) => [match, ...names]),
      nsys.slice(0, 3).map((name) => ['name', name]),
    );
    assert.equal(joined.unmatched.length, 1);
    assert.ok(Math.abs(joined.coverage - 3 / 5) < 1e-9);
  });

  it('escapes a hostile name for the filter and the shell', () => {
    const { options: args, display } = ncuCommand({
      baseName: "a$(rm -rf ~)'.*",
      skip: 0,
      count: 1,
      alike: 2,
    });
    assert.equal(args[args.indexOf('--kernel-name') + 1], "regex:^a\\$\\(rm -rf ~\\)'\\.\\*$");
    assert.ok(display.includes(`'regex:^a\\$\\(rm -rf ~\\)'\\''\\.\\*$'`));
    assert.ok(display.endsWith('PROGRAM ARGUMENTS…'));
  });
});
