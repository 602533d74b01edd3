/**
 * Small exports that are strange, broken or hostile in one way each, with what
 * a reader must make of them. Written row by row past every constraint of the
 * schema, as only damage, a bug or malice would.
 */
import {
  NsysBuilder,
  type BuilderOptions,
  type KernelKind,
  type ProcessRef,
  type StreamRef,
  type ThreadRef,
} from './nsys-builder';
import { TABLE_NAMES, columnsOf } from './nsys-schema';
import { MemoryTables, type Value } from './sqlite';

export interface Edge {
  readonly about: string;
  build(): MemoryTables;
  /** Kernel rows a reader keeps; rows whose times are no times are left out. */
  readonly kernels: number;
  /** Summed length in ns of those rows; what ends before it starts has none. */
  readonly kernelTime: number;
  /** Whether rows were dropped or straightened, so that a diagnostic must say so. */
  readonly told: boolean;
}

/** Names that some output, somewhere, would rather run than show. */
export const HOSTILE_NAMES: readonly string[] = [
  '<img src=x onerror="document.title=\'owned\'">',
  '</script><script>document.title="owned"</script>',
  '<b>bold</b> &amp; &lt;i&gt;',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(A1:A9)',
  '\t=1+1',
  '"quoted", \'twice\', ""',
  'comma, semicolon; pipe | backtick ` backslash \\',
  'line\nbreak\r\nand another',
  'control \u0001\u0007\u0008\u001b[31mred\u001b[0m',
  'right-to-left \u202etxt.exe',
  "'; DROP TABLE StringIds; --",
  '$(touch /tmp/owned) `id` ${7*7} {{7*7}} %s%n',
  '[link](javascript:alert(1)) ![](http://example.invalid/x.png)',
  'command:workbench.action.terminal.new',
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  '🜲 naïve 核函数 e\u0301',
  'x'.repeat(20_000),
  'void f<' + 'g<'.repeat(400) + 'int' + '>'.repeat(400) + '>(int)',
];

const KIND: KernelKind = kind('void vllm::rms_norm_kernel<float>(float*)');

function kind(name: string): KernelKind {
  return {
    demangled: name,
    short: name,
    mangled: name,
    registers: 32,
    block: [128, 1, 1],
    staticShared: 0,
    dynamicShared: 0,
  };
}

/** An export with one of everything at hand. */
class Small {
  readonly tables = new MemoryTables();
  readonly nsys: NsysBuilder;
  readonly process: ProcessRef;
  readonly thread: ThreadRef;
  readonly stream: StreamRef;
  private correlation = 1;

  constructor(options: Partial<BuilderOptions> = {}) {
    this.nsys = new NsysBuilder(this.tables, { version: '2026', ...options });
    this.process = this.nsys.process(4_242, 'python');
    this.thread = this.nsys.thread(this.process, 4_242, 'python');
    this.stream = { process: this.process, device: 0, context: 1, id: 7 };
  }

  /** A call and its kernel, `length` ns long. */
  kernel(start: number, length: number, name = KIND.demangled, stream = this.stream): number {
    const correlation = this.correlation++;
    this.call(start - 50, start - 20, correlation);
    this.nsys.kernel({
      stream,
      start,
      end: start + length,
      correlation,
      kind: kind(name),
      grid: [1, 1, 1],
    });
    return correlation;
  }

  call(start: number, end: number, correlation: number, thread = this.thread): void {
    this.nsys.api({ thread, name: 'cudaLaunchKernel_v7000', start, end, correlation });
  }

  range(name: string, start: number, end: number | null, kind = 59): void {
    this.nsys.range({ thread: this.thread, name, start, end, kind });
  }

  done(): MemoryTables {
    this.nsys.finish();
    return this.tables;
  }
}

/** Overwrites cells of rows that are already there. */
function spoil(
  tables: MemoryTables,
  table: string,
  row: number,
  cells: Record<string, Value>,
): void {
  const { columns, rows } = tables.tables.get(table)!;
  for (const [name, value] of Object.entries(cells))
    rows[row][columns.findIndex((column) => column.startsWith(`${name} `))] = value;
}

const KERNEL = 'CUPTI_ACTIVITY_KIND_KERNEL';
const RUNTIME = 'CUPTI_ACTIVITY_KIND_RUNTIME';
const MEMCPY = 'CUPTI_ACTIVITY_KIND_MEMCPY';

/** Ten kernels of 100 ns, some of them to be spoilt. */
function tenKernels(...damage: readonly Record<string, Value>[]): MemoryTables {
  const small = new Small();
  for (let i = 0; i < 10; i++) small.kernel(1_000 + 200 * i, 100);
  const tables = small.done();
  damage.forEach((cells, row) => spoil(tables, KERNEL, row, cells));
  return tables;
}

/** One copy beside a kernel, its cells to be spoilt. */
function copies(...damage: readonly Record<string, Value>[]): MemoryTables {
  const small = new Small();
  small.kernel(1_000, 100);
  damage.forEach((_, i) =>
    small.nsys.memcpy({
      stream: small.stream,
      start: 2_000 + 100 * i,
      end: 2_050 + 100 * i,
      correlation: 500 + i,
      bytes: 1_024,
      copyKind: 1,
      source: 1,
      target: 2,
    }),
  );
  const tables = small.done();
  damage.forEach((cells, row) => spoil(tables, MEMCPY, row, cells));
  return tables;
}

const sound = (kernels: number, kernelTime: number): Omit<Edge, 'about' | 'build'> => ({
  kernels,
  kernelTime,
  told: false,
});
const told = (kernels: number, kernelTime: number): Omit<Edge, 'about' | 'build'> => ({
  kernels,
  kernelTime,
  told: true,
});

export const EDGES: Readonly<Record<string, Edge>> = {
  'hostile-names': {
    about: 'kernels, ranges, threads and processes named with markup, formulas, controls',
    ...sound(HOSTILE_NAMES.length, HOSTILE_NAMES.length * 100),
    build() {
      const small = new Small();
      HOSTILE_NAMES.forEach((name, i) => {
        const start = 10_000 * (i + 1);
        small.range(name, start - 100, start + 100);
        small.nsys.range({
          thread: small.thread,
          name,
          registered: true,
          start: start - 90,
          end: start + 90,
        });
        small.kernel(start, 100, name);
        small.nsys.thread(small.nsys.process(5_000 + i, name), 5_000 + i, name);
      });
      return small.done();
    },
  },
  'ends-before-starts': {
    about: 'kernels and calls that end before they start',
    ...told(10, 700),
    build() {
      const backwards = { start: 5_000, end: 4_000 };
      const tables = tenKernels(backwards, backwards, { start: 9_000, end: -9_000 });
      spoil(tables, RUNTIME, 4, { start: 7_000, end: 1 });
      return tables;
    },
  },
  'missing-times': {
    about: 'NULL where the schema forbids it',
    ...told(8, 800),
    build: () => tenKernels({ start: null }, { end: null }),
  },
  'text-for-numbers': {
    about: 'text in integer columns',
    ...told(8, 800),
    build: () =>
      tenKernels(
        { start: 'soon' },
        { end: '12 o’clock' },
        { gridX: 'wide', registersPerThread: 'many' },
        { deviceId: 'zero', streamId: 'main' },
        { correlationId: 'this one', globalPid: 'me' },
        { demangledName: 'not an id' },
      ),
  },
  'reals-and-blobs': {
    about: 'infinities, fractions and bytes in integer columns',
    ...told(6, 600),
    build: () =>
      tenKernels(
        { start: Infinity },
        { start: -Infinity },
        { end: Infinity },
        { start: new Uint8Array([1, 2, 3]) },
        { gridX: 1.5, gridY: -0.25 },
        { demangledName: new Uint8Array(100) },
      ),
  },
  'huge-times': {
    about: 'times beyond 2^53, where a double can no longer count',
    ...told(8, 800),
    build: () =>
      tenKernels(
        { start: 9_223_372_036_854_775_000n, end: 9_223_372_036_854_775_807n },
        { start: -9_223_372_036_854_775_808n, end: 9_223_372_036_854_775_807n },
      ),
  },
  'negative-times': {
    about: 'work before the session began, which is possible',
    ...sound(3, 300),
    build() {
      const small = new Small();
      for (const start of [-5_000, -50, 5_000]) small.kernel(start, 100);
      return small.done();
    },
  },
  'huge-ids': {
    about: 'every id at the far end of its range, none exact in a double',
    ...sound(2, 200),
    build() {
      const small = new Small({ hardwareId: 255, vmId: 255 });
      const stream = { ...small.stream, device: 2 ** 31 - 1, context: 2 ** 53 - 1, id: 2 ** 40 };
      small.kernel(1_000, 100);
      small.call(1_900, 1_950, 2 ** 32 - 1);
      small.nsys.kernel({
        stream,
        start: 2_000,
        end: 2_100,
        correlation: 2 ** 32 - 1,
        kind: KIND,
        grid: [2 ** 31 - 1, 65_535, 65_535],
        graph: { graphExecId: 2 ** 31 - 1, node: 2 ** 32 - 1 },
      });
      return small.done();
    },
  },
  'no-tables': {
    about: 'an export of nothing but strings and processes',
    ...sound(0, 0),
    build: () => new Small().done(),
  },
  'empty-tables': {
    about: 'every table there, none with rows (nsys export --lazy=false)',
    ...sound(0, 0),
    build() {
      const tables = new MemoryTables();
      for (const name of TABLE_NAMES) tables.table(name, columnsOf('2026', name)!);
      return tables;
    },
  },
  'missing-columns': {
    about: 'kernels without short names, geometry or owner; calls without a name',
    ...sound(10, 1_000),
    build() {
      const tables = tenKernels();
      dropColumns(tables, KERNEL, /^(shortName|mangledName|grid|block|globalPid|graph|register)/);
      dropColumns(tables, RUNTIME, /^(nameId|returnValue)/);
      return tables;
    },
  },
  'renamed-table': {
    about: 'the kernels in a table under another name',
    ...sound(0, 0),
    build() {
      const tables = tenKernels();
      tables.tables.set('CUPTI_ACTIVITY_KIND_CONCURRENT', tables.tables.get(KERNEL)!);
      tables.tables.delete(KERNEL);
      return tables;
    },
  },
  'no-kernels': {
    about: 'ranges and calls, and nothing on the device',
    ...sound(0, 0),
    build() {
      const small = new Small();
      small.call(100, 200, 1);
      small.range('execute_context_1(5)_generation_0(0)', 50, 300);
      return small.done();
    },
  },
  'one-kernel': {
    about: 'the smallest profile there is',
    ...sound(1, 100),
    build: () => {
      const small = new Small();
      small.kernel(1_000, 100);
      return small.done();
    },
  },
  'no-length': {
    about: 'kernels that end when they start, all at once',
    ...sound(5, 0),
    build() {
      const small = new Small();
      for (let i = 0; i < 5; i++) small.kernel(1_000, 0);
      return small.done();
    },
  },
  'duplicate-correlations': {
    about: 'one correlation id for several calls and several kernels of a process',
    ...sound(4, 400),
    build() {
      const small = new Small();
      for (const start of [1_000, 2_000]) {
        small.call(start - 50, start - 20, 77);
        for (const offset of [0, 200])
          small.nsys.kernel({
            stream: small.stream,
            start: start + offset,
            end: start + offset + 100,
            correlation: 77,
            kind: KIND,
            grid: [1, 1, 1],
          });
      }
      return small.done();
    },
  },
  'no-correlations': {
    about: 'kernels and calls whose correlation is NULL are no pair',
    ...sound(10, 1_000),
    build() {
      const tables = tenKernels();
      for (let row = 0; row < 5; row++) {
        spoil(tables, KERNEL, row, { correlationId: null });
        spoil(tables, RUNTIME, row, { correlationId: null });
      }
      return tables;
    },
  },
  'orphan-kernels': {
    about: 'kernels whose call was not recorded',
    ...sound(10, 1_000),
    build() {
      const tables = tenKernels();
      tables.tables.get(RUNTIME)!.rows.splice(3);
      return tables;
    },
  },
  'graphs-without-times': {
    about: 'graph launches whose start and end are both 0',
    ...sound(1, 100),
    build() {
      const small = new Small();
      small.kernel(1_000, 100);
      for (let i = 0; i < 3; i++) {
        small.nsys.api({
          thread: small.thread,
          name: 'cudaGraphLaunch_v10000',
          start: 2_000 + 100 * i,
          end: 2_050 + 100 * i,
          correlation: 900 + i,
        });
        small.nsys.graphTrace({
          stream: small.stream,
          start: 0,
          end: 0,
          correlation: 900 + i,
          graphId: 4,
          graphExecId: 5,
        });
      }
      return small.done();
    },
  },
  'tangled-ranges': {
    about: 'ranges inside themselves, crossing, equal, touching, empty, marks among them',
    ...sound(3, 300),
    build() {
      const small = new Small();
      small.range('again', 0, 10_000);
      small.range('again', 500, 5_000);
      small.range('again', 900, 1_200);
      small.range('crossing', 800, 2_500, 60);
      small.range('crossed', 1_500, 3_500, 60);
      small.range('twin', 600, 4_000);
      small.range('twin', 600, 4_000);
      small.range('touching', 4_000, 4_500);
      small.range('point', 700, 700);
      small.range('mark', 750, null, 34);
      for (const start of [1_000, 2_000, 3_000]) small.kernel(start, 100);
      return small.done();
    },
  },
  'open-ranges': {
    about: 'ranges nobody closed before the capture ended',
    ...sound(2, 200),
    build() {
      const small = new Small();
      small.range('outer', 100, null);
      small.range('execute_context_0(0)_generation_2(2)', 500, null);
      small.range('load', 100, null, 60);
      small.kernel(1_000, 100);
      small.kernel(2_000, 100);
      return small.done();
    },
  },
  'deep-ranges': {
    about: 'ranges nested twenty thousand deep',
    ...sound(1, 100),
    build() {
      const small = new Small();
      for (let depth = 0; depth < 20_000; depth++)
        small.range(`level ${depth % 7}`, depth, 100_000 - depth);
      small.kernel(50_000, 100);
      return small.done();
    },
  },
  'three-processes': {
    about: 'three processes with the same threads, streams and correlation ids',
    ...sound(9, 900),
    // Nor does it say whether what they call device 0 is one GPU.
    told: true,
    build() {
      const small = new Small();
      for (const pid of [10, 11, 12]) {
        const process = small.nsys.process(pid, `worker ${pid}`);
        const thread = small.nsys.thread(process, 99, 'main');
        const stream = { process, device: 0, context: 1, id: 7 };
        for (let i = 0; i < 3; i++) {
          const start = 1_000 * (pid - 9) + 200 * i;
          small.call(start - 50, start - 20, 100 + i, thread);
          small.nsys.kernel({
            stream,
            start,
            end: start + 100,
            correlation: 100 + i,
            kind: kind(`kernel of ${pid}`),
            grid: [1, 1, 1],
          });
        }
      }
      return small.done();
    },
  },
  'unknown-names': {
    about: 'names that point at no string',
    ...sound(10, 1_000),
    build() {
      const tables = tenKernels(
        { demangledName: 4_294_967_295, shortName: -1 },
        { demangledName: 1e15 },
        { demangledName: null, shortName: null, mangledName: null },
      );
      spoil(tables, RUNTIME, 0, { nameId: 123_456_789 });
      return tables;
    },
  },
  'many-streams': {
    about: 'five hundred streams, each busy once, all at the same time',
    ...sound(500, 50_000),
    build() {
      const small = new Small();
      for (let id = 0; id < 500; id++)
        small.kernel(1_000 + id, 100, KIND.demangled, { ...small.stream, id: id * 3 });
      return small.done();
    },
  },
  'strange-copies': {
    about: 'copies of kinds nobody knows and sizes no memory has',
    ...{ kernels: 1, kernelTime: 100, told: true },
    build: () =>
      copies(
        { copyKind: 99 },
        { copyKind: 257 },
        { copyKind: null, srcKind: null, dstKind: null },
        { srcKind: 300, dstKind: -1 },
        { bytes: 0 },
        { bytes: -1 },
        { bytes: 'lots' },
        { bytes: 9_223_372_036_854_775_807n },
      ),
  },
};

function dropColumns(tables: MemoryTables, name: string, which: RegExp): void {
  const table = tables.tables.get(name)!;
  const kept = table.columns.flatMap((column, i) => (which.test(column) ? [] : [i]));
  table.columns = kept.map((i) => table.columns[i]);
  table.rows = table.rows.map((row) => kept.map((i) => row[i]));
}
