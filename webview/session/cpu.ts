/** What the host does between the GPU's steps. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { OperationTime } from '../../src/analysis/session/latency';
import { formatShare, formatTime } from '../../src/profile/format';
import type { Result } from '../../src/protocol/requests';
import { t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { contentKey, stackedBars } from '../ui/figures';
import { section } from '../ui/parts';
import { SessionView } from './session-view';
import { timesColumns } from './times-columns';
import { markOf } from './words';

type Cpu = Result<'sessionCpu'>;

@customElement('pm-session-cpu')
export class CpuView extends SessionView {
  protected readonly view = 'cpu';
  private readonly columns = operationColumns((process) => this.name(process));

  protected override render(): unknown {
    const query = this.ask('sessionCpu', { scope: this.app.scope });
    return this.page<Cpu>(
      query,
      (value) => this.answer(value),
      (value) => this.renderBody(value),
    );
  }

  private answer(value: Cpu): string {
    const [most] = [...value].sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
    if (!most) return t('No operation of the host was timed.');
    const scheduling = this.overview?.ranges.find(({ figure }) => figure === 'schedulingShare');
    return [
      ...(scheduling?.measured === undefined
        ? []
        : [
            t(
              'Scheduling and output handling take {0} of the engine’s time.',
              formatShare(scheduling.measured),
            ),
          ]),
      t(
        'The longest operation is {0} in {1}: {2} of the time, p50 {3}, p99 {4}.',
        most.operation,
        this.name(most.process),
        formatShare(most.share),
        formatTime(most.times.p50),
        formatTime(most.times.p99),
      ),
    ].join(' ');
  }

  private renderBody(value: Cpu): TemplateResult {
    const { app } = this;
    return html`${section(t('Share of the time by operation'), this.figure(this.bars(value)), {
      note: t('of the time from the process’s first operation to its last'),
    })}
    ${section(
      t('Operations'),
      html`<pm-table
        .app=${app}
        name="sessionOperations"
        label=${t('Operations of the host')}
        .columns=${this.columns}
        .source=${this.local('operations', value, this.columns)}
        .defaultSort=${{ column: 'share', descending: true }}
        .rowKey=${(row: OperationTime) => `${row.process} ${row.operation}`}
        .maxRows=${24}
        .exported=${this.exported('sessionOperations')}
      ></pm-table>`,
    )}`;
  }

  private bars(value: Cpu) {
    const processes = [...new Set(value.map(({ process }) => process))];
    const operations = [...new Set(value.map(({ operation }) => operation))];
    const of = (process: number, operation: string) =>
      value.find((one) => one.process === process && one.operation === operation);
    return stackedBars({
      key: contentKey(value),
      label: t('Share of the time that each operation of the host takes, by process.'),
      rowTitle: t('Process'),
      rows: processes.map((process) => ({ label: this.name(process) })),
      format: formatShare,
      series: operations.map((operation, index) => ({
        label: operation,
        mark: markOf(index),
        values: processes.map((process) => of(process, operation)?.share ?? 0),
      })),
    });
  }
}

const operationColumns = (name: (process: number) => string): readonly Column<OperationTime>[] => [
  {
    id: 'operation',
    title: t('Operation'),
    kind: 'text',
    width: 180,
    grow: true,
    value: (row) => row.operation,
  },
  {
    id: 'process',
    title: t('Process'),
    kind: 'text',
    width: 140,
    value: (row) => name(row.process),
  },
  {
    id: 'share',
    title: t('Of the time'),
    hint: t('From the process’s first operation to its last.'),
    kind: 'share',
    width: 130,
    value: (row) => row.share,
  },
  { id: 'count', title: t('Calls'), kind: 'count', width: 90, value: (row) => row.times.count },
  ...timesColumns(['p50', 'p95', 'p99', 'max', 'mean'], 90),
  { id: 'total', title: t('Total'), kind: 'time', width: 90, value: (row) => row.times.total },
];
