import assert from 'node:assert/strict';
import { type CommandLine, displayCommand, quote } from '../../../src/capture/command';
import { kernelPattern } from '../../../src/capture/ncu-command';
import { reportsOf } from '../../../src/capture/nsys-command';
import type { Version } from '../../../src/capture/nsys-export';
import { describePlan, type Facts, plan, type Plan, type StageId } from '../../../src/capture/plan';
import { run } from '../../../src/capture/process';
import { reasonFor } from '../../../src/capture/reasons';
import { Secrets } from '../../../src/capture/secrets';
import {
  type CaptureSettings,
  DEFAULTS,
  MODES,
  settingsProblems,
  type Target,
} from '../../../src/capture/settings';

const facts = (change: Partial<Facts> = {}): Facts => ({
  vllm: [0, 14, 0],
  nsys: { path: 'nsys', version: [2025, 1, 1] },
  ncu: { path: 'ncu', version: [2025, 1, 0] },
  gpus: 1,
  programs: { vllm: 'vllm', python: 'python3' },
  port: 8000,
  folder: '/runs/r',
  id: 'abc',
  ...change,
});

const settings = (change: Partial<CaptureSettings> = {}): CaptureSettings => ({
  ...DEFAULTS,
  model: 'M',
  ...change,
});

const make = (change: Partial<CaptureSettings> = {}, found: Partial<Facts> = {}): Plan =>
  plan(settings(change), facts(found));

function command(of: Plan, id: StageId): CommandLine {
  const found = of.stages.find((stage) => stage.id === id)?.commands[0];
  assert.ok(found, `no command in stage ${id}`);
  return found;
}

const ids = ({ stages }: Plan): readonly StageId[] => stages.map(({ id }) => id);

const serving = ['nsys', 'profile'];
const QUIET = ['--sample=none', '--cpuctxsw=none', '--cuda-flush-interval=10000'];

describe('what is run', () => {
  it('is the documented recipe for a server under nsys', () => {
    const made = make();
    const { program, args, env } = command(made, 'start');
    assert.deepEqual(
      [program, ...args],
      [
        ...serving,
        '--trace=cuda,nvtx',
        '--cuda-graph-trace=node',
        '--trace-fork-before-exec=true',
        ...QUIET,
        '--capture-range=cudaProfilerApi',
        '--capture-range-end=repeat',
        '--force-overwrite=true',
        '--output=/runs/r/timeline',
        'vllm',
        'serve',
        'M',
        '--host',
        '127.0.0.1',
        '--port',
        '8000',
        '--profiler-config.profiler',
        'cuda',
      ],
    );
    assert.deepEqual(env, { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' });
    assert.deepEqual(ids(made), [
      'check',
      'start',
      'ready',
      'warm-up',
      'profile-on',
      'load',
      'profile-off',
      'shut-down',
      'export',
      'analyse',
      'save',
    ]);
    const urls = made.stages.flatMap(({ requests }) => requests.map(({ url }) => url));
    assert.deepEqual(
      urls.map((url) => new URL(url).pathname),
      ['/health', '/start_profile', '/stop_profile'],
    );
  });

  describe('by version of vLLM', () => {
    // How profiling on request is configured, and how the step ranges are asked for.
    const table: [
      vllm: Version | undefined,
      args: string[],
      env: Record<string, string>,
      range: string,
    ][] = [
      [[0, 10, 2], [], {}, 'session'],
      [[0, 11, 0], [], { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' }, 'session'],
      [
        [0, 11, 1],
        [],
        { VLLM_TORCH_CUDA_PROFILE: '1', VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        [0, 12, 0],
        [],
        { VLLM_TORCH_CUDA_PROFILE: '1', VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        [0, 13, 0],
        ['--profiler-config.profiler', 'cuda'],
        { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        [0, 15, 1],
        ['--profiler-config.profiler', 'cuda'],
        { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        [0, 16, 0],
        ['--profiler-config.profiler', 'cuda'],
        { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        [0, 28, 0],
        ['--profiler-config.profiler', 'cuda'],
        { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
      [
        undefined,
        ['--profiler-config.profiler', 'cuda'],
        { VLLM_NVTX_SCOPES_FOR_PROFILING: '1' },
        'cuda',
      ],
    ];
    for (const [vllm, args, env, range] of table) {
      it(`${vllm?.join('.') ?? 'unknown'}: ${range}, ${[...args, ...Object.keys(env)].join(' ')}`, () => {
        const made = make({}, { vllm });
        const start = command(made, 'start');
        assert.equal(made.range?.kind, range);
        assert.deepEqual(start.args.slice(start.args.indexOf('--port') + 2), args);
        assert.deepEqual(start.env, env);
        // Without a profiler configured there is nothing to ask.
        const asked = made.stages.some(({ requests }) =>
          requests.some(({ url }) => url.endsWith('/start_profile')),
        );
        assert.equal(asked, args.length > 0 || 'VLLM_TORCH_CUDA_PROFILE' in env);
      });
    }

    const torch: [vllm: Version, args: string[], env: Record<string, string>][] = [
      [
        [0, 10, 1],
        [],
        { VLLM_TORCH_PROFILER_DIR: '/runs/r/torch', VLLM_TORCH_PROFILER_WITH_STACK: '0' },
      ],
      [
        [0, 12, 0],
        [],
        {
          VLLM_TORCH_PROFILER_DIR: '/runs/r/torch',
          VLLM_TORCH_PROFILER_WITH_STACK: '0',
          VLLM_TORCH_PROFILER_DISABLE_ASYNC_LLM: '1',
          VLLM_PROFILER_DELAY_ITERS: '3',
          VLLM_PROFILER_MAX_ITERS: '5',
        },
      ],
      [
        [0, 16, 0],
        [
          '--profiler-config.profiler',
          'torch',
          '--profiler-config.torch_profiler_dir',
          '/runs/r/torch',
          '--profiler-config.torch_profiler_with_stack',
          'false',
          '--profiler-config.ignore_frontend',
          'true',
          '--profiler-config.delay_iterations',
          '3',
          '--profiler-config.max_iterations',
          '5',
        ],
        {},
      ],
    ];
    for (const [vllm, args, env] of torch) {
      it(`PyTorch profiler, ${vllm.join('.')}`, () => {
        const made = make({ mode: 'torch', iterations: { delay: 3, max: 5 } }, { vllm });
        const start = command(made, 'start');
        assert.equal(start.program, 'vllm', 'nsys has no part in it');
        assert.deepEqual(start.args.slice(start.args.indexOf('--port') + 2), args);
        assert.deepEqual(start.env, env);
      });
    }

    it('detail of the PyTorch profiler: each level adds to the one before', () => {
      const options = (torch: CaptureSettings['torch']): string[] =>
        command(make({ mode: 'torch', torch }), 'start')
          .args.map(
            (arg) =>
              /^--profiler-config\.(?:torch_profiler_)?(with_\w+|record_shapes)$/.exec(arg)?.[1] ??
              '',
          )
          .filter(Boolean);
      assert.deepEqual(options('light'), ['with_stack']);
      assert.deepEqual(options('detailed'), ['record_shapes', 'with_stack']);
      assert.deepEqual(options('deep'), [
        'record_shapes',
        'with_stack',
        'with_memory',
        'with_flops',
      ]);
    });

    it('a range for each module needs 0.13, and runs eagerly', () => {
      const { args } = command(make({ layerwise: true }), 'start');
      assert.ok(
        args.includes('--enable-layerwise-nvtx-tracing') && args.includes('--enforce-eager'),
      );
      const old = make({ layerwise: true }, { vllm: [0, 12, 0] });
      assert.ok(!command(old, 'start').args.includes('--enforce-eager'));
      assert.match(
        old.notes.join(),
        /range for each module needs vLLM 0\.13 or newer; here is 0\.12\.0/,
      );
    });

    it('runtime figures that the version has, and a note for those it has not', () => {
      const flags = (vllm: Version): readonly string[] =>
        command(make({ mode: 'runtime', runtimeLayer: '/layer' }, { vllm }), 'start').args.slice(6);
      assert.deepEqual(flags([0, 11, 2]), []);
      assert.deepEqual(flags([0, 12, 0]), ['--kv-cache-metrics']);
      assert.deepEqual(flags([0, 13, 0]), ['--cudagraph-metrics', '--kv-cache-metrics']);
      assert.deepEqual(flags([0, 14, 0]), [
        '--enable-logging-iteration-details',
        '--cudagraph-metrics',
        '--kv-cache-metrics',
        '--enable-mfu-metrics',
      ]);
      const { notes } = make({ mode: 'runtime', runtimeLayer: '/l' }, { vllm: [0, 11, 2] });
      assert.equal(notes.length, 4);
    });
  });

  describe('by version of nsys', () => {
    const table: [Version | undefined, string][] = [
      [[2022, 4, 1], 'node'],
      [[2025, 6, 1], 'node'],
      [[2026, 2, 1], 'node'],
      [[2026, 4, 1], 'node:nvtx-precapture'],
      [[2027, 1, 1], 'node:nvtx-precapture'],
      [undefined, 'node'],
    ];
    for (const [version, mode] of table) {
      it(`${version?.join('.') ?? 'unknown'}: graphs as ${mode}`, () => {
        const { args } = command(make({}, { nsys: { path: 'nsys', version } }), 'start');
        assert.ok(args.includes(`--cuda-graph-trace=${mode}`), args.join(' '));
      });
    }
  });

  describe('by version of ncu', () => {
    for (const [version, nodes] of [
      [[2022, 4, 0], false],
      [[2023, 1, 0], true],
      [[2025, 3, 0], true],
      [undefined, true],
    ] as [Version | undefined, boolean][]) {
      it(`${version?.join('.') ?? 'unknown'}: nodes of graphs ${nodes ? 'one by one' : 'not'}`, () => {
        const made = make({ mode: 'full' }, { ncu: { path: 'ncu', version } });
        assert.equal(command(made, 'kernels').args.includes('--graph-profiling'), nodes);
      });
    }

    it('all that can be chosen', () => {
      const made = make({
        mode: 'full',
        ncuSettings: {
          set: 'full',
          launchSkip: 7,
          launchCount: 3,
          clockControl: 'none',
          kernels: 'flash|gemm',
          nvtx: 'decode/',
        },
      });
      assert.deepEqual(command(made, 'kernels').args.slice(0, 25), [
        '--set',
        'full',
        '--target-processes',
        'all',
        '--replay-mode',
        'kernel',
        '--graph-profiling',
        'node',
        '--kernel-name-base',
        'demangled',
        '--kernel-name',
        'regex:flash|gemm',
        '--launch-skip',
        '7',
        '--launch-count',
        '3',
        '--clock-control',
        'none',
        '--nvtx',
        '--nvtx-include',
        'decode/',
        '--profile-from-start',
        'off',
        '--force-overwrite',
        '--export',
      ]);
      assert.deepEqual(ids(made).slice(-5), [
        'analyse',
        'kernels',
        'kernel-table',
        'kernel-analysis',
        'save',
      ]);
    });

    it('without a profiler that vLLM starts on request, ncu measures from the start', () => {
      const { args } = command(make({ mode: 'full' }, { vllm: [0, 11, 0] }), 'kernels');
      assert.ok(!args.includes('--profile-from-start') && !args.includes('--profile'));
    });
  });

  it('an offline run starts its workers afresh, and profiles one batch', () => {
    const made = make({ target: { kind: 'bench', what: 'latency' } });
    const { args, env } = command(made, 'run');
    assert.equal(env.VLLM_WORKER_MULTIPROC_METHOD, 'spawn');
    assert.deepEqual(args.slice(args.indexOf('bench')), [
      'bench',
      'latency',
      '--model',
      'M',
      '--input-len',
      '576',
      '--output-len',
      '144',
      '--batch-size',
      '16',
      '--profiler-config.profiler',
      'cuda',
      '--profile',
    ]);
    assert.ok(args.includes('--capture-range=cudaProfilerApi'));
    assert.equal(command(make(), 'start').env.VLLM_WORKER_MULTIPROC_METHOD, undefined);
  });

  it('a script is run as it is, from start to end', () => {
    const target: Target = { kind: 'script', file: '/my dir/a.py', args: ['--x', '1'] };
    const { args, env } = command(make({ target }), 'run');
    assert.deepEqual(args.slice(-4), ['python3', '/my dir/a.py', '--x', '1']);
    assert.ok(!args.some((arg) => arg.startsWith('--capture-range')));
    assert.equal(env.VLLM_WORKER_MULTIPROC_METHOD, 'spawn');
  });

  it('a server that runs already is only asked', () => {
    const made = make({ target: { kind: 'running', url: 'http://gpu:8000/' } });
    assert.deepEqual(
      made.stages.flatMap(({ commands }) => commands),
      [],
    );
    assert.deepEqual(ids(made), [
      'check',
      'ready',
      'warm-up',
      'profile-on',
      'load',
      'profile-off',
      'save',
    ]);
    assert.equal(made.url, 'http://gpu:8000');
  });

  it('without a GPU, nsys starts and stops collection from outside', () => {
    const made = make({}, { gpus: 0 });
    assert.deepEqual(command(made, 'start').args.slice(0, 4), [
      'launch',
      '--session-new=profilemateabc',
      '--trace=nvtx',
      '--trace-fork-before-exec=true',
    ]);
    assert.ok(command(made, 'profile-on').args.includes('--session=profilemateabc'));
    assert.deepEqual(command(made, 'profile-off').args, ['stop', '--session=profilemateabc']);
    assert.match(made.notes[0], /There is no GPU here/);
  });

  it('a range of the program’s own can start and end collection', () => {
    const { args, env } = command(make({ captureRange: 'nvtx:a@b' }), 'start');
    assert.ok(args.includes('--capture-range=nvtx') && args.includes('--nvtx-capture=a\\@b'));
    assert.ok(args.includes('--capture-range-end=repeat'));
    assert.equal(env.NSYS_NVTX_PROFILER_REGISTER_ONLY, '0');
  });

  it('experts: their balance is logged where there is more than one GPU, and the layer tracks them', () => {
    const made = make(
      { mode: 'moe', engineArgs: ['-tp', '2', '--data-parallel-size=2'], runtimeLayer: '/layer' },
      { vllm: [0, 17, 0], pythonPath: '/mine' },
    );
    const { args, env } = command(made, 'start');
    assert.ok(['--enable-eplb', '--enable-expert-parallel'].every((flag) => args.includes(flag)));
    assert.deepEqual(JSON.parse(args[args.indexOf('--eplb-config') + 1]), {
      log_balancedness: true,
      log_balancedness_interval: 20,
    });
    const older = make({ mode: 'moe', engineArgs: ['-tp', '2'] }, { vllm: [0, 12, 0] });
    const asked = command(older, 'start').args;
    assert.deepEqual(JSON.parse(asked[asked.indexOf('--eplb-config') + 1]), {
      log_balancedness: true,
    });
    const own = make({ mode: 'moe', engineArgs: ['-tp', '2', '--eplb-config', '{}'] });
    assert.equal(command(own, 'start').args.filter((arg) => arg === '--eplb-config').length, 1);
    assert.match(own.notes.join(), /as your --eplb-config says/);
    assert.equal(env.PYTHONPATH, '/layer:/mine');
    assert.equal(env.PROFILEMATE_SESSION_DIR, '/runs/r/runtime');
    assert.equal(env.PROFILEMATE_MOE, '1');
    const alone = make({ mode: 'moe' });
    assert.ok(!command(alone, 'start').args.includes('--enable-eplb'));
    assert.match(alone.notes.join(), /more than one GPU/);
    assert.match(alone.notes.join(), /runtime layer is not installed/);
  });

  it('sets no variable of its own that begins with VLLM_', () => {
    const theirs =
      /^VLLM_(TORCH_PROFILER_\w+|TORCH_CUDA_PROFILE|PROFILER_(DELAY|MAX)_ITERS|NVTX_SCOPES_FOR_PROFILING|WORKER_MULTIPROC_METHOD)$/;
    for (const mode of MODES)
      for (const vllm of [[0, 10, 0], [0, 12, 0], [0, 14, 0], undefined] as (
        Version | undefined
      )[]) {
        const { stages } = make({ mode, torch: 'deep', runtimeLayer: '/l' }, { vllm });
        for (const { env } of stages.flatMap(({ commands }) => commands))
          for (const name of Object.keys(env))
            assert.ok(!name.startsWith('VLLM_') || theirs.test(name), name);
        // The variables of the torch profiler are gone in 0.16, and warned of since 0.13.
        if (vllm === undefined || vllm[1] >= 13)
          assert.ok(
            !describePlan({ stages, notes: [], output: make().output }).includes('VLLM_TORCH'),
          );
      }
  });

  it('is shown so that a shell reads back what would be run', async () => {
    const model = `/a b/$(touch x)'"\`;&\\m`;
    const shown = displayCommand({
      program: 'printf',
      args: ['%s\\n', model, '--x=a b', ''],
      env: {},
    });
    const { tail } = await run('sh', ['-c', shown]);
    assert.equal(tail, `${model}\n--x=a b\n\n`);
    assert.equal(quote('plain-word_1/2.3:4'), 'plain-word_1/2.3:4');
  });

  it('is described with every command, request and note', () => {
    const text = describePlan(make({ mode: 'full' }, { gpus: 0 }));
    for (const part of [
      'nsys launch',
      'POST http://127.0.0.1:8000/start_profile',
      'ncu --set',
      'Note: ',
    ])
      assert.ok(text.includes(part), part);
    assert.ok(
      text.indexOf('/stop_profile') < text.indexOf('nsys stop'),
      'what was started last ends first',
    );
  });
});

describe('settings that contradict', () => {
  const problems = (change: Partial<CaptureSettings>): string =>
    settingsProblems(settings(change)).join(' ');

  it('are refused with a sentence', () => {
    const running: Target = { kind: 'running', url: 'http://a' };
    assert.equal(problems({}), '');
    assert.match(problems({ model: ' ' }), /No model/);
    assert.match(problems({ model: '--help' }), /does not begin with a dash/);
    assert.match(problems({ port: 70_000 }), /There is no port 70000/);
    assert.match(problems({ target: running, mode: 'full' }), /Kernel metrics need a process/);
    assert.match(
      problems({ target: running, mode: 'moe' }),
      /has to be there when a server starts/,
    );
    assert.match(problems({ target: { kind: 'running', url: 'gpu:80' } }), /begins with http/);
    assert.match(problems({ mode: 'runtime' }), /not installed/);
    assert.match(problems({ captureRange: 'nvtx:' }), /needs a name/);
    assert.match(problems({ env: { 'A B': '1' } }), /not the name of an environment variable/);
  });
});

describe('kernels that matter', () => {
  it('are named by what both tools print alike, without those that wait for other GPUs', () => {
    const pattern = kernelPattern([
      'void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<x>>>(T1::Params)',
      'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
      'nvjet_tst_128x64_64x8_2x1_v_bz_TNT',
      'void vllm::act_and_mul_kernel<c10::BFloat16, &silu>(T1*, int)',
      'void at::native::vectorized_elementwise_kernel<(int)4, at::native::FillFunctor<int>>(int)',
      'void vllm::act_and_mul_kernel<float>(T1*, int)',
    ]);
    assert.equal(
      pattern,
      '\\b(flash::enable_sm90_or_later|nvjet_tst_128x64_64x8_2x1_v_bz_TNT|act_and_mul_kernel|at::native::FillFunctor)\\b',
    );
    for (const [name, core] of [
      [
        'std::enable_if<(T2>(int)0)&&vllm::_typeConvert<T1>::exists, void>::type ' +
          'vllm::fused_add_rms_norm_kernel<c10::BFloat16, (int)8>(T1 *)',
        'fused_add_rms_norm_kernel',
      ],
      ['std::enable_if<!T7, void>::type internal::gemvx::kernel<int, float>(T1)', 'gemvx::kernel'],
      [
        'void at::native::(anonymous namespace)::CatArrayBatchedCopy<at::native::(anonymous namespace)::OpaqueType<2u>, int>(T1)',
        'CatArrayBatchedCopy',
      ],
      [
        'void at::native::<unnamed>::vectorized_gather_kernel<(int)16, int>(char *)',
        'vectorized_gather_kernel',
      ],
      ['_fwd_kernel', '_fwd_kernel'],
    ]) {
      const found = kernelPattern([name]);
      assert.equal(found, `\\b(${core})\\b`);
      assert.match(name, new RegExp(found));
    }
    assert.doesNotMatch(
      'flash::flash_fwd_kernel<int>()',
      new RegExp(kernelPattern(['_fwd_kernel']) ?? ''),
    );
    assert.equal(kernelPattern(['ncclDevKernel_AllReduce(x)']), undefined);
    assert.equal(kernelPattern([]), undefined);
  });
});

describe('reports of an output', () => {
  it('are found by name and in order of their numbers', () => {
    const names = [
      'timeline.10.nsys-rep',
      'timeline.2.nsys-rep',
      'timeline.nsys-rep',
      'timeline.2.qdstrm',
      'timeline2.nsys-rep',
      'other.nsys-rep',
    ];
    assert.deepEqual(reportsOf('/x/timeline', names), [
      'timeline.nsys-rep',
      'timeline.2.nsys-rep',
      'timeline.10.nsys-rep',
    ]);
    assert.deepEqual(reportsOf('/x/timeline', names, '.qdstrm'), ['timeline.2.qdstrm']);
  });
});

describe('why a program failed', () => {
  const cases: [log: string, why: RegExp, advice: RegExp][] = [
    [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB',
      /ran out of memory/,
      /gpu-memory-utilization/,
    ],
    [
      "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
      /port is taken/,
      /another port/,
    ],
    [
      "OSError: org/M is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
      /no such model/,
      /config\.json/,
    ],
    [
      'vllm: error: unrecognized arguments: --cudagraph-metrics',
      /option --cudagraph-metrics/,
      /version of vLLM/,
    ],
    [
      '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission',
      /performance counters/,
      /NVreg_Restrict/,
    ],
    ["ModuleNotFoundError: No module named 'vllm'", /lacks the module vllm/, /environment/],
    ['OSError: [Errno 28] No space left on device', /disk is full/, /Free some space/],
    ['Cannot access gated repo for url https://huggingface.co/x', /without permission/, /HF_TOKEN/],
    [
      'ValueError: Free memory on device (3.1/79.2 GiB) on startup is less than desired GPU memory utilization',
      /memory for the KV cache/,
      /max-model-len/,
    ],
    ['End of file', /nsys itself broke down/, /Start the run again/],
    [
      "Connection to Agent lost. This is most likely a bug. Internal reason: 'End of file'.",
      /nsys itself broke down/,
      /another version/,
    ],
  ];
  for (const [log, why, advice] of cases) {
    it(log.slice(0, 60), () => {
      const found = reasonFor(
        `INFO something\n${log}\nRuntimeError: Engine core initialization failed.`,
      );
      assert.match(found?.why ?? '', why);
      assert.match(found?.advice ?? '', advice);
    });
  }

  it('is not made up', () => assert.equal(reasonFor('INFO all is well\n'), undefined));
});

describe('secrets', () => {
  it('are masked wherever they turn up, and nothing else is', () => {
    const secrets = new Secrets(
      { HF_TOKEN: 'hunter2hunter2', MY_API_KEY: 'abcdef', PATH: '/usr/bin' },
      ['--api-key', 'topsecret', '--max-num-batched-tokens', '8192', '--x-token=inline-one'],
    );
    assert.equal(
      secrets.mask('hunter2hunter2 abcdef topsecret inline-one 8192 /usr/bin hf_abcdefghijkl'),
      '*** *** *** *** 8192 /usr/bin ***',
    );
    assert.deepEqual(secrets.maskAll({ env: { A_TOKEN: 'x', B: 'y' }, list: ['topsecret', 3] }), {
      env: { A_TOKEN: '***', B: 'y' },
      list: ['***', 3],
    });
  });
});
