/** What the views of a trace ask, against its generator's truth and against recounts of the file. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Analysis } from '../../../src/analysis/analysis';
import { flame } from '../../../src/analysis/flame';
import { frames, pythonLines } from '../../../src/analysis/frames';
import { Queries } from '../../../src/engine/queries';
import { torchFacts } from '../../../src/engine/torch/facts';
import { flamePart } from '../../../src/engine/torch/queries';
import { trimTrace } from '../../../src/engine/torch/trim';
import type { Profile } from '../../../src/profile/model';
import type { Params, ProfileRequestName, Question, Result } from '../../../src/protocol/requests';
import { openProfile } from '../../../src/readers/open';
import { newTruth, trace, traceText, type TraceTruth } from '../../data/torch/trace';
import { realProfiles } from '../real';
import { readText } from '../torch/read';

const PAGE = { scope: {}, filter: '', offset: 0, limit: 1000 } as const;

class Asked {
  private readonly queries: Queries;
  constructor(profile: Profile) {
    this.queries = new Queries(new Analysis(profile));
  }
  ask<K extends ProfileRequestName>(name: K, params: Params<K>): Result<K> {
    return this.queries.answer({ name, params } as Question<ProfileRequestName>);
  }
}

describe('questions to a trace of PyTorch', () => {
  const truth: TraceTruth = newTruth();
  let profile: Profile;
  let asked: Asked;
  let text: string;
  before(async () => {
    ({ text } = trace({ steps: 8, layers: 4, worldSize: 2 }, truth));
    profile = await readText(text);
    asked = new Asked(profile);
  });

  it('know what the trace has', () => {
    assert.deepEqual(torchFacts(profile), {
      operators: true,
      shapes: true,
      flops: false,
      stacks: true,
      memory: true,
      rank: 0,
      worldSize: 2,
    });
  });

  it('hold every operator with its calls and its time on the GPU', () => {
    const page = asked.ask('operators', { ...PAGE, by: 'name', filter: 'kind:operator' });
    const found = page.rows.map(({ name, count, gpuSelf }) => [name, count, gpuSelf]);
    const known = [...truth.byOperator].map(([name, { count, gpu }]) => [name, count, Number(gpu)]);
    assert.deepEqual(found.sort(), known.sort());
    assert.equal(page.matchedTime, Number(truth.kernelTime));
    assert.equal(page.coverage, 1);
    const most = [...truth.byOperator].sort(([, a], [, b]) => Number(b.gpu - a.gpu))[0][0];
    assert.equal(page.heaviest?.name, most);
  });

  it('part an operator by the shapes of its inputs', () => {
    const page = asked.ask('operators', { ...PAGE, by: 'shape', filter: 'aten::mm' });
    assert.deepEqual(page.rows.map(({ shapes }) => shapes).sort(), [
      '[[16,4096],[4096,4096]]',
      '[[512,4096],[4096,4096]]',
    ]);
    assert.deepEqual(page.rows.map(({ count }) => count).sort(), [2 * 4, 6 * 4].sort());
    const shape = asked.ask('operators', { ...PAGE, by: 'shape', filter: 'shape:[[512' });
    assert.ok(shape.rows.length > 0);
    for (const row of shape.rows) assert.match(row.shapes, /^\[\[512/);
  });

  it('filter, sort and page operators', () => {
    const sort = { column: 'cpuSelf', descending: false } as const;
    const all = asked.ask('operators', { ...PAGE, by: 'name', sort }).rows;
    assert.deepEqual(
      all.map(({ cpuSelf }) => cpuSelf),
      all.map(({ cpuSelf }) => cpuSelf).sort((a, b) => a - b),
    );
    const second = asked.ask('operators', { ...PAGE, by: 'name', sort, offset: 1, limit: 1 });
    assert.deepEqual(second.rows, [all[1]]);
    assert.equal(second.matched, all.length);
    const wrong = asked.ask('operators', { ...PAGE, by: 'name', filter: 'gpu>much' });
    assert.ok(wrong.filterError);
    assert.equal(wrong.rows.length, all.length);
  });

  it('open the tree of operators down to the calls', () => {
    const top = asked.ask('operatorTree', PAGE).rows;
    const steps = top.filter(({ kind }) => kind === 'annotation');
    assert.equal(
      steps.reduce((sum, { count }) => sum + count, 0),
      truth.annotations,
    );
    const [step] = steps;
    const children = asked.ask('operatorTree', { ...PAGE, parent: step.id }).rows;
    assert.equal(children.length, step.children);
    assert.equal(
      children.reduce((sum, { gpuTotal }) => sum + gpuTotal!, 0),
      step.gpuTotal,
    );
    const leaf = asked.ask('operatorTree', { ...PAGE, parent: children[0].id }).rows;
    assert.deepEqual(
      leaf.map(({ kind, name }) => [kind, name]),
      [['call', 'cudaLaunchKernel']],
    );
  });

  it('tell the Python function behind an operator', () => {
    const [caller, ...others] = asked.ask('operatorCallers', { scope: {}, name: 'aten::mm' });
    assert.deepEqual(others, []);
    assert.deepEqual(caller.source, { file: 'vllm/model_executor/models/llama.py', line: 412 });
    assert.equal(caller.total, Number(truth.byOperator.get('aten::mm')!.gpu));
  });

  it('give lines of Python all that was launched under them', () => {
    const [line, ...others] = asked.ask('pythonLines', {});
    assert.deepEqual(others, []);
    assert.equal(line.total, Number(truth.kernelTime));
    assert.equal(line.own, Number(truth.kernelTime));
    assert.equal(line.share, 1);
    assert.equal(line.count, truth.kernels);
  });

  it('draw a flame graph whose parts are the whole', () => {
    const view = asked.ask('flame', { scope: {}, by: 'stack', search: 'AllReduce' })!;
    assert.equal(view.total, Number(truth.kernelTime));
    assert.equal(view.unplaced, 0);
    assert.equal(
      view.nodes.filter(({ parent }) => parent < 0).reduce((sum, { total }) => sum + total, 0),
      view.total,
    );
    const collectives = truth.collectives.reduce((sum, length) => sum + length, 0n);
    assert.equal(view.found?.time, Number(collectives));
    const root = view.nodes.find(({ kind }) => kind === 'module')!;
    const part = asked.ask('flame', { scope: {}, by: 'stack', root: root.id, search: '' })!;
    assert.equal(part.shown, root.total);
    assert.equal(part.path.at(-1)?.id, root.id);
    assert.equal(part.found, undefined);
    for (const node of part.nodes) assert.ok(node.total <= root.total && node.id > root.id);
  });

  it('show what the allocator held', () => {
    const view = asked.ask('allocators', { scope: {}, bins: 100 });
    assert.equal(view.devices.length, 1);
    assert.equal(view.devices[0].events, truth.memory);
    assert.equal(view.series?.allocated.length, 100);
    const peak = Math.max(...view.series.allocated.map((bytes) => bytes ?? 0));
    assert.equal(peak, view.devices[0].peakAllocated);
    assert.equal(
      view.operators.reduce((sum, { taken }) => sum + taken, 0),
      view.devices[0].taken,
    );
  });

  it('copy tables whole', () => {
    for (const table of ['operators', 'operatorShapes', 'frames', 'moduleFrames'] as const) {
      const { text: csv, rows } = asked.ask('table', {
        table,
        format: 'csv',
        scope: {},
        filter: '',
      });
      assert.equal(csv.trimEnd().split('\n').length, rows + 1, table);
      assert.ok(rows > 0);
    }
  });

  it('answer for other profiles, and for traces without stacks or memory, with nothing', async () => {
    const bare = new Asked(
      await readText(trace({ python: false, memory: false }).text, 'bare.pt.trace.json'),
    );
    assert.deepEqual(bare.ask('pythonLines', {}), []);
    assert.deepEqual(bare.ask('operatorCallers', { scope: {}, name: 'aten::mm' }), []);
    assert.deepEqual(bare.ask('allocators', { scope: {}, bins: 10 }), {
      devices: [],
      device: 0,
      operators: [],
    });
    assert.ok(bare.ask('flame', { scope: {}, by: 'operator', search: '' })!.nodes.length > 0);
  });
});

describe('frames', () => {
  it('count a function that calls itself once', async () => {
    const analysis = new Analysis(await readText(recursive()));
    const [line] = pythonLines(analysis);
    assert.equal(line.name, 'model.py(10): walk');
    assert.equal(line.total, 4000);
    assert.equal(line.own, 4000);
    // Recounted by walking up from each leaf.
    const { nodes } = flame(analysis, {}, 'stack')!;
    for (const row of frames(analysis, {}, 'stack')) {
      let total = 0;
      for (const leaf of nodes) {
        for (let at = leaf.id; at >= 0; at = nodes[at].parent) {
          if (nodes[at].kind !== row.kind || nodes[at].name !== row.name) continue;
          total += leaf.self;
          break;
        }
      }
      assert.equal(row.total, total, row.name);
    }
  });

  it('are left out of a picture only where they can not be seen, whole branches at a time', () => {
    const nodes = Array.from({ length: 30_000 }, (_, id) => ({
      id,
      parent: id < 10_000 ? -1 : id - 10_000,
      kind: 'python' as const,
      name: `f${id}`,
      source: undefined,
      self: id < 20_000 ? 0 : 1 + (id % 10_000),
      total: 1 + (id % 10_000),
      count: 1,
    }));
    const total = nodes.slice(0, 10_000).reduce((sum, node) => sum + node.total, 0);
    const part = flamePart({ nodes, total, unplaced: 0 }, undefined);
    assert.equal(part.nodes.length + part.hidden, nodes.length);
    const kept = new Set(part.nodes.map(({ id }) => id));
    for (const { parent } of part.nodes) assert.ok(parent < 0 || kept.has(parent));
  });
});

describe('a trimmed trace', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'profilemate-trim-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  interface Written {
    readonly traceEvents: readonly { ph: string; ts: number; dur?: number; name: string }[];
  }

  for (const name of ['part.pt.trace.json', 'part.pt.trace.json.gz']) {
    it(`holds what overlaps the window, and is one that JSON.parse reads, as ${name}`, async () => {
      const file = join(folder, 'whole.pt.trace.json');
      writeFileSync(file, trace({ steps: 6 }).text);
      const whole = await openProfile(file);
      const { kernels } = whole;
      const window = [kernels.start[3], kernels.end[kernels.length - 4]] as const;
      const target = join(folder, name);
      const { events, size } = await trimTrace(file, window, target);
      const bytes = readFileSync(target);
      assert.equal(bytes.length, size);
      const json = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      const written = JSON.parse(json) as Written & { schemaVersion: number };
      assert.equal(written.traceEvents.length, events);
      assert.equal(written.schemaVersion, 1);
      const expected = Array.from({ length: kernels.length }, (_, row) => row).filter(
        (row) => kernels.start[row] <= window[1] && kernels.end[row] >= window[0],
      );
      const part = await openProfile(target);
      assert.equal(part.kernels.length, expected.length);
      assert.ok(part.kernels.length < whole.kernels.length);
      assert.deepEqual(
        [...part.kernels.correlation],
        expected.map((row) => kernels.correlation[row]),
      );
      assert.ok(!existsSync(`${target}.partial`));
    });
  }

  it('holds both sides of an arrow, or none', async () => {
    const file = join(folder, 'arrows.pt.trace.json');
    const slice = (name: string, ts: number, dur: number) => ({
      ...{ ph: 'X', cat: 'kernel', name, pid: 0, tid: 7, ts, dur, args: { device: 0, stream: 7 } },
    });
    const side = (ph: string, id: number | string, ts: number, cat = 'ac2g') => ({
      ...{ ph, id, ts, cat, name: cat, pid: 1, tid: 1, ...(ph === 'f' ? { bp: 'e' } : {}) },
    });
    const traceEvents = [
      slice('first', 0, 10),
      slice('last', 90, 10),
      side('s', 1, 30), // inside
      side('f', 1, 40),
      side('s', 2, 40), // ends behind the window
      side('f', 2, 95),
      side('s', 3, 5), // begins before it
      side('f', 3, 35),
      side('f', 4, 45), // the end written first, and another one later
      side('s', 4, 35),
      side('f', 4, 46),
      side('s', 5, 36), // no end in the trace at all
      side('s', 1, 38, 'fwdbwd'), // the same id, another arrow
      side('s', 1, 48), // the same id again, ending behind the window
      side('f', 1, 97),
      side('s', 'text', 31),
      side('t', 'text', 33),
      side('f', 'text', 34),
    ];
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, traceEvents }));
    const target = join(folder, 'part.json');
    const { events } = await trimTrace(file, [25_000, 50_000], target);
    const written = JSON.parse(readFileSync(target, 'utf8')) as Written;
    assert.deepEqual(
      written.traceEvents,
      [2, 3, 8, 9, 10, 15, 16, 17].map((at) => traceEvents[at]),
    );
    assert.equal(events, 8);
  });

  it('is whole where the trace was cut off, and leaves nothing where it can not be written', async () => {
    const file = join(folder, 'cut.pt.trace.json');
    const { text } = trace({ steps: 4 });
    writeFileSync(file, text.slice(0, text.length * 0.6));
    const target = join(folder, 'part.json');
    await trimTrace(file, [0, 1e12], target);
    const { traceEvents } = JSON.parse(readFileSync(target, 'utf8')) as Written;
    const read = await openProfile(file);
    assert.equal(
      traceEvents.filter(({ name }) => name === 'cudaLaunchKernel').length,
      read.api.length,
    );
    await assert.rejects(trimTrace(file, [0, 1], join(folder, 'no', 'such', 'folder.json')));
  });
});

describe('the questions, asked of real traces', () => {
  for (const file of realProfiles('torch', 'json.gz', 'questions to some twelve real traces')) {
    it(`of ${file.split('/').at(-1)}`, async function () {
      let profile: Profile;
      try {
        profile = await openProfile(file);
      } catch (error) {
        assert.match((error as Error).message, /\w+ .*\./);
        return;
      }
      const asked = new Asked(profile);
      const page = asked.ask('operators', { ...PAGE, by: 'shape', limit: 5 });
      assert.ok(page.coverage >= 0 && page.coverage <= 1 + 1e-9);
      for (const by of ['stack', 'module', 'operator'] as const) {
        const view = asked.ask('flame', { scope: {}, by, search: '' })!;
        const rows = asked.ask('frames', { ...PAGE, by }).rows;
        const work = rows.filter(({ kind }) => kind === 'kernel' || kind === 'copy');
        if (rows.length < PAGE.limit) {
          const sum = work.reduce((time, { own }) => time + own, 0);
          assert.ok(Math.abs(sum - view.total) <= view.total * 1e-9, `${sum} of ${view.total}`);
        }
        for (const row of rows) assert.ok(row.own <= row.total && row.share <= 1 + 1e-9, row.name);
      }
      const folder = mkdtempSync(join(tmpdir(), 'profilemate-trim-'));
      try {
        const target = join(folder, 'all.pt.trace.json');
        await trimTrace(file, [-1e15, 1e15], target);
        const again = await openProfile(target);
        for (const table of ['kernels', 'api', 'ranges'] as const) {
          assert.equal(again[table].length, profile[table].length, table);
        }
        assert.equal(again.operators?.length, profile.operators?.length);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

/** A function that calls itself, and launches from both of its calls. */
function recursive(): string {
  const { head, foot } = traceText();
  const event = (
    cat: string,
    name: string,
    ts: number,
    dur: number,
    args: object,
    gpu = false,
  ) => ({
    ph: 'X',
    cat,
    name,
    pid: gpu ? 0 : 1,
    tid: gpu ? 7 : 2,
    ts,
    dur,
    args,
  });
  const launch = (ts: number, id: number) => [
    event('cpu_op', 'aten::mm', ts, 3, { 'External id': id }),
    event('cuda_runtime', 'cudaLaunchKernel', ts + 1, 1, { 'External id': id, correlation: id }),
    event(
      'kernel',
      'gemm',
      ts + 20,
      2,
      { 'External id': id, device: 0, context: 1, stream: 7, correlation: id },
      true,
    ),
  ];
  const events = [
    event('python_function', 'model.py(10): walk', 1000, 40, {}),
    ...launch(1001, 1),
    event('python_function', 'model.py(10): walk', 1010, 20, {}),
    ...launch(1011, 2),
  ];
  return head + events.map((each) => JSON.stringify(each)).join(',\n') + foot;
}
