/**
 * Engine steps, from the ranges vLLM (every format of 0.11 and later, forks),
 * SGLang, TensorRT-LLM, or a person ("prefill", "decode") put into the capture, and which
 * work on the device belongs to which step.
 */
import { NONE, RangeKind, type Profile } from '../profile/model';
import { PHASES } from '../profile/scope';
import type { StringId } from '../profile/strings';
import { groupRanks, type Rank } from './engines';
import { endOf, orderBy } from './intervals';
import type { LaunchLinks } from './launches';
import { parseStepName, type StepFormat, type StepName } from './step-names';

export { parseStepName, type StepName } from './step-names';

/** Steps as columns, ordered by thread, then start. */
export interface StepTable {
  readonly length: number;
  /** Row of `profile.ranges`. */
  readonly range: Uint32Array;
  readonly thread: Uint32Array;
  readonly start: Float64Array;
  /** Of a range that was still open: the start of the thread's next step, or the capture's last event. */
  readonly end: Float64Array;
  /** Index into PHASES (0 prefill, 1 decode, 2 mixed). */
  readonly phase: Uint8Array;
  readonly contextRequests: Float64Array;
  readonly contextTokens: Float64Array;
  readonly generationRequests: Float64Array;
  readonly generationTokens: Float64Array;
  /** Ranks (threads) whose steps are the same work: one engine. Index of the engine. */
  readonly engine: Uint16Array;
  /** The rank whose steps are counted for its engine, one thread an engine. */
  readonly leads: readonly number[];
  /** The format of most steps; undefined where there are none. */
  readonly format: StepName['format'] | undefined;
}

/** Row of {@link StepTable} for each activity, NONE (-1) outside any step. */
export interface StepAttribution {
  readonly kernels: Int32Array;
  readonly memcpys: Int32Array;
  readonly memsets: Int32Array;
  readonly graphTraces: Int32Array;
}

/**
 * Formats are not mixed: where an engine announces its steps, a person's
 * "prefill" is some other range of theirs; and a step that two engines' tools
 * announce (one range around the other) is one step.
 */
const FAMILIES: readonly (readonly StepFormat[])[] = [
  ['vllm', 'vllm-detailed', 'vllm-0.11'],
  ['sglang'],
  ['tensorrt-llm'],
  ['plain'],
];

const MARK: number = RangeKind.Mark;

/**
 * Steps are push-pop and start-end ranges, of the default domain where it has
 * any. Of ranges that overlap on one thread the outermost, the one that began
 * first, is the step. A range still open when the capture stopped is one too:
 * what it launched was recorded.
 */
export function findSteps(profile: Profile): StepTable {
  const { ranges } = profile;
  const names = parseNames(profile);
  const rows = outermost(profile, chooseRanges(profile, names));
  const parsed = Array.from(rows, (row) => names.get(ranges.name[row])!);
  const column = (value: (name: StepName) => number) => Float64Array.from(parsed, value);

  const thread = Uint32Array.from(rows, (row) => ranges.thread[row]);
  const start = Float64Array.from(rows, (row) => ranges.start[row]);
  const ranks = ranksOf(profile, thread);
  const { engine, leads } = groupRanks(ranks, contentOf(parsed));
  const engineOfStep = new Uint16Array(rows.length);
  ranks.forEach((rank, i) => engineOfStep.fill(engine[i], rank.first, rank.first + rank.length));

  return {
    length: rows.length,
    range: rows,
    thread,
    start,
    end: endsOf(profile, rows, thread, start),
    phase: Uint8Array.from(parsed, (name) => PHASES.indexOf(name.phase)),
    contextRequests: column((name) => name.contextRequests),
    contextTokens: column((name) => name.contextTokens),
    generationRequests: column((name) => name.generationRequests),
    generationTokens: column((name) => name.generationTokens),
    engine: engineOfStep,
    leads: leads.map((rank) => rank.thread),
    format: mostFrequent(parsed.map((name) => name.format)),
  };
}

/** What the name of each range says; every distinct name is taken apart once. */
function parseNames(profile: Profile): Map<StringId, StepName> {
  const { kind, name, length } = profile.ranges;
  const seen = new Uint8Array(profile.strings.length);
  const names = new Map<StringId, StepName>();
  for (let row = 0; row < length; row++) {
    if (kind[row] === MARK || seen[name[row]]) continue;
    seen[name[row]] = 1;
    const parsed = parseStepName(profile.strings.get(name[row]));
    if (parsed) names.set(name[row], parsed);
  }
  return names;
}

/** Rows of ranges of the family and domain that count, in order of start. */
function chooseRanges(profile: Profile, names: Map<StringId, StepName>): Uint32Array {
  const { kind, name, domain, start, length } = profile.ranges;
  // The lower, the better: family by family, in each the default domain before others.
  const NO_STEP = 255;
  const classOfName = new Uint8Array(profile.strings.length).fill(NO_STEP);
  for (const [id, parsed] of names) {
    classOfName[id] = 2 * FAMILIES.findIndex((formats) => formats.includes(parsed.format));
  }
  const inDomain = Uint8Array.from(profile.domains, (d) => (d.name === '' ? 0 : 1));
  const classOf = (row: number): number =>
    classOfName[name[row]] === NO_STEP || kind[row] === MARK
      ? NO_STEP
      : classOfName[name[row]] + inDomain[domain[row]];
  let best = NO_STEP;
  for (let row = 0; row < length; row++) best = Math.min(best, classOf(row));
  const rows: number[] = [];
  for (let row = 0; row < length && best !== NO_STEP; row++) {
    if (classOf(row) === best) rows.push(row);
  }
  const order = orderBy(Float64Array.from(rows, (row) => start[row]));
  return order.map((i) => rows[i]);
}

/** Of ranges in order of start those that begin in no other of their thread, by thread, then start. */
function outermost(profile: Profile, candidates: Uint32Array): Uint32Array {
  const { start, end, thread } = profile.ranges;
  const byThread = new Map<number, number[]>();
  for (const row of candidates) {
    const kept = byThread.get(thread[row]) ?? [];
    byThread.set(thread[row], kept);
    const last = kept.at(-1);
    // An open range ends where the next step of its thread starts, so that none is inside it.
    if (last === undefined || !(start[row] < end[last])) kept.push(row);
    else if (start[row] === start[last] && end[row] > end[last]) kept[kept.length - 1] = row;
  }
  const threads = [...byThread.keys()].sort((a, b) => a - b);
  return Uint32Array.from(threads.flatMap((t) => byThread.get(t)!));
}

function endsOf(
  profile: Profile,
  rows: Uint32Array,
  thread: Uint32Array,
  start: Float64Array,
): Float64Array {
  const last = rows.some((row) => Number.isNaN(profile.ranges.end[row])) ? lastEvent(profile) : NaN;
  return Float64Array.from(rows, (row, i) => {
    const end = profile.ranges.end[row];
    if (!Number.isNaN(end)) return endOf(start[i], end);
    return thread[i + 1] === thread[i] ? start[i + 1] : endOf(start[i], last);
  });
}

/** Latest moment that the API calls, ranges and kernels know of. */
function lastEvent({ api, ranges, kernels }: Profile): number {
  let last = -Infinity;
  for (const { length, start, end } of [api, ranges, kernels]) {
    for (let row = 0; row < length; row++) {
      const at = endOf(start[row], end[row]);
      if (at > last) last = at;
    }
  }
  return last;
}

function ranksOf(profile: Profile, thread: Uint32Array): Rank[] {
  const ranks: Rank[] = [];
  for (let first = 0; first < thread.length;) {
    let next = first + 1;
    while (next < thread.length && thread[next] === thread[first]) next++;
    const { process, name } = profile.threads[thread[first]];
    const names = `${profile.processes[process].name} ${name}`;
    ranks.push({
      thread: thread[first],
      first,
      length: next - first,
      // vLLM titles its processes so: VLLM::EngineCore_DP0, VLLM::Worker_DP1_TP0.
      dataParallel: /(?:^|[^a-z])DP_?(\d+)/i.exec(names)?.[1],
    });
    first = next;
  }
  return ranks;
}

/** A number for all that a step says, equal for equal steps. */
function contentOf(parsed: readonly StepName[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(parsed, (name) => {
    const text = Object.values(name).join(' ');
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}

function mostFrequent<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * An activity belongs to the step in which the call that launched it began,
 * on the same thread. Engines sample, and copy results, in calls after the
 * range and before the next one: these belong to the step they follow. What
 * follows a person's own range does not. Time on the device plays no part.
 */
export function attributeSteps(
  profile: Profile,
  steps: StepTable,
  launches: LaunchLinks,
): StepAttribution {
  const stepOfCall = stepsOfCalls(profile, steps);
  const follow = (launchedBy: Int32Array): Int32Array =>
    launchedBy.map((call) => (call === NONE ? NONE : stepOfCall[call]));
  return {
    kernels: follow(launches.kernels),
    memcpys: follow(launches.memcpys),
    memsets: follow(launches.memsets),
    graphTraces: follow(launches.graphTraces),
  };
}

/** Row of {@link StepTable} for each API call, by the rule above. */
export function stepsOfCalls(profile: Profile, steps: StepTable): Int32Array {
  const { api } = profile;
  const stepOfCall = new Int32Array(api.length).fill(NONE);
  const first = new Int32Array(profile.threads.length).fill(NONE);
  const past = new Int32Array(profile.threads.length);
  for (let step = steps.length - 1; step >= 0; step--) {
    const thread = steps.thread[step];
    first[thread] = step;
    past[thread] ||= step + 1;
  }
  // The step a thread's previous call began in or after: calls mostly stand in order of time.
  const latest = first.slice();
  const strict = steps.format === 'plain';
  for (let call = 0; call < api.length; call++) {
    const thread = api.thread[call];
    if (first[thread] === NONE) continue;
    const at = api.start[call];
    let step = latest[thread];
    if (!(steps.start[step] <= at) || (step + 1 < past[thread] && steps.start[step + 1] <= at)) {
      step = lastStartedBy(steps.start, first[thread], past[thread], at);
      if (step === NONE) continue;
      latest[thread] = step;
    }
    if (!strict || at < steps.end[step]) stepOfCall[call] = step;
  }
  return stepOfCall;
}

/** The last of the rows from `first` to before `past` that starts at a moment or earlier. */
function lastStartedBy(start: Float64Array, first: number, past: number, at: number): number {
  let low = first;
  let high = past;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low === first ? NONE : low - 1;
}
