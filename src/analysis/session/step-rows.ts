/** The model's steps one by one, with what the engine held at that time. */
import type { Session } from '../../profile/session';
import type { Nanoseconds, Share } from '../../profile/units';
import { lastAtOrBefore, StepIndex } from './cross-reference';
import { inTime } from './series';

export interface StepRow {
  readonly process: number;
  readonly step?: number;
  readonly start: Nanoseconds;
  /** Of execute_model; see the timing of its phase for what that is. */
  readonly duration?: Nanoseconds;
  readonly phase: string;
  readonly requests?: number;
  readonly tokens?: number;
  /** The batch descriptor of the graph it replayed; `NONE` without one, empty where it is not known. */
  readonly descriptor: string;
  /** Of the KV cache as last told before it began. */
  readonly kv?: Share;
}

/** The steps of one process, in the order of time. */
export class StepRows {
  private readonly index: StepIndex;
  private readonly kvTimes: Float64Array;
  private readonly kvRows: Uint32Array;

  constructor(
    private readonly session: Session,
    readonly process: number,
  ) {
    this.index = new StepIndex(session, process);
    const { kvUsage } = session;
    this.kvRows = inTime(kvUsage.time, (row) => !Number.isNaN(kvUsage.usage[row]));
    this.kvTimes = Float64Array.from(this.kvRows, (row) => kvUsage.time[row]);
  }

  get length(): number {
    return this.index.length;
  }

  /** Places of the steps under way at some time of a window: from, and to but not with. */
  between(start: Nanoseconds, end: Nanoseconds): readonly [from: number, to: number] {
    return [Math.max(0, this.index.placeAt(start)), this.index.placeAt(end) + 1];
  }

  at(place: number): StepRow {
    const { forward, kvUsage } = this.session;
    const { row, step, start, phase, descriptor } = this.index.step(place);
    const before = lastAtOrBefore(this.kvTimes, start);
    return {
      process: this.process,
      step,
      start,
      duration: known(forward.duration[row]),
      phase: phase ?? '',
      requests: known(forward.requests[row]),
      tokens: known(forward.tokens[row]),
      descriptor,
      kv: before < 0 ? undefined : kvUsage.usage[this.kvRows[before]],
    };
  }
}

const known = (value: number): number | undefined => (value >= 0 ? value : undefined);
