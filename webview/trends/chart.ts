/** A trend on a canvas. */
import type { Chart, ChartConfiguration, Plugin, TooltipItem } from 'chart.js';
import { t } from '../strings';
import { axis, base, font, foreground, ground, quiet, tidy, tooltip } from '../ui/chart-style';
import type { Figure } from '../ui/figure';
import { markColour, type Mark } from '../ui/marks';
import { tableHead, type TrendScene } from './scene';

const LINE: Mark = { colour: '--vscode-charts-blue', pattern: 'solid' };
const WORSE: Mark = { colour: '--vscode-charts-red', pattern: 'solid' };
const BETTER: Mark = { colour: '--vscode-charts-green', pattern: 'solid' };
const HEIGHT = 180;
const MARK_ROOM = 62;

export function trendFigure(
  scene: TrendScene,
  key: string,
  standing: string,
  open: (run: string) => void,
): Figure {
  const { points, marks } = scene;
  return {
    key,
    label: `${scene.title}: ${standing}`,
    height: HEIGHT,
    items: () =>
      points.map(({ text, run }, index) => ({ dataset: 0, index, text, run: () => open(run) })),
    table: { head: tableHead(), rows: () => points.map(({ cells }) => cells) },
    draw: (): ChartConfiguration => ({
      type: 'line',
      data: {
        datasets: [
          {
            data: points.map(({ x, y }) => ({ x, y })),
            clip: 8,
            borderColor: markColour(LINE),
            backgroundColor: markColour(LINE),
            borderWidth: 1,
            pointRadius: points.map(({ baseline }) => (baseline ? 5 : 3)),
            // A run that is a baseline is a square, so that no colour tells it alone.
            pointStyle: points.map(({ baseline }) => (baseline ? 'rect' : 'circle')),
            pointHoverRadius: 6,
            pointHoverBorderColor: foreground(),
            pointHoverBorderWidth: 2,
          },
        ],
      },
      options: {
        ...base(),
        layout: { padding: { top: 16, right: 12, bottom: 0, left: 0 } },
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: {
          x: axis('', undefined, {
            type: 'linear',
            min: -0.5,
            max: Math.max(0.5, marks.length - 0.5),
            grid: { display: false },
            afterBuildTicks: (scale: { ticks: unknown; chart: Chart }) => {
              const room = Math.max(1, Math.floor(scale.chart.width / MARK_ROOM));
              const every = Math.max(1, Math.ceil(marks.length / room));
              scale.ticks = marks.flatMap((_, value) => (value % every === 0 ? [{ value }] : []));
            },
            ticks: {
              autoSkip: false,
              callback: (value: number | string) => marks[Number(value)] ?? '',
            },
          }),
          y: axis('', (value) => tidy(scene.tick(value)), {
            min: scene.min,
            max: scene.max,
            ticks: { maxTicksLimit: 5, includeBounds: false },
          }),
        },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: {
              title: () => '',
              label: (item: TooltipItem<'line'>) => points[item.dataIndex]?.text.split(', ') ?? '',
            },
          },
        },
      },
      plugins: [levelsPlugin(scene)],
    }),
  };
}

function levelsPlugin({ baseline, levels, changes }: TrendScene): Plugin {
  return {
    id: 'levels',
    beforeDatasetsDraw: ({ ctx: pen, chartArea: area, scales: { x, y } }) => {
      if (!x || !y) return;
      pen.save();
      pen.lineWidth = 1;
      if (baseline !== undefined) {
        const at = Math.round(y.getPixelForValue(baseline)) + 0.5;
        pen.strokeStyle = quiet();
        pen.setLineDash([6, 4]);
        pen.beginPath();
        pen.moveTo(area.left, at);
        pen.lineTo(area.right, at);
        pen.stroke();
        pen.setLineDash([]);
      }
      pen.strokeStyle = foreground();
      pen.lineWidth = 2;
      for (const level of levels) {
        const at = y.getPixelForValue(level.y);
        pen.beginPath();
        pen.moveTo(x.getPixelForValue(level.from) - 4, at);
        pen.lineTo(x.getPixelForValue(level.to) + 4, at);
        pen.stroke();
      }
      pen.restore();
    },
    afterDatasetsDraw: ({ ctx: pen, chartArea: area, scales: { x, y } }) => {
      if (!x || !y) return;
      const { family, size } = font();
      pen.save();
      pen.font = `${size}px ${family}`;
      /** Lines run below the words. */
      const write = (words: string, at: number, height: number, colour: string) => {
        pen.lineWidth = 4;
        pen.setLineDash([]);
        pen.strokeStyle = ground();
        pen.strokeText(words, at, height);
        pen.fillStyle = colour;
        pen.fillText(words, at, height);
        pen.lineWidth = 1;
      };
      if (baseline !== undefined) {
        pen.textAlign = 'right';
        write(t('baseline'), area.right - 2, y.getPixelForValue(baseline) - 5, quiet());
      }
      pen.textAlign = 'center';
      for (const { x: where, label, worse } of changes) {
        const at = Math.round(x.getPixelForValue(where)) + 0.5;
        pen.strokeStyle = markColour(worse ? WORSE : BETTER);
        pen.setLineDash(worse ? [] : [3, 3]);
        pen.beginPath();
        pen.moveTo(at, area.top);
        pen.lineTo(at, area.bottom);
        pen.stroke();
        // A word at the edge stays inside.
        const half = pen.measureText(label).width / 2 + 2;
        const middle = Math.min(area.right - half, Math.max(area.left + half, at));
        write(label, middle, area.top - 4, foreground());
      }
      pen.restore();
    },
  };
}
