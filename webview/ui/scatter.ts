/** Things by two lengths of time, with the edges beyond which they count. */
import type { Chart, ChartConfiguration, TooltipItem } from 'chart.js';
import { axis, base, font, quiet, timeTick, tooltip } from './chart-style';
import type { Figure } from './figure';
import { markColour, shapeOf, type Mark } from './marks';

export interface TimePoint {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly cells: readonly string[];
}

const SHORTEST = 1e3;
const isPower = (value: number): boolean =>
  Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6);

export function timesScatter(options: {
  key: string;
  subject: string;
  label: string;
  xTitle: string;
  yTitle: string;
  head: readonly string[];
  series: readonly { label: string; mark: Mark; points: readonly TimePoint[] }[];
  /** Both by orders of magnitude; what is shorter than 1 µs is drawn there. */
  logarithmic?: boolean;
  /** A line across at this y. */
  edge?: { readonly y: number; readonly label: string };
  pick?: (series: number, point: number) => void;
}): Figure {
  const { series, edge } = options;
  const shown = (value: number): number =>
    options.logarithmic ? Math.max(value, SHORTEST) : value;
  const scale = (title: string, ticks: number) =>
    options.logarithmic
      ? axis(title, (value) => (isPower(value) ? timeTick(value) : ''), { type: 'logarithmic' })
      : axis(title, timeTick, { type: 'linear', min: 0, ticks: { maxTicksLimit: ticks } });
  return {
    key: options.key,
    subject: options.subject,
    label: options.label,
    height: 220,
    legend:
      series.length > 1 ? series.map(({ label, mark }) => ({ label, mark, points: true })) : [],
    items: () =>
      series.flatMap((one, dataset) =>
        one.points.map(({ text }, index) => ({
          dataset,
          index,
          text,
          run: options.pick && (() => options.pick!(dataset, index)),
        })),
      ),
    table: {
      head: options.head,
      rows: () => series.flatMap(({ points }) => points.map(({ cells }) => cells)),
    },
    draw: (): ChartConfiguration => ({
      type: 'scatter',
      data: {
        datasets: series.map((one) => ({
          label: one.label,
          data: one.points.map(({ x, y }) => ({ x: shown(x), y: shown(y) })),
          clip: 8,
          pointStyle: shapeOf(one.mark),
          pointRadius: one.points.length > 500 ? 2 : 3,
          pointHoverRadius: 6,
          pointBackgroundColor: `color-mix(in srgb, ${markColour(one.mark)} 70%, transparent)`,
          pointBorderColor: markColour(one.mark),
        })),
      },
      options: {
        ...base(),
        interaction: { mode: 'nearest', intersect: true },
        scales: {
          x: scale(options.xTitle, 8),
          y: scale(options.yTitle, 6),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            callbacks: {
              title: () => '',
              label: (item: TooltipItem<'scatter'>) =>
                series[item.datasetIndex]?.points[item.dataIndex]?.text.split(', ') ?? '',
            },
          },
        },
      },
      plugins: edge
        ? [
            {
              id: 'edge',
              beforeDatasetsDraw({ ctx, chartArea, scales }: Chart) {
                const y = scales['y'].getPixelForValue(edge.y);
                if (!(y > chartArea.top && y < chartArea.bottom)) return;
                ctx.save();
                ctx.strokeStyle = quiet();
                ctx.setLineDash([4, 4]);
                ctx.beginPath();
                ctx.moveTo(chartArea.left, y);
                ctx.lineTo(chartArea.right, y);
                ctx.stroke();
                ctx.fillStyle = quiet();
                ctx.font = `${font().size}px ${font().family}`;
                ctx.textAlign = 'right';
                ctx.fillText(edge.label, chartArea.right - 4, y - 4);
                ctx.restore();
              },
            },
          ]
        : [],
    }),
  };
}
