/** Whether two runs may be held against each other, and if not, what is different. */
import { shortenMiddle } from '../../profile/format';
import type { ProfileFormat } from '../../profile/model';
import { PHASES, type Phase } from '../../profile/scope';
import { matchLaunches } from './match';
import { perOf, stepsOf, type PhaseSnapshot, type Snapshot, type SnapshotSource } from './snapshot';

/**
 * - `gpu`, `model`, `flags`: another machine, model, or command.
 * - `tokens`: the steps had other work to do.
 * - `capture`: the trace shows the kernels of CUDA graphs in one run only.
 * - `profiler`: another profiler measured. That makes them not comparable, and is no mere
 *   note: what a profiler adds to each kernel, launch and operator may exceed any
 *   threshold, so that a change could be the profiler's alone. Who knows better allows it.
 * - `length`: no steps to divide by, and one run is longer.
 * - `kernels`: kernel reports that have no kernel in common.
 * - `clock`: Nsight Compute measured at another clock of the SMs.
 * - `geometry`: kernels were launched with another grid or block, and may have had other work.
 * - `sections`: figures that one kernel report has were not collected for the other.
 * - `measure`: one side's times are ranges on the CPU, the other's work on the GPU, steps of a
 *   session, a client's, or launches under Nsight Compute.
 */
export const DIFFERENCES = [
  'gpu',
  'model',
  'flags',
  'tokens',
  'capture',
  'profiler',
  'length',
  'kernels',
  'clock',
  'geometry',
  'sections',
  'measure',
] as const;
export type DifferenceKind = (typeof DIFFERENCES)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** One sentence, with both sides. */
  readonly text: string;
  /** The phases it is about; undefined where it is about the whole run. */
  readonly phases?: readonly Phase[];
  /** It is about what the client measured, alone. */
  readonly client?: true;
  /** The kernels it is about, alone, as the current runs name them. */
  readonly kernels?: readonly string[];
  /** The person said that it does not matter. */
  readonly allowed: boolean;
}

/** Mean tokens in a step may differ by this much, of the larger. */
export const TOKEN_TOLERANCE = 0.1;
/** The share of steps that are of another phase. */
export const MIX_TOLERANCE = 0.1;
/** Without steps: kernel launches may differ by this much. */
const LENGTH_TOLERANCE = 0.02;

/** ncu holds the SMs at their base clock within this, unless it is told not to. */
export const CLOCK_TOLERANCE = 0.03;

const SOURCES: Readonly<Record<SnapshotSource, string>> = {
  gpu: 'work on the GPU',
  ranges: 'ranges on the CPU',
  session: 'steps that the runtime layer timed',
  client: 'what a client measured',
  kernels: 'launches under Nsight Compute',
};

const PROFILERS: Readonly<Record<ProfileFormat, string>> = {
  nsys: 'Nsight Systems',
  torch: 'PyTorch’s profiler',
};

export function differences(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  allowed: ReadonlySet<DifferenceKind>,
): readonly Difference[] {
  const found: Difference[] = [];
  const add: Add = (kind, text, about) => {
    found.push({ kind, text, ...about, allowed: allowed.has(kind) });
  };
  const differ = (
    value: (snapshot: Snapshot) => string | null,
  ): readonly [from: string, to: string] | undefined => {
    const from = distinct(baseline, value);
    const to = distinct(current, value);
    if (from === '' || to === '' || from === to) return undefined;
    return [from, to];
  };

  const measures = differ(({ source }) => SOURCES[source]);
  if (measures) add('measure', `The times are ${measures[0]} in the baseline, ${measures[1]} now.`);
  const gpus = differ(({ identity }) => gpuText(identity.gpus));
  if (gpus) add('gpu', `Another GPU: ${gpus[0]} in the baseline, ${gpus[1]} now.`);
  const models = differ(({ identity }) => identity.model);
  if (models) add('model', `Another model: ${models[0]} in the baseline, ${models[1]} now.`);
  const flags = flagText(baseline, current);
  if (flags) add('flags', `Other flags: ${flags}.`);
  const modes = differ(({ identity }) => captureText(identity.captureMode));
  if (modes)
    add('capture', `CUDA graphs were traced ${modes[0]} in the baseline, ${modes[1]} now.`);
  const profilers = differ(({ identity: { profiler } }) => profiler && PROFILERS[profiler]);
  if (profilers)
    add(
      'profiler',
      `Measured by another profiler: ${profilers[0]} in the baseline, ${profilers[1]} now. Times per kernel carry different overheads.`,
    );

  switch (perOf([...baseline, ...current])) {
    case 'step':
      tokens(baseline, current, add);
      break;
    case 'run':
      lengths(baseline, current, add);
      break;
    case 'launch':
      reports(baseline, current, add);
  }
  requests(baseline, current, add);
  return found;
}

function distinct(runs: readonly Snapshot[], value: (run: Snapshot) => string | null): string {
  const values = new Set(runs.map(value).filter((text) => text !== null && text !== ''));
  return [...values].sort().join(' and ');
}

function gpuText(gpus: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of gpus) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => (count > 1 ? `${count} × ${name}` : name))
    .sort()
    .join(', ');
}

/** Running without graphs is a difference of the run, to be measured; not seeing into them is one of the trace. */
function captureText(mode: string | null): string | null {
  switch (mode) {
    case 'graph':
      return 'as a whole';
    case 'mixed':
      return 'partly as a whole';
    case 'part':
      return 'kernel by kernel, but not all';
    case 'hidden':
      return 'not at all';
    case 'node':
      return 'kernel by kernel';
    default:
      return null;
  }
}

function flagText(baseline: readonly Snapshot[], current: readonly Snapshot[]): string | undefined {
  const sets = [baseline, current].map((runs) =>
    runs.map(({ identity }) => identity.flags).filter((flags) => flags !== null),
  );
  if (sets.some((runs) => runs.length === 0)) return undefined;
  const [before, after] = sets.map((runs) => new Set(runs.flat()));
  const gone = [...before].filter((flag) => !after.has(flag));
  const added = [...after].filter((flag) => !before.has(flag));
  const parts = [
    gone.length > 0 ? `${gone.join(' ')} in the baseline only` : '',
    added.length > 0 ? `${added.join(' ')} now only` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : undefined;
}

type Add = (
  kind: DifferenceKind,
  text: string,
  about?: Pick<Difference, 'phases' | 'client' | 'kernels'>,
) => void;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const rowOf = (run: Snapshot, phase: Phase): PhaseSnapshot | undefined =>
  run.phases.find((row) => row.phase === phase);

function tokens(baseline: readonly Snapshot[], current: readonly Snapshot[], add: Add): void {
  for (const phase of PHASES) {
    for (const [field, name] of [
      ['contextTokens', 'prompt tokens'],
      ['generationTokens', 'requests'],
    ] as const) {
      const perStep = (runs: readonly Snapshot[]): number | undefined => {
        const values = runs.flatMap((run) => {
          const row = rowOf(run, phase);
          return row && row.steps > 0 && row[field] !== null ? [row[field] / row.steps] : [];
        });
        return values.length > 0 ? mean(values) : undefined;
      };
      const from = perStep(baseline);
      const to = perStep(current);
      if (from === undefined || to === undefined) continue;
      if (Math.abs(to - from) <= TOKEN_TOLERANCE * Math.max(from, to)) continue;
      const what = phase === 'decode' ? name : `${name} in a ${phase} step`;
      const where = phase === 'decode' ? `${what} decoded in a step` : what;
      add('tokens', `Another load: ${round(from)} ${where} in the baseline, ${round(to)} now.`, {
        phases: [phase],
      });
    }
  }
  const shares = (runs: readonly Snapshot[]): number[] =>
    PHASES.map((phase) =>
      mean(runs.map((run) => (rowOf(run, phase)?.steps ?? 0) / (stepsOf(run) ?? 1))),
    );
  const from = shares(baseline);
  const to = shares(current);
  const moved = PHASES.reduce((sum, _, p) => sum + Math.abs(to[p] - from[p]), 0) / 2;
  if (moved > MIX_TOLERANCE) {
    const text = (values: readonly number[]): string =>
      PHASES.map((phase, p) => [phase, values[p]] as const)
        .filter(([, value]) => value > 0)
        .map(([phase, value]) => `${phase} ${Math.round(value * 100)} %`)
        .join(', ');
    add('tokens', `Another mix of steps: ${text(from)} in the baseline, ${text(to)} now.`);
  }
}

function lengths(baseline: readonly Snapshot[], current: readonly Snapshot[], add: Add): void {
  const runs = [...baseline, ...current];
  if (runs.some((run) => stepsOf(run) !== undefined)) {
    add(
      'length',
      'Engine steps are known in some of the runs only, so that nothing can be said per step.',
    );
    return;
  }
  // What one side alone can tell, or neither, needs no second reason.
  const [{ source }] = runs;
  if (runs.some((run) => run.source !== source) || source !== 'gpu') return;
  const launches = (runs: readonly Snapshot[]): number =>
    mean(runs.map(({ kernelLaunches }) => kernelLaunches ?? NaN));
  const from = launches(baseline);
  const to = launches(current);
  if (Math.abs(to - from) <= LENGTH_TOLERANCE * Math.max(from, to)) return;
  add(
    'length',
    `There are no engine steps to divide by, and the runs differ in length: ${round(from)} kernel launches in the baseline, ${round(to)} now.`,
  );
}

/** What the client asked for: longer prompts take longer. */
function requests(baseline: readonly Snapshot[], current: readonly Snapshot[], add: Add): void {
  for (const [field, name] of [
    ['promptTokens', 'prompt tokens a request'],
    ['outputTokens', 'output tokens a request'],
    ['concurrency', 'requests at a time'],
  ] as const) {
    const asked = (runs: readonly Snapshot[]): number | undefined => {
      const values = runs.flatMap(({ client }) => client?.[field] ?? []);
      return values.length > 0 ? mean(values) : undefined;
    };
    const from = asked(baseline);
    const to = asked(current);
    if (from === undefined || to === undefined) continue;
    if (Math.abs(to - from) <= TOKEN_TOLERANCE * Math.max(from, to)) continue;
    add(
      'tokens',
      `Another load of the client: ${round(from)} ${name} in the baseline, ${round(to)} now.`,
      { client: true },
    );
  }
}

const NAME_WIDTH = 80;

const PERCENTAGES = [
  ['memoryPercent', 'memory throughput'],
  ['computePercent', 'throughput of the SMs'],
  ['occupancyPercent', 'achieved occupancy'],
] as const;

function reports(baseline: readonly Snapshot[], current: readonly Snapshot[], add: Add): void {
  const facts = (runs: readonly Snapshot[]) =>
    runs.flatMap(({ identity: { kernelReport } }) => kernelReport ?? []);
  const capability = (runs: readonly Snapshot[]): string =>
    [...new Set(facts(runs).flatMap((report) => report.computeCapabilities))].sort().join(', ');
  const [older, newer] = [capability(baseline), capability(current)];
  if (older !== '' && newer !== '' && older !== newer) {
    add('gpu', `Another GPU: compute capability ${older} in the baseline, ${newer} now.`);
  }
  const clock = (runs: readonly Snapshot[]): number | undefined => {
    const known = facts(runs).flatMap(({ smClockHz }) => smClockHz ?? []);
    return known.length > 0 ? mean(known) : undefined;
  };
  const [from, to] = [clock(baseline), clock(current)];
  if (from !== undefined && to !== undefined && Math.abs(to - from) > CLOCK_TOLERANCE * from) {
    add(
      'clock',
      `Another clock of the SMs: ${megahertz(from)} in the baseline, ${megahertz(to)} now. Leave ncu its --clock-control base.`,
    );
  }
  const pairs = launchPairs(baseline, current);
  if (pairs.length === 0) add('kernels', 'No kernel is in both reports.');
  const other = pairs.filter(({ kind, before, after }) => {
    // A kernel that was written anew is launched as it likes.
    if (kind !== 'same') return false;
    const [a, b] = [before, after].map((kernels) => kernels.flatMap((own) => own.geometries));
    return a.length > 0 && b.length > 0 && setText(a) !== setText(b);
  });
  if (other.length > 0) {
    const [{ name, before, after }] = other;
    const [a, b] = [before, after].map((of) => setText(of.flatMap((own) => own.geometries)));
    const others = other.length - 1;
    const more = others === 0 ? '' : ` So ${others === 1 ? 'is 1 more' : `are ${others} more`}.`;
    add(
      'geometry',
      `Another grid or block: ${shortenMiddle(name, NAME_WIDTH)} is ${shortenMiddle(a, NAME_WIDTH)} in the baseline, ${shortenMiddle(b, NAME_WIDTH)} now.${more}`,
      { kernels: other.map((pair) => pair.name) },
    );
  }
  for (const [field, name] of PERCENTAGES) {
    const has = (side: 'before' | 'after'): boolean =>
      pairs.some((pair) => pair[side].some((own) => own[field] !== null));
    if (has('before') === has('after')) continue;
    add(
      'sections',
      `Other sections: ${name} is in the ${has('before') ? 'baseline' : 'current report'} only.`,
      {
        kernels: [],
      },
    );
  }
}

/** The kernels of both sides, under their current name. */
function launchPairs(baseline: readonly Snapshot[], current: readonly Snapshot[]) {
  const entries = (runs: readonly Snapshot[]) =>
    runs.flatMap(({ kernels }) =>
      kernels.flatMap(({ name, cut, count, launch }) =>
        launch ? [{ name, cut, calls: count, launch }] : [],
      ),
    );
  return matchLaunches(entries(baseline), entries(current))
    .filter(({ kind }) => kind === 'same' || kind === 'renamed')
    .map((match) => ({
      kind: match.kind,
      name: match.current[0].name,
      before: match.baseline.map(({ launch }) => launch),
      after: match.current.map(({ launch }) => launch),
    }));
}

const setText = (texts: readonly string[]): string => [...new Set(texts)].sort().join(', ');
const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;

const round = (value: number): string =>
  Number.isNaN(value) ? 'an unknown number of' : String(Number(value.toPrecision(3)));
