import type { GraphTraceMode } from '../../../src/analysis/graphs';
import { t } from '../../strings';

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
