/** When the work of each step ran, and which steps a scope holds. */
import { NONE } from '../profile/model';
import { PHASES, type Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { UnionLength } from './intervals';
import { ACTIVITY_KINDS, deviceOfStream, sweepActivities } from './selection';

/**
 * Columns by step. A step's work is looked at on its rank's device: the one on
 * which its thread keeps most work (a thread that drives several GPUs has its
 * steps timed on that one).
 */
export interface StepExtents {
  /** NONE where the rank launched nothing that was recorded. */
  readonly device: Int32Array;
  /** Start of the first activity; NaN where the step has none. */
  readonly first: Float64Array;
  /** Start of the activity that starts last. */
  readonly lastStart: Float64Array;
  /** Latest end of an activity. */
  readonly last: Float64Array;
  /** Union of the activities. */
  readonly busy: Float64Array;
}

export function stepExtents(analysis: Analysis): StepExtents {
  return analysis.once('stepExtents', () => {
    const { steps, profile } = analysis;
    const device = devicesOfSteps(analysis);
    const first = new Float64Array(steps.length).fill(NaN);
    const lastStart = new Float64Array(steps.length).fill(NaN);
    const union = new UnionLength(steps.length);
    const attribution = ACTIVITY_KINDS.map((kind) => analysis.attribution[kind]);
    const streams = ACTIVITY_KINDS.map((kind) => profile[kind].stream);
    const deviceOf = deviceOfStream(analysis);
    sweepActivities(analysis, {}, (kind, row, start, end) => {
      const step = attribution[kind][row];
      if (step === NONE || deviceOf[streams[kind][row]] !== device[step]) return;
      if (Number.isNaN(first[step])) first[step] = start;
      lastStart[step] = start;
      union.add(step, start, end);
    });
    return { device, first, lastStart, last: union.end, busy: union.length };
  });
}

function devicesOfSteps(analysis: Analysis): Int32Array {
  const { steps, profile } = analysis;
  const deviceOf = deviceOfStream(analysis);
  const devices = profile.devices.length;
  /** Activities by thread and device; sparse, for few threads are ranks. */
  const counts = new Map<number, number>();
  for (const kind of ACTIVITY_KINDS) {
    const { stream, length } = profile[kind];
    const stepOf = analysis.attribution[kind];
    for (let row = 0; row < length; row++) {
      if (stepOf[row] === NONE) continue;
      const key = steps.thread[stepOf[row]] * devices + deviceOf[stream[row]];
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const most = new Map<number, { device: number; count: number }>();
  for (const [key, count] of [...counts].sort((a, b) => a[0] - b[0])) {
    const thread = Math.floor(key / devices);
    if (count > (most.get(thread)?.count ?? 0)) most.set(thread, { device: key % devices, count });
  }
  return Int32Array.from(steps.thread, (thread) => most.get(thread)?.device ?? NONE);
}

/**
 * Steps whose figures count in a scope, one rank for each engine: that with the
 * most steps in scope, of several the first. A window holds a step when all of
 * its work starts inside, so that no figure is of half a step.
 *
 * @returns rows of the step table, in its order
 */
export function leadSteps(analysis: Analysis, scope: Scope): Uint32Array {
  return analysis.scoped('leadSteps', scope, () => {
    const { steps } = analysis;
    const inScope = stepsInScope(analysis, scope);
    const counts = new Map<number, number>();
    for (const step of inScope) {
      counts.set(steps.thread[step], (counts.get(steps.thread[step]) ?? 0) + 1);
    }
    const leads = new Map<number, number>();
    for (const step of inScope) {
      const engine = steps.engine[step];
      const lead = leads.get(engine);
      if (lead === undefined || counts.get(steps.thread[step])! > counts.get(lead)!) {
        leads.set(engine, steps.thread[step]);
      }
    }
    return inScope.filter((step) => leads.get(steps.engine[step]) === steps.thread[step]);
  });
}

function stepsInScope(analysis: Analysis, scope: Scope): Uint32Array {
  const { steps } = analysis;
  const { device, first, lastStart } = stepExtents(analysis);
  const phase = scope.phase && PHASES.indexOf(scope.phase);
  const devices = scope.devices && new Set(scope.devices);
  const [from, to] = scope.window ?? [];
  return Uint32Array.from(steps.range.keys()).filter(
    (step) =>
      (phase === undefined || steps.phase[step] === phase) &&
      (devices === undefined || devices.has(device[step])) &&
      (from === undefined || (first[step] >= from && lastStart[step] < to!)),
  );
}
