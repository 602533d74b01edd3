/** How far a run is and how long it still takes, from how long its stages took before. */
import type { CaptureEvent } from './events';
import type { StageId } from './plan';

/** Of an earlier run of the same kind. */
export interface KnownStage {
  readonly stage: StageId;
  readonly seconds: number;
}

export interface Remaining {
  /** Of the whole run, 0 to 1. */
  readonly share: number;
  readonly seconds: number;
}

/** Stages that take no time worth telling, where no earlier run says. */
const SHORT: ReadonlySet<StageId> = new Set(['check', 'save', 'profile-on']);

/** Fed with a run's events; knows nothing where an earlier run has not shown how long a stage takes. */
export class Estimate {
  private readonly known: ReadonlyMap<StageId, number>;
  private stages: readonly StageId[] = [];
  private begun: number | undefined;
  private current: { stage: StageId; at: number; done: number; total: number } | undefined;

  constructor(before: readonly KnownStage[]) {
    this.known = new Map(before.map(({ stage, seconds }) => [stage, seconds]));
  }

  take(event: CaptureEvent): void {
    this.begun ??= event.at;
    if (event.type === 'plan') this.stages = event.plan.stages.map(({ id }) => id);
    else if (event.type === 'stage' && event.state === 'started')
      this.current = { stage: event.stage, at: event.at, done: 0, total: 0 };
    else if (event.type === 'progress' && event.total && event.stage === this.current?.stage)
      this.current = { ...this.current, done: event.done ?? 0, total: event.total };
  }

  /**
   * Undefined where it cannot be said.
   * @param now milliseconds since 1970
   */
  at(now: number): Remaining | undefined {
    const { current, begun } = this;
    if (current === undefined || begun === undefined) return undefined;
    const ahead = this.stages.slice(this.stages.indexOf(current.stage) + 1);
    const rest = [this.restOf(current, now), ...ahead.map((stage) => this.usual(stage))];
    let seconds = 0;
    for (const each of rest) {
      if (each === undefined) return undefined;
      seconds += each;
    }
    const spent = (now - begun) / 1000;
    return spent + seconds > 0 ? { seconds, share: spent / (spent + seconds) } : undefined;
  }

  private usual(stage: StageId): number | undefined {
    return this.known.get(stage) ?? (SHORT.has(stage) ? 0 : undefined);
  }

  private restOf(
    { stage, at, done, total }: NonNullable<Estimate['current']>,
    now: number,
  ): number | undefined {
    const spent = (now - at) / 1000;
    // What is counted tells of itself; the first few of many may not be like the rest.
    if (done > 0 && done >= total / 10) return (spent * (total - done)) / done;
    const usual = this.usual(stage);
    return usual === undefined ? undefined : Math.max(0, usual - spent);
  }
}
