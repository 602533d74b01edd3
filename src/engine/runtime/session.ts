/**
 * A session of the runtime layer: read, followed while its processes write, and asked.
 * Whenever rows have come, a `stage` is sent again, and who shows figures asks anew.
 */
import { Analysis } from '../../analysis/analysis';
import { DEFAULT_RULES, type ComponentRule } from '../../analysis/components';
import { sessionExtent } from '../../analysis/session/overview';
import { rowCount } from '../../analysis/session/scope';
import type { ExpertBalance } from '../../profile/expert-balance';
import type { Failure } from '../../profile/failure';
import type { Profile } from '../../profile/model';
import type { Session as SessionData } from '../../profile/session';
import type { Call, FromWorker } from '../../protocol/messages';
import type { OpenStatus, Params, RequestName, Result } from '../../protocol/requests';
import type { SessionFacts } from '../../protocol/session';
import { openProfile } from '../../readers/open';
import { SessionReader } from '../../readers/session';
import { Desk } from '../desk';
import { RequestFailure, toFailure } from '../failure';
import { LinkedFile } from '../linked-file';
import type { SessionOptions, ToSession } from '../messages';
import { SessionQueries } from './queries';
import { isOfSession } from './questions';

export interface Pace {
  /** Between two looks at the files, in ms; the layer writes once a second. */
  readonly look: number;
  /** For so long after its last row a session counts as growing. */
  readonly growing: number;
}
const PACE: Pace = { look: 1000, growing: 15_000 };
/** Reading and answering may take a fifth of the time: a large session is looked at less often. */
const REST = 4;

export class RuntimeSession {
  private rules: readonly ComponentRule[];
  private balance: ExpertBalance | undefined;
  private reader: SessionReader | undefined;
  private session: SessionData | undefined;
  private queries: SessionQueries | undefined;
  private status: OpenStatus | undefined;
  private failure: Failure | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** When rows last came after it was opened. */
  private grown: number | undefined;
  /** Spent on the last look and on the answers before it, in ms. */
  private spent = 0;
  private readonly timeline = new LinkedFile<Profile>((path, signal) =>
    openProfile(path, { signal }),
  );
  private analysed?: {
    readonly profile: Profile;
    readonly rules: readonly ComponentRule[];
    readonly analysis: Analysis;
  };
  private readonly desk: Desk;
  private readonly abort = new AbortController();

  constructor(
    private readonly options: SessionOptions,
    private readonly send: (message: FromWorker) => void,
    private readonly pace: Pace = PACE,
  ) {
    this.rules = options.rules;
    this.balance = options.balance;
    this.desk = new Desk(send, {
      isReady: () => this.failure !== undefined || this.status !== undefined,
      answer: (call) => this.timed(call),
    });
  }

  /** Reads what there is, and from then on what comes. Never rejects: what goes wrong is sent. */
  async run(): Promise<void> {
    try {
      this.reader = await SessionReader.open(this.options.path);
      await this.reader.refresh(this.abort.signal, (read, size) =>
        this.send({ kind: 'progress', progress: { stage: 'facts', read, size } }),
      );
      this.take();
      this.lookLater();
    } catch (error) {
      this.failure = toFailure(error);
      this.send({ kind: 'failed', error: this.failure });
    }
    this.desk.pump();
  }

  /** Stops following; nothing is sent any more that was not asked for. */
  dispose(): void {
    this.abort.abort();
    clearTimeout(this.timer);
    this.desk.clear();
  }

  receive(message: ToSession): void {
    if (message.kind !== 'configure') {
      this.desk.receive(message);
      return;
    }
    this.rules = message.rules;
    this.balance = message.balance;
    if (this.session) this.analyse();
  }

  private lookLater(): void {
    if (this.abort.signal.aborted) return;
    const rest = Math.max(this.pace.look, REST * this.spent);
    this.spent = 0;
    this.timer = setTimeout(() => void this.look(), rest);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const begun = performance.now();
    try {
      if (await this.reader!.refresh(this.abort.signal)) {
        this.grown = Date.now();
        this.take();
      } else if (this.status!.session!.state !== this.stateNow()) this.take();
    } catch {
      // Stopped, or the folder is gone for now: what was read stays, and the next look may find it.
    }
    this.spent += performance.now() - begun;
    this.lookLater();
  }

  private take(): void {
    this.session = this.reader!.session();
    this.analyse();
  }

  /** Answers from now on are of the session, the rules and the linked timeline as they are. */
  private analyse(): void {
    const session = this.session!;
    this.queries = new SessionQueries(session, this.beside(), this.balance);
    const { path, size, diagnostics, utcEpoch } = session;
    const span = sessionExtent(session);
    this.status = {
      path: this.options.shownPath ?? path,
      size,
      format: 'session',
      generated: false,
      devices: [],
      extent: span ? [span.start, span.end] : [0, 0],
      diagnostics,
      utcEpoch,
      stage: 'complete',
      ...(this.timeline.link && { link: this.timeline.link }),
      session: this.facts(session),
    };
    this.send({ kind: 'stage', status: this.status });
  }

  /** Of the linked timeline; the same while timeline and rules are, however the session grows. */
  private beside(): Analysis | undefined {
    const { rules, analysed } = this;
    const profile = this.timeline.value;
    if (profile === undefined) {
      this.analysed = undefined;
      return undefined;
    }
    if (analysed?.profile === profile && analysed.rules === rules) return analysed.analysis;
    const options = rules.length > 0 ? { rules: [...rules, ...DEFAULT_RULES] } : {};
    const analysis = new Analysis(profile, options);
    this.analysed = { profile, rules, analysis };
    return analysis;
  }

  private facts(session: SessionData): SessionFacts {
    const { name, format, processes } = session;
    return {
      name,
      layout: format,
      processes: processes.map(({ pid, rank, roles, folder }) => ({ pid, rank, roles, folder })),
      state: this.stateNow(),
      rows: rowCount(session),
    };
  }

  private stateNow(): SessionFacts['state'] {
    if (this.grown !== undefined && Date.now() - this.grown < this.pace.growing) return 'growing';
    const { format } = this.session!;
    const processes = this.reader!.abouts;
    const over = format === 'original' || processes.every(({ state }) => state === 'finished');
    return over && processes.length > 0 ? 'ended' : 'waiting';
  }

  private async link({ path, ...about }: Params<'link'>): Promise<OpenStatus> {
    if (await this.timeline.set(path, about)) this.analyse();
    return this.status!;
  }

  private timed(call: Call): Result<RequestName> | Promise<OpenStatus> {
    const begun = performance.now();
    try {
      return this.answer(call);
    } finally {
      this.spent += performance.now() - begun;
    }
  }

  private answer(call: Call): Result<RequestName> | Promise<OpenStatus> {
    if (this.failure) throw new RequestFailure(this.failure.code, this.failure.message);
    if (call.name === 'status') return this.status!;
    if (call.name === 'link') return this.link(call.params);
    if (isOfSession(call)) return this.queries!.answer(call);
    throw new RequestFailure('bad-request', 'This is not asked of a session.');
  }
}
