/**
 * Which ranks do the same work. Tensor- and pipeline-parallel ranks of an
 * engine all announce the same steps; data-parallel ranks schedule their own.
 */

/** Steps of one rank: a thread and its stretch of the step table. */
export interface Rank {
  readonly thread: number;
  readonly first: number;
  readonly length: number;
  /** Data-parallel index where the process or thread carries it in its name. */
  readonly dataParallel: string | undefined;
}

export interface Engines {
  /** Index of the engine, by rank. */
  readonly engine: readonly number[];
  /** The rank with the most steps (the first of several) of each engine. */
  readonly leads: readonly Rank[];
}

/** Captures have a few; beyond this many every rank is its own, so that a strange file costs no more than a real one. */
const MOST_COMPARED = 256;
/** Of the steps of a rank that may differ from another's. */
const TOLERATED = 0.1;
/** How many steps earlier or later than another a rank may begin or stop, at most. */
const FURTHEST_SHIFT = 16;

/**
 * Ranks belong together when the steps of one, put beside those of the other,
 * have the same content, but for a tenth: events can be lost, and ranks need
 * not begin and stop at the same step. Where names say that two ranks are of
 * different data-parallel engines, they are. Data-parallel ranks without such
 * names that schedule the very same all along cannot be told apart.
 *
 * @param content of each step; equal numbers mean that the same was scheduled
 */
export function groupRanks(ranks: readonly Rank[], content: Uint32Array): Engines {
  const engine: number[] = new Array<number>(ranks.length).fill(0);
  const leads: Rank[] = [];
  const byLength = [...ranks.keys()].sort((a, b) => ranks[b].length - ranks[a].length || a - b);
  for (const i of byLength) {
    const rank = ranks[i];
    let found = leads.slice(0, MOST_COMPARED).findIndex((lead) => agree(lead, rank, content));
    if (found < 0) found = leads.push(rank) - 1;
    engine[i] = found;
  }
  return { engine, leads };
}

function agree(lead: Rank, rank: Rank, content: Uint32Array): boolean {
  if (lead.dataParallel !== rank.dataParallel) return false;
  const tolerated = Math.floor(rank.length * TOLERATED);
  const furthest = Math.min(tolerated, FURTHEST_SHIFT);
  const longer = lead.length - rank.length;
  if (longer > Math.max(1, furthest)) return false;
  for (let shift = -furthest; shift <= longer + furthest; shift++) {
    if (agreeShifted(lead, rank, content, shift, tolerated)) return true;
  }
  return false;
}

/** Whether the steps of the rank are those of the lead that stand `shift` places further on. */
function agreeShifted(
  lead: Rank,
  rank: Rank,
  content: Uint32Array,
  shift: number,
  tolerated: number,
): boolean {
  const from = Math.max(0, -shift);
  const to = Math.min(rank.length, lead.length - shift);
  let missing = rank.length - (to - from);
  for (let i = from; i < to && missing <= tolerated; i++) {
    if (content[lead.first + i + shift] !== content[rank.first + i]) missing++;
  }
  return missing <= tolerated;
}
