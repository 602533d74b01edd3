/**
 * What stands out, in words. A rule has the measured figure, the threshold it
 * is held against, why it matters, what to try, and the view that shows it.
 * A finding on thin evidence says so or stays silent.
 */
import type { Scope } from '../profile/scope';
import type { Analysis } from './analysis';
import { Evidence } from './evidence';
import { RULES } from './finding-rules';

export { captureGaps, type Gap } from './capture-gaps';

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
  readonly weight: number;
}

const SEVERITIES: readonly Finding['severity'][] = ['problem', 'warning', 'info'];

/** Most severe first, then by what it could free. */
export function findings(analysis: Analysis, scope: Scope): readonly Finding[] {
  return analysis.scoped('findings', scope, () => {
    const evidence = new Evidence(analysis, scope);
    return RULES.map((rule) => rule.evaluate(evidence))
      .filter((finding) => finding !== undefined)
      .sort(
        (a, b) =>
          SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.weight - a.weight,
      );
  });
}
