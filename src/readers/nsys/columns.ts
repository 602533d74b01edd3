import type { Column } from '../sqlite/row';

/** Who an event belongs to, from nsys's serialized global ids. */
export const processOf = (column: string): Column => ({ column, part: 'process' });
export const threadOf = (column: string): Column => ({ column, part: 'thread' });
