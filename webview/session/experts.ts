/** Which experts the tokens go to. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Coselection } from '../../src/analysis/session/experts';
import { formatCount, formatNumber, formatShare } from '../../src/profile/format';
import type { SessionExpertLayer, SessionExperts } from '../../src/protocol/session';
import { plural, t } from '../strings';
import type { Column } from '../ui/cells';
import { choices, link, skeleton } from '../ui/controls';
import '../ui/data-table';
import { contentKey } from '../ui/figures';
import '../ui/heat-map';
import type { HeatMap } from '../ui/heat-map';
import { lines } from '../ui/lines';
import { section } from '../ui/parts';
import { expertsSection } from '../views/run/experts';
import { loadStart } from '../views/run/words';
import { SessionView } from './session-view';
import type { ExpertFigure } from './state';
import { markOf } from './words';

const BINS = 300;
/** Shades reach from nothing over even to so many times that, so that one expert does not pale all others. */
const STRONGEST = [2, 4] as const;
const loadText = (load: number | undefined): string =>
  load === undefined ? '–' : `${formatNumber(load)} ×`;
/** Lines in one picture that can still be told apart. */
const MOST_LINES = 4;
/** Experts in the picture of pairs: of all of a large model a cell would be a dot. */
const MOST_PAIRED = 48;
/** With more experts than these the picture takes the page's whole width. */
const NARROW = 32;

@customElement('pm-session-experts')
export class ExpertsView extends SessionView {
  protected readonly view = 'experts';
  private readonly columns = layerColumns();
  private readonly pairColumns = pairColumns();

  protected override render(): unknown {
    const query = this.ask('sessionExperts', { scope: this.app.scope, bins: BINS });
    return this.page<SessionExperts>(query, answer, (value) => this.renderBody(value));
  }

  protected override get nothingText(): string {
    return this.app.run?.experts
      ? t('Experts were not counted here, but the server’s log tells of their balance.')
      : super.nothingText;
  }

  protected override renderMore(): unknown {
    return this.recorded?.state === 'recorded' ? nothing : this.renderLogged();
  }

  /** What the log of the session's run tells. */
  private renderLogged(): unknown {
    const { app } = this;
    return app.run?.experts
      ? expertsSection(app.run.experts, loadStart(app, app.run.clients.at(0)))
      : nothing;
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
    const beside = value.experts <= NARROW;
    const figure = value.hasWeights ? (app.state.expertFigure ?? 'load') : 'load';
    const picture = section(
      t('Experts by layer'),
      html`<pm-heat
        .heat=${figure === 'load' ? this.loads(value, layer) : this.weights(value, layer)}
      ></pm-heat>`,
      {
        note:
          figure === 'load'
            ? t(
                'load against an even share; in the colour of warnings: never picked; a click chooses a layer',
              )
            : weightsNote(value),
        ...(value.hasWeights && {
          tools: choices<ExpertFigure>(
            t('What the picture shows'),
            figure,
            [
              ['load', t('Load')],
              ['weight', t('Routing weight')],
            ],
            (expertFigure) => app.update({ expertFigure }),
          ),
        }),
      },
    );
    const table = section(
      t('Layers'),
      html`<pm-table
        .app=${app}
        name="sessionExpertLayers"
        label=${t('Experts by layer')}
        .columns=${this.columns}
        .source=${this.local('layers', value.layers, this.columns)}
        .rowKey=${(row: SessionExpertLayer) => String(row.layer)}
        .maxRows=${beside ? 20 : 10}
        .onOpen=${(row: SessionExpertLayer) => this.choose(row.layer)}
        .exported=${this.exported('sessionExpertLayers')}
      ></pm-table>`,
      { note: t('Enter or double click chooses a layer') },
    );
    return html`${
        app.scope.window
          ? html`<p class="quiet">
              ${t('Counts are of the whole session, as they have no time; imbalance is of the window.')}
            </p>`
          : nothing
      }
      ${
        beside
          ? html`<div class="columns">
              <div>${picture}</div>
              <div>${table}</div>
            </div>`
          : html`${picture}${table}`
      }
      <div class="columns">
        <div>${this.renderImbalance(value, layer)} ${this.renderLogged()}</div>
        <div>${this.renderPairs(value, layer)}</div>
      </div>`;
  }

  /** Rows and columns that both pictures have. */
  private byLayer(value: SessionExperts, layer: number | undefined, figure: ExpertFigure) {
    const { layers, experts } = value;
    return {
      key: contentKey(value, figure),
      rowTitle: t('Layer'),
      columnTitle: t('Expert'),
      rows: layers.map((one) => String(one.layer)),
      columns: Array.from({ length: experts }, (_, expert) => String(expert)),
      pick: (row: number) => this.choose(layers[row].layer),
      pickedRow: layers.findIndex((one) => one.layer === layer),
    };
  }

  private weights(value: SessionExperts, layer: number | undefined): HeatMap {
    const { layers } = value;
    const weightOf = (row: number, column: number): number | undefined => {
      const weight = layers[row].weights?.means[column];
      return weight === undefined || Number.isNaN(weight) ? undefined : weight;
    };
    return {
      ...this.byLayer(value, layer, 'weight'),
      label: t('Mean weight that the router gives to each layer’s experts when it picks them.'),
      value: weightOf,
      text: (row, column) => {
        if (column >= layers[row].counts.length) return t('no such expert');
        const weight = weightOf(row, column);
        return weight === undefined
          ? t('no weight is known: it was never picked, or not told')
          : t('{0} on average when it is picked', formatNumber(weight));
      },
      format: formatNumber,
    };
  }

  private loads(value: SessionExperts, layer: number | undefined): HeatMap {
    const { layers } = value;
    /** Against an even share of the layer. */
    const loadOf = (row: number, column: number): number | undefined => {
      const { counts, total } = layers[row];
      if (column >= counts.length || total === 0) return undefined;
      return (counts[column] * counts.length) / total;
    };
    return {
      ...this.byLayer(value, layer, 'load'),
      label: t('Load of each layer’s experts against an even share.'),
      value: loadOf,
      text: (row, column) => {
        const { counts, total } = layers[row];
        if (column >= counts.length) return t('no such expert');
        return t(
          '{0} an even share: {1} of the layer, {2} activations',
          loadText(loadOf(row, column)),
          formatShare(total > 0 ? counts[column] / total : undefined),
          formatCount(counts[column]),
        );
      },
      format: loadText,
      strongest: STRONGEST,
    };
  }

  /** The chosen layer's; else of the layers that are loaded least evenly. */
  private renderImbalance(value: SessionExperts, layer: number | undefined): TemplateResult {
    const { app } = this;
    const worst = leastEven(value)
      .slice(0, MOST_LINES)
      .map((one) => one.layer);
    const wanted = layer === undefined ? worst : [layer];
    const { imbalance } = value;
    const shown = imbalance?.layers.filter((one) => wanted.includes(one.layer)) ?? [];
    const title = t('Imbalance over time');
    if (!imbalance || shown.length === 0)
      return section(
        title,
        html`<p class="quiet">${t('The session does not tell it over time.')}</p>`,
      );
    const hasDeviation = shown.some((one) => one.deviation.some((part) => !Number.isNaN(part)));
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
          start: imbalance.start,
          width: imbalance.width,
          series: shown.map((one, index) => ({
            label: t('layer {0}', one.layer),
            mark: markOf(index),
            values: hasDeviation ? one.deviation : one.ratio,
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

  /** Of the chosen layer, else of the one that is loaded least evenly: an expert's number is another one in each. */
  private renderPairs(value: SessionExperts, chosen: number | undefined): unknown {
    const { app } = this;
    const layer = chosen ?? leastEven(value).at(0)?.layer;
    if (layer === undefined) return nothing;
    const { value: pairs } = this.ask('sessionCoselections', { scope: app.scope, layer });
    const title = t('Picked together');
    if (!pairs) return section(title, skeleton(1, 'chart'));
    const note =
      chosen === undefined ? t('layer {0}, the least even', layer) : t('layer {0}', layer);
    if (pairs.length === 0)
      return section(
        title,
        html`<p class="quiet">
          ${t('The session has no pairs of this layer: they need PROFILEMATE_MOE_COSELECTION=1 and more than one expert a token.')}
        </p>`,
        { note },
      );
    const shown = paired(pairs, value.experts);
    const notes = [
      note,
      shown.length < value.experts
        ? t('the {0} experts that are in most pairs', shown.length)
        : undefined,
      t('empty: too few to be written, or none'),
    ];
    return section(
      title,
      html`<pm-heat .heat=${pairHeat(pairs, shown)}></pm-heat
        ><pm-table
          .app=${app}
          name="sessionCoselections"
          label=${t('Experts that are picked together')}
          .columns=${this.pairColumns}
          .source=${this.local('pairs', pairs, this.pairColumns, String(layer))}
          .defaultSort=${{ column: 'count', descending: true }}
          .rowKey=${(row: Coselection) => `${row.first} ${row.second}`}
          .maxRows=${8}
          .exported=${this.exported('sessionCoselections', { layer })}
        ></pm-table>`,
      { note: notes.filter((one) => one !== undefined).join(' · ') },
    );
  }
}

/** Experts that are in most pairs, in their order; all where there are few. */
function paired(pairs: readonly Coselection[], experts: number): readonly number[] {
  const sums = new Map<number, number>();
  if (experts <= MOST_PAIRED) {
    for (let expert = 0; expert < experts; expert++) sums.set(expert, 0);
  }
  for (const { first, second, count } of pairs) {
    sums.set(first, (sums.get(first) ?? 0) + count);
    sums.set(second, (sums.get(second) ?? 0) + count);
  }
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_PAIRED)
    .map(([expert]) => expert)
    .sort((a, b) => a - b);
}

function pairHeat(pairs: readonly Coselection[], shown: readonly number[]): HeatMap {
  const size = shown.length;
  const placeOf = new Map(shown.map((expert, place) => [expert, place]));
  // The layer writes its most frequent pairs: of another pair nothing is known.
  const counts = new Float64Array(size * size).fill(NaN);
  for (const { first, second, count } of pairs) {
    const [row, column] = [placeOf.get(first), placeOf.get(second)];
    if (row === undefined || column === undefined) continue;
    counts[row * size + column] = count;
    counts[column * size + row] = count;
  }
  const names = shown.map(String);
  const countOf = (row: number, column: number): number | undefined => {
    const count = counts[row * size + column];
    return row === column || Number.isNaN(count) ? undefined : count;
  };
  return {
    key: contentKey(pairs),
    label: t('How often two experts are picked for the same token.'),
    rowTitle: t('Expert'),
    columnTitle: t('with'),
    rows: names,
    columns: names,
    value: countOf,
    text: (row, column) => {
      if (row === column) return t('the same expert');
      const count = countOf(row, column);
      return count === undefined
        ? t('not among the pairs that were written')
        : plural(count, '{0} token', '{0} tokens', formatCount(count));
    },
    format: formatCount,
  };
}

const weightsNote = ({ weightsWithin }: SessionExperts): string =>
  weightsWithin > 0
    ? t(
        'mean of the tokens that pick an expert, to ± {0}, as weights come in buckets; one above 1 counts as 1; empty: none is known',
        formatNumber(weightsWithin),
      )
    : t('mean of the tokens that pick an expert; empty: none is known');

/** Layers by how unevenly their experts are loaded. */
const leastEven = ({ layers }: SessionExperts): readonly SessionExpertLayer[] =>
  [...layers].sort((a, b) => (b.deviation ?? 0) - (a.deviation ?? 0));

function answer(value: SessionExperts): string {
  const { layers } = value;
  if (layers.length === 0) return t('No expert was counted.');
  const [worst] = leastEven(value);
  const idle = layers.filter(({ coverage }) => coverage < 1).length;
  return [
    plural(layers.length, 'One layer of experts.', '{0} layers of experts.', layers.length),
    idle === 0
      ? t('All experts are used in every layer.')
      : t('In {0} of them some experts are never used.', idle),
    t(
      'Layer {0} is loaded least evenly: its loads deviate by {1} from their mean, and expert {2} has {3} an even share.',
      worst.layer,
      formatShare(worst.deviation),
      worst.busiest,
      loadText((worst.counts[worst.busiest] * worst.counts.length) / worst.total),
    ),
  ].join(' ');
}

const layerColumns = (): readonly Column<SessionExpertLayer>[] => [
  { id: 'layer', title: t('Layer'), kind: 'count', width: 60, value: (row) => row.layer },
  {
    id: 'experts',
    title: t('Experts'),
    kind: 'count',
    width: 75,
    value: (row) => row.counts.length,
  },
  {
    id: 'coverage',
    title: t('Coverage'),
    hint: t('Experts that were picked at all.'),
    kind: 'share',
    width: 110,
    value: (row) => row.coverage,
  },
  {
    id: 'ratio',
    title: t('Busiest / least'),
    hint: t('The busiest expert against the least busy one; ∞ where one had nothing.'),
    kind: 'number',
    width: 105,
    value: (row) => row.ratio ?? (row.total > 0 ? Infinity : undefined),
  },
  {
    id: 'deviation',
    title: t('Deviation'),
    hint: t('Standard deviation of the loads against their mean.'),
    kind: 'share',
    width: 110,
    value: (row) => row.deviation,
  },
  {
    id: 'busiest',
    title: t('Busiest'),
    hint: t('By its number.'),
    kind: 'count',
    width: 75,
    value: (row) => row.busiest,
  },
  {
    id: 'busiestShare',
    title: t('Its share'),
    kind: 'share',
    width: 105,
    value: (row) => (row.total > 0 ? row.counts[row.busiest] / row.total : undefined),
  },
  {
    id: 'weight',
    title: t('Mean weight'),
    hint: t('Weight that the router gives to an expert it picks, over all choices in the layer.'),
    kind: 'number',
    width: 100,
    value: (row) => row.weights?.mean,
  },
  {
    id: 'heaviest',
    title: t('Heaviest'),
    hint: t('By its number: the expert with the largest mean weight.'),
    kind: 'count',
    width: 75,
    value: (row) => row.weights?.heaviest,
  },
  {
    id: 'heaviestWeight',
    title: t('Its weight'),
    kind: 'number',
    width: 85,
    value: (row) => row.weights && row.weights.means[row.weights.heaviest],
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
