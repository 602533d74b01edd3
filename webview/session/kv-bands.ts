/** What it means how full the KV cache is. */
import type { KvRanges } from '../../src/analysis/session/kv-cache';
import { t } from '../strings';
import type { Band } from '../ui/lines';

/** Less is more memory than the load needs, more is too little. */
export const kvBands = ({ over, good, under }: KvRanges): readonly Band[] => [
  {
    from: under,
    to: 1,
    label: t('under-provisioned'),
    mark: { colour: '--vscode-charts-red', pattern: 'solid' },
  },
  {
    from: good[0],
    to: good[1],
    label: t('good balance'),
    mark: { colour: '--vscode-charts-green', pattern: 'solid' },
  },
  {
    from: 0,
    to: over,
    label: t('over-provisioned'),
    mark: { colour: '--vscode-charts-yellow', pattern: 'solid' },
  },
];
