/** Prefill against decode: how long, how much of it busy, on what. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { PhaseBreakdown, PhaseRow, StepPoint } from '../../../src/analysis/phases';
import type { Phase } from '../../../src/profile/scope';
import type { Result, Sort } from '../../../src/protocol/requests';
import { formatCount, formatShare, formatTime, momentFormat } from '../../../src/profile/format';
import type { PhaseMeasure } from '../../state';
import { plural, t } from '../../strings';
import { button, choices, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import '../../ui/figure';
import { columnsChart, contentKey, dots, type Dot } from '../../ui/figures';
import { phaseLabel, phaseMark, PHASES, swatch } from '../../ui/marks';
import { emptyState, failed, lead, section } from '../../ui/parts';
import type { Component } from '../../../src/analysis/components';
import { unrecorded } from '../graphs/mode';
import { View } from '../view';
import {
  componentColumns,
  phaseColumns,
  scheduleColumns,
  topKernelColumns,
  type TopKernel,
} from './columns';
import { componentsByPhase, divisor } from './components-by-phase';

/** More dots than this can't be told apart on any screen. */
const STEPS = 4000;

@customElement('pm-phases')
export class PhasesView extends View {
  private readonly phaseColumns = phaseColumns();
  private readonly scheduleColumns = scheduleColumns();
  private readonly componentColumns = componentColumns();
  private readonly topKernelColumns = topKernelColumns();
  /** The component and the phase under the pointer, in a picture or a table. */
  @state() private hovered = '';
  @state() private hoveredPhase = '';

  protected override render(): unknown {
    const { app } = this;
    const { scope } = app;
    const query = this.ask('phases', { scope });
    const { value } = query;
    if (query.failure && !value) return failed(query.failure.message);
    if (value?.missing) return this.renderMissing(value);
    const steps = this.ask('steps', { scope, limit: STEPS });
    return html`<div class="view ${query.pending && value ? 'stale' : ''}">
      ${value ? lead(answer(value)) : html`<div class="lead">${skeleton(1)}</div>`}
      <div class="columns">
        ${section(t('Components by phase'), value ? this.renderBars(value) : skeleton(1, 'chart'), {
          tools: this.renderMeasure(),
        })}
        ${section(
          t('Step times over the run'),
          steps.value ? this.renderSteps(steps.value) : skeleton(1, 'chart'),
          {
            note: stepsNote(steps.value),
            tools: scope.window
              ? button(t('Whole run'), () => app.narrow('window', undefined))
              : nothing,
          },
        )}
      </div>
      ${section(t('Phases'), value ? this.renderTable(value) : skeleton(4), {
        note: value ? coverageNote(value) : undefined,
      })}
      ${value ? this.renderPhase(value) : nothing}
    </div>`;
  }

  private renderMissing(value: PhaseBreakdown): TemplateResult {
    const torch = this.app.status?.format === 'torch';
    const why = {
      'no-ranges': torch
        ? t(
            'No annotations in this trace, so steps can not be told apart. Start vLLM with this option and profile again.',
          )
        : t(
            'No NVTX ranges in this profile, so steps can not be told apart. Start vLLM with this option, trace nvtx, and profile again.',
          ),
      'no-step-ranges': torch
        ? t(
            'None of the annotations in this trace is named as vLLM names its steps. Start vLLM with this option and profile again.',
          )
        : t(
            'No step ranges in this profile: none of its NVTX ranges is named as vLLM names its steps. Start vLLM with this option and profile again.',
          ),
      'no-activities': t('No work on a GPU was recorded in this scope.'),
    }[value.missing!];
    const widen = this.app.state.narrowed.length > 0 && value.missing === 'no-activities';
    // What was scheduled is in the names of steps, whether a GPU was watched or not.
    const steps = value.phases.filter((row) => row.steps > 0);
    return html`<div class="view">
      ${lead(
        steps.length === 0
          ? t('This profile does not say what was prefill and what was decode.')
          : t(
              'The engine took these steps: {0}. How long they kept a GPU is not in this profile.',
              steps.map((row) => `${phaseLabel(row.phase)} ${formatCount(row.steps)}`).join(', '),
            ),
      )}
      ${emptyState(this.app, {
        why,
        remedy:
          value.missing === 'no-activities'
            ? undefined
            : `--profiler-config.profiler ${torch ? 'torch' : 'cuda'}`,
        profile: !widen && this.app.status?.format === 'nsys',
        action: widen ? { label: t('Widen the scope'), run: () => this.app.widen() } : undefined,
      })}
      ${
        value.busy > 0
          ? section(
              t('Components of all GPU work'),
              html`<pm-figure .figure=${componentsByPhase(this.app, value, 'total')}></pm-figure>`,
            )
          : nothing
      }
      ${steps.length === 0 ? nothing : section(t('Phases'), this.renderSchedule(steps))}
    </div>`;
  }

  private renderSchedule(steps: readonly PhaseRow[]): TemplateResult {
    return html`<pm-table
      .app=${this.app}
      name="schedule"
      label=${t('Phases')}
      .columns=${this.scheduleColumns}
      .source=${this.local('schedule', steps, this.scheduleColumns, 'schedule')}
      .rowKey=${(row: PhaseRow) => row.phase}
      .maxRows=${3}
    ></pm-table>`;
  }

  private renderMeasure(): TemplateResult {
    return choices<PhaseMeasure>(
      t('Times are told'),
      this.app.state.measure,
      [
        ['total', t('total')],
        ['step', t('per step')],
        ['token', t('per token')],
      ],
      (measure) => this.app.setMeasure(measure),
    );
  }

  private renderBars(value: PhaseBreakdown): unknown {
    const { measure } = this.app.state;
    if (!value.phases.some((row) => row.total > 0 && divisor(row, measure) !== undefined)) {
      return emptyState(this.app, {
        why: t('The names of the steps do not say how many tokens they hold.'),
        action: { label: t('Show totals'), run: () => this.app.setMeasure('total') },
      });
    }
    return html`<pm-figure
      .figure=${componentsByPhase(this.app, value, measure)}
      .highlighted=${this.hovered}
      .onPoint=${(component: string | undefined) => (this.hovered = component ?? '')}
    ></pm-figure>`;
  }

  private renderSteps({ points }: Result<'steps'>): unknown {
    const { app } = this;
    if (points.length === 0) {
      return emptyState(app, {
        why: t('No steps in this scope.'),
        action: { label: t('Widen the scope'), run: () => app.widen() },
      });
    }
    const most = points.reduce((max, point) => Math.max(max, point.requests || 0), 1);
    const [start, end] = app.scope.window ?? app.status!.extent;
    const at = momentFormat(start, end, 5000);
    const groups = PHASES.map((phase) => points.filter((point) => point.phase === phase));
    return html`<pm-figure
      .figure=${dots({
        key: contentKey(points, start, end),
        label: t('Time per step over the run, by phase. A stronger colour is a larger batch.'),
        head: [t('Step'), t('Phase'), t('Start'), t('Time'), t('Requests'), t('Tokens')],
        start,
        end,
        series: PHASES.map((phase, index) => ({
          id: phase,
          label: phaseLabel(phase),
          mark: phaseMark(phase),
          dots: groups[index].map((point) => dot(point, most, at)),
        })),
        brush: {
          hint: t(
            'Arrow keys go through the steps; with Shift they choose a window, Enter sets it.',
          ),
          select: (from, to) => app.narrow('window', [Math.floor(from), Math.ceil(to)]),
        },
        pick: (series, index) => {
          const used = groups.filter((group) => group.length > 0);
          const point = used[series]?.[index];
          if (point) app.narrow('window', [point.start, point.start + Math.max(1, point.span)]);
        },
      })}
      .highlighted=${this.hoveredPhase}
      .onPoint=${(phase: string | undefined) => (this.hoveredPhase = phase ?? '')}
    ></pm-figure>`;
  }

  private renderTable(value: PhaseBreakdown): TemplateResult {
    const { app } = this;
    return html`<pm-table
      .app=${app}
      name="phases"
      label=${t('Phases')}
      .columns=${this.phaseColumns}
      .source=${this.local('phases', value.phases, this.phaseColumns, 'phases')}
      .rowKey=${(row: PhaseRow) => row.phase}
      .highlighted=${this.hoveredPhase}
      .onHover=${(row: PhaseRow | undefined) => (this.hoveredPhase = row?.phase ?? '')}
      .maxRows=${4}
      .onSelect=${(row: PhaseRow) => app.update({ phase: row.phase })}
      .onOpen=${(row: PhaseRow) => app.narrow('phase', row.phase)}
      .exported=${(sort: Sort | undefined) => ({
        table: 'phases',
        scope: app.scope,
        filter: '',
        sort,
      })}
    ></pm-table>`;
  }

  private renderPhase(value: PhaseBreakdown): unknown {
    const { app } = this;
    const there = value.phases.filter((row) => row.total > 0);
    if (there.length === 0) return nothing;
    const busiest = [...there].sort((a, b) => b.busy - a.busy)[0];
    const row = there.find((one) => one.phase === app.state.phase) ?? busiest;
    const scope = { ...app.scope, phase: row.phase };
    const chips = choices<Phase>(
      t('Phase'),
      row.phase,
      there.map((one) => [
        one.phase,
        html`${swatch(phaseMark(one.phase))}${phaseLabel(one.phase)}${
          one.steps ? html` <small>${formatCount(one.steps)}</small>` : nothing
        }`,
      ]),
      (phase) => app.update({ phase }),
    );
    return html`<div class="section-head phase-head">
        <h2>${t('Inside')}</h2>
        ${chips}<span class="spring"></span>${button(t('Narrow everything to this phase'), () =>
          app.narrow('phase', row.phase),
        )}
      </div>
      <div class="columns three">
        ${section(
          t('Components'),
          html`<pm-table
            .app=${app}
            name="phase-components"
            label=${t('Components of {0}', phaseLabel(row.phase))}
            .columns=${this.componentColumns}
            .source=${this.local(
              'phase-components',
              row.components,
              this.componentColumns,
              'components',
            )}
            .defaultSort=${{ column: 'total', descending: true }}
            .rowKey=${(one: { component: string }) => one.component}
            .highlighted=${this.hovered}
            .onHover=${(one: { component: string } | undefined) =>
              (this.hovered = one?.component ?? '')}
            .maxRows=${10}
            .onOpen=${(one: { component: Component }) =>
              app.showComponent(one.component, { phase: row.phase })}
            .exported=${(sort: Sort | undefined) => ({
              table: 'components',
              scope,
              filter: '',
              sort,
            })}
          ></pm-table>`,
        )}
        ${section(
          t('Top kernels'),
          html`<pm-table
            .app=${app}
            name="phase-kernels"
            label=${t('Top kernels of {0}', phaseLabel(row.phase))}
            .columns=${this.topKernelColumns}
            .source=${this.local('phase-kernels', row.topKernels, this.topKernelColumns, 'kernels')}
            .defaultSort=${{ column: 'total', descending: true }}
            .rowKey=${(one: TopKernel) => one.name}
            .onHover=${(one: TopKernel | undefined) => (this.hovered = one?.component ?? '')}
            .onOpen=${(one: TopKernel) => {
              app.narrow('phase', row.phase);
              app.go('kernels', `name="${one.name.replaceAll('"', '')}"`);
            }}
            .maxRows=${10}
          ></pm-table>`,
        )}
        ${row.batchSizes.length > 0 ? this.renderBatches(row) : nothing}
      </div>`;
  }

  private renderBatches(row: PhaseRow): TemplateResult {
    const sizes = row.batchSizes;
    return section(
      t('Batch sizes'),
      html`<pm-figure
        .figure=${columnsChart({
          key: contentKey(sizes),
          label: t('Steps of {0} by the number of requests in them.', phaseLabel(row.phase)),
          categories: sizes.map((size) => String(size.requests)),
          values: sizes.map((size) => size.steps),
          texts: sizes.map((size) =>
            t(
              '{0} requests: {1} steps, {2} each on average',
              size.requests,
              formatCount(size.steps),
              formatTime(size.stepTime),
            ),
          ),
          categoryTitle: t('Requests in the step'),
          valueTitle: t('Steps'),
          mark: phaseMark(row.phase),
        })}
      ></pm-figure>`,
    );
  }
}

function dot(point: StepPoint, most: number, at: (moment: number) => string): Dot {
  const requests = Number.isFinite(point.requests) ? formatCount(point.requests) : '–';
  const tokens = Number.isFinite(point.tokens) ? formatCount(point.tokens) : '–';
  return {
    x: point.start,
    y: point.span,
    shade: (point.requests || 0) / most,
    text: [
      t('{0} step {1}', phaseLabel(point.phase), point.step),
      t('took {0}', formatTime(point.span)),
      t('busy {0}', formatTime(point.busy)),
      t('requests {0}', requests),
      t('tokens {0}', tokens),
      t('at {0}', at(point.start)),
    ].join(', '),
    cells: [
      String(point.step),
      phaseLabel(point.phase),
      at(point.start),
      formatTime(point.span),
      requests,
      tokens,
    ],
  };
}

function stepsNote(value: Result<'steps'> | undefined): string | undefined {
  if (!value || value.total <= value.points.length) return t('drag to select steps');
  return t(
    '{0} of {1} steps drawn, evenly thinned',
    formatCount(value.points.length),
    formatCount(value.total),
  );
}

function coverageNote(value: PhaseBreakdown): string {
  const parts = [t('{0} of GPU time belongs to a step', formatShare(value.coverage))];
  if (value.ranks > 1) {
    parts.push(
      plural(
        value.engines,
        '{0} ranks of one engine; its steps count once',
        '{0} ranks of {1} engines; the steps of each count once',
        value.ranks,
        value.engines,
      ),
    );
  }
  return parts.join(' · ');
}

function answer(value: PhaseBreakdown): string {
  // Shares of the rest would be taken for the whole.
  if (value.unrecordedGraphs > 0) return unrecorded(value.unrecordedGraphs);
  const first = [...value.phases]
    .filter((row) => row.phase !== 'unattributed' && row.busy > 0)
    .sort((a, b) => b.busy - a.busy)[0];
  const attributed = t('{0} of GPU time is attributed to a step.', formatShare(value.coverage));
  if (!first) return attributed;
  if (first.steps === 0) {
    return `${t(
      '{0} steps took {1} of GPU time; none of them begins in this scope.',
      phaseLabel(first.phase),
      formatShare(first.share),
    )} ${attributed}`;
  }
  const p50 = formatTime(first.stepTime?.p50);
  const steps = first.stepTime
    ? plural(first.steps, '1 step of {1}', '{0} steps, p50 {1}', formatCount(first.steps), p50)
    : plural(first.steps, '{0} step', '{0} steps', formatCount(first.steps));
  return `${t(
    '{0} steps took {1} of GPU time: {2}.',
    phaseLabel(first.phase),
    formatShare(first.share),
    steps,
  )} ${attributed}`;
}
