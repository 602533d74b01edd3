/** The columns of a comparison's tables. Times are in nanoseconds, as all tables have them. */
import { html, nothing } from 'lit';
import type {
  CopySides,
  DocumentKernel,
  DocumentMetric,
  PhaseSides,
} from '../../src/analysis/compare';
import { t } from '../strings';
import { kernelName } from '../ui/cell-parts';
import type { Column } from '../ui/cells';
import { boundLabel } from '../ncu/words';
import { componentLabel, componentMark, phaseLabel, phaseMark, swatch } from '../ui/marks';
import {
  becauseLabel,
  changeText,
  intervalText,
  isComponent,
  kindLabel,
  metricLabel,
  metricValue,
  nanoseconds,
  verdictLabel,
} from './words';
import { verdictCell } from './verdict';

const ms = (value: number | null | undefined): number | undefined =>
  value === null || value === undefined ? undefined : value * 1e6;
const known = (value: number | null | undefined): number | undefined => value ?? undefined;

function kernelCell(row: DocumentKernel): unknown {
  const mark = isComponent(row.component) ? swatch(componentMark(row.component)) : nothing;
  return html`${mark}${kernelName(row.name)}`;
}

/**
 * @param renamed whether any kernel had another name before
 * @param launches whether Nsight Compute measured single launches
 */
export const kernelColumns = (
  renamed: boolean,
  launches: boolean,
): readonly Column<DocumentKernel>[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 280,
    grow: true,
    value: (row) => row.name,
    display: kernelCell,
  },
  {
    id: 'delta',
    title: t('Added'),
    hint: launches
      ? t('Time of the median launch: now less before.')
      : t('Time per engine step (per run, where there are no steps): now less before.'),
    kind: 'time',
    unitGroup: 'time',
    width: 90,
    value: (row) => ms(row.delta),
  },
  {
    id: 'change',
    title: t('Change'),
    kind: 'number',
    width: 80,
    value: (row) => known(row.time?.change),
    display: (row) => html`<span class="clip">${changeText(row.time?.change)}</span>`,
  },
  {
    id: 'baseline',
    title: t('Before'),
    kind: 'time',
    unitGroup: 'time',
    width: 84,
    value: (row) => ms(row.baseline?.ms),
  },
  {
    id: 'current',
    title: t('Now'),
    kind: 'time',
    unitGroup: 'time',
    width: 84,
    value: (row) => ms(row.current?.ms),
  },
  {
    id: 'interval',
    title: t('Interval'),
    hint: t('Of the change, where repeats measured the noise.'),
    kind: 'text',
    width: 170,
    hidden: true,
    sortable: false,
    value: (row) => intervalText(row.time?.interval ?? null),
  },
  ...(launches ? [verdictOfKernel(), ...launchColumns()] : callColumns()),
  {
    id: 'share',
    title: t('Share'),
    hint: launches
      ? t('Of the time of all profiled launches, on the side where it is larger.')
      : t('Of all GPU work, on the side where it is larger.'),
    kind: 'share',
    width: 110,
    value: (row) => row.share,
  },
  {
    id: 'kind',
    title: t('Kind'),
    kind: 'text',
    width: 84,
    hidden: launches && !renamed,
    value: (row) => kindLabel(row.kind),
  },
  {
    id: 'because',
    title: t('Why'),
    kind: 'text',
    width: 150,
    // A launch is slower or faster, and nothing else.
    hidden: launches,
    // Of what hardly changed there is nothing to explain.
    value: (row) =>
      row.time === null || row.verdict === 'within noise' ? '' : becauseLabel(row.because),
  },
  // Of a launch more is told than fits beside the explorer.
  ...(launches ? [] : [verdictOfKernel()]),
  {
    id: 'formerName',
    title: t('Was called'),
    kind: 'text',
    width: 220,
    hidden: !renamed,
    value: (row) => row.formerName ?? undefined,
    display: (row) => (row.formerName === null ? nothing : kernelName(row.formerName)),
  },
  {
    id: 'component',
    title: t('Component'),
    kind: 'text',
    width: 110,
    hidden: true,
    value: (row) => (isComponent(row.component) ? componentLabel(row.component) : undefined),
  },
];

const verdictOfKernel = (): Column<DocumentKernel> => ({
  id: 'verdict',
  title: t('Verdict'),
  kind: 'text',
  width: 128,
  value: (row) => verdictLabel(row.verdict),
  display: (row) => verdictCell(row.verdict),
});

function callColumns(): readonly Column<DocumentKernel>[] {
  return [
    {
      id: 'call',
      title: t('Per call'),
      hint: t('Change of the time of one call.'),
      kind: 'number',
      width: 80,
      value: (row) => known(row.call?.change),
      display: (row) => html`<span class="clip">${changeText(row.call?.change)}</span>`,
    },
    {
      id: 'callsBefore',
      title: t('Calls before'),
      kind: 'number',
      width: 104,
      value: (row) => row.baseline?.calls,
    },
    {
      id: 'calls',
      title: t('Calls now'),
      kind: 'number',
      width: 84,
      value: (row) => row.current?.calls,
    },
  ];
}

/** What Nsight Compute measured of a launch, on both sides. */
function launchColumns(): readonly Column<DocumentKernel>[] {
  const sides = sideColumns<DocumentKernel>(124);
  const hidden = (columns: readonly Column<DocumentKernel>[]) =>
    columns.map((column) => ({ ...column, hidden: true }));
  const share = (percent: number | null | undefined): number | undefined =>
    percent === null || percent === undefined ? undefined : percent / 100;
  return [
    ...sides('memory', t('Memory'), 'share', ({ launch }) => share(launch?.memoryPercent)),
    ...sides('compute', t('SMs'), 'share', ({ launch }) => share(launch?.computePercent)),
    ...(['baseline', 'current'] as const).map((side): Column<DocumentKernel> => ({
      id: `bound-${side}`,
      title: side === 'baseline' ? t('Held by, before') : t('Held by, now'),
      kind: 'text',
      width: 110,
      value: (row) => {
        const bound = row[side]?.launch?.bound;
        return bound && boundLabel(bound);
      },
    })),
    ...hidden([
      ...sides('occupancy', t('Occupancy'), 'share', ({ launch }) =>
        share(launch?.occupancyPercent),
      ),
      ...sides('launches', t('Launches'), 'number', ({ calls }) => calls),
    ]),
  ];
}

const change: Column<DocumentMetric> = {
  id: 'change',
  title: '',
  kind: 'number',
  width: 96,
  value: (row) => known(row.change),
  display: (row) => html`<span class="clip">${changeText(row.change, row.changeIn)}</span>`,
};

const verdictColumns = (): readonly Column<DocumentMetric>[] => [
  { ...change, title: t('Change') },
  {
    id: 'interval',
    title: t('Interval'),
    hint: t('Of the change, where repeats measured the noise.'),
    kind: 'text',
    width: 190,
    hidden: true,
    sortable: false,
    value: (row) => intervalText(row.interval, row.changeIn),
  },
  {
    id: 'verdict',
    title: t('Verdict'),
    kind: 'text',
    width: 128,
    value: (row) => verdictLabel(row.verdict),
    display: (row) => verdictCell(row.verdict),
  },
];

/** Metrics that are all times, so that one unit serves. */
export const timeColumns = (
  title: string,
  label: (row: DocumentMetric) => unknown = metricLabel,
): readonly Column<DocumentMetric>[] => [
  {
    id: 'name',
    title,
    kind: 'text',
    width: 116,
    grow: true,
    value: metricLabel,
    display: (row) => html`<span class="clip">${label(row)}</span>`,
  },
  {
    id: 'baseline',
    title: t('Before'),
    kind: 'time',
    unitGroup: 'time',
    width: 82,
    value: (row) => nanoseconds(row.baseline, row.unit),
  },
  {
    id: 'current',
    title: t('Now'),
    kind: 'time',
    unitGroup: 'time',
    width: 82,
    value: (row) => nanoseconds(row.current, row.unit),
  },
  ...verdictColumns(),
];

/** Metrics of all units, each with its own. */
export const metricColumns = (): readonly Column<DocumentMetric>[] => [
  {
    id: 'name',
    title: t('Figure'),
    kind: 'text',
    width: 220,
    grow: true,
    value: metricLabel,
  },
  {
    id: 'baseline',
    title: t('Before'),
    kind: 'number',
    width: 144,
    value: (row) => row.baseline,
    display: (row) => html`<span class="clip">${metricValue(row.baseline, row.unit)}</span>`,
  },
  {
    id: 'current',
    title: t('Now'),
    kind: 'number',
    width: 144,
    value: (row) => row.current,
    display: (row) => html`<span class="clip">${metricValue(row.current, row.unit)}</span>`,
  },
  ...verdictColumns(),
  {
    id: 'threshold',
    title: t('Threshold'),
    kind: 'number',
    width: 100,
    value: (row) => row.threshold,
    display: (row) =>
      html`<span class="clip">${changeText(row.threshold, row.changeIn).replace('+', '')}</span>`,
  },
  {
    id: 'gates',
    title: t('Decides'),
    hint: t('Whether the verdict on the whole rests on it.'),
    kind: 'text',
    width: 80,
    value: (row) => (row.gates ? t('yes') : t('no')),
  },
  {
    id: 'metric',
    title: t('Name'),
    hint: t('As in baseline files and --metric-threshold.'),
    kind: 'text',
    width: 220,
    hidden: true,
    value: (row) => row.name,
  },
];

/** Makes two columns of a figure that each side of a row has: before, and now. */
const sideColumns =
  <Row extends { readonly baseline: object | null; readonly current: object | null }>(
    width: number,
  ) =>
  (
    id: string,
    title: string,
    kind: Column<Row>['kind'],
    value: (side: NonNullable<Row['baseline'] | Row['current']>) => number | null | undefined,
  ): readonly Column<Row>[] =>
    (['baseline', 'current'] as const).map((side) => ({
      id: `${id}-${side}`,
      title: side === 'baseline' ? t('{0} before', title) : t('{0} now', title),
      kind,
      unitGroup: id,
      width,
      value: (row) => {
        const of = row[side];
        return of === null ? undefined : (value(of) ?? undefined);
      },
    }));

export const totalColumns = (): readonly Column<PhaseSides>[] => {
  const sides = sideColumns<PhaseSides>(110);
  return [
    {
      id: 'phase',
      title: t('Phase'),
      kind: 'text',
      width: 130,
      grow: true,
      value: (row) => phaseLabel(row.phase),
      display: (row) => html`${swatch(phaseMark(row.phase))}${phaseLabel(row.phase)}`,
    },
    ...sides('steps', t('Steps'), 'count', ({ steps }) => steps),
    ...sides('tokens', t('Tokens'), 'count', ({ tokens }) => known(tokens)),
    ...sides('busy', t('GPU busy'), 'time', ({ busyMs }) => ms(busyMs)),
    ...sides('idle', t('Idle'), 'time', ({ idleMs }) => ms(idleMs)),
  ];
};

export const copyColumns = (): readonly Column<CopySides>[] => {
  const sides = sideColumns<CopySides>(128);
  return [
    {
      id: 'operation',
      title: t('Operation'),
      kind: 'text',
      width: 180,
      grow: true,
      value: (row) => (row.pageable ? t('{0}, pageable', row.operation) : row.operation),
    },
    ...sides('ms', t('Time'), 'time', (side) => side.ms * 1e6),
    ...sides('count', t('Count'), 'number', ({ count }) => count),
    ...sides('bytes', t('Bytes'), 'bytes', ({ bytes }) => bytes),
  ];
};
