import { html } from 'lit';
import type { ComponentTime, PhaseRow } from '../../../src/analysis/phases';
import { t } from '../../strings';
import { kernelName } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';
import { componentLabel, componentMark, phaseLabel, phaseMark, swatch } from '../../ui/marks';

export type TopKernel = PhaseRow['topKernels'][number];

export const phaseColumns = (): readonly Column<PhaseRow>[] => [
  {
    id: 'phase',
    title: t('Phase'),
    kind: 'text',
    width: 130,
    grow: true,
    value: (row) => phaseLabel(row.phase),
    display: (row) => html`${swatch(phaseMark(row.phase))}${phaseLabel(row.phase)}`,
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of the GPU’s busy time in scope. What runs while another phase does counts for both.'),
    kind: 'share',
    width: 130,
    value: (row) => row.share,
  },
  {
    id: 'busy',
    title: t('GPU busy'),
    hint: t('Time in which work of the phase ran, concurrent streams counted once.'),
    kind: 'time',
    width: 104,
    value: (row) => row.busy,
  },
  {
    id: 'steps',
    title: t('Steps'),
    kind: 'count',
    width: 70,
    value: (row) => (row.phase === 'unattributed' ? undefined : row.steps),
  },
  {
    id: 'requests',
    title: t('Requests'),
    hint: t('Scheduled in all steps together.'),
    kind: 'count',
    width: 84,
    value: (row) => row.requests,
  },
  {
    id: 'contextTokens',
    title: t('Context tokens'),
    kind: 'count',
    width: 124,
    value: (row) => row.contextTokens,
  },
  {
    id: 'generationTokens',
    title: t('Gen. tokens'),
    hint: t('Generation tokens.'),
    kind: 'count',
    width: 100,
    value: (row) => row.generationTokens,
  },
  {
    id: 'idle',
    title: t('Idle'),
    hint: t('Inside steps, from their first work to their last: nothing of the step ran.'),
    kind: 'time',
    width: 80,
    value: (row) => (row.phase === 'unattributed' ? undefined : row.idle),
  },
  {
    id: 'p50',
    title: t('Step p50'),
    kind: 'time',
    unitGroup: 'step',
    width: 104,
    value: (row) => row.stepTime?.p50,
  },
  {
    id: 'p95',
    title: t('p95'),
    kind: 'time',
    unitGroup: 'step',
    width: 80,
    value: (row) => row.stepTime?.p95,
  },
  {
    id: 'p99',
    title: t('p99'),
    kind: 'time',
    unitGroup: 'step',
    width: 80,
    value: (row) => row.stepTime?.p99,
  },
  {
    id: 'tokensPerSecond',
    title: t('Tokens/s'),
    kind: 'number',
    width: 90,
    value: (row) => row.tokensPerSecond,
  },
  {
    id: 'span',
    title: t('Span'),
    hint: t('From the first work of each step to its last, added up.'),
    kind: 'time',
    width: 80,
    hidden: true,
    value: (row) => (row.phase === 'unattributed' ? undefined : row.span),
  },
  {
    id: 'total',
    title: t('Sum of durations'),
    kind: 'time',
    width: 120,
    hidden: true,
    value: (row) => row.total,
  },
];

const SCHEDULED = new Set(['phase', 'steps', 'requests', 'contextTokens', 'generationTokens']);

/** What the names of steps tell without any work on a GPU. */
export const scheduleColumns = (): readonly Column<PhaseRow>[] =>
  phaseColumns().filter(({ id }) => SCHEDULED.has(id));

export const componentColumns = (): readonly Column<ComponentTime>[] => [
  {
    id: 'component',
    title: t('Component'),
    kind: 'text',
    width: 130,
    grow: true,
    value: (row) => componentLabel(row.component),
    display: (row) => html`${swatch(componentMark(row.component))}${componentLabel(row.component)}`,
  },
  { id: 'share', title: t('Share'), kind: 'share', width: 116, value: (row) => row.share },
  { id: 'total', title: t('Time'), kind: 'time', width: 96, value: (row) => row.total },
  { id: 'instances', title: t('Count'), kind: 'count', width: 70, value: (row) => row.instances },
];

export const topKernelColumns = (): readonly Column<TopKernel>[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 180,
    grow: true,
    value: (row) => row.name,
    display: (row) => html`${swatch(componentMark(row.component))}${kernelName(row.name)}`,
  },
  { id: 'share', title: t('Share'), kind: 'share', width: 116, value: (row) => row.share },
  { id: 'total', title: t('Time'), kind: 'time', width: 96, value: (row) => row.total },
  { id: 'instances', title: t('Count'), kind: 'count', width: 70, value: (row) => row.instances },
];
