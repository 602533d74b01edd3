/** Figures over time as lines, with the ranges that mean something as bands behind them. */
import type { Chart, ChartConfiguration, Plugin, TooltipItem } from 'chart.js';
import { momentFormat } from '../../src/profile/format';
import { axis, base, font, ground, quiet, tidy, timeTicks, tooltip } from './chart-style';
import type { Figure } from './figure';
import { markColour, type Mark } from './marks';

export interface LineSeries {
  readonly label: string;
  readonly mark: Mark;
  /** By bin; NaN where nothing is known. */
  readonly values: ArrayLike<number>;
  /** Least and most in a bin, drawn as an area around the line. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

/** A range of values with a meaning, named at its edge. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly mark: Mark;
}

type Item = TooltipItem<'line'>;

/** Lines are told apart by their dashes too. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export function lines(options: {
  key: string;
  subject: string;
  label: string;
  timeTitle: string;
  /** Of the first bin, and the length of each. */
  start: number;
  width: number;
  series: readonly LineSeries[];
  format: (value: number) => string;
  /** The top of the axis, where it is fixed. */
  max?: number;
  bands?: readonly Band[];
  /** Holds until the next value, as a level does. */
  stepped?: boolean;
  height?: number;
  brush?: Figure['brush'];
  /** A bin was chosen, by click or Enter. */
  pick?: (start: number, end: number) => void;
}): Figure {
  const { series, start, width, format } = options;
  const bins = series[0]?.values.length ?? 0;
  const end = start + width * bins;
  const moment = momentFormat(start, end);
  const at = (bin: number) => start + width * (bin + 0.5);
  const known = Array.from({ length: bins }, (_, bin) => bin).filter((bin) =>
    series.some((one) => !Number.isNaN(one.values[bin])),
  );
  const valueText = ({ values, low, high }: LineSeries, bin: number): string => {
    const mean = format(values[bin]);
    if (!low || !high || low[bin] === high[bin]) return mean;
    return `${mean} (${format(low[bin])} – ${format(high[bin])})`;
  };
  const text = (bin: number): string =>
    [
      moment(at(bin)),
      ...series
        .filter((one) => !Number.isNaN(one.values[bin]))
        .map((one) => `${one.label} ${valueText(one, bin)}`),
    ].join(', ');
  const points = (values: ArrayLike<number>) =>
    known.map((bin) => ({ x: at(bin), y: values[bin] }));
  // A line ends where nothing was written for a while, unless what it shows holds until then.
  const spanGaps = options.stepped ? true : Math.max(3 * width, 2e9);
  return {
    key: options.key,
    subject: options.subject,
    label: options.label,
    height: options.height ?? 190,
    legend: series.length > 1 ? series.map(({ label, mark }) => ({ label, mark })) : [],
    brush: options.brush,
    items: () =>
      known.map((bin, index) => {
        const dataset = series.findIndex((one) => !Number.isNaN(one.values[bin]));
        const { pick } = options;
        return {
          dataset,
          index,
          text: text(bin),
          ...(pick && { run: () => pick(start + width * bin, start + width * (bin + 1)) }),
        };
      }),
    table: {
      head: [options.timeTitle, ...series.map((one) => one.label)],
      rows: () =>
        known.map((bin) => [
          moment(at(bin)),
          ...series.map((one) => (Number.isNaN(one.values[bin]) ? '–' : valueText(one, bin))),
        ]),
    },
    draw: (): ChartConfiguration => ({
      type: 'line',
      data: {
        datasets: [
          ...series.map((one, index) => ({
            label: one.label,
            data: points(one.values),
            borderColor: markColour(one.mark),
            backgroundColor: markColour(one.mark),
            borderDash: [...DASHES[index % DASHES.length]],
            borderWidth: 1.5,
            pointRadius: known.length < 40 ? 2 : 0,
            pointHitRadius: 8,
            pointHoverRadius: 5,
            spanGaps,
            stepped: options.stepped ? ('before' as const) : false,
          })),
          ...series.flatMap((one) => edges(one, points, spanGaps)),
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'index', intersect: false },
        scales: {
          x: axis('', timeTicks(start, end), { type: 'linear', min: start, max: end }),
          y: axis('', (value) => tidy(format(value)), {
            min: 0,
            ...(options.max === undefined ? {} : { max: options.max }),
            ticks: { maxTicksLimit: 6 },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            // The edges of an area are no values of their own.
            filter: (item: Item) => item.datasetIndex < series.length,
            callbacks: {
              title: (items: Item[]) => moment(at(known[items[0]?.dataIndex ?? 0])),
              label: (item: Item) =>
                `${series[item.datasetIndex].label}: ${valueText(series[item.datasetIndex], known[item.dataIndex])}`,
              labelColor: (item: Item) => ({
                backgroundColor: markColour(series[item.datasetIndex].mark),
                borderColor: ground(),
              }),
            },
          },
        },
      },
      plugins: options.bands ? [bandsPlugin(options.bands)] : [],
    }),
  };
}

function edges(
  { low, high, mark }: LineSeries,
  points: (values: ArrayLike<number>) => { x: number; y: number }[],
  spanGaps: boolean | number,
) {
  if (!low || !high) return [];
  const edge = {
    borderWidth: 0,
    pointRadius: 0,
    pointHitRadius: 0,
    pointHoverRadius: 0,
    spanGaps,
    backgroundColor: `color-mix(in srgb, ${markColour(mark)} 22%, transparent)`,
  };
  return [
    { ...edge, data: points(low), fill: false },
    { ...edge, data: points(high), fill: '-1' },
  ];
}

/** Tinted and named, with an edge to be seen without colours. */
function bandsPlugin(bands: readonly Band[]): Plugin {
  const each = (
    { chartArea, scales }: Chart,
    draw: (band: Band, high: number, low: number) => void,
  ): void => {
    const { top, bottom } = chartArea;
    for (const band of bands) {
      const [high, low] = [band.to, band.from].map((value) =>
        Math.min(bottom, Math.max(top, scales['y'].getPixelForValue(value))),
      );
      draw(band, high, low);
    }
  };
  return {
    id: 'bands',
    beforeDatasetsDraw(chart: Chart) {
      const { ctx, chartArea } = chart;
      const { left, right, top, bottom } = chartArea;
      ctx.save();
      each(chart, ({ mark }, high, low) => {
        ctx.fillStyle = `color-mix(in srgb, ${markColour(mark)} 10%, transparent)`;
        ctx.fillRect(left, high, right - left, low - high);
        ctx.strokeStyle = `color-mix(in srgb, ${markColour(mark)} 60%, transparent)`;
        ctx.setLineDash([4, 4]);
        for (const edge of [high, low]) {
          if (edge === top || edge === bottom) continue;
          ctx.beginPath();
          ctx.moveTo(left, edge);
          ctx.lineTo(right, edge);
          ctx.stroke();
        }
      });
      ctx.restore();
    },
    afterDatasetsDraw(chart: Chart) {
      const { ctx, chartArea } = chart;
      const { size, family } = font();
      ctx.save();
      ctx.font = `${size}px ${family}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'top';
      each(chart, ({ label }, high, low) => {
        if (low - high < size) return;
        const { width } = ctx.measureText(label);
        ctx.fillStyle = `color-mix(in srgb, ${ground()} 75%, transparent)`;
        ctx.fillRect(chartArea.right - width - 7, high, width + 6, size + 2);
        ctx.fillStyle = quiet();
        ctx.fillText(label, chartArea.right - 4, high + 1);
      });
      ctx.restore();
    },
  };
}
