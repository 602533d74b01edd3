/** Where each kernel stood under its roofs, and where it stands now. */
import type { Chart, ChartConfiguration, Plugin } from 'chart.js';
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { DocumentRoofline } from '../../src/analysis/compare';
import type { MemoryLevel } from '../../src/analysis/ncu/roofs';
import {
  formatCount,
  formatNumber,
  formatOperations,
  formatShare,
  formatTime,
} from '../../src/profile/format';
import { plural, t } from '../strings';
import { sceneFigure } from '../ncu/roofline/chart';
import { roofText } from '../ncu/roofline/figure';
import { projection, rooflineScene, type Dot, type Range, type Scene } from '../ncu/roofline/scene';
import { roofLabel, shortName } from '../ncu/words';
import { kernelName } from '../ui/cell-parts';
import type { Column } from '../ui/cells';
import { foreground, tidy } from '../ui/chart-style';
import { choices } from '../ui/controls';
import '../ui/data-table';
import '../ui/figure';
import type { Figure } from '../ui/figure';
import { contentKey } from '../ui/figures';
import type { Mark } from '../ui/mark';
import { componentLabel, componentMark, COMPONENTS } from '../ui/marks';
import { emptyState } from '../ui/parts';
import { View } from '../views/view';
import type { CompareApp } from './app';
import { changeText, kindLabel } from './words';

type Arrow = DocumentRoofline['arrows'][number];
type Point = NonNullable<Arrow['to']>;

const NOW_RADIUS = 7;
const BEFORE_RADIUS = 4;
const HEAD = 8;
const BEFORE: Mark = { colour: '--vscode-charts-foreground', pattern: 'solid' };
const FROM = 'from ';
const HEIGHT = 440;

@customElement('pm-compare-roofline')
export class ComparedRooflineView extends View<CompareApp> {
  @state() private zoom?: Range;

  protected override render(): unknown {
    const { app } = this;
    const { comparison } = app;
    if (!comparison) return nothing;
    const all = comparison.rooflines ?? [];
    const shown = all.find(({ level }) => level === app.state.level) ?? all[0];
    if (!shown) {
      return html`<div class="view">
        ${emptyState(app, {
          why:
            comparison.rooflines === null
              ? t(
                  'No Nsight Compute results on both sides. Results beside a run (NAME.ncu.csv, or in its folder), or linked with it, are set side by side.',
                )
              : t(
                  'The Nsight Compute results of the two sides have no operations counted at a level that both share.',
                ),
          remedy: 'ncu --set roofline',
        })}
      </div>`;
    }
    return html`<div class="view">
      <p>${sentence(shown)}</p>
      ${
        all.length > 1
          ? choices<MemoryLevel>(
              t('Memory level'),
              shown.level,
              all.map(({ level }) => [level, level.toUpperCase()] as const),
              (level) => {
                this.zoom = undefined;
                app.update({ level });
              },
            )
          : nothing
      }
      <pm-figure .figure=${this.figureOf(shown)}></pm-figure>
      ${this.renderTable(shown)} ${shown.notes.map((note) => html`<p class="quiet">${note}</p>`)}
    </div>`;
  }

  private figureOf(shown: DocumentRoofline): Figure {
    const { app, zoom } = this;
    const { arrows, level } = shown;
    const scene = sceneOf(shown, zoom);
    const figure = sceneFigure({
      key: contentKey(shown, 'compared roofline', zoom, app.table('comparedPoints').selected),
      label: t(
        'Roofline at the level of {0}: {1} kernels, before and now.',
        level.toUpperCase(),
        arrows.length,
      ),
      height: HEIGHT,
      scene,
      legend: [
        { label: t('before'), mark: BEFORE },
        ...COMPONENTS.filter((component) =>
          arrows.some(({ to }) => to?.component === component),
        ).map((component) => ({
          label: componentLabel(component),
          mark: componentMark(component),
        })),
      ],
      table: {
        head: [t('Kernel'), t('Before'), t('Now'), t('Of its roof before'), t('Of its roof now')],
        rows: () =>
          arrows.map(({ name, from, to }) => [
            name,
            placeText(from),
            placeText(to),
            formatShare(from?.nearest?.share),
            formatShare(to?.nearest?.share),
          ]),
      },
      selected: app.table('comparedPoints').selected,
      pick: (key) => app.setTable('comparedPoints', { selected: key.replace(FROM, '') }),
      box: {
        hint: t('Drag to zoom; double click, or the key 0, shows everything.'),
        select: (x, y) => (this.zoom = { x, y }),
        reset: () => (this.zoom = undefined),
      },
    });
    return {
      ...figure,
      draw: (context): ChartConfiguration => {
        const config = figure.draw(context);
        return { ...config, plugins: [...(config.plugins ?? []), arrowsPlugin(scene, arrows)] };
      },
    };
  }

  private renderTable({ arrows }: DocumentRoofline): TemplateResult {
    const columns = arrowColumns();
    return html`<pm-table
      .app=${this.app}
      name="comparedPoints"
      label=${t('Kernels on the roofline')}
      .columns=${columns}
      .source=${this.local('points', arrows, columns)}
      .rowKey=${(row: Arrow) => row.name}
      .allRows=${() => arrows}
      maxRows="14"
      .tools=${html``}
    ></pm-table>`;
  }
}

const placeText = (point: Point | null): string =>
  point === null
    ? ''
    : t('{0} at {1} FLOP/byte', formatOperations(point.performance), formatNumber(point.intensity));

/** What most kernels did, and which one most. */
function sentence({ arrows }: DocumentRoofline): string {
  const moved = arrows.filter((arrow) => arrow.from !== null && arrow.to !== null);
  const ratio = ({ from, to }: Arrow): number => to!.performance / from!.performance;
  const slower = moved.filter((arrow) => ratio(arrow) < 1).sort((a, b) => ratio(a) - ratio(b));
  const [first] = slower;
  const says = plural(
    moved.length,
    '{0} kernel was measured on both sides.',
    '{0} kernels were measured on both sides.',
    formatCount(moved.length),
  );
  if (!first) return `${says} ${t('None computes slower than before.')}`;
  return `${says} ${plural(
    slower.length,
    '{0} computes slower than before: {1}, {2} → {3}.',
    '{0} compute slower than before; most of all {1}: {2} → {3}.',
    formatCount(slower.length),
    shortName(first.name, 60),
    formatOperations(first.from!.performance),
    formatOperations(first.to!.performance),
  )}`;
}

function sceneOf({ arrows, roofs, level }: DocumentRoofline, range: Range | undefined): Scene {
  const dot = (point: Point, key: string, now: boolean): Dot => ({
    key,
    x: point.intensity,
    y: point.performance,
    radius: now ? NOW_RADIUS : BEFORE_RADIUS,
    shape: 'circle',
    mark: now ? componentMark(point.component) : BEFORE,
    label: now ? shortName(point.name) : '',
    text: [
      now ? t('now') : t('before'),
      placeText(point),
      point.nearest
        ? t('{0} of the {1} roof', formatShare(point.nearest.share), roofLabel(point.nearest.name))
        : t('no roof known for {0}', roofLabel(point.precision)),
      formatTime(point.duration),
    ],
  });
  const points = arrows.flatMap(({ from, to }) => [from, to]).filter((point) => point !== null);
  return rooflineScene({
    roofs,
    level,
    hidden: [],
    used: new Set(points.map(({ precision }) => precision)),
    dots: arrows.flatMap(({ name, from, to }) => [
      ...(to ? [dot(to, name, true)] : []),
      ...(from ? [dot(from, FROM + name, false)] : []),
    ]),
    range,
    label: roofText,
    ridgeLabel: (intensity) => t('ridge {0}', formatNumber(intensity)),
    x: {
      title: t('Arithmetic intensity: FLOP per byte of {0} traffic', level.toUpperCase()),
      tick: (value) => tidy(formatNumber(value)),
    },
    y: { title: t('Performance'), tick: (value) => tidy(formatOperations(value)) },
  });
}

function arrowsPlugin(scene: Scene, arrows: readonly Arrow[]): Plugin {
  return {
    id: 'arrows',
    beforeDatasetsDraw: (chart: Chart) => {
      const { ctx: pen, chartArea: area } = chart;
      const project = projection(scene, area);
      pen.save();
      pen.beginPath();
      pen.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
      pen.clip();
      pen.strokeStyle = pen.fillStyle = foreground();
      pen.lineWidth = 1.2;
      for (const { from, to } of arrows) {
        if (!from || !to) continue;
        const [x0, y0] = project([from.intensity, from.performance]);
        const [x1, y1] = project([to.intensity, to.performance]);
        const length = Math.hypot(x1 - x0, y1 - y0);
        // Of what hardly moved the dots say all.
        if (length < NOW_RADIUS + HEAD) continue;
        const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
        const [tipX, tipY] = [x1 - dx * (NOW_RADIUS + 1), y1 - dy * (NOW_RADIUS + 1)];
        pen.beginPath();
        pen.moveTo(x0, y0);
        pen.lineTo(tipX - dx * HEAD, tipY - dy * HEAD);
        pen.stroke();
        pen.beginPath();
        pen.moveTo(tipX, tipY);
        pen.lineTo(tipX - dx * HEAD - dy * HEAD * 0.45, tipY - dy * HEAD + dx * HEAD * 0.45);
        pen.lineTo(tipX - dx * HEAD + dy * HEAD * 0.45, tipY - dy * HEAD - dx * HEAD * 0.45);
        pen.closePath();
        pen.fill();
      }
      pen.restore();
    },
  };
}

function arrowColumns(): readonly Column<Arrow>[] {
  const change = ({ from, to }: Arrow): number | undefined =>
    from && to ? (to.performance / from.performance - 1) * 100 : undefined;
  return [
    {
      id: 'name',
      title: t('Kernel'),
      kind: 'text',
      width: 240,
      grow: true,
      value: (row) => row.name,
      display: (row) => kernelName(row.name),
    },
    {
      id: 'kind',
      title: t('Kind'),
      kind: 'text',
      width: 84,
      value: (row) => kindLabel(row.kind),
    },
    {
      id: 'performanceBefore',
      title: t('Before'),
      kind: 'operations',
      width: 110,
      value: (row) => row.from?.performance,
    },
    {
      id: 'performance',
      title: t('Now'),
      kind: 'operations',
      width: 110,
      value: (row) => row.to?.performance,
    },
    {
      id: 'change',
      title: t('Change'),
      kind: 'number',
      width: 80,
      value: change,
      display: (row) => html`<span class="clip">${changeText(change(row))}</span>`,
    },
    {
      id: 'intensityBefore',
      title: t('FLOP/byte before'),
      kind: 'number',
      width: 140,
      value: (row) => row.from?.intensity,
    },
    {
      id: 'intensity',
      title: t('FLOP/byte now'),
      kind: 'number',
      width: 124,
      value: (row) => row.to?.intensity,
    },
    {
      id: 'roofBefore',
      title: t('Of its roof before'),
      kind: 'share',
      width: 130,
      value: (row) => row.from?.nearest?.share,
    },
    {
      id: 'roof',
      title: t('Of its roof now'),
      kind: 'share',
      width: 124,
      value: (row) => row.to?.nearest?.share,
    },
  ];
}
