/** How a column's values read in a cell, in a tooltip, and in what is copied. */
import type { CopyFormat } from '../../src/protocol/page';
import { csvRow, markdownRow, markdownRule } from '../../src/profile/delimited';
import {
  formatBandwidth,
  formatBytesIn,
  formatCount,
  formatNumber,
  formatOperations,
  formatShare,
  formatTimeIn,
  pickByteUnit,
  pickTimeUnit,
  UNKNOWN,
  type ByteUnit,
  type TimeUnit,
} from '../../src/profile/format';

export type ColumnKind =
  | 'text'
  | 'time'
  /** A point in time, as exact as is needed to tell neighbours apart. */
  | 'instant'
  | 'bytes'
  | 'count'
  | 'number'
  | 'share'
  | 'bandwidth'
  /** Floating-point operations per second. */
  | 'operations';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What the figure means, shown over the heading. */
  readonly hint?: string;
  readonly kind: ColumnKind;
  /** Times in ns, bytes, shares 0 to 1; undefined where not known. */
  value(row: Row): string | number | undefined;
  /** Columns of one group are told in one unit, so that they compare at a glance. */
  readonly unitGroup?: string;
  /** In place of the formatted value. */
  display?(row: Row): unknown;
  /** In pixels. */
  readonly width: number;
  /** Takes what width is left. */
  readonly grow?: boolean;
  /** Hidden unless the person shows it. */
  readonly hidden?: boolean;
  readonly sortable?: boolean;
}

export type Unit = TimeUnit | ByteUnit | undefined;

/** One unit for a whole column and those of its group, chosen from the rows at hand. */
export function unitOf<Row>(
  column: Column<Row>,
  rows: Iterable<Row>,
  columns: readonly Column<Row>[] = [],
): Unit {
  if (column.kind === 'instant') return 's';
  if (column.kind !== 'time' && column.kind !== 'bytes') return undefined;
  const values: (number | undefined)[] = [];
  const group = column.unitGroup
    ? columns.filter((one) => one.unitGroup === column.unitGroup)
    : [column];
  for (const row of rows) {
    for (const one of group) values.push(one.value(row) as number | undefined);
  }
  return column.kind === 'time' ? pickTimeUnit(values) : pickByteUnit(values);
}

export function cellText<Row>(column: Column<Row>, row: Row, unit: Unit): string {
  const value = column.value(row);
  if (value === undefined) return UNKNOWN;
  if (typeof value === 'string') return value;
  switch (column.kind) {
    case 'time':
      return formatTimeIn(unit as TimeUnit, value);
    case 'instant':
      return (value / 1e9).toFixed(6);
    case 'bytes':
      return formatBytesIn(unit as ByteUnit, value);
    case 'count':
      return formatCount(value);
    case 'share':
      return formatShare(value);
    case 'bandwidth':
      return formatBandwidth(value);
    case 'operations':
      return formatOperations(value);
    default:
      return formatNumber(value);
  }
}

/** All digits, in the base unit. */
export function exactText<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row);
  if (value === undefined) return UNKNOWN;
  if (typeof value === 'string') return value;
  const digits = value.toLocaleString('en-US', { maximumFractionDigits: 6 });
  switch (column.kind) {
    case 'time':
    case 'instant':
      return `${digits} ns`;
    case 'bytes':
      return `${digits} B`;
    case 'share':
      return `${(value * 100).toLocaleString('en-US', { maximumFractionDigits: 6 })} %`;
    case 'bandwidth':
      return `${digits} B/s`;
    case 'operations':
      return `${digits} FLOP/s`;
    default:
      return digits;
  }
}

const BASE_UNIT: Partial<Record<ColumnKind, string>> = {
  time: ' (ns)',
  instant: ' (ns)',
  bytes: ' (B)',
  bandwidth: ' (B/s)',
  operations: ' (FLOP/s)',
};

/**
 * A heading and a line, tabs between. Spreadsheets run a text that starts like
 * a formula, and names come from the profile: those get an apostrophe.
 */
export function rowAsText<Row>(columns: readonly Column<Row>[], row: Row): string {
  const head = columns.map((column) => column.title + (BASE_UNIT[column.kind] ?? ''));
  const line = columns.map((column) => {
    const value = column.value(row);
    if (value === undefined) return '';
    if (typeof value === 'number') return String(value);
    const text = value.replace(/[\t\r\n]+/g, ' ');
    return /^[=+\-@]/.test(text) ? `'${text}` : text;
  });
  return `${head.join('\t')}\n${line.join('\t')}\n`;
}

/** A whole table that is all here, in base units and with all digits. */
export function tableAsText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  format: CopyFormat,
): string {
  const head = columns.map((column) => column.title + (BASE_UNIT[column.kind] ?? ''));
  const lines = rows.map((row) => columns.map((column) => column.value(row)));
  if (format === 'csv') return [head, ...lines].map((line) => `${csvRow(line)}\n`).join('');
  const rule = markdownRule(columns.map(({ kind }) => ({ right: kind !== 'text' })));
  return [markdownRow(head), rule, ...lines.map(markdownRow)].map((line) => `${line}\n`).join('');
}
