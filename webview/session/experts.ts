/** Which experts the tokens go to. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Coselection } from '../../src/analysis/session/experts';
import { formatCount, formatNumber, formatShare } from '../../src/profile/format';
import type { SessionExpertLayer, SessionExperts } from '../../src/protocol/session';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import { link, skeleton } from '../ui/controls';
import '../ui/data-table';
import { contentKey } from '../ui/figures';
import '../ui/heat-map';
import type { HeatMap } from '../ui/heat-map';
import { lines } from '../ui/lines';
import { section } from '../ui/parts';
import { SessionView } from './session-view';
import { markOf } from './words';

const BINS = 300;
/** Lines in one picture that can still be told apart. */
const MOST_LINES = 6;

@customElement('pm-session-experts')
export class ExpertsView extends SessionView {
  protected readonly view = 'experts';
  private readonly columns = layerColumns();
  private readonly pairColumns = pairColumns();

  protected override render(): unknown {
    const query = this.ask('sessionExperts', { scope: this.app.scope });
    return this.page<SessionExperts>(query, answer, (value) => this.renderBody(value));
  }

  /** None where the layer that was chosen is not of this session. */
  private layerOf({ layers }: SessionExperts): number | undefined {
    const { layer } = this.app.state;
    return layers.some((one) => one.layer === layer) ? layer : undefined;
  }

  private choose(layer: number): void {
    const { app } = this;
    const chosen = app.state.layer === layer ? undefined : layer;
    app.update({ layer: chosen });
    app.setTable('sessionExpertLayers', {
      selected: chosen === undefined ? undefined : String(chosen),
    });
  }

  private renderBody(value: SessionExperts): TemplateResult {
    const { app } = this;
    const layer = this.layerOf(value);
    return html`${
        app.scope.window
          ? html`<p class="quiet">
              ${t('Counts are of the whole session, as they have no time; imbalance is of the window.')}
            </p>`
          : ''
      }
      ${section(
        t('Experts by layer'),
        html`<pm-heat .heat=${this.layers(value, layer)}></pm-heat>`,
        {
          note: t(
            'share of the layer’s activations; struck through: never picked; a click chooses a layer',
          ),
        },
      )}
      ${section(
        t('Layers'),
        html`<pm-table
          .app=${app}
          name="sessionExpertLayers"
          label=${t('Experts by layer')}
          .columns=${this.columns}
          .source=${this.local('layers', value.layers, this.columns)}
          .rowKey=${(row: SessionExpertLayer) => String(row.layer)}
          .maxRows=${10}
          .onOpen=${(row: SessionExpertLayer) => this.choose(row.layer)}
          .exported=${this.exported('sessionExpertLayers')}
        ></pm-table>`,
        { note: t('Enter or double click chooses a layer') },
      )}
      <div class="columns">
        <div>${this.renderImbalance(value, layer)}</div>
        <div>${this.renderPairs(value, layer)}</div>
      </div>`;
  }

  private layers(value: SessionExperts, layer: number | undefined): HeatMap {
    const { layers, experts } = value;
    const shareOf = (row: number, column: number): number | undefined => {
      const { counts, total } = layers[row];
      return column < counts.length && total > 0 ? counts[column] / total : undefined;
    };
    return {
      key: contentKey(value),
      label: t('Share of each layer’s activations by expert.'),
      rowTitle: t('Layer'),
      columnTitle: t('Expert'),
      rows: layers.map((one) => String(one.layer)),
      columns: Array.from({ length: experts }, (_, expert) => String(expert)),
      value: shareOf,
      text: (row, column) =>
        t(
          '{0} of the layer, {1} activations; even would be {2}',
          formatShare(shareOf(row, column)),
          formatCount(layers[row].counts[column]),
          formatShare(1 / layers[row].counts.length),
        ),
      format: formatShare,
      pick: (row) => this.choose(layers[row].layer),
      pickedRow: layers.findIndex((one) => one.layer === layer),
    };
  }

  /** The chosen layer's; else of the layers that are loaded least evenly. */
  private renderImbalance(value: SessionExperts, layer: number | undefined): TemplateResult {
    const { app } = this;
    const worst = [...value.layers]
      .sort((a, b) => (b.deviation ?? 0) - (a.deviation ?? 0))
      .slice(0, MOST_LINES)
      .map((one) => one.layer);
    const wanted = layer === undefined ? worst : [layer];
    const shown = value.imbalance.filter(
      (one) => wanted.includes(one.layer) && one.time.length > 0,
    );
    const title = t('Imbalance over time');
    if (shown.length === 0)
      return section(
        title,
        html`<p class="quiet">${t('The session does not tell it over time.')}</p>`,
      );
    const hasDeviation = shown.some((one) => one.deviation.some((part) => !Number.isNaN(part)));
    const start = Math.min(...shown.map((one) => one.time[0]));
    const end = Math.max(...shown.map((one) => one.time[one.time.length - 1]));
    const width = Math.max(1, (end - start) / BINS);
    return section(
      title,
      this.figure(
        lines({
          key: contentKey(value, layer),
          subject: JSON.stringify([app.scope, layer]),
          label: hasDeviation
            ? t('Deviation of the experts’ loads from their mean, over time.')
            : t('Busiest against least busy expert, over time.'),
          timeTitle: t('Time'),
          start,
          width: width * 1.0001,
          series: shown.map((one, index) => ({
            label: t('layer {0}', one.layer),
            mark: markOf(index),
            values: spread(one.time, hasDeviation ? one.deviation : one.ratio, start, width),
          })),
          format: hasDeviation ? formatShare : formatNumber,
          stepped: true,
          brush: this.brush,
        }),
      ),
      {
        note:
          layer === undefined
            ? value.layers.length > MOST_LINES
              ? t('the {0} layers that are loaded least evenly', MOST_LINES)
              : t('all layers')
            : html`${t('layer {0}', layer)} · ${link(t('all layers'), () => this.choose(layer))}`,
      },
    );
  }

  private renderPairs(value: SessionExperts, layer: number | undefined): TemplateResult {
    const { app } = this;
    const { value: pairs } = this.ask('sessionCoselections', {
      scope: app.scope,
      ...(layer !== undefined && { layer }),
    });
    const title = t('Picked together');
    if (!pairs) return section(title, skeleton(1, 'chart'));
    if (pairs.length === 0)
      return section(
        title,
        html`<p class="quiet">
          ${t('The session has no pairs: they need PROFILEMATE_MOE_COSELECTION=1 and more than one expert a token.')}
        </p>`,
      );
    return section(
      title,
      html`<pm-heat .heat=${pairHeat(pairs, value.experts)}></pm-heat
        ><pm-table
          .app=${app}
          name="sessionCoselections"
          label=${t('Experts that are picked together')}
          .columns=${this.pairColumns}
          .source=${this.local('pairs', pairs, this.pairColumns, String(layer))}
          .defaultSort=${{ column: 'count', descending: true }}
          .rowKey=${(row: Coselection) => `${row.first} ${row.second}`}
          .maxRows=${8}
          .exported=${this.exported('sessionCoselections', layer === undefined ? {} : { layer })}
        ></pm-table>`,
      { note: layer === undefined ? t('all layers together') : t('layer {0}', layer) },
    );
  }
}

/** Values at their times into bins, each the latest of its bin. */
function spread(
  times: Float64Array,
  values: Float64Array,
  start: number,
  width: number,
): Float64Array {
  const bins = new Float64Array(BINS + 1).fill(NaN);
  times.forEach((time, row) => {
    // A ratio to nothing is no height; the table has the layer's.
    if (Number.isFinite(values[row])) bins[Math.floor((time - start) / width)] = values[row];
  });
  return bins;
}

function pairHeat(pairs: readonly Coselection[], experts: number): HeatMap {
  const size = pairs.reduce((most, { second }) => Math.max(most, second + 1), experts);
  const counts = new Float64Array(size * size);
  for (const { first, second, count } of pairs) {
    counts[first * size + second] = count;
    counts[second * size + first] = count;
  }
  const names = Array.from({ length: size }, (_, expert) => String(expert));
  return {
    key: contentKey(pairs),
    label: t('How often two experts are picked for the same token.'),
    rowTitle: t('Expert'),
    columnTitle: t('with'),
    rows: names,
    columns: names,
    value: (row, column) => (row === column ? undefined : counts[row * size + column]),
    text: (row, column) =>
      row === column
        ? t('the same expert')
        : plural(
            counts[row * size + column],
            '{0} token',
            '{0} tokens',
            formatCount(counts[row * size + column]),
          ),
    format: formatCount,
  };
}

function answer({ layers }: SessionExperts): string {
  if (layers.length === 0) return t('No expert was counted.');
  const worst = [...layers].sort((a, b) => (b.deviation ?? 0) - (a.deviation ?? 0))[0];
  const idle = layers.filter(({ coverage }) => coverage < 1).length;
  return [
    plural(layers.length, 'One layer of experts.', '{0} layers of experts.', layers.length),
    idle === 0
      ? t('All experts are used in every layer.')
      : t('In {0} of them some experts are never used.', idle),
    t(
      'Layer {0} is loaded least evenly: its loads deviate by {1} from their mean, and expert {2} has {3} of them.',
      worst.layer,
      formatShare(worst.deviation),
      worst.busiest,
      formatShare(worst.counts[worst.busiest] / worst.total),
    ),
  ].join(' ');
}

const layerColumns = (): readonly Column<SessionExpertLayer>[] => [
  { id: 'layer', title: t('Layer'), kind: 'count', width: 80, value: (row) => row.layer },
  {
    id: 'experts',
    title: t('Experts'),
    kind: 'count',
    width: 90,
    value: (row) => row.counts.length,
  },
  {
    id: 'coverage',
    title: t('Coverage'),
    hint: t('Experts that were picked at all.'),
    kind: 'share',
    width: 130,
    value: (row) => row.coverage,
  },
  {
    id: 'ratio',
    title: t('Busiest / least'),
    hint: t('The busiest expert against the least busy one; ∞ where one had nothing.'),
    kind: 'number',
    width: 120,
    value: (row) => row.ratio ?? (row.total > 0 ? Infinity : undefined),
  },
  {
    id: 'deviation',
    title: t('Deviation'),
    hint: t('Standard deviation of the loads against their mean.'),
    kind: 'share',
    width: 130,
    value: (row) => row.deviation,
  },
  {
    id: 'busiest',
    title: t('Busiest'),
    hint: t('By its number.'),
    kind: 'count',
    width: 90,
    value: (row) => row.busiest,
  },
  {
    id: 'busiestShare',
    title: t('Its share'),
    kind: 'share',
    width: 130,
    value: (row) => (row.total > 0 ? row.counts[row.busiest] / row.total : undefined),
  },
  {
    id: 'total',
    title: t('Activations'),
    kind: 'count',
    width: 120,
    grow: true,
    value: (row) => row.total,
  },
];

const pairColumns = (): readonly Column<Coselection>[] => [
  { id: 'first', title: t('Expert'), kind: 'count', width: 90, value: (row) => row.first },
  { id: 'second', title: t('With'), kind: 'count', width: 90, value: (row) => row.second },
  {
    id: 'count',
    title: t('Tokens'),
    kind: 'count',
    width: 120,
    grow: true,
    value: (row) => row.count,
  },
];
