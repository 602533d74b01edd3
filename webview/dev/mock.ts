/** An editor that answers with made-up figures: as many kernels as wanted, no profile read. */
import type { KernelRow } from '../../src/analysis/kernels';
import type { OverviewResult } from '../../src/analysis/overview';
import type { ComponentTime, PhaseBreakdown, PhaseRow } from '../../src/analysis/phases';
import type { RangeNode } from '../../src/analysis/ranges';
import type { Call, FromWebview, ToWebview } from '../../src/protocol/messages';
import type { LaunchRow, OpenStatus, Sort } from '../../src/protocol/requests';
import type { Phase } from '../../src/profile/scope';
import { COMPONENTS } from '../ui/marks';
import { THEMES } from './themes';

const options = new URLSearchParams(location.search);
const theme = THEMES[options.get('theme') ?? 'dark'];
for (const [name, value] of Object.entries(theme.colours)) {
  document.documentElement.style.setProperty(`--vscode-${name}`, value);
}
document.body.className = theme.kind;

let seed = 7;
const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;

const SPAN = 42.3e9;
const NAMES: readonly (readonly [string, string, (typeof COMPONENTS)[number]])[] = [
  [
    'void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<(int)2, cute::tuple<cute::C<(int)1>, cute::C<(int)1>>, (int)128>, flash::CollectiveEpilogueFwd<…>>>>(T1::Params)',
    'device_kernel',
    'attention',
  ],
  [
    'nvjet_tst_128x256_64x4_2x1_v_bz_coopA_TNT',
    'nvjet_tst_128x256_64x4_2x1_v_bz_coopA_TNT',
    'gemm',
  ],
  [
    'nvjet_tst_64x64_64x13_2x1_v_bz_splitK_TNT',
    'nvjet_tst_64x64_64x13_2x1_v_bz_splitK_TNT',
    'gemm',
  ],
  ['fused_moe_kernel', 'fused_moe_kernel', 'moe'],
  [
    'void vllm::cross_device_reduce_1stage<__nv_bfloat16, (int)2>(vllm::RankData *, vllm::RankSignals, vllm::Signal *, T1 *, int, int)',
    'cross_device_reduce_1stage',
    'communication',
  ],
  ['triton_red_fused_add_mul_rms_norm_3', 'triton_red_fused_add_mul_rms_norm_3', 'norm'],
  [
    'void vllm::act_and_mul_kernel<c10::BFloat16, &vllm::silu_kernel<c10::BFloat16>, (bool)1>(T1 *, const T1 *, int)',
    'act_and_mul_kernel',
    'activation',
  ],
  ['triton_poi_fused_cat_mul_rope_1', 'triton_poi_fused_cat_mul_rope_1', 'rope'],
  [
    'void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16, __nv_bfloat16, (vllm::Fp8KVCacheDataType)0>(const T1 *, const T1 *, T2 *, T2 *, const long *, long, long, int, int, int, int, const float *, const float *)',
    'reshape_and_cache_flash_kernel',
    'kv_cache',
  ],
  ['void at::native::sbtopk::gatherTopK<float, unsigned int, (int)2>', 'gatherTopK', 'sampling'],
  ['void vllm::scaled_fp8_quant_kernel<c10::BFloat16>', 'scaled_fp8_quant_kernel', 'quantization'],
  ['[CUDA memcpy Device-to-Device]', '[CUDA memcpy Device-to-Device]', 'memory'],
  ['void at::native::indexSelectLargeIndex<…>', 'indexSelectLargeIndex', 'embedding'],
  ['_prepare_inputs_kernel', '_prepare_inputs_kernel', 'input_prep'],
  [
    'void at::native::vectorized_elementwise_kernel<(int)4, at::native::CUDAFunctor_add<float>>',
    'vectorized_elementwise_kernel',
    'elementwise',
  ],
  ['<img src=x onerror=alert(1)>=HYPERLINK("x")', '<img src=x onerror=alert(1)>', 'other'],
];

const KERNELS: readonly KernelRow[] = makeKernels();

function makeKernels(): KernelRow[] {
  const rows = Array.from({ length: 420 }, (_, at) => {
    const [name, shortName, component] = NAMES[at % NAMES.length];
    const instances = Math.ceil((220_000 * (0.3 + random())) / (1 + at / 6));
    const average = (2_000 + 90_000 * random()) / (1 + at / 10);
    const suffix = at < NAMES.length ? '' : `_${at}`;
    return {
      key: `k${at}`,
      name: name + suffix,
      shortName: shortName + suffix,
      component,
      instances,
      total: Math.round(instances * average),
      share: 0,
      average,
      median: average * 0.93,
      p95: average * 1.9,
      min: average * 0.4,
      max: average * 6,
      stddev: average * 0.3,
      grid: [132, 1, 1] as const,
      block: [384, 1, 1] as const,
      geometries: 1 + (at % 4),
      registers: at % 5 === 4 ? undefined : 168,
      staticSharedMemory: 0,
      dynamicSharedMemory: 213_248,
      streams: [0],
      devices: [0],
      graphShare: at % 7 === 3 ? 0 : Math.min(1, 0.9 + random() / 5),
      apiTime: 4_800,
      queueTime: 12_000,
    };
  });
  const all = rows.reduce((sum, row) => sum + row.total, 0);
  return rows.map((row) => ({ ...row, share: row.total / all })).sort((a, b) => b.total - a.total);
}

function components(scale: number): ComponentTime[] {
  const total = KERNELS.reduce((sum, row) => sum + row.total, 0);
  return COMPONENTS.map((component) => {
    const own = KERNELS.filter((row) => row.component === component);
    const time = own.reduce((sum, row) => sum + row.total, 0);
    return {
      component,
      instances: Math.round(own.reduce((sum, row) => sum + row.instances, 0) * scale),
      total: Math.round(time * scale),
      share: time / total,
    };
  });
}

const BUSY = 36.8e9;
const PARTS: readonly (readonly [Phase, number, number])[] = [
  ['prefill', 0.152, 96],
  ['decode', 0.781, 2143],
  ['mixed', 0.037, 61],
  ['unattributed', 0.03, 0],
];

function phaseRow([phase, share, steps]: (typeof PARTS)[number]): PhaseRow {
  const there = phase !== 'unattributed';
  return {
    phase,
    steps,
    requests: there ? steps * 30 : undefined,
    contextTokens: phase === 'decode' || !there ? undefined : steps * 1800,
    generationTokens: phase === 'prefill' || !there ? undefined : steps * 31,
    busy: BUSY * share,
    share,
    total: BUSY * share * 1.04,
    span: BUSY * share * 1.09,
    idle: BUSY * share * 0.09,
    tokensPerSecond: there ? 2_300 + 9_000 * share : undefined,
    stepTime: there
      ? { p50: 11.2e6 + 20e6 * (1 - share), p95: 15.1e6 + 20e6, p99: 48.3e6 }
      : undefined,
    components: components(share * 0.5),
    topKernels: KERNELS.slice(0, 10).map(({ name, component, instances, total, share: part }) => ({
      name,
      component,
      instances,
      total: total * share,
      share: part,
    })),
    batchSizes: there
      ? Array.from({ length: 12 }, (_, at) => ({
          requests: 1 + at * 5,
          steps: Math.round(steps * random() * 0.2),
          stepTime: 9e6 + at * 5e5,
        }))
      : [],
  };
}

const missing = options.get('missing') as PhaseBreakdown['missing'] | null;
const PHASES: PhaseBreakdown = {
  missing: missing ?? undefined,
  stepFormat: 'vllm',
  ranks: 2,
  engines: 1,
  busy: BUSY,
  coverage: 0.97,
  unrecordedGraphs: 0,
  phases: PARTS.map(phaseRow),
};

const OVERVIEW: OverviewResult = {
  tool: 'nsys 2026.2.1',
  command:
    'vllm serve meta-llama/Llama-3.1-8B-Instruct --tensor-parallel-size 2 --profiler-config.profiler cuda',
  utcEpoch: 1.78e18,
  duration: SPAN,
  devices: [0, 1].map(() => ({
    name: 'NVIDIA H100 80GB HBM3',
    memory: 85.5e9,
    smCount: 132,
    clock: 1.98e9,
    used: true,
  })),
  processes: [
    { pid: 4411, name: 'VLLM::Worker_TP0' },
    { pid: 4412, name: 'VLLM::Worker_TP1' },
  ],
  counts: {
    kernels: 4_912_331,
    memcpys: 31_882,
    memsets: 8_120,
    graphTraces: 0,
    api: 611_201,
    ranges: 48_312,
  },
  utilisation: [0, 1].map((device) => ({
    device,
    name: 'NVIDIA H100 80GB HBM3',
    span: SPAN,
    busy: 0.87 * SPAN,
    idle: 0.13 * SPAN,
    unknown: 0,
    idleBetweenSteps: 0.09 * SPAN,
    idleWithinSteps: 0.04 * SPAN,
    share: 0.87,
    kernelBusy: 0.86 * SPAN,
    copyBusy: 0.02 * SPAN,
    overlap: 0.01 * SPAN,
    gaps: 8_211,
  })),
  busyShare: 0.87,
  graphMode: 'node',
  graphCoverage: 0.912,
  phases: PHASES,
  components: components(1),
  topKernels: KERNELS.slice(0, 10),
  findings: [
    {
      id: 'idle',
      severity: 'problem',
      title: '9.1 % of decode is idle between steps',
      detail: 'The GPU waits for the CPU to schedule the next step; the longest wait is 3.12 ms.',
      advice: 'Try async scheduling (--async-scheduling), or more requests per step.',
      measured: '9.1 % of decode time',
      threshold: '5 %',
      view: 'phases',
      weight: 0.09,
    },
    {
      id: 'kv',
      severity: 'warning',
      title: 'KV-cache write takes 6.2 % of GPU time',
      detail: 'reshape_and_cache_flash_kernel is launched once a layer, outside CUDA graphs.',
      advice: 'Check that the attention backend writes the cache itself.',
      measured: '6.2 %',
      threshold: '3 %',
      view: 'kernels',
      filter: 'component:kv_cache',
      weight: 0.06,
    },
    {
      id: 'graph',
      severity: 'info',
      title: 'CUDA graphs carry 91.2 % of kernel time',
      detail: 'Decode replays one full graph a step.',
      advice: 'Nothing to do.',
      measured: '91.2 %',
      threshold: '80 %',
      view: 'graphs',
      weight: 0,
    },
  ],
  gaps: [
    { id: 'mem', text: 'No memory-usage trace.', remedy: '--cuda-memory-usage=true' },
    { id: 'out', text: '3.0 % of GPU time lies outside any step.' },
  ],
  diagnostics: [
    { severity: 'warning', text: 'CUDA profiling data were lost: 1,204 events were dropped.' },
  ],
};

const STATUS: OpenStatus = {
  path: '/home/me/profiles/llama-3.1-8b-decode.nsys.sqlite',
  size: 1.42e9,
  format: 'nsys',
  generated: options.has('generated'),
  devices: [0, 1].map((index) => ({ index, name: 'NVIDIA H100 80GB HBM3' })),
  extent: [1.2e9, 1.2e9 + SPAN],
  diagnostics: [],
  stage: 'complete',
};

const LAUNCHES = 4_912_331;

function launch(index: number): LaunchRow {
  const start = 1.2e9 + index * 8_600;
  return {
    index,
    name: KERNELS[0].name,
    start,
    duration: 20_000 + ((index * 7919) % 60_000),
    device: 'GPU 0',
    deviceIndex: 0,
    stream: 7,
    grid: [132, 1, 1],
    block: [384, 1, 1],
    graphId: index % 9 === 0 ? undefined : 12,
    phase: index % 9 === 0 ? 'prefill' : 'decode',
    step: `execute_context_0(0)_generation_${32 + (index % 5)}(${32 + (index % 5)})`,
    api: 'cudaGraphLaunch_v10000',
    apiTime: 21_000,
    queueTime: 11_000 + (index % 100),
  };
}

function ranges(parent: number | undefined, flat: boolean): RangeNode[] {
  const names = flat
    ? [
        'execute_context_0(0)_generation_32(32)',
        'gpu_model_runner: forward',
        'gpu_model_runner: sample',
        'schedule: allocate_slots',
        'gpu_model_runner: preprocess',
        'ncclAllReduce',
      ]
    : parent === undefined
      ? [
          'execute_context_0(0)_generation_32(32)',
          'execute_context_1(2048)_generation_0(0)',
          'gpu_model_runner: sample',
          'schedule: allocate_slots',
        ]
      : [
          'gpu_model_runner: preprocess',
          'gpu_model_runner: forward',
          'gpu_model_runner: postprocess',
        ];
  return names.map((name, at) => ({
    id: (parent ?? 0) * 10 + at + 1,
    name,
    numbered: false,
    domain: name.startsWith('nccl') ? 'NCCL' : '',
    style: 'push-pop',
    level: 0,
    instances: 2143 - at * 100,
    open: at === 1 ? 1 : 0,
    cpuTotal: 3.1e9 / (at + 1),
    cpuAverage: 1.4e6,
    cpuMax: 48e6,
    cpuSelf: 0.4e9 / (at + 1),
    gpuBusy: at === 3 ? 0 : 26e9 / (at + 1),
    gpuOperations: at === 3 ? 0 : 910_221,
    gpuProjected: at === 3 ? 0 : 28e9 / (at + 1),
    children: flat || (parent ?? 0) > 100 || at > 1 ? 0 : 3,
  }));
}

function sorted<Row>(rows: readonly Row[], sort: Sort | undefined): readonly Row[] {
  if (!sort) return rows;
  const key = sort.column as keyof Row;
  return [...rows].sort(
    (a, b) => ((a[key] ?? 0) < (b[key] ?? 0) ? -1 : 1) * (sort.descending ? -1 : 1),
  );
}

function answer(call: Call): unknown {
  switch (call.name) {
    case 'status':
      return STATUS;
    case 'overview':
      return OVERVIEW;
    case 'utilisation':
      return {
        devices: [],
        gaps: Array.from({ length: 40 }, (_, at) => ({
          device: at % 2,
          start: 2e9 + at * 9e8,
          duration: 3.12e6 / (1 + at / 4),
          before: KERNELS[at % 9].shortName,
          after: KERNELS[(at + 3) % 9].shortName,
          cpu:
            at % 5 === 4
              ? { kind: 'unknown', name: '', share: 0 }
              : { kind: 'api', name: 'cudaStreamSynchronize_v3020', share: 0.92 - at / 80 },
          betweenSteps: at % 3 !== 1,
        })),
      };
    case 'utilisationSeries': {
      const { bins, scope } = call.params;
      const [start, end] = scope.window ?? STATUS.extent;
      const wave = (at: number) => 0.75 + 0.2 * Math.sin(at / 17) + 0.05 * random();
      const prefill = (at: number) => (Math.sin(at / 31) > 0.86 ? 0.8 : 0.06);
      return {
        start,
        end,
        bins,
        devices: 2,
        phases: (['prefill', 'decode', 'mixed', 'unattributed'] as const).map((phase) => ({
          phase,
          share: Float32Array.from({ length: bins }, (_, at) => {
            if (at < 6 || at > bins - 9) return phase === 'unattributed' ? 0.1 : 0;
            const rest = wave(at);
            if (phase === 'prefill') return rest * prefill(at);
            if (phase === 'decode') return rest * (0.96 - prefill(at));
            return rest * 0.02;
          }),
        })),
      };
    }
    case 'phases':
      return PHASES;
    case 'components':
      return components(1);
    case 'steps':
      return {
        total: 2300,
        points: Array.from({ length: 1200 }, (_, at) => {
          const phase: Phase = at % 19 === 0 ? 'prefill' : at % 31 === 0 ? 'mixed' : 'decode';
          const requests = phase === 'prefill' ? 2 : 1 + (at % 64);
          const span = { prefill: 38e6, mixed: 24e6, decode: 9e6 + requests * 7e4 }[phase];
          return {
            step: at,
            phase,
            engine: 0,
            start: 1.3e9 + at * 3.4e7,
            span: span * (0.9 + 0.2 * random()),
            busy: span * 0.88,
            requests,
            tokens: phase === 'prefill' ? 2048 : requests,
            name: `execute_${at}`,
          };
        }),
      };
    case 'kernels': {
      const { filter, offset, limit, sort } = call.params;
      const word = /component:(\w+)/.exec(filter)?.[1] ?? '';
      const plain = filter
        .replace(/\S+[:<>=]\S*/g, '')
        .trim()
        .toLowerCase();
      const rows = KERNELS.filter(
        (row) => row.component.includes(word) && row.name.toLowerCase().includes(plain),
      );
      return {
        rows: sorted(rows, sort).slice(offset, offset + limit),
        offset,
        matched: rows.length,
        total: KERNELS.length,
        matchedTime: rows.reduce((sum, row) => sum + row.total, 0),
        matchedShare: rows.reduce((sum, row) => sum + row.share, 0),
      };
    }
    case 'kernelDetail': {
      const row = KERNELS.find((one) => one.key === call.params.key);
      if (!row) return undefined;
      const edges = Array.from({ length: 25 }, (_, at) => row.min * 1.12 ** at);
      return {
        row,
        byPhase: PARTS.map(([phase, share]) => ({
          phase,
          instances: Math.round(row.instances * share),
          total: row.total * share,
        })),
        byStream: [{ stream: 7, device: 0, instances: row.instances, total: row.total }],
        byGeometry: [
          {
            grid: [132, 1, 1],
            block: [384, 1, 1],
            registers: 168,
            sharedMemory: 213_248,
            instances: row.instances,
            total: row.total,
          },
        ],
        histogram: {
          edges,
          counts: edges.slice(1).map((_, at) => Math.round(9000 * Math.exp(-((at - 8) ** 2) / 18))),
        },
      };
    }
    case 'launches': {
      const { offset, limit, sort } = call.params;
      const back = sort?.descending ?? false;
      const count = Math.max(0, Math.min(limit, LAUNCHES - offset));
      return {
        rows: Array.from({ length: count }, (_, at) =>
          launch(back ? LAUNCHES - 1 - offset - at : offset + at),
        ),
        offset,
        matched: LAUNCHES,
        total: LAUNCHES,
        matchedTime: 12.3e9,
      };
    }
    case 'ranges': {
      const rows = ranges(call.params.parent, call.params.flat);
      return {
        rows: call.params.offset === 0 ? sorted(rows, call.params.sort) : [],
        offset: call.params.offset,
        matched: rows.length,
        total: rows.length,
      };
    }
    case 'graphs':
      return {
        mode: options.get('graphs') ?? 'node',
        launchCalls: 9_422,
        replays: 9_422,
        distinctGraphs: 35,
        kernelsInside: 4_402_118,
        kernelsOutside: 510_213,
        timeInside: 33.5e9,
        timeOutside: 3.2e9,
        coverage: 0.912,
        launchTime: 21_000,
        graphs: Array.from({ length: 35 }, (_, at) => ({
          graphId: 12 + at,
          replays: Math.round(2143 / (at + 1)),
          kernelsPerReplay: 387,
          kernels: Math.round(829_341 / (at + 1)),
          total: 12e9 / (at + 1),
          averageReplay: 5.6e6,
          share: 0.31 / (at + 1),
        })),
      };
    case 'memory':
      return {
        transfers: [
          ['Host-to-Device', 'pinned → device', false, 1.2e9, 8.2e10],
          ['Device-to-Host', 'device → pageable', true, 0.62e9, 1.9e9],
          ['Device-to-Device', 'device → device', false, 0.2e9, 3e11],
          ['memset', '', false, 0.03e9, 1.1e9],
        ].map(([operation, memory, pageable, total, bytes]) => ({
          operation,
          memory,
          pageable,
          count: 8_120,
          bytes,
          total,
          share: (total as number) / 2.05e9,
          bandwidth: ((bytes as number) / (total as number)) * 1e9,
          impossible: false,
          average: (total as number) / 8120,
          max: 3.1e6,
          averageSize: (bytes as number) / 8120,
        })),
        allocated: options.has('allocated')
          ? {
              peak: 76.2e9,
              end: 74e9,
              series: Array.from({ length: 300 }, (_, at) => ({
                time: 1.2e9 + (at * SPAN) / 300,
                bytes: at < 20 ? at * 3.6e9 : 72e9 + 4e9 * Math.abs(Math.sin(at / 20)),
              })),
            }
          : undefined,
        synchronizations: [
          { kind: 'event', count: 8122, total: 2.1e9 },
          { kind: 'stream', count: 412, total: 0.3e9 },
        ],
      };
    case 'table':
      return { text: 'Name,Total (ns)\n', rows: 420, cut: false };
    default:
      throw new Error(`the mock has no answer to ${call.name}`);
  }
}

const asked: FromWebview[] = [];
const reply = (message: ToWebview): void => window.postMessage(message, '*');

function opening(): void {
  const scenario = options.get('scenario');
  if (scenario === 'failed') {
    reply({
      kind: 'failed',
      error: {
        code: 'not-sqlite',
        message: 'notes.sqlite is not an SQLite database: it starts with “%PDF-1.7”.',
      },
    });
  } else if (scenario === 'converting') {
    reply({
      kind: 'converting',
      command: 'nsys export --type sqlite --output report1.sqlite report1.nsys-rep',
      line: 'Processing events: [=====================52%              ]',
    });
  } else if (scenario === 'reading') {
    reply({ kind: 'stage', status: { ...STATUS, stage: 'facts' } });
    reply({ kind: 'progress', progress: { stage: 'facts', read: 0.62 * 1.42e9, size: 1.42e9 } });
  } else if (scenario === 'kernels') {
    reply({ kind: 'stage', status: { ...STATUS, stage: 'kernels' } });
    reply({ kind: 'progress', progress: { stage: 'kernels', read: 0.62 * 1.42e9, size: 1.42e9 } });
  } else {
    reply({ kind: 'stage', status: STATUS });
    if (scenario === 'changed') reply({ kind: 'changed' });
  }
}

Object.assign(window, {
  asked,
  acquireVsCodeApi: () => ({
    getState: (): unknown =>
      JSON.parse(options.get('state') ?? sessionStorage.getItem('state') ?? 'null'),
    setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
    postMessage: (message: FromWebview) => {
      asked.push(message);
      // As the real channel does: anything that can't be cloned is an error here too.
      const copy = structuredClone(message);
      if (copy.kind === 'action' && copy.action === 'ready') opening();
      if (copy.kind === 'call') {
        setTimeout(
          () => reply({ kind: 'answer', id: copy.id, ok: true, result: answer(copy) as never }),
          15,
        );
      }
    },
  }),
});
