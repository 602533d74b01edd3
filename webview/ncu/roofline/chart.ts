/** A scene on a canvas. */
import type { Chart, ChartConfiguration, Plugin, TooltipItem } from 'chart.js';
import { axis, base, font, foreground, ground, quiet, tooltip } from '../../ui/chart-style';
import type { Figure, LegendEntry } from '../../ui/figure';
import { paint, themeColour } from '../../ui/marks';
import { placeLabels } from './labels';
import { clip, projection, ticks, type Axis, type Scene } from './scene';

/** Of smaller dots a pattern would leave nothing to see; their shapes tell them apart. */
const PATTERNED = 8;

export interface SceneFigure {
  readonly key: string;
  readonly label: string;
  readonly height: number;
  readonly scene: Scene;
  readonly legend: readonly LegendEntry[];
  readonly table: Figure['table'];
  /** Key of the dot that is selected. */
  readonly selected?: string;
  readonly pick: (key: string) => void;
  readonly box: NonNullable<Figure['box']>;
}

export function sceneFigure(options: SceneFigure): Figure {
  const { scene, selected } = options;
  const { dots } = scene;
  return {
    key: options.key,
    label: options.label,
    height: options.height,
    legend: options.legend,
    table: options.table,
    box: options.box,
    parts: {
      id: (_dataset, index) => dots[index]?.key,
      find: (id) => {
        const index = dots.findIndex((dot) => dot.key === id);
        return index < 0 ? undefined : { dataset: 0, index };
      },
    },
    items: () =>
      dots
        .map((dot, index) => ({
          dataset: 0,
          index,
          x: dot.x,
          text: dot.text.join(', '),
          run: () => options.pick(dot.key),
        }))
        .sort((a, b) => a.x - b.x),
    draw: (context): ChartConfiguration => ({
      type: 'scatter',
      data: {
        datasets: [
          {
            data: dots.map(({ x, y }) => ({ x, y })),
            pointStyle: dots.map(({ shape }) => shape),
            pointRadius: dots.map((dot) => dot.radius),
            pointHoverRadius: dots.map((dot) => dot.radius + 2),
            pointBackgroundColor: dots.map(({ mark, radius }) =>
              radius < PATTERNED ? themeColour(mark.colour) : paint(mark, context),
            ),
            // A cross is nothing but its border.
            pointBorderColor: dots.map((dot) =>
              dot.shape === 'crossRot'
                ? themeColour(dot.mark.colour)
                : dot.key === selected
                  ? foreground()
                  : ground(),
            ),
            pointBorderWidth: dots.map((dot) =>
              dot.key === selected || dot.shape === 'crossRot' ? 2 : 1,
            ),
            pointHoverBorderColor: themeColour('--vscode-focusBorder', '--vscode-foreground'),
            pointHoverBorderWidth: 2,
          },
        ],
      },
      options: {
        ...base(),
        interaction: { mode: 'nearest', intersect: true },
        scales: { x: scaleOf(scene, scene.x), y: scaleOf(scene, scene.y) },
        plugins: {
          tooltip: {
            ...tooltip(),
            displayColors: false,
            callbacks: {
              title: (items: TooltipItem<'scatter'>[]) =>
                dots[items[0]?.dataIndex ?? 0]?.label ?? '',
              label: (item: TooltipItem<'scatter'>) => [...(dots[item.dataIndex]?.text ?? [])],
            },
          },
        },
      },
      plugins: [roofsPlugin(scene, selected)],
    }),
  };
}

function scaleOf(scene: Scene, of: Axis): object {
  return axis(of.title, of.tick, {
    type: scene.scale,
    min: of.min,
    max: of.max,
    afterBuildTicks: (scale: { ticks: unknown }) => {
      scale.ticks = ticks(scene.scale, of).map((value) => ({ value }));
    },
    ticks: { autoSkip: true, autoSkipPadding: 16 },
  });
}

/** Lines under the dots, words over them. */
function roofsPlugin(scene: Scene, selected: string | undefined): Plugin {
  const pixels = (chart: Chart) => projection(scene, chart.chartArea);
  return {
    id: 'roofs',
    beforeDatasetsDraw: (chart) => {
      const { ctx: pen, chartArea: area } = chart;
      const project = pixels(chart);
      pen.save();
      for (const { from, to, strong } of scene.lines) {
        const seen = clip(project(from), project(to), area);
        if (!seen) continue;
        pen.strokeStyle = strong ? foreground() : quiet();
        pen.lineWidth = strong ? 1.5 : 1;
        pen.setLineDash(strong ? [] : [5, 4]);
        pen.beginPath();
        pen.moveTo(...seen[0]);
        pen.lineTo(...seen[1]);
        pen.stroke();
      }
      pen.fillStyle = foreground();
      for (const { at } of scene.ridges) {
        const [x, y] = project(at);
        if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
        pen.beginPath();
        pen.arc(x, y, 2.5, 0, 2 * Math.PI);
        pen.fill();
      }
      pen.restore();
    },
    afterDatasetsDraw: (chart) => {
      const { ctx: pen } = chart;
      const { family, size } = font();
      pen.save();
      pen.font = `${size}px ${family}`;
      pen.textBaseline = 'middle';
      const type = { size, width: (text: string) => pen.measureText(text).width };
      for (const { text, at, angle, kind } of placeLabels(scene, chart.chartArea, type)) {
        pen.save();
        pen.translate(...at);
        pen.rotate(angle);
        // Lines of the grid run below the words.
        pen.lineWidth = 4;
        pen.lineJoin = 'round';
        pen.strokeStyle = ground();
        pen.strokeText(text, 0, 0);
        pen.fillStyle = kind === 'dot' ? foreground() : quiet();
        pen.fillText(text, 0, 0);
        pen.restore();
      }
      const dot = scene.dots.find(({ key }) => key === selected);
      if (dot) {
        const [x, y] = pixels(chart)([dot.x, dot.y]);
        pen.strokeStyle = foreground();
        pen.lineWidth = 1.5;
        pen.beginPath();
        pen.arc(x, y, dot.radius + 5, 0, 2 * Math.PI);
        pen.stroke();
      }
      pen.restore();
    },
  };
}
