/** The command that profiles one kernel in depth with Nsight Compute. */
import type { KernelGrouping, KernelRow } from '../../../src/analysis/kernels';

/** Launches are alike; a few tell as much as all, and each is replayed many times. */
const LAUNCHES = 5;
/** The first launches warm up; ncu counts only those of the named kernel. */
const MAX_SKIP = 100;

/** For a POSIX shell. Names come from the profile: no character of one may act. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A regular expression that matches the text as it stands; control characters match any. */
export function regexQuote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/[\p{Cc}\u2028\u2029]/gu, '.');
}

/** Undefined for rows that stand for several kernels. */
export function ncuCommand(
  row: Pick<KernelRow, 'name' | 'shortName' | 'instances'>,
  grouping: KernelGrouping,
): string | undefined {
  if (grouping === 'component') return undefined;
  const short = grouping === 'shortName';
  const name = regexQuote(short ? row.shortName : row.name);
  if (name === '') return undefined;
  const skip = Math.min(MAX_SKIP, Math.floor(row.instances / 2));
  const count = Math.max(1, Math.min(LAUNCHES, row.instances - skip));
  return [
    'ncu --set full',
    `--kernel-name-base ${short ? 'function' : 'demangled'}`,
    `--kernel-name ${shellQuote(`regex:${short ? `^${name}$` : name}`)}`,
    `--launch-skip ${skip}`,
    `--launch-count ${count}`,
    'COMMAND',
  ].join(' ');
}
