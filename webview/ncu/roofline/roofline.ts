/** How much each kernel computes for the bytes it moves, and how near it comes to what the machine allows. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ReportGrouping } from '../../../src/analysis/ncu/report';
import type { MemoryLevel } from '../../../src/analysis/ncu/roofs';
import type {
  NcuKernelDetail,
  NcuOverview,
  NcuRoofline,
  NcuRooflinePoint,
  NcuThroughputPoint,
} from '../../../src/protocol/ncu';
import type { Params, Sort } from '../../../src/protocol/requests';
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatOperations,
  formatShare,
} from '../../../src/profile/format';
import { t } from '../../strings';
import { cellText, unitOf, type Column } from '../../ui/cells';
import { font, foreground, ground, quiet } from '../../ui/chart-style';
import { button, choices, dropdown, link, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import type { Figure, FigureElement } from '../../ui/figure';
import { themeColour } from '../../ui/marks';
import '../../ui/menu';
import { findingsList } from '../../ui/findings';
import { emptyState, facts, failed, lead, section } from '../../ui/parts';
import { View } from '../../views/view';
import type { NcuApp } from '../app';
import type { ColourBy, SizeBy } from '../state';
import { boundLabel, roofLabel, shortName } from '../words';
import { answer } from './answer';
import { sceneFigure } from './chart';
import { pointColumns, throughputColumns, weightLabel } from './columns';
import { legendOf, roofSource, roofText, sceneOf, shapedLabel, throughputSceneOf } from './figure';
import type { Scene } from './scene';
import { sceneSvg } from './svg';

const PICTURE = { width: 900, height: 560 };

@customElement('pm-ncu-roofline')
export class RooflineView extends View<NcuApp> {
  @property({ attribute: false }) overview?: NcuOverview;
  /** Key of the dot or row that the pointer is over. */
  @state() private pointed = '';
  @query('pm-figure') private figure?: FigureElement;
  private drawn: { readonly value?: NcuRoofline; readonly serial: number } = { serial: 0 };

  private get sizes(): readonly SizeBy[] {
    return this.app.status?.link && !this.app.status.link.failure
      ? ['report', 'all', 'prefill', 'decode']
      : ['report'];
  }

  private get sizeBy(): SizeBy {
    const { sizes } = this;
    const wanted = this.app.state.sizeBy ?? 'decode';
    return sizes.includes(wanted) ? wanted : sizes[0];
  }

  protected override render(): unknown {
    const { app } = this;
    const { grouping, level } = app.state;
    const result = this.ask('ncuRoofline', { grouping, level });
    const { value } = result;
    if (result.failure && !value) return failed(result.failure.message);
    if (!value) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(4)}
      </div>`;
    }
    const throughput = this.byThroughput(value);
    return html`<div class="view ${result.pending ? 'stale' : ''}">
      ${lead(answer(value, this.overview))} ${this.renderNotes(value, throughput)}
      ${
        value.points.length + value.throughput.length === 0
          ? emptyState(app, {
              why: t(
                'Nothing to draw: neither operations nor throughput were collected. Collect the roofline’s counters.',
              ),
              remedy: 'ncu --set roofline',
            })
          : html`${this.renderControls(value, throughput)}
              <div class="roof ${app.state.kernel === undefined ? '' : 'open'}">
                <div class="roof-main">${this.renderChart(value, throughput)}</div>
                <aside class="roof-side" aria-label=${t('The selected kernel')}>
                  ${this.renderSide(value)}
                </aside>
              </div>
              ${this.renderTable(value, throughput)}`
      }
    </div>`;
  }

  /** The stand-in is drawn where there is no roofline, and where it is asked for. */
  private byThroughput(value: NcuRoofline): boolean {
    return value.points.length === 0 || (this.app.state.throughput && value.throughput.length > 0);
  }

  private renderNotes(value: NcuRoofline, throughput: boolean): unknown {
    const count = (reason: string) => value.notDrawn.filter((one) => one.reason === reason).length;
    const missing = [
      [count('not-counted'), t('operations not counted')],
      [count('no-work'), t('no floating-point work')],
      [count('no-traffic'), t('no traffic counted at this level')],
      [count('no-duration'), t('no duration')],
    ] as const;
    const reasons = missing
      .filter(([n]) => n > 0)
      .map(([n, why]) => t('{0} ({1})', formatCount(n), why));
    const drawn = value.points.length + value.throughput.length > 0;
    return html`${
      throughput && drawn
        ? html`<p class="stand-in">
            ${t('This is not a roofline: it shows how busy memory and SMs were, of their peaks, and no operations.')}
          </p>`
        : nothing
    }
    ${
      reasons.length > 0 && drawn
        ? html`<p class="quiet">
            ${t('Not on the roofline: {0}.', reasons.join(', '))}
            ${this.overview?.notes.slice(0, -1).map((note) => html` ${note}`)}
          </p>`
        : nothing
    }`;
  }

  private renderControls(value: NcuRoofline, throughput: boolean): TemplateResult {
    const { app } = this;
    const { level, grouping, colourBy, hidden, zoom } = app.state;
    const both = value.points.length > 0 && value.throughput.length > 0;
    const unzoomed = { zoom: undefined };
    return html`<div class="roof-controls">
      ${
        both
          ? choices<'roofline' | 'throughput'>(
              t('Picture'),
              throughput ? 'throughput' : 'roofline',
              [
                ['roofline', t('Roofline')],
                ['throughput', t('Throughput')],
              ],
              (next) => app.update({ throughput: next === 'throughput', ...unzoomed }),
            )
          : nothing
      }
      ${
        throughput
          ? nothing
          : choices<MemoryLevel>(
              t('Memory level'),
              level,
              [
                ['dram', 'DRAM'],
                ['l2', 'L2'],
                ['l1', 'L1'],
              ],
              (next) => app.update({ level: next, ...unzoomed }),
            )
      }
      ${choices<ReportGrouping>(
        t('A point is'),
        grouping,
        [
          ['kernel', t('kernel')],
          ['geometry', t('grid × block')],
          ['launch', t('launch')],
        ],
        (next) => app.group(next),
      )}
      ${choices<ColourBy>(
        t('Colour by'),
        colourBy,
        [
          ['component', t('component')],
          ['bound', t('bound')],
        ],
        (next) => app.update({ colourBy: next }),
      )}
      ${
        this.sizes.length > 1
          ? dropdown<SizeBy>(
              t('Size by'),
              this.sizeBy,
              this.sizes.map((size) => [size, weightLabel(size)] as const),
              (next) => app.update({ sizeBy: next }),
            )
          : nothing
      }
      <span class="spring"></span>
      ${zoom ? button(t('Reset zoom'), () => app.update(unzoomed), { icon: 'zoom-out' }) : nothing}
      ${
        throughput
          ? nothing
          : html`<pm-menu
              label=${t('Roofs')}
              icon="layers"
              .items=${value.roofs.map((roof) => {
                const checked = !hidden.includes(roof.name);
                return {
                  label: `${roofText(roof)} (${roofSource(roof)})`,
                  checked,
                  run: () =>
                    app.update({
                      hidden: checked
                        ? [...hidden, roof.name]
                        : hidden.filter((name) => name !== roof.name),
                    }),
                };
              })}
            ></pm-menu>`
      }
      <pm-menu
        label=${t('Save')}
        icon="save"
        .items=${[
          { label: t('Picture (PNG)…'), icon: 'file-media', run: () => this.savePng() },
          {
            label: t('Picture (SVG)…'),
            icon: 'file-code',
            run: () => this.saveSvg(this.scene(value, throughput)),
          },
          { label: t('Points (CSV)…'), icon: 'table', run: () => this.saveCsv(throughput) },
        ]}
      ></pm-menu>
    </div>`;
  }

  private scene(value: NcuRoofline, throughput: boolean): Scene {
    const look = { ...this.app.state, sizeBy: this.sizeBy };
    return throughput ? throughputSceneOf(value, look) : sceneOf(value, look);
  }

  private renderChart(value: NcuRoofline, throughput: boolean): TemplateResult {
    const { app, sizeBy } = this;
    const { grouping, level, colourBy, hidden, zoom, kernel } = app.state;
    const points = throughput ? value.throughput : value.points;
    const table = throughput
      ? tableOf(throughputColumns(this.sizes, sizeBy), value.throughput)
      : tableOf(pointColumns(this.sizes, sizeBy), value.points);
    return html`<pm-figure
        .highlighted=${this.pointed}
        .onPoint=${(id: string | undefined) => (this.pointed = id ?? '')}
        .figure=${sceneFigure({
          key: JSON.stringify([
            'roofline',
            app.revision,
            grouping,
            level,
            colourBy,
            hidden,
            zoom,
            kernel,
            sizeBy,
            throughput,
            this.drawing(value),
          ]),
          label: throughput
            ? t('{0} kernels by throughput of memory and SMs.', points.length)
            : t('Roofline of {0} kernels at the level of {1}.', points.length, level.toUpperCase()),
          height: 440,
          scene: this.scene(value, throughput),
          legend: legendOf(points, colourBy),
          table,
          selected: kernel,
          pick: (key) => app.select(key === kernel ? undefined : key),
          box: {
            hint: t('Drag to zoom; double click, or the key 0, shows everything.'),
            select: (x, y) => app.update({ zoom: { x, y } }),
            reset: () => app.update({ zoom: undefined }),
          },
        })}
      ></pm-figure>
      <p class="quiet key">
        ${t('Shape: what holds the kernel back ({0}). Size: {1}. Drag to zoom.', this.shapes(points), weightLabel(sizeBy))}
      </p>`;
  }

  /** Tells one answer from the next: figures may change with all that was chosen the same. */
  private drawing(value: NcuRoofline): number {
    if (this.drawn.value !== value) this.drawn = { value, serial: this.drawn.serial + 1 };
    return this.drawn.serial;
  }

  private shapes(points: readonly { readonly bound: NcuRooflinePoint['bound'] }[]): string {
    return (['memory', 'compute', 'latency', 'unknown'] as const)
      .filter((bound) => points.some((point) => point.bound === bound))
      .map(shapedLabel)
      .join(', ');
  }

  private renderSide(value: NcuRoofline): unknown {
    const { app } = this;
    const { grouping, kernel } = app.state;
    if (kernel === undefined) {
      return html`<p class="quiet">${t('Choose a point or a row to see what limits it.')}</p>
        ${this.renderFindings()}
        ${section(
          t('Roofs'),
          html`<ul class="roofs">
            ${
              value.roofs.length === 0
                ? html`<li class="quiet">
                    ${t('These results hold no peaks: --set roofline, or full, collects them.')}
                  </li>`
                : nothing
            }
            ${value.roofs.map(
              (roof) =>
                html`<li title=${roof.formula}>
                  ${roofText(roof)} <span class="quiet">${roofSource(roof)}</span>
                </li>`,
            )}
          </ul>`,
        )}`;
    }
    const detail = this.ask('ncuKernelDetail', { grouping, key: kernel });
    if (!detail.value) return detail.pending ? skeleton(6) : nothing;
    return this.renderKernel(
      detail.value,
      value.points.find((point) => point.key === kernel),
    );
  }

  /** Of reports that say what holds any kernel. */
  private renderFindings(): unknown {
    const { app, overview } = this;
    if (!overview || overview.bounds.unknown === overview.kernels) return nothing;
    return section(
      t('What stands out'),
      findingsList(
        overview.findings,
        ({ kernel }) =>
          () =>
            app.reveal({ kernel }),
      ),
    );
  }

  private renderKernel(
    { row, bound }: NcuKernelDetail,
    point: NcuRooflinePoint | undefined,
  ): TemplateResult {
    const { app } = this;
    return html`<h2 title=${row.name}>${shortName(row.name, 44)}</h2>
      ${facts([
        ...(point
          ? [
              { name: t('Achieved'), value: formatOperations(point.performance) },
              { name: t('Intensity'), value: t('{0} FLOP/byte', formatNumber(point.intensity)) },
              { name: t('Bytes'), value: formatBytes(point.bytes) },
              {
                name: t('Of its roof'),
                value: point.nearest
                  ? t('{0} of {1}', formatShare(point.nearest.share), roofLabel(point.nearest.name))
                  : t('no roof known'),
              },
            ]
          : []),
        { name: t('Held by'), value: boundLabel(row.bound) },
      ])}
      <ul class="reasons">
        ${[...bound.because, ...bound.moves].map(({ text }) => html`<li>${text}</li>`)}
      </ul>
      ${link(t('All figures of this kernel'), () => app.go('kernels'))}`;
  }

  private renderTable(value: NcuRoofline, throughput: boolean): TemplateResult {
    const { grouping, level } = this.app.state;
    return throughput
      ? this.renderRows(
          'ncuThroughput',
          t('Kernels by throughput'),
          throughputColumns(this.sizes, this.sizeBy),
          value.throughput,
        )
      : this.renderRows(
          'ncuPoints',
          t('Kernels on the roofline'),
          pointColumns(this.sizes, this.sizeBy),
          value.points,
          (sort) => ({ table: 'ncuRoofline', grouping, level, filter: '', sort }),
        );
  }

  private renderRows<Row extends NcuRooflinePoint | NcuThroughputPoint>(
    name: string,
    title: string,
    columns: readonly Column<Row>[],
    rows: readonly Row[],
    exported?: (sort: Sort | undefined) => Omit<Params<'ncuTable'>, 'format'>,
  ): TemplateResult {
    const { app } = this;
    return section(
      title,
      html`<pm-table
        .app=${app}
        name=${name}
        label=${title}
        .columns=${columns}
        .source=${this.local(name, rows, columns, app.state.grouping)}
        .defaultSort=${{ column: this.sizeBy, descending: true }}
        .rowKey=${(row: Row) => row.key}
        .maxRows=${12}
        .highlighted=${this.pointed}
        .onHover=${(row: Row | undefined) => (this.pointed = row?.key ?? '')}
        .onSelect=${(row: Row) => app.select(row.key)}
        .onOpen=${(row: Row) => {
          app.select(row.key);
          app.go('kernels');
        }}
        .exported=${exported}
      ></pm-table>`,
      { note: t('Enter or double click leads to all figures') },
    );
  }

  private savePng(): void {
    const text = this.figure?.picture();
    if (text === undefined) this.app.say(t('Show the chart to save it as a picture.'));
    else {
      this.app.client.act({
        kind: 'action',
        action: 'save',
        name: `${this.fileName()}.png`,
        text,
        encoding: 'base64',
      });
    }
  }

  private saveSvg(scene: Scene): void {
    const text = sceneSvg(scene, {
      ...PICTURE,
      font: font().family,
      ground: ground(),
      foreground: foreground(),
      quiet: quiet(),
      grid: `${themeColour('--vscode-editorIndentGuide-background1', '--vscode-descriptionForeground')}`,
      colour: (dot) => themeColour(dot.mark.colour),
    });
    this.app.client.act({ kind: 'action', action: 'save', name: `${this.fileName()}.svg`, text });
  }

  private saveCsv(throughput: boolean): void {
    const { grouping, level } = this.app.state;
    void this.app.export(
      {
        table: throughput ? 'ncuKernels' : 'ncuRoofline',
        format: 'csv',
        grouping,
        level,
        filter: '',
      },
      'save',
    );
  }

  private fileName(): string {
    const file = this.app.status?.path.split(/[\\/]/).at(-1) ?? 'roofline';
    return `${file.replace(/(\.ncu)?\.(csv|ncu-rep)$/i, '')}.roofline`;
  }
}

/** What the picture shows, cell by cell. */
function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Figure['table'] {
  const units = columns.map((column) => unitOf(column, rows));
  return {
    head: columns.map(({ title }, i) => [title, units[i]].filter(Boolean).join(' ')),
    rows: () => rows.map((row) => columns.map((column, i) => cellText(column, row, units[i]))),
  };
}
