/**
 * npm run bench -- traces [--size 100m,500m,2g] [--runs 3] [--largest 600m]
 *
 * What it costs to have the figures of a trace of PyTorch, against what people
 * do first: python3's json loading the same file, which computes nothing yet.
 * Beyond `--largest` python3 is not asked, for it needs several times the file.
 * Generated traces are kept in .cache/bench.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTrace } from '../data/torch/trace';
import { type Cost, median, run } from './cost';
import { keep } from './results';

const ROOT = resolve(__dirname, '../..');
const CACHE = join(ROOT, '.cache/bench');
const CLI = join(ROOT, 'dist/cli.js');
const LOAD = 'import json, sys; json.load(open(sys.argv[1], "rb"))';

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '100m,500m,2g' },
    runs: { type: 'string', default: '3' },
    largest: { type: 'string', default: '600m' },
  },
});

/** `500m` is 500 million bytes. */
function bytesOf(size: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([mg])$/.exec(size) ?? [];
  if (number === undefined) throw new Error(`a size is like 500m or 2g, not ${size}`);
  return Number(number) * (unit === 'g' ? 1e9 : 1e6);
}

interface Contender {
  readonly name: string;
  readonly command: (file: string) => readonly string[];
  readonly largest?: number;
}

const CONTENDERS: readonly Contender[] = [
  {
    name: 'profilemate analyze --json',
    command: (file) => ['node', CLI, 'analyze', file, '--json'],
  },
  {
    name: 'python3 json.load',
    command: (file) => ['python3', '-c', LOAD, file],
    largest: bytesOf(options.largest),
  },
  { name: 'cat', command: (file) => ['cat', file] },
];

async function traceOf(size: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `${size}.pt.trace.json`);
  if (!existsSync(file)) {
    console.log(`writing ${file} …`);
    await writeTrace(file, bytesOf(size));
  }
  return file;
}

function rowsOf(file: string, runs: number): readonly string[] {
  const { size } = statSync(file);
  const costs = new Map<string, Cost[]>(CONTENDERS.map(({ name }) => [name, []]));
  const asked = CONTENDERS.filter(({ largest = Infinity }) => size <= largest);
  run(['cat', file]); // the file's pages are in memory for the first as for the last
  for (let turn = 0; turn < runs; turn++)
    for (const { name, command } of asked) {
      const cost = run(command(file));
      if (typeof cost === 'string') throw new Error(`${name}: ${cost}`);
      costs.get(name)!.push(cost);
    }
  return asked.map(({ name }) => {
    const own = costs.get(name)!;
    const [wall, cpu, memory] = (['wall', 'cpu', 'memory'] as const).map((what) =>
      median(own.map((cost) => cost[what])),
    );
    return `| ${Math.round(size / 1e6)} | ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${(size / 1e6 / wall).toFixed(0)} | ${own.length} |`;
  });
}

async function main(): Promise<void> {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not there: npm run build`);
  const rows: string[] = [];
  for (const size of options.size.split(',')) {
    const more = rowsOf(await traceOf(size), Number(options.runs));
    console.log(more.join('\n'));
    rows.push(...more);
  }
  keep({
    part: 'traces',
    title: 'Traces of PyTorch',
    about: `Generated traces (steps, Python stacks, modules, operators with shapes, launches, kernels, the
allocator's events), the file in the page cache. Whole processes, in turns; medians. What json.load
makes is Python objects, of which no figure is computed yet; beyond ${options.largest} it was not asked,
for it needs six times the file.`,
    body: `| MB | what | wall s | user + sys s | peak MiB | MB/s | runs |
|---:|---|---:|---:|---:|---:|---:|
${rows.join('\n')}`,
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
