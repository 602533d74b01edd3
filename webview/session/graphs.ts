/** Which CUDA graphs were captured, which are replayed, and what their padding costs. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { SessionGraph, SessionGraphs } from '../../src/analysis/session/graphs';
import { formatCount, formatShare, formatTime } from '../../src/profile/format';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import '../ui/data-table';
import { columnsChart, contentKey } from '../ui/figures';
import { section, tile } from '../ui/parts';
import { SessionView } from './session-view';
import { markOf } from './words';

@customElement('pm-session-graphs')
export class SessionGraphsView extends SessionView {
  protected readonly view = 'graphs';
  private readonly columns = graphColumns();

  protected override render(): unknown {
    const query = this.ask('sessionGraphs', { scope: this.app.scope });
    return this.page<SessionGraphs>(query, answer, (value) => this.renderBody(value));
  }

  private renderBody(value: SessionGraphs): TemplateResult {
    const { app } = this;
    return html`<div class="tiles">
        ${tile(formatShare(value.coverage), t('of steps replay a graph'), {
          note: t(
            '{0} of {1} without one',
            formatCount(value.eagerSteps),
            formatCount(value.steps),
          ),
        })}
        ${tile(formatCount(value.captured), t('captured'), {
          note: t('in {0}', formatTime(value.captureTime)),
        })}
        ${tile(formatCount(value.neverUsed), t('never replayed'), {
          note: t('captured in {0}', formatTime(value.neverUsedTime)),
        })}
        ${tile(formatShare(value.padding), t('padding'), {
          note: t('of the tokens that graphs compute'),
        })}
      </div>
      <div class="columns">
        <div>${section(t('Steps by graph'), this.figure(this.replays(value)), this.wholeNote)}</div>
        <div>${section(t('Padding by graph'), this.figure(this.padding(value)))}</div>
      </div>
      ${section(
        t('Graphs'),
        html`<pm-table
          .app=${app}
          name="sessionGraphs"
          label=${t('CUDA graphs')}
          .columns=${this.columns}
          .source=${this.local('graphs', value.graphs, this.columns)}
          .defaultSort=${{ column: 'replays', descending: true }}
          .rowKey=${(row: SessionGraph) => row.key}
          .maxRows=${20}
          .onOpen=${(row: SessionGraph) => this.showSteps(row)}
          .exported=${this.exported('sessionGraphs')}
          .empty=${html`<p class="quiet">${t('No graph was captured or replayed.')}</p>`}
        ></pm-table>`,
        { note: t('Enter or double click shows the steps that replayed it') },
      )}`;
  }

  private get wholeNote() {
    return this.app.scope.window ? { note: t('of the whole session: counts have no time') } : {};
  }

  private showSteps({ tokens, mode }: SessionGraph): void {
    this.app.update({
      tab: 'steps',
      stepFilter:
        tokens === undefined ? `graph:${mode}` : `graph:${mode} graph:"num_tokens=${tokens} "`,
    });
  }

  private replays(value: SessionGraphs) {
    const graphs = bySize(value.graphs);
    return columnsChart({
      key: contentKey(value, 'replays'),
      label: t('Steps by the graph they replayed, smallest first.'),
      categories: graphs.map(graphName),
      values: graphs.map(({ replays }) => replays),
      texts: graphs.map((graph) =>
        graph.replays === 0
          ? t('{0}: captured, never replayed', graphName(graph))
          : t(
              '{0}: {1} steps, {2}',
              graphName(graph),
              formatCount(graph.replays),
              formatShare(graph.share),
            ),
      ),
      categoryTitle: t('Graph'),
      valueTitle: t('Steps'),
      mark: markOf(0),
    });
  }

  private padding(value: SessionGraphs) {
    const graphs = bySize(value.graphs).filter(({ padding }) => padding !== undefined);
    return columnsChart({
      key: contentKey(value, 'padding'),
      label: t('Share of the tokens that are padding, by graph.'),
      categories: graphs.map(graphName),
      values: graphs.map(({ padding }) => (padding ?? 0) * 100),
      texts: graphs.map((graph) =>
        t('{0}: {1} padding', graphName(graph), formatShare(graph.padding)),
      ),
      categoryTitle: t('Graph'),
      valueTitle: t('Padding (%)'),
      mark: markOf(1),
    });
  }
}

/** `FULL 256`: as vLLM's own table has them. */
const graphName = ({ mode, tokens }: SessionGraph): string =>
  tokens === undefined ? mode : `${mode} ${tokens}`;

const bySize = (graphs: readonly SessionGraph[]): readonly SessionGraph[] =>
  [...graphs].sort((a, b) => a.mode.localeCompare(b.mode) || (a.tokens ?? 0) - (b.tokens ?? 0));

const yesNo = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? t('yes') : t('no');

const graphColumns = (): readonly Column<SessionGraph>[] => [
  { id: 'mode', title: t('Mode'), kind: 'text', width: 120, grow: true, value: (row) => row.mode },
  { id: 'tokens', title: t('Tokens'), kind: 'count', width: 90, value: (row) => row.tokens },
  { id: 'requests', title: t('Requests'), kind: 'count', width: 90, value: (row) => row.requests },
  {
    id: 'replays',
    title: t('Steps'),
    hint: t('That replayed it, of the process that has most: ranks run the same steps.'),
    kind: 'count',
    width: 90,
    value: (row) => row.replays,
    display: (row) =>
      row.replays === 0 && row.captured
        ? html`<span class="quiet">${t('never')}</span>`
        : formatCount(row.replays),
  },
  { id: 'share', title: t('Of steps'), kind: 'share', width: 130, value: (row) => row.share },
  {
    id: 'padding',
    title: t('Padding'),
    hint: t('Of the tokens it computed.'),
    kind: 'share',
    width: 130,
    value: (row) => row.padding,
  },
  {
    id: 'captureTime',
    title: t('Capture'),
    kind: 'time',
    width: 100,
    value: (row) => row.captureTime,
  },
  {
    id: 'captured',
    title: t('Captured'),
    kind: 'text',
    width: 90,
    value: (row) => yesNo(row.captured),
  },
  {
    id: 'pieces',
    title: t('Pieces'),
    hint: t('Of a piecewise graph: one a layer, and one more.'),
    kind: 'count',
    width: 80,
    value: (row) => row.pieces,
  },
  {
    id: 'uniform',
    title: t('Uniform'),
    hint: t('All its requests have the same number of tokens.'),
    kind: 'text',
    width: 90,
    hidden: true,
    value: (row) => yesNo(row.uniform),
  },
  {
    id: 'lora',
    title: t('LoRA'),
    kind: 'text',
    width: 80,
    hidden: true,
    value: (row) => yesNo(row.lora),
  },
  {
    id: 'loras',
    title: t('Active LoRAs'),
    kind: 'count',
    width: 110,
    hidden: true,
    value: (row) => row.loras,
  },
];

function answer({ steps, coverage, captured, neverUsed, graphs, padding }: SessionGraphs): string {
  const sentences: string[] = [];
  if (coverage !== undefined)
    sentences.push(
      t('{0} of {1} steps replayed a CUDA graph.', formatShare(coverage), formatCount(steps)),
    );
  else if (steps > 0)
    sentences.push(
      t('{0} steps replayed a CUDA graph; steps without one were not counted.', formatCount(steps)),
    );
  const [hot] = graphs;
  if (hot && hot.replays > 0)
    sentences.push(
      t('The hottest is {0} with {1} of steps.', graphName(hot), formatShare(hot.share)),
    );
  if (captured > 0)
    sentences.push(
      plural(
        captured,
        'One was captured; {1} never replayed.',
        '{0} were captured, {1} of them never replayed.',
        formatCount(captured),
        formatCount(neverUsed),
      ),
    );
  if (padding !== undefined)
    sentences.push(t('{0} of the tokens that graphs computed were padding.', formatShare(padding)));
  return sentences.join(' ');
}
