import type { Texts } from '../texts';

/**
 * The current row of a scan, by the position of a column in the list that was asked for.
 * A number is one that is stored as such, or as text that is nothing else, which is how
 * databases come out of CSV files.
 */
export interface Row {
  /** As a double; what is NULL or no number is 0. */
  number(column: number): number;
  /** As a double, or NaN where the value is NULL or not a number. */
  checked(column: number): number;
  text(column: number): string;
  /** As {@link text}, by its id in a string table. */
  textId(column: number, texts: Texts): number;
  isNull(column: number): boolean;
}

/**
 * A part of a 64-bit id, which may not fit a double whole. nsys's serialized
 * global ids hold hardware (8 bits), VM (8), process (24) and thread (24) ids:
 * `process` is all but the thread, `thread` the thread alone; `high` is the
 * upper half of any number.
 */
export type Part = 'process' | 'thread' | 'high';

/** A column to scan, a part of it, or how far it is from a number. One the table does not have reads as NULL. */
export type Column =
  | string
  | { readonly column: string; readonly part: Part }
  | { readonly column: string; readonly since: bigint };

/** SQL for the parts, `?` standing for the column. */
export const PART_SQL: Readonly<Record<Part, string>> = {
  process: '(? >> 24)',
  thread: '(? & 16777215)',
  high: '(? >> 32)',
};

const NUMBER = /^[-+]?\d{1,19}(\.\d+)?$/;

/** The number that a text is, else NaN. */
export const numberOfText = (text: string): number => (NUMBER.test(text) ? Number(text) : NaN);
