/** Nsight Compute results being read, the questions asked of them, and a timeline beside them. */
import { Analysis } from '../../analysis/analysis';
import { DEFAULT_RULES, type ComponentRule } from '../../analysis/components';
import { reportOverview } from '../../analysis/ncu/overview';
import { ReportAnalysis } from '../../analysis/ncu/report';
import type { Failure } from '../../profile/failure';
import type { KernelReport } from '../../profile/kernel-report';
import type { Profile } from '../../profile/model';
import type { Call, FromWorker } from '../../protocol/messages';
import type { OpenStatus, Params, RequestName, Result, Stage } from '../../protocol/requests';
import { readNcu } from '../../readers/ncu';
import { openProfile } from '../../readers/open';
import { Desk } from '../desk';
import { RequestFailure, toFailure } from '../failure';
import { LinkedFile } from '../linked-file';
import type { SessionOptions, ToSession } from '../messages';
import { NcuQueries } from './queries';

export class NcuSession {
  private rules: readonly ComponentRule[];
  private report: KernelReport | undefined;
  private status: OpenStatus | undefined;
  private queries: NcuQueries | undefined;
  private failure: Failure | undefined;
  private readonly timeline = new LinkedFile<Profile>((path, signal) =>
    openProfile(path, { signal }),
  );
  private readonly desk: Desk;
  private readonly abort = new AbortController();

  constructor(
    private readonly options: SessionOptions,
    private readonly send: (message: FromWorker) => void,
  ) {
    this.rules = options.rules;
    this.desk = new Desk(send, {
      isReady: () => this.failure !== undefined || this.status !== undefined,
      answer: (call) => this.answer(call),
    });
  }

  /** Reads the page to its end. Never rejects: what goes wrong is sent. */
  async run(): Promise<void> {
    try {
      this.report = await readNcu(this.options.path, { signal: this.abort.signal });
      this.analyse('facts');
      this.analyse();
    } catch (error) {
      this.failure = toFailure(error);
      this.send({ kind: 'failed', error: this.failure });
    }
    this.desk.pump();
  }

  /** Stops reading; nothing is sent any more that was not asked for. */
  dispose(): void {
    this.abort.abort();
    this.desk.clear();
  }

  receive(message: ToSession): void {
    if (message.kind !== 'configure') {
      this.desk.receive(message);
      return;
    }
    this.rules = message.rules;
    this.analyse();
  }

  /** Answers from now on are of the report, the rules and the linked timeline as they are. */
  private analyse(stage: Stage = 'complete'): void {
    const { report } = this;
    if (!report) return;
    const options = this.rules.length > 0 ? { rules: [...this.rules, ...DEFAULT_RULES] } : {};
    const analysis = new ReportAnalysis(report, options);
    const timeline = this.timeline.value && new Analysis(this.timeline.value, options);
    this.queries = new NcuQueries(analysis, timeline);
    this.status = {
      ...describe(analysis, this.options.shownPath, this.timeline.link),
      stage,
    };
    this.send({ kind: 'stage', status: this.status });
  }

  private async link({ path, ...about }: Params<'link'>): Promise<OpenStatus> {
    if (await this.timeline.set(path, about)) this.analyse();
    return this.status!;
  }

  private answer(call: Call): Result<RequestName> | Promise<OpenStatus> {
    if (this.failure) throw new RequestFailure(this.failure.code, this.failure.message);
    switch (call.name) {
      case 'status':
        return this.status!;
      case 'link':
        return this.link(call.params);
      case 'ncuOverview':
      case 'ncuKernels':
      case 'ncuKernelDetail':
      case 'ncuMetrics':
      case 'ncuRoofline':
      case 'ncuTimeline':
      case 'ncuTable':
        return this.queries!.answer(call);
      default:
        throw new RequestFailure('bad-request', 'This is asked of a timeline alone.');
    }
  }
}

function describe(
  analysis: ReportAnalysis,
  shownPath: string | undefined,
  link: OpenStatus['link'],
): Omit<OpenStatus, 'stage'> {
  const { source } = analysis.report;
  return {
    path: shownPath ?? source.path,
    size: source.size,
    format: 'ncu',
    generated: false,
    devices: reportOverview(analysis).devices.map((name, index) => ({ index, name })),
    extent: [0, 0],
    diagnostics: [],
    ...(link && { link }),
  };
}
