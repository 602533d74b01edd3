/**
 * What a generated profile must turn out to hold. Noted while it is written,
 * and summed up here with the plainest code that can be (sorting intervals and
 * walking them), never with the project's own analysis.
 */
import type { Component } from '../../src/analysis/components';
import type { Phase } from '../../src/profile/scope';

export type Interval = readonly [start: number, end: number];

export interface Work {
  readonly kind: 'kernel' | 'memcpy' | 'memset' | 'graphTrace';
  /** The physical device: TARGET_INFO_GPU.id. */
  readonly device: number;
  readonly pid: number;
  readonly start: number;
  readonly end: number;
  /** Undefined: no step asked for it. */
  readonly step?: Step;
  readonly name: string;
  readonly component: Component;
  readonly graph?: number;
  readonly bytes?: number;
  readonly copyKind?: number;
  readonly source?: number;
  readonly target?: number;
  /** Distinguishes launches of one process. */
  readonly correlation: number;
}

/** One step on one rank. */
export interface Step {
  readonly engine: number;
  readonly rank: number;
  readonly device: number;
  readonly index: number;
  readonly name: string;
  readonly phase: Exclude<Phase, 'unattributed'>;
  readonly contextRequests: number;
  readonly contextTokens: number;
  readonly generationRequests: number;
  readonly generationTokens: number;
  readonly rangeStart: number;
  rangeEnd: number;
}

export interface StepTruth extends Step {
  readonly operations: number;
  readonly start: number;
  readonly end: number;
  /** Union of its work on its device. */
  readonly busy: number;
}

export interface PhaseTruth {
  /** The three that follow count the lead rank (0) of each engine. */
  readonly steps: number;
  readonly requests: number;
  readonly contextTokens: number;
  readonly generationTokens: number;
  /** Union per device, summed over devices. */
  readonly busy: number;
  readonly total: number;
  /** Over the lead ranks' steps. */
  readonly span: number;
  readonly idle: number;
  readonly operations: number;
  /** Kernels, copies and fills. */
  readonly components: ReadonlyMap<Component, { instances: number; total: number }>;
}

export interface KernelTruth {
  readonly name: string;
  readonly component: Component;
  readonly instances: number;
  readonly total: number;
  readonly min: number;
  readonly max: number;
  readonly inGraphs: number;
  readonly byPhase: ReadonlyMap<Phase, { instances: number; total: number }>;
}

export interface RangeTruth {
  readonly name: string;
  readonly domain: string;
  readonly instances: number;
  readonly cpuTotal: number;
  readonly operations: number;
  /** Sum over instances of last end - first start. */
  readonly projected: number;
  /** Union per device, summed. */
  readonly busy: number;
}

export interface CopyTruth {
  readonly copyKind: number;
  readonly source: number;
  readonly target: number;
  readonly count: number;
  readonly bytes: number;
  readonly total: number;
}

export interface Truth {
  readonly counts: Readonly<
    Record<'kernels' | 'memcpys' | 'memsets' | 'graphTraces' | 'api' | 'ranges', number>
  >;
  readonly devices: readonly {
    readonly device: number;
    readonly start: number;
    readonly end: number;
    readonly busy: number;
    readonly kernelBusy: number;
    readonly copyBusy: number;
  }[];
  /** Union per device, summed. */
  readonly busy: number;
  /** The part of it that some step explains. */
  readonly attributedBusy: number;
  readonly phases: Readonly<Record<Phase, PhaseTruth>>;
  /** Every rank's. */
  readonly steps: readonly StepTruth[];
  /** By total, descending. */
  readonly kernels: readonly KernelTruth[];
  readonly components: ReadonlyMap<Component, { instances: number; total: number }>;
  readonly graphs: {
    readonly launchCalls: number;
    readonly replays: number;
    /** Distinct (process, graph). */
    readonly distinct: number;
    readonly distinctIds: number;
    readonly kernelsInside: number;
    readonly kernelsOutside: number;
    readonly timeInside: number;
    readonly timeOutside: number;
  };
  readonly copies: readonly CopyTruth[];
  readonly memsets: { readonly count: number; readonly bytes: number; readonly total: number };
  readonly ranges: readonly RangeTruth[];
  /** Texts in the file that no output may ever hold. */
  readonly secrets: readonly string[];
}

/** Length of the union. */
export function unionLength(intervals: readonly Interval[]): number {
  let total = 0;
  let reached = -Infinity;
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return total;
}

/** A range as the CPU saw it, and what was launched inside. */
export interface RangeRecord {
  readonly name: string;
  readonly domain: string;
  readonly start: number;
  end: number;
  readonly work: Work[];
}

const interval = (work: Work): Interval => [work.start, work.end];

function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group) group.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

const length = (work: Work): number => work.end - work.start;

function busyPerDevice(work: readonly Work[]): number {
  let total = 0;
  for (const group of groupBy(work, (w) => w.device).values())
    total += unionLength(group.map(interval));
  return total;
}

function tally<K>(
  work: readonly Work[],
  key: (w: Work) => K,
): Map<K, { instances: number; total: number }> {
  const result = new Map<K, { instances: number; total: number }>();
  for (const [k, group] of groupBy(work, key))
    result.set(k, { instances: group.length, total: sum(group, length) });
  return result;
}

const phaseOf = (work: Work): Phase => work.step?.phase ?? 'unattributed';

export class Recorder {
  readonly work: Work[] = [];
  readonly steps: Step[] = [];
  readonly ranges: RangeRecord[] = [];
  readonly secrets: string[] = [];
  apiCalls = 0;
  rangeRows = 0;
  graphLaunchCalls = 0;

  truth(): Truth {
    const kernels = this.work.filter((w) => w.kind === 'kernel');
    const copies = this.work.filter((w) => w.kind === 'memcpy');
    const fills = this.work.filter((w) => w.kind === 'memset');
    const traces = this.work.filter((w) => w.kind === 'graphTrace');
    const inGraphs = kernels.filter((w) => w.graph !== undefined);
    const launches = [...inGraphs, ...traces];
    const steps = this.stepTruths();
    const devices = [...groupBy(this.work, (w) => w.device)].map(([device, work]) => ({
      device,
      start: work.reduce((least, w) => Math.min(least, w.start), Infinity),
      end: work.reduce((most, w) => Math.max(most, w.end), -Infinity),
      busy: unionLength(work.map(interval)),
      kernelBusy: unionLength(
        work.filter((w) => w.kind === 'kernel' || w.kind === 'graphTrace').map(interval),
      ),
      copyBusy: unionLength(
        work.filter((w) => w.kind === 'memcpy' || w.kind === 'memset').map(interval),
      ),
    }));
    return {
      counts: {
        kernels: kernels.length,
        memcpys: copies.length,
        memsets: fills.length,
        graphTraces: traces.length,
        api: this.apiCalls,
        ranges: this.rangeRows,
      },
      devices: devices.sort((a, b) => a.device - b.device),
      busy: busyPerDevice(this.work),
      attributedBusy: busyPerDevice(this.work.filter((w) => w.step !== undefined)),
      phases: {
        prefill: this.phaseTruth('prefill', steps),
        decode: this.phaseTruth('decode', steps),
        mixed: this.phaseTruth('mixed', steps),
        unattributed: this.phaseTruth('unattributed', steps),
      },
      steps,
      kernels: [...groupBy(kernels, (w) => w.name)]
        .map(([name, group]) => ({
          name,
          component: group[0].component,
          instances: group.length,
          total: sum(group, length),
          min: group.reduce((least, w) => Math.min(least, length(w)), Infinity),
          max: group.reduce((most, w) => Math.max(most, length(w)), 0),
          inGraphs: sum(
            group.filter((w) => w.graph !== undefined),
            length,
          ),
          byPhase: tally(group, phaseOf),
        }))
        .sort((a, b) => b.total - a.total),
      components: tally([...kernels, ...copies, ...fills], (w) => w.component),
      graphs: {
        launchCalls: this.graphLaunchCalls,
        replays: groupBy(launches, (w) => `${w.pid} ${w.correlation}`).size,
        distinct: groupBy(launches, (w) => `${w.pid} ${w.graph}`).size,
        distinctIds: groupBy(launches, (w) => w.graph).size,
        kernelsInside: inGraphs.length,
        kernelsOutside: kernels.length - inGraphs.length,
        timeInside: sum(launches, length),
        timeOutside: sum(
          kernels.filter((w) => w.graph === undefined),
          length,
        ),
      },
      copies: [...groupBy(copies, (w) => `${w.copyKind} ${w.source} ${w.target}`).values()].map(
        (group) => ({
          copyKind: group[0].copyKind!,
          source: group[0].source!,
          target: group[0].target!,
          count: group.length,
          bytes: sum(group, (w) => w.bytes!),
          total: sum(group, length),
        }),
      ),
      memsets: {
        count: fills.length,
        bytes: sum(fills, (w) => w.bytes!),
        total: sum(fills, length),
      },
      ranges: [...groupBy(this.ranges, (r) => `${r.domain}:${r.name}`).values()].map((group) => ({
        name: group[0].name,
        domain: group[0].domain,
        instances: group.length,
        cpuTotal: sum(group, (r) => r.end - r.start),
        operations: sum(group, (r) => r.work.length),
        projected: sum(
          group.filter((r) => r.work.length > 0),
          (r) => Math.max(...r.work.map((w) => w.end)) - Math.min(...r.work.map((w) => w.start)),
        ),
        busy: busyPerDevice([...new Set(group.flatMap((r) => r.work))]),
      })),
      secrets: this.secrets,
    };
  }

  private stepTruths(): StepTruth[] {
    const work = groupBy(this.work, (w) => w.step);
    return this.steps.map((step) => {
      const own = work.get(step) ?? [];
      return {
        ...step,
        operations: own.length,
        start: Math.min(...own.map((w) => w.start)),
        end: Math.max(...own.map((w) => w.end)),
        busy: unionLength(own.map(interval)),
      };
    });
  }

  private phaseTruth(phase: Phase, steps: readonly StepTruth[]): PhaseTruth {
    const work = this.work.filter((w) => phaseOf(w) === phase);
    const leads = steps.filter((s) => s.phase === phase && s.rank === 0);
    return {
      steps: leads.length,
      requests: sum(leads, (s) => s.contextRequests + s.generationRequests),
      contextTokens: sum(leads, (s) => s.contextTokens),
      generationTokens: sum(leads, (s) => s.generationTokens),
      busy: busyPerDevice(work),
      total: sum(work, length),
      span: sum(leads, (s) => s.end - s.start),
      idle: sum(leads, (s) => s.end - s.start - s.busy),
      operations: work.length,
      components: tally(
        work.filter((w) => w.kind !== 'graphTrace'),
        (w) => w.component,
      ),
    };
  }
}
