/** Columns over the launches of a report, computed with each other. Missing (NaN) stays missing. */
import { findMetric, type KernelReport } from '../../profile/kernel-report';

export type Column = Float64Array;

/** The first of the named metrics that the report has, as a column. */
export function metric(report: KernelReport, ...names: readonly string[]): Column | undefined {
  for (const name of names) {
    const found = findMetric(report, name);
    if (found !== undefined && found.values.some((value) => !Number.isNaN(value)))
      return found.values;
  }
  return undefined;
}

/** Row by row; undefined where one of the columns is not there at all. */
export function combine(
  columns: readonly (Column | undefined)[],
  f: (...values: number[]) => number,
): Column | undefined {
  if (columns.length === 0 || columns.some((column) => column === undefined)) return undefined;
  const given = columns as readonly Column[];
  return Float64Array.from(given[0], (_, i) => {
    const value = f(...given.map((column) => column[i]));
    return Number.isFinite(value) ? value : Number.NaN;
  });
}

/** Row by row the first value that is there. */
export function either(...columns: readonly (Column | undefined)[]): Column | undefined {
  const given = columns.filter((column): column is Column => column !== undefined);
  if (given.length <= 1) return given[0];
  return Float64Array.from(given[0], (_, i) => {
    for (const column of given) if (!Number.isNaN(column[i])) return column[i];
    return Number.NaN;
  });
}

export const sum = (...columns: readonly (Column | undefined)[]): Column | undefined =>
  combine(columns, (...values) => values.reduce((total, value) => total + value, 0));

export const scaled = (column: Column | undefined, factor: number): Column | undefined =>
  combine([column], (value) => value * factor);

/** Per cent as printed to a share of 0 to 1. */
export const share = (column: Column | undefined): Column | undefined => scaled(column, 0.01);

/**
 * The middle of the values that are there (mean of the two middle ones for an
 * even number); undefined where none is.
 */
export function median(column: Column | undefined, rows: readonly number[]): number | undefined {
  if (column === undefined) return undefined;
  const values = rows.map((row) => column[row]).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return undefined;
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
