/**
 * What stands out in a session. A rule that has too little to go by stays silent; one
 * that rests on a rule of thumb says so in its threshold.
 */
import { formatCount, formatNumber, formatShare, formatTime } from '../../profile/format';
import type { ExpertBalance } from '../../profile/expert-balance';
import type { Session } from '../../profile/session';
import { batchTotals } from './batches';
import { loggedBalance } from '../expert-balance';
import { experts } from './experts';
import { sessionGraphs } from './graphs';
import { evictionTotals, kvCacheTotals, type KvCacheUse } from './kv-cache';
import { schedulingShare } from './latency';
import { requestTotals } from './requests';
import { THRESHOLDS } from './thresholds';

export type SessionView =
  'kv-cache' | 'graphs' | 'batches' | 'latency' | 'cpu' | 'requests' | 'experts' | 'components';

export interface SessionFinding {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'problem';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly measured: string;
  readonly threshold: string;
  readonly view: SessionView;
}

/** Fewer steps than these are a start, not a load. */
const ENOUGH_STEPS = 100;
const ENOUGH_TOKENS_AN_EXPERT = 100;
const ENOUGH_REQUESTS = 20;
const MANY_EVICTIONS = 100;
/** The log tells one engine step in some twenty. */
const ENOUGH_LOGGED_STEPS = 20;
const EVEN_OUT =
  'With expert parallelism the busiest GPU is waited for: --enable-eplb moves and repeats experts.';

type Rule = (session: Session, balance?: ExpertBalance) => SessionFinding | undefined;

const kvFull: Rule = (session) => {
  const use = kvCacheTotals(session).reduce<KvCacheUse | undefined>(
    (most, each) => (most === undefined || each.aboveUnder > most.aboveUnder ? each : most),
    undefined,
  );
  const enough = session.kvUsage.length >= ENOUGH_STEPS;
  if (use === undefined || !enough || use.aboveUnder < THRESHOLDS.kvFullTime) return undefined;
  return {
    id: 'kv-cache-full',
    severity: 'warning',
    title: `The KV cache is nearly full for ${formatShare(use.aboveUnder)} of the time`,
    detail: `Its peak is ${formatShare(use.peak)} of ${formatCount(use.totalBlocks)} blocks. Once it is full, requests wait or are preempted.`,
    advice:
      'Give it more memory (gpu_memory_utilization, tensor parallelism, an fp8 KV cache), or let fewer requests run at once (max_num_seqs).',
    measured: `${formatShare(use.aboveUnder)} of the time above ${formatShare(THRESHOLDS.kvUnderProvisioned)}`,
    threshold: `rule of thumb: at most ${formatShare(THRESHOLDS.kvFullTime)} of the time`,
    view: 'kv-cache',
  };
};

const kvEmpty: Rule = (session) => {
  const uses = kvCacheTotals(session);
  const enough = session.batch.length >= ENOUGH_STEPS || session.kvUsage.length >= ENOUGH_STEPS;
  if (uses.length === 0 || !enough) return undefined;
  const peak = uses.reduce((most, use) => Math.max(most, use.peak), 0);
  if (peak >= THRESHOLDS.kvOverProvisioned) return undefined;
  return {
    id: 'kv-cache-empty',
    severity: 'info',
    title: `The KV cache is never more than ${formatShare(peak)} full`,
    detail: 'This load would run in less memory, or the same memory would serve more requests.',
    advice:
      'Let more requests run at once (max_num_seqs), or lower gpu_memory_utilization. A shorter max_model_len does not make the pool smaller.',
    measured: `peak ${formatShare(peak)}`,
    threshold: `rule of thumb: at least ${formatShare(THRESHOLDS.kvOverProvisioned)}`,
    view: 'kv-cache',
  };
};

const shortEvictions: Rule = (session) => {
  const { count, shortLived, lifetime } = evictionTotals(session);
  if (count < MANY_EVICTIONS || !(shortLived > 0.5) || lifetime === undefined) return undefined;
  return {
    id: 'prefixes-evicted-early',
    severity: 'info',
    title: `Half of the cached prefixes last less than ${formatTime(lifetime.p50)}`,
    detail: `${formatCount(count)} cached blocks gave way to new ones. A prefix that comes back later than that is computed again.`,
    advice:
      'If requests share prefixes, more KV cache memory keeps them longer; otherwise this is no loss.',
    measured: `${formatShare(shortLived)} lived less than ${formatTime(THRESHOLDS.evictionLifetime)}`,
    threshold: 'rule of thumb: at most half',
    view: 'kv-cache',
  };
};

const lowCoverage: Rule = (session) => {
  const { coverage, steps, eagerSteps, captured } = sessionGraphs(session);
  if (coverage === undefined || steps < ENOUGH_STEPS || coverage >= THRESHOLDS.graphCoverage)
    return undefined;
  return {
    id: 'steps-without-graph',
    severity: 'warning',
    title: `Only ${formatShare(coverage)} of steps replay a CUDA graph`,
    detail: `${formatCount(eagerSteps)} of ${formatCount(steps)} steps launched their kernels one by one.`,
    advice:
      captured === 0
        ? 'No graph was captured: start vLLM without --enforce-eager.'
        : 'Steps larger than the largest captured size run without a graph: compare the batch sizes with cudagraph_capture_sizes.',
    measured: formatShare(coverage),
    threshold: `rule of thumb: at least ${formatShare(THRESHOLDS.graphCoverage)}`,
    view: 'graphs',
  };
};

const paddingWaste: Rule = (session) => {
  const { padding, steps } = sessionGraphs(session);
  if (padding === undefined || steps < ENOUGH_STEPS || padding <= THRESHOLDS.paddingWaste)
    return undefined;
  return {
    id: 'graph-padding',
    severity: 'info',
    title: `${formatShare(padding)} of the tokens in graphs are padding`,
    detail: 'A step replays the next larger captured size, and computes what it has too much.',
    advice: 'Capture sizes nearer to the batch sizes that occur (cudagraph_capture_sizes).',
    measured: formatShare(padding),
    threshold: `rule of thumb: at most ${formatShare(THRESHOLDS.paddingWaste)}`,
    view: 'graphs',
  };
};

const unusedGraphs: Rule = (session) => {
  const { captured, neverUsed, neverUsedTime, steps } = sessionGraphs(session);
  if (steps < ENOUGH_STEPS || captured === 0 || neverUsed / captured <= THRESHOLDS.unusedGraphs)
    return undefined;
  return {
    id: 'graphs-never-used',
    severity: 'info',
    title: `${formatCount(neverUsed)} of ${formatCount(captured)} captured graphs are never replayed`,
    detail: `Capturing them took ${formatTime(neverUsedTime)} of the start, and they hold memory.`,
    advice: 'Capture only the sizes that occur (cudagraph_capture_sizes).',
    measured: formatShare(neverUsed / captured),
    threshold: 'rule of thumb: at most half',
    view: 'graphs',
  };
};

const preemptions: Rule = (session) => {
  const { preempted, preemptions: count, requests, delay } = requestTotals(session);
  if (preempted === undefined || requests < ENOUGH_REQUESTS) return undefined;
  if (preempted <= THRESHOLDS.preemptionRate) return undefined;
  return {
    id: 'preemptions',
    severity: 'warning',
    title: `${formatShare(preempted)} of requests were preempted`,
    detail: `${formatCount(count)} preemptions in ${formatCount(requests)} requests${delay === undefined ? '' : `; they waited ${formatTime(delay.p50)} in the middle`}. What a preempted request had computed is computed again.`,
    advice: 'More KV cache memory, or fewer requests at once (max_num_seqs).',
    measured: formatShare(preempted),
    threshold: `rule of thumb: at most ${formatShare(THRESHOLDS.preemptionRate)}`,
    view: 'requests',
  };
};

const underusedBatches: Rule = (session) => {
  const use = batchTotals(session).find(
    (each) => each.steps >= ENOUGH_STEPS && each.underused > THRESHOLDS.underusedSteps,
  );
  if (use === undefined) return undefined;
  return {
    id: 'batches-underused',
    severity: 'warning',
    title: `Requests wait in ${formatShare(use.underused)} of steps though the batch is half empty`,
    detail: 'Neither the number of sequences nor that of tokens is near its limit in these steps.',
    advice: 'Look at the KV cache: a full one holds requests back before either limit is reached.',
    measured: formatShare(use.underused),
    threshold: `rule of thumb: at most ${formatShare(THRESHOLDS.underusedSteps)} of steps`,
    view: 'batches',
  };
};

const cpuOverhead: Rule = (session) => {
  const most = schedulingShare(session, ENOUGH_STEPS);
  if (most === undefined || most <= THRESHOLDS.cpuOverhead) return undefined;
  return {
    id: 'scheduler-time',
    severity: 'warning',
    title: `The scheduler takes ${formatShare(most)} of the engine's time`,
    detail:
      'schedule and update_from_output together. Without asynchronous scheduling the GPU waits meanwhile.',
    advice:
      'Asynchronous scheduling (the default since 0.14 where the executor allows it) hides it behind the GPU.',
    measured: formatShare(most),
    threshold: `rule of thumb: at most ${formatShare(THRESHOLDS.cpuOverhead)}`,
    view: 'cpu',
  };
};

const expertImbalance: Rule = (session, balance) =>
  unevenLayers(session, balance) ?? (balance && unevenGpus(balance));

const unevenLayers: Rule = (session, balance) => {
  const { layers } = experts(session);
  const known = layers.filter(
    ({ total, counts }) => total >= counts.length * ENOUGH_TOKENS_AN_EXPERT,
  );
  const uneven = known.filter(
    ({ ratio, deviation }) =>
      ratio > THRESHOLDS.expertRatio && deviation > THRESHOLDS.expertDeviation,
  );
  if (uneven.length === 0) return undefined;
  const worst = uneven.reduce((most, each) => (each.deviation > most.deviation ? each : most));
  const ratio = Number.isFinite(worst.ratio)
    ? `${formatNumber(worst.ratio)} times the least busy one's`
    : 'and others none';
  return {
    id: 'expert-imbalance',
    severity: 'warning',
    title: `Experts are loaded unevenly in ${formatCount(uneven.length)} of ${formatCount(known.length)} layers`,
    detail: `Most in layer ${worst.layer}: expert ${worst.busiest} has ${formatShare(worst.counts[worst.busiest] / worst.total)} of the activations, ${ratio}.${balance ? ` ${loggedBalance(balance)}` : ''}`,
    advice: EVEN_OUT,
    measured: `busiest / least ${formatNumber(worst.ratio)}, deviation ${formatShare(worst.deviation)} of the mean`,
    threshold: `rule of thumb: at most ${THRESHOLDS.expertRatio}, and ${formatShare(THRESHOLDS.expertDeviation)}`,
    view: 'experts',
  };
};

/** What counts with expert parallelism, where experts were not counted or look even. */
function unevenGpus({ across, models }: ExpertBalance): SessionFinding | undefined {
  const worst = models.reduce((most, each) =>
    each.balancedness < most.balancedness ? each : most,
  );
  const { model, balancedness, p50, samples } = worst;
  if (across !== 'gpus' || samples.length < ENOUGH_LOGGED_STEPS) return undefined;
  if (balancedness >= THRESHOLDS.gpuBalance) return undefined;
  return {
    id: 'expert-imbalance',
    severity: 'warning',
    title: `The average GPU has ${formatShare(balancedness)} of the tokens of the busiest`,
    detail: `vLLM’s log tells it${model === undefined ? '' : ` of ${model}`} while the load ran, in ${formatCount(samples.length)} steps. The others wait for the busiest.`,
    advice: EVEN_OUT,
    measured: `balancedness ${formatNumber(balancedness)} of all steps together, ${formatNumber(p50)} in the middle`,
    threshold: `rule of thumb: at least ${formatNumber(THRESHOLDS.gpuBalance)}`,
    view: 'experts',
  };
}

const RULES: readonly Rule[] = [
  kvFull,
  preemptions,
  underusedBatches,
  lowCoverage,
  cpuOverhead,
  expertImbalance,
  paddingWaste,
  unusedGraphs,
  shortEvictions,
  kvEmpty,
];
const SEVERITIES: readonly SessionFinding['severity'][] = ['problem', 'warning', 'info'];

/**
 * Most severe first.
 * @param balance what the log of the session's run told of its experts
 */
export function sessionFindings(
  session: Session,
  balance?: ExpertBalance,
): readonly SessionFinding[] {
  return RULES.map((rule) => rule(session, balance))
    .filter((finding) => finding !== undefined)
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}
