/** Nsight Compute pages, made up: what `ncu --page raw --csv --print-units base` prints in the C locale. */

export interface PrintedLaunch {
  readonly name: string;
  readonly grid?: readonly [number, number, number];
  readonly block?: readonly [number, number, number];
  /** In base units; left out metrics are empty fields, as for launches of other sections. */
  readonly metrics: Readonly<Record<string, number | string>>;
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/pct|\.pct_of_peak/, '%'],
  [/duration/, 'nsecond'],
  [/^dram__bytes.*peak_sustained$/, 'byte/cycle'],
  [/bytes/, 'byte'],
  [/cycles_elapsed.*per_second$/, 'cycle/second'],
  [/inst_executed/, 'inst'],
];
const unitOf = (metric: string): string =>
  UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? '';

const row = (fields: readonly (string | number)[]): string =>
  fields.map((field) => `"${String(field).replaceAll('"', '""')}"`).join(',');

const size = (xyz: readonly number[]): string => `(${xyz.join(', ')})`;

export function rawPage(launches: readonly PrintedLaunch[], cc = '9.0'): string {
  const metrics = [...new Set(launches.flatMap((launch) => Object.keys(launch.metrics)))].sort();
  const fixed = [
    'ID',
    'Process ID',
    'Process Name',
    'Host Name',
    'Kernel Name',
    'Context',
    'Stream',
    'Block Size',
    'Grid Size',
    'Device',
    'CC',
  ];
  const lines = launches.map(({ name, grid = [1, 1, 1], block = [128, 1, 1], metrics: own }, id) =>
    row([
      id,
      4711,
      'python3.12',
      '127.0.0.1',
      name,
      1,
      7,
      size(block),
      size(grid),
      0,
      cc,
      ...metrics.map((metric) => own[metric] ?? ''),
    ]),
  );
  return [
    '==PROF== Connected to process 4711 (/usr/bin/python3.12)',
    row([...fixed, ...metrics]),
    row([...fixed.map(() => ''), ...metrics.map(unitOf)]),
    ...lines,
    '',
  ].join('\n');
}

/** Base clock of an H100 SXM, its FP32 lanes, its HBM3: what the roofs of {@link measured} come from. */
export const H100 = { clock: 1.59e9, sms: 132, lanes: 132 * 128, dramClock: 2.62e9, bus: 1280 };

export interface Measured {
  readonly name: string;
  readonly grid?: readonly [number, number, number];
  readonly block?: readonly [number, number, number];
  readonly ns: number;
  readonly bytes: number;
  readonly fma?: number;
  readonly tensor?: number;
  /** Per cent of peak. */
  readonly memory: number;
  readonly sm: number;
}

/** A launch with the metrics that a roofline needs. */
export const measured = (of: Measured): PrintedLaunch => ({
  name: of.name,
  grid: of.grid,
  block: of.block,
  metrics: {
    device__attribute_display_name: 'NVIDIA H100 80GB HBM3',
    device__attribute_multiprocessor_count: H100.sms,
    'gpu__time_duration.sum': of.ns,
    'sm__cycles_elapsed.avg.per_second': H100.clock,
    'dram__cycles_elapsed.avg.per_second': H100.dramClock,
    'dram__bytes.sum': of.bytes,
    'dram__bytes.sum.peak_sustained': H100.bus,
    'gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed': of.memory,
    'gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed':
      ((of.bytes / of.ns) * 1e11) / (H100.bus * H100.dramClock),
    'sm__throughput.avg.pct_of_peak_sustained_elapsed': of.sm,
    'sm__warps_active.avg.pct_of_peak_sustained_active': 40,
    launch__registers_per_thread: 168,
    'smsp__sass_thread_inst_executed_op_fadd_pred_on.sum': 0,
    'smsp__sass_thread_inst_executed_op_fmul_pred_on.sum': 0,
    'smsp__sass_thread_inst_executed_op_ffma_pred_on.sum': of.fma ?? 0,
    'sm__sass_thread_inst_executed_op_ffma_pred_on.sum.peak_sustained': H100.lanes,
    'sm__ops_path_tensor_src_bf16_dst_fp32.sum': of.tensor ?? 0,
    'sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active': of.tensor ? of.sm : 0,
  },
});

/**
 * Some kernels of the sample profile as ncu demangles and might measure them,
 * two launches of the first, and one kernel that the sample does not have.
 */
export const TWO_GPUS_RESULTS: readonly PrintedLaunch[] = [
  ...[410e3, 402e3].map((ns) =>
    measured({
      name: 'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNT',
      block: [384, 1, 1],
      ns,
      bytes: 3e8,
      tensor: 2.2e11,
      memory: 41,
      sm: 86,
    }),
  ),
  measured({
    name: 'nvjet_tst_128x160_64x5_2x1_v_bz_coopB_splitK_TNT',
    block: [384, 1, 1],
    ns: 61e3,
    bytes: 1.7e8,
    tensor: 5e9,
    memory: 84,
    sm: 31,
  }),
  measured({
    name: 'triton_red_fused__to_copy_add_mean_mul_pow_rsqrt_0',
    block: [512, 1, 1],
    ns: 9e3,
    bytes: 2.1e7,
    fma: 4e6,
    memory: 70,
    sm: 22,
  }),
  measured({
    name: 'void vllm::rotary_embedding_kernel<c10::BFloat16, (bool)1>(const long *, T1 *, T1 *, const T1 *, int, long, long, long, int, int, int)',
    block: [512, 1, 1],
    ns: 4e3,
    bytes: 2e6,
    fma: 1e6,
    memory: 15,
    sm: 12,
  }),
  measured({ name: 'my_own_kernel(float *)', ns: 5e3, bytes: 1e6, fma: 3e6, memory: 9, sm: 11 }),
];

export const twoGpusResults = (): string => rawPage(TWO_GPUS_RESULTS);
