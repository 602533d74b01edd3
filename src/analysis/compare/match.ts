/**
 * Which kernels of two runs are the same one. Demanglers and versions write a
 * name differently; libraries pick another tile for the same work, which
 * changes the numbers in the name and nothing else.
 */
import { canonicalName, unqualifiedName } from '../ncu/kernel-names';

export interface Matchable {
  readonly name: string;
  /** Only the beginning of the name is known. */
  readonly cut: boolean;
  /** Calls in a step (or in the run), by which one of several renamed kernels is found again. */
  readonly calls: number;
}

export type MatchKind = 'same' | 'renamed' | 'new' | 'gone';

export interface Match<T> {
  readonly kind: MatchKind;
  /** Several where one name was written in several ways. */
  readonly baseline: readonly T[];
  readonly current: readonly T[];
}

/** Numbers that name a type, not a size. */
const TYPES_AND_SIZES = /(bf|fp|tf|int|float|sm|e\dm)\d+|\d+/g;
/** How nvjet and cutlass name a schedule: direction of the raster, cooperation, split. */
const SCHEDULE = /_(?:[hv]|bz|coop[AB]|splitK|cooperative|pingpong|warpspecialized)(?=_|$)/g;

/** The name without tile sizes, stages and schedules. */
export function family(name: string): string {
  return canonicalName(name)
    .replace(TYPES_AND_SIZES, (whole, type: string | undefined) =>
      type === undefined ? '#' : whole,
    )
    .replace(SCHEDULE, '');
}

/** Each kernel of both sides is in one match; in the order of the current side, then what is gone. */
export function matchKernels<T extends Matchable>(
  baseline: readonly T[],
  current: readonly T[],
): readonly Match<T>[] {
  const anyCut = [...baseline, ...current].some(({ cut }) => cut);
  const shortest = anyCut
    ? Math.min(...[...baseline, ...current].filter(({ cut }) => cut).map(({ name }) => name.length))
    : Infinity;
  // Half a name cannot be brought to a common form: there the text itself decides.
  const key = ({ name }: T): string => (anyCut ? name.slice(0, shortest) : canonicalName(name));

  const before = groupBy(baseline, key);
  const after = groupBy(current, key);
  const matches: Match<T>[] = [];
  const added: T[][] = [];
  for (const [name, kernels] of after) {
    const known = before.get(name);
    if (known === undefined) added.push(kernels);
    else matches.push({ kind: 'same', baseline: known, current: kernels });
  }
  const removed = [...before].filter(([name]) => !after.has(name)).map(([, kernels]) => kernels);
  if (anyCut) return [...matches, ...unmatched(removed, added)];
  const respelt = spelt(removed, added);
  const left = (kernels: T[]): boolean =>
    !respelt.some(({ baseline, current }) => baseline === kernels || current === kernels);
  return [...matches, ...respelt, ...renamed(removed.filter(left), added.filter(left))];
}

/** Names that differ in nothing but namespaces, where one is meant on either side. */
function spelt<T extends Matchable>(removed: readonly T[][], added: readonly T[][]): Match<T>[] {
  const plain = ([{ name }]: T[]): string => unqualifiedName(name);
  const before = groupBy(removed, plain);
  return [...groupBy(added, plain)].flatMap(([name, [current, other]]) => {
    const [baseline, another] = before.get(name) ?? [];
    return baseline === undefined || other !== undefined || another !== undefined
      ? []
      : [{ kind: 'same' as const, baseline, current }];
  });
}

/**
 * Of kernel reports. Pages of one kernel each are of the same work, whatever it is called: that
 * is how a kernel is tuned.
 */
export function matchLaunches<T extends Matchable>(
  baseline: readonly T[],
  current: readonly T[],
): readonly Match<T>[] {
  const matches = matchKernels(baseline, current);
  const single = matches.length === 2 && baseline.length === 1 && current.length === 1;
  return single ? [{ kind: 'renamed', baseline, current }] : matches;
}

const unmatched = <T>(removed: readonly T[][], added: readonly T[][]): Match<T>[] => [
  ...added.map((current): Match<T> => ({ kind: 'new', baseline: [], current })),
  ...removed.map((baseline): Match<T> => ({ kind: 'gone', baseline, current: [] })),
];

/** Of one family, those called about equally often are the same work; the closest pair first. */
function renamed<T extends Matchable>(removed: T[][], added: T[][]): Match<T>[] {
  const families = groupBy(removed, ([{ name }]) => family(name));
  const found: Match<T>[] = [];
  const taken = new Set<T[]>();
  const calls = (kernels: readonly T[]): number => kernels.reduce((sum, k) => sum + k.calls, 0);
  const pairs = added.flatMap((after) =>
    (families.get(family(after[0].name)) ?? []).map((before) => ({
      before,
      after,
      apart: Math.abs(Math.log((calls(after) || 1e-9) / (calls(before) || 1e-9))),
    })),
  );
  pairs.sort((a, b) => a.apart - b.apart);
  for (const { before, after, apart } of pairs) {
    if (apart > Math.log(MOST_APART) || taken.has(before) || taken.has(after)) continue;
    taken.add(before).add(after);
    found.push({ kind: 'renamed', baseline: before, current: after });
  }
  const left = (kernels: T[]): boolean => !taken.has(kernels);
  return [...found, ...unmatched(removed.filter(left), added.filter(left))];
}

/** Called twice as often, or half as often, is another kernel's work. */
const MOST_APART = 2;

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
