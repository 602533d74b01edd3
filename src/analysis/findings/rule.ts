/** What a finding says, and what a rule is. */
import type { Share } from '../../profile/units';
import type { Evidence } from './evidence';

export type ViewName = 'overview' | 'phases' | 'kernels' | 'ranges' | 'graphs' | 'memory';

export interface Finding {
  /** Of the rule; stable, for lists of what to ignore. */
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'problem';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  /** The figure and the threshold it crossed, with units, as shown. */
  readonly measured: string;
  readonly threshold: string;
  readonly view: ViewName;
  /** A filter for that view, where one leads to the cause. */
  readonly filter?: string;
  /** Share of GPU or wall time that this could free, for ordering; 0 where not known. */
  readonly weight: Share;
}

/**
 * An object of its own, with the threshold it holds a figure against; none of
 * them computes a figure that another view shows. Where the evidence is thin it
 * stays silent: a wrong finding costs more trust than a missing one.
 */
export interface FindingRule {
  readonly id: string;
  evaluate(evidence: Evidence): Finding | undefined;
}
