/** The kinds of picture the views draw, each from plain figures. */
import type { ChartConfiguration, TooltipItem } from 'chart.js';
import {
  formatCount,
  formatNumber,
  formatShare,
  formatTime,
  momentFormat,
} from '../../src/profile/format';
import { axis, base, ground, numberTick, tidy, timeTick, timeTicks, tooltip } from './chart-style';
import type { Figure, Item, LegendEntry } from './figure';
import { markColour, paint, PLAIN, shapeOf, themeColour, type Mark } from './marks';

export interface Series {
  /** What other parts of the view know it by. */
  readonly id?: string;
  /** Named in the legend even where it is nothing. */
  readonly always?: boolean;
  readonly label: string;
  readonly mark: Mark;
  readonly values: ArrayLike<number>;
}

type Line = TooltipItem<'line' | 'bar' | 'scatter'>;

const contents = new WeakMap<object, number>();
let latest = 0;

/**
 * A figure's key from the answer it draws: another answer is another picture.
 * The question is no key, as the answer to the one before is shown until the
 * next has come.
 */
export function contentKey(content: object, ...more: readonly unknown[]): string {
  let id = contents.get(content);
  if (id === undefined) contents.set(content, (id = ++latest));
  return JSON.stringify([id, ...more]);
}

/** Shares over time, one above the other. */
export function shareOverTime(options: {
  key: string;
  label: string;
  timeTitle: string;
  start: number;
  end: number;
  series: readonly Series[];
  totalLabel: string;
  brush?: Figure['brush'];
}): Figure {
  const { series, start, end } = options;
  const bins = series[0]?.values.length ?? 0;
  const at = (bin: number) => start + ((end - start) * bin) / Math.max(1, bins);
  const moment = momentFormat(start, end);
  const used = series.filter((one) => Array.prototype.some.call(one.values, (v: number) => v > 0));
  const total = (bin: number) => series.reduce((sum, one) => sum + (one.values[bin] ?? 0), 0);
  const between = (bin: number) => `${moment(at(bin))} – ${moment(at(Math.min(bins, bin + 1)))}`;
  const describe = (bin: number) =>
    [
      between(bin),
      `${options.totalLabel} ${formatShare(total(bin))}`,
      ...used.map((one) => `${one.label} ${formatShare(one.values[bin])}`),
    ].join(', ');
  return {
    key: options.key,
    label: options.label,
    height: 150,
    legend: used.map(({ label, mark }) => ({ label, mark })),
    brush: options.brush,
    items: () =>
      Array.from({ length: bins }, (_, bin) => ({ dataset: 0, index: bin, text: describe(bin) })),
    table: {
      head: [options.timeTitle, options.totalLabel, ...used.map((one) => one.label)],
      rows: () =>
        Array.from({ length: bins }, (_, bin) => [
          between(bin),
          formatShare(total(bin)),
          ...used.map((one) => formatShare(one.values[bin])),
        ]),
    },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        datasets: used.map((one) => ({
          label: one.label,
          data: Array.from({ length: bins }, (_, bin) => ({
            x: at(bin + 0.5),
            y: one.values[bin] ?? 0,
          })),
          backgroundColor: paint(one.mark, context),
          hoverBackgroundColor: themeColour('--vscode-foreground'),
          categoryPercentage: 1,
          barPercentage: 1,
        })),
      },
      options: {
        ...base(),
        interaction: { mode: 'index', intersect: false },
        scales: {
          x: axis('', timeTicks(start, end), {
            type: 'linear',
            stacked: true,
            offset: false,
            min: start,
            max: end,
          }),
          y: axis('', (value) => `${Math.round(value * 100)} %`, {
            stacked: true,
            min: 0,
            max: 1,
            ticks: { maxTicksLimit: 3 },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            callbacks: {
              title: (items: Line[]) => between(items[0]?.dataIndex ?? 0),
              label: (item: Line) => `${item.dataset.label}: ${formatShare(item.parsed.y ?? 0)}`,
              labelColor: (item: Line) => ({
                backgroundColor: paint(used[item.datasetIndex].mark, context),
                borderColor: ground(),
              }),
              footer: (items: Line[]) =>
                `${options.totalLabel}: ${formatShare(total(items[0]?.dataIndex ?? 0))}`,
            },
          },
        },
      },
    }),
  };
}

export interface StackRow {
  readonly label: string;
  /** A note behind the bar, e.g. what the whole of it is. */
  readonly note?: string;
}

/** Horizontal bars made of segments: `values[row]` of each series. */
export function stackedBars(options: {
  key: string;
  label: string;
  rowTitle: string;
  rows: readonly StackRow[];
  series: readonly (Series & {
    readonly pick?: (row: number) => void;
    readonly run?: () => void;
  })[];
  format: (value: number) => string;
  axisTitle?: string;
  /** Bars all end at 1, in per cent. */
  normalised?: boolean;
}): Figure {
  const { rows, format } = options;
  const series = options.series.filter(
    (one) => one.always || Array.prototype.some.call(one.values, (value: number) => value > 0),
  );
  const sums = rows.map((_, row) => series.reduce((sum, one) => sum + (one.values[row] ?? 0), 0));
  const part = (value: number, row: number) => (sums[row] ? value / sums[row] : 0);
  const items = (): readonly Item[] =>
    rows.flatMap((row, index) =>
      series.flatMap((one, dataset) => {
        const value = one.values[index] ?? 0;
        if (!(value > 0)) return [];
        const text = `${row.label}, ${one.label}: ${format(value)}, ${formatShare(part(value, index))}`;
        return [{ dataset, index, text, run: one.pick && (() => one.pick!(index)) }];
      }),
    );
  return {
    key: options.key,
    label: options.label,
    height: 34 + rows.length * 30,
    legend: series.map(({ label, mark, run }): LegendEntry => ({ label, mark, run })),
    ids: series.map((one) => one.id ?? ''),
    items,
    table: {
      head: [options.rowTitle, ...series.map((one) => one.label)],
      rows: () =>
        rows.map((row, index) => [
          row.label,
          ...series.map((one) => {
            const value = one.values[index] ?? 0;
            return `${format(value)} (${formatShare(part(value, index))})`;
          }),
        ]),
    },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        labels: rows.map((row) => row.label),
        datasets: series.map((one) => ({
          label: one.label,
          data: rows.map((_, row) =>
            options.normalised ? part(one.values[row] ?? 0, row) : (one.values[row] ?? 0),
          ),
          backgroundColor: paint(one.mark, context),
          hoverBackgroundColor: paint(one.mark, context),
          borderColor: ground(),
          hoverBorderColor: themeColour('--vscode-focusBorder', '--vscode-foreground'),
          borderWidth: { top: 0, bottom: 0, left: 0, right: 1 },
          hoverBorderWidth: 2,
          borderSkipped: false,
          barThickness: 18,
        })),
      },
      options: {
        ...base(),
        indexAxis: 'y',
        interaction: { mode: 'nearest', intersect: true },
        scales: {
          x: axis(
            options.axisTitle ?? '',
            options.normalised
              ? (value) => `${Math.round(value * 100)} %`
              : (value) => tidy(format(value)),
            {
              stacked: true,
              min: 0,
              ...(options.normalised ? { max: 1 } : {}),
              ticks: { maxTicksLimit: 6 },
            },
          ),
          y: axis('', undefined, {
            stacked: true,
            grid: { display: false },
            ticks: {
              color: themeColour('--vscode-foreground'),
              autoSkip: false,
              crossAlign: 'far',
            },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            callbacks: {
              title: (items: Line[]) => rows[items[0]?.dataIndex ?? 0]?.label ?? '',
              label: (item: Line) => {
                const value = series[item.datasetIndex]?.values[item.dataIndex] ?? 0;
                return `${item.dataset.label}: ${format(value)} (${formatShare(part(value, item.dataIndex))})`;
              },
              footer: (items: Line[]) => rows[items[0]?.dataIndex ?? 0]?.note ?? '',
            },
          },
        },
      },
    }),
  };
}

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** 0 to 1: how strongly it is drawn. */
  readonly shade: number;
  readonly text: string;
  readonly cells: readonly string[];
}

/** One dot a step: when, and how long. */
export function dots(options: {
  key: string;
  subject?: string;
  label: string;
  head: readonly string[];
  series: readonly { id: string; label: string; mark: Mark; dots: readonly Dot[] }[];
  start: number;
  end: number;
  brush?: Figure['brush'];
  pick?: (series: number, dot: number) => void;
}): Figure {
  const series = options.series.filter((one) => one.dots.length > 0);
  const mixed = (mark: Mark, shade: number) => {
    const percent = Math.round(55 + 45 * Math.sqrt(shade));
    return canvasMix(markColour(mark), percent / 100);
  };
  return {
    key: options.key,
    subject: options.subject,
    label: options.label,
    height: 190,
    legend: series.map(({ label, mark }) => ({ label, mark, points: true })),
    ids: series.map((one) => one.id),
    brush: options.brush,
    items: () =>
      series
        .flatMap((one, dataset) =>
          one.dots.map((dot, index) => ({
            dataset,
            index,
            x: dot.x,
            text: dot.text,
            run: options.pick && (() => options.pick!(dataset, index)),
          })),
        )
        .sort((a, b) => a.x - b.x),
    table: {
      head: options.head,
      rows: () => series.flatMap((one) => one.dots.map((dot) => dot.cells)),
    },
    draw: (): ChartConfiguration => ({
      type: 'scatter',
      data: {
        datasets: series.map((one) => ({
          label: one.label,
          data: one.dots.map(({ x, y }) => ({ x, y })),
          // Dots at the edge of the run are whole.
          clip: 8,
          pointStyle: shapeOf(one.mark),
          pointRadius: one.dots.length > 2000 ? 2 : one.dots.length > 200 ? 3 : 4,
          pointHoverRadius: 6,
          // A cross is nothing but its border.
          pointBorderWidth: shapeOf(one.mark) === 'crossRot' ? 1.5 : 0,
          pointBackgroundColor: one.dots.map((dot) => mixed(one.mark, dot.shade)),
          pointBorderColor: one.dots.map((dot) => mixed(one.mark, dot.shade)),
          pointHoverBorderColor: themeColour('--vscode-focusBorder', '--vscode-foreground'),
          pointHoverBorderWidth: 2,
        })),
      },
      options: {
        ...base(),
        interaction: { mode: 'nearest', intersect: true },
        scales: {
          x: axis('', timeTicks(options.start, options.end), {
            type: 'linear',
            min: options.start,
            max: options.end,
          }),
          y: axis('', timeTick, { min: 0, ticks: { maxTicksLimit: 5 } }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            callbacks: {
              title: () => '',
              label: (item: Line) =>
                series[item.datasetIndex]?.dots[item.dataIndex]?.text.split(', ') ?? '',
            },
          },
        },
      },
    }),
  };
}

/** A colour at less strength; only the canvas knows every notation a theme may use. */
function canvasMix(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(alpha * 100)}%, transparent)`;
}

/** Counts in bins whose edges are times, evenly wide however far apart the edges are. */
export function histogram(options: {
  key: string;
  label: string;
  edges: readonly number[];
  counts: readonly number[];
  countTitle: string;
  timeTitle: string;
  mark?: Mark;
}): Figure {
  const { edges, counts } = options;
  const sum = counts.reduce((a, b) => a + b, 0);
  const range = (bin: number) => `${formatTime(edges[bin])} – ${formatTime(edges[bin + 1])}`;
  const text = (bin: number) =>
    `${range(bin)}: ${formatCount(counts[bin])} (${formatShare(sum ? counts[bin] / sum : 0)})`;
  return {
    key: options.key,
    label: options.label,
    height: 130,
    items: () => counts.map((_, index) => ({ dataset: 0, index, text: text(index) })),
    table: {
      head: [options.timeTitle, options.countTitle],
      rows: () => counts.map((count, bin) => [range(bin), formatCount(count)]),
    },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        labels: counts.map((_, bin) => formatTime(edges[bin])),
        datasets: [
          {
            data: [...counts],
            backgroundColor: paint(options.mark ?? PLAIN, context),
            categoryPercentage: 1,
            barPercentage: 0.96,
          },
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'index', intersect: false },
        scales: {
          x: axis('', undefined, { grid: { display: false }, ticks: { autoSkip: true } }),
          y: axis('', numberTick, { min: 0, ticks: { maxTicksLimit: 4, precision: 0 } }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: {
              title: () => '',
              label: (item: Line) => text(item.dataIndex),
            },
          },
        },
      },
    }),
  };
}

/** One figure over time, filled down to nothing. */
export function areaOverTime(options: {
  key: string;
  label: string;
  points: readonly { readonly x: number; readonly y: number }[];
  format: (value: number) => string;
  timeTitle: string;
  valueTitle: string;
}): Figure {
  const { points, format } = options;
  const start = points[0]?.x ?? 0;
  const end = points.at(-1)?.x ?? 0;
  const moment = momentFormat(start, end);
  const text = (index: number) =>
    `${moment(points[index]?.x ?? 0)}: ${format(points[index]?.y ?? 0)}`;
  return {
    key: options.key,
    label: options.label,
    height: 160,
    items: () => points.map((_, index) => ({ dataset: 0, index, text: text(index) })),
    table: {
      head: [options.timeTitle, options.valueTitle],
      rows: () => points.map((point) => [moment(point.x), format(point.y)]),
    },
    draw: (): ChartConfiguration => ({
      type: 'line',
      data: {
        datasets: [
          {
            data: points.map(({ x, y }) => ({ x, y })),
            stepped: 'before' as const,
            pointRadius: 0,
            borderWidth: 1.5,
            borderColor: markColour(PLAIN),
            backgroundColor: canvasMix(markColour(PLAIN), 0.25),
            fill: 'origin',
          },
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: {
          x: axis('', timeTicks(start, end), { type: 'linear', min: start, max: end }),
          y: axis('', (value) => tidy(format(value)), { min: 0, ticks: { maxTicksLimit: 4 } }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: { title: () => '', label: (item: Line) => text(item.dataIndex) },
          },
        },
      },
    }),
  };
}

/** Bars side by side over categories: how many steps of which size. */
export function columnsChart(options: {
  key: string;
  label: string;
  categories: readonly string[];
  values: readonly number[];
  texts: readonly string[];
  categoryTitle: string;
  valueTitle: string;
  mark: Mark;
}): Figure {
  return {
    key: options.key,
    label: options.label,
    height: 150,
    items: () => options.texts.map((text, index) => ({ dataset: 0, index, text })),
    table: {
      head: [options.categoryTitle, options.valueTitle],
      rows: () =>
        options.categories.map((category, index) => [
          category,
          formatNumber(options.values[index]),
        ]),
    },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        labels: [...options.categories],
        datasets: [
          {
            data: [...options.values],
            backgroundColor: paint(options.mark, context),
            maxBarThickness: 24,
          },
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'index', intersect: false },
        scales: {
          x: axis(options.categoryTitle, undefined, { grid: { display: false } }),
          y: axis(options.valueTitle, numberTick, { min: 0, ticks: { maxTicksLimit: 4 } }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: {
              title: () => '',
              label: (item: Line) => options.texts[item.dataIndex] ?? '',
            },
          },
        },
      },
    }),
  };
}
