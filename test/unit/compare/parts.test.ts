import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Roofline, RooflinePoint } from '../../../src/analysis/ncu/roofline';
import {
  changePoints,
  compare,
  readClient,
  rooflineArrows,
  snapshotOfSummary,
} from '../../../src/analysis/compare';
import { readCommand } from '../../../src/analysis/compare/command';
import { family, matchKernels } from '../../../src/analysis/compare/match';
import { rankSumChances, shift } from '../../../src/analysis/compare/shift';
import { Random } from '../../data/random';
import { judge } from '../../../src/analysis/compare/verdict';

const kernel = (name: string, calls = 1, cut = false) => ({ name, calls, cut });
const kinds = (before: readonly string[], after: readonly string[]) =>
  matchKernels(
    before.map((name) => kernel(name)),
    after.map((name) => kernel(name)),
  ).map(({ kind, baseline, current }) => [
    kind,
    baseline.map(({ name }) => name).join(),
    current.map(({ name }) => name).join(),
  ]);

describe('matching kernels', () => {
  it('knows a kernel again that another demangler wrote', () => {
    const one =
      'void vllm::rms_norm_kernel<c10::Half, (int)8, (bool)1>(c10::Half *, const float *)';
    const other = 'vllm::rms_norm_kernel<c10::Half, 8, true>(c10::Half*, float const*)';
    assert.deepEqual(kinds([one], [other]), [['same', one, other]]);
  });

  it('knows a kernel again of which one report leaves out namespaces, unless two could be meant', () => {
    const whole = 'void at::native::reduce_kernel<(int)512, at::native::MeanOps<float>>(T3)';
    const short = 'void at::reduce_kernel<512, MeanOps<float>>(T3)';
    assert.deepEqual(kinds([whole], [short]), [['same', whole, short]]);
    const several = kinds(['a::scale(int)', 'b::scale(int)'], ['scale(int)']);
    assert.ok(several.every(([kind]) => kind !== 'same'));
  });

  it('takes another tile for the same work under another name', () => {
    const before = 'nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT';
    const after = 'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNT';
    assert.deepEqual(kinds([before], [after]), [['renamed', before, after]]);
    const layout = 'nvjet_tst_128x256_64x4_1x2_h_bz_coopA_NNT';
    assert.deepEqual(kinds([before], [layout]), [
      ['new', '', layout],
      ['gone', before, ''],
    ]);
  });

  it('keeps number formats apart', () => {
    assert.notEqual(family('gemm_fp8_128x128'), family('gemm_fp16_128x128'));
    assert.notEqual(family('f_e4m3_64'), family('f_e5m2_64'));
  });

  it('of several in a family takes those called as often', () => {
    const before = [kernel('g_64x64', 10), kernel('g_128x64', 40)];
    const after = [kernel('g_256x64', 39), kernel('g_32x32', 11)];
    const pairs = matchKernels(before, after).map((m) => [m.baseline[0].name, m.current[0].name]);
    assert.deepEqual(
      new Map(pairs as [string, string][]),
      new Map([
        ['g_128x64', 'g_256x64'],
        ['g_64x64', 'g_32x32'],
      ]),
    );
    assert.deepEqual(
      matchKernels([kernel('g_64x64', 10)], [kernel('g_32x32', 100)]).map(({ kind }) => kind),
      ['new', 'gone'],
    );
  });

  it('compares names that were cut by what is left of them', () => {
    const name = 'k'.repeat(100);
    const [match] = matchKernels([kernel(name.slice(0, 80), 1, true)], [kernel(name)]);
    assert.equal(match.kind, 'same');
  });

  it('puts every kernel into one match', () => {
    const before = ['a', 'b', 'c_1', 'c_2'];
    const after = ['b', 'c_3', 'd'];
    const matches = kinds(before, after);
    assert.deepEqual(matches.flatMap(([, name]) => (name ? name.split(',') : [])).sort(), before);
    assert.deepEqual(matches.flatMap(([, , name]) => (name ? name.split(',') : [])).sort(), after);
  });
});

describe('the noise of repeated runs', () => {
  it('has the distribution that counting all orders gives', () => {
    for (const [m, n] of [
      [2, 3],
      [4, 4],
      [3, 5],
    ] as const) {
      const counts = new Float64Array(m * n + 1);
      let orders = 0;
      for (let bits = 0; bits < 1 << (m + n); bits++) {
        const places = Array.from({ length: m + n }, (_, i) => (bits >> i) & 1);
        if (places.filter(Boolean).length !== m) continue;
        let u = 0;
        places.forEach((mine, i) => {
          if (mine) u += places.slice(0, i).filter((other) => !other).length;
        });
        counts[u]++;
        orders++;
      }
      rankSumChances(m, n).forEach((chance, u) =>
        assert.ok(Math.abs(chance - counts[u] / orders) < 1e-12, `${m} ${n} ${u}`),
      );
    }
  });

  it('gives the interval of the textbook, and says how sure it is', () => {
    // m = n = 5: the 95 % interval leaves out the two smallest and largest of 25 (96.8 %).
    const from = [1, 2, 3, 4, 5];
    const to = [11, 12.1, 13.2, 14.3, 15.4];
    const differences = to.flatMap((b) => from.map((a) => b - a)).sort((a, b) => a - b);
    const { estimate, interval } = shift(from, to, (a, b) => b - a);
    assert.equal(estimate, differences[12]);
    assert.equal(interval!.low, differences[2]);
    assert.equal(interval!.high, differences[22]);
    assert.ok(Math.abs(interval!.confidence - 0.968) < 0.001, String(interval!.confidence));
    const three = shift([1, 2, 3], [4, 5, 6], (a, b) => b - a);
    assert.ok(Math.abs(three.interval!.confidence - 0.9) < 1e-9);
    assert.equal(shift([1], [2, 3], (a, b) => b - a).interval, undefined);
  });

  it('counts a change that is above the threshold and not noise', () => {
    const rule = { better: 'lower', change: 'relative', threshold: 10 } as const;
    assert.equal(judge([10], [11], rule).verdict, 'within noise');
    assert.equal(judge([10], [11.1], rule).verdict, 'regressed');
    assert.equal(judge([10], [8.9], rule).verdict, 'improved');
    assert.equal(judge([10], [8.9], { ...rule, better: 'higher' }).verdict, 'regressed');
    assert.equal(
      judge([90], [79], { better: 'higher', change: 'points', threshold: 10 }).verdict,
      'regressed',
    );
    assert.equal(judge([5, 9, 20, 8], [6, 12, 25, 10], rule).verdict, 'within noise');
    assert.equal(judge([9, 10, 13], [12], rule).verdict, 'within noise');
    assert.equal(judge([9, 10, 11], [13], rule).verdict, 'regressed');
    assert.equal(judge([0], [0], rule).verdict, 'within noise');
    assert.deepEqual(judge([0], [5], rule), {
      baseline: 0,
      current: 5,
      change: null,
      interval: null,
      verdict: 'not comparable',
    });
  });
});

describe('the command of a run', () => {
  it('tells model and flags, and keeps no secret', () => {
    const { model, flags } = readCommand(
      `vllm serve org/Model-7B --tensor-parallel-size 2 --port 8000 --enforce-eager --api-key abc --hf_token=hf_x --max-num-batched-tokens 8192 --kv-transfer-config '{"password": "p w"}'`,
    );
    assert.equal(model, 'org/Model-7B');
    assert.deepEqual(flags.slice(0, 1), ['--enforce-eager']);
    assert.ok(flags.includes('--tensor-parallel-size=2'));
    assert.ok(flags.includes('--max-num-batched-tokens=8192'));
    assert.doesNotMatch(flags.join(' '), /abc|hf_x|p w|8000/);
    assert.equal(flags.length, 4);
    assert.equal(readCommand('python -m vllm.entrypoints.openai.api_server --model m').model, 'm');
  });
});

describe('the figures of a client', () => {
  it('are read from percentiles by metric and from what vLLM writes', () => {
    const nested = readClient({
      metrics: { ttft_ms: { p50: 20, p95: 40, p99: 60 }, itl: { p50: 8 } },
    });
    assert.equal(nested?.latencies.ttft?.p95, 40);
    assert.equal(nested?.latencies.itl?.p50, 8);
    assert.equal(nested?.latencies.tpot, undefined);
    const flat = readClient({
      median_ttft_ms: 21,
      p99_tpot_ms: 9,
      output_throughput: 1234,
      completed: 64,
    });
    assert.equal(flat?.latencies.ttft?.p50, 21);
    assert.equal(flat?.latencies.tpot?.p99, 9);
    assert.equal(flat?.outputTokensPerSecond, 1234);
    assert.equal(flat?.requests, 64);
    assert.equal(readClient({ ttft_s: { p50: 0.5 } })?.latencies.ttft?.p50, 500);
    assert.equal(readClient({ hello: 1 }), undefined);
    assert.equal(readClient([]), undefined);
  });
});

describe('change points', () => {
  const noisy = (levels: readonly number[], each: number): number[] => {
    const random = new Random(5);
    return levels.flatMap((level) =>
      Array.from({ length: each }, () => random.about(level * 1e6, 0.01)),
    );
  };

  it('are found where the level changes, with both levels', () => {
    const found = changePoints(noisy([10, 12, 9], 12));
    assert.deepEqual(
      found.map(({ index }) => index),
      [12, 24],
    );
    assert.ok(Math.abs(found[0].from / 10e6 - 1) < 0.01 && Math.abs(found[0].to / 12e6 - 1) < 0.01);
  });

  it('are not found in noise, in one odd run, or in a run or two', () => {
    assert.deepEqual(changePoints(noisy([10], 60)), []);
    const odd = noisy([10], 20);
    odd[9] *= 1.02;
    assert.deepEqual(changePoints(odd), []);
    assert.deepEqual(changePoints([1, 2]), []);
    assert.deepEqual(changePoints([]), []);
    assert.deepEqual(changePoints([0, 0, 0, 0, 0]), []);
    assert.deepEqual(changePoints([7, 7, 7, 7, 7]), []);
    assert.deepEqual(
      changePoints([7, 7, 7, 8, 8, 8]).map(({ index }) => index),
      [3],
    );
  });
});

describe('two rooflines', () => {
  const point = (name: string, intensity: number, launches = 1) =>
    ({ name, intensity, launches }) as unknown as RooflinePoint;
  const of = (...points: RooflinePoint[]) => ({ points }) as unknown as Roofline;

  it('are arrows from where each kernel stood to where it stands', () => {
    const arrows = rooflineArrows(
      of(point('void f<(int)4>(int)', 1), point('gemm_64x64', 5), point('gone', 2)),
      of(point('f<4>', 3), point('gemm_128x64', 9), point('new', 7)),
    );
    assert.deepEqual(
      arrows.map(({ kind, name, from, to }) => [kind, name, from?.intensity, to?.intensity]),
      [
        ['same', 'f<4>', 1, 3],
        ['renamed', 'gemm_128x64', 5, 9],
        ['new', 'new', undefined, 7],
        ['gone', 'gone', 2, undefined],
      ],
    );
  });
});

describe('the figures of a client alone', () => {
  const bench = (more: object = {}) => ({
    date: '20260301-101112',
    model_id: 'org/model',
    duration: 10,
    completed: 100,
    total_input_tokens: 51_200,
    total_output_tokens: 12_800,
    max_concurrency: 8,
    output_throughput: 1280,
    median_ttft_ms: 45,
    median_tpot_ms: 10,
    ...more,
  });
  const run = (more: object = {}) => snapshotOfSummary(bench(more), { label: 'bench.json' });

  it('are a run: its model, its time, and what it measured', () => {
    const { source, identity, client, kernels } = run();
    assert.equal(source, 'client');
    assert.equal(identity.model, 'org/model');
    assert.equal(identity.capturedAt, new Date(2026, 2, 1, 10, 11, 12).toISOString());
    assert.equal(client?.latencies.tpot?.p50, 10);
    assert.deepEqual([client?.promptTokens, client?.outputTokens], [512, 128]);
    assert.deepEqual(kernels, []);
    const ours = snapshotOfSummary(
      {
        schema_version: 1,
        source: 'profilemate',
        model: 'org/model',
        start_utc_ms: Date.UTC(2026, 2, 1),
        completed: 10,
        prompt_tokens: 5120,
        tpot_ms: { p50: 10 },
      },
      { label: 'client.json' },
    );
    assert.equal(ours.source, 'client');
    assert.equal(ours.identity.capturedAt, '2026-03-01T00:00:00.000Z');
    assert.equal(ours.client?.promptTokens, 512);
  });

  it('are judged where the load is the same', () => {
    const slower = compare([run()], [run({ median_tpot_ms: 11.5 })]);
    assert.equal(slower.verdict, 'regressed');
    assert.deepEqual(slower.differences, []);
    assert.equal(compare([run()], [run({ median_tpot_ms: 10.5 })]).verdict, 'within noise');
    for (const load of [
      { total_input_tokens: 102_400 },
      { total_output_tokens: 25_600 },
      { max_concurrency: 16 },
    ]) {
      const other = compare([run()], [run({ median_tpot_ms: 20, ...load })]);
      assert.equal(other.verdict, 'not comparable', JSON.stringify(load));
      assert.match(other.differences[0].text, /^Another load of the client: /);
    }
  });

  it('have no latency of zero, which vLLM writes for none', () => {
    assert.equal(run({ median_ttft_ms: 0, mean_ttft_ms: 0 }).client?.latencies.ttft, undefined);
  });
});
