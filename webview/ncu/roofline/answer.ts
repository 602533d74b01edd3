import type { Bound } from '../../../src/analysis/ncu/bound';
import type { ReportOverview } from '../../../src/analysis/ncu/overview';
import type { NcuRoofline, NcuRooflinePoint } from '../../../src/protocol/ncu';
import { formatCount, formatShare } from '../../../src/profile/format';
import { t } from '../../strings';
import { boundLabel, roofLabel, shortName } from '../words';

function heldBack(bound: Exclude<Bound, 'unknown'>): string {
  switch (bound) {
    case 'memory':
      return t('It is held back by memory.');
    case 'compute':
      return t('It is held back by compute.');
    case 'latency':
      return t('It is held back by latency.');
  }
}

/** What holds the kernels back, as counts. */
export function boundsSentence({ bounds, kernels }: ReportOverview): string {
  const one = (['memory', 'compute', 'latency'] as const).find(
    (bound) => bounds[bound] === kernels,
  );
  if (kernels === 1 && one) return heldBack(one);
  if (kernels === 1) return t('What holds it back is not known.');
  const parts = (['memory', 'compute', 'latency', 'unknown'] as const)
    .filter((bound) => bounds[bound] > 0)
    .map((bound) => `${boundLabel(bound)} ${formatCount(bounds[bound])}`);
  return t('What holds the {0} kernels back: {1}.', formatCount(kernels), parts.join(', '));
}

/** The kernel that matters most, and how near it is to its roof. */
export function answer(result: NcuRoofline, overview: ReportOverview | undefined): string {
  const weight = ({ weights }: NcuRooflinePoint) =>
    weights.decode ?? weights.all ?? weights.report ?? 0;
  const first = [...result.points].sort((a, b) => weight(b) - weight(a))[0];
  const sentences: string[] = [];
  if (first?.nearest) {
    sentences.push(
      t(
        '{0} reaches {1} of its {2} roof.',
        shortName(first.name, 60),
        formatShare(first.nearest.share),
        roofLabel(first.nearest.name),
      ),
    );
  }
  if (overview) sentences.push(boundsSentence(overview));
  return sentences.join(' ');
}
