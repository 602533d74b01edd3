/** What a report is: columns and rows as `nsys stats` has them. */
import type { Analysis } from '../analysis';
import type { Summary } from '../statistics';
import type { GroupSummary } from './groups';

export type StatsValue = string | number | null;

export interface StatsColumn {
  /** As nsys prints it, with the unit: `Total Time (ns)`. */
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'float';
  /** Decimals that nsys prints of a float. */
  readonly decimals?: number;
}

export interface StatsTable {
  /** Name of the report: `cuda_gpu_kern_sum`. */
  readonly report: string;
  readonly title: string;
  readonly columns: readonly StatsColumn[];
  /** One value a column; null where nsys prints nothing. */
  readonly rows: readonly (readonly StatsValue[])[];
  /**
   * `missing`: the profile lacks the data the report is about, or has more of
   * it than can be listed. `empty`: it has such data, but nothing that the
   * report counts.
   */
  readonly status: 'ok' | 'empty' | 'missing';
  /** Why there are no rows, as a sentence that says which data is missing; undefined where there are. */
  readonly message?: string;
}

export interface StatsReport {
  readonly name: string;
  readonly title: string;
  run(analysis: Analysis): StatsTable;
}

/** What a report computes: rows, or a sentence why there are none. */
export type StatsRows = readonly (readonly StatsValue[])[] | string;

export function report(
  name: string,
  title: string,
  columns: readonly StatsColumn[],
  compute: (analysis: Analysis) => StatsRows,
): StatsReport {
  return {
    name,
    title,
    run(analysis) {
      const result = compute(analysis);
      const table = { report: name, title, columns };
      if (typeof result === 'string') {
        return { ...table, rows: [], status: 'missing', message: result };
      }
      if (result.length > 0) return { ...table, rows: result, status: 'ok' };
      return {
        ...table,
        rows: [],
        status: 'empty',
        message: 'The profile has nothing that this report counts.',
      };
    },
  };
}

export const text = (name: string): StatsColumn => ({ name, kind: 'text' });
export const integer = (name: string): StatsColumn => ({ name, kind: 'integer' });
export const float = (name: string, decimals = 1): StatsColumn => ({
  name,
  kind: 'float',
  decimals,
});

/** The columns most reports begin with; `count` is what they call the number of events. */
export const timeColumns = (count: string): readonly StatsColumn[] => [
  float('Time (%)'),
  integer('Total Time (ns)'),
  integer(count),
  ...spread(''),
];

/** Average, median, minimum, maximum and deviation of a time, under names with a prefix. */
export const spread = (prefix: string): readonly StatsColumn[] => [
  float(`${prefix}Avg (ns)`),
  float(`${prefix}Med (ns)`),
  integer(`${prefix}Min (ns)`),
  integer(`${prefix}Max (ns)`),
  float(`${prefix}StdDev (ns)`),
];

/** The values of {@link spread}. Without any values nsys has no average, but a deviation of 0. */
export const spreadOf = (summary: Summary | undefined): readonly StatsValue[] =>
  summary === undefined
    ? [null, null, null, null, 0]
    : [
        round1(summary.average),
        round1(summary.median),
        summary.min,
        summary.max,
        round1(summary.stddev),
      ];

/** The per cent column: null where the whole is 0, as SQL divides. */
export const percentOf = (part: number, whole: number): number | null =>
  whole === 0 ? null : round1((part * 100) / whole);

/**
 * `round(x, 1)` as SQLite 3.42 does it, which nsys 2023.4 carries: half away
 * from zero, after adding 3e-16 of the value, so that a double a hair below
 * a decimal half (0.15, 1.05) counts as the half. From 2^42 on it adds nothing.
 */
export function round1(value: number): number {
  const size = Math.abs(value);
  if (!(size <= 4503599627370496)) return value;
  const whole = Math.floor(size);
  const fudge = size < 2 ** 42 ? size * 3e-16 : 0;
  const tenths = Math.floor((size - whole + 0.05 + fudge) * 10);
  return Math.sign(value) * Number(`${whole + (tenths >= 10 ? 1 : 0)}.${tenths % 10}`);
}

/**
 * Rows of a summary by time: share, total, count, spread, then the group's
 * labels; by total descending, ties as `compare` has the groups.
 */
export function timeRows(
  summaries: readonly (GroupSummary | undefined)[],
  compare: (a: number, b: number) => number,
  labels: (group: number) => readonly StatsValue[],
): StatsRows {
  const whole = summaries.reduce((sum, summary) => sum + (summary?.total ?? 0), 0);
  return [...summaries.keys()]
    .filter((group) => summaries[group] !== undefined)
    .sort((a, b) => summaries[b]!.total - summaries[a]!.total || compare(a, b))
    .map((group) => {
      const summary = summaries[group]!;
      return [
        percentOf(summary.total, whole),
        summary.total,
        summary.count,
        ...spreadOf(summary),
        ...labels(group),
      ];
    });
}
