/**
 * What the runs of a side did in all: steps, tokens, time, copies. Means over
 * repeated runs. Runs of different length have different totals, which is why
 * verdicts are reached per step; these say how long each was.
 */
import { PHASES, type Phase } from '../../profile/scope';
import { divisor } from './kernels';
import {
  tokensOf,
  type CopySnapshot,
  type Per,
  type PhaseSnapshot,
  type Snapshot,
} from './snapshot';

export interface PhaseTotals {
  readonly steps: number;
  /** Context and generation tokens. */
  readonly tokens: number | null;
  readonly busyMs: number;
  readonly idleMs: number | null;
}

export interface PhaseSides {
  readonly phase: Phase;
  /** Null where no run of the side has the phase. */
  readonly baseline: PhaseTotals | null;
  readonly current: PhaseTotals | null;
}

/** Per step; per run where there are no steps. */
export interface CopyFigures {
  readonly count: number;
  /** Null where a run has none whose size was recorded. */
  readonly bytes: number | null;
  readonly ms: number;
}

export interface CopySides {
  readonly operation: string;
  readonly pageable: boolean;
  readonly baseline: CopyFigures | null;
  readonly current: CopyFigures | null;
}

/** The phases that some run has, in their order. */
export function phaseSides(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
): readonly PhaseSides[] {
  return PHASES.map((phase) => ({
    phase,
    baseline: phaseTotals(baseline, phase),
    current: phaseTotals(current, phase),
  })).filter((row) => row.baseline !== null || row.current !== null);
}

function phaseTotals(runs: readonly Snapshot[], phase: Phase): PhaseTotals | null {
  const rows = runs
    .map((run) => run.phases.find((row) => row.phase === phase))
    .filter((row) => row !== undefined && (row.steps > 0 || row.busyMs > 0));
  if (rows.length === 0) return null;
  const known = rows as readonly PhaseSnapshot[];
  return {
    steps: mean(known.map(({ steps }) => steps)),
    tokens: meanOfKnown(known.map(tokensOf)),
    busyMs: mean(known.map(({ busyMs }) => busyMs)),
    idleMs: meanOfKnown(known.map(({ idleMs }) => idleMs)),
  };
}

/** The operations that some run has, the one with most time first; null where no run tells of copies. */
export function copySides(
  baseline: readonly Snapshot[],
  current: readonly Snapshot[],
  per: Per,
): readonly CopySides[] | null {
  const runs = [...baseline, ...current];
  if (runs.every(({ copies }) => copies === null)) return null;
  const kinds = new Map<string, Pick<CopySnapshot, 'operation' | 'pageable'>>();
  for (const { operation, pageable } of runs.flatMap(({ copies }) => copies ?? [])) {
    kinds.set(JSON.stringify([operation, pageable]), { operation, pageable });
  }
  const largest = ({ baseline: a, current: b }: CopySides): number =>
    Math.max(a?.ms ?? 0, b?.ms ?? 0);
  return [...kinds.values()]
    .map((kind) => ({
      ...kind,
      baseline: copyFigures(baseline, kind, per),
      current: copyFigures(current, kind, per),
    }))
    .sort((a, b) => largest(b) - largest(a));
}

function copyFigures(
  runs: readonly Snapshot[],
  kind: Pick<CopySnapshot, 'operation' | 'pageable'>,
  per: Per,
): CopyFigures | null {
  // A run that traced copies and has none of this kind has zero of it.
  const traced = runs.filter(({ copies }) => copies !== null);
  if (traced.length === 0) return null;
  const sum = (of: (copy: CopySnapshot) => number): number =>
    mean(
      traced.map((run) => {
        const own = (run.copies ?? []).filter(
          ({ operation, pageable }) => operation === kind.operation && pageable === kind.pageable,
        );
        return own.reduce((total, copy) => total + of(copy), 0) / divisor(run, per);
      }),
    );
  return {
    count: sum(({ count }) => count),
    bytes: nullOf(sum(({ bytes }) => bytes ?? Number.NaN)),
    ms: sum(({ totalMs }) => totalMs),
  };
}

const nullOf = (value: number): number | null => (Number.isNaN(value) ? null : value);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? mean(known) : null;
}
