import assert from 'node:assert';
import { Analysis } from '../../../src/analysis/analysis';
import { flame, sourceOf, type Flame } from '../../../src/analysis/flame';
import { memoryByOperator, memoryDevices, memorySeries } from '../../../src/analysis/memory-events';
import { operatorChildren, operators } from '../../../src/analysis/operators';
import { phaseBreakdown } from '../../../src/analysis/phases';
import { skew } from '../../../src/analysis/skew';
import { resultsOfAnalysis } from '../../../src/cli/results';
import type { Profile } from '../../../src/profile/model';
import { operatorsCsv } from '../../../src/report/operators-csv';
import { summarise } from '../../../src/report/summary';
import { renderText } from '../../../src/report/text';
import { newTruth, trace, type TraceOptions } from '../../data/torch/trace';
import { call, kernel, operator, readEvents, readText } from './read';

const row = (profile: Profile, name: string) =>
  operators(new Analysis(profile), {}).rows.find((candidate) => candidate.name === name)!;
const named = (found: Flame | undefined, name: string) =>
  found!.nodes.find((node) => node.name === name)!;

describe('torch: operators', () => {
  it('have their own time and that of what they call', async () => {
    // aten::linear [0,100] around aten::addmm [10,90], which launches in [20,30].
    const profile = await readEvents(
      operator({ name: 'aten::linear', ts: 1000, dur: 100, args: { 'External id': 1 } }),
      operator({ name: 'aten::addmm', ts: 1010, dur: 80, args: { 'External id': 2 } }),
      call({ ts: 1020, dur: 10 }, { 'External id': 2, correlation: 5 }),
      kernel({ ts: 1050, dur: 40 }, { 'External id': 2, correlation: 5 }),
    );
    const { cpuTotal, cpuSelf, gpuTotal, gpuSelf } = row(profile, 'aten::linear');
    assert.deepStrictEqual([cpuTotal, cpuSelf, gpuTotal, gpuSelf], [100e3, 20e3, 40e3, 0]);
    const inner = row(profile, 'aten::addmm');
    assert.deepStrictEqual(
      [inner.cpuTotal, inner.cpuSelf, inner.gpuTotal, inner.gpuSelf, inner.gpuShare],
      [80e3, 70e3, 40e3, 40e3, 1],
    );
    const analysis = new Analysis(profile);
    const [top] = operatorChildren(analysis, {}, undefined);
    assert.deepStrictEqual([top.name, top.children], ['aten::linear', 1]);
    const [below] = operatorChildren(analysis, {}, top.id);
    assert.deepStrictEqual([below.name, below.children], ['aten::addmm', 1]);
  });

  it('of a trace of the CPU alone have no GPU time, and not one of zero', async () => {
    const profile = await readEvents(
      operator({ name: 'aten::linear', ts: 1000, dur: 100 }),
      operator({ name: 'aten::addmm', ts: 1010, dur: 80 }),
    );
    const analysis = new Analysis(profile);
    const unknown = [undefined, undefined, undefined];
    const [top] = operatorChildren(analysis, {}, undefined);
    for (const { gpuTotal, gpuSelf, gpuShare } of [...operators(analysis, {}).rows, top])
      assert.deepStrictEqual([gpuTotal, gpuSelf, gpuShare], unknown);
    assert.deepStrictEqual([row(profile, 'aten::linear').cpuSelf, top.cpuTotal], [20e3, 100e3]);
    const results = resultsOfAnalysis(analysis);
    const { prefill_decode, attribution, phases, graphs } = summarise(results, '0');
    assert.strictEqual(attribution.missing, 'no-activities');
    assert.deepStrictEqual([attribution.gpu_busy_ms, attribution.coverage_percent], [null, null]);
    assert.deepStrictEqual([graphs.time_inside_ms, graphs.time_outside_ms], [null, null]);
    for (const { gpu_busy_ms, percent, span_ms, components } of phases)
      assert.deepStrictEqual([gpu_busy_ms, percent, span_ms, components], [null, null, null, {}]);
    assert.strictEqual(prefill_decode.prefill.total_ms, 0, 'scripts read a number here');
    const [, first] = [...operatorsCsv(operators(analysis, {}).rows)];
    assert.match(first, /,,,,\n$/);
    assert.doesNotMatch(renderText(results), /GPU self|GPU ops|GPU busy \(/);
    // With work on a GPU, an operator that launched none has none of it.
    const watched = await readEvents(
      operator({ name: 'aten::linear', ts: 1000, dur: 100, args: { 'External id': 1 } }),
      operator({ name: 'aten::addmm', ts: 1200, dur: 80, args: { 'External id': 2 } }),
      call({ ts: 1220, dur: 10 }, { 'External id': 2, correlation: 5 }),
      kernel({ ts: 1250, dur: 40 }, { 'External id': 2, correlation: 5 }),
    );
    assert.strictEqual(row(watched, 'aten::linear').gpuTotal, 0);
  });

  it('that only call one of their own name are one', async () => {
    const profile = await readEvents(
      ...[0, 1, 2].map((i) =>
        operator({
          name: 'aten::to',
          ts: 1000 + i,
          dur: 100 - 2 * i,
          args: { 'External id': i + 1 },
        }),
      ),
      kernel({}, { 'External id': 3 }),
    );
    const { count, cpuTotal, cpuSelf, gpuSelf } = row(profile, 'aten::to');
    assert.deepStrictEqual([count, cpuTotal, cpuSelf, gpuSelf], [1, 100e3, 100e3, 1e3]);
  });

  it("of a profiler's steps are one row", async () => {
    const step = (number: number): object =>
      operator({
        cat: 'user_annotation',
        name: `ProfilerStep#${number}`,
        ts: number * 100,
        args: {},
      });
    const profile = await readEvents(step(1), step(2), step(3));
    assert.deepStrictEqual([row(profile, 'ProfilerStep*').count], [3]);
  });

  it('are joined by the launching call where the ids lead nowhere', async () => {
    const profile = await readEvents(
      operator({ ts: 1000, dur: 100, args: { 'External id': 1 } }),
      call({ ts: 1020 }, { 'External id': 900, correlation: 900 }),
      kernel({ ts: 1050 }, { 'External id': 900, correlation: 900 }),
    );
    const result = operators(new Analysis(profile), {});
    assert.deepStrictEqual([result.joinedBy, result.coverage], ['call', 1]);
    assert.strictEqual(row(profile, 'aten::mm').gpuSelf, 1e3);
  });

  it('of a generated run are those of its truth, whole, by phase and by window', async () => {
    const truth = newTruth();
    const profile = await readText(trace({ steps: 8, layers: 3 }, truth).text);
    const analysis = new Analysis(profile);
    for (const [name, { count, gpu }] of truth.byOperator) {
      const found = operators(analysis, {}).rows.find((candidate) => candidate.name === name)!;
      assert.deepStrictEqual([found.count, BigInt(found.gpuSelf!)], [count, gpu]);
      const parts = (['prefill', 'decode'] as const).map((phase) =>
        operators(analysis, { phase }).rows.find((candidate) => candidate.name === name)!,
      );
      assert.strictEqual(parts[0].count, (count / 8) * truth.prefill);
      assert.strictEqual(parts[0].gpuSelf! + parts[1].gpuSelf!, found.gpuSelf);
    }
    const shapes = operators(analysis, {}, 'shape').rows.filter(({ name }) => name === 'aten::mm');
    assert.deepStrictEqual(shapes.map(({ shapes: dims, count }) => [dims, count]).sort(), [
      ['[[16,4096],[4096,4096]]', 18],
      ['[[512,4096],[4096,4096]]', 6],
    ]);
    assert.strictEqual(operators(analysis, { window: [-1, 0] }).rows.length, 0);
  });

  it('are none in a profile of another tool', () => {
    const profile = { operators: undefined } as Profile;
    const analysis = new Analysis(profile);
    assert.deepStrictEqual(operators(analysis, {}).rows, []);
    assert.strictEqual(flame(analysis, {}, 'stack'), undefined);
    assert.deepStrictEqual(memoryDevices({ profile: {} } as Analysis, {}), []);
  });
});

describe('torch: flame graph', () => {
  it('has the modules and operators of a generated run', async () => {
    const truth = newTruth();
    const profile = await readText(trace({ steps: 8, layers: 3 }, truth).text);
    const analysis = new Analysis(profile);
    const stack = flame(analysis, {}, 'stack');
    assert.strictEqual(BigInt(stack!.total), truth.kernelTime);
    const forward = named(stack, 'vllm/model_executor/models/llama.py(412): forward');
    assert.deepStrictEqual(forward.source, {
      file: 'vllm/model_executor/models/llama.py',
      line: 412,
    });
    assert.deepStrictEqual(stack!.nodes[forward.parent].name, 'prefill');
    const decode = named(stack, 'decode');
    assert.strictEqual(
      decode.total,
      phaseBreakdown(analysis, {}).phases.find(({ phase }) => phase === 'decode')!.total,
    );
    const modules = flame(analysis, {}, 'module')!;
    const layers = modules.nodes.filter(({ kind }) => kind === 'module');
    assert.deepStrictEqual(
      layers.map(({ name, parent }) => [name, parent]),
      [0, 1, 2].map((layer) => [`nn.Module: LlamaDecoderLayer_${layer}`, -1]),
    );
    assert.strictEqual(
      layers.reduce((sum, { total }) => sum + total, 0),
      modules.total,
    );
  });

  it("puts a graph's kernels where it was replayed, and tells what it cannot place", async () => {
    const profile = await readEvents(
      {
        ph: 'X',
        cat: 'python_function',
        name: 'model.py(7): replay',
        pid: 1,
        tid: 2,
        ts: 1000,
        dur: 50,
        args: {},
      },
      call({ name: 'cudaGraphLaunch', ts: 1010 }, { 'External id': 0, correlation: 5 }),
      kernel({ ts: 1100, dur: 3 }, { 'External id': 0, correlation: 5, 'graph node id': 1 }),
      kernel({ ts: 1200, dur: 4 }, { 'External id': 0, correlation: 5, 'graph node id': 2 }),
      kernel({ ts: 1300, dur: 5 }, { 'External id': 0, correlation: 77 }),
    );
    const found = flame(new Analysis(profile), {}, 'stack');
    assert.deepStrictEqual(
      [named(found, 'model.py(7): replay').total, named(found, 'model.py(7): replay').count],
      [7e3, 2],
    );
    assert.strictEqual(found!.unplaced, 5e3);
    assert.strictEqual(found!.nodes.find(({ kind }) => kind === 'unplaced')!.total, 5e3);
  });

  it('reads the stacks that older traces have as text', async () => {
    const profile = await readEvents(
      operator({
        args: {
          'External id': 7,
          'Call stack': 'b.py(2): inner;nn.Module: Net_0;a.py(1): <module>',
        },
      }),
      call(),
      kernel(),
    );
    const found = flame(new Analysis(profile), {}, 'stack')!;
    assert.deepStrictEqual(
      found.nodes.map(({ name, kind }) => [kind, name]),
      [
        ['python', 'a.py(1): <module>'],
        ['module', 'nn.Module: Net_0'],
        ['python', 'b.py(2): inner'],
        ['operator', 'aten::mm'],
        ['kernel', 'f'],
      ],
    );
  });

  it('knows a line of Python from what only looks like one', () => {
    assert.deepStrictEqual(sourceOf('/a b/c.py(12): f'), { file: '/a b/c.py', line: 12 });
    for (const name of ['nn.Module: Linear_0', '<built-in method x of y>', 'a.py(x): f', '']) {
      assert.strictEqual(sourceOf(name), undefined);
    }
  });
});

describe('torch: memory over time', () => {
  const memory = (ts: number, bytes: number, allocated: number): object => ({
    ph: 'i',
    name: '[memory]',
    pid: 1,
    tid: 2,
    ts,
    s: 't',
    args: {
      Bytes: bytes,
      'Device Id': 0,
      'Device Type': 1,
      'Total Allocated': allocated,
      'Total Reserved': 1000,
    },
  });

  it('holds what it last was, and shows the most of each bin', async () => {
    const profile = await readEvents(
      operator({ ts: 100, dur: 10 }),
      memory(100, 50, 150),
      memory(105, 70, 220),
      memory(140, -120, 100),
      memory(200, 10, 110),
    );
    const analysis = new Analysis(profile);
    const [gpu] = memoryDevices(analysis, {});
    assert.deepStrictEqual(
      { ...gpu, id: 0 },
      {
        id: 0,
        name: 'GPU 0',
        events: 4,
        taken: 130,
        returned: 120,
        peakAllocated: 220,
        peakAllocatedAt: 5000,
        peakReserved: 1000,
        endAllocated: 110,
        unusedAtPeak: 780,
      },
    );
    const series = memorySeries(analysis, gpu.id, 4)!;
    assert.deepStrictEqual([...series.allocated], [220, 220, 100, 110]);
    const later = memorySeries(analysis, gpu.id, 2, [20_000, 60_000])!;
    assert.deepStrictEqual([...later.allocated], [220, 220]);
    assert.deepStrictEqual(memoryByOperator(analysis, gpu.id, {})[0], {
      name: 'aten::mm',
      events: 2,
      taken: 120,
      returned: 0,
    });
  });

  it('has as many events as a generated run', async () => {
    const { text, truth } = trace({ steps: 3 });
    const [gpu] = memoryDevices(new Analysis(await readText(text)), {});
    assert.strictEqual(gpu.events, truth.memory);
  });
});

describe('torch: ranks of one run', () => {
  const options: Partial<TraceOptions> = { steps: 8, layers: 3, worldSize: 2 };
  const ranks = async (...wanted: Partial<TraceOptions>[]): Promise<Analysis[]> =>
    Promise.all(
      wanted.map(async (o) => new Analysis(await readText(trace({ ...options, ...o }).text))),
    );

  it('wait for the one whose collectives are shortest', async () => {
    const first = newTruth();
    const second = newTruth();
    trace({ ...options, rank: 0 }, first);
    trace({ ...options, rank: 1, seed: 2 }, second);
    // Given in any order, shown in that of their numbers.
    const found = skew(await ranks({ rank: 1, seed: 2 }, { rank: 0 }));
    assert.strictEqual(found.missing, undefined);
    assert.deepStrictEqual(
      found.ranks.map(({ rank, steps, collectives }) => [rank, steps, collectives]),
      [
        [0, 8, 24],
        [1, 8, 24],
      ],
    );
    let wait = 0n;
    first.collectives.forEach((length, i) => {
      const shorter = length < second.collectives[i] ? length : second.collectives[i];
      wait += length - shorter;
    });
    assert.strictEqual(BigInt(found.ranks[0].wait!), wait);
    assert.strictEqual(found.ranks[0].lastToArrive! + found.ranks[1].lastToArrive!, 24);
  });

  it('differ by their steps', async () => {
    const found = skew(await ranks({ rank: 0 }, { rank: 1, slowness: 2 }));
    assert.ok(found.ranks[1].stepTime! > found.ranks[0].stepTime! * 1.3);
    assert.strictEqual(found.steps.length, 8);
    assert.ok(found.steps.every((step) => step.slowestRank === 1 && step.slowest > step.fastest));
  });

  it('say nothing of waiting where they cannot', async () => {
    const [one, other, single] = await ranks({ rank: 0 }, { rank: 1, layers: 5 }, { worldSize: 1 });
    // The same run twice: nobody waits, so nobody came last.
    const alike = skew(await ranks({ rank: 0 }, { rank: 0 }));
    assert.deepStrictEqual(
      alike.ranks.map(({ wait, lastToArrive }) => [wait, lastToArrive]),
      [
        [0, 0],
        [0, 0],
      ],
    );
    assert.strictEqual(skew([one]).missing, 'one-rank');
    assert.strictEqual(skew([one, other]).missing, 'different-collectives');
    assert.strictEqual(skew([single, single]).missing, 'no-collectives');
    assert.strictEqual(skew([one, other]).ranks[0].wait, undefined);
    assert.deepStrictEqual(skew([]), { ranks: [], steps: [], missing: 'one-rank' });
  });
});
