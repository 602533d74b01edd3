/**
 * A vLLM-like run as nsys would export it, with everything about it known.
 *
 * What makes such captures hard is all here: full decode graphs and piecewise
 * ones traced node by node (all kernels of a replay share the correlation id
 * of one launch call), eager steps above the largest captured size, step
 * annotations on every rank's worker, sampling launched after the annotation
 * has ended, a CPU that runs a step ahead of the GPU, tensor-parallel ranks in
 * processes whose correlation ids overlap, work before the first step and
 * work that no step asked for.
 *
 * The clock of each rank is simulated in whole nanoseconds: one CPU thread
 * that launches, one compute stream that runs in order, one stream for copies.
 */
import type { Phase } from '../../src/profile/scope';
import { MODEL, type ModelKernel } from './kernels';
import { NsysBuilder, type ProcessRef, type StreamRef, type ThreadRef } from './nsys-builder';
import type { NsysVersion } from './nsys-schema';
import { Random } from './random';
import type { TableSink } from './sqlite';
import { Recorder, type RangeRecord, type Step, type Truth, type Work } from './truth';

export type StepFormat =
  'vllm' | 'vllm-0.11' | 'vllm-detailed' | 'fork' | 'sglang' | 'plain' | 'none';

export interface VllmOptions {
  readonly seed: number;
  readonly version: NsysVersion;
  readonly steps: number;
  readonly layers: number;
  /** Tensor-parallel ranks of an engine, one process and one GPU each. */
  readonly ranks: number;
  /** Data-parallel engines, each with its own ranks and its own requests. */
  readonly engines: number;
  readonly moe: boolean;
  readonly stepFormat: StepFormat;
  /** How the capture traced CUDA graphs; `none`: the model ran eagerly. */
  readonly graphs: 'node' | 'graph' | 'none';
  /** The CPU prepares a step while the GPU works on the one before. */
  readonly async: boolean;
  /** Every process sees its GPU as device 0. */
  readonly ownOrdinals: boolean;
  /** Ranges around every layer and operator of eager steps, as a framework's own tracing adds. */
  readonly operatorRanges: boolean;
  readonly hardwareId: number;
  readonly vmId: number;
  /** Says in the capture's facts that it was generated; the bundled sample does. */
  readonly markGenerated: boolean;
  /** False for captures too large to remember; the truth then holds counts only. */
  readonly remember: boolean;
  /** Stops once that many kernels are written, at the end of a step. */
  readonly kernels: number;
  /** Seed of the requests, where runs of one load differ only in their timing; else `seed`. */
  readonly load?: number;
  /** One kernel that takes `factor` times as long as it should. */
  readonly slower?: { readonly kernel: keyof typeof MODEL; readonly factor: number };
}

export const VLLM_DEFAULTS: VllmOptions = {
  seed: 1,
  version: '2026',
  steps: 40,
  layers: 8,
  ranks: 2,
  engines: 1,
  moe: false,
  stepFormat: 'vllm',
  graphs: 'node',
  async: true,
  ownOrdinals: false,
  operatorRanges: false,
  hardwareId: 0,
  vmId: 1,
  markGenerated: false,
  remember: true,
  kernels: Infinity,
};

/** Largest batch with a captured graph. */
const LARGEST_CAPTURE = 512;
const NVTX_DOMAIN = 1;
const NCCL_DOMAIN = 2;
const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;
const SECOND = 1_000_000_000;

/** A token as it would stand in the environment; proves in tests that it goes nowhere. */
const SECRETS = ['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', 'sk-generated-api-key-not-to-be-shown'];

/** What the scheduler decided for one step. */
interface Plan {
  readonly contextRequests: number;
  readonly contextTokens: number;
  readonly generationRequests: number;
  /** Nothing was waiting for that long before. */
  readonly idleBefore: number;
  /** A copy from pageable memory, which stalls the CPU. */
  readonly pageableCopy: boolean;
}

/** Whatever the seed, the first steps show every phase and every graph mode: prompt tokens of each. */
const OPENING: readonly number[] = [180, 2_300, 0, 120, 0];

/**
 * Continuous batching in miniature: requests arrive, are prefilled at once and
 * decode until done. Now and then arrivals pause, the engine runs dry, idles,
 * and starts again with a prefill.
 */
function* schedule(random: Random, steps: number, mixes: boolean): Generator<Plan> {
  let running: number[] = [];
  for (let i = 0; i < steps; i++) {
    const prompts =
      i < OPENING.length
        ? OPENING[i] > 0
          ? [OPENING[i] / 2, OPENING[i] / 2]
          : []
        : arrivals(random, running.length, i % 18 >= 9);
    const generationRequests = prompts.length > 0 && !mixes ? 0 : running.length;
    yield {
      contextRequests: prompts.length,
      contextTokens: prompts.reduce((total, tokens) => total + tokens, 0),
      generationRequests,
      idleBefore: running.length === 0 && i > 0 ? random.int(2, 9) * MILLISECOND : 0,
      pageableCopy: i % 11 === 7,
    };
    if (generationRequests > 0)
      running = running.map((left) => left - 1).filter((left) => left > 0);
    running.push(...prompts.map(() => random.int(2, 9)));
  }
}

/** Lengths of the prompts that arrive before a step. */
function arrivals(random: Random, running: number, pause: boolean): number[] {
  if (running > 0 && (pause || running > 60 || !random.chance(0.4))) return [];
  return Array.from({ length: random.int(1, 6) }, () =>
    random.chance(0.6) ? random.int(12, 150) : random.int(300, 1_600),
  );
}

const STEP_NAMES: Readonly<Record<Exclude<StepFormat, 'none'>, (plan: Plan) => string>> = {
  vllm: (p) =>
    `execute_context_${p.contextRequests}(${p.contextTokens})_generation_${p.generationRequests}(${p.generationRequests})`,
  'vllm-0.11': (p) => `execute_new_${p.contextRequests}_cached_${p.generationRequests}`,
  'vllm-detailed': (p) => {
    const { contextRequests: c, contextTokens: t, generationRequests: g } = p;
    return `execute_${t + g}_context_${c}(sq${t}sk${t}sqsq${t * t}sqsk${t * t})_generation_${g}(sq${g}sk${g * 512}sqsq${g}sqsk${g * 512})`;
  },
  fork: (p) =>
    `execute_model context_${p.contextRequests}(${p.contextTokens}) generation_${p.generationRequests}(${p.generationRequests})`,
  sglang: (p) =>
    p.contextRequests > 0
      ? `step[EXTEND bs=${p.contextRequests} toks=${p.contextTokens}]`
      : `step[DECODE bs=${p.generationRequests} toks=${p.generationRequests}]`,
  plain: (p) => (p.contextRequests > 0 ? 'prefill' : 'decode'),
};

const phaseOf = (plan: Plan): Exclude<Phase, 'unattributed'> =>
  plan.contextRequests > 0 ? (plan.generationRequests > 0 ? 'mixed' : 'prefill') : 'decode';

const captureSize = (tokens: number): number =>
  tokens <= 4
    ? tokens
    : tokens <= 8
      ? 8
      : tokens <= 256
        ? Math.ceil(tokens / 8) * 8
        : Math.ceil(tokens / 16) * 16;

interface Layer {
  readonly before: readonly ModelKernel[];
  readonly attention: readonly ModelKernel[];
  readonly after: readonly ModelKernel[];
}

function layer(index: number, tokens: number, options: VllmOptions): Layer {
  const small = tokens <= 64;
  const reduce = options.ranks === 1 ? [] : [tokens > 1_024 ? MODEL.nccl : MODEL.allReduce];
  const feedForward = options.moe
    ? [
        MODEL.router,
        MODEL.topk,
        MODEL.align,
        MODEL.sortExperts,
        MODEL.experts,
        MODEL.activation,
        MODEL.experts,
        MODEL.moeSum,
      ]
    : [MODEL.gateUp, MODEL.inductorActivation, MODEL.down];
  return {
    before: [
      index === 0 ? MODEL.firstNorm : MODEL.norm,
      ...(small ? [MODEL.qkvSmall, MODEL.splitReduce] : [MODEL.qkv]),
      MODEL.rope,
    ],
    attention: [MODEL.cache, MODEL.attention, ...(small ? [MODEL.combine] : [])],
    after: [MODEL.output, ...reduce, MODEL.inductorNorm, ...feedForward, ...reduce],
  };
}

/** One rank: a worker process with its thread, its GPU and its clocks. */
class Rank {
  private cpu: number;
  /** When the compute stream has done all it was given. */
  private computeFree = 0;
  private copyFree = 0;
  private correlation: number;
  private readonly process: ProcessRef;
  private readonly worker: ThreadRef;
  private readonly output: ThreadRef;
  private readonly offload: ThreadRef;
  private readonly compute: StreamRef;
  private readonly copies: StreamRef;
  private readonly open: RangeRecord[] = [];
  private readonly graphIds = new Map<string, number>();
  private step: Step | undefined;
  /** When the GPU was done with each of the last two steps. */
  private finished: [number, number] = [0, 0];
  kernels = 0;

  constructor(
    private readonly nsys: NsysBuilder,
    private readonly notes: Recorder,
    private readonly random: Random,
    private readonly options: VllmOptions,
    private readonly engine: number,
    private readonly rank: number,
    readonly device: number,
  ) {
    const pid = 4_100 + device * 17;
    this.process = nsys.process(pid, 'VLLM::Worker_TP' + rank);
    this.worker = nsys.thread(this.process, pid, 'VLLM::Worker_TP');
    this.output = nsys.thread(this.process, pid + 3, 'WorkerAsyncOutp');
    this.offload = nsys.thread(this.process, pid + 5, 'kv-offload');
    const ordinal = options.ownOrdinals ? 0 : device;
    this.compute = { process: this.process, device: ordinal, context: 1, id: 7 };
    this.copies = { process: this.process, device: ordinal, context: 1, id: 23 };
    // Close enough for the ids of two ranks to overlap.
    this.correlation = 900 + 13 * device;
    this.cpu = SECOND + this.random.int(0, 200) * MICROSECOND;
    nsys.domain(this.worker, NVTX_DOMAIN, 'NVTX', -SECOND);
    nsys.domain(this.worker, NCCL_DOMAIN, 'NCCL', -SECOND + 5, true);
    nsys.insert('TARGET_INFO_CUDA_DEVICE', {
      gpuId: device,
      cudaId: ordinal,
      pid,
      uuid: gpuUuid(device),
      numMultiprocessors: 132,
    });
  }

  get now(): number {
    return Math.max(this.cpu, this.computeFree, this.copyFree);
  }

  /** Loading weights and a dummy batch: before any step, so nobody's. */
  warmUp(): void {
    for (let i = 0; i < 4; i++) this.copy('HtoD', 16 << 20, 0, true);
    for (const kernel of [MODEL.fill, MODEL.embedding, MODEL.firstNorm, MODEL.qkv, MODEL.logits])
      this.launch(kernel, 256);
    this.fillMemory(1 << 20);
    this.cpu = this.now + 40 * MILLISECOND;
  }

  runStep(index: number, plan: Plan): void {
    const tokens = plan.contextTokens + plan.generationRequests;
    this.await(plan);
    const name =
      this.options.stepFormat === 'none' ? undefined : STEP_NAMES[this.options.stepFormat](plan);
    const range = name === undefined ? undefined : this.push(name);
    if (range !== undefined) {
      this.step = {
        engine: this.engine,
        rank: this.rank,
        device: this.device,
        index,
        name: range.name,
        phase: phaseOf(plan),
        contextRequests: plan.contextRequests,
        contextTokens: plan.contextTokens,
        generationRequests: plan.generationRequests,
        generationTokens: plan.generationRequests,
        rangeStart: range.start,
        rangeEnd: range.start,
      };
      if (this.options.remember) this.notes.steps.push(this.step);
    }
    this.preprocess(tokens, plan.pageableCopy);
    this.forward(tokens, plan);
    this.postprocess(plan);
    const end = (): void => {
      if (range === undefined) return;
      this.pop();
      this.step!.rangeEnd = range.end;
    };
    // A person puts a range around the whole step; engines leave sampling out of theirs.
    if (this.options.stepFormat !== 'plain') end();
    this.sample(plan.contextRequests + plan.generationRequests, range !== undefined);
    if (this.options.stepFormat === 'plain') end();
    if (index % 9 === 4) this.offloadCache();
  }

  /** The end of what waits for this step: with async scheduling, the step before the last. */
  private await(plan: Plan): void {
    const ready = this.options.async ? this.finished[0] : this.finished[1];
    this.cpu = Math.max(this.cpu, ready) + this.random.int(30, 90) * MICROSECOND;
    if (!this.options.async) this.cpu += this.random.int(250, 700) * MICROSECOND;
    if (plan.idleBefore > 0) this.cpu = this.now + plan.idleBefore;
  }

  private preprocess(tokens: number, pageable: boolean): void {
    this.push('gpu_model_runner: preprocess', NVTX_DOMAIN);
    for (const bytes of [tokens * 4, tokens * 8, 4_096]) this.copy('HtoD', bytes, 1);
    if (pageable) this.copy('HtoD', 6 << 20, 0, true);
    this.launch(MODEL.positions, tokens);
    this.launch(MODEL.slots, tokens);
    this.launch(MODEL.attentionMetadata, tokens);
    this.pop();
  }

  private forward(tokens: number, plan: Plan): void {
    this.push('gpu_model_runner: forward', NVTX_DOMAIN);
    const captured = this.options.graphs !== 'none' && tokens <= LARGEST_CAPTURE;
    const padded = captured ? captureSize(tokens) : tokens;
    const layers = Array.from({ length: this.options.layers }, (_, i) =>
      layer(i, padded, this.options),
    );
    if (captured && plan.contextRequests === 0)
      this.replay(`full ${padded}`, padded, [
        MODEL.embedding,
        ...layers.flatMap(({ before, attention, after }) => [...before, ...attention, ...after]),
        MODEL.norm,
      ]);
    else if (captured) {
      let pending: ModelKernel[] = [MODEL.embedding];
      layers.forEach(({ before, attention, after }, i) => {
        this.replay(`piece ${i} ${padded}`, padded, [...pending, ...before]);
        for (const kernel of attention) this.launch(kernel, tokens);
        pending = [...after];
      });
      this.replay(`piece ${layers.length} ${padded}`, padded, [...pending, MODEL.norm]);
    } else {
      this.launch(MODEL.embedding, tokens);
      layers.forEach((part, i) => this.eagerLayer(part, i, tokens));
      this.launch(MODEL.norm, tokens);
    }
    this.pop();
  }

  private eagerLayer({ before, attention, after }: Layer, index: number, tokens: number): void {
    if (!this.options.operatorRanges) {
      for (const kernel of [...before, ...attention, ...after]) this.launch(kernel, tokens);
      return;
    }
    this.push(`layers.${index}`);
    this.push('self_attn');
    for (const kernel of [...before, ...attention]) this.operation(kernel, tokens);
    this.pop();
    this.push('mlp');
    for (const kernel of after) this.operation(kernel, tokens);
    this.pop();
    this.pop();
  }

  private operation(kernel: ModelKernel, tokens: number): void {
    const sizes = `sizes = [[${tokens}, 4096], [4096, 4096], [${tokens}, 4096]]`;
    const outer = kernel.component === 'gemm' ? ['aten::linear'] : [];
    for (const name of outer) this.push(`${name}, ${sizes}`);
    this.push(`vllm::${kernel.component}, ${sizes}`);
    this.launch(kernel, tokens);
    for (let i = 0; i <= outer.length; i++) this.pop();
  }

  private postprocess(plan: Plan): void {
    const requests = plan.contextRequests + plan.generationRequests;
    this.push('gpu_model_runner: postprocess', NVTX_DOMAIN);
    this.launch(MODEL.logits, requests);
    if (this.options.ranks > 1) this.launch(MODEL.ncclGather, requests);
    this.pop();
  }

  /** After the step's range has ended, and still the step's work. */
  private sample(requests: number, inStep: boolean): void {
    this.push('gpu_model_runner: sample', NVTX_DOMAIN);
    this.launch(MODEL.scale, requests);
    this.launch(MODEL.softmax, requests);
    this.launch(MODEL.exponential, requests);
    this.launch(MODEL.argmax, requests);
    this.pop();
    this.push('gpu_model_runner: bookkeep', NVTX_DOMAIN);
    this.fillMemory(requests * 4);
    this.copyFree = Math.max(this.copyFree, this.computeFree);
    const ids = this.copy('DtoH', requests * 8, 1, false, this.copies);
    this.pop();
    // Another thread waits for the tokens to arrive.
    this.synchronize(ids, inStep);
    this.finished = [this.finished[1], Math.max(this.computeFree, this.copyFree)];
  }

  private synchronize(until: number, waiting: boolean): void {
    const start = this.cpu;
    const end = Math.max(start, until) + 2 * MICROSECOND;
    const correlation = this.correlation++;
    this.notes.apiCalls++;
    this.nsys.api({
      thread: this.output,
      name: 'cudaEventSynchronize_v3020',
      start,
      end,
      correlation,
    });
    if (waiting)
      this.nsys.synchronization({
        stream: this.copies,
        start: start + 300,
        end: end - 300,
        correlation,
        syncType: 1,
      });
  }

  /** Work of another thread while steps run: in no step. */
  private offloadCache(): void {
    const { step, open } = this;
    const started = this.cpu;
    this.step = undefined;
    const suspended = open.splice(0);
    this.copy('DtoH', 1 << 20, 1, false, this.copies, this.offload);
    this.open.push(...suspended);
    this.step = step;
    this.cpu = started + MICROSECOND;
  }

  private launch(kernel: ModelKernel, tokens: number): void {
    const triton = /^(triton|_|fused_moe)/.test(kernel.demangled);
    const collective = kernel.component === 'communication' && kernel !== MODEL.allReduce;
    if (collective)
      this.push(kernel === MODEL.nccl ? 'ncclAllReduce' : 'ncclAllGather', NCCL_DOMAIN);
    const called = this.cpu;
    const correlation = triton
      ? this.call('cuLaunchKernelEx', this.random.int(2_400, 5_200), true)
      : this.call(
          kernel.component === 'gemm' || collective
            ? 'cudaLaunchKernelExC_v11060'
            : 'cudaLaunchKernel_v7000',
          this.random.int(2_600, 6_400),
        );
    const start = Math.max(
      this.computeFree + this.random.int(500, 1_400),
      called + this.random.int(2_200, 7_000),
    );
    this.computeFree = this.run(kernel, tokens, start, correlation);
    if (collective) this.pop();
  }

  /** One launch call for all of a captured graph. */
  private replay(key: string, tokens: number, kernels: readonly ModelKernel[]): void {
    let graph = this.graphIds.get(key);
    if (graph === undefined) this.graphIds.set(key, (graph = 11 + 2 * this.graphIds.size));
    const called = this.cpu;
    const correlation = this.call(
      'cudaGraphLaunch_v10000',
      this.random.int(9_000, 14_000) + 180 * kernels.length,
    );
    this.notes.graphLaunchCalls++;
    const first = Math.max(
      this.computeFree + this.random.int(900, 1_800),
      called + this.random.int(8_000, 12_000),
    );
    let at = first;
    if (this.options.graphs === 'node')
      kernels.forEach((kernel, node) => {
        at = this.run(kernel, tokens, at, correlation, graph, node + 1);
        if (node < kernels.length - 1) at += this.random.int(350, 900);
      });
    else {
      for (const kernel of kernels) at += this.random.about(this.durationOf(kernel, tokens));
      this.nsys.graphTrace({
        stream: this.compute,
        start: first,
        end: at,
        correlation,
        graphId: graph - 1,
        graphExecId: graph,
      });
      this.note({
        kind: 'graphTrace',
        start: first,
        end: at,
        name: `graph ${graph}`,
        component: 'other',
        correlation,
        graph,
      });
    }
    this.computeFree = at;
  }

  private durationOf(kernel: ModelKernel, tokens: number): number {
    const { ranks, slower } = this.options;
    const factor = slower && kernel === MODEL[slower.kernel] ? slower.factor : 1;
    return factor * kernel.duration(tokens, ranks);
  }

  /** Writes a kernel and returns when it ended. */
  private run(
    kernel: ModelKernel,
    tokens: number,
    start: number,
    correlation: number,
    graph?: number,
    node = 0,
  ): number {
    const end = start + this.random.about(this.durationOf(kernel, tokens));
    this.nsys.kernel({
      stream: this.compute,
      start,
      end,
      correlation,
      kind: kernel,
      grid: kernel.grid(tokens),
      graph: graph === undefined ? undefined : { graphExecId: graph, node },
    });
    this.kernels++;
    this.note({
      kind: 'kernel',
      start,
      end,
      name: kernel.demangled,
      component: kernel.component,
      correlation,
      graph,
    });
    return end;
  }

  /** @param source ENUM_CUDA_MEM_KIND of the host side. @returns when it ended */
  private copy(
    direction: 'HtoD' | 'DtoH',
    bytes: number,
    source: number,
    blocking = false,
    stream = this.compute,
    thread = this.worker,
  ): number {
    const called = this.cpu;
    const correlation = this.call(
      'cudaMemcpyAsync_v3020',
      this.random.int(3_000, 7_500),
      false,
      thread,
    );
    const free = stream === this.compute ? this.computeFree : this.copyFree;
    const start = Math.max(
      free + this.random.int(400, 1_000),
      called + this.random.int(1_500, 5_000),
    );
    // 22 GB/s from pinned memory, 6 from pageable.
    const end = start + 700 + Math.ceil(bytes / (source === 1 ? 22 : 6));
    if (stream === this.compute) this.computeFree = end;
    else this.copyFree = end;
    const [copyKind, from, to] = direction === 'HtoD' ? [1, source, 2] : [2, 2, source];
    this.nsys.memcpy({
      stream,
      start,
      end,
      correlation,
      bytes,
      copyKind,
      source: from,
      target: to,
    });
    this.note({
      kind: 'memcpy',
      start,
      end,
      name: direction,
      component: 'memory',
      correlation,
      bytes,
      copyKind,
      source: from,
      target: to,
    });
    if (blocking) {
      const synchronization = this.call(
        'cudaStreamSynchronize_v3020',
        Math.max(2_000, end - this.cpu + 1_500),
      );
      this.nsys.synchronization({
        stream,
        start: this.cpu - 1_000,
        end: this.cpu - 200,
        correlation: synchronization,
        syncType: 3,
      });
    }
    return end;
  }

  private fillMemory(bytes: number): void {
    const called = this.cpu;
    const correlation = this.call('cudaMemsetAsync_v3020', this.random.int(2_000, 4_000));
    const start = Math.max(this.computeFree + 500, called + 2_500);
    const end = start + 600 + Math.ceil(bytes / 1_500);
    this.computeFree = end;
    this.nsys.memset({ stream: this.compute, start, end, correlation, bytes });
    this.note({
      kind: 'memset',
      start,
      end,
      name: 'memset',
      component: 'memory',
      correlation,
      bytes,
    });
  }

  private call(name: string, duration: number, driver = false, thread = this.worker): number {
    const start = this.cpu + this.random.int(150, 900);
    const correlation = this.correlation;
    // Calls without work on the device take ids too.
    this.correlation += this.random.int(1, 3);
    this.cpu = start + duration;
    this.notes.apiCalls++;
    this.nsys.api({ thread, name, start, end: this.cpu, correlation, driver });
    return correlation;
  }

  private push(name: string, domain = 0): RangeRecord {
    this.cpu += this.random.int(200, 600);
    const range = { name, domain: DOMAINS[domain], start: this.cpu, end: this.cpu, work: [] };
    this.open.push(range);
    this.cpu += 100;
    return range;
  }

  /** Rows of ranges are written as they end, so inner ones come first. */
  private pop(): void {
    this.cpu += 100;
    const range = this.open.pop()!;
    range.end = this.cpu;
    const domain = DOMAINS.indexOf(range.domain);
    this.nsys.range({
      thread: this.worker,
      start: range.start,
      end: range.end,
      name: range.name,
      domain,
      registered: domain !== 0,
    });
    this.notes.rangeRows++;
    if (this.options.remember) this.notes.ranges.push(range);
    this.cpu += this.random.int(200, 600);
  }

  private note(work: Omit<Work, 'device' | 'pid' | 'step'>): void {
    if (!this.options.remember) return;
    const whole = { ...work, device: this.device, pid: this.process.pid, step: this.step };
    this.notes.work.push(whole);
    for (const range of this.open) range.work.push(whole);
  }
}

const DOMAINS = ['', 'NVTX', 'NCCL'];

const gpuUuid = (device: number): string => `9d3c1f50-7a21-4be6-8c0d-00000000000${device}`;

/** Writes the run and returns what a reader must find in it. */
export function vllm(sink: TableSink, overrides: Partial<VllmOptions> = {}): Truth {
  const options = { ...VLLM_DEFAULTS, ...overrides };
  const nsys = new NsysBuilder(sink, options);
  const notes = new Recorder();
  notes.secrets.push(...SECRETS);
  const mixes = !['sglang', 'plain'].includes(options.stepFormat);
  const core = nsys.process(4_001, 'VLLM::EngineCore');
  const scheduler = nsys.thread(core, 4_001, 'VLLM::EngineCor');
  nsys.process(3_950, 'vllm');
  nsys.domain(scheduler, NVTX_DOMAIN, 'NVTX', -SECOND + 9);
  let last = 0;
  let kernels = 0;
  const engines = Array.from({ length: options.engines }, (_, engine) => ({
    plans: schedule(
      new Random((options.load ?? options.seed) * 7919 + engine),
      options.steps,
      mixes,
    ),
    ranks: Array.from({ length: options.ranks }, (__, rank) => {
      const device = engine * options.ranks + rank;
      const random = new Random(options.seed * 104_729 + device);
      return new Rank(nsys, notes, random, options, engine, rank, device);
    }),
  }));
  for (const { ranks } of engines) for (const rank of ranks) rank.warmUp();
  for (let index = 0; index < options.steps && kernels < options.kernels; index++)
    for (const { plans, ranks } of engines) {
      const plan = plans.next().value as Plan;
      const at = ranks[0].now;
      nsys.range({
        thread: scheduler,
        start: at,
        end: at + 24 * MICROSECOND,
        name: 'schedule: allocate_slots',
        domain: NVTX_DOMAIN,
        registered: true,
      });
      notes.rangeRows++;
      if (options.remember)
        notes.ranges.push({
          name: 'schedule: allocate_slots',
          domain: 'NVTX',
          start: at,
          end: at + 24 * MICROSECOND,
          work: [],
        });
      for (const rank of ranks) {
        rank.runStep(index, plan);
        last = Math.max(last, rank.now);
      }
      kernels = engines.flatMap((e) => e.ranks).reduce((total, rank) => total + rank.kernels, 0);
    }
  // A range nobody closed, a mark, and a category row, which is neither.
  nsys.range({ thread: scheduler, start: SECOND, end: null, name: 'load', kind: 60, rangeId: 1 });
  nsys.range({ thread: scheduler, start: SECOND + 5, end: null, name: 'first request', kind: 34 });
  nsys.range({ thread: scheduler, start: -7, end: null, name: 'vllm', kind: 33 });
  notes.rangeRows += 2;
  facts(nsys, options, last);
  nsys.finish();
  const truth = notes.truth();
  return options.remember ? truth : { ...truth, counts: { ...truth.counts, kernels } };
}

function facts(nsys: NsysBuilder, options: VllmOptions, last: number): void {
  const devices = options.engines * options.ranks;
  for (let device = 0; device < devices; device++) gpu(nsys, options.version, device);
  const duration = last + 20 * MILLISECOND;
  nsys.insert('TARGET_INFO_SESSION_START_TIME', {
    utcEpochNs: 1_772_000_000_123_456_789n,
    utcTime: '2026-02-25T06:13:20',
    localTime: '2026-02-25T06:13:20',
    systemClockNs: 86_400_000_000_000,
  });
  nsys.insert('ANALYSIS_DETAILS', {
    globalVid: nsys.globalVid,
    duration,
    startTime: 0,
    stopTime: duration,
  });
  const model = options.moe
    ? 'allenai/OLMoE-1B-7B-0924-Instruct'
    : 'meta-llama/Llama-3.2-1B-Instruct';
  const command = ['serve', model, '--tensor-parallel-size', String(options.ranks)];
  const capture: readonly (readonly [string, string])[] = [
    ['DEVICE_ID', 'Local (CLI)'],
    ['CAPTURE_EVENT_TYPE', 'NvtxEvents'],
    ['CAPTURE_EVENT_TYPE', 'Cuda'],
    ['START_TRIGGER', 'CudaProfilerApi'],
    ['DEVICE_DISPLAY_NAME', 'gpu-node-7'],
    ['CUDA_GRAPH_TRACE_OPTIONS:MODE', options.graphs === 'graph' ? 'Graph' : 'Node'],
    ['COLLECT_GPU_MEMORY_USAGE', 'false'],
    ['PROCESS_0:COMMAND', 'vllm'],
    ...command.map((argument, i): [string, string] => [`PROCESS_0:ARGUMENT_${i}`, argument]),
    ['PROCESS_0:WORKING_DIR', '/srv/llm'],
    ['PROCESS_0:COLLECT_NVTX_TRACE', 'true'],
    ['PROCESS_0:COLLECT_CUDA_TRACE', 'true'],
    ['PROCESS_0:ENVIRONMENT_VARIABLE', `HF_TOKEN=${SECRETS[0]}`],
    ['PROCESS_0:ENVIRONMENT_VARIABLE', `VLLM_API_KEY=${SECRETS[1]}`],
    ['RUN_DURATION_MS', String(Math.round(duration / MILLISECOND))],
    ['PROFILING_SESSION_UUID', '3f1d7a52-0c7e-4c7b-9d52-5e1a6f0c2b11'],
    ...(options.markGenerated ? [['PROFILEMATE_GENERATED', '1'] as const] : []),
  ];
  for (const [name, value] of capture) nsys.captureFact(name, value);
  nsys.environment('CpuArchitecture', 3, 'x86_64');
  nsys.environment('NvDriverVersion', 205, '37355520');
  nsys.environment('OsDescription', 605, 'Ubuntu 24.04.2 LTS');
  nsys.environment(
    'DeviceEnvironment',
    610,
    `HF_TOKEN=${SECRETS[0]}\nVLLM_API_KEY=${SECRETS[1]}\nPATH=/usr/bin`,
  );
  nsys.environment('CudaDriverVersion', 611, '13000');
  nsys.environment('Hostname', 619, 'gpu-node-7');
  nsys.diagnostic(1, 'Profiling has started.');
  nsys.diagnostic(1, 'CUDA injection initialized successfully.');
  nsys.diagnostic(2, 'Not all CUDA events might have been collected.', undefined, last);
  nsys.diagnostic(1, 'Profiling has stopped.', undefined, last + MILLISECOND);
}

/** An H100, as nsys describes it. */
function gpu(nsys: NsysBuilder, version: NsysVersion, id: number): void {
  const name = 'NVIDIA H100 80GB HBM3';
  if (version === '2020')
    nsys.insert('TARGET_INFO_CUDA_GPU', {
      vmId: 1,
      name,
      globalMemoryBandwidth: 3_352_320_000_000,
      globalMemorySize: 85_024_112_640,
      constantMemorySize: 65_536,
      l2CacheSize: 52_428_800,
      numThreadsPerWarp: 32,
      coreClockRate: 1_980_000_000,
      numMemcpyEngines: 3,
      numMultiprocessors: 132,
      maxIPC: 4,
      maxWarpsPerMultiprocessor: 64,
      maxBlocksPerMultiprocessor: 32,
      maxRegistersPerBlock: 65_536,
      maxSharedMemoryPerBlock: 49_152,
      maxThreadsPerBlock: 1_024,
      computeCapabilityMajor: 9,
      computeCapabilityMinor: 0,
      deviceId: id,
    });
  nsys.insert('TARGET_INFO_GPU', {
    vmId: nsys.globalVid,
    id,
    name,
    busLocation: `0000:${(0x19 + 0x22 * id).toString(16)}:00.0`,
    isDiscrete: 1,
    l2CacheSize: 52_428_800,
    totalMemory: 85_024_112_640,
    memoryBandwidth: 3_352_320_000_000,
    clockRate: 1_980_000_000,
    smCount: 132,
    pwGpuId: id,
    uuid: gpuUuid(id),
    luid: 0,
    chipName: 'GH100',
    cuDevice: id,
    constantMemory: 65_536,
    threadsPerWarp: 32,
    asyncEngines: 3,
    maxWarpsPerSm: 64,
    maxBlocksPerSm: 32,
    maxThreadsPerBlock: 1_024,
    computeMajor: 9,
    computeMinor: 0,
    smMajor: 9,
    smMinor: 0,
  });
}
