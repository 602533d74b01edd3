/** The traces of one run's ranks, told by their names and times; no content is read. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export interface RankTrace {
  readonly rank: number;
  readonly path: string;
}

interface Named {
  readonly rank: number;
  /** The name without what differs between ranks and runs. */
  readonly run: string;
}

const NAME = /^(.*?)rank[-_]?(\d{1,6})(?!\d)(.*)\.json(?:\.gz)?$/i;

/** vLLM: `…_dp0_pp0_tp1_dcp0_ep1_rank1.1773709742341309550.pt.trace.json.gz`. */
export function rankOfName(name: string): Named | undefined {
  const match = NAME.exec(name);
  if (!match) return undefined;
  const [, before, rank, after] = match;
  const run = before.replace(/(dp|pp|tp|ep|dcp|pcp)\d+/gi, '$1');
  // Host, process and time of writing differ between ranks; the kind of file does not.
  return { rank: Number(rank), run: `${run}|${/\.pt\.trace$/i.test(after) ? 'pt' : after}` };
}

/**
 * The traces of the run that the file is of, in order of ranks; the file alone
 * where it has no siblings. Of several runs in one folder those belong
 * together that were written nearest to each other, seen from both.
 */
export async function siblingRanks(file: string): Promise<readonly RankTrace[]> {
  const own = rankOfName(path.basename(file));
  if (!own) return [];
  const folder = path.dirname(file);
  const found: (RankTrace & { readonly written: number })[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const named = rankOfName(name);
    if (named?.run !== own.run) continue;
    const at = path.join(folder, name);
    const { mtimeMs } = await stat(at).catch(() => ({ mtimeMs: NaN }));
    if (!Number.isNaN(mtimeMs)) {
      found.push({ rank: named.rank, path: at, written: timeOfName(name) ?? mtimeMs });
    }
  }
  const self = found.find((one) => one.path === file);
  if (!self) return [];
  const nearest = (to: (typeof found)[number], rank: number) =>
    found
      .filter((one) => one.rank === rank)
      .sort((a, b) => Math.abs(a.written - to.written) - Math.abs(b.written - to.written))[0];
  const ranks = [...new Set(found.map(({ rank }) => rank))].sort((a, b) => a - b);
  return ranks
    .map((rank) => (rank === own.rank ? self : nearest(self, rank)))
    .filter((one) => one === self || nearest(one, own.rank) === self)
    .map(({ rank, path: at }) => ({ rank, path: at }));
}

/** Kineto names its files by when they were written: ns, µs or ms since 1970; here in ms. */
function timeOfName(name: string): number | undefined {
  const digits = /\.(\d{13,19})\.pt\.trace\./.exec(name)?.[1];
  return digits === undefined ? undefined : Number(`${digits.slice(0, 13)}.${digits.slice(13)}`);
}
