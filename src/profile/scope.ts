import type { DeviceIndex } from './model';
import type { Nanoseconds } from './units';

export type Phase = 'prefill' | 'decode' | 'mixed' | 'unattributed';
export const PHASES: readonly Phase[] = ['prefill', 'decode', 'mixed', 'unattributed'];

/**
 * Which part of a profile a figure is for. Left out means all of it.
 * An activity belongs to a window when it starts inside: `start <= t < end`.
 */
export interface Scope {
  readonly devices?: readonly DeviceIndex[];
  readonly window?: readonly [start: Nanoseconds, end: Nanoseconds];
  readonly phase?: Phase;
}
