/** NVTX ranges as a tree, each with the time on the CPU and the time of the work it launched on the GPU. */
import { NONE, RangeKind, type Profile } from '../profile/model';
import type { Nanoseconds } from '../profile/units';
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { lengthOf, UnionLength } from './intervals';
import { withoutCallNumbers } from './operator-names';
import { rangeProjection, type RangeProjection } from './range-projection';
import { ACTIVITY_KINDS, activityTable, hasActivities, sweepActivities } from './selection';

/**
 * Push-pop ranges of one name under one parent path, over all threads and
 * occurrences; or start-end ranges of one name, which nest in nothing and stand
 * at the top level.
 *
 * A range is in scope when it overlaps the window, or, where the scope is by
 * device or phase, when it launched work in scope. Its CPU time is its whole
 * length; the GPU's figures are for the work in scope.
 */
export interface RangeNode {
  /** The same for every scope of one analysis. */
  readonly id: number;
  /** Of PyTorch's own ranges without the numbers of the call. */
  readonly name: string;
  /** Whether the ranges' own names have such numbers. */
  readonly numbered: boolean;
  /** Empty for the default domain. */
  readonly domain: string;
  readonly style: 'push-pop' | 'start-end';
  readonly level: number;
  readonly instances: number;
  /** Ranges still open at the end of the capture; their time is not counted. */
  readonly open: number;
  /** Sum of the ranges' lengths on the CPU. */
  readonly cpuTotal: Nanoseconds;
  readonly cpuAverage: Nanoseconds;
  readonly cpuMax: Nanoseconds;
  /** CPU time not spent in a child. */
  readonly cpuSelf: Nanoseconds;
  /**
   * Union, per device, of the activities launched inside; summed over devices. This and
   * what follows of the GPU is undefined in profiles that recorded no work on one.
   */
  readonly gpuBusy: Nanoseconds | undefined;
  /** Activities launched inside. */
  readonly gpuOperations: number | undefined;
  /** Sum over instances of (last activity's end - first activity's start), as nsys projects a range. */
  readonly gpuProjected: Nanoseconds | undefined;
  readonly children: number;
}

/** Deeper ranges count for the one around them at this level: no stack of a program is this deep. */
const MAX_LEVEL = 256;
/** Entries of a union kept at once; devices beyond that take another pass. */
const MAX_KEYS = 1 << 24;

/** Ranges put into groups: nodes of the tree, or names. */
interface Groups {
  readonly count: number;
  /** By row of `profile.ranges`; NONE for marks and for what takes no part. */
  readonly of: Int32Array;
  /** A range of each group, for its name. */
  readonly sample: Int32Array;
  /** NONE at the top, and in the list of names. */
  readonly parent: Int32Array;
  readonly level: Int32Array;
}

const isStartEnd = (kind: RangeKind): boolean =>
  kind === RangeKind.StartEnd || kind === RangeKind.ImportedStartEnd;

/** Start-end ranges may end on another thread: then only the GPU's figures are unknown. */
const takesPart = (profile: Profile, tree: RangeProjection, range: number): boolean =>
  tree.level[range] !== NONE || isStartEnd(profile.ranges.kind[range]);

/** Numbers pairs of numbers in order of appearance. */
class Pairs {
  private readonly numbers = new Map<number, number>();

  constructor(private readonly seconds: number) {}

  get count(): number {
    return this.numbers.size;
  }

  /** @param second below the number given to the constructor */
  of(first: number, second: number): number {
    const key = first * this.seconds + second;
    let number = this.numbers.get(key);
    if (number === undefined) this.numbers.set(key, (number = this.numbers.size));
    return number;
  }
}

/** Equal for ranges of one name (as shown), domain name and style; the last two are one number below `2 * domains`. */
function labels(analysis: Analysis): { of: Int32Array; count: number } {
  return analysis.once('ranges.labels', () => numberLabels(analysis.profile));
}

function numberLabels({ ranges, domains, strings }: Profile): { of: Int32Array; count: number } {
  const firstOfOperator = new Map<string, number>();
  /** By string id, as the names of ranges are met; 0 not yet. */
  const names = new Uint32Array(strings.length);
  const nameOf = (id: number): number => {
    if (names[id] === 0) {
      const name = withoutCallNumbers(strings.get(id));
      if (!firstOfOperator.has(name)) firstOfOperator.set(name, id);
      names[id] = firstOfOperator.get(name)! + 1;
    }
    return names[id] - 1;
  };
  const firstOfName = new Map<string, number>();
  const domain = domains.map(({ name }, i) => {
    if (!firstOfName.has(name)) firstOfName.set(name, i);
    return firstOfName.get(name)!;
  });
  const pairs = new Pairs(2 * domains.length + 2);
  const of = Int32Array.from({ length: ranges.length }, (_, i) =>
    pairs.of(
      nameOf(ranges.name[i]),
      2 * (domain[ranges.domain[i]] ?? 0) + +isStartEnd(ranges.kind[i]),
    ),
  );
  return { of, count: pairs.count };
}

function groupsOf(count: number, of: Int32Array, parentOf: (range: number) => number): Groups {
  const sample = new Int32Array(count).fill(NONE);
  const parent = new Int32Array(count).fill(NONE);
  const level = new Int32Array(count);
  for (let range = 0; range < of.length; range++) {
    const group = of[range];
    if (group === NONE || sample[group] !== NONE) continue;
    sample[group] = range;
    parent[group] = parentOf(range);
  }
  // A parent is numbered before its children.
  for (let group = 0; group < count; group++) {
    if (parent[group] !== NONE) level[group] = level[parent[group]] + 1;
  }
  return { count, of, sample, parent, level };
}

function nodeGroups(analysis: Analysis): Groups {
  return analysis.once('ranges.nodes', () => {
    const { profile } = analysis;
    const tree = rangeProjection(analysis, 'push-pop');
    const label = labels(analysis);
    const pairs = new Pairs(label.count + 1);
    const of = new Int32Array(profile.ranges.length).fill(NONE);
    const nodeAbove = (range: number): number => {
      const parent = tree.parent[range];
      return parent === NONE ? NONE : of[parent];
    };
    for (const range of tree.order) {
      if (tree.level[range] < MAX_LEVEL) {
        of[range] = pairs.of(nodeAbove(range) + 1, label.of[range]);
      } else {
        of[range] = nodeAbove(range);
      }
    }
    for (let range = 0; range < of.length; range++) {
      if (isStartEnd(profile.ranges.kind[range])) of[range] = pairs.of(0, label.of[range]);
    }
    // The group of what is too deep is that of a range above; it is no range of its own.
    const shallow = (range: number): boolean =>
      tree.level[range] === NONE || tree.level[range] < MAX_LEVEL;
    const own = of.map((group, range) => (shallow(range) ? group : NONE));
    return groupsOf(pairs.count, own, nodeAbove);
  });
}

function nameGroups(analysis: Analysis): Groups {
  return analysis.once('ranges.names', () => {
    const { profile } = analysis;
    const tree = rangeProjection(analysis, 'push-pop');
    const label = labels(analysis);
    const of = label.of.map((group, range) => (takesPart(profile, tree, range) ? group : NONE));
    return groupsOf(label.count, of, () => NONE);
  });
}

/** CPU time of each range outside its children. */
function selfTimes(analysis: Analysis): Float64Array {
  return analysis.once('ranges.self', () => {
    const { ranges } = analysis.profile;
    const { order, parent } = rangeProjection(analysis, 'push-pop');
    const self = new Float64Array(ranges.length);
    for (let i = 0; i < self.length; i++) self[i] = lengthOf(ranges.start[i], ranges.end[i]);
    for (const range of order) {
      if (parent[range] === NONE) continue;
      self[parent[range]] -= lengthOf(ranges.start[range], ranges.end[range]);
    }
    // Children of two domains may overlap, and together be longer than what is around them.
    return self.map((time) => Math.max(0, time));
  });
}

/** The lists of ranges around each call, with all ranges that can be in one. */
function lists(analysis: Analysis): RangeProjection {
  const { kind } = analysis.profile.ranges;
  return rangeProjection(analysis, kind.some(isStartEnd) ? 'all' : 'push-pop');
}

/**
 * Lists of a hostile depth are walked over what is deeper than {@link MAX_LEVEL}
 * once; later walks take the shortcut.
 */
function listWalker(analysis: Analysis): (element: number) => number {
  const { rangeOf, listNext } = lists(analysis);
  const { level } = rangeProjection(analysis, 'push-pop');
  let deepest = 0;
  for (let range = 0; range < level.length; range++) {
    if (level[range] > deepest) deepest = level[range];
  }
  if (deepest < MAX_LEVEL) return (element) => element;
  const jump = listNext.slice();
  return (element) => {
    let target = element;
    while (target !== NONE && level[rangeOf(target)] >= MAX_LEVEL) target = jump[target];
    for (let at = element; at !== target;) [at, jump[at]] = [jump[at], target];
    return target;
  };
}

/** The figures of all groups, in one pass over the work in scope and one over the ranges. */
class GroupSums {
  readonly instances: Uint32Array;
  readonly open: Uint32Array;
  readonly cpuTotal: Float64Array;
  readonly cpuMax: Float64Array;
  readonly cpuSelf: Float64Array;
  readonly gpuBusy: Float64Array;
  readonly gpuOperations: Float64Array;
  readonly gpuProjected: Float64Array;
  readonly children: Uint32Array;
  private readonly hasWork: boolean;
  /** Of each range: first start and last end of the work it launched in scope. */
  private first: Float64Array;
  private last: Float64Array;

  constructor(
    private readonly analysis: Analysis,
    private readonly scope: Scope,
    readonly groups: Groups,
  ) {
    const { count } = groups;
    this.hasWork = hasActivities(analysis.profile);
    this.instances = new Uint32Array(count);
    this.open = new Uint32Array(count);
    this.cpuTotal = new Float64Array(count);
    this.cpuMax = new Float64Array(count);
    this.cpuSelf = new Float64Array(count);
    this.gpuBusy = new Float64Array(count);
    this.gpuOperations = new Float64Array(count);
    this.gpuProjected = new Float64Array(count);
    this.children = new Uint32Array(count);
    this.first = new Float64Array(groups.of.length).fill(Infinity);
    this.last = new Float64Array(groups.of.length).fill(-Infinity);
    if (count === 0) return;
    this.sumWork();
    this.sumRanges();
    for (let group = 0; group < count; group++) {
      const parent = groups.parent[group];
      if (parent !== NONE && this.instances[group] > 0) this.children[parent]++;
    }
    // Sums are kept for later questions; what belongs to single ranges is not.
    this.first = this.last = new Float64Array(0);
  }

  private sumWork(): void {
    const { analysis, scope } = this;
    const all = scope.devices ?? analysis.profile.devices.map((_, device) => device);
    const atOnce = Math.max(1, Math.floor(MAX_KEYS / this.groups.count));
    if (all.length <= atOnce) this.sumWorkOf(scope, all);
    else {
      for (let i = 0; i < all.length; i += atOnce) {
        const devices = all.slice(i, i + atOnce);
        this.sumWorkOf({ ...scope, devices }, devices);
      }
    }
  }

  private sumWorkOf(scope: Scope, devices: readonly number[]): void {
    const { analysis, first, last } = this;
    const { of, count } = this.groups;
    const { profile, launches } = analysis;
    const { stack, rangeOf, listNext } = lists(analysis);
    const walk = listWalker(analysis);
    const slot = new Map(devices.map((device, i) => [device, i]));
    const slotOf = Int32Array.from(profile.streams, ({ device }) => slot.get(device) ?? NONE);
    const union = new UnionLength(count * devices.length);
    const links = ACTIVITY_KINDS.map((kind) => launches[kind]);
    const streams = ACTIVITY_KINDS.map((kind) => activityTable(analysis, kind).stream);
    /** The latest activity counted for each group: crossing ranges may name it twice. */
    const seen = new Int32Array(count).fill(NONE);
    let activity = 0;
    sweepActivities(analysis, scope, (kind, row, start, end) => {
      const call = links[kind][row];
      if (call === NONE || stack[call] === NONE) return;
      const device = slotOf[streams[kind][row]];
      if (device === NONE) return;
      activity++;
      for (let f = walk(stack[call]); f !== NONE; f = walk(listNext[f])) {
        const range = rangeOf(f);
        if (start < first[range]) first[range] = start;
        if (end > last[range]) last[range] = end;
        const group = of[range];
        if (group === NONE || seen[group] === activity) continue;
        seen[group] = activity;
        this.gpuOperations[group]++;
        this.gpuBusy[group] += union.add(group * devices.length + device, start, end);
      }
    });
  }

  private sumRanges(): void {
    const { analysis, scope, first, last } = this;
    const { of } = this.groups;
    const { ranges } = analysis.profile;
    const self = selfTimes(analysis);
    const byWork = scope.phase !== undefined || scope.devices !== undefined;
    const [from, to] = scope.window ?? [-Infinity, Infinity];
    for (let range = 0; range < of.length; range++) {
      const group = of[range];
      if (group === NONE) continue;
      const launched = last[range] >= first[range];
      const start = ranges.start[range];
      const isOpen = Number.isNaN(ranges.end[range]);
      const overlaps = start < to && (isOpen || ranges.end[range] >= from);
      if (!(launched || (!byWork && overlaps))) continue;
      this.instances[group]++;
      if (launched) this.gpuProjected[group] += last[range] - first[range];
      if (isOpen) {
        this.open[group]++;
        continue;
      }
      const length = lengthOf(start, ranges.end[range]);
      this.cpuTotal[group] += length;
      this.cpuSelf[group] += self[range];
      if (length > this.cpuMax[group]) this.cpuMax[group] = length;
    }
  }

  node(group: number): RangeNode {
    const { ranges, strings, domains } = this.analysis.profile;
    const sample = this.groups.sample[group];
    const closed = this.instances[group] - this.open[group];
    const known = (figure: number) => (this.hasWork ? figure : undefined);
    const recorded = strings.get(ranges.name[sample]);
    const name = withoutCallNumbers(recorded);
    return {
      id: group,
      name,
      numbered: name !== recorded,
      domain: domains[ranges.domain[sample]]?.name ?? '',
      style: isStartEnd(ranges.kind[sample]) ? 'start-end' : 'push-pop',
      level: this.groups.level[group],
      instances: this.instances[group],
      open: this.open[group],
      cpuTotal: this.cpuTotal[group],
      cpuAverage: closed > 0 ? this.cpuTotal[group] / closed : 0,
      cpuMax: this.cpuMax[group],
      cpuSelf: this.cpuSelf[group],
      gpuBusy: known(this.gpuBusy[group]),
      gpuOperations: known(this.gpuOperations[group]),
      gpuProjected: known(this.gpuProjected[group]),
      children: this.children[group],
    };
  }

  /** Groups in scope, by GPU busy time, then CPU time, descending. */
  nodes(include: (group: number) => boolean): RangeNode[] {
    const nodes: RangeNode[] = [];
    for (let group = 0; group < this.groups.count; group++) {
      if (this.instances[group] > 0 && include(group)) nodes.push(this.node(group));
    }
    const busy = ({ gpuBusy }: RangeNode): number => gpuBusy ?? 0;
    return nodes.sort((a, b) => busy(b) - busy(a) || b.cpuTotal - a.cpuTotal || a.id - b.id);
  }
}

/** Children of a node (undefined: the top level), by GPU busy time, then CPU time, descending. */
export function rangeChildren(
  analysis: Analysis,
  scope: Scope,
  parent: number | undefined,
): readonly RangeNode[] {
  const sums = analysis.scoped(
    'ranges.tree',
    scope,
    () => new GroupSums(analysis, scope, nodeGroups(analysis)),
  );
  const above = parent ?? NONE;
  return sums.nodes((group) => sums.groups.parent[group] === above);
}

/** Every range name whatever its depth, with the same columns (self-nested ranges counted once for gpuBusy). */
export function rangeNames(analysis: Analysis, scope: Scope): readonly RangeNode[] {
  return analysis.scoped('ranges.flat', scope, () =>
    new GroupSums(analysis, scope, nameGroups(analysis)).nodes(() => true),
  );
}
