/** From the answer to what is drawn: a dot a kernel under its roofs, or by how busy memory and SMs were. */
import type { Bound } from '../../../src/analysis/ncu/bound';
import type { Roof } from '../../../src/analysis/ncu/roofs';
import type { NcuRoofline, NcuRooflinePoint, NcuThroughputPoint } from '../../../src/protocol/ncu';
import {
  formatBandwidth,
  formatBytes,
  formatNumber,
  formatOperations,
  formatShare,
  formatTime,
} from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { tidy } from '../../ui/chart-style';
import type { LegendEntry } from '../../ui/figure';
import { componentLabel, componentMark, COMPONENTS } from '../../ui/marks';
import type { ColourBy, NcuState, SizeBy } from '../state';
import { boundLabel, boundMark, roofLabel, shortName } from '../words';
import { weightLabel } from './columns';
import { boundShape, radius, rooflineScene, throughputScene, type Dot, type Scene } from './scene';

/** Below this share of both peaks a kernel waits more than it works; as the analysis has it. */
const BUSY = 0.6;

type AnyPoint = NcuRooflinePoint | NcuThroughputPoint;
type Look = Pick<NcuState, 'colourBy' | 'level' | 'hidden' | 'zoom'> & { readonly sizeBy: SizeBy };

export const roofText = (roof: Roof): string =>
  `${roofLabel(roof.name)} ${roof.kind === 'memory' ? formatBandwidth(roof.ceiling) : formatOperations(roof.ceiling)}`;

export function roofSource(roof: Roof): string {
  switch (roof.source) {
    case 'measured':
      return t('measured');
    case 'inferred':
      return t('inferred from the share of peak');
    case 'table':
      return t('data sheet, at this clock');
  }
}

function dotsOf<Row extends AnyPoint>(
  points: readonly Row[],
  look: Look,
  place: (point: Row) => Pick<Dot, 'x' | 'y'> & { readonly says: readonly string[] },
): readonly Dot[] {
  const largest = points.reduce((n, { weights }) => Math.max(n, weights[look.sizeBy] ?? 0), 0);
  return points.map((point) => {
    const weight = point.weights[look.sizeBy];
    const { x, y, says } = place(point);
    return {
      key: point.key,
      x,
      y,
      radius: radius(weight, largest),
      shape: boundShape(point.bound),
      mark: look.colourBy === 'bound' ? boundMark(point.bound) : componentMark(point.component),
      label: shortName(point.name),
      text: [
        ...says,
        t('held by: {0}', boundLabel(point.bound)),
        `${weightLabel(look.sizeBy)}: ${formatShare(weight)}`,
        `${componentLabel(point.component)}, ${plural(point.launches, '{0} launch', '{0} launches', point.launches)}`,
      ],
    };
  });
}

export function sceneOf(result: NcuRoofline, look: Look): Scene {
  const dots = dotsOf(result.points, look, (point) => ({
    x: point.intensity,
    y: point.performance,
    says: [
      t('{0} at {1} FLOP/byte', formatOperations(point.performance), formatNumber(point.intensity)),
      point.nearest
        ? t('{0} of the {1} roof', formatShare(point.nearest.share), roofLabel(point.nearest.name))
        : t('no roof known for {0}', roofLabel(point.precision)),
      `${formatTime(point.duration)}, ${formatBytes(point.bytes)}`,
    ],
  }));
  return rooflineScene({
    roofs: result.roofs,
    level: look.level,
    hidden: look.hidden,
    used: new Set(result.points.map(({ precision }) => precision)),
    dots,
    range: look.zoom,
    label: roofText,
    ridgeLabel: (intensity) => t('ridge {0}', formatNumber(intensity)),
    x: {
      title: t('Arithmetic intensity: FLOP per byte of {0} traffic', look.level.toUpperCase()),
      tick: (value) => tidy(formatNumber(value)),
    },
    y: { title: t('Performance'), tick: (value) => tidy(formatOperations(value)) },
  });
}

export function throughputSceneOf(result: NcuRoofline, look: Look): Scene {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  return throughputScene({
    dots: dotsOf(result.throughput, look, (point) => ({
      x: point.memory,
      y: point.compute,
      says: [
        t(
          'memory {0}, SM {1} of their peaks',
          formatShare(point.memory),
          formatShare(point.compute),
        ),
        formatTime(point.duration),
      ],
    })),
    busy: BUSY,
    busyLabel: t('below {0} of both: latency', percent(BUSY)),
    range: look.zoom,
    x: { title: t('Memory throughput, of peak (not a roofline)'), tick: percent },
    y: { title: t('SM throughput, of peak'), tick: percent },
  });
}

/** Colours; the shapes of what holds a kernel are told in words beside them. */
export function legendOf(points: readonly AnyPoint[], colourBy: ColourBy): readonly LegendEntry[] {
  if (colourBy === 'bound') {
    return (['memory', 'compute', 'latency', 'unknown'] as const)
      .filter((bound) => points.some((point) => point.bound === bound))
      .map((bound) => ({ label: shapedLabel(bound), mark: boundMark(bound) }));
  }
  return COMPONENTS.filter((component) =>
    points.some((point) => point.component === component),
  ).map((component) => ({ label: componentLabel(component), mark: componentMark(component) }));
}

const SIGNS: Readonly<Record<Bound, string>> = {
  memory: '●',
  compute: '■',
  latency: '▲',
  unknown: '✕',
};
export const shapedLabel = (bound: Bound): string => `${SIGNS[bound]} ${boundLabel(bound)}`;
