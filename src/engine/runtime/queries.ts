/** Answers to the questions about a session: narrows, sorts, filters and pages what analysis says. */
import type { Analysis } from '../../analysis/analysis';
import { batchUse, batchTotals } from '../../analysis/session/batches';
import { besideTimeline } from '../../analysis/session/beside-timeline';
import { coselections, experts, imbalanceOverTime } from '../../analysis/session/experts';
import { sessionGraphs } from '../../analysis/session/graphs';
import { evictions, KV_RANGES, kvCacheUse, kvCacheTotals } from '../../analysis/session/kv-cache';
import {
  components,
  cpuOperations,
  forwardLatency,
  forwardPoints,
} from '../../analysis/session/latency';
import { sessionExtent, sessionOverview } from '../../analysis/session/overview';
import { RequestRows, requestTotals, type RequestRow } from '../../analysis/session/requests';
import { narrowed, type SessionScope } from '../../analysis/session/scope';
import type { Window } from '../../analysis/session/series';
import { StepRows, type StepRow } from '../../analysis/session/step-rows';
import type { ExpertBalance } from '../../profile/expert-balance';
import type { Session } from '../../profile/session';
import { compileFilter } from '../../protocol/filter';
import type { Params, Question, Result } from '../../protocol/requests';
import type { SessionRequestName } from '../../protocol/session';
import { Listings, noColumn, page, summaryText, understand, type Listing } from '../listing';
import { orderRows, orderSummary } from '../order';
import { tableText } from '../table-text';
import type { TableSpec } from '../tables';
import {
  BATCHES,
  COMPONENT_SPLIT,
  COSELECTIONS,
  EXPERT_LAYERS,
  GRAPHS,
  KV_CACHE,
  LIFECYCLES,
  OPERATIONS,
  PHASES,
  STEPS,
} from './tables';
import { withoutNaN } from './without-nan';

const MOST_COPIED = 100_000;
const MOST_PAIRS = 40_000;
const POINTS = 2000;

export class SessionQueries {
  private readonly listings = new Listings();
  private readonly kept = new Map<string, unknown>();

  constructor(
    private readonly session: Session,
    private readonly timeline?: Analysis,
    private readonly balance?: ExpertBalance,
  ) {}

  /** @throws RequestFailure */
  answer(question: Question<SessionRequestName>): Result<SessionRequestName> {
    if (question.name === 'sessionLifecycles') return withoutNaN(this.lifecycles(question.params));
    if (question.name === 'sessionSteps') return withoutNaN(this.steps(question.params));
    if (question.name === 'sessionTable') return this.table(question.params);
    return this.once(JSON.stringify([question.name, question.params]), () =>
      withoutNaN(this.figures(question)),
    );
  }

  private figures(
    question: Question<
      Exclude<SessionRequestName, 'sessionLifecycles' | 'sessionSteps' | 'sessionTable'>
    >,
  ): Result<SessionRequestName> {
    const { scope } = question.params;
    const session = this.within(scope);
    switch (question.name) {
      case 'sessionOverview':
        return {
          ...sessionOverview(this.session, session, this.balance),
          kvRanges: KV_RANGES,
          activity: this.activity(scope, question.params.bins),
        };
      case 'sessionKvCache':
        return {
          uses: kvCacheUse(session, question.params.bins, windowOf(scope)),
          evictions: evictions(session, POINTS),
        };
      case 'sessionGraphs':
        return sessionGraphs(session);
      case 'sessionBatches':
        return batchUse(session, question.params.bins, windowOf(scope));
      case 'sessionLatency':
        return {
          phases: forwardLatency(session),
          ...forwardPoints(session, question.params.limit),
        };
      case 'sessionCpu':
        return cpuOperations(session);
      case 'sessionRequests':
        return this.requests(scope, question.params.limit);
      case 'sessionExperts':
        return {
          ...experts(session),
          imbalance: imbalanceOverTime(session, question.params.bins, windowOf(scope)),
        };
      case 'sessionCoselections':
        return coselections(session, question.params.layer, MOST_PAIRS);
      case 'sessionComponents':
        return components(session);
      case 'sessionTimeline':
        return this.timeline && this.beside(this.timeline, scope);
    }
  }

  private beside(timeline: Analysis, scope: SessionScope): Result<'sessionTimeline'> {
    const span = sessionExtent(this.session);
    return besideTimeline(this.session, timeline, span && [span.start, span.end], scope);
  }

  private within(scope: SessionScope): Session {
    return this.once(`within ${JSON.stringify(scope)}`, () => narrowed(this.session, scope));
  }

  private activity(scope: SessionScope, bins: number): Result<'sessionOverview'>['activity'] {
    const session = this.within(scope);
    const span = sessionExtent(session);
    const window = windowOf(scope) ?? span;
    const kv = first(kvCacheUse(session, bins, window), (use) => use.mean);
    const batch = first(batchUse(session, bins, window), (use) => use.steps);
    return { kv: kv?.series, running: batch?.series.running, waiting: batch?.series.waiting };
  }

  /** Spans of a request may lie outside of the window that it overlaps. */
  private requestRows({ process }: SessionScope): RequestRows {
    return this.once(`requests ${process}`, () => new RequestRows(this.within({ process })));
  }

  private requests(scope: SessionScope, limit: number): Result<'sessionRequests'> {
    const { rows: _, ...summary } = requestTotals(this.within(scope));
    const { order } = this.lifecycleListing({ scope, filter: '' });
    const every = Math.max(1, Math.ceil(order.length / limit));
    const rows = this.requestRows(scope);
    const drawn = order.filter((_, place) => place % every === 0);
    return { ...summary, rows: Array.from(drawn, (row) => rows.at(row)) };
  }

  /** Rows are of the session's process in scope; the window chooses among them. */
  private lifecycleListing({
    scope,
    filter,
    sort,
  }: Pick<Params<'sessionLifecycles'>, 'scope' | 'filter' | 'sort'>): Listing<number> {
    return this.listings.keep(JSON.stringify(['lifecycles', scope, filter, sort]), () => {
      const { lifecycle } = this.within({ process: scope.process });
      const rows = this.requestRows(scope);
      const overlaps = (row: number): boolean => {
        if (scope.window === undefined) return true;
        const [start, end] = scope.window;
        const from = lifecycle.queued[row] >= 0 ? lifecycle.queued[row] : lifecycle.started[row];
        return !(from > end) && !(lifecycle.finished[row] < start);
      };
      const all = this.once(`in order ${scope.process}`, () => rows.inOrder()).filter(overlaps);
      return listed(LIFECYCLES, all, (row) => rows.at(row), filter, sort);
    });
  }

  private lifecycles(params: Params<'sessionLifecycles'>): Result<'sessionLifecycles'> {
    const rows = this.requestRows(params.scope);
    const total = this.lifecycleListing({ scope: params.scope, filter: '' }).order.length;
    return { ...page(this.lifecycleListing(params), params, (row) => rows.at(row)), total };
  }

  private stepRows({ process }: SessionScope): StepRows {
    return this.once(`steps ${process}`, () => {
      const { forward, processes } = this.session;
      // Ranks run the same steps: the first that ran any stands for them.
      const firstOf = processes.findIndex((_, at) => forward.process.includes(at));
      return new StepRows(this.session, process ?? Math.max(0, firstOf));
    });
  }

  private stepListing({
    scope,
    filter,
    sort,
  }: Pick<Params<'sessionSteps'>, 'scope' | 'filter' | 'sort'>): Listing<number> {
    return this.listings.keep(JSON.stringify(['steps', scope, filter, sort]), () => {
      const steps = this.stepRows(scope);
      const [from, to] = scope.window ? steps.between(...scope.window) : [0, steps.length];
      const all = Uint32Array.from({ length: to - from }, (_, place) => from + place);
      return listed(STEPS, all, (place) => steps.at(place), filter, sort);
    });
  }

  private steps(params: Params<'sessionSteps'>): Result<'sessionSteps'> {
    const steps = this.stepRows(params.scope);
    const total = this.stepListing({ scope: params.scope, filter: '' }).order.length;
    return { ...page(this.stepListing(params), params, (place) => steps.at(place)), total };
  }

  private table(params: Params<'sessionTable'>): Result<'sessionTable'> {
    const { table, scope, filter, sort, format } = params;
    const session = this.within(scope);
    const summary = <Row>(spec: TableSpec<Row>, rows: () => readonly Row[]) =>
      summaryText(
        spec,
        this.listings.list(JSON.stringify([table, scope, params.layer]), spec, rows, filter, sort),
        format,
      );
    const long = <Row>(
      spec: TableSpec<Row>,
      { order }: Listing<number>,
      rowAt: (row: number) => Row,
    ) => {
      const rows = Array.from(order.subarray(0, MOST_COPIED), rowAt);
      return {
        text: tableText(spec.columns, rows, format),
        rows: rows.length,
        cut: order.length > rows.length,
      };
    };
    switch (table) {
      case 'sessionKvCache':
        return summary(KV_CACHE, () => kvCacheTotals(session));
      case 'sessionGraphs':
        return summary(GRAPHS, () => sessionGraphs(session).graphs);
      case 'sessionBatches':
        return summary(BATCHES, () => batchTotals(session));
      case 'sessionPhases':
        return summary(PHASES, () => forwardLatency(session));
      case 'sessionOperations':
        return summary(OPERATIONS, () => cpuOperations(session));
      case 'sessionExpertLayers':
        return summary(EXPERT_LAYERS, () => experts(session).layers);
      case 'sessionCoselections':
        return summary(COSELECTIONS, () => coselections(session, params.layer, MOST_PAIRS));
      case 'sessionComponents':
        return summary(COMPONENT_SPLIT, () => components(session));
      case 'sessionLifecycles': {
        const rows = this.requestRows(scope);
        return long<RequestRow>(
          LIFECYCLES,
          this.lifecycleListing({ scope, filter, sort: sort as never }),
          (row) => rows.at(row),
        );
      }
      case 'sessionSteps': {
        const steps = this.stepRows(scope);
        return long<StepRow>(
          STEPS,
          this.stepListing({ scope, filter, sort: sort as never }),
          (place) => steps.at(place),
        );
      }
    }
  }

  private once<T>(key: string, compute: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, compute());
    return this.kept.get(key) as T;
  }
}

const windowOf = ({ window }: SessionScope): Window | undefined =>
  window && { start: window[0], end: window[1] };

/** The one that has most. */
function first<Row>(rows: readonly Row[], valueOf: (row: Row) => number): Row | undefined {
  return rows.reduce<Row | undefined>(
    (most, row) => (most === undefined || valueOf(row) > valueOf(most) ? row : most),
    undefined,
  );
}

/** Filters and sorts rows that are made one at a time, as there may be millions. */
function listed<Row>(
  spec: TableSpec<Row>,
  all: Uint32Array,
  rowAt: (row: number) => Row,
  filterText: string,
  sort: Params<'sessionTable'>['sort'],
): Listing<number> {
  const { filter, error } = understand(filterText, spec.fields);
  const passes = compileFilter(filter, spec.access);
  const picked = passes ? all.filter((row) => passes(rowAt(row))) : all;
  if (!sort) return { rows: [], order: picked, error };
  const column = spec.columns.find(({ id }) => id === sort.column);
  if (!column) throw noColumn(sort.column);
  if (!column.text) {
    const keyOf = (row: number): number => (column.value(rowAt(row)) as number | undefined) ?? NaN;
    return { rows: [], order: orderRows(picked, keyOf, sort.descending), error };
  }
  const texts = Array.from(picked, (row) => String(column.value(rowAt(row)) ?? ''));
  const places = Uint32Array.from(picked, (_, place) => place);
  const order = orderSummary(
    texts,
    places,
    (one) => one,
    () => '',
    sort.descending,
  );
  return { rows: [], order: order.map((place) => picked[place]), error };
}
