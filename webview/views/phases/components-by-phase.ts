/** Components of each phase as stacked bars: the same picture in two views. */
import type { PhaseBreakdown, PhaseRow } from '../../../src/analysis/phases';
import { formatNumber, formatTime } from '../../../src/profile/format';
import type { App } from '../../app';
import type { PhaseMeasure } from '../../state';
import { t } from '../../strings';
import type { Figure } from '../../ui/figure';
import { contentKey, stackedBars } from '../../ui/figures';
import { COMPONENTS, componentLabel, componentMark, phaseLabel } from '../../ui/marks';

/** What a phase's times are divided by; undefined where that is not known. */
export function divisor(row: PhaseRow, measure: PhaseMeasure): number | undefined {
  switch (measure) {
    case 'total':
      return 1;
    case 'step':
      return row.steps > 0 ? row.steps : undefined;
    case 'token': {
      const tokens = (row.contextTokens ?? 0) + (row.generationTokens ?? 0);
      return tokens > 0 ? tokens : undefined;
    }
  }
}

export function componentsByPhase(
  app: App,
  breakdown: PhaseBreakdown,
  measure: PhaseMeasure,
): Figure {
  const rows = breakdown.phases.filter(
    (row) => row.total > 0 && divisor(row, measure) !== undefined,
  );
  // Without steps there is one bar, and nothing it could be told apart from.
  const name = (row: PhaseRow) =>
    breakdown.missing === undefined ? phaseLabel(row.phase) : t('All work');
  const per = { total: '', step: t(' per step'), token: t(' per token') }[measure];
  const value = (row: PhaseRow, component: string) =>
    (row.components.find((one) => one.component === component)?.total ?? 0) /
    divisor(row, measure)!;
  return stackedBars({
    key: contentKey(breakdown, measure),
    label: t(
      'GPU time{0} of each component, by phase: {1}.',
      per,
      rows
        .map((row) => `${name(row)} ${formatTime(row.total / divisor(row, measure)!)}`)
        .join(', '),
    ),
    rowTitle: t('Phase'),
    rows: rows.map((row) => ({
      label: name(row),
      note: t(
        'In all{0}: {1}; steps: {2}',
        per,
        formatTime(row.total / divisor(row, measure)!),
        formatNumber(row.steps),
      ),
    })),
    format: (time) => (time === 0 ? '0' : formatTime(time)),
    series: COMPONENTS.map((component) => ({
      id: component,
      always: component === 'other',
      label: componentLabel(component),
      mark: componentMark(component),
      values: rows.map((row) => value(row, component)),
      pick: (row: number) =>
        app.showComponent(component, breakdown.missing ? {} : { phase: rows[row].phase }),
      run: () => app.showComponent(component),
    })),
  });
}
