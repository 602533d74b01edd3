/** The tables of a session: what their columns are and what a filter may ask. */
import type { BatchUse } from '../../analysis/session/batches';
import type { Coselection, ExpertLayer } from '../../analysis/session/experts';
import type { SessionGraph } from '../../analysis/session/graphs';
import type { KvCacheUse } from '../../analysis/session/kv-cache';
import type { ComponentSplit, OperationTime, PhaseLatency } from '../../analysis/session/latency';
import type { RequestRow } from '../../analysis/session/requests';
import type { StepRow } from '../../analysis/session/step-rows';
import { NAME_FIELDS, type FilterAccess } from '../../protocol/filter';
import { REQUEST_FIELDS, STEP_FIELDS } from '../../protocol/session-filter';
import { number, share, text, time, type Column, type TableSpec } from '../tables';

function byName<Row>(name: (row: Row) => string): Omit<TableSpec<Row>, 'columns'> {
  return { fields: NAME_FIELDS, access: { text: name, number: () => undefined }, name };
}

const process = <Row extends { readonly process: number }>(): Column<Row> =>
  number('process', 'Process', (row) => row.process);

export const KV_CACHE: TableSpec<KvCacheUse> = {
  columns: [
    process(),
    share('mean', 'Mean', (row) => row.mean),
    share('p95', 'P95', (row) => row.p95),
    share('peak', 'Peak', (row) => row.peak),
    number('totalBlocks', 'Blocks', (row) => row.totalBlocks),
    share('belowOver', 'Time Over-Provisioned', (row) => row.belowOver),
    share('good', 'Time in Good Range', (row) => row.good),
    share('aboveUnder', 'Time Under-Provisioned', (row) => row.aboveUnder),
  ],
  ...byName((row) => String(row.process)),
};

export const GRAPHS: TableSpec<SessionGraph> = {
  columns: [
    text('mode', 'Mode', (row) => row.mode),
    number('tokens', 'Tokens', (row) => row.tokens),
    number('requests', 'Requests', (row) => row.requests),
    text('uniform', 'Uniform', (row) => truth(row.uniform)),
    text('lora', 'LoRA', (row) => truth(row.lora)),
    number('loras', 'Active LoRAs', (row) => row.loras),
    number('replays', 'Steps', (row) => row.replays),
    share('share', 'Of Steps', (row) => row.share),
    share('padding', 'Padding', (row) => row.padding),
    text('captured', 'Captured', (row) => truth(row.captured)),
    time('captureTime', 'Capture Time', (row) => row.captureTime),
    number('pieces', 'Pieces', (row) => row.pieces),
  ],
  ...byName((row) => row.key),
};

const truth = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? 'yes' : 'no';

export const BATCHES: TableSpec<BatchUse> = {
  columns: [
    process(),
    number('steps', 'Steps', (row) => row.steps),
    share('requestShare', 'Of Requests Allowed', (row) => row.requestShare),
    number('maxRequests', 'Requests Allowed', (row) => row.maxRequests),
    share('tokenShare', 'Of Tokens Allowed', (row) => row.tokenShare),
    number('maxTokens', 'Tokens Allowed', (row) => row.maxTokens),
    number('meanRunning', 'Mean Running', (row) => row.meanRunning),
    number('meanWaiting', 'Mean Waiting', (row) => row.meanWaiting),
    number('mostWaiting', 'Most Waiting', (row) => row.mostWaiting),
    share('underused', 'Half Empty While Requests Wait', (row) => row.underused),
  ],
  ...byName((row) => String(row.process)),
};

export const PHASES: TableSpec<PhaseLatency> = {
  columns: [
    text('phase', 'Phase', (row) => row.phase),
    process(),
    number('steps', 'Steps', (row) => row.steps),
    number('untimed', 'Untimed', (row) => row.untimed),
    time('p50', 'P50', (row) => row.times?.p50),
    time('p95', 'P95', (row) => row.times?.p95),
    time('p99', 'P99', (row) => row.times?.p99),
    time('max', 'Max', (row) => row.times?.max),
    time('mean', 'Mean', (row) => row.times?.mean),
    time('total', 'Total', (row) => row.times?.total),
    number('requests', 'Mean Requests', (row) => row.requests),
    number('tokens', 'Mean Tokens', (row) => row.tokens),
    number('tokensPerSecond', 'Tokens per Second', (row) => row.tokensPerSecond),
    text('timing', 'Timing', (row) => row.timing),
  ],
  ...byName((row) => row.phase),
};

export const OPERATIONS: TableSpec<OperationTime> = {
  columns: [
    text('operation', 'Operation', (row) => row.operation),
    process(),
    number('count', 'Calls', (row) => row.times.count),
    share('share', 'Of the Time', (row) => row.share),
    time('total', 'Total', (row) => row.times.total),
    time('mean', 'Mean', (row) => row.times.mean),
    time('p50', 'P50', (row) => row.times.p50),
    time('p95', 'P95', (row) => row.times.p95),
    time('p99', 'P99', (row) => row.times.p99),
    time('max', 'Max', (row) => row.times.max),
  ],
  ...byName((row) => row.operation),
};

export const EXPERT_LAYERS: TableSpec<ExpertLayer> = {
  columns: [
    number('layer', 'Layer', (row) => row.layer),
    number('experts', 'Experts', (row) => row.counts.length),
    share('coverage', 'Coverage', (row) => row.coverage),
    number('ratio', 'Busiest / Least Busy', (row) => row.ratio),
    share('deviation', 'Deviation', (row) => row.deviation),
    number('busiest', 'Busiest Expert', (row) => row.busiest),
    number('total', 'Activations', (row) => row.total),
    number('weight', 'Mean Weight', (row) => row.weights?.mean),
    number('heaviest', 'Heaviest Expert', (row) => row.weights?.heaviest),
    number('heaviestWeight', 'Its Mean Weight', (row) => row.weights?.means[row.weights.heaviest]),
  ],
  ...byName((row) => String(row.layer)),
};

export const COSELECTIONS: TableSpec<Coselection> = {
  columns: [
    number('first', 'Expert', (row) => row.first),
    number('second', 'With', (row) => row.second),
    number('count', 'Times', (row) => row.count),
  ],
  ...byName((row) => `${row.first} ${row.second}`),
};

export const COMPONENT_SPLIT: TableSpec<ComponentSplit> = {
  columns: [
    text('component', 'Component', (row) => row.component),
    share('share', 'Share', (row) => row.share),
    number('count', 'Times', (row) => row.times.count),
    time('total', 'Total', (row) => row.times.total),
    time('p50', 'P50', (row) => row.times.p50),
    time('p95', 'P95', (row) => row.times.p95),
    time('p99', 'P99', (row) => row.times.p99),
    text('timing', 'Timing', (row) => row.timing),
  ],
  ...byName((row) => row.component),
};

/** Waited before it was first scheduled. */
export const waited = ({ queued, started }: RequestRow): number | undefined =>
  queued === undefined || started === undefined ? undefined : started - queued;

export const LIFECYCLES: TableSpec<RequestRow> = {
  columns: [
    text('request', 'Request', (row) => row.request),
    process(),
    time('queued', 'Queued', (row) => row.queued),
    time('started', 'Started', (row) => row.started),
    time('finished', 'Finished', (row) => row.finished),
    time('total', 'Total', (row) => row.total),
    time('waited', 'Waited', waited),
    number('preemptions', 'Preemptions', (row) => row.preemptions),
    time('delay', 'Waited After Preemption', (row) => row.delay),
    text('reason', 'Finished By', (row) => row.reason),
  ],
  fields: REQUEST_FIELDS,
  name: (row) => row.request,
  access: fieldAccess<RequestRow>(
    { request: (row) => row.request, reason: (row) => row.reason },
    {
      time: (row) => row.total,
      waited,
      delay: (row) => row.delay,
      preemptions: (row) => row.preemptions,
    },
  ),
};

export const STEPS: TableSpec<StepRow> = {
  columns: [
    number('step', 'Step', (row) => row.step),
    process(),
    time('start', 'Start', (row) => row.start),
    time('duration', 'Time', (row) => row.duration),
    text('phase', 'Phase', (row) => row.phase),
    number('requests', 'Requests', (row) => row.requests),
    number('tokens', 'Tokens', (row) => row.tokens),
    text('descriptor', 'Graph', (row) => row.descriptor),
    share('kv', 'KV Cache', (row) => row.kv),
  ],
  fields: STEP_FIELDS,
  name: (row) => String(row.start),
  access: fieldAccess<StepRow>(
    { graph: (row) => row.descriptor, phase: (row) => row.phase },
    {
      time: (row) => row.duration,
      requests: (row) => row.requests,
      tokens: (row) => row.tokens,
      kv: (row) => row.kv,
    },
  ),
};

function fieldAccess<Row>(
  texts: Readonly<Record<string, (row: Row) => string>>,
  numbers: Readonly<Record<string, (row: Row) => number | undefined>>,
): FilterAccess<Row> {
  return {
    text: (row, field) => texts[field]?.(row),
    number: (row, field) => numbers[field]?.(row),
  };
}
