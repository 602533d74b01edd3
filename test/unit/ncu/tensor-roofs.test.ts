/**
 * Peaks of tensor cores, with and without structured sparsity, against what ncu itself says.
 *
 * The figures are of products of 8192³ on an H100 SXM (ncu 2025.3.1, --clock-control none,
 * section SpeedOfLight_HierarchicalTensorRooflineChart); the peaks are the chip's.
 */
import assert from 'node:assert/strict';
import { boundOf } from '../../../src/analysis/ncu/bound';
import {
  missingWork,
  precisionName,
  workByPrecision,
  workOf,
} from '../../../src/analysis/ncu/flops';
import { ReportAnalysis } from '../../../src/analysis/ncu/report';
import { roofline } from '../../../src/analysis/ncu/roofline';
import { clockNote, roofs, type Roof } from '../../../src/analysis/ncu/roofs';
import { buildReport, type LaunchSpec } from './build';

const near = (actual: number | undefined, expected: number, relative: number): void => {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${actual} is not ${expected}`,
  );
};

const sum = (path: string): string => `sm__ops_path_tensor_${path}.sum`;
const CLOCK = 'sm__cycles_elapsed.avg.per_second';
const DURATION = 'gpu__time_duration.sum';

/** `.sum.peak_sustained` of an H100's paths: operations per cycle of all 132 SMs. */
const H100_PEAKS = {
  op_hgmma_src_bf16_dst_fp32_sparsity_off: 540672,
  op_hgmma_src_bf16_dst_fp32_sparsity_on: 1081344,
  op_hgmma_src_fp16_sparsity_off: 540672,
  op_hgmma_src_fp16_sparsity_on: 1081344,
  op_hgmma_src_tf32_dst_fp32_sparsity_off: 270336,
  op_hgmma_src_tf32_dst_fp32_sparsity_on: 540672,
  op_hmma_src_bf16_dst_fp32_sparsity_off: 360448,
  op_hmma_src_bf16_dst_fp32_sparsity_on: 540672,
  op_hmma_src_fp16_dst_fp32_sparsity_off: 360448,
  op_igmma_src_int8_sparsity_off: 1081344,
  op_igmma_src_int8_sparsity_on: 2162688,
  op_imma_src_int8_sparsity_off: 720896,
  src_bf16_dst_fp32: 1081344,
  src_fp16: 1081344,
  src_fp64: 33792,
  src_fp8_sparsity_off: 1081344,
  src_fp8_sparsity_on: 2162688,
  src_int1: 8650752,
  src_int8: 2162688,
  src_tf32_dst_fp32: 540672,
} as const;

/** What was counted of a product: nanoseconds, SM clock, operations by path, ncu's own per cent of peak. */
interface Product {
  readonly type: string;
  readonly ns: number;
  readonly hertz: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly percent: number;
  /** Memory and SM throughput, per cent of peak. */
  readonly throughput: readonly [memory: number, sm: number];
}

const PRODUCTS: readonly Product[] = [
  {
    type: 'tensor_bf16',
    ns: 1450560,
    hertz: 1522463048.75,
    operations: {
      op_hgmma_src_bf16_dst_fp32_sparsity_off: 1116691496960,
      src_bf16_dst_fp32: 1116691496960,
    },
    percent: 93.52,
    throughput: [94.69, 93.52],
  },
  {
    type: 'tensor_fp16',
    ns: 1440544,
    hertz: 1533217301.83,
    operations: { op_hgmma_src_fp16_sparsity_off: 1116691496960, src_fp16: 1116691496960 },
    percent: 93.51,
    throughput: [94.68, 93.51],
  },
  {
    type: 'tensor_tf32',
    ns: 2619232,
    hertz: 1665739353.44,
    operations: {
      op_hgmma_src_tf32_dst_fp32_sparsity_off: 1099511627776,
      src_tf32_dst_fp32: 1099511627776,
    },
    percent: 93.22,
    throughput: [73.72, 93.22],
  },
  {
    type: 'tensor_fp8',
    ns: 792800,
    hertz: 1398253390.36,
    operations: { src_fp8_sparsity_off: 1101659111424 },
    percent: 91.9,
    throughput: [73.09, 91.9],
  },
  {
    type: 'tensor_fp16_sparse',
    ns: 1080576,
    hertz: 1599478860.99,
    operations: { op_hgmma_src_fp16_sparsity_on: 1099511627776, src_fp16: 1099511627776 },
    percent: 58.83,
    throughput: [81.6, 61.26],
  },
];

type Paths = (path: string) => boolean;
const all: Paths = () => true;
const parents: Paths = (path) => path.startsWith('src_') && !path.includes('sparsity');

function launchOf(product: Product, paths: Paths, peaks: boolean): LaunchSpec {
  const metrics: Record<string, number> = {
    [CLOCK]: product.hertz,
    [DURATION]: product.ns,
    'dram__bytes.sum': 1.38e9,
    'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed': product.throughput[0],
    'sm__throughput.avg.pct_of_peak_sustained_elapsed': product.throughput[1],
  };
  for (const [path, peak] of Object.entries(H100_PEAKS).filter(([path]) => paths(path))) {
    metrics[sum(path)] = product.operations[path] ?? 0;
    if (peaks) metrics[`${sum(path)}.peak_sustained`] = peak;
  }
  return { name: product.type, cc: '9.0', device: 'NVIDIA H100 80GB HBM3', metrics };
}

const analysed = (...launches: LaunchSpec[]): ReportAnalysis =>
  new ReportAnalysis(buildReport(launches));

const roofOf = (analysis: ReportAnalysis, name: string): Roof => {
  const roof = roofs(analysis).find((one) => one.name === name);
  assert.ok(roof, `no roof ${name}`);
  return roof;
};

describe('ncu: peaks of tensor cores', () => {
  for (const product of PRODUCTS) {
    it(`${product.type}: ncu’s own per cent of peak, to its digits`, () => {
      const analysis = analysed(launchOf(product, all, true));
      const [point] = roofline(analysis, 'launch', 'dram').points;
      assert.equal(point.precision, product.type);
      assert.deepEqual([point.nearest?.kind, point.nearest?.name], ['compute', product.type]);
      near(point.nearest?.share, product.percent / 100, 1e-4);
      assert.equal(roofOf(analysis, product.type).source, 'measured');
    });
  }

  it('an H100’s dense peaks at 1980 MHz are those of its data sheet at its boost clock', () => {
    const at = PRODUCTS.map((product) => launchOf({ ...product, hertz: 1.98e9 }, all, true));
    const analysis = analysed(...at);
    // Data sheet: 989.4 TFLOP/s of BF16 without sparsity, at 1830 MHz.
    near(roofOf(analysis, 'tensor_bf16').ceiling, 989.4e12 * (1980 / 1830), 1e-3);
    near(roofOf(analysis, 'tensor_tf32').ceiling, 494.7e12 * (1980 / 1830), 1e-3);
    near(roofOf(analysis, 'tensor_fp8').ceiling, 1978.9e12 * (1980 / 1830), 1e-3);
    near(roofOf(analysis, 'tensor_fp16_sparse').ceiling, 2 * 989.4e12 * (1980 / 1830), 1e-3);
    assert.match(roofOf(analysis, 'tensor_bf16').formula, /op_hgmma_src_bf16.*sparsity_off/);
  });

  it('lists no roof of a type that nobody used', () => {
    const analysis = analysed(launchOf(PRODUCTS[0], all, true));
    assert.deepEqual(
      roofs(analysis).map(({ name }) => name),
      ['tensor_bf16'],
    );
  });

  it('a peak that may be of sparse work gives way to the data sheet’s dense one', () => {
    const analysis = analysed(launchOf(PRODUCTS[0], parents, true));
    const roof = roofOf(analysis, 'tensor_bf16');
    assert.equal(roof.source, 'table');
    assert.match(roof.formula, /^4096 dense operations per SM and cycle \(H100/);
    near(roof.ceiling, 540672 * PRODUCTS[0].hertz, 1e-9);
    near(roofline(analysis, 'launch', 'dram').points[0].nearest?.share, 0.9352, 1e-4);
  });

  it('work faster than dense work can be stands under the sparse roof, where no path tells', () => {
    for (const peaks of [true, false]) {
      const analysis = analysed(launchOf(PRODUCTS[4], parents, peaks));
      const [point] = roofline(analysis, 'launch', 'dram').points;
      assert.equal(point.precision, 'tensor_fp16_sparse');
      near(point.nearest?.share, 0.5883, 1e-4);
      assert.equal(roofOf(analysis, 'tensor_fp16_sparse').source, peaks ? 'measured' : 'table');
    }
  });

  it('says of a chip it does not know that the peak may be that of sparse work', () => {
    const metrics = {
      [CLOCK]: 1e9,
      [DURATION]: 1e6,
      [sum('src_bf16_dst_fp32')]: 1e9,
      [`${sum('src_bf16_dst_fp32')}.peak_sustained`]: 1e6,
    };
    const unknown = roofOf(analysed({ cc: '13.0', metrics }), 'tensor_bf16');
    assert.deepEqual([unknown.source, unknown.ceiling], ['measured', 1e15]);
    assert.match(unknown.formula, /counts sparse work too.*may reach half.*sparsity_off/);
    // Before Ampere there was none.
    const turing = roofOf(analysed({ cc: '7.5', metrics }), 'tensor_bf16');
    assert.doesNotMatch(turing.formula, /sparse/);
  });

  it('types that share a path: Turing’s, Blackwell’s', () => {
    const turing = 'src_fp16_bf16_tf32_dst_fp32';
    const blackwell = 'op_utcqmma_src_fp4_fp6_fp8_dst_fp32_sparsity_off';
    for (const [path, type] of [
      [turing, 'tensor_fp16_bf16_tf32'],
      [blackwell, 'tensor_fp4_fp6_fp8'],
    ]) {
      const analysis = analysed({ metrics: { [sum(path)]: 5 } });
      assert.deepEqual(workOf(analysis, 0).byPrecision, [{ precision: type, flops: 5 }]);
    }
    const analysis = analysed({
      cc: '10.0',
      device: 'NVIDIA B200',
      metrics: { [CLOCK]: 1e9, [DURATION]: 1e6, [sum(blackwell)]: 5 },
    });
    // At the pace of the slowest: FP8's.
    assert.equal(roofOf(analysis, 'tensor_fp4_fp6_fp8').ceiling, 16384 * 148 * 1e9);
  });

  it('tells sparse work from dense work, once each', () => {
    const metrics = {
      [sum('src_fp16')]: 30,
      [sum('op_hgmma_src_fp16_sparsity_on')]: 8,
      [sum('op_hmma_src_fp16_dst_fp32_sparsity_on')]: 2,
      [sum('op_hgmma_src_fp16_sparsity_off')]: 20,
    };
    const work = workByPrecision(analysed({ metrics }));
    assert.deepEqual(
      work.map(({ precision, flops }) => [precision, flops[0]]),
      [
        ['tensor_fp16', 20],
        ['tensor_fp16_sparse', 10],
      ],
    );
    assert.equal(workOf(analysed({ metrics }), 0).flops, 30);
    assert.deepEqual(
      ['fp32', 'tensor_bf16', 'tensor_fp4_fp6_sparse'].map((p) => precisionName(p as 'fp32')),
      ['FP32', 'tensor BF16', 'sparse tensor FP4/FP6'],
    );
  });

  it('where memory and SMs are as good as equally busy, counted operations decide', () => {
    const bounds = PRODUCTS.map((product) => {
      const analysis = analysed(launchOf(product, all, true));
      return boundOf(analysis, analysis.kernels('kernel')[0]);
    });
    assert.deepEqual(
      bounds.map(({ bound }) => bound),
      ['compute', 'compute', 'compute', 'compute', 'memory'],
    );
    assert.match(bounds[0].because[0].text, /Held by compute: memory at 94\.7 %.*as good as equal/);
    assert.match(bounds[0].because.at(-1)!.text, /93\.5 % of the tensor BF16 roof\.$/);
    assert.doesNotMatch(bounds[2].because[0].text, /equal/);
    assert.match(bounds[4].because.at(-1)!.text, /sparse tensor FP16 roof, though/);
  });
});

describe('ncu: counts that a page does not print', () => {
  it('the details page is told from a report without counts', () => {
    const report = buildReport([{ metrics: { [DURATION]: 1 } }]);
    const told = (page: 'raw' | 'details'): string => {
      const of = { ...report, provenance: { ...report.provenance, page } };
      return missingWork(of, new ReportAnalysis(of))[0];
    };
    assert.match(told('raw'), /^FP32 operations were not counted: collect with --set roofline/);
    assert.match(told('details'), /^The details page.*--page raw does.*--set roofline/);
  });
});

describe('ncu: the clock of a measurement', () => {
  it('is not said to be locked where it ran as fast as it can', () => {
    const note = (hertz: number): string =>
      clockNote(analysed({ metrics: { [CLOCK]: hertz, device__attribute_clock_rate: 1_980_000 } }));
    // As recorded with --clock-control none; a base clock.
    assert.match(note(1993919247.84), /^The SMs ran at 1\.99 GHz, their highest clock: it was not/);
    assert.match(note(1.59e9), /^Nsight Compute locks clocks to base by default/);
    assert.match(clockNote(analysed({ metrics: {} })), /locks clocks to base by default/);
  });
});

describe('ncu: roofs of the caches', () => {
  it('by the counters of the chart of 2025: what leaves L2, and Hopper’s writeback', () => {
    // A copy of 2 GB on an H100, as recorded: the peaks and clocks of the page.
    const analysis = analysed({
      cc: '9.0',
      metrics: {
        [DURATION]: 1_413_312,
        'derived__lts__lts2xbar_bytes.sum.peak_sustained': 5120,
        'derived__lts__lts2xbar_bytes.sum.per_second': 1520161685459.4,
        'lts__cycles_elapsed.avg.per_second': 1709568021.78,
        'lts__lts2xbar_cycles_active.sum.pct_of_peak_sustained_elapsed': 17.37,
        'l1tex__m_xbar2l1tex_read_bytes.sum': 2147483648,
        'l1tex__m_xbar2l1tex_read_bytes.sum.pct_of_peak_sustained_elapsed': 4.51,
        'l1tex__lsu_writeback_active_mem_lgds.sum': 20971520,
        'l1tex__lsu_writeback_active_mem_lgds.sum.peak_sustained': 132,
        'l1tex__cycles_elapsed.avg.per_second': 1993919247.84,
        'smsp__sass_thread_inst_executed_op_fadd_pred_on.sum': 0,
        'smsp__sass_thread_inst_executed_op_fmul_pred_on.sum': 1073741824,
        'smsp__sass_thread_inst_executed_op_ffma_pred_on.sum': 0,
      },
    });
    near(roofOf(analysis, 'l2').ceiling, 5120 * 1709568021.78, 1e-9);
    near(roofOf(analysis, 'l1').ceiling, 132 * 128 * 1993919247.84, 1e-9);
    const [l2] = roofline(analysis, 'launch', 'l2').points;
    near(l2.bytes, 1520161685459.4 * 1_413_312e-9, 1e-9);
    // ncu's own per cent of the same counter's peak.
    near(l2.nearest?.share, 0.1737, 1e-3);
    const [l1] = roofline(analysis, 'launch', 'l1').points;
    assert.equal(l1.bytes, 20971520 * 128);
  });
});
