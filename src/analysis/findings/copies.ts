/** Copies that somebody waits for. */
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { Share } from '../../profile/units';
import { soleCopyTime } from '../transfers';
import type { FindingRule } from './rule';

const PAGEABLE: Share = 0.02;
const MANY_COPIES = 10;

/** Only inside steps: loading a model copies a lot, once, and nobody waits for it. */
export const pageableCopies: FindingRule = {
  id: 'pageable-copies',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const rows = evidence.transfersInSteps.filter((row) => row.pageable);
    const count = rows.reduce((sum, row) => sum + row.count, 0);
    const time = rows.reduce((sum, row) => sum + row.total, 0);
    const share = time / evidence.span;
    if (count < MANY_COPIES || share < PAGEABLE) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: `Copies from and to pageable memory take ${formatShare(share)} of the time`,
      detail: `${formatCount(count)} copies, ${formatTime(time)} in all. The CPU stages them and waits, so that they hold up what is launched after them.`,
      advice:
        'Allocate the host side as pinned memory (pin_memory=True) and copy with non_blocking=True.',
      measured: `${formatShare(share)} of the time in pageable copies inside steps`,
      threshold: `below ${formatShare(PAGEABLE)}`,
      view: 'memory',
      weight: share,
    };
  },
};

const EXPOSED: Share = 0.05;

/** Pinned ones too, where the GPU does nothing else while they run. */
export const exposedCopies: FindingRule = {
  id: 'exposed-copies',
  evaluate(evidence) {
    if (!evidence.hasEnoughSteps) return undefined;
    const { analysis, scope } = evidence;
    const time = soleCopyTime(analysis, scope);
    const share = time / evidence.span;
    if (share < EXPOSED) return undefined;
    return {
      id: this.id,
      severity: 'warning',
      title: `Steps wait for copies ${formatShare(share)} of the time`,
      detail: `For ${formatTime(time)} the GPU runs nothing but copies of its steps, from and to pinned or device memory: they are on the critical path.`,
      advice:
        'Copy on a stream of its own while the step before still runs; offloading weights or the KV cache (cpu_offload_gb, swap) pays with such waits.',
      measured: `${formatShare(share)} of the time in copies with no kernel beside them`,
      threshold: `below ${formatShare(EXPOSED)}`,
      view: 'memory',
      weight: share,
    };
  },
};
