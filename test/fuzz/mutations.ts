/** Ways to spoil an export: its tables before they are written, or the bytes afterwards. */
import { HOSTILE_NAMES } from '../data/edge';
import { columnName } from '../data/nsys-schema';
import type { Random } from '../data/random';
import type { MemoryTables, Value } from '../data/sqlite';

type Tables = MemoryTables['tables'];

/** Values that a column was not made for. */
const STRANGE: readonly Value[] = [
  null,
  0,
  1,
  -1,
  0.5,
  -1e300,
  Infinity,
  -Infinity,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 5,
  2 ** 53,
  2n ** 63n - 1n,
  -(2n ** 63n),
  '',
  '12',
  'text',
  '<b>&amp;</b>',
  new Uint8Array(3),
  new Uint8Array(5_000),
];

/** Columns kept in fewer bits than a file can hold, and how far apart two values look the same. */
const WRAPS: readonly (readonly [column: string, turn: number])[] = [
  ['correlationId', 2 ** 32],
  ['copyKind', 256],
  ['srcKind', 256],
  ['eventType', 256],
  ['syncType', 256],
  ['graphId', 2 ** 32],
];

interface Mutation<T> {
  readonly name: string;
  /** Whether a reader may say that this is no export at all. */
  readonly structural?: boolean;
  apply(target: T, random: Random): void;
}

const EVENTS =
  /^(CUPTI_|NVTX_EVENTS|StringIds|PROCESSES|ThreadNames|TARGET_INFO_(GPU|CUDA_DEVICE)|DIAGNOSTIC|ANALYSIS)/;

function pickTable(tables: Tables, random: Random, pattern = EVENTS): string {
  return random.pick([...tables.keys()].filter((name) => pattern.test(name)));
}

function someRows(rows: Value[][], random: Random): Value[][] {
  if (rows.length === 0) return [];
  return Array.from({ length: random.int(1, 20) }, () => random.pick(rows));
}

const position = (columns: readonly string[], name: string): number =>
  columns.findIndex((column) => columnName(column) === name);

/** The key of StringIds must go on growing: it is a row id, whatever else is spoilt. */
const spoilable = (name: string, columns: readonly string[]): number[] =>
  columns.flatMap((column, i) =>
    /PRIMARY KEY/.test(column) || name.startsWith('ENUM') ? [] : [i],
  );

export const TABLE_MUTATIONS: readonly Mutation<Tables>[] = [
  {
    name: 'cells of the wrong kind',
    apply(tables, random) {
      const name = pickTable(tables, random);
      const { columns, rows } = tables.get(name)!;
      const column = random.pick(spoilable(name, columns));
      for (const row of someRows(rows, random)) row[column] = random.pick(STRANGE);
    },
  },
  {
    name: 'a column all the same',
    apply(tables, random) {
      const name = pickTable(tables, random);
      const { columns, rows } = tables.get(name)!;
      const column = random.pick(spoilable(name, columns));
      const value = random.pick(STRANGE);
      for (const row of rows) row[column] = value;
    },
  },
  {
    name: 'a column renamed',
    apply(tables, random) {
      const name = pickTable(tables, random, /^(CUPTI_|NVTX_)/);
      const { columns } = tables.get(name)!;
      const column = random.pick(spoilable(name, columns));
      columns[column] = columns[column].replace(/^\w+/, (old) => `${old}_v2`);
    },
  },
  {
    name: 'a column dropped',
    apply(tables, random) {
      const name = pickTable(tables, random, /^(CUPTI_|NVTX_|TARGET_)/);
      const { columns, rows } = tables.get(name)!;
      if (columns.length < 2) return;
      const column = random.pick(spoilable(name, columns));
      columns.splice(column, 1);
      for (const row of rows) row.splice(column, 1);
    },
  },
  {
    name: 'columns in another order',
    apply(tables, random) {
      const { columns, rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      const by = random.int(1, columns.length - 1);
      columns.push(...columns.splice(0, by));
      for (const row of rows) row.push(...row.splice(0, by));
    },
  },
  {
    name: 'a table gone',
    structural: true,
    apply(tables, random) {
      tables.delete(random.pick([...tables.keys()]));
    },
  },
  {
    name: 'a table emptied',
    apply(tables, random) {
      tables.get(random.pick([...tables.keys()]))!.rows.length = 0;
    },
  },
  {
    name: 'ends before starts',
    apply(tables, random) {
      const { columns, rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      const start = position(columns, 'start');
      const end = position(columns, 'end');
      if (start < 0 || end < 0) return;
      for (const row of someRows(rows, random)) [row[start], row[end]] = [row[end], row[start]];
    },
  },
  {
    name: 'rows twice',
    apply(tables, random) {
      const { rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      for (const row of someRows(rows, random)) rows.push([...row]);
    },
  },
  {
    name: 'rows in another order',
    apply(tables, random) {
      const { rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      for (let i = rows.length - 1; i > 0; i--) {
        const other = random.int(0, i);
        [rows[i], rows[other]] = [rows[other], rows[i]];
      }
    },
  },
  {
    name: 'rows missing',
    apply(tables, random) {
      const { rows } = tables.get(pickTable(tables, random))!;
      rows.splice(random.int(0, rows.length), random.int(1, rows.length + 1));
    },
  },
  {
    name: 'hostile names',
    apply(tables, random) {
      const strings = tables.get('StringIds');
      if (!strings) return;
      const value = position(strings.columns, 'value');
      for (const row of someRows(strings.rows, random)) row[value] = random.pick(HOSTILE_NAMES);
    },
  },
  {
    name: 'ids and kinds that wrap around',
    apply(tables, random) {
      const { columns, rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      for (const [name, turn] of WRAPS) {
        const column = position(columns, name);
        if (column < 0) continue;
        for (const row of someRows(rows, random))
          if (typeof row[column] === 'number') row[column] += turn;
      }
    },
  },
  {
    name: 'times far away',
    apply(tables, random) {
      const { columns, rows } = tables.get(pickTable(tables, random, /^(CUPTI_|NVTX_)/))!;
      const shift = random.pick([-1e15, 1e15, 9e15, 2 ** 53, 1e17]);
      for (const name of ['start', 'end']) {
        const column = position(columns, name);
        if (column < 0) continue;
        for (const row of someRows(rows, random))
          if (typeof row[column] === 'number') row[column] += shift;
      }
    },
  },
];

const PAGE = 4096;

const at = (bytes: Buffer, random: Random): number => random.int(0, bytes.length - 1);
const page = (bytes: Buffer, random: Random): Buffer => {
  const start = random.int(0, Math.ceil(bytes.length / PAGE) - 1) * PAGE;
  return bytes.subarray(start, start + PAGE);
};

export interface Bytes {
  bytes: Buffer;
}

export const BYTE_MUTATIONS: readonly Mutation<Bytes>[] = [
  {
    name: 'bits flipped',
    apply({ bytes }, random) {
      for (let n = random.int(1, 40); n > 0; n--) bytes[at(bytes, random)] ^= 1 << random.int(0, 7);
    },
  },
  {
    name: 'bytes replaced',
    apply({ bytes }, random) {
      for (let n = random.int(1, 40); n > 0; n--)
        bytes[at(bytes, random)] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
    },
  },
  {
    name: 'page headers spoilt',
    apply({ bytes }, random) {
      for (let n = random.int(1, 4); n > 0; n--)
        page(bytes, random)[random.int(0, 12)] = random.int(0, 255);
    },
  },
  {
    name: 'cell pointers spoilt',
    apply({ bytes }, random) {
      for (let n = random.int(1, 4); n > 0; n--)
        page(bytes, random)[random.int(8, 60)] = random.int(0, 255);
    },
  },
  { name: 'a page of zeros', apply: ({ bytes }, random) => void page(bytes, random).fill(0) },
  {
    name: 'a page in place of another',
    apply: ({ bytes }, random) => void page(bytes, random).copy(page(bytes, random)),
  },
  {
    name: 'schema and header spoilt',
    apply({ bytes }, random) {
      for (let n = random.int(1, 6); n > 0; n--)
        bytes[random.int(0, PAGE - 1)] = random.int(0, 255);
    },
  },
  {
    name: 'cut off',
    apply(file, random) {
      file.bytes = file.bytes.subarray(0, random.int(0, file.bytes.length));
    },
  },
  {
    name: 'cut off, and the header agrees',
    apply(file, random) {
      const pages = random.int(1, file.bytes.length / PAGE);
      file.bytes = Buffer.from(file.bytes.subarray(0, pages * PAGE));
      file.bytes.writeUInt32BE(pages, 28);
    },
  },
  {
    name: 'more at the end',
    apply(file, random) {
      const more = Buffer.alloc(random.int(1, 3 * PAGE), random.int(0, 255));
      file.bytes = Buffer.concat([file.bytes, more]);
    },
  },
];
