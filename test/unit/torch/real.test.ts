/** Real traces, against recounts of what JSON.parse makes of them and another analyser's tables. */
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Analysis } from '../../../src/analysis/analysis';
import { flame, type FlameNode } from '../../../src/analysis/flame';
import { memoryDevices } from '../../../src/analysis/memory-events';
import { operatorChildren, operators, operatorTree } from '../../../src/analysis/operators';
import { phaseBreakdown } from '../../../src/analysis/phases';
import { utilisation } from '../../../src/analysis/utilisation';
import type { Profile } from '../../../src/profile/model';
import { readTorch } from '../../../src/readers/torch';
import Papa from 'papaparse';
import { realFile, realProfiles } from '../real';
import { keyAverages, stamp, type RawEvent } from './key-averages';

interface RawTrace {
  readonly traceEvents: readonly RawEvent[];
}

/** Stamps as text: near 10^15 a double of microseconds is a quarter of one off. */
function parse(path: string): RawTrace {
  if (path === latest?.path) return latest.trace;
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const trace = JSON.parse(text.replace(/"ts":\s*([-+.\deE]+)/g, '"ts":"$1"')) as RawTrace;
  latest = { path, trace };
  return trace;
}

/** Tests of one trace follow one another. */
let latest: { path: string; trace: RawTrace } | undefined;

const traces = ['.json', '.json.gz'].flatMap((suffix) =>
  realProfiles('torch', suffix, 'recounts of 14 traces of PyTorch'),
);

const CATEGORIES = {
  kernels: ['kernel'],
  memcpys: ['gpu_memcpy', 'memcpy'],
  memsets: ['gpu_memset', 'memset'],
  api: ['cuda_runtime', 'cuda_driver', 'runtime'],
  ranges: ['user_annotation'],
  operators: ['cpu_op', 'operator', 'user_annotation'],
  pythonCalls: ['python_function'],
  synchronizations: ['cuda_sync'],
} as const;

describe('torch: every real trace', () => {
  for (const path of traces) {
    it(`is what JSON.parse counts: ${basename(path).slice(0, 60)}`, async () => {
      const { traceEvents } = parse(path);
      const profile = await readTorch(path);
      for (const [table, categories] of Object.entries(CATEGORIES)) {
        const rows = traceEvents.filter(
          ({ ph, cat }) =>
            ph === 'X' && (categories as readonly string[]).includes((cat ?? '').toLowerCase()),
        );
        const read = profile[table as keyof typeof CATEGORIES]!;
        assert.strictEqual(read.length, rows.length, table);
        rows.forEach((row, i) => {
          assert.strictEqual(read.end[i] - read.start[i], Math.round((row.dur ?? 0) * 1000));
          assert.strictEqual(read.start[i] - read.start[0], Number(stamp(row) - stamp(rows[0])));
        });
      }
      const names = (wanted: readonly string[]): string[] =>
        traceEvents
          .filter(({ ph, cat }) => ph === 'X' && wanted.includes((cat ?? '').toLowerCase()))
          .map(({ name }) => name!);
      assert.deepStrictEqual(
        Array.from(profile.kernels.shape, (shape) =>
          profile.strings.get(profile.shapes[shape].name),
        ),
        names(CATEGORIES.kernels),
      );
      assert.deepStrictEqual(
        Array.from(profile.operators!.name, (name) => profile.strings.get(name)),
        names(CATEGORIES.operators),
      );
    });

    it(`has the operators that key_averages() has: ${basename(path).slice(0, 50)}`, async () => {
      const { traceEvents } = parse(path);
      const analysis = new Analysis(await readTorch(path));
      for (const by of ['name', 'shape'] as const) {
        const result = operators(analysis, {}, by);
        const wanted = keyAverages(traceEvents, by === 'shape');
        const { rows } = result;
        assert.strictEqual(rows.length, wanted.size);
        for (const row of rows) {
          const json = (text: string): unknown => (text === '' ? null : JSON.parse(text));
          const shape =
            by === 'shape' ? ` ${JSON.stringify([json(row.shapes), json(row.types)])}` : '';
          const average = wanted.get(`${row.kind} ${row.name}${shape}`);
          assert.ok(average, `${row.kind} ${row.name}${shape}`);
          const { count, cpuTotal, cpuSelf, gpuTotal, gpuSelf } = row;
          assert.deepStrictEqual(
            { count, cpuTotal, cpuSelf },
            { count: average.count, cpuTotal: average.cpuTotal, cpuSelf: average.cpuSelf },
            row.name,
          );
          // Where ids lead nowhere, PyTorch's own table has no GPU time at all.
          if (result.joinedBy === 'call') continue;
          assert.deepStrictEqual(
            // PyTorch's table has zeros where no GPU was watched.
            { gpuTotal: gpuTotal ?? 0, gpuSelf: gpuSelf ?? 0 },
            { gpuTotal: average.gpuTotal, gpuSelf: average.gpuSelf },
            row.name,
          );
        }
      }
    });

    it(`has one GPU time, however it is spread: ${basename(path).slice(0, 50)}`, async () => {
      const profile = await readTorch(path);
      const analysis = new Analysis(profile);
      let all = 0;
      for (const { length, start, end } of [profile.kernels, profile.memcpys, profile.memsets]) {
        for (let i = 0; i < length; i++) all += end[i] - start[i];
      }
      const rows = operators(analysis, {}).rows;
      const coverage = operators(analysis, {}).coverage;
      const self = rows.reduce((sum, row) => sum + (row.gpuSelf ?? 0), 0);
      assert.ok(Math.abs(self - all * coverage) < 1);
      const top = operatorChildren(analysis, {}, undefined).reduce(
        (sum, node) => sum + (node.gpuTotal ?? 0),
        0,
      );
      assert.strictEqual(top, self);
      for (const by of ['stack', 'module', 'operator'] as const) {
        const { nodes, total } = flame(analysis, {}, by)!;
        assert.strictEqual(total, all);
        assert.strictEqual(
          nodes.filter((node) => node.parent < 0).reduce((sum, node) => sum + node.total, 0),
          all,
        );
        assert.ok(nodes.every((node) => node.parent < node.id));
      }
    });
  }
});

const table = (path: string): Record<string, string>[] =>
  Papa.parse<Record<string, string>>(readFileSync(path, 'utf8'), {
    header: true,
    skipEmptyLines: true,
  }).data;

/** TraceLens computes with doubles of microseconds, which near 5·10^12 are 1/1024 µs apart. */
const GRID_NS = 1000 / 1024;

async function oracle(
  trace: string,
  folder: string,
): Promise<{ profile: Profile; folder: string } | undefined> {
  const path = realFile(`torch/${trace}`, `comparison with TraceLens for ${folder}`);
  const tables = realFile(`torch/oracle/${folder}`, `comparison with TraceLens for ${folder}`);
  return path && tables ? { profile: await readTorch(path), folder: tables } : undefined;
}

function timeline(folder: string): Map<string, number> {
  return new Map(
    table(`${folder}/gpu_timeline.csv`).map((row) => [row.type, Number(row['time ms']) * 1e6]),
  );
}

const near = (actual: number, wanted: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${what}: ${actual}, not ${wanted}`);

describe('torch: figures of TraceLens', () => {
  for (const [trace, folder] of [
    ['tracelens__inference_vllm_decode_full_graph_execution.json.gz', 'vllm_decode_full'],
    [
      'tracelens__inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz',
      'sglang_prefilldecode',
    ],
  ]) {
    it(`busy and idle: ${folder}`, async function () {
      const found = await oracle(trace, folder);
      if (!found) return this.skip();
      const wanted = timeline(found.folder);
      const [device] = utilisation(new Analysis(found.profile), {}).devices;
      const events = found.profile.kernels.length + found.profile.memcpys.length;
      near(device.busy, wanted.get('busy_time')!, events * GRID_NS, 'busy');
      near(device.idle, wanted.get('idle_time')!, events * GRID_NS, 'idle');
      near(device.span, wanted.get('total_time')!, 2 * GRID_NS, 'span');
      near(device.kernelBusy, wanted.get('computation_time')!, events * GRID_NS, 'computation');
      near(
        device.copyBusy,
        wanted.get('total_memcpy_time')!,
        found.profile.memcpys.length * GRID_NS,
        'copies',
      );
    });
  }

  it('busy and idle: h100, which TraceLens cuts to the work that names an operator', async function () {
    const found = await oracle('tracelens__h100_Qwen1.5-0.5B-Chat.json.gz', 'h100_Qwen1.5');
    if (!found) return this.skip();
    const { profile } = found;
    const wanted = timeline(found.folder);
    // 436 kernels and 73 fills of an earlier step still ran when the profiler began; nothing launched them.
    const { kernels, externalIds } = profile;
    let first = Infinity;
    for (let i = 0; i < kernels.length; i++) {
      if (externalIds!.kernels[i] !== 0) first = Math.min(first, kernels.start[i]);
    }
    const [device] = utilisation(new Analysis(profile), { window: [first, Infinity] }).devices;
    // The scope's window has no end, the run has: idle is told by the two that are sums.
    near(device.busy, wanted.get('busy_time')!, kernels.length * GRID_NS, 'busy');
    near(
      Math.max(...kernels.end) - first - device.busy,
      wanted.get('idle_time')!,
      kernels.length * GRID_NS,
      'idle',
    );
  });

  it('kernels by the operator that launched them: h100', async function () {
    const found = await oracle('tracelens__h100_Qwen1.5-0.5B-Chat.json.gz', 'h100_Qwen1.5');
    if (!found) return this.skip();
    const rows = table(`${found.folder}/kernel_summary.csv`);
    assert.ok(rows.length > 20);
    const { profile } = found;
    const analysis = new Analysis(profile);
    const sums = new Map<string, { time: number; count: number }>();
    for (const row of rows) {
      const name = row['Parent cpu_op'];
      const sum = sums.get(name) ?? { time: 0, count: 0 };
      sum.time += Number(row['Kernel duration (µs)_sum']) * 1000;
      sum.count += Number(row['Kernel duration (µs)_count']);
      sums.set(name, sum);
    }
    // Its table is of kernels alone; no operator is what ran on from before the profiler began.
    const { strings, kernels } = profile;
    const ours = new Map<string, number>();
    operatorTree(analysis)!.launchedFrom.kernels.forEach((operator, i) => {
      const name = operator < 0 ? '' : strings.get(profile.operators!.name[operator]);
      ours.set(name, (ours.get(name) ?? 0) + kernels.end[i] - kernels.start[i]);
    });
    assert.deepStrictEqual([...ours.keys()].sort(), [...sums.keys()].sort());
    for (const [name, { time, count }] of sums) near(ours.get(name)!, time, count * GRID_NS, name);
  });

  it('operators by the module around them: sglang', async function () {
    const found = await oracle(
      'tracelens__inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz',
      'sglang_prefilldecode',
    );
    if (!found) return this.skip();
    const { nodes } = flame(new Analysis(found.profile), {}, 'stack')!;
    const sums = new Map<string, number>();
    for (const leaf of nodes) {
      if (leaf.kind !== 'kernel' && leaf.kind !== 'copy') continue;
      const around = (kind: string): FlameNode | undefined => {
        let node = nodes[leaf.parent] as FlameNode | undefined;
        while (node && node.kind !== kind) node = nodes[node.parent];
        return node;
      };
      const module = around('module')?.name.replace(/_\d+$/, '') ?? 'NA';
      // TraceLens takes the numbers off the names of SGLang's own operators.
      const operator = around('operator')?.name.replace(/^(sglang_profiler::.*)_\d+$/, '$1');
      const key = `${operator ?? 'NA'} in ${module}`;
      sums.set(key, (sums.get(key) ?? 0) + leaf.self);
    }
    const wanted = table(`${found.folder}/ops_summary.csv`);
    let compared = 0;
    for (const row of wanted) {
      // What no operator launched TraceLens puts under the call.
      if (row.name.startsWith('hip')) continue;
      compared++;
      near(
        sums.get(`${row.name} in ${row.parent_module}`) ?? 0,
        Number(row.total_direct_kernel_time_sum) * 1000,
        Number(row.Count) * 2 * GRID_NS,
        `${row.name} in ${row.parent_module}`,
      );
    }
    assert.ok(compared >= 25);
  });

  it('steps of vLLM and SGLang, by their annotation on the CPU', async function () {
    const vllm = await oracle(
      'tracelens__inference_vllm_decode_full_graph_execution.json.gz',
      'vllm_decode_full',
    );
    const sglang = await oracle(
      'tracelens__inference_sglang_prefilldecode_sglang_Qwen3-8B_prefilldecode.json.gz',
      'sglang_prefilldecode',
    );
    if (!vllm || !sglang) return this.skip();
    for (const [{ profile, folder }, phase, tokens] of [
      [vllm, 'decode', 32],
      [sglang, 'prefill', 15360],
    ] as const) {
      const breakdown = phaseBreakdown(new Analysis(profile), {});
      const row = breakdown.phases.find((candidate) => candidate.phase === phase)!;
      assert.ok(row.steps >= 1, phase);
      assert.strictEqual(phase === 'decode' ? row.generationTokens : row.contextTokens, tokens);
      assert.ok(row.busy <= timeline(folder).get('busy_time')! + 1000);
      assert.ok(breakdown.coverage > 0.99);
    }
  });

  it('memory of the allocator: the totals that the trace has', async function () {
    const found = await oracle('tracelens__h100_Qwen1.5-0.5B-Chat.json.gz', 'h100_Qwen1.5');
    if (!found) return this.skip();
    const path = realFile('torch/tracelens__h100_Qwen1.5-0.5B-Chat.json.gz', 'memory')!;
    const events = parse(path).traceEvents.filter(
      ({ name, args }) => name === '[memory]' && args!['Device Type'] === 1,
    );
    const gpu = memoryDevices(new Analysis(found.profile), {}).find(
      ({ name }) => name === 'GPU 0',
    )!;
    assert.strictEqual(gpu.events, events.length);
    assert.strictEqual(
      gpu.peakAllocated,
      Math.max(...events.map(({ args }) => Number(args!['Total Allocated']))),
    );
    assert.strictEqual(
      gpu.peakReserved,
      Math.max(...events.map(({ args }) => Number(args!['Total Reserved']))),
    );
    assert.strictEqual(
      gpu.taken,
      events.reduce((sum, { args }) => sum + Math.max(0, Number(args!.Bytes)), 0),
    );
  });
});
