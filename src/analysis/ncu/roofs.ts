/**
 * The machine's limits as a report shows them: what memory can deliver and what
 * the SMs can compute, at the clocks of the measurement.
 *
 * ncu locks clocks to base by default (--clock-control base) and clears caches
 * before each pass: its peaks and durations belong together, and to no timeline.
 */
import { findMetric } from '../../profile/kernel-report';
import type { LaunchIndex } from '../../profile/kernel-report';
import { chipByCapability, chipByName } from './chips';
import { combine, either, median, metric, type Column } from './columns';
import { workByPrecision, type Precision } from './flops';
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

/** Counters and clocks of SpeedOfLight_HierarchicalSingleRooflineChart.section. */
const MEMORY_ROOFS: readonly MemoryRoof[] = [
  {
    level: 'dram',
    counter: 'dram__bytes',
    clock: 'dram__cycles_elapsed.avg.per_second',
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
    counter: 'l1tex__lsu_writeback_active_mem_lg',
    clock: 'l1tex__cycles_elapsed.avg.per_second',
    bytes: 128,
  },
];

/**
 * Bytes a launch moved at a level, counted where the level's roof is: DRAM
 * traffic; what L1 read from L2 (l1tex__m_xbar2l1tex_read_bytes, else all of
 * L2's traffic); what L1 returned (l1tex__lsu_writeback_active_mem_lg × 128).
 */
export function traffic(analysis: ReportAnalysis, level: MemoryLevel): Column | undefined {
  if (level === 'dram') return figureColumn(analysis, 'dramBytes');
  if (level === 'l1') return figureColumn(analysis, 'l1Bytes');
  return either(
    metric(analysis.report, 'l1tex__m_xbar2l1tex_read_bytes.sum'),
    figureColumn(analysis, 'l2Bytes'),
  );
}

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
  const counted = metric(report, `${of.counter}.sum`);
  const rate = either(
    metric(report, `${of.counter}.sum.per_second`),
    combine([counted, figureColumn(analysis, 'duration')], (count, ns) => (count / ns) * 1e9),
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

function tensorRoofs(analysis: ReportAnalysis): readonly RoofColumn[] {
  const { report } = analysis;
  const clock = figureColumn(analysis, 'smClock');
  if (clock === undefined) return [];
  const roofs = new Map<string, RoofColumn>();
  for (const { name, values } of report.metrics) {
    const source =
      /^sm__ops_path_tensor(?:_op_[a-z0-9]+)?_src_([a-z0-9]+).*(?<!_sparsity_on)\.sum\.peak_sustained$/.exec(
        name ?? '',
      )?.[1];
    const ceilings = source === undefined ? undefined : product(values, clock);
    if (source === undefined || ceilings === undefined) continue;
    const roof: RoofColumn = {
      kind: 'compute',
      name: `tensor_${source}`,
      ceilings: fill(ceilings),
      source: 'measured',
      formula: `${name} × SM cycles per second`,
    };
    const known = roofs.get(source);
    const middle = (column: Column): number => median(column, rowsOf(column)) ?? 0;
    if (known === undefined || middle(known.ceilings) < middle(roof.ceilings))
      roofs.set(source, roof);
  }
  for (const roof of tableRoofs(analysis, clock))
    if (!roofs.has(roof.name.slice('tensor_'.length))) roofs.set(roof.name, roof);
  return [...roofs.values()];
}

/** Device name as the raw page gives it; empty where the page does not say. */
export function deviceName(analysis: ReportAnalysis, launch: LaunchIndex): string {
  const names = findMetric(analysis.report, 'device__attribute_display_name');
  return analysis.report.strings.get(names?.texts?.[launch] ?? 0);
}

function tableRoofs(analysis: ReportAnalysis, clock: Column): readonly RoofColumn[] {
  const { report } = analysis;
  const name = deviceName(analysis, 0);
  const named = chipByName(name);
  const cc = report.strings.get(report.launches.computeCapability[0] ?? 0);
  const chip = named ?? chipByCapability(cc);
  if (chip === undefined) return [];
  const sms =
    metric(report, 'launch__sm_count', 'device__attribute_multiprocessor_count') ??
    (named === undefined ? undefined : constant(clock, named.sms));
  if (sms === undefined) return [];
  return Object.entries(chip.ops).flatMap(([type, ops]) => {
    const ceilings = product(sms, clock, constant(clock, ops ?? Number.NaN));
    return ceilings === undefined
      ? []
      : [
          {
            kind: 'compute' as const,
            name: `tensor_${type}` as const,
            ceilings: fill(ceilings),
            source: 'table' as const,
            formula: `${ops} dense operations per SM and cycle (${chip.name}: ${chip.source}) × SMs × SM cycles per second`,
          },
        ];
  });
}

function roofColumns(analysis: ReportAnalysis): readonly RoofColumn[] {
  return analysis.once('roofs', () => [
    ...MEMORY_ROOFS.flatMap((of) => memoryRoof(analysis, of) ?? []),
    ...ordinaryRoofs(analysis),
    ...tensorRoofs(analysis),
  ]);
}

/**
 * The roofs of a report, medians over its launches. Compute roofs of types that
 * no launch used are left out unless `all`.
 */
export function roofs(analysis: ReportAnalysis, all = false): readonly Roof[] {
  const used = new Set(
    workByPrecision(analysis)
      .filter(({ flops }) => flops.some((value) => value > 0))
      .map(({ precision }) => precision as string),
  );
  return roofColumns(analysis)
    .filter(
      (roof) => all || roof.kind === 'memory' || roof.source === 'measured' || used.has(roof.name),
    )
    .flatMap(({ ceilings, ...roof }) => {
      const ceiling = median(ceilings, rowsOf(ceilings));
      return ceiling === undefined ? [] : [{ ...roof, ceiling }];
    });
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

/** What every view of roofs and durations has to say beside them. */
export const CLOCK_NOTE =
  'Nsight Compute locks clocks to base by default and clears caches before each pass: durations and peaks here belong together, and are not comparable with times on a timeline.';
