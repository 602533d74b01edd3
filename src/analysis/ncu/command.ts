/** The `ncu` command that would profile a kernel a timeline shows. */

export interface NcuCommand {
  /** Options of ncu, one word each. */
  readonly options: readonly string[];
  /** What `--export` names: no folder, no ending. */
  readonly report: string;
  /** The program to profile, where it is known; it goes behind everything else. */
  readonly program?: readonly string[];
  /** As one would type it in a POSIX shell, with a place for the program. */
  readonly display: string;
  /** What to know before running it. */
  readonly notes: readonly string[];
}

export interface CommandRequest {
  /** The function's own name: what ncu's default --kernel-name-base compares with. */
  readonly baseName: string;
  /** Launches to leave out first; counted per process, over matching launches only. */
  readonly skip: number;
  readonly count: number;
  /** How many other kernels of the timeline have the same function name. */
  readonly alike: number;
  /** The profiled program, where it is known. */
  readonly program?: readonly string[];
}

/** ncu's `regex:` is ECMAScript's. */
export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

export function ncuCommand(request: CommandRequest): NcuCommand {
  const { program } = request;
  const report = fileName(request.baseName);
  const options = [
    '--set',
    'full',
    '--target-processes',
    'all',
    '--kernel-name-base',
    'function',
    '--kernel-name',
    `regex:^${escapeRegex(request.baseName)}$`,
    '--launch-skip',
    String(request.skip),
    '--launch-count',
    String(request.count),
  ];
  const notes = [
    '--launch-skip counts matching launches in each process, warm-up and graph capture included; for a steady state --profile-from-start off with cudaProfilerStart is surer.',
  ];
  if (request.alike > 0) {
    notes.push(
      `${request.alike} other ${request.alike === 1 ? 'kernel has' : 'kernels have'} the function name ${request.baseName} and will match too.`,
    );
  }
  return {
    options,
    report,
    ...(program && { program }),
    display: [
      ...['ncu', ...options, '--export', report].map(quote),
      ...(program?.map(quote) ?? ['PROGRAM', 'ARGUMENTS…']),
    ].join(' '),
    notes,
  };
}

const fileName = (name: string): string => name.replace(/[^\w.-]+/g, '_').slice(0, 80) || 'kernel';

/** Single quotes keep everything but themselves from a POSIX shell. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
