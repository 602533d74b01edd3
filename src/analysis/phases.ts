/**
 * Prefill, decode, mixed, and what no step explains.
 *
 * Time is the time of the work on the devices. Copies and fills are component
 * `memory`; a CUDA graph traced as a whole, whose kernels nobody recorded, is
 * `other`. Work of steps that follow each other can overlap, so that phases'
 * busy times can add up to more than the whole.
 */
import type { Nanoseconds, Share } from '../profile/units';
import { NONE } from '../profile/model';
import { PHASES, type Phase, type Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { COMPONENTS, type Component } from './components';
import { lengthOf, UnionLength } from './intervals';
import {
  ACTIVITY_KINDS,
  deviceOfStream,
  hasActivities,
  inScope,
  sweepActivities,
} from './selection';
import { percentile } from './statistics';
import { leadSteps, stepExtents } from './step-extents';
import { hiddenTime, unrecordedIn } from './unrecorded';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface ComponentTime {
  readonly component: Component;
  /** Kernels, copies, fills, and graphs traced as a whole. */
  readonly instances: number;
  /** Sum of durations. Concurrent streams count twice here, never in `busy`. */
  readonly total: Nanoseconds;
  /** Of the sum over all components of the same phase and scope. */
  readonly share: Share;
}

export interface PhaseRow {
  readonly phase: Phase;
  /** Steps of the lead rank of each engine, so that tensor-parallel ranks count once. 0 for unattributed. */
  readonly steps: number;
  /** Undefined where the name of one of the steps does not say, and where there are no steps. */
  readonly requests?: number;
  readonly contextTokens?: number;
  readonly generationTokens?: number;
  /** Union of the phase's activities on each device, summed over devices. */
  readonly busy: Nanoseconds;
  /** Of `PhaseBreakdown.busy`. */
  readonly share: Share;
  /** Sum of durations of all activities (kernels, copies, fills, graph traces). */
  readonly total: Nanoseconds;
  /** Sum over the lead ranks' steps of (last activity's end - first activity's start), on the lead rank's device. */
  readonly span: Nanoseconds;
  /**
   * Within those spans: no activity of the step running on that device; less what graphs that
   * left no trace may have run.
   */
  readonly idle: Nanoseconds;
  /** Scheduled tokens (context + generation) / span, in tokens per second. */
  readonly tokensPerSecond?: number;
  /** Of the steps' spans, interpolated between neighbours (see `statistics.percentile`). */
  readonly stepTime?: Percentiles;
  readonly components: readonly ComponentTime[];
  /** At most ten, by total; shares of the phase's kernel time. */
  readonly topKernels: readonly {
    name: string;
    component: Component;
    instances: number;
    total: Nanoseconds;
    share: Share;
  }[];
  /** Steps by number of requests scheduled together; `stepTime` is the median of their spans. */
  readonly batchSizes: readonly { requests: number; steps: number; stepTime: Nanoseconds }[];
}

export interface PhaseBreakdown {
  /** Why there is nothing to break down, or undefined where there is: looked at in the whole profile. */
  readonly missing?: 'no-ranges' | 'no-step-ranges' | 'no-activities';
  readonly stepFormat?: string;
  /** Threads that announce steps, and how many independent engines they are, in the whole profile. */
  readonly ranks: number;
  readonly engines: number;
  /** GPU busy time in scope: union per device, summed over devices. */
  readonly busy: Nanoseconds;
  /** Busy time explained by a step, of `busy`. */
  readonly coverage: Share;
  /** Graph launches in scope that left no trace: busy times and steps lack what they ran. */
  readonly unrecordedGraphs: number;
  /** All four phases, always, in the order of PHASES. */
  readonly phases: readonly PhaseRow[];
}

/** One step as a row for the step-time chart; times from first to last activity. */
export interface StepPoint {
  readonly step: number;
  readonly phase: Phase;
  readonly engine: number;
  readonly start: Nanoseconds;
  readonly span: Nanoseconds;
  readonly busy: Nanoseconds;
  readonly requests: number;
  readonly tokens: number;
  readonly name: string;
}

export function phaseBreakdown(analysis: Analysis, scope: Scope): PhaseBreakdown {
  return analysis.scoped('phaseBreakdown', scope, () => {
    const { steps } = analysis;
    const busy = busyTimes(analysis, scope);
    const sums = activitySums(analysis, scope);
    const lead = leadSteps(analysis, scope);
    return {
      missing: whatIsMissing(analysis),
      stepFormat: steps.format,
      ranks: new Set(steps.thread).size,
      engines: steps.leads.length,
      busy: busy.all,
      coverage: busy.all > 0 ? busy.attributed / busy.all : 0,
      unrecordedGraphs: unrecordedIn(analysis, scope).length,
      phases: PHASES.map((phase, p) => ({
        phase,
        ...stepFigures(
          analysis,
          lead.filter((step) => steps.phase[step] === p),
        ),
        busy: busy.phases[p],
        share: busy.all > 0 ? busy.phases[p] / busy.all : 0,
        total: sums.total.subarray(p * CLASSES, (p + 1) * CLASSES).reduce(add, 0),
        components: componentTimes(sums, [p]),
        topKernels: topKernels(analysis, sums, p),
      })),
    };
  });
}

/** Steps of the lead ranks in order of start; steps of which no work was recorded are left out. */
export function stepPoints(analysis: Analysis, scope: Scope): readonly StepPoint[] {
  return analysis.scoped('stepPoints', scope, () => {
    const { steps, profile } = analysis;
    const { first, last, busy } = stepExtents(analysis);
    return Array.from(leadSteps(analysis, scope))
      .filter((step) => !Number.isNaN(first[step]))
      .sort((a, b) => first[a] - first[b] || a - b)
      .map((step) => ({
        step,
        phase: PHASES[steps.phase[step]],
        engine: steps.engine[step],
        start: first[step],
        span: last[step] - first[step],
        busy: busy[step],
        requests: steps.contextRequests[step] + steps.generationRequests[step],
        tokens: steps.contextTokens[step] + steps.generationTokens[step],
        name: profile.strings.get(profile.ranges.name[steps.range[step]]),
      }));
  });
}

/** Components over everything in scope, in the order of COMPONENTS, `other` always there. */
export function componentBreakdown(analysis: Analysis, scope: Scope): readonly ComponentTime[] {
  return componentTimes(activitySums(analysis, scope), [...PHASES.keys()]);
}

const CLASSES = COMPONENTS.length;
const UNATTRIBUTED = PHASES.indexOf('unattributed');
const TOP_KERNELS = 10;

const add = (a: number, b: number): number => a + b;

function whatIsMissing(analysis: Analysis): PhaseBreakdown['missing'] {
  const { profile, steps } = analysis;
  if (!hasActivities(profile)) return 'no-activities';
  if (profile.ranges.length === 0) return 'no-ranges';
  return steps.length === 0 ? 'no-step-ranges' : undefined;
}

/** Unions per device, summed over devices: of everything, of what steps explain, of each phase. */
function busyTimes(analysis: Analysis, scope: Scope) {
  const { profile, steps, attribution } = analysis;
  const devices = profile.devices.length;
  const all = new UnionLength(devices);
  const attributed = new UnionLength(devices);
  const byPhase = PHASES.map(() => new UnionLength(devices));
  const deviceOf = deviceOfStream(analysis);
  const columns = ACTIVITY_KINDS.map((kind) => ({
    stepOf: attribution[kind],
    stream: profile[kind].stream,
  }));
  sweepActivities(analysis, scope, (kind, row, start, end) => {
    const { stepOf, stream } = columns[kind];
    const device = deviceOf[stream[row]];
    const step = stepOf[row];
    all.add(device, start, end);
    if (step !== NONE) attributed.add(device, start, end);
    byPhase[step === NONE ? UNATTRIBUTED : steps.phase[step]].add(device, start, end);
  });
  return {
    all: all.total,
    attributed: attributed.total,
    phases: byPhase.map((union) => union.total),
  };
}

/** Sums of durations and counts: by phase and component, and of kernels by phase and name. */
interface ActivitySums {
  readonly total: Float64Array;
  readonly instances: Float64Array;
  readonly kernels: readonly Map<number, KernelSum>[];
}

interface KernelSum {
  component: number;
  instances: number;
  total: Nanoseconds;
}

function activitySums(analysis: Analysis, scope: Scope): ActivitySums {
  return analysis.scoped('activitySums', scope, () => {
    const { profile, steps, attribution, classes } = analysis;
    const shapes = profile.shapes.length;
    const byShape = {
      total: new Float64Array(PHASES.length * shapes),
      instances: new Float64Array(PHASES.length * shapes),
    };
    const sums = {
      total: new Float64Array(PHASES.length * CLASSES),
      instances: new Float64Array(PHASES.length * CLASSES),
      kernels: PHASES.map(() => new Map<number, KernelSum>()),
    };
    for (const kind of ACTIVITY_KINDS) {
      const { start, end, length } = profile[kind];
      const stepOf = attribution[kind];
      const mask = inScope(analysis, kind, scope);
      const shape = kind === 'kernels' ? profile.kernels.shape : undefined;
      const { total, instances } = shape ? byShape : sums;
      const width = shape ? shapes : CLASSES;
      const component = COMPONENTS.indexOf(kind === 'graphTraces' ? 'other' : 'memory');
      for (let row = 0; row < length; row++) {
        if (mask && !mask[row]) continue;
        const step = stepOf[row];
        const phase = step === NONE ? UNATTRIBUTED : steps.phase[step];
        const place = phase * width + (shape ? shape[row] : component);
        total[place] += lengthOf(start[row], end[row]);
        instances[place]++;
      }
    }
    for (let phase = 0; phase < PHASES.length; phase++) {
      for (let shape = 0; shape < shapes; shape++) {
        const instances = byShape.instances[phase * shapes + shape];
        const total = byShape.total[phase * shapes + shape];
        if (instances === 0) continue;
        const component = classes.component[shape];
        sums.total[phase * CLASSES + component] += total;
        sums.instances[phase * CLASSES + component] += instances;
        const { name } = profile.shapes[shape];
        const known = sums.kernels[phase].get(name) ?? { component, instances: 0, total: 0 };
        known.instances += instances;
        known.total += total;
        sums.kernels[phase].set(name, known);
      }
    }
    return sums;
  });
}

function componentTimes(sums: ActivitySums, phases: readonly number[]): ComponentTime[] {
  const over = (column: Float64Array, component: number): number =>
    phases.reduce((sum, phase) => sum + column[phase * CLASSES + component], 0);
  const totals = COMPONENTS.map((_, component) => over(sums.total, component));
  const all = totals.reduce(add, 0);
  return COMPONENTS.map((component, c) => ({
    component,
    instances: over(sums.instances, c),
    total: totals[c],
    share: all > 0 ? totals[c] / all : 0,
  })).filter(({ component, instances }) => instances > 0 || component === 'other');
}

function topKernels(
  { profile }: Analysis,
  sums: ActivitySums,
  phase: number,
): PhaseRow['topKernels'] {
  const kernels = [...sums.kernels[phase]];
  const all = kernels.reduce((sum, [, { total }]) => sum + total, 0);
  return kernels
    .map(([name, { component, instances, total }]) => ({
      name: profile.strings.get(name),
      component: COMPONENTS[component],
      instances,
      total,
      share: all > 0 ? total / all : 0,
    }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
    .slice(0, TOP_KERNELS);
}

/** What the steps of one phase amount to. */
function stepFigures(analysis: Analysis, own: Uint32Array) {
  const { first, last } = stepExtents(analysis);
  const { contextRequests, contextTokens, generationRequests, generationTokens } = analysis.steps;
  // A step of which no work was recorded was a step, and took an unknown time.
  const timed = own.filter((step) => !Number.isNaN(first[step]));
  const spans = Float64Array.from(timed, (step) => last[step] - first[step]);
  const span = spans.reduce(add, 0);
  return {
    steps: own.length,
    requests: sumOver(own, contextRequests, generationRequests),
    contextTokens: sumOver(own, contextTokens),
    generationTokens: sumOver(own, generationTokens),
    span,
    idle: timed.reduce((sum, step) => sum + idleOf(analysis, step), 0),
    tokensPerSecond: rate(sumOver(timed, contextTokens, generationTokens), span),
    stepTime: percentilesOf(spans),
    batchSizes: batchSizes(analysis, timed),
  };
}

/** Of a step's span: nothing of it ran, nor can a graph of which nothing was recorded have run. */
function idleOf(analysis: Analysis, step: number): Nanoseconds {
  const { device, first, last, busy } = stepExtents(analysis);
  const hidden = hiddenTime(analysis);
  if (hidden.empty) return last[step] - first[step] - busy[step];
  const known = hidden
    .known(device[step], first[step], last[step])
    .reduce((sum, [from, to]) => sum + to - from, 0);
  return Math.max(0, known - busy[step]);
}

/** Sum of columns over steps; undefined where there are none, or one does not say. */
function sumOver(own: Uint32Array, ...columns: Float64Array[]): number | undefined {
  let sum = 0;
  for (const column of columns) for (const step of own) sum += column[step];
  return own.length === 0 || Number.isNaN(sum) ? undefined : sum;
}

function rate(tokens: number | undefined, span: Nanoseconds): number | undefined {
  return tokens === undefined || span === 0 ? undefined : tokens / (span / 1e9);
}

function percentilesOf(spans: Float64Array): Percentiles | undefined {
  if (spans.length === 0) return undefined;
  const sorted = spans.slice().sort();
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
  };
}

function batchSizes(analysis: Analysis, timed: Uint32Array): PhaseRow['batchSizes'] {
  const { contextRequests, generationRequests } = analysis.steps;
  const { first, last } = stepExtents(analysis);
  const spans = new Map<number, number[]>();
  for (const step of timed) {
    const requests = contextRequests[step] + generationRequests[step];
    if (Number.isNaN(requests)) continue;
    const known = spans.get(requests);
    if (known) known.push(last[step] - first[step]);
    else spans.set(requests, [last[step] - first[step]]);
  }
  return [...spans]
    .sort((a, b) => a[0] - b[0])
    .map(([requests, times]) => ({
      requests,
      steps: times.length,
      stepTime: percentile(Float64Array.from(times).sort(), 0.5),
    }));
}
