/**
 * Answers to the protocol's questions, from one analysis: sorts, filters and
 * pages its results. What a page was cut from is kept, so that scrolling costs
 * nothing but the page.
 */
import type { Analysis } from '../analysis/analysis';
import { graphs } from '../analysis/graphs';
import {
  kernelDetail,
  kernelInstances,
  kernelTable,
  type KernelGrouping,
} from '../analysis/kernels';
import { overview } from '../analysis/overview';
import { componentBreakdown, phaseBreakdown, stepPoints } from '../analysis/phases';
import { pythonRanges } from '../analysis/python-ranges';
import { rangeChildren, rangeNames } from '../analysis/ranges';
import { memory } from '../analysis/transfers';
import { utilisation, utilisationSeries } from '../analysis/utilisation';
import type { Phase, Scope } from '../profile/scope';
import { KERNEL_FIELDS, LAUNCH_FIELDS, type Filter } from '../protocol/filter';
import type {
  LaunchRow,
  LinkedFigures,
  LinkedKernelRow,
  Params,
  ProfileRequestName,
  Question,
  RequestName,
  Result,
  Sort,
  Stage,
} from '../protocol/requests';
import { RequestFailure } from './failure';
import { LAUNCH_COLUMNS, LaunchTable } from './launches';
import { Listings, noColumn, page, summaryText, understand, type Listing } from './listing';
import { orderRows } from './order';
import { tableText } from './table-text';
import * as tables from './tables';
import type { TableSpec } from './tables';
import { TorchQueries } from './torch/queries';

/** Of launches copied or saved as text. */
export const MAX_TEXT_LAUNCHES = 100_000;
/** The launches of one row of the kernel table, as filtered and sorted. */
interface LaunchSelection {
  readonly scope: Scope;
  readonly grouping: KernelGrouping;
  readonly key: string;
  readonly filter: string;
  readonly sort?: Sort;
}

/** How far a profile has to be read for a question to be answered. */
export function stageFor(call: Question<RequestName>): Stage {
  if (call.name === 'status') return 'facts';
  if (call.name !== 'kernels') return 'complete';
  // Phases come from ranges and calls, which are read last.
  const { scope, filter } = call.params;
  const needsPhases =
    scope.phase !== undefined ||
    understand(filter, KERNEL_FIELDS).filter.some((t) => t.field.narrows);
  return needsPhases ? 'complete' : 'kernels';
}

export class Queries {
  private readonly launches: LaunchTable;
  private readonly listings = new Listings();
  private readonly torch: TorchQueries;

  /** @param linked what is known of kernels from elsewhere, by name */
  constructor(
    private readonly analysis: Analysis,
    private readonly linked?: ReadonlyMap<string, LinkedFigures>,
  ) {
    this.launches = new LaunchTable(analysis);
    this.torch = new TorchQueries(analysis, this.listings);
  }

  /** @throws RequestFailure */
  answer(question: Question<ProfileRequestName>): Result<ProfileRequestName> {
    const { name, params } = question;
    const { analysis } = this;
    switch (name) {
      case 'overview':
        return overview(analysis, params.scope);
      case 'utilisation':
        return utilisation(analysis, params.scope);
      case 'utilisationSeries':
        return utilisationSeries(analysis, params.scope, params.bins);
      case 'phases':
        return phaseBreakdown(analysis, params.scope);
      case 'components':
        return componentBreakdown(analysis, params.scope);
      case 'steps':
        return this.steps(params);
      case 'kernels':
        return this.kernels(params);
      case 'kernelDetail':
        return kernelDetail(analysis, params.scope, params.grouping, params.key);
      case 'launches':
        return this.launchPage(params);
      case 'ranges':
        return this.ranges(params);
      case 'pythonRanges':
        return pythonRanges(analysis);
      case 'graphs':
        return graphs(analysis, params.scope);
      case 'memory':
        return memory(analysis, params.scope);
      case 'table':
        return this.table(params);
      default:
        return this.torch.answer(question);
    }
  }

  private steps({ scope, limit }: Params<'steps'>): Result<'steps'> {
    const points = stepPoints(this.analysis, scope);
    const total = points.length;
    if (total <= limit) return { points, total };
    return {
      points: Array.from({ length: limit }, (_, i) => points[Math.floor((i * total) / limit)]),
      total,
    };
  }

  private kernels(params: Params<'kernels'>): Result<'kernels'> {
    const { scope, grouping } = params;
    const listing = this.kernelListing(scope, grouping, params.filter, params.sort);
    let matchedTime = 0;
    let matchedShare = 0;
    for (const row of listing.order) {
      matchedTime += listing.rows[row].total;
      matchedShare += listing.rows[row].share;
    }
    return {
      ...page(listing, params, (row) => listing.rows[row]),
      total: kernelTable(this.analysis, scope, grouping).length,
      matchedTime,
      matchedShare,
    };
  }

  private kernelListing(scope: Scope, grouping: KernelGrouping, filter: string, sort?: Sort) {
    const { narrowed } = narrow(scope, understand(filter, KERNEL_FIELDS).filter);
    return this.listings.list(
      `kernels ${grouping} ${JSON.stringify(scope)}`,
      tables.KERNELS,
      () => (narrowed ? this.kernelRows(narrowed, grouping) : []),
      filter,
      sort,
    );
  }

  private kernelRows(scope: Scope, grouping: KernelGrouping): readonly LinkedKernelRow[] {
    const rows = kernelTable(this.analysis, scope, grouping);
    const { linked } = this;
    // A row of several kernels has no figure of any one of them.
    if (!linked || (grouping !== 'kernel' && grouping !== 'geometry')) return rows;
    return rows.map((row) => ({ ...row, linked: linked.get(row.name) }));
  }

  private launchPage(params: Params<'launches'>): Result<'launches'> {
    const { order, error, total } = this.launchListing(params);
    let matchedTime = 0;
    for (const row of order) matchedTime += this.launches.duration(row);
    const listing: Listing<LaunchRow> = { rows: [], order, error };
    return { ...page(listing, params, (row) => this.launches.row(row)), total, matchedTime };
  }

  private launchListing(params: LaunchSelection) {
    const { scope, grouping, key, sort } = params;
    const { filter, error } = understand(params.filter, LAUNCH_FIELDS);
    const where = `launches ${JSON.stringify([scope, grouping, key])}`;
    const all = this.listings.keep(where, () => ({
      rows: [],
      order: kernelInstances(this.analysis, scope, grouping, key),
    }));
    const listing = this.listings.keep(`${where} ${JSON.stringify([params.filter, sort])}`, () => {
      const rows = this.launches.filter(all.order, filter);
      if (!sort) return { rows: [], order: rows, error };
      const keyOf = this.launches.key(sort.column);
      if (!keyOf) throw noColumn(sort.column);
      return { rows: [], order: orderRows(rows, keyOf, sort.descending), error };
    });
    return { ...listing, total: all.order.length };
  }

  private ranges(params: Params<'ranges'>): Result<'ranges'> {
    const { scope, flat, parent } = params;
    const listing = this.rangeListing(scope, flat, parent, params.filter, params.sort);
    return { ...page(listing, params, (row) => listing.rows[row]), total: listing.rows.length };
  }

  private rangeListing(
    scope: Scope,
    flat: boolean,
    parent: number | undefined,
    filter: string,
    sort?: Sort,
  ) {
    return this.listings.list(
      `ranges ${flat ? 'flat' : (parent ?? 'top')} ${JSON.stringify(scope)}`,
      tables.RANGES,
      () => (flat ? rangeNames(this.analysis, scope) : rangeChildren(this.analysis, scope, parent)),
      filter,
      sort,
    );
  }

  private table(params: Params<'table'>): Result<'table'> {
    const { analysis } = this;
    const { scope, filter, sort, format } = params;
    const summary = <Row>(spec: TableSpec<Row>, rows: () => readonly Row[]) => {
      const where = `${params.table} ${JSON.stringify(scope)}`;
      return summaryText(spec, this.listings.list(where, spec, rows, filter, sort), format);
    };
    switch (params.table) {
      case 'launches':
        return this.launchText(params);
      case 'kernels': {
        const listing = this.kernelListing(scope, params.grouping ?? 'kernel', filter, sort);
        return summaryText(tables.KERNELS, listing, format);
      }
      case 'ranges': {
        const listing = this.rangeListing(scope, params.flat ?? true, undefined, filter, sort);
        return summaryText(tables.RANGES, listing, format);
      }
      case 'phases':
        return summary(tables.PHASES, () => phaseBreakdown(analysis, scope).phases);
      case 'components':
        return summary(tables.COMPONENTS, () => componentBreakdown(analysis, scope));
      case 'steps':
        return summary(tables.STEPS, () => stepPoints(analysis, scope));
      case 'graphs':
        return summary(tables.GRAPHS, () => graphs(analysis, scope).graphs);
      case 'transfers':
        return summary(tables.TRANSFERS, () => memory(analysis, scope).transfers);
      case 'gaps':
        return summary(tables.GAPS, () => utilisation(analysis, scope).gaps);
      default:
        return this.torch.text(params.table, params);
    }
  }

  private launchText(params: Params<'table'>): Result<'table'> {
    const { grouping, key } = params;
    if (grouping === undefined || key === undefined) {
      throw new RequestFailure('bad-request', 'A table of launches needs a grouping and a key.');
    }
    const { order } = this.launchListing({ ...params, grouping, key });
    const shown = order.subarray(0, MAX_TEXT_LAUNCHES);
    const rows = Array.from(shown, (row) => this.launches.row(row));
    return {
      text: tableText(LAUNCH_COLUMNS, rows, params.format),
      rows: rows.length,
      cut: shown.length < order.length,
    };
  }
}

/** The scope with the filter's own phases; undefined where no phase is in both. */
function narrow(scope: Scope, filter: Filter): { narrowed: Scope | undefined } {
  let { phase } = scope;
  for (const term of filter) {
    if (!term.field.narrows || term.kind !== 'text') continue;
    if (phase !== undefined && phase !== term.text) return { narrowed: undefined };
    phase = term.text as Phase;
  }
  return { narrowed: { ...scope, phase } };
}
