import { identifier, type Database } from '../sqlite/database';

/** A column by name, or what to read where the table has none of that name. */
export type ColumnSpec =
  | string
  | {
      readonly column: string;
      /** Applied to the column, `?` standing for it. */
      readonly as?: string;
      /** SQL constant for a table without the column; NULL unless given. */
      readonly otherwise?: string;
    };

/**
 * A SELECT of these columns in this order. nsys creates columns only when there
 * is data for them and renames them between versions, so none is assumed.
 */
export function select(db: Database, table: string, columns: readonly ColumnSpec[]): string {
  const present = db.columns(table);
  const list = columns.map((spec) => {
    const { column, as, otherwise } = typeof spec === 'string' ? { column: spec } : spec;
    if (!present.has(column)) return otherwise ?? 'NULL';
    return as ? as.replaceAll('?', identifier(column)) : identifier(column);
  });
  return `SELECT ${list.join(', ')} FROM ${identifier(table)}`;
}

/**
 * A serialized global id holds hardware (8 bits), VM (8), process (24) and
 * thread (24) ids and may not fit a double whole; SQLite takes it apart.
 */
export const processKey = (column: string): ColumnSpec => ({ column, as: '(? >> 24)' });
export const threadId = (column: string): ColumnSpec => ({ column, as: '(? & 16777215)' });
