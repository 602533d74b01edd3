/**
 * A run of a vLLM worker as PyTorch's profiler writes it, with its truth:
 * steps, operators with modules around them, launches, kernels, memory.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { Random } from '../random';

export interface TraceOptions {
  readonly steps: number;
  readonly layers: number;
  readonly seed: number;
  readonly rank: number;
  readonly worldSize: number;
  /** How much longer this rank takes for its own kernels than others. */
  readonly slowness: number;
  readonly python: boolean;
  readonly memory: boolean;
}

export interface TraceTruth {
  kernels: number;
  kernelTime: bigint;
  calls: number;
  operators: number;
  python: number;
  annotations: number;
  memory: number;
  prefill: number;
  decode: number;
  /** Sum of kernel time in ns by operator that launched it. */
  byOperator: Map<string, { count: number; gpu: bigint }>;
  /** Lengths of the collectives' kernels in ns, in order. */
  collectives: bigint[];
}

export type TraceEvent = Readonly<Record<string, unknown>>;

const DEFAULTS: TraceOptions = {
  steps: 4,
  layers: 3,
  seed: 1,
  rank: 0,
  worldSize: 1,
  slowness: 1,
  python: true,
  memory: true,
};

/** A number as it stands in the file: more digits than a double holds. */
export class Literal {
  constructor(readonly text: string) {}
}

const micros = (nanos: bigint): Literal =>
  new Literal(`${nanos / 1000n}.${String(nanos % 1000n).padStart(3, '0')}`);

const ZERO = 4_203_669_604_595_407n;
const PID = 4711;
const TID = 4712;

const OPERATORS = [
  ['aten::mm', 'sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n', 40],
  ['vllm::unified_attention', 'void flash::flash_fwd_kernel<Traits<128, 64>>(Params)', 25],
  ['_C::fused_add_rms_norm', 'void vllm::fused_add_rms_norm_kernel<c10::BFloat16, 8>(int)', 5],
] as const;

/** Events one by one, in the order of Kineto: by time within what lies together. */
export function* traceEvents(
  wanted: Partial<TraceOptions> = {},
  truth: TraceTruth = newTruth(),
): Generator<TraceEvent> {
  const options = { ...DEFAULTS, ...wanted };
  const random = new Random(options.seed);
  const own = new Random(options.seed * 1000 + options.rank);
  let cpu = ZERO;
  let gpu = ZERO + 20_000n;
  let external = 100;
  let correlation = 5000;
  let held = 1_000_000_000;
  const complete = (
    cat: string,
    name: string,
    start: bigint,
    end: bigint,
    args: Readonly<Record<string, unknown>>,
    place: { pid: number; tid: number } = { pid: PID, tid: TID },
  ): TraceEvent => ({
    ph: 'X',
    cat,
    name,
    ...place,
    ts: micros(start),
    dur: micros(end - start),
    args,
  });

  for (let step = 0; step < options.steps; step++) {
    const prefill = step % 4 === 0;
    const stepStart = cpu;
    const events: TraceEvent[] = [];
    cpu += BigInt(random.int(500, 1500));
    const forward = cpu;
    for (let layer = 0; layer < options.layers; layer++) {
      const layerStart = cpu;
      for (const [operator, kernel, length] of [
        ...OPERATORS,
        ...(options.worldSize > 1
          ? [['c10d::allreduce_', 'ncclDevKernel_AllReduce_Sum_bf16_RING_LL', 12] as const]
          : []),
      ]) {
        const opStart = cpu;
        external++;
        correlation++;
        const callStart = (cpu += BigInt(random.int(900, 2500)));
        const callEnd = (cpu += BigInt(random.int(2000, 4000)));
        cpu += BigInt(random.int(200, 900));
        const collective = operator.startsWith('c10d');
        const shared = random.about(length * (prefill ? 20_000 : 1000));
        const scaled = collective ? shared : Math.round(own.about(shared, 0.05) * options.slowness);
        gpu = (gpu > callEnd ? gpu : callEnd) + BigInt(random.int(100, 900));
        const kernelEnd = gpu + BigInt(scaled);
        const shape = prefill ? '[[512,4096],[4096,4096]]' : '[[16,4096],[4096,4096]]';
        events.push(
          complete('cpu_op', operator, opStart, cpu, {
            'External id': external,
            'Record function id': 0,
            'Input Dims': JSON.parse(shape) as unknown,
            'Input type': ['c10::BFloat16', 'c10::BFloat16'],
            'Ev Idx': external,
          }),
          complete('cuda_runtime', 'cudaLaunchKernel', callStart, callEnd, {
            'External id': external,
            cbid: 211,
            correlation,
          }),
          {
            ph: 's',
            id: correlation,
            pid: PID,
            tid: TID,
            ts: micros(callStart),
            cat: 'ac2g',
            name: 'ac2g',
          },
          complete(
            'kernel',
            kernel,
            gpu,
            kernelEnd,
            {
              'External id': external,
              queued: 0,
              device: options.rank,
              context: 1,
              stream: 7,
              correlation,
              'registers per thread': 128,
              'shared memory': 16384,
              'blocks per SM': 5.925926,
              grid: [prefill ? 512 : 16, 1, 1],
              block: [128, 1, 1],
              'est. achieved occupancy %': 25,
            },
            { pid: options.rank, tid: 7 },
          ),
          {
            ph: 'f',
            id: correlation,
            pid: options.rank,
            tid: 7,
            ts: micros(gpu),
            cat: 'ac2g',
            name: 'ac2g',
            bp: 'e',
          },
        );
        truth.operators++;
        truth.calls++;
        truth.kernels++;
        truth.kernelTime += kernelEnd - gpu;
        if (collective) truth.collectives.push(kernelEnd - gpu);
        const sum = truth.byOperator.get(operator) ?? { count: 0, gpu: 0n };
        truth.byOperator.set(operator, { count: sum.count + 1, gpu: sum.gpu + (kernelEnd - gpu) });
        gpu = kernelEnd;
        if (options.memory) {
          const bytes = 4096 * random.int(1, 64) * (layer % 2 === 0 ? 1 : -1);
          held += bytes;
          truth.memory++;
          events.push({
            ph: 'i',
            cat: 'cpu_instant_event',
            s: 't',
            name: '[memory]',
            pid: PID,
            tid: TID,
            ts: micros(callStart),
            args: {
              'Total Reserved': 2_000_000_000,
              'Total Allocated': held,
              Bytes: bytes,
              Addr: 137877174353920,
              'Device Id': options.rank,
              'Device Type': 1,
            },
          });
        }
      }
      if (options.python) {
        truth.python++;
        events.push(
          complete('python_function', `nn.Module: LlamaDecoderLayer_${layer}`, layerStart, cpu, {
            'Python id': layer + 2,
            'Python parent id': 1,
            'Python module id': layer,
          }),
        );
      }
    }
    if (options.python) {
      truth.python++;
      events.push(
        complete(
          'python_function',
          'vllm/model_executor/models/llama.py(412): forward',
          forward,
          cpu,
          {
            'Python id': 1,
            'Python parent id': null,
          },
        ),
      );
    }
    cpu += BigInt(random.int(500, 1500));
    const name = prefill
      ? 'execute_context_1(512)_generation_0(0)'
      : 'execute_context_0(0)_generation_16(16)';
    truth.annotations++;
    if (prefill) truth.prefill++;
    else truth.decode++;
    yield complete('user_annotation', name, stepStart, cpu, { 'External id': ++external });
    yield* events;
    // Kineto repeats the annotation on the GPU.
    yield complete(
      'gpu_user_annotation',
      name,
      forward,
      gpu,
      { 'External id': external },
      { pid: options.rank, tid: 7 },
    );
    cpu += BigInt(random.int(2000, 5000));
  }
  yield {
    name: 'process_name',
    ph: 'M',
    ts: micros(ZERO),
    pid: PID,
    tid: 0,
    args: { name: 'VLLM::Worker_TP' + options.rank },
  };
  yield {
    name: 'thread_name',
    ph: 'M',
    ts: micros(ZERO),
    pid: PID,
    tid: TID,
    args: { name: `thread ${TID} (python3)` },
  };
  yield {
    name: 'process_labels',
    ph: 'M',
    ts: micros(ZERO),
    pid: options.rank,
    tid: 0,
    args: { labels: 'GPU 0' },
  };
}

export function newTruth(): TraceTruth {
  return {
    kernels: 0,
    kernelTime: 0n,
    calls: 0,
    operators: 0,
    python: 0,
    annotations: 0,
    memory: 0,
    prefill: 0,
    decode: 0,
    byOperator: new Map(),
    collectives: [],
  };
}

/** JSON with the numbers of {@link Literal} as they are. */
export function toJson(value: unknown): string {
  if (value instanceof Literal) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}: ${toJson(member)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** What stands before and behind the list of events, as Kineto writes it. */
export function traceText(options: Partial<TraceOptions> = {}): {
  readonly head: string;
  readonly foot: string;
} {
  const { rank, worldSize } = { ...DEFAULTS, ...options };
  const facts = {
    schemaVersion: 1,
    deviceProperties: Array.from({ length: worldSize }, (_, id) => ({
      id,
      name: 'NVIDIA H100 80GB HBM3',
      totalGlobalMem: 85018279936,
      computeMajor: 9,
      computeMinor: 0,
      maxThreadsPerMultiprocessor: 2048,
      warpSize: 32,
      numSms: 132,
    })),
    distributedInfo: { backend: 'nccl', rank, world_size: worldSize },
    record_shapes: 1,
    with_stack: 1,
    profile_memory: 1,
    vllm_version: '0.14.0',
    displayTimeUnit: 'ms',
    baseTimeNanoseconds: 1735632360000000000,
  };
  return {
    head: `{\n${toJson(facts).slice(1, -1)},\n"traceEvents": [\n`,
    foot: '\n],\n"traceName": "trace.json"\n}\n',
  };
}

/** A whole trace as text. */
export function trace(
  options: Partial<TraceOptions> = {},
  truth: TraceTruth = newTruth(),
): { readonly text: string; readonly truth: TraceTruth } {
  const { head, foot } = traceText(options);
  const events = [...traceEvents(options, truth)].map(toJson).join(',\n');
  return { text: head + events + foot, truth };
}

/** Writes a trace of about a size; one run after the other, whose ids repeat, until it is long enough. */
export async function writeTrace(path: string, bytes: number): Promise<void> {
  const file = createWriteStream(path);
  const { head, foot } = traceText();
  let written = 0;
  let piece = [head];
  let length = 0;
  for (let seed = 1; written < bytes; seed++) {
    for (const event of traceEvents({ seed, steps: 8, layers: 32 })) {
      const json = (written + length > 0 ? ',\n' : '') + toJson(event);
      piece.push(json);
      length += json.length;
      if (length < 1 << 20) continue;
      written += length;
      length = 0;
      if (!file.write(piece.join(''))) await once(file, 'drain');
      piece = [];
    }
  }
  file.end(piece.join('') + foot);
  await once(file, 'finish');
}
