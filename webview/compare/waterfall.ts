/**
 * The change in GPU work as bars from the baseline's level to the current one,
 * each beginning where the one before ends. The axis shows the part where
 * something happens: it need not begin at zero, and says so.
 */
import type { Chart, ChartConfiguration, Plugin, TooltipItem } from 'chart.js';
import type { ComparisonDocument } from '../../src/analysis/compare';
import { formatShare, formatTime, shortenMiddle } from '../../src/profile/format';
import { t } from '../strings';
import { axis, base, font, foreground, quiet, timeTick, tooltip } from '../ui/chart-style';
import type { Figure } from '../ui/figure';
import { contentKey } from '../ui/figures';
import type { Mark } from '../ui/mark';
import { paint, themeColour } from '../ui/marks';
import { readableKernelName } from '../../src/profile/kernel-name';
import { signedTime } from './words';

const MORE: Mark = { colour: '--vscode-charts-red', pattern: 'solid' };
const LESS: Mark = { colour: '--vscode-charts-green', pattern: 'stripes' };
const LEVEL: Mark = { colour: '--vscode-charts-foreground', pattern: 'grid' };
const ROW = 26;
/** Of the width, for names. */
const NAMES = 0.36;
const NARROWEST_NAME = 16;
const CHARACTER = 0.56;
/** Room beside the largest bar for its figure. */
const ROOM = 0.22;

type Waterfall = ComparisonDocument['waterfall'];
type Bar = Waterfall['bars'][number];

interface Row {
  readonly label: string;
  /** In nanoseconds. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly mark: Mark;
  readonly kernel?: string;
}

export function waterfallFigure(
  { waterfall, per }: ComparisonDocument,
  pick: (kernel: string) => void,
): Figure {
  const rows = rowsOf(waterfall);
  const { min, max } = span(waterfall);
  const unit = per === 'step' ? t('per engine step') : t('over the whole run');
  const change = waterfall.to - waterfall.from;
  const said = ({ label, text }: Row): string => `${label}: ${text}`;
  return {
    key: contentKey(waterfall, 'waterfall'),
    label: t(
      'What changed the GPU work {0}: {1} in all, from {2} to {3}.',
      unit,
      signedTime(change),
      formatTime(waterfall.from * 1e6),
      formatTime(waterfall.to * 1e6),
    ),
    height: rows.length * ROW + 34,
    legend: [
      { label: t('more'), mark: MORE },
      { label: t('less'), mark: LESS },
      { label: t('all GPU work'), mark: LEVEL },
    ],
    items: () =>
      rows.map((row, index) => ({
        dataset: 0,
        index,
        text: said(row),
        ...(row.kernel !== undefined && { run: () => pick(row.kernel!) }),
      })),
    table: {
      head: [t('Cause'), t('Change'), t('Of the change'), t('From'), t('To')],
      rows: () =>
        waterfall.bars.map((bar) => [
          barLabel(bar),
          signedTime(bar.delta),
          change === 0 ? '' : formatShare(bar.delta / change),
          formatTime(bar.start * 1e6),
          formatTime(bar.end * 1e6),
        ]),
    },
    draw: (context): ChartConfiguration => ({
      type: 'bar',
      data: {
        labels: rows.map(({ label }) => label),
        datasets: [
          {
            data: rows.map(({ start, end }) => [Math.max(min, start), end] as [number, number]),
            backgroundColor: rows.map(({ mark }) => paint(mark, context)),
            borderColor: rows.map(({ mark }) => themeColour(mark.colour)),
            borderWidth: 1,
            borderSkipped: false,
            minBarLength: 2,
            categoryPercentage: 0.9,
            barPercentage: 0.8,
          },
        ],
      },
      options: {
        ...base(),
        indexAxis: 'y',
        interaction: { mode: 'nearest', axis: 'y', intersect: false },
        scales: {
          x: axis(
            min > 0
              ? t('GPU work {0}; the axis does not begin at zero', unit)
              : t('GPU work {0}', unit),
            timeTick,
            { min, max, ticks: { maxTicksLimit: 6 } },
          ),
          y: axis('', undefined, {
            grid: { display: false },
            afterFit: (scale: { width: number; chart: Chart }) => {
              scale.width = Math.min(scale.chart.width * NAMES, 340);
            },
            ticks: {
              autoSkip: false,
              callback(this: { chart: Chart }, _value: unknown, index: number) {
                const width = Math.min(this.chart.width * NAMES, 340) - 16;
                const letters = Math.floor(width / (font().size * CHARACTER));
                return shortenMiddle(rows[index]?.label ?? '', Math.max(NARROWEST_NAME, letters));
              },
            },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: {
              title: (items: TooltipItem<'bar'>[]) =>
                shortenMiddle(rows[items[0]?.dataIndex ?? 0]?.label ?? '', 120),
              label: (item: TooltipItem<'bar'>) => rows[item.dataIndex]?.text ?? '',
            },
          },
        },
      },
      plugins: [figuresBeside(rows)],
    }),
  };
}

function rowsOf({ from, to, bars }: Waterfall): readonly Row[] {
  const level = (label: string, ms: number): Row => ({
    label,
    start: 0,
    end: ms * 1e6,
    text: formatTime(ms * 1e6),
    mark: LEVEL,
  });
  return [
    level(t('Baseline'), from),
    ...bars.map((bar) => ({
      label: barLabel(bar),
      start: bar.start * 1e6,
      end: bar.end * 1e6,
      text: signedTime(bar.delta),
      mark: bar.delta > 0 ? MORE : LESS,
      ...(bar.kind === 'kernel' && { kernel: bar.label }),
    })),
    level(t('Current'), to),
  ];
}

export function barLabel({ kind, label, kernels }: Bar): string {
  switch (kind) {
    case 'kernel':
      return readableKernelName(label);
    case 'others':
      return t('{0} other kernels', kernels);
    case 'copies':
      return t('Copies and fills');
    case 'unlisted':
      return t('Work not listed by kernel');
  }
}

/** From below the lowest level that a bar reaches, with room for figures on the right. */
function span({ from, to, bars }: Waterfall): { readonly min: number; readonly max: number } {
  const levels = [from, to, ...bars.flatMap(({ start, end }) => [start, end])].map(
    (ms) => ms * 1e6,
  );
  const low = Math.min(...levels);
  const high = Math.max(...levels);
  const wide = Math.max(high - low, high * 0.01);
  // Where the change is a good part of it all, all of it is shown.
  const min = wide > high * 0.4 ? 0 : Math.max(0, low - wide * 0.25);
  return { min, max: high + (high - min) * ROOM };
}

/** Each change in figures, right of its bar, and lines from one level to the next. */
function figuresBeside(rows: readonly Row[]): Plugin {
  return {
    id: 'figures',
    afterDatasetsDraw: (chart) => {
      const { ctx: pen } = chart;
      const { data } = chart.getDatasetMeta(0);
      const { family, size } = font();
      const x = chart.scales['x'];
      if (!x) return;
      pen.save();
      pen.font = `${size}px ${family}`;
      pen.textBaseline = 'middle';
      rows.forEach((row, at) => {
        const bar = data[at];
        if (!bar) return;
        const right = x.getPixelForValue(Math.max(row.start, row.end));
        pen.fillStyle = foreground();
        pen.fillText(row.text, right + 6, bar.y);
        const next = data[at + 1];
        if (!next) return;
        const level = Math.round(x.getPixelForValue(row.end)) + 0.5;
        pen.strokeStyle = quiet();
        pen.setLineDash([2, 3]);
        pen.beginPath();
        pen.moveTo(level, bar.y);
        pen.lineTo(level, next.y);
        pen.stroke();
        pen.setLineDash([]);
      });
      pen.restore();
    },
  };
}
