/** How long things take: the model by phase, the host by operation, encoder and decoder. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { percentile, summarize } from '../statistics';
import { once } from './once';
import { extent, inTime, known } from './series';

export interface Times {
  readonly count: number;
  readonly total: Nanoseconds;
  readonly mean: Nanoseconds;
  readonly min: Nanoseconds;
  readonly p50: Nanoseconds;
  readonly p95: Nanoseconds;
  readonly p99: Nanoseconds;
  readonly max: Nanoseconds;
}

/** Undefined where there is no value. Percentiles by linear interpolation (type 7). */
export function timesOf(values: Float64Array): Times | undefined {
  if (values.length === 0) return undefined;
  const { total, average, median, p95, min, max } = summarize(values);
  const p99 = percentile(values, 0.99);
  return { count: values.length, total, mean: average, min, p50: median, p95, p99, max };
}

export interface PhaseLatency {
  readonly phase: string;
  /** `cuda_events`: the device's own time; `host`: the call's; empty where it is not told. */
  readonly timing: string;
  readonly process: number;
  readonly steps: number;
  /** Steps whose time the device had not told by the end. */
  readonly untimed: number;
  readonly times?: Times;
  /** Mean over the timed steps. */
  readonly requests: number;
  readonly tokens: number;
  /** Σ tokens / Σ time over the timed steps, not a mean of rates. */
  readonly tokensPerSecond?: number;
}

const PHASES = ['prefill', 'mixed', 'decode'];

/** One a phase and process: ranks of one engine run the same steps at the same time. */
export const forwardLatency = once((session): readonly PhaseLatency[] => {
  const { forward, strings } = session;
  const groups = groupBy(
    forward.length,
    (row) =>
      (forward.process[row] * strings.length + forward.phase[row]) * strings.length +
      forward.timing[row],
  );
  return [...groups.values()]
    .map((rows): PhaseLatency => {
      const [first] = rows;
      const times = new Float64Array(rows.length);
      let timed = 0;
      let tokens = 0;
      let requests = 0;
      for (const row of rows) {
        if (!(forward.duration[row] >= 0)) continue;
        times[timed++] = forward.duration[row];
        tokens += forward.tokens[row];
        requests += forward.requests[row];
      }
      const summary = timesOf(times.slice(0, timed));
      return {
        phase: strings.get(forward.phase[first]),
        timing: strings.get(forward.timing[first]),
        process: forward.process[first],
        steps: rows.length,
        untimed: rows.length - timed,
        times: summary,
        requests: requests / timed,
        tokens: tokens / timed,
        tokensPerSecond:
          summary !== undefined && summary.total > 0 ? (tokens / summary.total) * 1e9 : undefined,
      };
    })
    .sort((a, b) => a.process - b.process || PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
});

export interface ForwardPoint {
  readonly time: Nanoseconds;
  readonly duration: Nanoseconds;
  readonly phase: string;
  readonly process: number;
  readonly requests?: number;
  readonly tokens?: number;
}

/** Timed steps in the order of time, evenly thinned to at most `limit`. */
export function forwardPoints(
  session: Session,
  limit: number,
): { readonly points: readonly ForwardPoint[]; readonly total: number } {
  const { forward, strings } = session;
  const rows = inTime(forward.time, (row) => forward.duration[row] >= 0);
  const every = Math.max(1, Math.ceil(rows.length / limit));
  const points: ForwardPoint[] = [];
  for (let place = 0; place < rows.length; place += every) {
    const row = rows[place];
    points.push({
      time: forward.time[row],
      duration: forward.duration[row],
      phase: strings.get(forward.phase[row]),
      process: forward.process[row],
      requests: orUndefined(forward.requests[row]),
      tokens: orUndefined(forward.tokens[row]),
    });
  }
  return { points, total: rows.length };
}

const orUndefined = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : value;

export interface OperationTime {
  readonly operation: string;
  readonly process: number;
  readonly times: Times;
  /** Of the time from the process's first row to its last. */
  readonly share?: Share;
}

export const cpuOperations = once((session): readonly OperationTime[] => {
  const { cpu, strings, processes } = session;
  const walls = processes.map((_, process) =>
    extent([known(cpu.time, (row) => cpu.process[row] === process)]),
  );
  const groups = groupBy(
    cpu.length,
    (row) => cpu.process[row] * strings.length + cpu.operation[row],
  );
  return [...groups.values()]
    .flatMap((rows): OperationTime[] => {
      const [first] = rows;
      const values = Float64Array.from(rows, (row) => cpu.duration[row]).filter((v) => v >= 0);
      const times = timesOf(values);
      if (times === undefined) return [];
      const process = cpu.process[first];
      const wall = walls[process];
      // Rows stand for as many steps as the process left out between them.
      const total = times.total * (processes[process]?.sampleEvery ?? 1);
      return [
        {
          operation: strings.get(cpu.operation[first]),
          process,
          times,
          share:
            wall !== undefined && wall.end > wall.start
              ? total / (wall.end - wall.start)
              : undefined,
        },
      ];
    })
    .sort((a, b) => a.process - b.process || b.times.total - a.times.total);
});

const SCHEDULING: readonly string[] = ['schedule', 'update_from_output'];

/**
 * Scheduling and output handling together, of the engine's time; of the engine that has
 * most. Undefined where no operation of them was seen `enough` times.
 */
export function schedulingShare(session: Session, enough = 1): Share | undefined {
  const byProcess = new Map<number, number>();
  for (const { operation, process, share, times } of cpuOperations(session)) {
    if (!SCHEDULING.includes(operation) || times.count < enough || share === undefined) continue;
    byProcess.set(process, (byProcess.get(process) ?? 0) + share);
  }
  return byProcess.size === 0 ? undefined : Math.max(...byProcess.values());
}

export interface ComponentSplit {
  readonly component: string;
  readonly timing: string;
  readonly times: Times;
  /** Of the steps in which the encoder ran; other steps are the decoder's alone. */
  readonly share: Share;
}

export function components(session: Session): readonly ComponentSplit[] {
  const { components: table, strings } = session;
  const groups = groupBy(
    table.length,
    (row) => table.timing[row] * strings.length + table.component[row],
  );
  const parts = [...groups.values()].flatMap((rows) => {
    const times = timesOf(
      Float64Array.from(rows, (row) => table.duration[row]).filter((value) => value >= 0),
    );
    if (times === undefined) return [];
    const component = strings.get(table.component[rows[0]]);
    return [{ component, timing: strings.get(table.timing[rows[0]]), times }];
  });
  return parts.map((part) => {
    const whole = parts
      .filter(({ timing }) => timing === part.timing)
      .reduce((sum, { times }) => sum + times.total, 0);
    return { ...part, share: part.times.total / whole };
  });
}

/** Rows by a number; texts count by their place in the table of strings. */
export function groupBy(length: number, key: (row: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < length; row++) {
    const of = key(row);
    const group = groups.get(of);
    if (group === undefined) groups.set(of, [row]);
    else group.push(row);
  }
  return groups;
}
