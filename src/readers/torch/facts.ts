/** The members of the document that are not events: how the trace was made, and on what. */
import type { CaptureFacts, Device } from '../../profile/model';
import type { DistributedFacts } from '../../profile/operators';

type Json = Readonly<Record<string, unknown>>;

/** A user's own metadata can have any name, so that only names known to be facts are kept. */
const KNOWN = new Set([
  'schemaVersion',
  'deviceProperties',
  'distributedInfo',
  'baseTimeNanoseconds',
  'displayTimeUnit',
  'record_shapes',
  'with_stack',
  'with_modules',
  'with_flops',
  'profile_memory',
  'vllm_version',
  'torch_version',
  'pytorch_version',
  'cuda_runtime_version',
  'hip_runtime_version',
  'roctracer_version',
  'otherData',
]);

/** Traces that an option of torch.profiler.profile turns on. */
const OPTIONS: readonly (readonly [fact: string, trace: string])[] = [
  ['record_shapes', 'shapes'],
  ['with_stack', 'stack'],
  ['with_modules', 'modules'],
  ['with_flops', 'flops'],
  ['profile_memory', 'memory'],
];

export class Facts {
  private readonly values = new Map<string, unknown>();

  add(name: string, json: string): void {
    if (!KNOWN.has(name)) return;
    try {
      this.values.set(name, JSON.parse(json));
    } catch {
      // What is no JSON is not known: the figures do not need it.
    }
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Wall clock of a time stamp of 0, in ns; older traces count from 1970. */
  get baseTime(): number {
    return this.number('baseTimeNanoseconds') ?? 0;
  }

  /**
   * ROCm numbers its GPUs among all agents, CPUs first, while the properties
   * are in the order of the GPUs: the two do not meet.
   */
  private get isRocm(): boolean {
    return (
      this.has('hip_runtime_version') ||
      this.has('roctracer_version') ||
      // Wavefronts of 64: NVIDIA's warps are of 32.
      this.properties.some((device) => device.warpSize === 64)
    );
  }

  get devices(): Device[] {
    return this.isRocm ? [] : this.properties.map((device, index) => toDevice(device, index));
  }

  /** A device that events name and {@link devices} does not hold. */
  device(id: number): Device {
    const [first, ...others] = this.properties;
    const bare = { id, name: `GPU ${id}` };
    // Where all are of one kind, it is of that kind.
    if (!first || !others.every((other) => sameKind(first, other))) return bare;
    const device = { ...toDevice(first, id), name: text(first.name) ?? bare.name, id };
    // AMD's numbers of a compute capability are not those of CUDA.
    return this.isRocm ? { ...device, computeCapability: undefined } : device;
  }

  capture(traces: readonly string[]): CaptureFacts {
    const version = this.string('torch_version') ?? this.string('pytorch_version');
    const vllm = this.string('vllm_version');
    const tool = ['PyTorch profiler', version, vllm && `(vLLM ${vllm})`].filter(Boolean).join(' ');
    const on = OPTIONS.filter(([fact]) => truthy(this.values.get(fact))).map(([, trace]) => trace);
    const schema = this.number('schemaVersion');
    return {
      tool,
      schemaVersion: schema === undefined ? undefined : String(schema),
      traces: [...traces, ...on],
      memoryUsage: this.has('profile_memory')
        ? truthy(this.values.get('profile_memory'))
        : undefined,
      distributed: this.distributed,
    };
  }

  private get distributed(): DistributedFacts | undefined {
    const info = object(this.values.get('distributedInfo'));
    const rank = Number(info?.rank ?? NaN);
    if (!info || !Number.isInteger(rank) || rank < 0) return undefined;
    const world = Number(info.world_size ?? NaN);
    return {
      rank,
      worldSize: world > 0 ? world : undefined,
      backend: text(info.backend),
    };
  }

  private get properties(): readonly Json[] {
    const list = this.values.get('deviceProperties');
    return Array.isArray(list) ? list.map(object).filter((entry) => entry !== undefined) : [];
  }

  private number(name: string): number | undefined {
    const value = Number(this.values.get(name) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  }

  private string(name: string): string | undefined {
    return text(this.values.get(name));
  }
}

function toDevice(properties: Json, index: number): Device {
  const id = Number(properties.id ?? index);
  const major = positive(properties.computeMajor);
  const warpSize = positive(properties.warpSize);
  const threads = positive(properties.maxThreadsPerMultiprocessor);
  return {
    id,
    name: text(properties.name) ?? `GPU ${id}`,
    totalMemory: positive(properties.totalGlobalMem),
    smCount: positive(properties.numSms),
    computeCapability:
      major === undefined ? undefined : [major, Number(properties.computeMinor ?? 0)],
    maxWarpsPerSm: threads && warpSize ? threads / warpSize : undefined,
  };
}

function sameKind(a: Json, b: Json): boolean {
  return ['name', 'totalGlobalMem', 'numSms', 'computeMajor', 'computeMinor'].every(
    (key) => a[key] === b[key],
  );
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** 0 means that the tool did not know. */
function positive(value: unknown): number | undefined {
  const number = Number(value ?? NaN);
  return number > 0 && Number.isFinite(number) ? number : undefined;
}

const truthy = (value: unknown): boolean => Boolean(Number(value ?? 0));
