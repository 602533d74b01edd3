/**
 * One profile being read, and the questions asked of it. A question is
 * answered as soon as the part it is about has been read; until then it waits.
 */
import { Analysis, type AnalysisOptions } from '../analysis/analysis';
import { DEFAULT_RULES, type ComponentRule } from '../analysis/components';
import type { Failure } from '../profile/failure';
import type { Profile } from '../profile/model';
import { readNcu } from '../readers/ncu';
import { openProfile, type ReadOptions } from '../readers/open';
import type { Call, FromWorker } from '../protocol/messages';
import type { OpenStatus, Params, RequestName, Result, Stage } from '../protocol/requests';
import type { TrimmedTrace } from '../protocol/torch';
import { Desk } from './desk';
import { RequestFailure, toFailure } from './failure';
import { LinkedFile } from './linked-file';
import type { Configure, SessionOptions, ToSession } from './messages';
import { linkedFigures } from './ncu/linked-figures';
import { Queries, stageFor } from './queries';
import { isOfSession } from './runtime/questions';
import { torchFacts } from './torch/facts';
import { Ranks } from './torch/ranks';
import { trimTrace } from './torch/trim';

export type ReadProfile = (path: string, options: ReadOptions) => Promise<Profile>;

const STAGES: readonly Stage[] = ['facts', 'kernels', 'complete'];

export class Session {
  private rules: readonly ComponentRule[];
  private profile: Profile | undefined;
  private status: OpenStatus | undefined;
  private queries: Queries | undefined;
  private failure: Failure | undefined;
  private readonly desk: Desk;
  /** What Nsight Compute measured of the same kernels. */
  private readonly results = new LinkedFile((path, signal) => readNcu(path, { signal }));
  private readonly ranks: Ranks;
  private readonly abort = new AbortController();

  constructor(
    private readonly options: SessionOptions,
    private readonly send: (message: FromWorker) => void,
    private readonly read: ReadProfile = openProfile,
  ) {
    this.rules = options.rules;
    this.ranks = new Ranks(read);
    this.desk = new Desk(send, {
      isReady: (call) => this.isReady(call),
      answer: (call) => this.answer(call),
    });
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
      this.desk.pump();
    }
  }

  /** Stops reading; nothing is sent any more that was not asked for. */
  dispose(): void {
    this.abort.abort();
    this.ranks.stop();
    this.desk.clear();
  }

  receive(message: ToSession): void {
    if (message.kind === 'configure') this.configure(message);
    else this.desk.receive(message);
  }

  private reached(stage: Stage, profile: Profile): void {
    this.profile = profile;
    this.status = describe(profile, stage, this.options.shownPath);
    this.analyse();
    this.desk.pump();
  }

  private configure({ rules }: Configure): void {
    this.rules = rules;
    this.analyse();
  }

  /** Answers from now on are of the profile, the rules and the linked results as they are. */
  private analyse(): void {
    if (!this.profile || !this.status) return;
    const analysis = this.newAnalysis(this.profile);
    const report = this.status.stage === 'complete' ? this.results.value : undefined;
    this.queries = new Queries(analysis, report && linkedFigures(report, analysis));
    this.send({ kind: 'stage', status: this.status });
  }

  private trim({ window, path }: Params<'trim'>): Promise<TrimmedTrace> {
    if (this.profile!.source.format !== 'torch') {
      throw new RequestFailure('bad-request', 'Only traces of PyTorch can be trimmed.');
    }
    return trimTrace(this.options.path, window, path);
  }

  private async link({ path, ...about }: Params<'link'>): Promise<OpenStatus> {
    if (await this.results.set(path, about)) {
      this.status = { ...this.status!, link: this.results.link };
      this.analyse();
    }
    return this.status!;
  }

  private async readRanks({ paths }: Params<'ranks'>): Promise<number> {
    const read = await this.ranks.set(this.newAnalysis(this.profile!), paths, this.analysisOptions);
    this.status = { ...this.status!, torch: { ...this.status!.torch!, ranksRead: read } };
    this.send({ kind: 'stage', status: this.status });
    return read;
  }

  private newAnalysis(profile: Profile): Analysis {
    return new Analysis(profile, this.analysisOptions);
  }

  /** The user's rules go first: the first that matches a name decides. */
  private get analysisOptions(): AnalysisOptions {
    return this.rules.length > 0 ? { rules: [...this.rules, ...DEFAULT_RULES] } : {};
  }

  private isReady(call: Call): boolean {
    if (this.failure) return true;
    return (
      this.status !== undefined &&
      STAGES.indexOf(this.status.stage) >= STAGES.indexOf(stageFor(call))
    );
  }

  private answer(call: Call): Result<RequestName> | Promise<Result<RequestName>> {
    // A file whose reading failed half way has no figures: a part of them would pass for the whole.
    if (this.failure) throw new RequestFailure(this.failure.code, this.failure.message);
    switch (call.name) {
      case 'status':
        return this.status!;
      case 'link':
        return this.link(call.params);
      case 'ranks':
        return this.readRanks(call.params);
      case 'skew':
        return this.ranks.skew;
      case 'trim':
        return this.trim(call.params);
      case 'ncuOverview':
      case 'ncuKernels':
      case 'ncuKernelDetail':
      case 'ncuMetrics':
      case 'ncuRoofline':
      case 'ncuTimeline':
      case 'ncuTable':
        throw new RequestFailure('bad-request', 'This is asked of Nsight Compute results alone.');
      default:
        if (isOfSession(call)) {
          throw new RequestFailure('bad-request', 'This is asked of a session alone.');
        }
        return this.queries!.answer(call);
    }
  }
}

function describe(profile: Profile, stage: Stage, shownPath: string | undefined): OpenStatus {
  const torch = torchFacts(profile);
  return {
    path: shownPath ?? profile.source.path,
    size: profile.source.size,
    format: profile.source.format,
    generated: profile.source.generated,
    devices: profile.devices.map(({ name }, index) => ({ index, name })),
    utcEpoch: profile.capture.utcEpoch,
    extent: extent(profile),
    diagnostics: profile.diagnostics,
    stage,
    ...(torch && { torch }),
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
