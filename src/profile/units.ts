/**
 * Units as types. They are plain numbers at run time; the names say what a
 * figure means at every signature it passes through.
 */

/** A length of time, or a point in time counted from the start of the session. */
export type Nanoseconds = number;
export type Bytes = number;
export type BytesPerSecond = number;
export type Hertz = number;
/** A part of a whole, 0 to 1. Shown as per cent, never stored as per cent. */
export type Share = number;

/** Whether something was still open when the capture stopped: its end is NaN. */
export const isOpen = (end: Nanoseconds): boolean => Number.isNaN(end);
