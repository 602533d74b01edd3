/** What changed: the waterfall, the phases, the components. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ComparisonDocument, DocumentMetric } from '../../src/analysis/compare';
import { formatCount } from '../../src/profile/format';
import { t } from '../strings';
import type { PhaseMeasure } from '../state';
import { choices } from '../ui/controls';
import '../ui/data-table';
import '../ui/figure';
import { componentMark, phaseMark, swatch } from '../ui/marks';
import { emptyState, section } from '../ui/parts';
import { View } from '../views/view';
import type { CompareApp } from './app';
import { timeColumns, totalColumns } from './columns';
import { waterfallFigure } from './waterfall';
import { isComponent, metricLabel, perLabel } from './words';

const ROWS = 14;

@customElement('pm-compare-change')
export class ChangeView extends View<CompareApp> {
  protected override render(): unknown {
    const { comparison } = this.app;
    if (!comparison) return nothing;
    return html`<div class="view">
      <div class="columns">
        <div>${this.renderWaterfall(comparison)}</div>
        <div>${this.renderPhases(comparison)} ${this.renderComponents(comparison)}</div>
      </div>
    </div>`;
  }

  private renderWaterfall(comparison: ComparisonDocument): TemplateResult {
    const { app } = this;
    const { waterfall, per } = comparison;
    return section(
      t('What changed the GPU work'),
      waterfall.bars.length === 0
        ? emptyState(app, {
            why:
              waterfall.from === 0
                ? t('The baseline has no run to explain a change by: it holds figures alone.')
                : t('The GPU did the same work on both sides.'),
          })
        : html`<pm-figure
            .figure=${waterfallFigure(comparison, (kernel) => app.showKernel(kernel))}
          ></pm-figure>`,
      { note: perLabel(per) },
    );
  }

  private renderPhases(comparison: ComparisonDocument): TemplateResult {
    const { measure } = this.app.state;
    return section(
      t('Phases'),
      html`${this.renderMeasure(comparison, measure)}
        <p class="quiet">${lengths(comparison, measure)}</p>`,
    );
  }

  private renderMeasures(measure: PhaseMeasure): TemplateResult {
    return choices<PhaseMeasure>(
      t('Measure'),
      measure,
      [
        ['step', t('per step')],
        ['token', t('per token')],
        ['total', t('total')],
      ],
      (next) => this.app.update({ measure: next }),
    );
  }

  private renderMeasure(comparison: ComparisonDocument, measure: PhaseMeasure): TemplateResult {
    const { app } = this;
    if (measure === 'total') {
      const columns = totalColumns();
      return html`<pm-table
        .app=${app}
        name="comparedTotals"
        label=${t('Phases')}
        .columns=${columns}
        .source=${this.local('totals', comparison.phases, columns)}
        .rowKey=${(row: (typeof comparison.phases)[number]) => row.phase}
        .allRows=${() => comparison.phases}
        maxRows=${ROWS}
        .tools=${this.renderMeasures(measure)}
        .empty=${this.noPhases()}
      ></pm-table>`;
    }
    const ending = measure === 'step' ? '.step_ms' : '.token_us';
    return this.renderTimes(
      `comparedPhases-${measure}`,
      t('Phase'),
      this.rowsOf(
        comparison,
        `phases ${measure}`,
        ({ group, name }) => group === 'phase' && name.endsWith(ending) && !name.includes('idle'),
      ),
      (row) => html`${row.phase ? swatch(phaseMark(row.phase)) : nothing}${metricLabel(row)}`,
      this.noPhases(),
      this.renderMeasures(measure),
    );
  }

  private noPhases(): TemplateResult {
    return emptyState(this.app, {
      why: t(
        'No engine steps in these runs, so that nothing can be said by phase. Start vLLM under nsys with -t cuda,nvtx and profile again.',
      ),
    });
  }

  private renderComponents(comparison: ComparisonDocument): TemplateResult {
    const rows = this.rowsOf(
      comparison,
      'components',
      ({ group, baseline, current }) => group === 'component' && (baseline > 0 || current > 0),
    );
    return section(
      t('Components'),
      this.renderTimes(
        'comparedComponents',
        t('Component'),
        rows,
        (row) => {
          const component = /^component\.(.*)\.step_ms$/.exec(row.name)?.[1] ?? null;
          return html`${isComponent(component) ? swatch(componentMark(component)) : nothing}${metricLabel(row)}`;
        },
        emptyState(this.app, { why: t('No component has time on both sides.') }),
      ),
      { note: perLabel(comparison.per) },
    );
  }

  private renderTimes(
    name: string,
    title: string,
    rows: readonly DocumentMetric[],
    label: (row: DocumentMetric) => unknown,
    empty: TemplateResult,
    tools: unknown = nothing,
  ): TemplateResult {
    const columns = timeColumns(title, label);
    return html`<pm-table
      .app=${this.app}
      name=${name}
      label=${title}
      .columns=${columns}
      .source=${this.local(name, rows, columns)}
      .rowKey=${(row: DocumentMetric) => row.name}
      .allRows=${() => rows}
      maxRows=${ROWS}
      .tools=${tools}
      .empty=${empty}
    ></pm-table>`;
  }

  /** The same list as long as it is of the same comparison. */
  private readonly lists = new WeakMap<
    ComparisonDocument,
    Map<string, readonly DocumentMetric[]>
  >();

  private rowsOf(
    comparison: ComparisonDocument,
    name: string,
    wanted: (row: DocumentMetric) => boolean,
  ): readonly DocumentMetric[] {
    let lists = this.lists.get(comparison);
    if (!lists) this.lists.set(comparison, (lists = new Map<string, readonly DocumentMetric[]>()));
    let rows = lists.get(name);
    if (!rows) lists.set(name, (rows = comparison.metrics.filter(wanted)));
    return rows;
  }
}

/** Runs of different length are told as such: what is compared is normalised. */
function lengths(
  { phases, per, baseline, current }: ComparisonDocument,
  measure: PhaseMeasure,
): string {
  const steps = (side: 'baseline' | 'current'): number =>
    phases.reduce((sum, row) => sum + (row[side]?.steps ?? 0), 0);
  const runs = baseline.length + current.length > 2 ? t(' Means over the runs of a side.') : '';
  if (measure === 'total') {
    return t('Totals of runs that need not be of one length: no verdict rests on them.') + runs;
  }
  if (per === 'run') {
    return t('There are no steps to divide by: times are those of the whole run.') + runs;
  }
  return (
    t(
      'Normalised: {0} steps before, {1} now.',
      formatCount(steps('baseline')),
      formatCount(steps('current')),
    ) + runs
  );
}
