/** Stretches of time in rows: what was when, for how long, and how often it was interrupted. */
import type { ChartConfiguration, TooltipItem } from 'chart.js';
import { axis, base, timeTicks, tooltip } from './chart-style';
import type { Figure } from './figure';
import { paint, type Mark } from './marks';

export interface SpanKind {
  readonly label: string;
  readonly mark: Mark;
}

export interface SpanRow {
  readonly label: string;
  readonly text: string;
  readonly cells: readonly string[];
  readonly spans: readonly {
    readonly kind: number;
    readonly start: number;
    readonly end: number;
  }[];
  readonly run?: () => void;
}

export function spansOverTime(options: {
  key: string;
  subject: string;
  label: string;
  start: number;
  end: number;
  kinds: readonly SpanKind[];
  rows: readonly SpanRow[];
  head: readonly string[];
  brush?: Figure['brush'];
}): Figure {
  const { kinds, rows, start, end } = options;
  const bars = kinds.map((_, kind) =>
    rows.flatMap((row, place) =>
      row.spans
        .filter((span) => span.kind === kind)
        .map((span) => ({
          x: [span.start, span.end] as [number, number],
          y: String(place),
          place,
        })),
    ),
  );
  const rowOf = (dataset: number, index: number): SpanRow | undefined =>
    rows[bars[dataset]?.[index]?.place];
  return {
    key: options.key,
    subject: options.subject,
    label: options.label,
    height: Math.min(560, 40 + rows.length * (rows.length > 60 ? 4 : 9)),
    legend: kinds.map(({ label, mark }) => ({ label, mark })),
    brush: options.brush,
    items: () =>
      rows.flatMap((row, place) => {
        const dataset = bars.findIndex((own) => own.some((bar) => bar.place === place));
        if (dataset < 0) return [];
        const index = bars[dataset].findIndex((bar) => bar.place === place);
        return [{ dataset, index, text: row.text, run: row.run }];
      }),
    table: { head: options.head, rows: () => rows.map(({ cells }) => cells) },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        labels: rows.map((_, place) => String(place)),
        datasets: kinds.map(({ label, mark }, kind) => ({
          label,
          data: bars[kind] as never,
          backgroundColor: paint(mark, context),
          grouped: false,
          barPercentage: 0.9,
          categoryPercentage: 1,
          minBarLength: 1,
        })),
      },
      options: {
        ...base(),
        indexAxis: 'y',
        interaction: { mode: 'nearest', intersect: true },
        scales: {
          x: axis('', timeTicks(start, end), { type: 'linear', min: start, max: end }),
          y: axis('', undefined, {
            type: 'category',
            grid: { display: false },
            ticks: { display: false },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            callbacks: {
              title: () => '',
              label: (item: TooltipItem<'bar'>) =>
                rowOf(item.datasetIndex, item.dataIndex)?.text.split(', ') ?? '',
            },
          },
        },
      },
    }),
  };
}
