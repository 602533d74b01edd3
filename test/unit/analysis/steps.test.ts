import assert from 'node:assert/strict';
import { linkLaunches } from '../../../src/analysis/launches';
import { attributeSteps, findSteps, parseStepName } from '../../../src/analysis/steps';
import { NONE, RangeKind } from '../../../src/profile/model';
import { PHASES } from '../../../src/profile/scope';
import { buildProfile, randomNumbers, type ProfileSpec, type RangeSpec } from './build';

describe('step names', () => {
  /** Format, phase, and the four numbers; `-` where the name does not say. */
  const read = (name: string): string => {
    const step = parseStepName(name);
    if (!step) return 'none';
    const numbers = [
      step.contextRequests,
      step.contextTokens,
      step.generationRequests,
      step.generationTokens,
    ];
    return [step.format, step.phase, ...numbers.map((n) => (Number.isNaN(n) ? '-' : n))].join(' ');
  };

  const KNOWN: Record<string, string> = {
    // vLLM 0.14 and later
    'execute_context_2(512)_generation_0(0)': 'vllm prefill 2 512 0 0',
    'execute_context_0(0)_generation_8(8)': 'vllm decode 0 0 8 8',
    'execute_context_1(100)_generation_7(21)': 'vllm mixed 1 100 7 21',
    // with detailed annotation
    'execute_32_context_0(sq0sk0sqsq0sqsk0)_generation_32(sq32sk55086sqsq32sqsk55086)':
      'vllm-detailed decode 0 0 32 32',
    'execute_15360_context_15(sq15360sk15360sqsq15728640sqsk15728640)_generation_0(sq0sk0sqsq0sqsk0)':
      'vllm-detailed prefill 15 15360 0 0',
    'execute_12_context_1(sq8sk8sqsq64sqsk64)_generation_4(sq4sk40sqsq4sqsk40)':
      'vllm-detailed mixed 1 8 4 4',
    // vLLM 0.11.1 to 0.13
    execute_new_3_cached_0: 'vllm-0.11 prefill 3 - 0 0',
    execute_new_0_cached_16: 'vllm-0.11 decode 0 0 16 -',
    execute_new_1_cached_16: 'vllm-0.11 mixed 1 - 16 -',
    // forks
    'execute_model context_2(512) generation_0(0)': 'vllm prefill 2 512 0 0',
    'EXECUTE_CONTEXT_0(0)_GENERATION_4(4)': 'vllm decode 0 0 4 4',
    execute_context_2_generation_1: 'vllm mixed 2 - 1 -',
    'execute_context_ 2 ( 512 )_generation_ 3 ( 3 )': 'vllm mixed 2 512 3 3',
    // TensorRT-LLM
    '[Executor] _forward_step 12: 2 ctx reqs, 300 ctx tokens, 4 gen reqs':
      'tensorrt-llm mixed 2 300 4 -',
    '[Executor] _forward_step 60000: 0 ctx reqs, 0 ctx tokens, 32 gen reqs':
      'tensorrt-llm decode 0 0 32 -',
    '[Executor] _forward_step 7: 1 ctx reqs, 0 gen reqs': 'tensorrt-llm prefill 1 - 0 0',
    'executeStep: 3 ctx reqs, 8 gen reqs': 'tensorrt-llm mixed 3 - 8 -',
    '[Executor] _forward_step 8: 0 ctx reqs, 0 gen reqs': 'none',
    // SGLang
    'step[EXTEND bs=2 toks=4096]': 'sglang prefill 2 4096 0 0',
    'step[EXTEND bs=2 toks=12 c_sqsq=80 c_sqsk=120 c_sk=20]': 'sglang prefill 2 12 0 0',
    'step[DECODE bs=16]': 'sglang decode 0 0 16 16',
    'step[DECODE bs=2 g_sqsq=2 g_sqsk=30 g_sk=30]': 'sglang decode 0 0 2 2',
    'step[TARGET_VERIFY bs=4]': 'sglang decode 0 0 4 -',
    'step[MIXED bs=2]': 'sglang mixed - - - -',
    'step[MIXED bs=2 c=1 g=1 c_sq=5 c_sk=8 c_sqsq=25 c_sqsk=40 g_sq=1 g_sk=12 g_sqsq=1 g_sqsk=12]':
      'sglang mixed 1 5 1 1',
    'step[MIXED bs=1 c=1 g=0 c_sq=3 c_sk=3 c_sqsq=9 c_sqsk=9 g_sq=0 g_sk=0 g_sqsq=0 g_sqsk=0]':
      'sglang prefill 1 3 0 0',
    'step[IDLE bs=0]': 'none',
    'step[DRAFT_EXTEND bs=4]': 'none',
    // what people write
    prefill: 'plain prefill - - 0 0',
    'Decode step 12': 'plain decode 0 0 - -',
    model_decode: 'plain decode 0 0 - -',
    'prefill[bs=2 tok=16384]': 'plain prefill 2 16384 0 0',
    'decode[bs=4 tok=4]': 'plain decode 0 0 4 4',
    'prefill+decode': 'plain mixed - - - -',
    predecode: 'none',
    decoder_layer_3: 'none',
    'Step 10 to 20': 'none',
    // nothing scheduled
    'execute_context_0(0)_generation_0(0)': 'none',
    execute_new_0_cached_0: 'none',
    '': 'none',
  };
  for (const [name, expected] of Object.entries(KNOWN)) {
    it(`reads "${name}"`, () => assert.equal(read(name), expected));
  }

  it('takes no long text for a step', () => {
    assert.equal(read(`{'Module': 'decode', 'Inputs': [${'1, '.repeat(100)}]}`), 'none');
  });
});

describe('steps', () => {
  const decode = (start: number, end: number, more: Partial<RangeSpec> = {}): RangeSpec => ({
    name: 'execute_context_0(0)_generation_4(4)',
    start,
    end,
    ...more,
  });
  const spansOf = (spec: ProfileSpec): [number, number, number][] => {
    const { length, thread, start, end } = findSteps(buildProfile(spec));
    return Array.from({ length }, (_, i) => [thread[i], start[i], end[i]]);
  };

  it('are ordered by thread, then start, whatever the order of the file', () => {
    const ranges = [
      decode(30, 40),
      decode(5, 6, { thread: 1 }),
      decode(10, 20),
      decode(0, 1, { thread: 1 }),
    ];
    assert.deepEqual(spansOf({ threads: [{}, {}], ranges }), [
      [0, 10, 20],
      [0, 30, 40],
      [1, 0, 1],
      [1, 5, 6],
    ]);
  });

  it('of ranges around each other are the outermost', () => {
    const ranges = [decode(0, 20), decode(2, 18), decode(0, 10), decode(19, 25), decode(20, 30)];
    assert.deepEqual(spansOf({ ranges }), [
      [0, 0, 20],
      [0, 20, 30],
    ]);
    assert.deepEqual(spansOf({ ranges: [decode(0, 10), decode(0, 20)] }), [[0, 0, 20]]);
  });

  it('may be open: they end with the next one, or with the capture', () => {
    const spec: ProfileSpec = {
      ranges: [decode(0, NaN), decode(20, 30), decode(40, NaN)],
      api: [{ start: 50, end: 55 }],
      kernels: [{ start: 60, end: 90 }],
    };
    assert.deepEqual(spansOf(spec), [
      [0, 0, 20],
      [0, 20, 30],
      [0, 40, 90],
    ]);
  });

  it('that end before they start have no length', () => {
    assert.deepEqual(spansOf({ ranges: [decode(20, 10), decode(15, 18)] }), [
      [0, 15, 18],
      [0, 20, 20],
    ]);
  });

  it('are no marks, and start-end ranges too', () => {
    const ranges = [
      decode(0, 1, { kind: RangeKind.Mark }),
      decode(2, 3, { kind: RangeKind.StartEnd }),
    ];
    assert.deepEqual(spansOf({ ranges }), [[0, 2, 3]]);
  });

  it('are taken from the default domain where it has any', () => {
    const domains = [{ name: 'other' }, { name: '' }];
    const other = [decode(0, 5, { domain: 0 })];
    assert.deepEqual(spansOf({ domains, ranges: other }), [[0, 0, 5]]);
    const both = [...other, decode(10, 15, { domain: 1 })];
    assert.deepEqual(spansOf({ domains, ranges: both }), [[0, 10, 15]]);
  });

  it("of an engine's format leave a person's ranges be", () => {
    const steps = findSteps(
      buildProfile({
        ranges: [
          { name: 'prefill', start: 0, end: 5 },
          { name: 'step[DECODE bs=4]', start: 6, end: 9 },
          decode(10, 20),
        ],
      }),
    );
    assert.deepEqual([...steps.start], [10]);
    assert.equal(steps.format, 'vllm');
    assert.equal(PHASES[steps.phase[0]], 'decode');
  });

  it('are none without ranges', () => {
    const steps = findSteps(buildProfile({}));
    assert.equal(steps.length, 0);
    assert.equal(steps.format, undefined);
    assert.deepEqual(steps.leads, []);
  });
});

describe('engines', () => {
  /** Steps of each thread as numbers of generating requests. */
  const enginesOf = (sequences: number[][], processNames: string[] = []) => {
    const steps = findSteps(
      buildProfile({
        processes: sequences.map((_, i) => ({ name: processNames[i] ?? 'python' })),
        threads: sequences.map((_, i) => ({ process: i })),
        ranges: sequences.flatMap((sequence, thread) =>
          sequence.map((requests, i) => ({
            name: `execute_context_0(0)_generation_${requests}(${requests})`,
            thread,
            start: i * 10,
            end: i * 10 + 5,
          })),
        ),
      }),
    );
    const engines = sequences.map((_, thread) => steps.engine[steps.thread.indexOf(thread)]);
    return { engines, leads: [...steps.leads] };
  };
  const load = (seed: number, length: number): number[] => {
    const random = randomNumbers(seed);
    return Array.from({ length }, () => random.whole(1, 20));
  };

  it('are one for ranks with the same steps', () => {
    const own = load(1, 50);
    assert.deepEqual(enginesOf([own, own, own]), { engines: [0, 0, 0], leads: [0] });
  });

  it('are several for ranks with steps of their own', () => {
    const [a, b] = [load(1, 50), load(2, 50)];
    assert.deepEqual(enginesOf([a, a, b, b]), { engines: [0, 0, 1, 1], leads: [0, 2] });
  });

  it('are led by the rank with the most steps', () => {
    const own = load(3, 60);
    assert.deepEqual(enginesOf([own.slice(2), own, own.slice(0, -3)]), {
      engines: [0, 0, 0],
      leads: [1],
    });
  });

  it('bear the loss of some events', () => {
    const own = load(4, 60);
    const lossy = own.map((requests, i) => (i % 20 === 7 ? 99 : requests));
    assert.deepEqual(enginesOf([own, lossy]).leads, [0]);
  });

  it('are told apart by data-parallel names where all do the same', () => {
    const same = new Array<number>(30).fill(8);
    const names = ['VLLM::Worker_DP0_TP0', 'VLLM::Worker_DP0_TP1', 'VLLM::Worker_DP1_TP0'];
    assert.deepEqual(enginesOf([same, same, same], names), { engines: [0, 0, 1], leads: [0, 2] });
  });

  it('compare short captures strictly', () => {
    assert.deepEqual(
      enginesOf([
        [8, 4],
        [4, 8],
      ]).leads,
      [0, 1],
    );
    assert.deepEqual(
      enginesOf([
        [8, 4],
        [8, 4],
      ]).leads,
      [0],
    );
  });
});

describe('attribution to steps', () => {
  it('agrees with a search through all ranges, of engines and of people', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomNumbers(seed);
      const plain = seed % 2 === 0;
      const ranges = [0, 1].flatMap((thread) => {
        const own: RangeSpec[] = [];
        for (let at = random.whole(0, 20); at < 200; at += random.whole(1, 20)) {
          const start = at;
          at += random.whole(0, 20);
          const name = plain ? `decode ${at}` : `execute_context_1(5)_generation_0(0)`;
          own.push({ name, thread, start, end: at });
        }
        return own;
      });
      const api = Array.from({ length: 60 }, (_, i) => {
        const start = random.whole(0, 220);
        return { start, end: start + 9, thread: random.whole(0, 2), correlation: i + 1 };
      });
      const activities = () =>
        Array.from({ length: 20 }, () => ({
          // When the work ran must not matter.
          start: random.whole(0, 500),
          end: 500,
          correlation: random.whole(0, 70),
        }));
      const profile = buildProfile({
        threads: [{}, {}, {}],
        ranges: ranges.slice().sort(() => random.next() - 0.5),
        api,
        kernels: activities(),
        memcpys: activities(),
        memsets: activities(),
        graphTraces: activities(),
      });
      const steps = findSteps(profile);
      const attribution = attributeSteps(profile, steps, linkLaunches(profile));
      for (const kind of ['kernels', 'memcpys', 'memsets', 'graphTraces'] as const) {
        attribution[kind].forEach((step, row) => {
          const call = api.find((c) => c.correlation === profile[kind].correlation[row]);
          const begun = ranges.filter(
            (r) => call && r.thread === call.thread && r.start <= call.start,
          );
          const latest = begun.sort((a, b) => b.start - a.start)[0];
          const expected =
            latest && (!plain || call!.start < latest.end) ? latest.start : undefined;
          const actual = step === NONE ? undefined : steps.start[step];
          assert.equal(actual, expected, `seed ${seed} ${kind} ${row}`);
        });
      }
    }
  });
});
