/**
 * One profile being read, and the questions asked of it. A question is
 * answered as soon as the part it is about has been read; until then it waits.
 * Questions are answered one at a time, with a pause between them in which a
 * cancellation or a newer question can arrive.
 */
import { Analysis } from '../analysis/analysis';
import { DEFAULT_RULES, type ComponentRule } from '../analysis/components';
import type { Failure } from '../profile/failure';
import type { Profile } from '../profile/model';
import { openProfile, type ReadOptions } from '../readers/open';
import type { Call, FromWorker } from '../protocol/messages';
import type { OpenStatus, RequestName, Result, Stage } from '../protocol/requests';
import { checkToWorker } from '../protocol/validate';
import { RequestFailure, toFailure } from './failure';
import type { Configure, SessionOptions, ToSession } from './messages';
import { Queries, stageFor } from './queries';

export type ReadProfile = (path: string, options: ReadOptions) => Promise<Profile>;

const STAGES: readonly Stage[] = ['facts', 'kernels', 'complete'];

export class Session {
  private rules: readonly ComponentRule[];
  private profile: Profile | undefined;
  private status: OpenStatus | undefined;
  private queries: Queries | undefined;
  private failure: Failure | undefined;
  private readonly waiting: Call[] = [];
  private pumping = false;
  private readonly abort = new AbortController();

  constructor(
    private readonly options: SessionOptions,
    private readonly send: (message: FromWorker) => void,
    private readonly read: ReadProfile = openProfile,
  ) {
    this.rules = options.rules;
  }

  /** Reads the profile to its end. Never rejects: what goes wrong is sent. */
  async run(): Promise<void> {
    try {
      await this.read(this.options.path, {
        onProgress: (stage, read, size) =>
          this.send({ kind: 'progress', progress: { stage, read, size } }),
        onStage: (stage, profile) => this.reached(stage, profile),
        signal: this.abort.signal,
      });
    } catch (error) {
      this.failure = toFailure(error);
      this.send({ kind: 'failed', error: this.failure });
      this.pump();
    }
  }

  /** Stops reading; nothing is sent any more that was not asked for. */
  dispose(): void {
    this.abort.abort();
    this.waiting.length = 0;
  }

  receive(message: ToSession): void {
    if (message.kind === 'configure') {
      this.configure(message);
      return;
    }
    const checked = checkToWorker(message);
    if (!checked.ok) {
      if (checked.id !== undefined) this.refuse(checked.id, checked.error);
      return;
    }
    if (checked.message.kind === 'cancel') {
      this.cancel(checked.message.id);
    } else {
      this.waiting.push(checked.message);
      this.pump();
    }
  }

  private reached(stage: Stage, profile: Profile): void {
    this.profile = profile;
    this.status = describe(profile, stage, this.options.shownPath);
    this.queries = new Queries(this.newAnalysis(profile));
    this.send({ kind: 'stage', status: this.status });
    this.pump();
  }

  private configure({ rules }: Configure): void {
    this.rules = rules;
    if (!this.profile || !this.status) return;
    this.queries = new Queries(this.newAnalysis(this.profile));
    this.send({ kind: 'stage', status: this.status });
  }

  /** The user's rules go first: the first that matches a name decides. */
  private newAnalysis(profile: Profile): Analysis {
    return new Analysis(
      profile,
      this.rules.length > 0 ? { rules: [...this.rules, ...DEFAULT_RULES] } : {},
    );
  }

  private cancel(id: number): void {
    const index = this.waiting.findIndex((call) => call.id === id);
    if (index < 0) return;
    this.waiting.splice(index, 1);
    this.refuse(id, { code: 'cancelled', message: 'The request was cancelled.' });
  }

  /** Answers what can be answered, each after the messages that came meanwhile. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      const index = this.waiting.findIndex((call) => this.isReady(call));
      if (index < 0) return;
      const [call] = this.waiting.splice(index, 1);
      this.answer(call);
      this.pump();
    });
  }

  private isReady(call: Call): boolean {
    if (this.failure) return true;
    return (
      this.status !== undefined &&
      STAGES.indexOf(this.status.stage) >= STAGES.indexOf(stageFor(call))
    );
  }

  private answer(call: Call): void {
    let result: Result<RequestName>;
    try {
      result = this.resultOf(call);
    } catch (error) {
      this.refuse(call.id, toFailure(error));
      return;
    }
    this.send({ kind: 'answer', id: call.id, ok: true, result });
  }

  private resultOf(call: Call): Result<RequestName> {
    // A file whose reading failed half way has no figures: a part of them would pass for the whole.
    if (this.failure) throw new RequestFailure(this.failure.code, this.failure.message);
    if (call.name === 'status') return this.status!;
    return this.queries!.answer(call);
  }

  private refuse(id: number, error: Failure): void {
    this.send({ kind: 'answer', id, ok: false, error });
  }
}

function describe(profile: Profile, stage: Stage, shownPath: string | undefined): OpenStatus {
  return {
    path: shownPath ?? profile.source.path,
    size: profile.source.size,
    format: profile.source.format,
    generated: profile.source.generated,
    devices: profile.devices.map(({ name }, index) => ({ index, name })),
    extent: extent(profile),
    diagnostics: profile.diagnostics,
    stage,
  };
}

/** First to last event of those read so far; the collection's length where there is none. */
function extent(profile: Profile): readonly [number, number] {
  let first = Infinity;
  let last = -Infinity;
  const { kernels, memcpys, memsets, graphTraces, synchronizations, api, ranges } = profile;
  for (const table of [kernels, memcpys, memsets, graphTraces, synchronizations, api, ranges]) {
    for (let i = 0; i < table.length; i++) {
      const start = table.start[i];
      const end = table.end[i];
      // A graph launch that was never timed has 0 for both.
      if (start === 0 && end === 0) continue;
      if (start < first) first = start;
      if (start > last) last = start;
      if (end > last) last = end;
    }
  }
  return first <= last ? [first, last] : [0, profile.capture.duration ?? 0];
}
