/** The questions a view may ask of an open session of the runtime layer. */
import type { BatchUse } from '../analysis/session/batches';
import type { BesideTimeline, MoeInterval } from '../analysis/session/beside-timeline';
import type {
  Coselection,
  ExpertLayer,
  Experts,
  ImbalanceOverTime,
} from '../analysis/session/experts';
import type { SessionView } from '../analysis/session/findings';
import type { SessionGraph, SessionGraphs } from '../analysis/session/graphs';
import type { Evictions, KvCacheUse, KvRanges } from '../analysis/session/kv-cache';
import type {
  ComponentSplit,
  ForwardPoint,
  OperationTime,
  PhaseLatency,
} from '../analysis/session/latency';
import type { SessionOverview } from '../analysis/session/overview';
import type { RequestRow, RequestTimeline } from '../analysis/session/requests';
import type { SessionScope } from '../analysis/session/scope';
import type { Series } from '../analysis/session/series';
import type { StepRow } from '../analysis/session/step-rows';
import type { Nanoseconds } from '../profile/units';
import type { CopyFormat, Page, Sort, TableText } from './page';

export type { SessionScope } from '../analysis/session/scope';

/** What stands where a figure is not known: a webview cannot be told NaN. */
type Unknown<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: T[P] };

/** Encoder and decoder are a part of what the model takes, not a tab of their own. */
export type SessionTab = 'overview' | Exclude<SessionView, 'components'> | 'steps' | 'run';

/** What is known of a session as a whole, beside what is known of any file. */
export interface SessionFacts {
  readonly name: string;
  readonly layout: 'profilemate' | 'original';
  readonly processes: readonly SessionProcessName[];
  /**
   * `growing`: rows have come since it was opened, the last of them just now; `waiting`:
   * a process may still write; `ended`: all have said that they are done, or (in the
   * original tool's layout, which does not say) nothing has come.
   */
  readonly state: 'growing' | 'waiting' | 'ended';
  /** Rows of all tables. */
  readonly rows: number;
}

export interface SessionProcessName {
  readonly pid?: number;
  readonly rank?: number;
  readonly roles: readonly ('engine' | 'worker')[];
  readonly folder: string;
}

interface Scoped {
  readonly scope: SessionScope;
}
interface Binned extends Scoped {
  readonly bins: number;
}
interface Window<Column extends string> extends Scoped {
  /** The filter language of `filter.ts`; empty for all. */
  readonly filter: string;
  readonly sort?: Sort<Column>;
  readonly offset: number;
  readonly limit: number;
}

export type SessionBatchUse = Unknown<BatchUse, 'meanRunning' | 'meanWaiting' | 'mostWaiting'>;
export type SessionPhase = Unknown<PhaseLatency, 'requests' | 'tokens'>;
export type SessionEvictions = Unknown<Omit<Evictions, 'points'>, 'shortLived' | 'longIdle'> & {
  readonly points: readonly Unknown<Evictions['points'][number], 'lifetime' | 'idle'>[];
};
/** `ratio` is missing where an expert had nothing, `deviation` where all of them had. */
export type SessionExpertLayer = Unknown<ExpertLayer, 'ratio' | 'deviation'>;
export type SessionRequestRow = Omit<RequestRow, 'spans'> & {
  readonly spans: readonly { readonly start?: Nanoseconds; readonly end?: Nanoseconds }[];
};
export type RequestColumn = Exclude<keyof RequestRow, 'spans'> | 'waited';
export type StepColumn = keyof StepRow;

export interface SessionExperts extends Omit<Experts, 'layers'> {
  readonly layers: readonly SessionExpertLayer[];
  /** Undefined where the session does not tell it over time. */
  readonly imbalance?: ImbalanceOverTime;
}

export type SessionMoeInterval = Unknown<MoeInterval, 'deviation' | 'ratio' | 'average'>;

/** The session beside a timeline of the same run. */
export type SessionTimeline = Omit<BesideTimeline, 'moe'> & {
  readonly moe: readonly SessionMoeInterval[];
};

export type SessionTableName =
  | 'sessionKvCache'
  | 'sessionGraphs'
  | 'sessionBatches'
  | 'sessionPhases'
  | 'sessionOperations'
  | 'sessionLifecycles'
  | 'sessionExpertLayers'
  | 'sessionCoselections'
  | 'sessionComponents'
  | 'sessionSteps';

/** Asked of a session alone. */
export interface SessionRequests {
  sessionOverview: {
    params: Binned;
    result: SessionOverview & {
      readonly kvRanges: KvRanges;
      /** Of the fullest KV cache, and of the engine with most steps. */
      readonly activity: {
        readonly kv?: Series;
        readonly running?: Series;
        readonly waiting?: Series;
      };
    };
  };
  sessionKvCache: {
    params: Binned;
    result: { readonly uses: readonly KvCacheUse[]; readonly evictions: SessionEvictions };
  };
  sessionGraphs: { params: Scoped; result: SessionGraphs };
  sessionBatches: { params: Binned; result: readonly SessionBatchUse[] };
  /** At most `limit` points, evenly thinned where there are more. */
  sessionLatency: {
    params: Scoped & { readonly limit: number };
    result: {
      readonly phases: readonly SessionPhase[];
      readonly points: readonly ForwardPoint[];
      readonly total: number;
    };
  };
  sessionCpu: { params: Scoped; result: readonly OperationTime[] };
  /** Finished requests; `limit` of them drawn, evenly taken in the order of their start. */
  sessionRequests: {
    params: Scoped & { readonly limit: number };
    result: Omit<RequestTimeline, 'rows'> & { readonly rows: readonly SessionRequestRow[] };
  };
  sessionLifecycles: { params: Window<RequestColumn>; result: Page<SessionRequestRow> };
  sessionExperts: { params: Binned; result: SessionExperts };
  sessionCoselections: {
    params: Scoped & { readonly layer?: number };
    result: readonly Coselection[];
  };
  sessionComponents: { params: Scoped; result: readonly ComponentSplit[] };
  sessionSteps: { params: Window<StepColumn>; result: Page<StepRow> };
  /** Undefined while no timeline is linked. */
  sessionTimeline: { params: Scoped; result: SessionTimeline | undefined };
  /** The whole of a table as it is sorted and filtered, as text; at most 100,000 rows. */
  sessionTable: {
    params: Scoped & {
      readonly table: SessionTableName;
      readonly format: CopyFormat;
      readonly filter: string;
      readonly sort?: Sort;
      readonly layer?: number;
    };
    result: TableText;
  };
}

export type SessionRequestName = keyof SessionRequests;
export type { SessionGraph };
