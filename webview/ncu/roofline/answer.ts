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

/** What holds the kernels back, as counts where it is not the same of all. */
export function boundsSentence({ bounds, kernels }: ReportOverview): string {
  const one = (['memory', 'compute', 'latency'] as const).find(
    (bound) => bounds[bound] === kernels,
  );
  if (kernels === 1) return one ? heldBack(one) : t('What holds it back is not known.');
  const all = formatCount(kernels);
  if (one) return t('All {0} kernels are held back by {1}.', all, boundLabel(one));
  if (bounds.unknown === kernels) return t('What holds the {0} kernels back is not known.', all);
  const [first, ...others] = (['memory', 'compute', 'latency'] as const)
    .filter((bound) => bounds[bound] > 0)
    .sort((a, b) => bounds[b] - bounds[a])
    .map((bound) => [boundLabel(bound), formatCount(bounds[bound])] as const);
  return `${[
    t('Of {0} kernels {1} holds back {2}', all, ...first),
    ...others.map(([bound, count]) => `${bound} ${count}`),
    ...(bounds.unknown > 0 ? [t('of {0} it is not known', formatCount(bounds.unknown))] : []),
  ].join(', ')}.`;
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
