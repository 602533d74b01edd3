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

export { captureGaps, type Gap } from './capture-gaps';
export type { Finding, ViewName } from './rule';

const RULES: readonly FindingRule[] = [
  graphCoverage,
  idleBetweenSteps,
  launchBound,
  idle,
  pageableCopies,
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
  prefillStalls,
  smallBatches,
  dataLost,
];

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
