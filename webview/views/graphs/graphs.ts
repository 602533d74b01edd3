/** CUDA graphs: how much of the work they carry. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { GraphRow, GraphsResult } from '../../../src/analysis/graphs';
import type { Sort } from '../../../src/protocol/requests';
import { formatCount, formatNumber, formatShare, formatTime } from '../../../src/profile/format';
import { plural, t } from '../../strings';
import type { Column } from '../../ui/cells';
import { skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import { contentKey, stackedBars } from '../../ui/figures';
import type { Mark } from '../../ui/marks';
import { emptyState, failed, lead, section, tile } from '../../ui/parts';
import { View } from '../view';
import { graphModeLabel } from './mode';

const INSIDE: Mark = { colour: '--vscode-charts-blue', pattern: 'solid' };
const OUTSIDE: Mark = { colour: '--vscode-charts-foreground', pattern: 'dots' };

const columns = (): readonly Column<GraphRow>[] => [
  {
    id: 'graphId',
    title: t('Graph'),
    kind: 'text',
    width: 100,
    grow: true,
    value: (row) => row.graphId,
    display: (row) => String(row.graphId),
  },
  {
    id: 'pid',
    title: t('Process'),
    hint: t('Graphs are numbered within their process.'),
    kind: 'text',
    width: 100,
    value: (row) => row.pid,
    display: (row) => String(row.pid),
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of the GPU’s kernel and graph time in scope.'),
    kind: 'share',
    width: 140,
    value: (row) => row.share,
  },
  { id: 'total', title: t('Time'), kind: 'time', width: 100, value: (row) => row.total },
  { id: 'replays', title: t('Replays'), kind: 'count', width: 90, value: (row) => row.replays },
  {
    id: 'averageReplay',
    title: t('A replay'),
    hint: t('Time per replay, on average.'),
    kind: 'time',
    width: 100,
    value: (row) => row.averageReplay,
  },
  {
    id: 'kernelsPerReplay',
    title: t('Kernels per replay'),
    kind: 'number',
    width: 144,
    value: (row) => row.kernelsPerReplay,
    // Nearly always the same of each replay: then it is a count.
    display: ({ kernelsPerReplay: n }) => (Number.isInteger(n) ? formatCount(n) : formatNumber(n)),
  },
  {
    id: 'kernels',
    title: t('Kernels'),
    kind: 'count',
    width: 100,
    value: (row) => (row.kernelsPerReplay === undefined ? undefined : row.kernels),
  },
];

@customElement('pm-graphs')
export class GraphsView extends View {
  private readonly columns = columns();

  protected override render(): unknown {
    const { app } = this;
    const query = this.ask('graphs', { scope: app.scope });
    const { value } = query;
    if (query.failure && !value) return failed(query.failure.message);
    if (!value) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(6)}
      </div>`;
    }
    return html`<div class="view ${query.pending ? 'stale' : ''}">
      ${lead(answer(value))} ${this.renderBody(value)}
    </div>`;
  }

  private renderBody(value: GraphsResult): TemplateResult {
    const { app } = this;
    if (value.mode === 'hidden') {
      return emptyState(app, {
        why: t(
          'Graphs were launched, and the capture does not hold what ran in them. Trace graphs by node to see their kernels.',
        ),
        remedy: '--cuda-graph-trace=node',
      });
    }
    if (value.mode === 'none') {
      return app.state.narrowed.length > 0
        ? emptyState(app, {
            why: t('No graph was launched in this scope.'),
            action: { label: t('Widen the scope'), run: () => app.widen() },
          })
        : emptyState(app, {
            why: t(
              'vLLM uses CUDA graphs unless it was started with --enforce-eager; without them every kernel pays its own launch.',
            ),
          });
    }
    return html`<div class="tiles">
        ${tile(formatShare(value.coverage), t('of kernel time in graphs'))}
        ${tile(formatCount(value.replays), t('replays'), {
          note: plural(
            value.launchCalls,
            '{0} launch call',
            '{0} launch calls',
            formatCount(value.launchCalls),
          ),
        })}
        ${tile(
          formatCount(value.distinctGraphs),
          plural(value.distinctGraphs, 'distinct graph', 'distinct graphs'),
        )}
        ${tile(formatTime(value.launchTime), t('a launch call'), {
          note: t('on the CPU, on average'),
        })}
      </div>
      ${section(
        t('Inside and outside graphs'),
        html`<pm-figure .figure=${this.bars(value)}></pm-figure>`,
        { note: graphModeLabel(value.mode) },
      )}
      ${section(
        t('Graphs'),
        html`<pm-table
          .app=${app}
          name="graphs"
          label=${t('CUDA graphs')}
          .columns=${this.columns}
          .source=${this.local('graphs', value.graphs, this.columns, 'graphs')}
          .defaultSort=${{ column: 'total', descending: true }}
          .rowKey=${graphKey}
          .maxRows=${20}
          .onOpen=${() => app.go('kernels', 'in:graph')}
          .exported=${(sort: Sort | undefined) => ({
            table: 'graphs',
            scope: app.scope,
            filter: '',
            sort,
          })}
          .empty=${html`<p class="quiet">${t('The capture does not tell graphs apart.')}</p>`}
        ></pm-table>`,
        {
          note:
            value.mode === 'graph'
              ? t('traced as a whole: their kernels are not in the capture')
              : t('Enter or double click shows the kernels that run in graphs'),
        },
      )}`;
  }

  private bars(value: GraphsResult) {
    const { app } = this;
    const byCount = value.kernelsInside + value.kernelsOutside > 0 && value.mode !== 'graph';
    const rows = [{ label: t('Time'), inside: value.timeInside, outside: value.timeOutside }];
    if (byCount) {
      rows.push({
        label: t('Kernels'),
        inside: value.kernelsInside,
        outside: value.kernelsOutside,
      });
    }
    return stackedBars({
      key: contentKey(value),
      label: t(
        'Inside graphs: {0} of kernel time, {1} kernels; outside: {2}, {3} kernels.',
        formatShare(value.coverage),
        formatCount(value.kernelsInside),
        formatTime(value.timeOutside),
        formatCount(value.kernelsOutside),
      ),
      rowTitle: t('Measure'),
      rows: rows.map((row, index) => ({
        label: row.label,
        note:
          index === 0
            ? t('{0} inside, {1} outside', formatTime(row.inside), formatTime(row.outside))
            : t('{0} inside, {1} outside', formatCount(row.inside), formatCount(row.outside)),
      })),
      format: formatShare,
      normalised: true,
      series: [
        {
          label: t('in graphs'),
          mark: INSIDE,
          values: rows.map((row) => row.inside / (row.inside + row.outside || 1)),
          pick: () => app.go('kernels', 'in:graph'),
        },
        {
          label: t('outside'),
          mark: OUTSIDE,
          values: rows.map((row) => row.outside / (row.inside + row.outside || 1)),
          pick: () => app.go('kernels', '-in:graph'),
        },
      ],
    });
  }
}

const graphKey = (row: GraphRow): string => [row.pid, row.graphId].join(' ');

function answer(value: GraphsResult): string {
  switch (value.mode) {
    case 'none':
      return value.kernelsOutside > 0
        ? t('No CUDA graph was launched: every kernel was launched on its own.')
        : t('No CUDA graph was launched, and no kernel.');
    case 'hidden':
      return t(
        '{0} graphs were launched, and what ran in them was not traced: GPU time in other views is too small.',
        formatCount(value.launchCalls),
      );
    default:
      if (value.unrecorded > 0) {
        return t(
          'Graphs were replayed {0} times; what {1} more launches ran was not recorded.',
          formatCount(value.replays),
          formatCount(value.unrecorded),
        );
      }
      return value.coverage === undefined
        ? t(
            'Graphs were replayed {0} times; how long they took is not known.',
            formatCount(value.replays),
          )
        : t(
            'CUDA graphs carry {0} of kernel time: {1} of {2}.',
            formatShare(value.coverage),
            plural(value.replays, '{0} replay', '{0} replays', formatCount(value.replays)),
            plural(
              value.distinctGraphs,
              '{0} graph',
              '{0} graphs',
              formatCount(value.distinctGraphs),
            ),
          );
  }
}
