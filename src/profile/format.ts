/**
 * Figures as people read them: units, three significant digits, thousands
 * apart. The terminal, the report and the editor all write numbers with these.
 *
 * Three significant digits at least: the digits left of the point are never
 * rounded away (1,234 ms, 12.3 ms, 0.123 ms). What is not known is a dash, and
 * something too small to show is "<0.0001", so that neither looks like zero.
 * Bytes are decimal (1 MB = 10^6), as Nsight Systems and bandwidths have them.
 */
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from './units';

export type TimeUnit = 'ns' | 'µs' | 'ms' | 's';
export type ByteUnit = 'B' | 'kB' | 'MB' | 'GB' | 'TB';

/** Stands where a figure is not known. */
export const UNKNOWN = '–';

const TIME_UNITS: readonly (readonly [TimeUnit, number])[] = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
];
const BYTE_UNITS: readonly (readonly [ByteUnit, number])[] = [
  ['B', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
];

const MAX_DECIMALS = 4;

/** Puts commas between the thousands of a decimal number in digits. */
function groupThousands(digits: string): string {
  const point = digits.indexOf('.');
  const whole = point < 0 ? digits : digits.slice(0, point);
  const rest = point < 0 ? '' : digits.slice(point);
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + rest;
}

/** Three significant digits at least, and all digits left of the point. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.5 * 10 ** -MAX_DECIMALS) return value < 0 ? '>-0.0001' : '<0.0001';
  if (size >= 1e15) return value.toExponential(2);
  // Rounding may carry into a further digit (9.996 -> 10.0), so it comes first.
  const rounded = size >= 100 ? Math.round(size) : Number(size.toPrecision(3));
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, 2 - Math.floor(Math.log10(rounded))));
  return (value < 0 ? '-' : '') + groupThousands(rounded.toFixed(decimals));
}

/** A whole number with its thousands apart. */
export function formatCount(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN;
  return (value < 0 ? '-' : '') + groupThousands(String(Math.abs(Math.round(value))));
}

/** 0.312 as `31.2 %`. */
export function formatShare(share: Share | undefined): string {
  if (share === undefined || Number.isNaN(share)) return UNKNOWN;
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0) return '0 %';
  if (size < 0.005) return '<0.01 %';
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${percent.toFixed(decimals)} %`;
}

/** `7.44 % to 31.2 %`; the one share where there are no two. */
export const formatShareRange = (least: Share | undefined, most: Share | undefined): string =>
  most === undefined ? formatShare(least) : `${formatShare(least)} to ${formatShare(most)}`;

/**
 * A sentence whose figures stay on one line with their units: `12.3 ms`, `45 %`. For what a
 * browser shows; in a terminal, in JSON and in CSV a space stays a space.
 */
export const together = (text: string): string => text.replace(FIGURE_AND_UNIT, '\u00a0');

const FIGURE_AND_UNIT = /(?<=\d) (?=(?:%|×|[nµm]?s|[kMGT]?B(?:\/s)?)(?![\w%]))/g;

/** The smallest unit in which all values stay below ten thousand: one for a whole column. */
function pickUnit<U extends string>(
  units: readonly (readonly [U, number])[],
  values: Iterable<number | undefined>,
): U {
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value ?? 0);
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  for (const [unit, factor] of units) if (largest < 9_999.5 * factor) return unit;
  return units[units.length - 1][0];
}

/** The unit of one value alone: its largest with a figure before the point. */
function ownUnit<U extends string>(
  units: readonly (readonly [U, number])[],
  value: number,
): readonly [U, number] {
  const size = Math.abs(value);
  let chosen = units[0];
  // 999.6 µs rounds to 1,000 µs: from there on the next unit reads better.
  for (const entry of units) if (size >= 0.9995 * entry[1]) chosen = entry;
  return chosen;
}

function factorOf<U extends string>(units: readonly (readonly [U, number])[], unit: U): number {
  return units.find(([name]) => name === unit)![1];
}

export function pickTimeUnit(values: Iterable<Nanoseconds | undefined>): TimeUnit {
  return pickUnit(TIME_UNITS, values);
}

/** The number alone, in a unit that the column's heading carries. */
export function formatTimeIn(unit: TimeUnit, value: Nanoseconds | undefined): string {
  return formatNumber(value === undefined ? undefined : value / factorOf(TIME_UNITS, unit));
}

/** A time on its own, with its unit: `12.3 ms`. */
export function formatTime(value: Nanoseconds | undefined): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN;
  const [unit, factor] = ownUnit(TIME_UNITS, value);
  return `${formatNumber(value / factor)} ${unit}`;
}

/**
 * Writes moments between two others, all in one unit and in as many decimals as tell apart what
 * lies a `parts`-th of the way from each other: 60.1124 s, where a length of time is 60.1 s.
 */
export function momentFormat(
  start: Nanoseconds,
  end: Nanoseconds,
  parts = 500,
): (value: Nanoseconds) => string {
  const [unit, factor] = ownUnit(TIME_UNITS, Math.max(Math.abs(start), Math.abs(end)));
  const needed = Math.ceil(-Math.log10(Math.abs(end - start) / factor / parts));
  const decimals = Math.max(0, Math.min(Math.log10(factor), needed));
  return (value) => {
    const digits = groupThousands(Math.abs(value / factor).toFixed(decimals));
    return `${value < 0 ? '-' : ''}${digits} ${unit}`;
  };
}

export function pickByteUnit(values: Iterable<Bytes | undefined>): ByteUnit {
  return pickUnit(BYTE_UNITS, values);
}

export function formatBytesIn(unit: ByteUnit, value: Bytes | undefined): string {
  if (unit === 'B') return formatCount(value);
  return formatNumber(value === undefined ? undefined : value / factorOf(BYTE_UNITS, unit));
}

export function formatBytes(value: Bytes | undefined): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN;
  const [unit, factor] = ownUnit(BYTE_UNITS, value);
  return `${unit === 'B' ? formatCount(value) : formatNumber(value / factor)} ${unit}`;
}

/** Decimal gigabytes a second, the unit of every GPU's data sheet. */
export function formatBandwidth(value: BytesPerSecond | undefined): string {
  return value === undefined || Number.isNaN(value) ? UNKNOWN : `${formatNumber(value / 1e9)} GB/s`;
}

const OPERATION_UNITS: readonly (readonly [string, number])[] = [
  ['FLOP/s', 1],
  ['kFLOP/s', 1e3],
  ['MFLOP/s', 1e6],
  ['GFLOP/s', 1e9],
  ['TFLOP/s', 1e12],
  ['PFLOP/s', 1e15],
];

/** Floating-point operations per second. */
export function formatOperations(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN;
  const [unit, factor] = ownUnit(OPERATION_UNITS, value);
  return `${formatNumber(value / factor)} ${unit}`;
}

/** Shortens a long name in the middle, where kernel names say least. */
export function shortenMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}
