/** Encoder and decoder, in the steps in which the encoder runs: a part of what the model takes. */
import { html } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ComponentSplit } from '../../src/analysis/session/latency';
import type { Recorded } from '../../src/analysis/session/recorded';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import { skeleton } from '../ui/controls';
import '../ui/data-table';
import { contentKey, stackedBars } from '../ui/figures';
import { section, warning } from '../ui/parts';
import { SessionView } from './session-view';
import { timesColumns } from './times-columns';
import { markOf } from './words';

type Split = Result<'sessionComponents'>;

@customElement('pm-session-components')
export class ComponentsView extends SessionView {
  protected readonly view = 'components';
  private readonly columns = splitColumns();

  protected override render(): unknown {
    return section(t('Encoder and decoder'), this.renderSplit(), {
      note: t('of the steps in which the encoder ran; all other steps are the decoder’s alone'),
    });
  }

  private renderSplit(): unknown {
    const { recorded } = this;
    if (!recorded) return skeleton(4);
    if (recorded.state !== 'recorded') return html`<p class="quiet">${whyNothing(recorded)}</p>`;
    const query = this.ask('sessionComponents', { scope: this.app.scope });
    const { value } = query;
    if (query.failure && !value) return warning(query.failure.message);
    if (!value) return skeleton(4);
    return html`<p>${answer(value)}</p>
      ${this.figure(this.bars(value))}
      <pm-table
        .app=${this.app}
        name="sessionComponents"
        label=${t('Encoder and decoder')}
        .columns=${this.columns}
        .source=${this.local('components', value, this.columns)}
        .rowKey=${(row: ComponentSplit) => `${row.component} ${row.timing}`}
        .maxRows=${12}
        .exported=${this.exported('sessionComponents')}
      ></pm-table>
      ${recorded.limits.map(({ statement }) => html`<p class="quiet">${statement}</p>`)}`;
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

/** Most models have no encoder, so that nothing is the rule here. */
function whyNothing({ state, variable, files }: Recorded): string {
  switch (state) {
    case 'off':
      return t('Not recorded, as its tracker was off: {0}=1 turns it on.', variable);
    case 'elsewhere':
      return t('Nothing of this is in scope: another process or another time has it.');
    case 'missing':
      return t('The session has no {0}.', files.join(', '));
    default:
      return t('No encoder ran: the model has none, or no request had an image or a sound.');
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
