import assert from 'node:assert/strict';
import { CHIPS, chipByCapability, chipByName } from '../../../src/analysis/ncu/chips';
import { boundOf } from '../../../src/analysis/ncu/bound';
import { workByPrecision, workOf, missingWork } from '../../../src/analysis/ncu/flops';
import { reportKernels, rulesOf, stallsOf } from '../../../src/analysis/ncu/metrics';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import { roofline } from '../../../src/analysis/ncu/roofline';
import { roofs } from '../../../src/analysis/ncu/roofs';
import { bandwidthTable, ncuSummary, rooflineTable } from '../../../src/analysis/ncu/summary';
import { readNcu } from '../../../src/readers/ncu';
import { buildReport, type LaunchSpec } from './build';
import { factorOf, printedCells, realFiles, realPath } from './printed';

const analysed = (...launches: LaunchSpec[]): ReportAnalysis =>
  new ReportAnalysis(buildReport(launches));

const near = (actual: number | undefined, expected: number, relative = 1e-9): void => {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${actual} is not ${expected}`,
  );
};

/** A value as the page prints it, in the base unit. */
function printed(file: string, launch: number, name: string): number {
  const cell = printedCells(realPath(file)).find((c) => c.launch === launch && c.name === name);
  assert.ok(cell, `${name} is not printed in ${file}`);
  return Number(cell.text) * factorOf(cell.unit);
}

const real = realFiles.length > 0 ? describe : describe.skip;

real('ncu: figures of real reports, derived a second time by hand', () => {
  const vectorAdd = 'ayush-os__a100_vectoradd.ncu2024.raw.base-units.csv';
  const matmul = 'ayush-os__a100_cublasmatmul.ncu2024.raw.base-units.csv';
  const open = async (file: string): Promise<ReportAnalysis> =>
    new ReportAnalysis(await readNcu(realPath(file)));

  it('vector add: bytes, bandwidth and the DRAM roof', async () => {
    const analysis = await open(vectorAdd);
    const [first] = reportKernels(analysis, 'launch');
    const bytes =
      printed(vectorAdd, 0, 'dram__bytes_read.sum') +
      printed(vectorAdd, 0, 'dram__bytes_write.sum');
    const ns = printed(vectorAdd, 0, 'gpu__time_duration.sum');
    assert.equal(first.figures.dramBytes, bytes);
    near(first.figures.dramBandwidth, (bytes / ns) * 1e9);
    // ncu's own rate and per cent of peak say the same.
    near(first.figures.dramBandwidth, printed(vectorAdd, 0, 'dram__bytes.sum.per_second'), 1e-6);
    const roof =
      printed(vectorAdd, 0, 'dram__bytes.sum.peak_sustained') *
      printed(vectorAdd, 0, 'dram__cycles_elapsed.avg.per_second');
    near(first.figures.dramShare, ((bytes / ns) * 1e9) / roof, 1e-4);
    assert.equal(first.figures.loadSectorsPerRequest, 4);
  });

  it('vector add stands on the DRAM roof: one addition an element', async () => {
    const analysis = await open(vectorAdd);
    const { points, notDrawn } = roofline(analysis, 'kernel', 'dram');
    assert.deepEqual(notDrawn, []);
    const [point] = points;
    // 262144 blocks of 256 threads, one FADD each.
    near(point.flops, 262144 * 256, 1e-4);
    assert.equal(point.nearest?.kind, 'memory');
    assert.ok(point.nearest.share > 0.84 && point.nearest.share < 0.86);
    assert.equal(boundOf(analysis, analysis.kernels('kernel')[0]).bound, 'memory');
  });

  it('cuBLAS matmul stands near its compute roof: 2·N³ operations, and one more an element', async () => {
    for (const file of [matmul, matmul.replace('.base-units', '')]) {
      const analysis = await open(file);
      const [point] = roofline(analysis, 'kernel', 'dram').points;
      const n = 2048;
      near(point.flops, 2 * n ** 3 + n ** 2, 1e-6);
      const roof = 2 * 6912 * printed(matmul, point.launch, 'sm__cycles_elapsed.avg.per_second');
      const ns = printed(matmul, point.launch, 'gpu__time_duration.sum');
      assert.equal(point.nearest?.kind, 'compute');
      near(point.nearest.share, (((2 * n ** 3 + n ** 2) / ns) * 1e9) / roof, 1e-5);
      assert.ok(point.nearest.share > 0.9 && point.nearest.share < 0.93);
      near(
        point.intensity,
        point.flops /
          (printed(matmul, point.launch, 'dram__bytes_read.sum') +
            printed(matmul, point.launch, 'dram__bytes_write.sum')),
        1e-6,
      );
      assert.equal(boundOf(analysis, analysis.kernels('kernel')[0]).bound, 'compute');
    }
  });

  it('a tensor kernel whose operations were not counted is not drawn at nearly zero', async () => {
    const analysis = await open('ayush-os__a100_tcmatmul.ncu2024.raw.csv');
    const result = roofline(analysis, 'kernel', 'dram');
    assert.deepEqual(result.points, []);
    assert.equal(result.notDrawn[0].reason, 'not-counted');
    assert.equal(result.throughput.length, 1);
    assert.match(result.notes.join('\n'), /HierarchicalTensorRooflineChart/);
    assert.match(result.notes.join('\n'), /locks clocks to base/);
  });

  it('does not call tensor cores busy for instructions that may be moves', async () => {
    const { notes } = roofline(await open('leleucas__bert_torch_nsight.csv'), 'kernel', 'dram');
    // By hand: rows of sm__inst_executed_pipe_tensor.sum that are not zero; plain kernels have some.
    assert.match(notes[0], /^The tensor pipe executed instructions in 17 of 26 launches \(/);
    const counted = roofline(
      await open('ayush-os__a100_tcmatmul.ncu2024.raw.csv'),
      'kernel',
      'dram',
    );
    assert.match(counted.notes[0], /^Tensor cores were busy in 1 of 1 launches, and/);
  });

  it('details and raw pages give the same figures, to the digits of the details page', async () => {
    for (const stem of ['vectoradd', 'cublasmatmul', 'conv', 'tcmatmul']) {
      const raw = reportKernels(await open(`ayush-os__a100_${stem}.ncu2024.raw.csv`), 'launch');
      const details = reportKernels(
        await open(`ayush-os__a100_${stem}.ncu2024.details.csv`),
        'launch',
      );
      for (const [i, row] of details.entries()) {
        for (const [name, value] of Object.entries(row.figures)) {
          const other = raw[i].figures[name as keyof typeof row.figures];
          // Derived from several printed values: two digits after the point of each.
          assert.ok(
            other !== undefined && Math.abs(value - other) <= 0.01 * Math.abs(other) + 0.005,
            `${stem} ${i} ${name}: ${value} and ${other}`,
          );
        }
        assert.deepEqual(row.occupancyLimits, raw[i].occupancyLimits);
      }
    }
  });

  it('takes the duration from cycles where it was not collected', async () => {
    const file = 'leleucas__bert_flashattn_nsight.csv';
    const [first] = reportKernels(await open(file), 'launch');
    near(first.figures.duration, (8382.7 / 999845384.51) * 1e9);
  });

  it('Blackwell spellings of DRAM traffic', async () => {
    const [row] = reportKernels(await open('Olajide-Badejo__gemm_naive.csv'), 'kernel');
    assert.equal(row.figures.dramBytes, 54207744 + 26601216);
    near(row.figures.dramBandwidth, ((54207744 + 26601216) / 9589248) * 1e9);
    near(row.figures.loadSectorsPerRequest, 1342177280 / 536870912);
  });

  it('rules with their estimated speed-up, the largest first', async () => {
    const analysis = await open('brycelelbach__nsightful__tests_copy_blocked.csv');
    const rules = rulesOf(analysis, [0]);
    assert.equal(rules[0].rule, 'HighPipeUtilization');
    assert.equal(rules[0].speedup, 0.9886);
    near(rules.find(({ rule }) => rule === 'UncoalescedGlobalAccess')?.speedup, 0.7414);
    const [kernel] = analysis.kernels('kernel');
    const bound = boundOf(analysis, kernel);
    assert.equal(bound.bound, 'memory');
    assert.equal(bound.level, 'dram');
  });

  it('every real report goes through every question', async () => {
    for (const file of realFiles) {
      const report = await readNcu(realPath(file)).catch(() => undefined);
      if (report === undefined) continue;
      const analysis = new ReportAnalysis(report);
      for (const grouping of ['kernel', 'geometry', 'launch'] as const) {
        for (const level of ['dram', 'l2', 'l1'] as const) {
          for (const point of roofline(analysis, grouping, level).points) {
            assert.ok(point.intensity > 0 && point.performance > 0, file);
            if (point.nearest) assert.ok(point.nearest.share <= 1.02, `${file} ${point.name}`);
          }
        }
        for (const kernel of analysis.kernels(grouping)) boundOf(analysis, kernel);
        for (const { figures } of reportKernels(analysis, grouping))
          for (const value of Object.values(figures)) assert.ok(Number.isFinite(value));
      }
      JSON.stringify(ncuSummary(analysis));
    }
  });
});

describe('ncu: floating-point work', () => {
  const op = (name: string): string => `smsp__sass_thread_inst_executed_op_${name}_pred_on.sum`;

  it('counts a multiply-add as two, and packed instructions for what they hold', () => {
    const analysis = analysed({
      metrics: {
        [op('fadd')]: 1,
        [op('fmul')]: 10,
        [op('ffma')]: 100,
        [op('fadd2')]: 1000,
        [op('fmul2')]: 10_000,
        [op('ffma2')]: 100_000,
        [op('dadd')]: 1,
        [op('dmul')]: 1,
        [op('dfma')]: 1,
        [op('hadd')]: 1,
        [op('hmul')]: 1,
        [op('hfma')]: 1,
      },
    });
    const work = Object.fromEntries(
      workByPrecision(analysis).map(({ precision, flops }) => [precision, flops[0]]),
    );
    assert.deepEqual(work, { fp64: 4, fp32: 1 + 10 + 200 + 2000 + 20_000 + 400_000, fp16: 8 });
  });

  it('does not make a sum of what is only partly counted', () => {
    const analysis = analysed({ metrics: { [op('ffma')]: 100, [op('fadd')]: 1 } });
    assert.deepEqual(workByPrecision(analysis), []);
    assert.equal(workOf(analysis, 0).flops, undefined);
    assert.match(missingWork(analysis.report, analysis)[0], /--set roofline.*fmul_pred_on/);
  });

  it('asks for durations alone where rates would be counts with them', () => {
    const rates = ['ffma', 'fadd', 'fmul'].map((name) => [`${op(name)}.per_cycle_elapsed`, 1]);
    const analysis = analysed({ metrics: Object.fromEntries(rates) as Record<string, number> });
    const [first, ...others] = missingWork(analysis.report, analysis);
    assert.match(first, /^Durations were not collected/);
    assert.deepEqual(others, []);
  });

  it('takes for a duration what is one', () => {
    const name = 'gpu__time_duration.sum';
    const durationOf = (value: number, unit: string) => {
      const report = buildReport([{ metrics: { [name]: value } }]);
      const metrics = report.metrics.map((metric) => ({ ...metric, unit }));
      return reportKernels(new ReportAnalysis({ ...report, metrics }), 'launch')[0].figures
        .duration;
    };
    assert.equal(durationOf(5, 'ns'), 5);
    assert.equal(durationOf(-5, 'ns'), undefined);
    assert.equal(durationOf(5, 'fortnight'), undefined);
  });

  it('multiplies what is counted per cycle with the cycles', () => {
    const per = (name: string): string => `${op(name)}.per_cycle_elapsed`;
    const analysis = analysed({
      metrics: {
        [per('fadd')]: 0,
        [per('fmul')]: 0,
        [per('ffma')]: 6912,
        'sm__cycles_elapsed.avg.per_second': 1e9,
        'gpu__time_duration.sum': 1e6,
      },
    });
    assert.equal(workOf(analysis, 0).flops, 2 * 6912 * 1e6);
  });

  const GEMM = 2 * 1024 ** 3;
  const tensor = (name: string): string => `sm__ops_path_tensor_${name}.sum`;

  it('never adds a parent to its children', () => {
    const families: Record<string, number>[] = [
      {
        [tensor('src_fp16')]: GEMM,
        [tensor('src_fp16_dst_fp32')]: GEMM,
        [tensor('src_fp16_dst_fp32_sparsity_off')]: GEMM,
        [tensor('src_fp16_dst_fp16')]: 0,
      },
      {
        [tensor('src_fp16_dst_fp32_sparsity_off')]: GEMM,
        [tensor('src_fp16_dst_fp32_sparsity_on')]: 0,
      },
      {
        [tensor('op_hgmma_src_fp16_sparsity_off')]: GEMM,
        [tensor('op_hmma_src_fp16_sparsity_off')]: 0,
      },
      { [tensor('op_hgmma_src_fp16')]: GEMM, [tensor('src_fp16_dst_fp32')]: GEMM },
    ];
    for (const metrics of families) {
      assert.deepEqual(workOf(analysed({ metrics }), 0), {
        byPrecision: [{ precision: 'tensor_fp16', flops: GEMM }],
        flops: GEMM,
      });
    }
  });

  it('tells types apart, and leaves integers out of the floating-point sum', () => {
    const analysis = analysed({
      metrics: {
        [tensor('src_bf16_dst_fp32_sparsity_off')]: 3 * GEMM,
        [tensor('src_fp8_sparsity_off')]: GEMM,
        [tensor('src_int8')]: 7 * GEMM,
      },
    });
    assert.deepEqual(workOf(analysis, 0).byPrecision, [
      { precision: 'tensor_bf16', flops: 3 * GEMM },
      { precision: 'tensor_fp8', flops: GEMM },
    ]);
    assert.equal(workOf(analysis, 0).flops, 4 * GEMM);
  });

  it('does not take instructions for operations', () => {
    const analysis = analysed({ metrics: { 'sm__inst_executed_pipe_tensor.sum': 1e6 } });
    assert.deepEqual(workOf(analysis, 0), { byPrecision: [], uncounted: 'tensor' });
    assert.match(missingWork(analysis.report, analysis).join(' '), /sm__ops_path_tensor_src/);
  });
});

describe('ncu: roofs', () => {
  it('a chip’s operations, SMs and clock give its data sheet’s figure', () => {
    for (const chip of CHIPS) {
      const [type, teraflops, megahertz] = chip.check;
      near((chip.ops[type]! * chip.sms * megahertz) / 1e6, teraflops, 0.02);
      assert.ok(chip.source.length > 10);
    }
  });

  it('finds a chip by its name, and by capability only where all alike agree', () => {
    assert.equal(chipByName('NVIDIA A100-SXM4-80GB')?.name, 'A100');
    assert.equal(chipByName('NVIDIA A10G')?.name, 'A10');
    assert.equal(chipByName('NVIDIA L40S')?.name, 'L40S');
    assert.equal(chipByName('NVIDIA GH200 480GB')?.name, 'GH200');
    assert.equal(chipByName('NVIDIA H200')?.name, 'H200');
    assert.equal(chipByName('NVIDIA B200')?.name, 'B200');
    assert.equal(chipByName('Quadro K6000'), undefined);
    assert.equal(chipByCapability('9.0')?.ops.bf16, 4096);
    assert.equal(chipByCapability('8.6'), undefined);
  });

  it('takes tensor roofs from the table at the measured clock, and says so', () => {
    const analysis = analysed({
      device: 'NVIDIA A100-SXM4-80GB',
      metrics: {
        'sm__ops_path_tensor_src_bf16_dst_fp32.sum': 100e12 * 1e-3,
        'dram__bytes.sum': 1e9,
        'gpu__time_duration.sum': 1e6,
        'sm__cycles_elapsed.avg.per_second': 1.095e9,
      },
    });
    const [roof] = roofs(analysis).filter(({ name }) => name === 'tensor_bf16');
    assert.equal(roof.source, 'table');
    near(roof.ceiling, 312e12 * (1.095 / 1.41), 0.001);
    const [point] = roofline(analysis, 'kernel', 'dram').points;
    near(point.performance, 100e12);
    near(point.intensity, 100);
    near(point.nearest!.share, 100e12 / roof.ceiling);
  });

  it('prefers the report’s own peak', () => {
    const analysis = analysed({
      device: 'NVIDIA A100-SXM4-80GB',
      metrics: {
        'sm__ops_path_tensor_src_bf16_dst_fp32.sum': 1,
        'sm__ops_path_tensor_src_bf16_dst_fp32.sum.peak_sustained': 221184,
        'sm__cycles_elapsed.avg.per_second': 1e9,
      },
    });
    const [roof] = roofs(analysis).filter(({ name }) => name === 'tensor_bf16');
    assert.deepEqual([roof.source, roof.ceiling], ['measured', 221184e9]);
  });

  it('infers bandwidth from what was achieved where no peak was collected', () => {
    const analysis = analysed({
      metrics: {
        'dram__bytes.sum.per_second': 1.5e12,
        'gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed': 75,
      },
    });
    const [roof] = roofs(analysis);
    assert.deepEqual([roof.name, roof.source], ['dram', 'inferred']);
    near(roof.ceiling, 2e12);
  });
});

describe('ncu: kernels and what holds them', () => {
  const sol = (memory: number, compute: number): Record<string, number> => ({
    'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed': memory,
    'sm__throughput.avg.pct_of_peak_sustained_elapsed': compute,
  });
  const boundAt = (metrics: Record<string, number>): ReturnType<typeof boundOf> => {
    const analysis = analysed({ metrics });
    return boundOf(analysis, analysis.kernels('kernel')[0]);
  };

  it('memory, compute, latency', () => {
    assert.equal(boundAt(sol(85, 15)).bound, 'memory');
    assert.equal(boundAt(sol(40, 90)).bound, 'compute');
    assert.equal(boundAt(sol(59, 59)).bound, 'latency');
    assert.equal(boundAt(sol(5, 20)).bound, 'latency', 'low memory use is no sign of compute');
    assert.equal(boundAt({}).bound, 'unknown');
    near(boundAt(sol(85, 15)).headroom, 0.15);
  });

  it('says with its figures what would move it', () => {
    const latency = boundAt({
      ...sol(20, 10),
      launch__waves_per_multiprocessor: 0.25,
      'sm__warps_active.avg.pct_of_peak_sustained_active': 20,
      sm__maximum_warps_per_active_cycle_pct: 25,
      launch__occupancy_limit_registers: 2,
      launch__occupancy_limit_shared_mem: 4,
      'smsp__average_warps_issue_stalled_barrier_per_issue_active.ratio': 6,
      'smsp__average_warps_issue_stalled_wait_per_issue_active.ratio': 2,
    });
    const text = latency.moves.map((reason) => reason.text);
    assert.match(text[0], /fills 25\.0 % of the GPU/);
    assert.match(text[1], /25\.0 % at most, limited by registers, and is 20\.0 %/);
    assert.match(text[2], /75\.0 % of its time at barriers/);
    for (const reason of latency.moves) assert.ok(reason.figures.length > 0);
  });

  it('shares stalls of a warp’s whole time; a selected warp does not wait', () => {
    const analysis = analysed({
      metrics: {
        'smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio': 6,
        'smsp__average_warps_issue_stalled_wait_per_issue_active.ratio': 3,
        'smsp__average_warps_issue_stalled_selected_per_issue_active.ratio': 1,
      },
    });
    assert.deepEqual(stallsOf(analysis, [0]), [
      { reason: 'long_scoreboard', share: 0.6, cycles: 6 },
      { reason: 'wait', share: 0.3, cycles: 3 },
    ]);
  });

  it('takes medians over a kernel’s launches, and leaves missing ones out', () => {
    const duration = 'gpu__time_duration.sum';
    const analysis = analysed(
      { name: 'a', grid: [1, 1, 1], block: [32, 1, 1], metrics: { [duration]: 10 } },
      { name: 'a', grid: [2, 1, 1], block: [32, 1, 1], metrics: { [duration]: 1000 } },
      { name: 'a', grid: [2, 1, 1], block: [32, 1, 1], metrics: { [duration]: 30 } },
      { name: 'b', metrics: {} },
    );
    const [a, b] = reportKernels(analysis, 'kernel');
    assert.equal(a.figures.duration, 30);
    assert.equal(a.totalDuration, 1040);
    assert.deepEqual([a.launches, a.grid, a.block], [3, undefined, [32, 1, 1]]);
    assert.deepEqual(b.figures, {});
    assert.equal(b.totalDuration, undefined);
    assert.deepEqual(
      reportKernels(analysis, 'geometry').map((row) => row.figures.duration),
      [10, 515, undefined],
    );
  });

  it('bandwidth of a kernel is all bytes over all time, not a mean of rates', () => {
    const launch = (bytes: number, ns: number): LaunchSpec => ({
      name: 'fused_moe_kernel',
      metrics: { 'dram__bytes.sum': bytes, 'gpu__time_duration.sum': ns },
    });
    const summary = ncuSummary(analysed(launch(1000, 1), launch(1000, 9)));
    assert.equal(summary.top_kernels_by_bandwidth[0].bandwidth_gbps, 200);
    assert.deepEqual(
      [
        summary.moe_analysis.moe_kernels_found,
        summary.moe_analysis.num_moe_kernels,
        summary.moe_analysis.avg_bandwidth_gbps,
        summary.moe_analysis.total_time_ms,
      ],
      [true, 1, 200, 1e-5],
    );
  });

  it('tables keep the column names scripts read, and empty cells for what is missing', () => {
    const analysis = analysed({ name: 'k'.repeat(100), metrics: sol(85, 15) });
    const bandwidth = bandwidthTable(analysis);
    assert.deepEqual(bandwidth.columns.slice(0, 7), [
      'kernel_name',
      'dram_read_bytes',
      'dram_write_bytes',
      'dram_throughput_pct',
      'sm_throughput_pct',
      'duration_ns',
      'bandwidth_gbps',
    ]);
    assert.equal((bandwidth.rows[0][0] as string).length, 80);
    assert.equal(bandwidth.rows[0][1], undefined);
    const roof = rooflineTable(analysis);
    assert.deepEqual(roof.columns.slice(0, 5), [
      'kernel_name',
      'sm_utilization',
      'memory_utilization',
      'bottleneck',
      'bandwidth_gbps',
    ]);
    assert.equal(roof.rows[0][3], 'memory');
  });
});
