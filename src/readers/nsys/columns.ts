import type { Column } from '../sqlite/row';

/** Who an event belongs to, from nsys's serialized global ids. */
export const processOf = (column: string): Column => ({ column, part: 'process' });
export const threadOf = (column: string): Column => ({ column, part: 'thread' });

/** A CUPTI id: 32 bits, 0 unknown. What does not fit is unknown, not what it would wrap around to. */
export const cuptiId = (value: number): number =>
  Number.isInteger(value) && value > 0 && value <= 0xffffffff ? value : 0;
