/** When each GPU was busy, when it was not, and what the CPU did meanwhile. */
import type { DeviceIndex } from '../profile/model';
import type { Nanoseconds, Share } from '../profile/units';
import type { Phase, Scope } from '../profile/scope';
import type { Analysis } from './analysis';

export interface DeviceUtilisation {
  readonly device: DeviceIndex;
  readonly name: string;
  /** First activity's start to last activity's end on this device in scope; or the scope's window. */
  readonly span: Nanoseconds;
  /** Union of kernels, copies, fills and graph traces. */
  readonly busy: Nanoseconds;
  readonly idle: Nanoseconds;
  readonly share: Share;
  readonly kernelBusy: Nanoseconds;
  readonly copyBusy: Nanoseconds;
  /** Time in which two or more streams were busy at once. */
  readonly overlap: Nanoseconds;
  readonly gaps: number;
}

export interface Gap {
  readonly device: DeviceIndex;
  readonly start: Nanoseconds;
  readonly duration: Nanoseconds;
  /** Name of the activity before and after, empty at the ends. */
  readonly before: string;
  readonly after: string;
  /** What the thread that launched the next activity was in for most of the gap: an API call, a range, or nothing recorded. */
  readonly cpu: { readonly kind: 'api' | 'range' | 'unknown'; readonly name: string; readonly share: Share };
  readonly betweenSteps: boolean;
}

export interface UtilisationResult {
  readonly devices: readonly DeviceUtilisation[];
  /** The longest, at most 100, longest first. */
  readonly gaps: readonly Gap[];
}

/** Busy share over time in equal bins, by phase; `phases[p].share[i]` for bin i. */
export interface UtilisationSeries {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly bins: number;
  readonly devices: number;
  readonly phases: readonly { readonly phase: Phase; readonly share: Float32Array }[];
}

export declare function utilisation(analysis: Analysis, scope: Scope): UtilisationResult;

/** @param bins 1 to 4096; the whole run, or the scope's window, averaged over devices in scope. */
export declare function utilisationSeries(
  analysis: Analysis,
  scope: Scope,
  bins: number,
): UtilisationSeries;
