/** Answers to the questions about Nsight Compute results: sorts, filters and pages what analysis says. */
import type { Analysis } from '../../analysis/analysis';
import { boundOf } from '../../analysis/ncu/bound';
import { ncuFindings } from '../../analysis/ncu/findings';
import { workByPrecision, workOf } from '../../analysis/ncu/flops';
import { joinTimeline, type JoinResult } from '../../analysis/ncu/join';
import { FIGURE_NAMES, FIGURES, rulesOf, stallsOf } from '../../analysis/ncu/metrics';
import { median } from '../../analysis/ncu/columns';
import { reportOverview } from '../../analysis/ncu/overview';
import type { ReportAnalysis, ReportGrouping, ReportKernel } from '../../analysis/ncu/report';
import { roofline } from '../../analysis/ncu/roofline';
import { kernelRows, type NcuKernelRow } from '../../analysis/ncu/rows';
import type {
  NcuKernelDetail,
  NcuMetricRow,
  NcuRequestName,
  NcuRoofline,
  NcuTableRow,
  Weights,
} from '../../protocol/ncu';
import type { Params, Question, Result } from '../../protocol/requests';
import { RequestFailure } from '../failure';
import { Listings, page, summaryText, type Listing } from '../listing';
import { NCU_KERNELS, NCU_METRICS, NCU_POINTS, NCU_UNPROFILED } from './tables';

export class NcuQueries {
  private readonly listings = new Listings();
  private readonly joins = new Map<ReportGrouping, JoinResult>();

  constructor(
    private readonly analysis: ReportAnalysis,
    private readonly timeline?: Analysis,
  ) {}

  /** @throws RequestFailure */
  answer({ name, params }: Question<NcuRequestName>): Result<NcuRequestName> {
    switch (name) {
      case 'ncuOverview':
        return {
          ...reportOverview(this.analysis),
          findings: ncuFindings(this.analysis, this.join('kernel')),
        };
      case 'ncuKernels':
        return this.kernels(params);
      case 'ncuKernelDetail':
        return this.detail(params.grouping, params.key);
      case 'ncuMetrics':
        return this.metrics(params);
      case 'ncuRoofline':
        return this.roofline(params.grouping, params.level);
      case 'ncuTimeline':
        return this.beside();
      case 'ncuTable':
        return this.table(params);
    }
  }

  private join(grouping: ReportGrouping): JoinResult | undefined {
    if (!this.timeline) return undefined;
    let join = this.joins.get(grouping);
    if (!join) {
      join = joinTimeline(this.analysis, this.timeline, grouping);
      this.joins.set(grouping, join);
    }
    return join;
  }

  private rows(grouping: ReportGrouping): readonly NcuKernelRow[] {
    return kernelRows(this.analysis, grouping, this.join(grouping));
  }

  private listing(
    grouping: ReportGrouping,
    { filter, sort }: Pick<Params<'ncuKernels'>, 'filter' | 'sort'>,
  ): Listing<NcuTableRow> {
    return this.listings.list(grouping, NCU_KERNELS, () => this.rows(grouping), filter, sort);
  }

  private kernels(params: Params<'ncuKernels'>): Result<'ncuKernels'> {
    const listing = this.listing(params.grouping, params);
    const total = listing.rows.length;
    const shown = params.byComponent ? withHeadings(listing, new Set(params.folded)) : listing;
    return {
      ...page(shown, params, (row) => shown.rows[row]),
      total: shown === listing ? total : total + shown.order.length - listing.order.length,
    };
  }

  private kernel(grouping: ReportGrouping, key: string): ReportKernel | undefined {
    return this.analysis.kernels(grouping).find((kernel) => kernel.key === key);
  }

  private detail(grouping: ReportGrouping, key: string): NcuKernelDetail | undefined {
    const { analysis } = this;
    const kernel = this.kernel(grouping, key);
    const row = this.rows(grouping).find((one) => one.key === key);
    if (!kernel || !row) return undefined;
    const point = roofline(analysis, grouping, 'dram').points.find((one) => one.key === key);
    const launch = point?.launch ?? kernel.launches[0];
    const formulas = new Map(
      workByPrecision(analysis).map(({ precision, formula }) => [precision, formula]),
    );
    return {
      row,
      bound: boundOf(analysis, kernel),
      stalls: stallsOf(analysis, kernel.launches),
      rules: rulesOf(analysis, kernel.launches),
      formulas: FIGURE_NAMES.filter((name) => row.figures[name] !== undefined).map((name) => ({
        figure: name,
        formula: FIGURES[name].formula,
      })),
      work: workOf(analysis, launch).byPrecision.map(({ precision, flops }) => ({
        precision,
        flops,
        formula: formulas.get(precision) ?? '',
      })),
    };
  }

  private metricListing({
    grouping,
    key,
    filter,
    sort,
  }: Pick<Params<'ncuMetrics'>, 'grouping' | 'key' | 'filter'> & {
    sort?: Params<'ncuTable'>['sort'];
  }): Listing<NcuMetricRow> {
    return this.listings.list(
      `metrics ${grouping} ${key}`,
      NCU_METRICS,
      () => metricRows(this.analysis, this.kernel(grouping, key)?.launches ?? []),
      filter,
      sort,
    );
  }

  private metrics(params: Params<'ncuMetrics'>): Result<'ncuMetrics'> {
    const listing = this.metricListing(params);
    return {
      ...page(listing, params, (row) => listing.rows[row]),
      total: listing.rows.length,
    };
  }

  private roofline(grouping: ReportGrouping, level: Params<'ncuRoofline'>['level']): NcuRoofline {
    const result = roofline(this.analysis, grouping, level);
    const rows = new Map(this.rows(grouping).map((row) => [row.key, row]));
    const weigh = <Point extends { readonly key: string }>(point: Point) => {
      const row = rows.get(point.key);
      return { ...point, bound: row?.bound ?? ('unknown' as const), weights: weightsOf(row) };
    };
    return {
      ...result,
      points: result.points.map(weigh),
      throughput: result.throughput.map(weigh),
    };
  }

  private beside(): Result<'ncuTimeline'> {
    const join = this.join('kernel');
    if (!join) return undefined;
    const { coverage, kernels, unmatched, unprofiled } = join;
    return { coverage, kernels, unmatched, unprofiled };
  }

  private table(params: Params<'ncuTable'>): Result<'ncuTable'> {
    const { table, grouping, format, filter, sort, key, level = 'dram' } = params;
    switch (table) {
      case 'ncuKernels':
        return summaryText(
          NCU_KERNELS,
          this.listing(grouping, { filter, sort: sort as never }),
          format,
        );
      case 'ncuMetrics': {
        if (key === undefined) {
          throw new RequestFailure('bad-request', 'A table of metrics needs the key of a kernel.');
        }
        return summaryText(
          NCU_METRICS,
          this.metricListing({ grouping, key, filter, sort }),
          format,
        );
      }
      case 'ncuRoofline': {
        const points = () => this.roofline(grouping, level).points;
        const where = `roofline ${grouping} ${level}`;
        return summaryText(
          NCU_POINTS,
          this.listings.list(where, NCU_POINTS, points, filter, sort),
          format,
        );
      }
      case 'ncuUnprofiled': {
        const rows = () => this.join('kernel')?.unprofiled ?? [];
        return summaryText(
          NCU_UNPROFILED,
          this.listings.list('unprofiled', NCU_UNPROFILED, rows, filter, sort),
          format,
        );
      }
    }
  }
}

function weightsOf(row: NcuKernelRow | undefined): Weights {
  const { share, timeline } = row ?? {};
  return {
    report: share,
    all: timeline?.share,
    prefill: timeline?.phases.prefill.share,
    decode: timeline?.phases.decode.share,
  };
}

/** The listed kernels under their components, the costliest first; each keeps the order it was listed in. */
function withHeadings(
  { rows, order, error }: Listing<NcuTableRow>,
  folded: ReadonlySet<string>,
): Listing<NcuTableRow> {
  const groups = new Map<string, NcuTableRow[]>();
  for (const at of order) {
    const row = rows[at];
    const group = groups.get(row.component);
    if (group) group.push(row);
    else groups.set(row.component, [row]);
  }
  const headings = [...groups.values()]
    .map((kernels) => ({ heading: headingOf(kernels), kernels }))
    .sort((a, b) => weight(b.heading) - weight(a.heading));
  const all = headings.flatMap(({ heading, kernels }) =>
    folded.has(heading.component) ? [heading] : [heading, ...kernels],
  );
  return { rows: all, order: Uint32Array.from(all, (_, at) => at), error };
}

const weight = (row: NcuTableRow): number => row.timeline?.share ?? row.share ?? 0;

/** What adds up over kernels; a component has no share of a peak. */
function headingOf(kernels: readonly NcuTableRow[]): NcuTableRow {
  const [{ component }] = kernels;
  const sum = (of: (row: NcuTableRow) => number | undefined): number | undefined => {
    const known = kernels.map(of).filter((value) => value !== undefined);
    return known.length > 0 ? known.reduce((n, value) => n + value, 0) : undefined;
  };
  return {
    key: `component ${component}`,
    name: component,
    component,
    heading: kernels.length,
    launches: sum((row) => row.launches) ?? 0,
    figures: {},
    totalDuration: sum((row) => row.totalDuration),
    share: sum((row) => row.share),
    occupancyLimits: [],
    stalls: [],
    bound: 'unknown',
  };
}

function metricRows(
  { report }: ReportAnalysis,
  launches: readonly number[],
): readonly NcuMetricRow[] {
  return report.metrics.flatMap(({ key, name, displayName, section, unit, values, texts }) => {
    const known = launches.map((i) => values[i]).filter((value) => !Number.isNaN(value));
    const text =
      texts && launches.map((i) => report.strings.get(texts[i])).find((one) => one !== '');
    if (known.length === 0 && text === undefined) return [];
    return [
      {
        key,
        name,
        displayName,
        section,
        unit,
        value: median(values, launches),
        ...(known.length > 0 && { min: least(known), max: most(known) }),
        ...(known.length === 0 && { text }),
      },
    ];
  });
}

/** Not by spreading into Math.min: launches may be many thousands. */
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
