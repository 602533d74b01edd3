/** Requests from their arrival to their end, and what interrupted them. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { timesOf, type Times } from './latency';
import { once } from './once';
import { known } from './series';

export interface RequestRow {
  readonly request: string;
  readonly process: number;
  readonly queued?: Nanoseconds;
  readonly started?: Nanoseconds;
  readonly finished?: Nanoseconds;
  readonly total?: Nanoseconds;
  /** Waited for after being preempted, all times together. */
  readonly delay?: Nanoseconds;
  readonly preemptions: number;
  readonly reason: string;
  /** When it ran; between them it was preempted. Open ends are NaN. */
  readonly spans: readonly { readonly start: Nanoseconds; readonly end: Nanoseconds }[];
}

export interface RequestTimeline {
  readonly requests: number;
  /** Of finished requests; undefined where there are none. */
  readonly preempted?: Share;
  readonly preemptions: number;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly waiting?: Times;
  readonly total?: Times;
  readonly delay?: Times;
  /** In the order of their start, from `offset` on. */
  readonly rows: readonly RequestRow[];
}

/** Finished requests by their row of {@link Session.lifecycle}, with what happened in between. */
export class RequestRows {
  private readonly events = new Map<string, number[]>();

  constructor(private readonly session: Session) {
    const { preemptions } = session;
    for (let row = 0; row < preemptions.length; row++) {
      const key = `${preemptions.process[row]},${preemptions.request[row]}`;
      const list = this.events.get(key);
      if (list === undefined) this.events.set(key, [row]);
      else list.push(row);
    }
  }

  /** All rows, in the order of their start; of their end where that is not told. */
  inOrder(): Uint32Array {
    const { started, finished, length } = this.session.lifecycle;
    const began = (row: number): number =>
      Number.isNaN(started[row]) ? finished[row] : started[row];
    return Uint32Array.from({ length }, (_, row) => row).sort(
      (a, b) => began(a) - began(b) || a - b,
    );
  }

  at(row: number): RequestRow {
    const { lifecycle, strings } = this.session;
    const own = this.events.get(`${lifecycle.process[row]},${lifecycle.request[row]}`) ?? [];
    return {
      request: strings.get(lifecycle.request[row]),
      process: lifecycle.process[row],
      queued: orUndefined(lifecycle.queued[row]),
      started: orUndefined(lifecycle.started[row]),
      finished: orUndefined(lifecycle.finished[row]),
      total: orUndefined(lifecycle.total[row]),
      delay: orUndefined(lifecycle.delay[row]),
      preemptions: Number.isNaN(lifecycle.preemptions[row])
        ? own.filter((event) => isPreemption(this.session, event)).length
        : lifecycle.preemptions[row],
      reason: strings.get(lifecycle.reason[row]),
      spans: this.spans(row, own),
    };
  }

  private spans(row: number, own: readonly number[]): RequestRow['spans'] {
    const { lifecycle, preemptions } = this.session;
    const spans: { start: number; end: number }[] = [];
    let open = lifecycle.started[row];
    for (const event of own) {
      if (isPreemption(this.session, event)) {
        if (!Number.isNaN(open)) spans.push({ start: open, end: preemptions.time[event] });
        open = NaN;
      } else open = preemptions.time[event];
    }
    if (!Number.isNaN(open)) spans.push({ start: open, end: lifecycle.finished[row] });
    return spans;
  }
}

const isPreemption = ({ preemptions, strings }: Session, row: number): boolean =>
  strings.get(preemptions.event[row]).startsWith('preempt');

export function requestTimeline(session: Session, offset = 0, limit = 200): RequestTimeline {
  const { lifecycle, preemptions, strings } = session;
  const reasons = new Map<number, number>();
  let count = 0;
  for (let row = 0; row < preemptions.length; row++) {
    if (!isPreemption(session, row)) continue;
    count++;
    reasons.set(preemptions.reason[row], (reasons.get(preemptions.reason[row]) ?? 0) + 1);
  }
  let preempted = 0;
  for (let row = 0; row < lifecycle.length; row++) {
    if (lifecycle.preemptions[row] > 0 || !Number.isNaN(lifecycle.preempted[row])) preempted++;
  }
  const waits = new Float64Array(lifecycle.length).map(
    (_, row) => lifecycle.started[row] - lifecycle.queued[row],
  );
  const all = new RequestRows(session);
  const shown = limit === 0 ? [] : [...all.inOrder().subarray(offset, offset + limit)];
  return {
    requests: lifecycle.length,
    preempted: lifecycle.length > 0 ? preempted / lifecycle.length : undefined,
    preemptions: count,
    reasons: [...reasons]
      .map(([reason, times]) => ({ reason: strings.get(reason), count: times }))
      .sort((a, b) => b.count - a.count),
    waiting: timesOf(known(waits)),
    total: timesOf(known(lifecycle.total)),
    delay: timesOf(known(lifecycle.delay)),
    rows: shown.map((row) => all.at(row)),
  };
}

/** Without its rows. */
export const requestTotals = once((session) => requestTimeline(session, 0, 0));

const orUndefined = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : value;
