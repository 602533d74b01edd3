/** The comparison in a sentence: what became slower, by how much, what did it, and what that rests on. */
import type {
  ComparisonDocument,
  DocumentKernel,
  DocumentMetric,
  Per,
} from '../../src/analysis/compare';
import { formatShare, shortenMiddle } from '../../src/profile/format';
import { plural, t } from '../strings';
import { readableKernelName } from '../../src/profile/kernel-name';
import { changeText, metricLabel, metricValue, signedTime } from './words';

const NAME_WIDTH = 90;

export interface AnswerParts {
  readonly what: string;
  /** Before and after the kernel's name, which is set apart. */
  readonly cause?: {
    readonly before: string;
    readonly kernel: DocumentKernel;
    readonly after: string;
  };
  readonly basis: string;
}

export function answerParts(comparison: ComparisonDocument): AnswerParts {
  const basis = basisSentence(comparison);
  switch (comparison.verdict) {
    case 'not comparable':
      return {
        what: t(
          'Not comparable: {0}',
          comparison.differences.find(({ allowed }) => !allowed)?.text ?? '',
        ),
        basis,
      };
    case 'within noise':
      return {
        what: t(
          'No significant change: nothing that decides moved by more than {0} %.',
          comparison.threshold,
        ),
        basis,
      };
    case 'regressed':
    case 'improved':
      return { what: whatSentence(comparison), cause: causeOf(comparison), basis };
  }
}

/** All of it as text. */
export function answerText(comparison: ComparisonDocument): string {
  const { what, cause, basis } = answerParts(comparison);
  const because = cause && `${cause.before}${kernelName(cause.kernel)}${cause.after}`;
  return [what, because, basis].filter((part) => part).join(' ');
}

export const kernelName = ({ name }: DocumentKernel): string =>
  shortenMiddle(readableKernelName(name), NAME_WIDTH);

function whatSentence({ verdict, answer, metrics, per, kernels }: ComparisonDocument): string {
  const metric = metrics.find(({ name }) => name === answer.metric);
  if (metric) {
    return t(
      '{0}: {1} → {2}{3}.',
      movedBy(metric),
      metricValue(metric.baseline, metric.unit),
      metricValue(metric.current, metric.unit),
      metric.name.endsWith('step_ms') && per === 'step' ? t(' per step') : '',
    );
  }
  const moved = kernels.filter((kernel) => kernel.gates && kernel.verdict === verdict).length;
  const work = metrics.find(({ name }) => name === 'gpu.work_step_ms');
  const kernelsMoved =
    verdict === 'regressed'
      ? plural(moved, '{0} kernel is slower', '{0} kernels are slower', moved)
      : plural(moved, '{0} kernel is faster', '{0} kernels are faster', moved);
  if (!work) return t('{0}.', kernelsMoved);
  return t(
    '{0}; all GPU work by {1}: {2} → {3}{4}.',
    kernelsMoved,
    changeText(work.change),
    metricValue(work.baseline, work.unit),
    metricValue(work.current, work.unit),
    per === 'step' ? t(' per step') : '',
  );
}

function movedBy(metric: DocumentMetric): string {
  const label = metricLabel(metric);
  const { change, better, changeIn } = metric;
  if (change === null) return t('{0} changed', label);
  const size = changeText(Math.abs(change), changeIn).replace('+', '');
  const more = change > 0;
  if (better === 'lower')
    return more ? t('{0} {1} slower', label, size) : t('{0} {1} faster', label, size);
  return more ? t('{0} {1} higher', label, size) : t('{0} {1} lower', label, size);
}

function causeOf({ answer, kernels, verdict, per }: ComparisonDocument): AnswerParts['cause'] {
  const kernel = kernels.find(({ name }) => name === answer.kernel);
  if (!kernel) return undefined;
  const { share } = answer;
  const added = verdict === 'regressed';
  const unit = perText(per);
  // Where others went the other way, a part of the whole says nothing.
  if (share === null || share > 1.005) {
    return {
      before: t('Most of all it is '),
      kernel,
      after: t(' with {0} {1}.', signedTime(kernel.delta), unit),
    };
  }
  return {
    before: added
      ? t('{0} of the added GPU work is ', formatShare(share))
      : t('{0} of the saved GPU work is ', formatShare(share)),
    kernel,
    after: kernel.time
      ? t(' ({0} {1}, {2}).', signedTime(kernel.delta), unit, changeText(kernel.time.change))
      : t(' ({0} {1}).', signedTime(kernel.delta), unit),
  };
}

function perText(per: Per): string {
  switch (per) {
    case 'step':
      return t('per step');
    case 'run':
      return t('over the run');
    case 'launch':
      return t('per launch');
  }
}

function basisSentence({ basis, baseline, current, threshold }: ComparisonDocument): string {
  switch (basis) {
    case 'single':
      return t('It rests on one run each, and the threshold of {0} % alone decides.', threshold);
    case 'one of several':
      return t(
        '{0} runs against {1}: a single run counts where it lies outside of all the others.',
        baseline.length,
        current.length,
      );
    case 'repeated':
      return t(
        '{0} runs against {1}: the noise between repeats is measured.',
        baseline.length,
        current.length,
      );
  }
}
