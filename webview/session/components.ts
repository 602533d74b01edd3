/** Encoder and decoder, in the steps in which the encoder runs. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ComponentSplit } from '../../src/analysis/session/latency';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { contentKey, stackedBars } from '../ui/figures';
import { section } from '../ui/parts';
import { SessionView } from './session-view';
import { timesColumns } from './times-columns';
import { markOf } from './words';

type Split = Result<'sessionComponents'>;

@customElement('pm-session-components')
export class ComponentsView extends SessionView {
  protected readonly view = 'components';
  private readonly columns = splitColumns();

  protected override render(): unknown {
    const query = this.ask('sessionComponents', { scope: this.app.scope });
    return this.page<Split>(query, answer, (value) => this.renderBody(value));
  }

  private renderBody(value: Split): TemplateResult {
    const { app } = this;
    return html`${section(t('Where the time of these steps goes'), this.figure(this.bars(value)), {
      note: t('of the steps in which the encoder ran; all other steps are the decoder’s alone'),
    })}
    ${section(
      t('Components'),
      html`<pm-table
        .app=${app}
        name="sessionComponents"
        label=${t('Encoder and decoder')}
        .columns=${this.columns}
        .source=${this.local('components', value, this.columns)}
        .rowKey=${(row: ComponentSplit) => `${row.component} ${row.timing}`}
        .maxRows=${12}
        .exported=${this.exported('sessionComponents')}
      ></pm-table>`,
    )}`;
  }

  private bars(value: Split) {
    const timings = [...new Set(value.map(({ timing }) => timing))];
    const names = [...new Set(value.map(({ component }) => component))];
    return stackedBars({
      key: contentKey(value),
      label: t('Time of encoder and decoder.'),
      rowTitle: t('Time of'),
      rows: timings.map((timing) => ({ label: timing === 'host' ? t('host') : t('GPU') })),
      format: formatTime,
      series: names.map((name, index) => ({
        label: name,
        mark: markOf(index),
        values: timings.map(
          (timing) =>
            value.find((one) => one.component === name && one.timing === timing)?.times.total ?? 0,
        ),
      })),
    });
  }
}

function answer(value: Split): string {
  const encoder = value.find(({ component }) => component.startsWith('encoder'));
  if (!encoder) return t('The encoder did not run.');
  return t(
    'The encoder takes {0} of the steps it runs in: {1} times, p50 {2}, p99 {3}.',
    formatShare(encoder.share),
    formatCount(encoder.times.count),
    formatTime(encoder.times.p50),
    formatTime(encoder.times.p99),
  );
}

const splitColumns = (): readonly Column<ComponentSplit>[] => [
  {
    id: 'component',
    title: t('Component'),
    kind: 'text',
    width: 160,
    grow: true,
    value: (row) => row.component,
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of the steps in which the encoder ran.'),
    kind: 'share',
    width: 130,
    value: (row) => row.share,
  },
  { id: 'count', title: t('Times'), kind: 'count', width: 90, value: (row) => row.times.count },
  ...timesColumns(['p50', 'p95', 'p99'], 90),
  { id: 'total', title: t('Total'), kind: 'time', width: 90, value: (row) => row.times.total },
  {
    id: 'timing',
    title: t('Time of'),
    kind: 'text',
    width: 90,
    value: (row) => (row.timing === 'host' ? t('host') : t('GPU')),
  },
];
