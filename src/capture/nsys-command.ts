/**
 * Command lines of Nsight Systems. Options as NVIDIA documents them; those that
 * a version does not know are left out.
 */
import path from 'node:path';
import type { CommandLine } from './command';
import type { Nsys, Version } from './nsys-export';
import { isOlder } from './nsys-export';

/** What starts and ends collection, decided. */
export type Range =
  | { readonly kind: 'cuda' }
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'nvtx'; readonly name: string }
  | { readonly kind: 'whole' };

export interface NsysOptions {
  readonly nsys: Nsys;
  /** Of the report, without an extension. */
  readonly output: string;
  readonly range: Range;
  /** Are there GPUs to trace? */
  readonly cuda: boolean;
  readonly osRuntime: boolean;
  /** The program's TMPDIR, where it has one of its own: nsys has its sessions below it. */
  readonly temporary?: string;
}

const withSessions = ({ temporary }: NsysOptions): Readonly<Record<string, string>> =>
  temporary === undefined ? {} : { TMPDIR: temporary };

const since = (version: Version | undefined, first: Version): boolean =>
  version === undefined || !isOlder(version, first);

/** Records what a graph is made of, and in which ranges, before collection begins. */
const PRECAPTURE: Version = [2026, 4];

/** What is traced: the same whichever way collection is started. */
function traceOptions({ nsys, cuda, osRuntime }: NsysOptions): string[] {
  const traced = [...(cuda ? ['cuda'] : []), 'nvtx', ...(osRuntime ? ['osrt'] : [])];
  // Kernels replayed by a graph are rows of their own only in node mode. A version
  // that is not known may be too old for the newest syntax.
  const precapture = nsys.version !== undefined && since(nsys.version, PRECAPTURE);
  const graphs = precapture ? 'node:nvtx-precapture' : 'node';
  return [
    `--trace=${traced.join(',')}`,
    ...(cuda ? [`--cuda-graph-trace=${graphs}`] : []),
    '--trace-fork-before-exec=true',
  ];
}

const QUIET = ['--sample=none', '--cpuctxsw=none'];
/** Long captures lose events that wait in a buffer until the end. */
const FLUSH = '--cuda-flush-interval=10000';

const rangeOptions = (range: Range): string[] => {
  switch (range.kind) {
    // `repeat` leaves the program running; the default ends it with the first range.
    case 'cuda':
      return ['--capture-range=cudaProfilerApi', '--capture-range-end=repeat'];
    case 'nvtx':
      return [
        '--capture-range=nvtx',
        `--nvtx-capture=${range.name.replaceAll('@', '\\@')}`,
        '--capture-range-end=repeat',
      ];
    default:
      return [];
  }
};

/** Starts `target` under the profiler. */
export function nsysStart(options: NsysOptions, target: CommandLine): CommandLine {
  const { nsys, output, range, cuda } = options;
  const env =
    range.kind === 'nvtx'
      ? // Names of ranges are mostly plain text, which nsys ignores as a trigger by default.
        { ...target.env, NSYS_NVTX_PROFILER_REGISTER_ONLY: '0' }
      : target.env;
  const how =
    range.kind === 'session'
      ? ['launch', `--session-new=${range.session}`, ...traceOptions(options)]
      : [
          'profile',
          ...traceOptions(options),
          ...QUIET,
          ...(cuda ? [FLUSH] : []),
          ...rangeOptions(range),
          '--force-overwrite=true',
          `--output=${output}`,
        ];
  return { program: nsys.path, args: [...how, target.program, ...target.args], env };
}

/** Of a session: begins collection. */
export const sessionStart = (options: NsysOptions, session: string): CommandLine => ({
  program: options.nsys.path,
  args: [
    'start',
    `--session=${session}`,
    ...QUIET,
    ...(options.cuda ? [FLUSH] : []),
    '--force-overwrite=true',
    `--output=${options.output}`,
  ],
  env: withSessions(options),
});

/** Of a session: ends collection and writes the report. */
export const sessionStop = (options: NsysOptions, session: string): CommandLine => ({
  program: options.nsys.path,
  args: ['stop', `--session=${session}`],
  env: withSessions(options),
});

/** What a report is, and what it is made of: a raw capture, for which an nsys needs its importer. */
export type Written = '.nsys-rep' | '.qdstrm';

/** The reports of an output among the names in its folder, in order; `repeat` numbers them. */
export function reportsOf(
  output: string,
  names: readonly string[],
  written: Written = '.nsys-rep',
): readonly string[] {
  const base = path.basename(output);
  const number = (name: string): number | undefined => {
    if (!name.startsWith(base) || !name.endsWith(written)) return undefined;
    const between = name.slice(base.length, -written.length);
    if (between === '') return 0;
    return /^\.\d+$/.test(between) ? Number(between.slice(1)) : undefined;
  };
  return names
    .filter((name) => number(name) !== undefined)
    .sort((a, b) => (number(a) ?? 0) - (number(b) ?? 0));
}
