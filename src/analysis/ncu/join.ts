/**
 * A kernel report beside a timeline: how much of the prefill and decode GPU
 * time each profiled kernel is, and which kernels matter and were not profiled.
 *
 * Shares are the timeline's alone. ncu's durations, taken at base clock with
 * cold caches, are never mixed with them.
 */
import type { Nanoseconds, Share } from '../../profile/units';
import type { Phase } from '../../profile/scope';
import type { Analysis } from '../analysis';
import type { Component } from '../components';
import { kernelTable, type KernelGrouping, type KernelRow } from '../kernels';
import { ncuCommand, type NcuCommand } from './command';
import { baseName, canonicalName, unqualifiedName } from './kernel-names';
import type { ReportAnalysis, ReportGrouping, ReportKernel } from './report';

/** How sure a pair is: same name and sizes; same name; same function name only (unique on both sides). */
export type Match = 'geometry' | 'name' | 'function';

export interface PhaseShare {
  readonly total: Nanoseconds;
  /** Of the summed time of the phase's kernels. */
  readonly share: Share;
}

export interface JoinedKernel {
  /** Key of the report's kernel, in the grouping asked for. */
  readonly key: string;
  readonly match: Match;
  /** Names of the timeline's kernels behind it, as the timeline writes them. */
  readonly names: readonly string[];
  readonly instances: number;
  readonly total: Nanoseconds;
  /** Of the summed time of all kernels. */
  readonly share: Share;
  readonly phases: Readonly<Record<'prefill' | 'decode' | 'mixed', PhaseShare>>;
}

export interface UnprofiledKernel {
  readonly name: string;
  readonly shortName: string;
  readonly component: Component;
  readonly instances: number;
  readonly total: Nanoseconds;
  readonly share: Share;
  readonly phases: Readonly<Record<'prefill' | 'decode' | 'mixed', PhaseShare>>;
  /** Undefined where ncu must not replay it. */
  readonly command?: NcuCommand;
  /** Why there is no command. */
  readonly refusal?: string;
}

export interface JoinResult {
  readonly kernels: readonly JoinedKernel[];
  /** Keys of the report's kernels that the timeline does not have. */
  readonly unmatched: readonly string[];
  /** Kernels of the timeline that matter and are not in the report, by share. */
  readonly unprofiled: readonly UnprofiledKernel[];
  /** Of the timeline's kernel time: profiled. */
  readonly coverage: Share;
  /** By name of the timeline's kernel: key of the report's kernel (grouping `kernel`). */
  readonly byTimelineName: Readonly<Record<string, string>>;
}

/** A kernel matters from this share of all kernel time, of prefill's or of decode's. */
export const MATTERS: Share = 0.01;

const JOINED_PHASES = ['prefill', 'decode', 'mixed'] as const satisfies readonly Phase[];
type JoinedPhase = (typeof JOINED_PHASES)[number];

/** Kernels of a timeline with the shares of each phase. */
interface TimelineKernel {
  readonly row: KernelRow;
  readonly canonical: string;
  readonly phases: Readonly<Record<JoinedPhase, PhaseShare>>;
}

const NOTHING: PhaseShare = { total: 0, share: 0 };

function timelineKernels(timeline: Analysis, grouping: KernelGrouping): readonly TimelineKernel[] {
  const phases = JOINED_PHASES.map(
    (phase) => new Map(kernelTable(timeline, { phase }, grouping).map((row) => [row.key, row])),
  );
  return kernelTable(timeline, {}, grouping).map((row) => ({
    row,
    canonical: canonicalName(row.name),
    phases: Object.fromEntries(
      JOINED_PHASES.map((phase, i) => {
        const of = phases[i].get(row.key);
        return [phase, of === undefined ? NOTHING : { total: of.total, share: of.share }];
      }),
    ) as Record<JoinedPhase, PhaseShare>,
  }));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

interface Sizes {
  readonly grid?: readonly [number, number, number];
  readonly block?: readonly [number, number, number];
}

const sizesOf = (canonical: string, { grid, block }: Sizes): string =>
  grid === undefined || block === undefined
    ? ''
    : `${canonical} ${grid.join('x')} ${block.join('x')}`;

/** Finds the timeline's kernels behind a report's, the surest way first. */
class Matcher {
  private readonly bySizes: Map<string, TimelineKernel[]>;
  private readonly byName: Map<string, TimelineKernel[]>;
  private readonly byFunction: Map<string, TimelineKernel[]>;
  private readonly functions: ReadonlyMap<string, readonly string[]>;
  /** The timeline's spelling of names that differ in nothing but namespaces, where one is meant. */
  private readonly spelling = new Map<string, string>();

  constructor(
    readonly kernels: readonly TimelineKernel[],
    geometries: readonly TimelineKernel[],
    reported: readonly string[],
  ) {
    this.bySizes = groupBy(geometries, (k) => sizesOf(k.canonical, k.row));
    this.byName = groupBy(kernels, (k) => k.canonical);
    this.byFunction = groupBy(kernels, (k) => baseName(k.row.name));
    this.functions = groupBy(reported, baseName);
    const spelt = groupBy([...this.byName.keys()], unqualifiedName);
    const strange = reported.filter((name) => !this.byName.has(canonicalName(name)));
    for (const [plain, names] of groupBy(strange, unqualifiedName)) {
      const known = spelt.get(plain) ?? [];
      const [canonical, other] = new Set(names.map(canonicalName));
      if (known.length === 1 && other === undefined) this.spelling.set(canonical, known[0]);
    }
  }

  find(
    kernel: ReportKernel,
    withSizes: boolean,
  ): { match: Match; of: readonly TimelineKernel[] } | undefined {
    const written = canonicalName(kernel.name);
    const canonical = this.spelling.get(written) ?? written;
    const sizes = withSizes ? sizesOf(canonical, kernel) : '';
    const sized = sizes === '' ? undefined : this.bySizes.get(sizes);
    if (sized !== undefined) return { match: 'geometry', of: sized };
    const named = this.byName.get(canonical);
    if (named !== undefined) return { match: 'name', of: named };
    const own = baseName(kernel.name);
    const alike = this.byFunction.get(own) ?? [];
    // One tool may give the function's name alone; that pairs only what cannot be taken for another.
    const bare = canonical === own || alike.some((k) => k.canonical === own);
    return bare && own !== '' && alike.length === 1 && this.functions.get(own)?.length === 1
      ? { match: 'function', of: alike }
      : undefined;
  }
}

/**
 * Pairs a report with a timeline. `geometry` and `launch` pair by grid and
 * block too, where both sides give them, and fall back to the name.
 */
export function joinTimeline(
  analysis: ReportAnalysis,
  timeline: Analysis,
  grouping: ReportGrouping,
): JoinResult {
  const all = timelineKernels(timeline, 'kernel');
  const geometries = grouping === 'kernel' ? [] : timelineKernels(timeline, 'geometry');
  const reported = analysis.kernels('kernel').map(({ name }) => name);
  const matcher = new Matcher(all, geometries, reported);

  const kernels: JoinedKernel[] = [];
  const unmatched: string[] = [];
  for (const kernel of analysis.kernels(grouping)) {
    const found = matcher.find(kernel, grouping !== 'kernel');
    if (found === undefined) unmatched.push(kernel.key);
    else kernels.push(joined(kernel.key, found.match, found.of));
  }

  const profiled = new Set<TimelineKernel>();
  const byTimelineName: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const kernel of analysis.kernels('kernel')) {
    for (const of of matcher.find(kernel, false)?.of ?? []) {
      profiled.add(of);
      byTimelineName[of.row.name] = kernel.key;
    }
  }
  return {
    kernels,
    unmatched,
    unprofiled: all
      .filter((kernel) => !profiled.has(kernel) && matters(kernel))
      .map((kernel) => unprofiled(kernel, all, timeline)),
    coverage: [...profiled].reduce((n, { row }) => n + row.share, 0),
    byTimelineName,
  };
}

function joined(key: string, match: Match, of: readonly TimelineKernel[]): JoinedKernel {
  const add = (value: (kernel: TimelineKernel) => number): number =>
    of.reduce((n, kernel) => n + value(kernel), 0);
  return {
    key,
    match,
    names: [...new Set(of.map(({ row }) => row.name))],
    instances: add(({ row }) => row.instances),
    total: add(({ row }) => row.total),
    share: add(({ row }) => row.share),
    phases: Object.fromEntries(
      JOINED_PHASES.map((phase) => [
        phase,
        { total: add((k) => k.phases[phase].total), share: add((k) => k.phases[phase].share) },
      ]),
    ) as Record<JoinedPhase, PhaseShare>,
  };
}

const matters = ({ row, phases }: TimelineKernel): boolean =>
  row.share >= MATTERS || phases.prefill.share >= MATTERS || phases.decode.share >= MATTERS;

/** Launches to measure: a median of three shows an odd one out. */
const COUNT = 3;
/** Beyond this many matching launches a run under ncu is past its warm-up in any case. */
const MOST_SKIPPED = 1000;

function unprofiled(
  kernel: TimelineKernel,
  all: readonly TimelineKernel[],
  timeline: Analysis,
): UnprofiledKernel {
  const { row, phases } = kernel;
  const own = baseName(row.name) || row.shortName;
  const base: UnprofiledKernel = {
    name: row.name,
    shortName: row.shortName,
    component: row.component,
    instances: row.instances,
    total: row.total,
    share: row.share,
    phases,
  };
  if (row.component === 'communication') {
    return {
      ...base,
      refusal:
        'It waits for other GPUs: ncu runs a kernel again and again by itself, and would hang.',
    };
  }
  return {
    ...base,
    command: ncuCommand({
      baseName: own,
      skip: Math.min(MOST_SKIPPED, Math.floor(row.instances / 2)),
      count: Math.min(COUNT, row.instances),
      alike: all.filter((other) => other !== kernel && baseName(other.row.name) === own).length,
      program: timeline.profile.capture.command,
    }),
  };
}
