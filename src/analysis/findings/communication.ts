/** What several GPUs cost each other. */
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { Share } from '../../profile/units';
import { deviceWaits } from '../skew';
import { componentRule } from './components';
import type { FindingRule } from './rule';

export const communicationShare = componentRule('communication', 'communication', 0.15, 'info', {
  title: (share) => `Communication between GPUs takes ${share} of GPU time`,
  detail: 'Collectives also count the time in which they wait for the slowest rank.',
  advice:
    'Compare the ranks of one step for one that lags; a smaller tensor-parallel size needs less communication.',
});

const WAITING: Share = 0.05;
/** Of the collectives: a GPU that is last this often is no chance. */
const OFTEN_LAST: Share = 0.6;
const MANY_COLLECTIVES = 100;

export const communicationWait: FindingRule = {
  id: 'communication-wait',
  evaluate(evidence) {
    if (!evidence.isEnough) return undefined;
    const rows = deviceWaits(evidence.analysis, evidence.scope);
    if (rows === undefined || rows[0].collectives < MANY_COLLECTIVES) return undefined;
    const wait = rows.reduce((sum, row) => sum + row.wait, 0);
    const share = wait / evidence.sum('busy');
    if (share < WAITING) return undefined;
    const last = rows.reduce((most, row) => (row.lastToArrive > most.lastToArrive ? row : most));
    const often = last.lastToArrive / last.collectives;
    return {
      id: this.id,
      severity: 'warning',
      title: `GPUs wait for each other ${formatShare(share)} of their busy time`,
      detail: `In ${formatCount(last.collectives)} collectives they wait ${formatTime(wait)}, all together: an estimate, for the GPU that comes last has the shortest kernel. ${often >= OFTEN_LAST ? `GPU ${last.device} comes last in ${formatShare(often)} of them.` : 'None of them comes last most of the time.'}`,
      advice:
        often >= OFTEN_LAST
          ? 'Look at what that GPU does longer than the others: its kernels between collectives, its clock, the CPU of its rank.'
          : 'Look at what differs from step to step: uneven experts, CPUs that share cores, work that one rank alone does.',
      measured: `${formatShare(share)} of busy time waiting in collectives`,
      threshold: `below ${formatShare(WAITING)}`,
      view: 'kernels',
      filter: 'component:communication',
      weight: share,
    };
  },
};
