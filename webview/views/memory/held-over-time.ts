import type { ChartConfiguration, TooltipItem } from 'chart.js';
import { formatBytes, momentFormat } from '../../../src/profile/format';
import type { AllocatorView } from '../../../src/protocol/torch';
import { t } from '../../strings';
import { axis, base, tidy, timeTicks, tooltip } from '../../ui/chart-style';
import type { Figure } from '../../ui/figure';
import { markColour, type Mark } from '../../ui/marks';

const ALLOCATED: Mark = { colour: '--vscode-charts-blue', pattern: 'solid' };
const RESERVED: Mark = { colour: '--vscode-charts-orange', pattern: 'stripes' };

/** What tensors held, and what the allocator held for them: a filled line, and a dashed one above. */
export function heldOverTime(
  key: string,
  label: string,
  { start, end, allocated, reserved }: NonNullable<AllocatorView['series']>,
): Figure {
  const at = (bin: number) => start + ((bin + 0.5) * (end - start)) / allocated.length;
  const moment = momentFormat(start, end);
  const bytes = (value: number | null) => (value === null ? '–' : formatBytes(value));
  const cells = (bin: number) => [moment(at(bin)), bytes(allocated[bin]), bytes(reserved[bin])];
  const text = (bin: number) => {
    const [time, held, kept] = cells(bin);
    return t('{0}: {1} in tensors, {2} reserved', time, held, kept);
  };
  const points = (values: readonly (number | null)[]) =>
    values.map((y, bin) => ({ x: at(bin), y: y ?? NaN }));
  const line = (values: readonly (number | null)[], mark: Mark) => ({
    data: points(values),
    stepped: 'before' as const,
    pointRadius: 0,
    borderWidth: 1.5,
    borderColor: markColour(mark),
  });
  return {
    key,
    label,
    height: 160,
    legend: [
      { label: t('in tensors'), mark: ALLOCATED },
      { label: t('reserved'), mark: RESERVED },
    ],
    items: () => allocated.map((_, index) => ({ dataset: 0, index, text: text(index) })),
    table: {
      head: [t('Time'), t('In tensors'), t('Reserved')],
      rows: () => allocated.map((_, bin) => cells(bin)),
    },
    draw: (): ChartConfiguration => ({
      type: 'line',
      data: {
        datasets: [
          {
            ...line(allocated, ALLOCATED),
            backgroundColor: `color-mix(in srgb, ${markColour(ALLOCATED)} 25%, transparent)`,
            fill: 'origin',
          },
          { ...line(reserved, RESERVED), borderDash: [5, 3] },
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: {
          x: axis('', timeTicks(start, end), {
            type: 'linear',
            min: start,
            max: end,
          }),
          y: axis('', (value) => tidy(formatBytes(value)), { min: 0, ticks: { maxTicksLimit: 4 } }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            filter: (_: TooltipItem<'line'>, index: number) => index === 0,
            callbacks: {
              title: () => '',
              label: (item: TooltipItem<'line'>) => text(item.dataIndex),
            },
          },
        },
      },
    }),
  };
}
