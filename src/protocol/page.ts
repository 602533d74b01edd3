/** A window on a sorted, filtered table, and a whole table as text: what questions to any profile share. */
import type { Nanoseconds, Share } from '../profile/units';

export interface Sort<Column extends string = string> {
  readonly column: Column;
  readonly descending: boolean;
}

export const MAX_PAGE = 1000;

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly offset: number;
  /** Rows that pass the filter. */
  readonly matched: number;
  /** Rows before filtering. */
  readonly total: number;
  /** Where the filter could not be understood: what and at which character. All rows are returned then. */
  readonly filterError?: { readonly message: string; readonly at: number };
  /** Over all matched rows, for the table's foot. */
  readonly matchedTime?: Nanoseconds;
  readonly matchedShare?: Share;
}

export type CopyFormat = 'csv' | 'markdown';

export interface TableText {
  readonly text: string;
  readonly rows: number;
  /** True where the table is longer. */
  readonly cut: boolean;
}
