/** Kernel reports in memory, for tests of the analysis. */
import type { KernelReport } from '../../../src/profile/kernel-report';
import { StringTable } from '../../../src/profile/strings';

export interface LaunchSpec {
  readonly name?: string;
  readonly grid?: readonly [number, number, number];
  readonly block?: readonly [number, number, number];
  readonly cc?: string;
  readonly device?: string;
  readonly invocations?: number;
  /** Metric name → value in base units. */
  readonly metrics: Readonly<Record<string, number>>;
}

export function buildReport(launches: readonly LaunchSpec[]): KernelReport {
  const strings = new StringTable();
  const column = (of: (launch: LaunchSpec) => number): Float64Array =>
    Float64Array.from(launches, of);
  const texts = (of: (launch: LaunchSpec) => string): Uint32Array =>
    Uint32Array.from(launches, (launch) => strings.intern(of(launch)));
  const names = [...new Set(launches.flatMap(({ metrics }) => Object.keys(metrics)))];
  const metrics = names.map((name) => ({
    key: name,
    name,
    displayName: undefined,
    section: undefined,
    unit: '',
    values: column(({ metrics: m }) => m[name] ?? Number.NaN),
    texts: undefined as Uint32Array | undefined,
  }));
  if (launches.some(({ device }) => device !== undefined)) {
    const name = 'device__attribute_display_name';
    metrics.push({
      key: name,
      name,
      displayName: undefined,
      section: undefined,
      unit: '',
      values: column(() => Number.NaN),
      texts: texts(({ device }) => device ?? ''),
    });
  }
  return {
    source: { path: 'memory', size: 0 },
    provenance: {
      page: 'raw',
      printUnits: 'base',
      writer: 'test',
      numbers: { decimal: '.', group: undefined, ambiguous: 0, reason: '' },
      delimiter: ',',
      encoding: 'utf-8',
      preambleLines: 0,
      rewritten: false,
      cut: false,
    },
    strings,
    processes: [{ pid: 1, name: 'python', host: '127.0.0.1' }],
    launches: {
      length: launches.length,
      id: Float64Array.from(launches, (_, i) => i),
      process: new Uint32Array(launches.length),
      name: texts(({ name }) => name ?? 'kernel'),
      context: column(() => 1),
      stream: column(() => 7),
      device: column(() => 0),
      computeCapability: texts(({ cc }) => cc ?? ''),
      gridX: column(({ grid }) => grid?.[0] ?? Number.NaN),
      gridY: column(({ grid }) => grid?.[1] ?? Number.NaN),
      gridZ: column(({ grid }) => grid?.[2] ?? Number.NaN),
      blockX: column(({ block }) => block?.[0] ?? Number.NaN),
      blockY: column(({ block }) => block?.[1] ?? Number.NaN),
      blockZ: column(({ block }) => block?.[2] ?? Number.NaN),
      time: new Uint32Array(launches.length),
      ranges: new Uint32Array(launches.length),
      invocations: column(({ invocations }) => invocations ?? 1),
    },
    metrics,
    rules: [],
    warnings: [],
  };
}
