import assert from 'node:assert/strict';
import { Analysis } from '../../../src/analysis/analysis';
import { COMPONENTS } from '../../../src/analysis/components';
import {
  componentBreakdown,
  phaseBreakdown,
  stepPoints,
  type PhaseRow,
} from '../../../src/analysis/phases';
import { PHASES, type Phase, type Scope } from '../../../src/profile/scope';
import { unionLength, type Interval, type PhaseTruth, type Truth } from '../../data/truth';
import type { VllmOptions } from '../../data/vllm';
import { buildProfile, randomNumbers, type ProfileSpec } from './build';
import { generated } from './generated';

describe('phases of generated runs', () => {
  const RUNS: Record<string, Partial<VllmOptions>> = {
    'node-level graphs, two ranks': {},
    'graphs traced as a whole': { graphs: 'graph', seed: 2 },
    'eager, two engines of two ranks': { graphs: 'none', engines: 2, seed: 3 },
    'mixture of experts, ordinals of their own': { moe: true, ownOrdinals: true, seed: 4 },
    'detailed annotation, synchronous': { stepFormat: 'vllm-detailed', async: false, seed: 5 },
    'vLLM 0.11': { stepFormat: 'vllm-0.11', seed: 6 },
    'a fork': { stepFormat: 'fork', seed: 7 },
    SGLang: { stepFormat: 'sglang', seed: 8 },
    'plain ranges': { stepFormat: 'plain', seed: 9 },
    'operator ranges': { operatorRanges: true, graphs: 'none', seed: 10 },
  };
  for (const [name, options] of Object.entries(RUNS)) {
    it(`are as written: ${name}`, async () => {
      const { profile, truth } = await generated({ layers: 4, ...options });
      const analysis = new Analysis(profile);
      const breakdown = phaseBreakdown(analysis, {});
      assert.equal(breakdown.missing, undefined);
      assert.equal(breakdown.engines, options.engines ?? 1);
      assert.equal(breakdown.ranks, 2 * (options.engines ?? 1));
      assert.equal(breakdown.busy, truth.busy);
      assert.equal(breakdown.coverage, truth.attributedBusy / truth.busy);
      for (const row of breakdown.phases) checkPhase(row, truth.phases[row.phase], breakdown.busy);
      checkSteps(analysis, truth);
    });
  }

  it('say why there are none', async () => {
    const { profile } = await generated({ stepFormat: 'none', steps: 6 });
    const breakdown = phaseBreakdown(new Analysis(profile), {});
    assert.equal(breakdown.missing, 'no-step-ranges');
    assert.equal(breakdown.stepFormat, undefined);
    assert.equal(breakdown.coverage, 0);
    assert.ok(breakdown.busy > 0);
    assert.deepEqual(
      breakdown.phases.map(({ phase, share }) => [phase, share]),
      [
        ['prefill', 0],
        ['decode', 0],
        ['mixed', 0],
        ['unattributed', 1],
      ],
    );
  });

  function checkPhase(row: PhaseRow, truth: PhaseTruth, busy: number): void {
    assert.equal(row.steps, truth.steps, row.phase);
    assert.equal(row.busy, truth.busy, row.phase);
    assert.equal(row.share, truth.busy / busy, row.phase);
    assert.equal(row.total, truth.total, row.phase);
    assert.equal(row.span, truth.span, row.phase);
    assert.equal(row.idle, truth.idle, row.phase);
    // What a format does not say must not be shown, and what it says must be right.
    if (row.requests !== undefined) assert.equal(row.requests, truth.requests);
    if (row.contextTokens !== undefined) assert.equal(row.contextTokens, truth.contextTokens);
    if (row.generationTokens !== undefined) {
      assert.equal(row.generationTokens, truth.generationTokens);
    }
    if (row.tokensPerSecond !== undefined) {
      const tokens = truth.contextTokens + truth.generationTokens;
      close(row.tokensPerSecond, tokens / (truth.span / 1e9));
    }
    const kernelsAndCopies = row.components.filter(({ component }) => component !== 'other');
    assert.deepEqual(
      new Map(
        kernelsAndCopies.map(({ component, instances, total }) => [
          component,
          { instances, total },
        ]),
      ),
      new Map(
        [...truth.components]
          .sort((a, b) => COMPONENTS.indexOf(a[0]) - COMPONENTS.indexOf(b[0]))
          .filter(([c]) => c !== 'other'),
      ),
    );
    const all = row.components.reduce((sum, { instances }) => sum + instances, 0);
    assert.equal(all, truth.operations, row.phase);
  }

  function checkSteps(analysis: Analysis, truth: Truth): void {
    const expected = truth.steps
      .filter((step) => step.rank === 0)
      .map(({ start, end, busy, phase, name }) => ({ start, span: end - start, busy, phase, name }))
      .sort((a, b) => a.start - b.start);
    const points = stepPoints(analysis, {});
    assert.deepEqual(
      points.map(({ start, span, busy, phase, name }) => ({ start, span, busy, phase, name })),
      expected,
    );
    const spans = expected.map(({ span }) => span).sort((a, b) => a - b);
    const rows = phaseBreakdown(analysis, {}).phases;
    for (const phase of PHASES) {
      const own = expected.filter((step) => step.phase === phase).map(({ span }) => span);
      own.sort((a, b) => a - b);
      const row = rows.find((r) => r.phase === phase)!;
      if (own.length === 0) {
        assert.equal(row.stepTime, undefined);
        continue;
      }
      const middle = [Math.floor((own.length - 1) / 2), Math.ceil((own.length - 1) / 2)];
      close(row.stepTime!.p50, (own[middle[0]] + own[middle[1]]) / 2);
      assert.ok(row.stepTime!.p95 <= row.stepTime!.p99 && row.stepTime!.p99 <= own.at(-1)!);
    }
    assert.ok(spans.length > 20);
  }
});

describe('phases recounted', () => {
  it('agree with a recount of every activity, in every scope', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { spec, activities } = randomRun(seed);
      const analysis = new Analysis(buildProfile(spec));
      const scopes: Scope[] = [
        {},
        { devices: [1] },
        { window: [100, 400] },
        { phase: 'decode' },
        { devices: [0], window: [0, 300], phase: 'unattributed' },
        { devices: [] },
      ];
      for (const scope of scopes) {
        const inScope = activities.filter(
          ({ device, start, phase }) =>
            (!scope.devices || scope.devices.includes(device)) &&
            (!scope.window || (start >= scope.window[0] && start < scope.window[1])) &&
            (!scope.phase || scope.phase === phase),
        );
        const label = `seed ${seed} ${JSON.stringify(scope)}`;
        const breakdown = phaseBreakdown(analysis, scope);
        assert.equal(breakdown.busy, busyOf(inScope), label);
        const explained = inScope.filter(({ phase }) => phase !== 'unattributed');
        close(breakdown.coverage * breakdown.busy, busyOf(explained));
        for (const row of breakdown.phases) {
          const own = inScope.filter(({ phase }) => phase === row.phase);
          assert.equal(row.busy, busyOf(own), label);
          assert.equal(row.total, sum(own.map(({ start, end }) => end - start)), label);
          assert.deepEqual(
            row.topKernels.map(({ name, instances, total }) => ({ name, instances, total })),
            topOf(own),
            label,
          );
        }
        const components = componentBreakdown(analysis, scope);
        for (const { component, instances, total } of components) {
          const own = inScope.filter((activity) => activity.component === component);
          assert.equal(instances, own.length, label);
          assert.equal(total, sum(own.map(({ start, end }) => end - start)), label);
        }
        assert.equal(sum(components.map(({ instances }) => instances)), inScope.length, label);
        assert.equal(components.at(-1)!.component, 'other');
      }
    }
  });

  it('holds only whole steps in a window, and steps of the ranks on its devices', () => {
    const profile = buildProfile({
      threads: [{}, {}],
      devices: [{}, {}],
      streams: [{ device: 0 }, { device: 1 }],
      ranges: [0, 1].flatMap((thread) =>
        [0, 100, 200].map((start) => ({
          name: 'execute_context_0(0)_generation_4(4)',
          thread,
          start,
          end: start + 50,
        })),
      ),
      api: [0, 1].flatMap((thread) =>
        [0, 100, 200].flatMap((at, i) => [
          { thread, start: at + 1, end: at + 2, correlation: 10 * thread + 2 * i + 1 },
          { thread, start: at + 60, end: at + 61, correlation: 10 * thread + 2 * i + 2 },
        ]),
      ),
      kernels: [0, 1].flatMap((stream) =>
        [0, 100, 200].flatMap((at, i) => [
          { stream, start: at + 5, end: at + 30, correlation: 10 * stream + 2 * i + 1 },
          { stream, start: at + 70, end: at + 80, correlation: 10 * stream + 2 * i + 2 },
        ]),
      ),
    });
    const analysis = new Analysis(profile);
    const decode = (scope: Scope) => phaseBreakdown(analysis, scope).phases[1];
    assert.equal(decode({}).steps, 3);
    assert.equal(decode({}).requests, 12);
    assert.equal(decode({}).span, 225);
    assert.equal(decode({}).idle, 225 - 105);
    assert.deepEqual(decode({}).batchSizes, [{ requests: 4, steps: 3, stepTime: 75 }]);
    // The window ends before the last kernel of the third step.
    assert.equal(decode({ window: [0, 270] }).steps, 2);
    assert.equal(decode({ window: [0, 271] }).steps, 3);
    assert.equal(decode({ window: [6, 271] }).steps, 2);
    assert.equal(decode({ devices: [1] }).steps, 3);
    assert.equal(stepPoints(analysis, { devices: [1] })[0].step, 3);
    assert.equal(decode({ devices: [] }).steps, 0);
    assert.equal(decode({ phase: 'prefill' }).steps, 0);
  });

  it('shows no figure that the step names do not hold', () => {
    const analysis = new Analysis(
      buildProfile({
        ranges: [
          { name: 'step[MIXED bs=2]', start: 0, end: 10 },
          { name: 'step[MIXED bs=2 c=1 g=1 c_sq=5 g_sq=1]', start: 20, end: 30 },
        ],
        api: [{ start: 1, end: 2, correlation: 1 }],
        kernels: [{ start: 5, end: 9, correlation: 1 }],
      }),
    );
    const mixed = phaseBreakdown(analysis, {}).phases[2];
    assert.equal(mixed.steps, 2);
    assert.equal(mixed.requests, undefined);
    assert.equal(mixed.contextTokens, undefined);
    assert.equal(mixed.tokensPerSecond, undefined);
    assert.deepEqual(mixed.batchSizes, []);
    assert.equal(phaseBreakdown(analysis, {}).phases[0].requests, undefined);
  });

  it('say what is missing', () => {
    const missing = (spec: ProfileSpec) =>
      phaseBreakdown(new Analysis(buildProfile(spec)), {}).missing;
    const kernels = [{ start: 0, end: 1 }];
    assert.equal(missing({}), 'no-activities');
    assert.equal(missing({ ranges: [{ name: 'decode', start: 0, end: 1 }] }), 'no-activities');
    assert.equal(missing({ kernels }), 'no-ranges');
    assert.equal(missing({ kernels, ranges: [{ name: 'x', start: 0, end: 1 }] }), 'no-step-ranges');
    assert.equal(missing({ kernels, ranges: [{ name: 'decode', start: 0, end: 1 }] }), undefined);
  });
});

interface Activity {
  device: number;
  start: number;
  end: number;
  phase: Phase;
  component: string;
  /** Of a kernel. */
  name?: string;
}

const STEP_NAMES: [string, Phase][] = [
  ['execute_context_1(9)_generation_0(0)', 'prefill'],
  ['execute_context_0(0)_generation_2(2)', 'decode'],
  ['execute_context_1(9)_generation_2(2)', 'mixed'],
];
const KERNELS: [string, string][] = [
  ['nvjet_a', 'gemm'],
  ['nvjet_b', 'gemm'],
  ['flash_fwd_kernel', 'attention'],
  ['strange', 'other'],
];

/** Two devices, two threads, few moments: steps one after another, work wherever it likes. */
function randomRun(seed: number): { spec: ProfileSpec; activities: Activity[] } {
  const random = randomNumbers(seed);
  const ranges = [0, 1].flatMap((thread) => {
    const steps: { name: string; phase: Phase; thread: number; start: number; end: number }[] = [];
    for (let at = random.whole(0, 60); at < 500;) {
      const [name, phase] = random.pick(STEP_NAMES);
      const end = at + random.whole(0, 40);
      steps.push({ name, phase, thread, start: at, end });
      at = end + random.whole(1, 40);
    }
    return steps;
  });
  const api = Array.from({ length: 60 }, (_, i) => {
    const start = random.whole(0, 520);
    return {
      start,
      end: start + random.whole(0, 5),
      thread: random.whole(0, 1),
      correlation: i + 1,
    };
  });
  const phaseOf = (correlation: number): Phase => {
    const call = api.find((c) => c.correlation === correlation);
    const begun = ranges.filter((r) => r.thread === call?.thread && r.start <= call.start);
    return begun.sort((a, b) => b.start - a.start)[0]?.phase ?? 'unattributed';
  };
  const activities: Activity[] = [];
  const work = (component: string, name?: string) => {
    const start = random.whole(0, 600);
    const row = {
      start,
      end: start + random.whole(0, 30),
      stream: random.whole(0, 3),
      correlation: random.whole(0, 70),
    };
    activities.push({
      ...row,
      device: row.stream % 2,
      phase: phaseOf(row.correlation),
      component,
      name,
    });
    return row;
  };
  const some = <T>(most: number, make: () => T) =>
    Array.from({ length: random.whole(0, most) }, make);
  const spec: ProfileSpec = {
    threads: [{}, {}],
    devices: [{}, {}],
    streams: [0, 1, 0, 1].map((device) => ({ device })),
    ranges,
    api,
    kernels: some(80, () => {
      const [name, component] = random.pick(KERNELS);
      return { ...work(component, name), name };
    }),
    memcpys: some(20, () => work('memory')),
    memsets: some(10, () => work('memory')),
    graphTraces: some(10, () => work('other')),
  };
  return { spec, activities };
}

function topOf(activities: Activity[]) {
  const sums = new Map<string, { name: string; instances: number; total: number }>();
  for (const { name, start, end } of activities) {
    if (name === undefined) continue;
    const known = sums.get(name) ?? { name, instances: 0, total: 0 };
    sums.set(name, {
      name,
      instances: known.instances + 1,
      total: known.total + end - start,
    });
  }
  return [...sums.values()].sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

function busyOf(activities: Activity[]): number {
  const devices = [...new Set(activities.map(({ device }) => device))];
  return sum(
    devices.map((device) =>
      unionLength(
        activities
          .filter((activity) => activity.device === device)
          .map(({ start, end }): Interval => [start, end]),
      ),
    ),
  );
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected), `${actual} ${expected}`);
}
