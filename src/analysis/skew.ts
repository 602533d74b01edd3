/**
 * Ranks of one run side by side: whose steps are slow, and who waits for whom.
 *
 * Ranks meet in collectives. A collective's kernel runs on every rank from when
 * the rank is ready until the last one is, and then as long as the data takes:
 * the rank that waited least has the shortest. What another rank's kernel of
 * the same collective is longer is its wait. This is an estimate, and rests on
 * all ranks running the same collectives in the same order; where their numbers
 * differ, nothing is said.
 */
import type { DeviceIndex } from '../profile/model';
import type { Scope } from '../profile/scope';
import type { Nanoseconds } from '../profile/units';
import type { Analysis } from './analysis';
import { COMPONENTS } from './components';
import { endOf, lengthOf, orderBy, UnionLength } from './intervals';
import { inScope, startOrder, sweepActivities } from './selection';
import { summarize } from './statistics';

export interface RankRow {
  /** Place among the ranks given. */
  readonly index: number;
  /** As the capture has it, else {@link index}. */
  readonly rank: number;
  readonly path: string;
  readonly steps: number;
  /** Median length of a step: from its first work on the GPU to its last. */
  readonly stepTime: Nanoseconds | undefined;
  /** Union of all work on the GPU, summed over devices. */
  readonly busy: Nanoseconds;
  /** Sum of the lengths of the collectives' kernels. */
  readonly communication: Nanoseconds;
  readonly collectives: number;
  /** Of {@link communication}: waiting for other ranks; undefined where it cannot be told. */
  readonly wait: Nanoseconds | undefined;
  /** How often the others waited for this one. */
  readonly lastToArrive: number | undefined;
}

/** One step on all ranks. */
export interface StepSkew {
  readonly step: number;
  readonly name: string;
  readonly slowest: Nanoseconds;
  readonly fastest: Nanoseconds;
  /** Place of the slowest among the ranks. */
  readonly slowestRank: number;
}

export interface Skew {
  readonly ranks: readonly RankRow[];
  /** Empty where ranks have different numbers of steps, or none. */
  readonly steps: readonly StepSkew[];
  /** Why no wait is known; undefined where it is. */
  readonly missing: 'one-rank' | 'no-collectives' | 'different-collectives' | undefined;
}

/** Ranks in order of their numbers. */
export function skew(analyses: readonly Analysis[]): Skew {
  const ordered = analyses
    .map((analysis, index) => ({
      analysis,
      rank: analysis.profile.capture.distributed?.rank ?? index,
    }))
    .sort((a, b) => a.rank - b.rank);
  const ranks = ordered.map(({ analysis, rank }) => measure(analysis, rank));
  const missing = whyNoWait(ranks);
  const waits =
    missing === undefined ? waitsOf(ranks.map(({ collectives }) => collectives)) : undefined;
  return {
    ranks: ranks.map((rank, index) => ({
      index,
      rank: rank.rank,
      path: rank.path,
      steps: rank.steps.length,
      stepTime: median(rank.steps.map((step) => step.length)),
      busy: rank.busy,
      communication: rank.collectives.reduce((sum, length) => sum + length, 0),
      collectives: rank.collectives.length,
      wait: waits?.wait[index],
      lastToArrive: waits?.last[index],
    })),
    steps: stepsOf(ranks),
    missing,
  };
}

interface Measured {
  readonly rank: number;
  readonly path: string;
  readonly busy: Nanoseconds;
  readonly steps: readonly { readonly name: string; readonly length: Nanoseconds }[];
  /** Lengths, in order of start. */
  readonly collectives: Float64Array;
}

const COMMUNICATION = COMPONENTS.indexOf('communication');

function measure(analysis: Analysis, rank: number): Measured {
  const { profile, classes, steps } = analysis;
  const { kernels, streams } = profile;
  const busy = new UnionLength(profile.devices.length);
  const first = new Float64Array(steps.length).fill(Infinity);
  const last = new Float64Array(steps.length).fill(-Infinity);
  const kinds = [
    analysis.attribution.kernels,
    analysis.attribution.memcpys,
    analysis.attribution.memsets,
    analysis.attribution.graphTraces,
  ];
  const tables = [kernels, profile.memcpys, profile.memsets, profile.graphTraces];
  sweepActivities(analysis, {}, (kind, row, start, end) => {
    busy.add(streams[tables[kind].stream[row]].device, start, end);
    const step = kinds[kind][row];
    if (step < 0) return;
    if (start < first[step]) first[step] = start;
    if (end > last[step]) last[step] = end;
  });
  const rows = orderBy(kernels.start).filter(
    (row) => classes.component[kernels.shape[row]] === COMMUNICATION,
  );
  return {
    rank,
    path: profile.source.path,
    busy: busy.total,
    steps: Array.from({ length: steps.length }, (_, step) => ({
      name: profile.strings.get(profile.ranges.name[steps.range[step]]),
      length: last[step] >= first[step] ? endOf(first[step], last[step]) - first[step] : NaN,
    })),
    collectives: Float64Array.from(rows, (row) => lengthOf(kernels.start[row], kernels.end[row])),
  };
}

function whyNoWait(ranks: readonly Measured[]): Skew['missing'] {
  if (ranks.length < 2) return 'one-rank';
  const count = ranks[0].collectives.length;
  if (ranks.some((rank) => rank.collectives.length !== count)) return 'different-collectives';
  return count === 0 ? 'no-collectives' : undefined;
}

/** @param lengths of the same collectives, by rank */
function waitsOf(lengths: readonly Float64Array[]): { wait: number[]; last: number[] } {
  const wait = lengths.map(() => 0);
  const last = lengths.map(() => 0);
  for (let i = 0; i < lengths[0].length; i++) {
    let shortest = 0;
    lengths.forEach((own, index) => {
      if (own[i] < lengths[shortest][i]) shortest = index;
    });
    // Where all took as long, all came at once.
    if (lengths.some((own) => own[i] > lengths[shortest][i])) last[shortest]++;
    lengths.forEach((own, index) => {
      wait[index] += own[i] - lengths[shortest][i];
    });
  }
  return { wait, last };
}

export interface DeviceWait {
  readonly device: DeviceIndex;
  readonly collectives: number;
  readonly wait: Nanoseconds;
  readonly lastToArrive: number;
}

/**
 * As {@link skew}, of the GPUs of one capture. Undefined where they do not run
 * the same collectives, or do not belong to one engine.
 */
export function deviceWaits(analysis: Analysis, scope: Scope): readonly DeviceWait[] | undefined {
  const { profile, classes, steps } = analysis;
  if (steps.leads.length > 1) return undefined;
  const { kernels, streams } = profile;
  const mask = inScope(analysis, 'kernels', scope);
  const byDevice = new Map<DeviceIndex, number[]>();
  for (const row of startOrder(analysis, 'kernels')) {
    if (mask && !mask[row]) continue;
    const { device } = streams[kernels.stream[row]];
    const own = byDevice.get(device) ?? [];
    byDevice.set(device, own);
    if (classes.component[kernels.shape[row]] === COMMUNICATION) {
      own.push(lengthOf(kernels.start[row], kernels.end[row]));
    }
  }
  const lengths = [...byDevice.values()].map((own) => Float64Array.from(own));
  const count = lengths[0]?.length ?? 0;
  if (lengths.length < 2 || count === 0 || lengths.some((own) => own.length !== count)) {
    return undefined;
  }
  const { wait, last } = waitsOf(lengths);
  return [...byDevice.keys()].map((device, i) => ({
    device,
    collectives: count,
    wait: wait[i],
    lastToArrive: last[i],
  }));
}

function stepsOf(ranks: readonly Measured[]): StepSkew[] {
  const count = ranks[0]?.steps.length ?? 0;
  if (ranks.length < 2 || ranks.some((rank) => rank.steps.length !== count)) return [];
  return Array.from({ length: count }, (_, step) => {
    const lengths = ranks.map((rank) => rank.steps[step].length);
    const known = lengths.filter((length) => !Number.isNaN(length));
    const slowest = Math.max(...known);
    return {
      step,
      name: ranks[0].steps[step].name,
      slowest,
      fastest: Math.min(...known),
      slowestRank: lengths.indexOf(slowest),
    };
  }).filter((step) => step.slowest >= step.fastest);
}

function median(values: readonly number[]): number | undefined {
  const known = Float64Array.from(values.filter((value) => !Number.isNaN(value)));
  return known.length > 0 ? summarize(known).median : undefined;
}
