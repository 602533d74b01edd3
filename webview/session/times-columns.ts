/** Columns of how long something took: percentiles, all in one unit. */
import type { Times } from '../../src/analysis/session/latency';
import { t } from '../strings';
import type { Column } from '../ui/cells';

type Summary = 'p50' | 'p95' | 'p99' | 'max' | 'mean';

export const timesColumns = <Row extends { readonly times?: Times }>(
  names: readonly Summary[],
  width: number,
): readonly Column<Row>[] =>
  names.map((name) => ({
    id: name,
    title: titleOf(name),
    kind: 'time',
    unitGroup: 'times',
    width,
    value: ({ times }) => times?.[name],
  }));

function titleOf(name: Summary): string {
  switch (name) {
    case 'p50':
      return t('p50');
    case 'p95':
      return t('p95');
    case 'p99':
      return t('p99');
    case 'max':
      return t('Max');
    case 'mean':
      return t('Mean');
  }
}
