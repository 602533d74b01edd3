/**
 * What stands out, in words. A rule has the measured figure, the threshold it
 * is held against, why it matters, what to try, and the view that shows it.
 * A finding on thin evidence says so or stays silent.
 */
import type { Scope } from '../../profile/scope';
import type { Analysis } from '../analysis';
import { dataLost, stepCoverage } from './capture';
import { communicationShare, communicationWait } from './communication';
import {
  attentionShare,
  kvCacheWrite,
  otherComponent,
  pointwiseShare,
  slowMatrixProducts,
} from './components';
import { exposedCopies, pageableCopies } from './copies';
import { Evidence } from './evidence';
import { idle, idleBetweenSteps } from './idle';
import { graphCoverage, launchBound } from './launches';
import type { Finding, FindingRule } from './rule';
import { prefillShare, prefillStalls, smallBatches } from './steps';
import { unrecordedGraphs } from './unrecorded';

export { captureGaps, type Gap } from './capture-gaps';
export type { Finding, ViewName } from './rule';

const RULES: readonly FindingRule[] = [
  idleBetweenSteps,
  launchBound,
  idle,
  pageableCopies,
  prefillStalls,
  dataLost,
];

/** Of these the figure is a share of what the GPU ran: they say nothing where not all of that was recorded. */
const RULES_OF_WORK: readonly FindingRule[] = [
  graphCoverage,
  exposedCopies,
  kvCacheWrite,
  communicationShare,
  communicationWait,
  attentionShare,
  pointwiseShare,
  slowMatrixProducts,
  otherComponent,
  stepCoverage,
  prefillShare,
  smallBatches,
];

const SEVERITIES: readonly Finding['severity'][] = ['problem', 'warning', 'info'];

/** First what all others stand on, then the most severe, then by what it could free. */
export function findings(analysis: Analysis, scope: Scope): readonly Finding[] {
  return analysis.scoped('findings', scope, () => {
    const evidence = new Evidence(analysis, scope);
    const told = (rules: readonly FindingRule[]): readonly Finding[] =>
      rules.map((rule) => rule.evaluate(evidence)).filter((finding) => finding !== undefined);
    return [
      ...told([unrecordedGraphs]),
      ...told(evidence.isWhole ? [...RULES, ...RULES_OF_WORK] : RULES).toSorted(
        (a, b) =>
          SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.weight - a.weight,
      ),
    ];
  });
}
