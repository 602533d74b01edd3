/**
 * npm run bench -- exports [--size 100k,1m,5m] [--runs 5] [--nsys PATH]
 *
 * What it costs to open an export and have its figures: our command line
 * against NVIDIA's own, SQL, data frames, and `cat`, each as a whole process,
 * in turns, so that a busy minute of the machine falls on all of them. And what
 * a person waits for in the editor, where its worker answers.
 * Generated exports are kept in .cache/bench.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { large } from '../data/generate';
import { type Cost, median, run } from './cost';
import { openProfile, type Waits } from './editor';
import { keep } from './results';

const ROOT = resolve(__dirname, '../..');
const CACHE = join(ROOT, '.cache/bench');
const CLI = join(ROOT, 'dist/cli.js');
const REPORTS = 'cuda_gpu_kern_sum,nvtx_gpu_proj_sum,cuda_gpu_mem_time_sum';
/** What takes this long is not run again. */
const SLOW_SECONDS = 30;

const SIZES: Readonly<Record<string, number>> = {
  '100k': 100_000,
  '1m': 1_000_000,
  '5m': 5_000_000,
};

interface Contender {
  readonly name: string;
  readonly command: (file: string) => readonly string[];
}

interface Row extends Cost {
  readonly size: string;
  readonly name: string;
  readonly runs: number;
  /** How many times the wall time of our `stats`. */
  readonly ratio?: number;
  readonly failure?: string;
}

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '100k,1m,5m' },
    runs: { type: 'string', default: '5' },
    nsys: { type: 'string' },
  },
});

const OURS = 'profilemate stats (3 reports)';

function contenders(): Contender[] {
  const nsys = findNsys();
  const pandas = spawnSync('python3', ['-c', 'import pandas']).status === 0;
  if (!nsys) console.log('nsys not found: its row is missing (--nsys PATH)');
  if (!pandas) console.log('pandas not found: its row is missing');
  return [
    { name: OURS, command: (file) => ['node', CLI, 'stats', '--report', REPORTS, file] },
    {
      name: 'profilemate analyze --json',
      command: (file) => ['node', CLI, 'analyze', file, '--json'],
    },
    ...(nsys
      ? [
          {
            name: 'nsys stats (3 reports)',
            command: (file: string) => [nsys, 'stats', '-r', REPORTS, '--format', 'csv', file],
          },
        ]
      : []),
    {
      name: 'python3 sqlite3 (SQL)',
      command: (file) => ['python3', join(__dirname, 'sql_aggregates.py'), file],
    },
    ...(pandas
      ? [
          {
            name: 'pandas (data frames)',
            command: (file: string) => ['python3', join(__dirname, 'data_frames.py'), file],
          },
        ]
      : []),
    { name: 'cat', command: (file) => ['cat', file] },
  ];
}

function findNsys(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'nsys'));
  const installed = existsSync('/opt/nvidia/nsight-systems')
    ? readdirSync('/opt/nvidia/nsight-systems').map((version) =>
        join('/opt/nvidia/nsight-systems', version, 'bin/nsys'),
      )
    : [];
  return [...(options.nsys ? [options.nsys] : []), ...onPath, ...installed].find(existsSync);
}

/** An export of that size, written once for each state of the generator. */
function exportOf(size: string): string {
  const sources = ['sqlite', 'nsys-schema', 'nsys-builder', 'kernels', 'random', 'vllm'];
  const hash = createHash('sha256');
  for (const name of sources) hash.update(readFileSync(join(ROOT, 'test/data', `${name}.ts`)));
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `${size}-${hash.digest('hex').slice(0, 8)}.sqlite`);
  if (!existsSync(file)) {
    console.log(`writing ${file} …`);
    large(file, SIZES[size]);
  }
  return file;
}

function bench(size: string, all: readonly Contender[], runs: number): Row[] {
  const file = exportOf(size);
  run(['cat', file]); // the file's pages are in memory for the first as for the last
  const costs = new Map<string, Cost[]>(all.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  for (let turn = 0; turn < runs; turn++)
    for (const { name, command } of all) {
      const known = costs.get(name)!;
      if (failures.has(name) || (known[0]?.wall ?? 0) > SLOW_SECONDS) continue;
      const cost = run(command(file));
      if (typeof cost === 'string') failures.set(name, cost);
      else {
        known.push(cost);
        console.log(`${size} ${name}: ${cost.wall.toFixed(2)} s, ${cost.memory.toFixed(0)} MiB`);
      }
    }
  const walls = (name: string): number => median(costs.get(name)!.map(({ wall }) => wall));
  const label = `${size} (${Math.round(statSync(file).size / 1e6)} MB)`;
  return all.map(({ name }) => ({
    size: label,
    name,
    runs: costs.get(name)!.length,
    wall: walls(name),
    cpu: median(costs.get(name)!.map(({ cpu }) => cpu)),
    memory: median(costs.get(name)!.map(({ memory }) => memory)),
    ratio: walls(name) / walls(OURS),
    failure: failures.get(name),
  }));
}

/** Medians of as many openings as there are turns. */
async function waits(size: string, runs: number): Promise<string> {
  const file = exportOf(size);
  const all: Waits[] = [];
  for (let turn = 0; turn < runs; turn++) all.push(await openProfile(file));
  const seconds = (what: keyof Waits): string => median(all.map((one) => one[what])).toFixed(2);
  return `| ${size} | ${seconds('facts')} | ${seconds('kernels')} | ${seconds('overview')} |`;
}

const line = ({ size, name, wall, cpu, memory, ratio, runs, failure }: Row): string =>
  failure === undefined
    ? `| ${size} | ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${memory.toFixed(0)} | ${ratio!.toFixed(2)} | ${runs} |`
    : `| ${size} | ${name} | failed: ${failure} | | | | |`;

async function main(): Promise<void> {
  const sizes = options.size.split(',').map((size) => size.trim().toLowerCase());
  const unknown = sizes.filter((size) => !(size in SIZES));
  if (unknown.length > 0 || !existsSync(CLI)) {
    const reason = existsSync(CLI)
      ? `there is no size ${unknown.join(', ')}: ${Object.keys(SIZES).join(', ')}`
      : `${CLI} is not there: npm run build`;
    process.stderr.write(`${reason}\n`);
    process.exitCode = 2;
    return;
  }
  const all = contenders();
  const runs = Number(options.runs);
  const rows = sizes.flatMap((size) => bench(size, all, runs));
  const opened: string[] = [];
  for (const size of sizes) opened.push(await waits(size, runs));
  keep({
    part: 'exports',
    title: 'Exports of Nsight Systems',
    about: `Generated exports (a call a kernel, nested ranges, step annotations), the file in the page cache.
Whole processes, in turns; medians. "× ours": wall time over that of \`${OURS}\`. What took over
${SLOW_SECONDS} s ran once. The SQL row computes less than the others: no projection of ranges.`,
    body: `| kernels | what | wall s | user + sys s | peak MiB | × ours | runs |
|---|---|---:|---:|---:|---:|---:|
${rows.map(line).join('\n')}

Seconds from opening a profile in the editor's worker, the rest being read meanwhile:

| kernels | what was captured | first kernel rows | whole overview |
|---|---:|---:|---:|
${opened.join('\n')}`,
  });
}

void main();
