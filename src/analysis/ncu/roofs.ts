/**
 * The machine's limits as a report shows them: what memory can deliver and what
 * the SMs can compute, at the clocks of the measurement.
 *
 * ncu locks clocks to base by default (--clock-control base) and clears caches
 * before each pass: its peaks and durations belong together, and to no timeline.
 */
import { formatNumber } from '../../profile/format';
import { findMetric } from '../../profile/kernel-report';
import type { LaunchIndex } from '../../profile/kernel-report';
import { chipByCapability, chipByName } from './chips';
import { combine, either, median, metric, scaled, type Column } from './columns';
import { sparse, tensorPath, workByPrecision, type Precision, type TensorPath } from './flops';
import { figureColumn } from './metrics';
import type { ReportAnalysis } from './report';

export type MemoryLevel = 'dram' | 'l2' | 'l1';
export const MEMORY_LEVELS: readonly MemoryLevel[] = ['l1', 'l2', 'dram'];

export type RoofSource =
  /** The report's own .peak_sustained × cycles per second. */
  | 'measured'
  /** What was achieved / the per cent of peak that it was. */
  | 'inferred'
  /** Data sheet operations per SM and cycle × the report's SMs and clock. */
  | 'table';

export interface Roof {
  readonly kind: 'memory' | 'compute';
  readonly name: MemoryLevel | Precision;
  /** Bytes per second, or operations per second; median over the launches. */
  readonly ceiling: number;
  readonly source: RoofSource;
  /** One sentence: the formula with its metrics, or the data sheet. */
  readonly formula: string;
}

/** A roof by launch, as each ran at its own clock. */
interface RoofColumn extends Omit<Roof, 'ceiling'> {
  readonly ceilings: Column;
}

const product = (...columns: (Column | undefined)[]): Column | undefined =>
  combine(columns, (...values) => values.reduce((n, value) => n * value, 1));

const constant = (like: Column, value: number): Column => new Float64Array(like.length).fill(value);

interface MemoryRoof {
  readonly level: MemoryLevel;
  readonly counter: string;
  readonly clock: string;
  /** Bytes of one count. */
  readonly bytes: number;
}

/**
 * Counters and clocks of SpeedOfLight_Hierarchical*RooflineChart.section. What leaves L2
 * (lts2xbar) is the chart's since 2025, what enters L1 was it before; from Hopper on L1's
 * writeback includes shared memory (lgds).
 */
const MEMORY_ROOFS: readonly MemoryRoof[] = [
  {
    level: 'dram',
    counter: 'dram__bytes',
    clock: 'dram__cycles_elapsed.avg.per_second',
    bytes: 1,
  },
  {
    level: 'l2',
    counter: 'derived__lts__lts2xbar_bytes',
    clock: 'lts__cycles_elapsed.avg.per_second',
    bytes: 1,
  },
  {
    level: 'l2',
    counter: 'l1tex__m_xbar2l1tex_read_bytes',
    clock: 'lts__cycles_elapsed.avg.per_second',
    bytes: 1,
  },
  {
    level: 'l1',
    counter: 'l1tex__lsu_writeback_active_mem_lgds',
    clock: 'l1tex__cycles_elapsed.avg.per_second',
    bytes: 128,
  },
  {
    level: 'l1',
    counter: 'l1tex__lsu_writeback_active_mem_lg',
    clock: 'l1tex__cycles_elapsed.avg.per_second',
    bytes: 128,
  },
];

/**
 * Bytes a launch moved at a level, counted where the level's roof is; where the
 * report has no roof of it, all of DRAM's, L2's or L1's traffic.
 */
export function traffic(analysis: ReportAnalysis, level: MemoryLevel): Column | undefined {
  if (level === 'dram') return figureColumn(analysis, 'dramBytes');
  const figure = figureColumn(analysis, level === 'l2' ? 'l2Bytes' : 'l1Bytes');
  const of = memoryLevel(analysis, level)?.of;
  return of === undefined ? figure : either(counted(analysis, of), figure);
}

/** Bytes by launch: the counter's sum, else its rate × duration. */
function counted(analysis: ReportAnalysis, of: MemoryRoof): Column | undefined {
  const { report } = analysis;
  return scaled(
    either(
      metric(report, `${of.counter}.sum`),
      combine(
        [metric(report, `${of.counter}.sum.per_second`), figureColumn(analysis, 'duration')],
        (rate, ns) => (rate * ns) / 1e9,
      ),
    ),
    of.bytes,
  );
}

/** The first of a level's counters that the report has a roof and traffic of. */
const memoryLevel = (
  analysis: ReportAnalysis,
  level: MemoryLevel,
): { readonly of: MemoryRoof; readonly roof: RoofColumn } | undefined =>
  analysis.once(`roof ${level}`, () => {
    for (const of of MEMORY_ROOFS) {
      const roof = of.level === level ? memoryRoof(analysis, of) : undefined;
      if (roof !== undefined) return { of, roof };
    }
    return undefined;
  });

function memoryRoof(analysis: ReportAnalysis, of: MemoryRoof): RoofColumn | undefined {
  const { report } = analysis;
  const base = { kind: 'memory', name: of.level } as const;
  const factor = of.bytes === 1 ? '' : ` × ${of.bytes}`;
  const peak = metric(report, `${of.counter}.sum.peak_sustained`);
  const measured = product(peak, metric(report, of.clock), peak && constant(peak, of.bytes));
  if (measured !== undefined && median(measured, rowsOf(measured)) !== undefined) {
    return {
      ...base,
      ceilings: measured,
      source: 'measured',
      formula: `${of.counter}.sum.peak_sustained${factor} × ${of.clock}`,
    };
  }
  const rate = either(
    metric(report, `${of.counter}.sum.per_second`),
    combine(
      [metric(report, `${of.counter}.sum`), figureColumn(analysis, 'duration')],
      (count, ns) => (count / ns) * 1e9,
    ),
    of.level === 'dram' ? figureColumn(analysis, 'dramBandwidth') : undefined,
  );
  const ofPeak = either(
    metric(report, `${of.counter}.sum.pct_of_peak_sustained_elapsed`),
    of.level === 'dram'
      ? combine([figureColumn(analysis, 'dramShare')], (part) => part * 100)
      : undefined,
  );
  // Below one per cent the printed digits carry no peak.
  const inferred = combine([rate, ofPeak], (r, percent) =>
    percent >= 1 ? ((r * of.bytes) / percent) * 100 : Number.NaN,
  );
  if (inferred === undefined || median(inferred, rowsOf(inferred)) === undefined) return undefined;
  return {
    ...base,
    ceilings: fill(inferred),
    source: 'inferred',
    formula: `${of.counter}.sum per second${factor} / its per cent of peak`,
  };
}

const rowsOf = (column: Column): readonly number[] => Array.from(column, (_, i) => i);

/** Launches without a value of their own get the median. */
function fill(column: Column): Column {
  const middle = median(column, rowsOf(column)) ?? Number.NaN;
  return column.map((value) => (Number.isNaN(value) ? middle : value));
}

/** One instruction's operations, for the ordinary pipes' roofs: a multiply-add each. */
const ORDINARY: readonly (readonly [Precision, string, number])[] = [
  ['fp64', 'dfma', 2],
  ['fp32', 'ffma', 2],
  ['fp16', 'hfma', 4],
];

function ordinaryRoofs(analysis: ReportAnalysis): readonly RoofColumn[] {
  const { report } = analysis;
  const clock = figureColumn(analysis, 'smClock');
  return ORDINARY.flatMap(([precision, op, operations]) => {
    const names = ['sm__sass', 'smsp__sass'].map(
      (unit) => `${unit}_thread_inst_executed_op_${op}_pred_on.sum.peak_sustained`,
    );
    const peak = metric(report, ...names);
    const ceilings = product(peak, clock, peak && constant(peak, operations));
    if (ceilings === undefined || median(ceilings, rowsOf(ceilings)) === undefined) return [];
    return [
      {
        kind: 'compute' as const,
        name: precision,
        ceilings: fill(ceilings),
        source: 'measured' as const,
        formula: `${names[0]} × ${operations} × SM cycles per second`,
      },
    ];
  });
}

interface TensorPeak {
  readonly path: TensorPath;
  readonly roof: RoofColumn;
  /** Operations per second, the median over the launches. */
  readonly most: number;
}

/** Types that no chip multiplies with structured sparsity. */
const ALWAYS_DENSE = /^(?:fp64|u?int1|b1)$/;

/**
 * By input type the fastest path of dense work, and of work with structured sparsity. A path that
 * does not say which (`src_bf16_dst_fp32`) has the peak of sparse work where the chip has that:
 * its children tell (`…_sparsity_off`), or the data sheet does.
 */
function tensorRoofs(analysis: ReportAnalysis): readonly RoofColumn[] {
  const clock = figureColumn(analysis, 'smClock');
  if (clock === undefined) return [];
  const peaks = tensorPeaks(analysis, clock);
  const told = peaks.some(({ path }) => path.sparsity !== undefined);
  const table = tableRoofs(analysis, clock);
  const types = new Set(analysis.report.metrics.flatMap(({ name }) => tensorPath(name)?.src ?? []));
  return [...types].flatMap((src) => {
    const name = `tensor_${src}` as const;
    const fastest = (sparsity: TensorPath['sparsity']): TensorPeak | undefined =>
      peaks
        .filter(({ path }) => path.src === src && path.sparsity === sparsity)
        .sort((a, b) => b.most - a.most)[0];
    const [dense, structured, whole] = [fastest('off'), fastest('on'), fastest(undefined)];
    const sheet = table.roof(src);
    const known = dense?.roof ?? sheet;
    const doubled =
      whole !== undefined && known !== undefined && whole.most > middle(known.ceilings) * 1.01;
    const own = dense?.roof ?? (doubled ? sheet : (whole?.roof ?? sheet));
    const twice = structured?.roof ?? (doubled ? whole.roof : table.sparse(src));
    const unsure = own === whole?.roof && !told && sheet === undefined && !neverSparse(analysis);
    return [
      ...(own === undefined
        ? []
        : [{ ...own, ...(unsure && !ALWAYS_DENSE.test(src) ? { formula: perhaps(own) } : {}) }]),
      ...(twice === undefined ? [] : [{ ...twice, name: sparse(name) }]),
    ];
  });
}

const middle = (column: Column): number => median(column, rowsOf(column)) ?? 0;

function tensorPeaks(analysis: ReportAnalysis, clock: Column): readonly TensorPeak[] {
  return analysis.report.metrics.flatMap(({ name, values }) => {
    const path = tensorPath(name);
    const ceilings = path?.of === 'peak_sustained' ? product(values, clock) : undefined;
    if (path === undefined || ceilings === undefined || !(middle(ceilings) > 0)) return [];
    const roof = {
      kind: 'compute' as const,
      name: `tensor_${path.src}` as const,
      ceilings: fill(ceilings),
      source: 'measured' as const,
      formula: `${name} × SM cycles per second`,
    };
    return [{ path, roof, most: middle(ceilings) }];
  });
}

const perhaps = ({ formula }: RoofColumn): string =>
  `${formula}; this path counts sparse work too, so that dense work may reach half of it (the …_sparsity_off peaks tell, part of --set roofline)`;

/** Compute capability 8.0 brought structured sparsity. */
const neverSparse = ({ report }: ReportAnalysis): boolean =>
  Number.parseFloat(report.strings.get(report.launches.computeCapability[0] ?? 0)) < 8;

/** Device name as the raw page gives it; empty where the page does not say. */
export function deviceName(analysis: ReportAnalysis, launch: LaunchIndex): string {
  const names = findMetric(analysis.report, 'device__attribute_display_name');
  return analysis.report.strings.get(names?.texts?.[launch] ?? 0);
}

interface TableRoofs {
  readonly roof: (src: string) => RoofColumn | undefined;
  readonly sparse: (src: string) => RoofColumn | undefined;
}

/** By the data sheet of the chip, at the report's clock; nothing for a chip that is not in the table. */
function tableRoofs(analysis: ReportAnalysis, clock: Column): TableRoofs {
  const { report } = analysis;
  const named = chipByName(deviceName(analysis, 0));
  const cc = report.strings.get(report.launches.computeCapability[0] ?? 0);
  const chip = named ?? chipByCapability(cc);
  const sms =
    metric(report, 'launch__sm_count', 'device__attribute_multiprocessor_count') ??
    (named === undefined ? undefined : constant(clock, named.sms));
  const roof = (src: string, times: 1 | 2): RoofColumn | undefined => {
    // Types that share a path go at the pace of the slowest.
    const rates = src.split('_').map((type) => chip?.ops[type]);
    if (chip === undefined || rates.some((rate) => rate === undefined)) return undefined;
    const ops = Math.min(...(rates as number[]));
    const ceilings = product(sms, clock, constant(clock, ops * times));
    return (
      ceilings && {
        kind: 'compute',
        name: `tensor_${src}`,
        ceilings: fill(ceilings),
        source: 'table',
        formula: `${times === 1 ? '' : '2 × '}${ops} dense operations per SM and cycle (${chip.name}: ${chip.source}) × SMs × SM cycles per second`,
      }
    );
  };
  return {
    roof: (src) => roof(src, 1),
    sparse: (src) => (ALWAYS_DENSE.test(src) || neverSparse(analysis) ? undefined : roof(src, 2)),
  };
}

function roofColumns(analysis: ReportAnalysis): readonly RoofColumn[] {
  return analysis.once('roofs', () => [
    ...(['dram', 'l2', 'l1'] as const).flatMap((level) => memoryLevel(analysis, level)?.roof ?? []),
    ...ordinaryRoofs(analysis),
    ...tensorRoofs(analysis),
  ]);
}

/**
 * The roofs of a report, medians over its launches: of memory all, of compute those of the types
 * that some launch used.
 */
export function roofs(analysis: ReportAnalysis): readonly Roof[] {
  const used = new Set<string>(MEMORY_LEVELS);
  const durations = figureColumn(analysis, 'duration');
  for (const { precision, flops } of workByPrecision(analysis))
    flops.forEach((work, launch) => {
      if (!(work > 0)) return;
      const rate = (work / (durations?.[launch] ?? Number.NaN)) * 1e9;
      used.add(computeRoof(analysis, precision, launch, rate));
    });
  return roofColumns(analysis)
    .filter(({ name }) => used.has(name))
    .flatMap(({ ceilings, ...roof }) => {
      const ceiling = median(ceilings, rowsOf(ceilings));
      return ceiling === undefined ? [] : [{ ...roof, ceiling }];
    });
}

/** A share of the dense roof that dense work is not measured beyond. */
const ABOVE = 1.05;

/**
 * The roof that work of a precision stands under. Work that a counter does not tell from sparse
 * work, and that was faster than dense work can be, had structured sparsity.
 *
 * @param rate operations per second; NaN where not known
 */
export function computeRoof(
  analysis: ReportAnalysis,
  precision: Precision,
  launch: LaunchIndex,
  rate: number,
): Precision {
  const dense = ceiling(analysis, precision, launch);
  const twice = sparse(precision);
  return dense !== undefined &&
    rate > dense * ABOVE &&
    ceiling(analysis, twice, launch) !== undefined
    ? twice
    : precision;
}

/** A launch's own roof, at its own clock; undefined where the report has none of that name. */
export function ceiling(
  analysis: ReportAnalysis,
  name: MemoryLevel | Precision,
  launch: LaunchIndex,
): number | undefined {
  const value = roofColumns(analysis).find((roof) => roof.name === name)?.ceilings[launch];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** From this part of their highest clock on, SMs were not held at their base clock. */
const UNLOCKED = 0.97;

/** What every view of roofs and durations has to say beside them. */
export function clockNote(analysis: ReportAnalysis): string {
  const clock = figureColumn(analysis, 'smClock');
  const highest = metric(
    analysis.report,
    'device__attribute_clock_rate',
    'device__attribute_max_gpu_frequency_khz',
  );
  const ran = clock && median(clock, rowsOf(clock));
  const most = highest && median(highest, rowsOf(highest));
  const apart =
    'clears caches before each pass: durations and peaks here belong together, and are not comparable with times on a timeline.';
  return ran !== undefined && most !== undefined && ran >= UNLOCKED * most * 1e3
    ? `The SMs ran at ${formatNumber(ran / 1e9)} GHz, their highest clock: it was not locked to base (--clock-control none). Nsight Compute ${apart}`
    : `Nsight Compute locks clocks to base by default and ${apart}`;
}
