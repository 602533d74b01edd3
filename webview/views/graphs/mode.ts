import type { GraphTraceMode } from '../../../src/analysis/graphs';
import { formatCount } from '../../../src/profile/format';
import { plural, t } from '../../strings';

/** A few words for the header line. */
export function graphModeLabel(mode: GraphTraceMode): string {
  switch (mode) {
    case 'node':
      return t('node-level graphs');
    case 'graph':
      return t('graphs as a whole');
    case 'mixed':
      return t('graphs by node and as a whole');
    case 'none':
      return t('no graphs launched');
    case 'hidden':
      return t('graphs not traced');
  }
}

/** What is said before any share of GPU time. */
export const unrecorded = (launches: number): string =>
  plural(
    launches,
    'What {0} launch of a CUDA graph ran was not recorded: times are too short by it, and shares are of the rest.',
    'What {0} launches of CUDA graphs ran was not recorded: times are too short by it, and shares are of the rest.',
    formatCount(launches),
  );
