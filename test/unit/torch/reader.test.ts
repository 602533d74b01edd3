import assert from 'node:assert';
import { gzipSync } from 'node:zlib';
import { Analysis } from '../../../src/analysis/analysis';
import { flame } from '../../../src/analysis/flame';
import { graphs } from '../../../src/analysis/graphs';
import { operators } from '../../../src/analysis/operators';
import { utilisation } from '../../../src/analysis/utilisation';
import { memory } from '../../../src/analysis/transfers';
import {
  CopyKind,
  MemoryKind,
  RangeKind,
  type Ids,
  type Profile,
} from '../../../src/profile/model';
import { ReadFailure } from '../../../src/readers/failure';
import { Random } from '../../data/random';
import { newTruth, toJson, trace, traceEvents, traceText } from '../../data/torch/trace';
import { call, kernel, operator, readEvents, readText } from './read';

const sum = (table: { length: number; start: Float64Array; end: Float64Array }): bigint => {
  let total = 0n;
  for (let i = 0; i < table.length; i++) total += BigInt(table.end[i]) - BigInt(table.start[i]);
  return total;
};
const names = (profile: Profile, column: Ids): string[] =>
  Array.from(column, (name) => profile.strings.get(name));
const texts = (profile: Profile): string => profile.diagnostics.map(({ text }) => text).join('\n');
const refuses = (text: string | Buffer, code: string, says: RegExp, name?: string): Promise<void> =>
  assert.rejects(readText(text, name), (error: unknown) => {
    assert.ok(error instanceof ReadFailure, String(error));
    assert.strictEqual(error.code, code);
    assert.match(error.message, says);
    return true;
  });

describe('torch: a generated run', () => {
  const { text, truth } = trace({ steps: 9, layers: 4, rank: 1, worldSize: 2 });
  let profile: Profile;
  before(async () => {
    profile = await readText(text);
  });

  it('has every event in its table', () => {
    assert.deepStrictEqual(
      {
        kernels: profile.kernels.length,
        calls: profile.api.length,
        operators: profile.operators!.length,
        python: profile.pythonCalls!.length,
        annotations: profile.ranges.length,
        memory: profile.memoryEvents!.length,
      },
      {
        kernels: truth.kernels,
        calls: truth.calls,
        operators: truth.operators + truth.annotations,
        python: truth.python,
        annotations: truth.annotations,
        memory: truth.memory,
      },
    );
    assert.deepStrictEqual(profile.diagnostics, []);
  });

  it('has times to the nanosecond, from the first event on', () => {
    assert.strictEqual(sum(profile.kernels), truth.kernelTime);
    assert.strictEqual(Math.min(...profile.ranges.start), 0);
  });

  it('counts no annotation that Kineto repeats on the GPU', () => {
    assert.strictEqual(profile.ranges.length, truth.prefill + truth.decode);
    assert.ok(profile.ranges.kind.every((kind) => kind === (RangeKind.PushPop as number)));
  });

  it('knows whose everything is', () => {
    assert.deepStrictEqual(profile.processes, [{ pid: 4711, name: 'VLLM::Worker_TP1', key: 4711 }]);
    assert.deepStrictEqual(profile.threads, [{ process: 0, tid: 4712, name: 'python3' }]);
    assert.deepStrictEqual(profile.streams, [
      { device: 1, process: 0, ordinal: 1, context: 1, id: 7 },
    ]);
    assert.strictEqual(profile.devices.length, 2);
    assert.deepStrictEqual(
      [
        profile.devices[1].smCount,
        profile.devices[1].computeCapability,
        profile.devices[1].maxWarpsPerSm,
      ],
      [132, [9, 0], 64],
    );
  });

  it('tells how it was captured', () => {
    const { tool, distributed, utcEpoch, traces, schemaVersion } = profile.capture;
    assert.strictEqual(tool, 'PyTorch profiler (vLLM 0.14.0)');
    assert.deepStrictEqual(distributed, { rank: 1, worldSize: 2, backend: 'nccl' });
    assert.deepStrictEqual(traces, ['cpu', 'cuda', 'shapes', 'stack', 'memory']);
    assert.strictEqual(schemaVersion, '1');
    // The base time and the first stamp, to what a double holds.
    assert.ok(Math.abs(utcEpoch! - (1735632360000000000 + 4203669604595407)) < 1000);
  });

  it('reads the same from gzip, and from gzip in members', async () => {
    const half = text.length >> 1;
    for (const packed of [
      gzipSync(text),
      Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]),
    ]) {
      const unpacked = await readText(packed, 'trace.pt.trace.json.gz');
      assert.deepStrictEqual(unpacked.kernels, profile.kernels);
      assert.deepStrictEqual(unpacked.operators, profile.operators);
    }
  });

  it('is read up to where it was cut, and says so', async () => {
    for (const [cut, name] of [
      [Buffer.from(text).subarray(0, text.length >> 1), 'a.json'],
      [gzipSync(text).subarray(0, gzipSync(text).length >> 1), 'a.json.gz'],
    ] as const) {
      const part = await readText(cut, name);
      assert.ok(part.kernels.length > 0 && part.kernels.length < truth.kernels);
      assert.match(texts(part), /cut off.* events up to byte \d+/);
      assert.strictEqual(part.diagnostics[0].severity, 'error');
      assert.deepStrictEqual(part.kernels.end, profile.kernels.end.slice(0, part.kernels.length));
    }
  });

  it('goes through all stages, tells its progress and stops when told', async () => {
    const stages: string[] = [];
    const { openProfile } = await import('../../../src/readers/open');
    const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
    const folder = mkdtempSync('/tmp/profilemate-');
    try {
      writeFileSync(`${folder}/a.json`, text);
      const progress: number[] = [];
      await openProfile(`${folder}/a.json`, {
        onStage: (stage) => stages.push(stage),
        onProgress: (_, read, size) => progress.push(read / size),
      });
      assert.deepStrictEqual(stages, ['facts', 'kernels', 'complete']);
      assert.strictEqual(progress.at(-1), 1);
      const abort = new AbortController();
      abort.abort();
      await assert.rejects(openProfile(`${folder}/a.json`, { signal: abort.signal }), {
        code: 'cancelled',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('torch: events', () => {
  it('keep nanoseconds that a double of microseconds since 1970 would lose', async () => {
    const profile = await readEvents(
      `{"ph":"X","cat":"kernel","name":"a","ts":1712195495519689.001,"dur":0.001,"args":{"device":0,"stream":7}}`,
      `{"ph":"X","cat":"kernel","name":"b","ts":1712195495519689.0026,"dur":2.5,"args":{"device":0,"stream":7}}`,
      `{"ph":"X","cat":"kernel","name":"c","ts":1.712195495519690e15,"dur":1e3,"args":{"device":0,"stream":7}}`,
    );
    assert.deepStrictEqual([...profile.kernels.start], [0, 2, 999]);
    assert.deepStrictEqual([...profile.kernels.end], [1, 2502, 1_000_999]);
  });

  it('have the kernel facts of the launch', async () => {
    const profile = await readEvents(
      call(),
      kernel(
        {},
        {
          grid: [8, 16, 5],
          block: [128, 1, 1],
          'registers per thread': 122,
          'shared memory': 12544,
          'graph id': 9,
          'graph node id': 38654705666,
        },
      ),
      kernel({ ts: 1010 }),
    );
    const [first, second] = profile.shapes;
    assert.deepStrictEqual(
      [
        first.gridX,
        first.gridY,
        first.gridZ,
        first.blockX,
        first.registers,
        first.dynamicSharedMemory,
      ],
      [8, 16, 5, 128, 122, 12544],
    );
    assert.deepStrictEqual([second.registers, second.dynamicSharedMemory], [undefined, undefined]);
    assert.deepStrictEqual([...profile.kernels.graphNode!], [38654705666, 0]);
    assert.deepStrictEqual([...profile.kernels.graphId!], [9, 0]);
    assert.strictEqual(profile.capture.graphTrace, 'node');
    assert.strictEqual(profile.strings.get(first.shortName), 'f');
  });

  it('of copies and fills say where from and where to', async () => {
    const copies = [
      [
        'Memcpy HtoD (Pageable -> Device)',
        CopyKind.HostToDevice,
        MemoryKind.Pageable,
        MemoryKind.Device,
      ],
      [
        'Memcpy DtoH (Device -> Pinned)',
        CopyKind.DeviceToHost,
        MemoryKind.Device,
        MemoryKind.Pinned,
      ],
      ['Memcpy PtoP (Device -> Device)', CopyKind.PeerToPeer, MemoryKind.Device, MemoryKind.Device],
      [
        'Memcpy HtoD (Host -> Device)',
        CopyKind.HostToDevice,
        MemoryKind.Unknown,
        MemoryKind.Device,
      ],
      ['CopyDeviceToHost', CopyKind.Unknown, MemoryKind.Unknown, MemoryKind.Unknown],
    ] as const;
    const profile = await readEvents(
      ...copies.map(([name]) => kernel({ cat: 'gpu_memcpy', name }, { bytes: 4096 })),
      kernel({ cat: 'Memset', name: 'Memset (Device)', tid: 'stream 20' }, { bytes: '512' }),
      kernel({ cat: 'gpu_memcpy', name: copies[0][0] }),
    );
    const { kind, source, target, bytes } = profile.memcpys;
    copies.forEach(([, ...wanted], i) =>
      assert.deepStrictEqual([kind[i], source[i], target[i]], wanted),
    );
    assert.strictEqual(bytes[0], 4096);
    assert.deepStrictEqual(
      [profile.memsets.bytes[0], profile.memsets.kind[0]],
      [512, MemoryKind.Device],
    );
    assert.match(texts(profile), /1 copies without a valid size/);
    assert.ok(Number.isNaN(bytes[copies.length]));
    const { transfers } = memory(new Analysis(profile), {});
    const [withSize, ...others] = transfers.filter(({ count }) => count === 2);
    assert.deepStrictEqual([withSize.bytes, others.length], [4096, 0]);
    assert.strictEqual(withSize.averageSize, 4096);
    assert.strictEqual(Math.round(withSize.bandwidth!), (4096 * 1e9) / (withSize.total / 2));
    const alone = await readEvents(kernel({ cat: 'gpu_memcpy', name: copies[0][0] }));
    const [row] = memory(new Analysis(alone), {}).transfers;
    assert.deepStrictEqual([row.count, row.bytes, row.bandwidth], [1, undefined, undefined]);
  });

  it('of a PyTorch without Kineto are told by their process', async () => {
    const text = JSON.stringify([
      { name: 'aten::mm', ph: 'X', ts: 5, dur: 3, tid: 1, pid: 'CPU functions', args: {} },
      { name: 'sgemm', ph: 'X', ts: 9, dur: 2, tid: 1, pid: 'CUDA functions', args: {} },
      { name: 'other', ph: 'X', ts: 9, dur: 2, tid: 1, pid: 'Something', args: {} },
    ]);
    const profile = await readText(text);
    assert.deepStrictEqual(names(profile, profile.operators!.name), ['aten::mm']);
    assert.deepStrictEqual([...profile.operators!.start, ...profile.operators!.end], [0, 3000]);
    assert.strictEqual(profile.kernels.length, 1);
    assert.strictEqual(profile.devices[profile.streams[profile.kernels.stream[0]].device].id, 1);
  });

  it('of older versions are the same events', async () => {
    const profile = await readEvents(
      {
        ph: 'X',
        cat: 'Operator',
        name: 'aten::mm',
        pid: 1,
        tid: '2',
        ts: 100,
        dur: 50,
        args: { 'external id': 7, 'Call stack': 'a.py(1): f;b.py(2): g' },
      },
      {
        ph: 'X',
        cat: 'operator',
        name: 'aten::mm',
        pid: 1,
        tid: '2',
        ts: 200,
        dur: 5,
        args: { 'External id': 8 },
      },
      {
        ph: 'X',
        cat: 'Runtime',
        name: 'cudaLaunchKernel',
        pid: 1,
        tid: '2',
        ts: 110,
        dur: 5,
        args: { 'external id': 7, correlation: 3 },
      },
      {
        ph: 'X',
        cat: 'Kernel',
        name: 'k',
        pid: 0,
        tid: 'stream 7',
        ts: 120,
        dur: 5,
        args: { 'external id': 7, correlation: 3 },
      },
    );
    assert.deepStrictEqual(
      [profile.operators!.length, profile.api.length, profile.kernels.length],
      [2, 1, 1],
    );
    assert.deepStrictEqual(profile.threads, [{ process: 0, tid: 2, name: '' }]);
    assert.deepStrictEqual([profile.streams[0].ordinal, profile.streams[0].id], [0, 7]);
    assert.deepStrictEqual(names(profile, profile.operators!.callStack!), [
      'a.py(1): f;b.py(2): g',
      '',
    ]);
    assert.deepStrictEqual([...profile.operators!.externalId], [7, 8]);
    assert.deepStrictEqual([...profile.externalIds!.kernels], [7]);
  });

  it('of AMD are on a GPU whose number is none of the properties', async () => {
    const device = {
      name: 'AMD Instinct MI300X',
      totalGlobalMem: 5,
      numSms: 304,
      warpSize: 64,
      computeMajor: 9,
      computeMinor: 4,
    };
    const text = JSON.stringify({
      hip_runtime_version: 1,
      deviceProperties: [
        { id: 0, ...device },
        { id: 2, ...device },
      ],
      traceEvents: [kernel({}, { device: 9 }), call({ name: 'hipLaunchKernel' })],
    });
    const profile = await readText(text);
    assert.deepStrictEqual(
      profile.devices.map(({ id, name, smCount, computeCapability }) => ({
        id,
        name,
        smCount,
        computeCapability,
      })),
      [{ id: 9, name: 'AMD Instinct MI300X', smCount: 304, computeCapability: undefined }],
    );
    const mixed = await readText(text.replace('MI300X', 'MI250'));
    assert.deepStrictEqual(mixed.devices, [{ id: 9, name: 'GPU 9' }]);
  });

  it('of a graph whose nodes have no numbers are known by the call that replays it', async () => {
    const replay = (correlation: number, names: string[]): object[] => [
      call({ name: 'hipGraphLaunch' }, { correlation }),
      ...names.map((name, i) => kernel({ name, ts: 1000 + i }, { correlation })),
    ];
    const profile = await readEvents(
      ...replay(10, ['a', 'b']),
      ...replay(11, ['a', 'b', 'c']),
      ...replay(12, ['a', 'b']),
      call({ name: 'hipLaunchKernel' }, { correlation: 13 }),
      kernel({}, { correlation: 13 }),
    );
    assert.deepStrictEqual([...profile.kernels.graphNode!], [1, 2, 1, 2, 3, 1, 2, 0]);
    assert.deepStrictEqual([...profile.kernels.graphId!], [1, 1, 2, 2, 2, 1, 1, 0]);
    const { mode, launchCalls, replays, distinctGraphs, kernelsInside, kernelsOutside } = graphs(
      new Analysis(profile),
      {},
    );
    assert.deepStrictEqual(
      { mode, launchCalls, replays, distinctGraphs, kernelsInside, kernelsOutside },
      {
        mode: 'node',
        launchCalls: 3,
        replays: 3,
        distinctGraphs: 2,
        kernelsInside: 7,
        kernelsOutside: 1,
      },
    );
  });

  it('without a GPU make a profile without one', async () => {
    const profile = await readEvents(operator());
    assert.deepStrictEqual(
      [profile.has.kernels, profile.has.api, profile.devices.length, profile.streams.length],
      [false, false, 0, 0],
    );
  });

  it('that are odd are straightened or left out, counted and told', async () => {
    const profile = await readEvents(
      kernel({ dur: -5 }),
      kernel({ ts: undefined }),
      kernel({ ts: '"x"' }),
      kernel({ dur: undefined }),
      kernel({ ts: 1e300 }),
      kernel({ dur: 1e300 }),
      kernel({ args: undefined }),
      kernel({ name: undefined }),
      { ph: 'B', name: 'x', ts: 1 },
      { ph: 'X' },
      {},
      `{"ph":"X","cat":"kernel","name":"<b>\\u202e","ts":1,"dur":1,"args":{"device":"a","stream":null,"correlation":-1,"grid":[1e9,-3],"block":"x"}}`,
    );
    assert.strictEqual(profile.kernels.length, 6);
    assert.ok(profile.kernels.end.every((end, i) => end >= profile.kernels.start[i]));
    const said = texts(profile);
    for (const text of [
      '1 kernels that end before they start: counted with no length.',
      '3 kernels without a valid time: left out.',
      '2 kernels without a length: counted with none.',
      '1 events with separate begin and end: not read.',
    ]) {
      assert.ok(said.includes(text), `${text}\n${said}`);
    }
    assert.ok(
      names(
        profile,
        Uint32Array.from(profile.shapes, (s) => s.name),
      ).includes('<b>\u202e'),
    );
  });

  it('of the allocators have the totals, or none', async () => {
    const memory = (args: object): object => ({
      ph: 'i',
      name: '[memory]',
      pid: 1,
      tid: 2,
      ts: 5,
      s: 't',
      args,
    });
    const profile = await readEvents(
      operator(),
      memory({ Bytes: -64, 'Device Id': -1, 'Device Type': 0 }),
      memory({
        Bytes: 64,
        'Device Id': 0,
        'Device Type': 1,
        'Total Allocated': 128,
        'Total Reserved': 256,
      }),
      memory({ Bytes: 'many' }),
      { ph: 'i', name: 'Record Window End', pid: '', tid: '', ts: 9, s: 'g' },
      { ph: 'i', name: 'mine', pid: 1, tid: 2, ts: 9, s: 't' },
    );
    const { bytes, allocated, reserved, deviceType, device } = profile.memoryEvents!;
    assert.deepStrictEqual([...bytes], [-64, 64]);
    assert.deepStrictEqual([...allocated], [NaN, 128]);
    assert.deepStrictEqual([...reserved], [NaN, 256]);
    assert.deepStrictEqual([...deviceType], [0, 1]);
    assert.deepStrictEqual([...device], [-1, 0]);
    assert.deepStrictEqual(names(profile, profile.ranges.name), ['mine']);
    assert.deepStrictEqual([...profile.ranges.kind], [RangeKind.Mark]);
  });

  it('of traces that someone merged stay with the process that launched them', async () => {
    const profile = await readEvents(
      call({ pid: 10, tid: 1 }, { correlation: 1 }),
      call({ pid: 20, tid: 2 }, { correlation: 2 }),
      call({ pid: 20, tid: 2 }, { correlation: 5 }),
      kernel({}, { device: 0, correlation: 1 }),
      kernel({}, { device: 1, correlation: 2 }),
    );
    const pidOf = (row: number): number =>
      profile.processes[profile.streams[profile.kernels.stream[row]].process].pid;
    assert.deepStrictEqual([pidOf(0), pidOf(1)], [10, 20]);
  });

  it('keep names as text, whatever they hold', async () => {
    const name = `"><script>=cmd|' /C calc'!A0</script>\u0000${'あ'.repeat(200)}`;
    const profile = await readEvents(operator({ name }), operator({ name, ts: 5 }));
    assert.deepStrictEqual(names(profile, profile.operators!.name), [name, name]);
  });

  it('have their inputs as JSON without spaces', async () => {
    const profile = await readEvents(
      `{"ph":"X","cat":"cpu_op","name":"a","pid":1,"tid":1,"ts":1,"dur":1,"args":{"Input Dims":[ [ 16, 559 ],\n [] ],"Input type":["long int", ""],"Sequence number":12,"flops":1000}}`,
      operator({ args: { 'Input Dims': [[16, 559], []] } }),
    );
    const { shapes, types, sequence, flops } = profile.operators!;
    assert.deepStrictEqual(names(profile, shapes), ['[[16,559],[]]', '[[16,559],[]]']);
    assert.deepStrictEqual(names(profile, types), ['["long int",""]', '']);
    assert.deepStrictEqual([...sequence], [12, -1]);
    assert.deepStrictEqual([...flops!], [1000, NaN]);
  });
});

describe('torch: files spoilt at random', () => {
  it('are read or refused, and every row of what is read can be used', async () => {
    const whole = Buffer.from(trace({ steps: 2, layers: 2, worldSize: 2 }).text);
    for (let seed = 0; seed < 150; seed++) {
      const random = new Random(seed);
      let bytes = Buffer.from(whole);
      for (let i = random.int(1, 20); i > 0; i--) {
        const at = random.int(0, bytes.length - 1);
        if (random.chance(0.5))
          bytes[at] = random.pick([0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0, 0xff, 0x2d, 0x39]);
        else
          bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(0, 400))]);
      }
      const profile = await readText(bytes).catch((error: unknown) => {
        assert.ok(error instanceof ReadFailure, `seed ${seed}: ${String(error)}`);
      });
      if (!profile) continue;
      const { kernels, api, operators: ops, threads, streams, shapes } = profile;
      for (const { start, end } of [kernels, api, ops!]) {
        assert.ok(
          start.every((time, i) => time >= 0 && end[i] >= time),
          `seed ${seed}`,
        );
      }
      assert.ok(kernels.stream.every((stream) => stream < streams.length));
      assert.ok(kernels.shape.every((shape) => shape < shapes.length));
      assert.ok(api.thread.every((thread) => thread < threads.length));
      const analysis = new Analysis(profile);
      flame(analysis, {}, 'stack');
      operators(analysis, {}, 'shape');
      utilisation(analysis, {});
    }
  });
});

describe('torch: files that are no trace', () => {
  it('are refused with a sentence that says what they are', async () => {
    await refuses(
      '{"a": 1}',
      'not-a-profile',
      /is JSON without trace events: a trace of PyTorch's profiler/,
    );
    await refuses('{"traceEvents": []}', 'not-a-profile', /has no events/);
    await refuses(
      '{"traceEvents": [{"ph":"X","cat":"blink","name":"x","ts":1,"dur":1}]}',
      'not-a-profile',
      /another program's trace/,
    );
    await refuses('{"traceEvents": [{"ph":"X"', 'truncated', /cut off before its first event/);
    await refuses('{nonsense', 'not-a-profile', /no JSON from byte 1 on/);
    await refuses(gzipSync('just text'), 'not-a-profile', /no JSON from byte 0 on/);
    await refuses(gzipSync(''), 'empty', /is empty/);
    await refuses(Buffer.from([0x1f, 0x8b, 8, 0, 1]), 'truncated', /is damaged/);
    await refuses('', 'empty', /is empty/);
  });

  it('never by their names', async () => {
    const profile = await readText(trace({ steps: 1 }).text, 'report.sqlite');
    assert.strictEqual(profile.source.format, 'torch');
  });
});

describe('torch: what the generator writes', () => {
  it('is JSON, and its truth is what JSON.parse counts', () => {
    const truth = newTruth();
    const { head, foot } = traceText();
    const text = head + [...traceEvents({ steps: 5 }, truth)].map(toJson).join(',') + foot;
    const { traceEvents: events } = JSON.parse(text) as { traceEvents: { cat?: string }[] };
    const count = (cat: string): number => events.filter((event) => event.cat === cat).length;
    assert.deepStrictEqual(
      [count('kernel'), count('cpu_op'), count('python_function'), count('user_annotation')],
      [truth.kernels, truth.operators, truth.python, truth.annotations],
    );
  });
});
