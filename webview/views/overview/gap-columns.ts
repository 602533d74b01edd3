import type { Gap } from '../../../src/analysis/utilisation';
import { t } from '../../strings';
import { kernelName } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';

/** @param nameOf what a device is called */
export function gapColumns(nameOf: (device: number) => string): readonly Column<Gap>[] {
  return [
    {
      id: 'cpuName',
      title: t('The CPU was in'),
      hint: t('What the thread that launched the next work did for most of the gap.'),
      kind: 'text',
      width: 220,
      grow: true,
      value: (gap) => (gap.cpu.kind === 'unknown' ? t('nothing recorded') : gap.cpu.name),
    },
    { id: 'duration', title: t('Idle'), kind: 'time', width: 90, value: (gap) => gap.duration },
    {
      id: 'cpuShare',
      title: t('Of the gap'),
      kind: 'share',
      width: 110,
      value: (gap) => (gap.cpu.kind === 'unknown' ? undefined : gap.cpu.share),
    },
    { id: 'start', title: t('Start'), kind: 'instant', width: 110, value: (gap) => gap.start },
    {
      id: 'device',
      title: t('Device'),
      kind: 'text',
      width: 110,
      value: (gap) => nameOf(gap.device),
    },
    {
      id: 'betweenSteps',
      title: t('Between steps'),
      kind: 'text',
      width: 124,
      value: (gap) => (gap.betweenSteps ? t('yes') : t('no')),
    },
    {
      id: 'before',
      title: t('Before'),
      kind: 'text',
      width: 200,
      grow: true,
      value: (gap) => gap.before,
      display: (gap) => kernelName(gap.before),
    },
    {
      id: 'after',
      title: t('After'),
      kind: 'text',
      width: 200,
      grow: true,
      value: (gap) => gap.after,
      display: (gap) => kernelName(gap.after),
    },
  ];
}
